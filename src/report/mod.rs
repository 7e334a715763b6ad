//! Tables from records alone: what a paper would print, as CSV, Markdown and LaTeX, clean numbers beside published
//! ones, and search strategies beside each other.

mod defence;
mod effort;
mod paper;
mod published;
mod search;
mod stability;
mod table;

pub use defence::{DefenceSummary, DefendedModel, defence_summary};
pub use effort::{Effort, efforts};
pub use paper::{backbone_tables, category_table, published_table};
pub use published::{Published, published};
pub use search::{Standing, score, search_tables, standings};
pub use stability::{StabilitySummary, stability_summary};
pub use table::{Cell, Table};
