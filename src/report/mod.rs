//! Tables from records alone: what a paper would print, as CSV, Markdown and LaTeX, and clean numbers beside published ones.

mod defence;
mod paper;
mod published;
mod stability;
mod table;

pub use defence::{DefenceSummary, DefendedModel, defence_summary};
pub use paper::{backbone_tables, category_table, published_table};
pub use published::{Published, published};
pub use stability::{ALL_CATEGORIES, StabilitySummary, stability_summary};
pub use table::{Cell, Table};
