//! Tables from records alone: what a paper would print, as CSV, Markdown and LaTeX, and clean numbers beside published ones.

mod paper;
mod published;
mod table;

pub use paper::{backbone_tables, category_table, published_table};
pub use published::{Published, published};
pub use table::{Cell, Table};
