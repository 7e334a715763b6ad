//! The layouts: the ways in which test sets lie on disk, and which one a folder has.

mod aebad_s;
mod btad;
mod conditions;
mod folders;
mod good_and_bad;
mod image_labels;
mod kind;
mod listing;
mod m2ad;
mod manifest;
mod marks;
mod meta_json;
mod mvtec_ad;
mod mvtec_ad_2;
mod mvtec_ad_2_private;
mod mvtec_loco;
mod pairing;
mod read;
mod robustad;
mod table;
mod unambiguous;
mod unlabelled;
mod unmasked;
mod visa;
mod words;

pub use kind::Layout;
pub use marks::{category_folders, matching, names};
pub use read::read;
pub use unlabelled::is_plain;
