//! Tables from records alone, as text, CSV, Markdown and LaTeX: what a run found and what it took, what a paper would print, clean
//! numbers beside published ones, and search strategies and providers beside each other. And one page in HTML about all of it.

mod above;
mod axis;
mod bench;
mod camera;
mod cell;
mod defence;
mod differences;
mod effort;
mod fold;
mod metric;
mod narrow;
mod operating;
mod page;
mod pairing;
mod paper;
mod published;
mod random;
mod scores;
mod search;
mod seeds;
mod stability;
mod summary;
mod sweep;
mod table;
mod transfer;

pub use above::{AboveClean, above_clean, above_clean_table};
pub use bench::{bench_notes, bench_tables, bench_verdict};
pub use camera::{CameraScales, at_the_camera, camera_scale};
pub use cell::{Cell, Column, Form};
pub use defence::{DefenceSummary, DefendedModel, defence_summary, defence_table};
pub use differences::difference_table;
pub use effort::{Effort, effort_table, efforts};
pub use fold::folded;
pub use operating::operating_tables;
pub use page::{Exhibit, PageParts, PageRun, Searched, page};
pub use pairing::{paired_answer, paired_tables};
pub use paper::{backbone_tables, category_table, published_table};
pub use published::{Published, published};
pub use random::random_tables;
pub use scores::{ScoreSummary, score_summary, score_tables};
pub(crate) use search::share;
pub use search::{Standing, score, search_tables, standings};
pub use seeds::seed_tables;
pub use stability::{
    Mistakes, StabilitySummary, Tolerated, stability_summary, stability_tables, tolerance_answers,
    tolerance_sentences,
};
pub use summary::{summary_tables, uniform_tables};
pub use sweep::sweep_table;
pub use table::Table;
pub use transfer::{transfer_answers, transfer_tables};
