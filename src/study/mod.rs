//! Studies: settings and data in, records out. Everything that the `askance` command measures can be done from here; a study prints
//! nothing and knows no flag.
//!
//! 1. [`Data::open`] lists a [`Source`] and looks at every header.
//! 2. [`Models::load`] verifies and loads what a [`ModelSpec`] names; [`Models::of`] takes any Rust code as the model.
//! 3. A [`Plan`] says what to do; [`Plan::check`] refuses what makes no sense.
//! 4. [`Checked::run`] makes the run in a folder, or takes up the one that is there, and gives an [`Outcome`]; [`Checked::forecast`] tells
//!    what that takes.
//! 5. [`draw`] makes the figures from the records, [`write_page`] or [`ReportPage`] one HTML page.
//!
//! [`Replay`] puts the worst cases of a run before other models; [`Merge`], [`Pairing`], [`Comparison`], [`Seeds`] and [`Paper`] put
//! several runs together. An [`Observe`] hears of progress and warnings, and can stop a
//! study; [`Quiet`] does neither.

mod amount;
mod belonging;
mod by_key;
mod checked;
mod choose;
mod clipping;
mod contents;
mod data;
mod decision;
mod differences;
mod examples;
mod execute;
mod figures;
mod forecast;
mod group_by;
mod intervals;
mod kept;
mod maps;
mod merge;
mod models;
mod observe;
mod operating;
mod outcome;
mod page;
mod pairing;
mod paper;
mod pixels;
mod plan;
mod pooled;
mod providers;
mod random;
mod refine;
mod replay;
mod run;
mod searches;
mod seeds;
mod session;
mod settings;
mod starts;
mod stored;
mod stored_size;
mod submission;
mod summary;
mod sweep;
mod tolerance;
mod uniform;
mod unused;
mod warnings;
mod worst_cases;

pub use checked::Checked;
pub use data::{Data, Source};
#[cfg(feature = "plot")]
pub use figures::draw_as;
pub use figures::{Figures, draw};
pub use forecast::{EarlierRun, Forecast, ForecastStage, ProbedModel};
pub use group_by::GroupBy;
pub use merge::Merge;
pub use models::{ModelSpec, Models};
pub use observe::{Observe, Quiet};
pub use outcome::Outcome;
pub use page::{ReportPage, write_page};
pub use pairing::{Paired, Pairing};
pub use paper::{Paper, PaperResults};
pub use pixels::pixel_warnings;
pub use plan::{Command, Origin, Plan, Points, Random, Replayed, Scope, Sweep, Tolerance, Uniform};
pub use providers::{Program, Providers, ProvidersCompared, serve};
pub use replay::{Replay, ReplayOutcome, Replaying};
pub use searches::{Compared, Comparison, RivalFile};
pub use seeds::{Seeded, Seeds};
pub use settings::{RunSettings, Work};
pub use submission::{Submission, Submitted, SubmittedCategory, SubmittedSet};
