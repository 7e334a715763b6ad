//! The protocol of arXiv 2405.07969 over every data set and backbone that is there.

mod folders;
mod inventory;
mod page;
mod protocol;
mod run;
mod tables;

pub use protocol::Paper;
pub use run::PaperResults;
