//! What a run did, for whoever reads it.

use std::time::Duration;

use crate::attack::Clock;
use crate::record::{ModelInfo, RunDir, Skipped, StabilityRow, SummaryRow, SweepRow, UniformRow};
use crate::report::{DefendedModel, Effort};

/// The results of a finished run. All rows are in the files of the run's folder too.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The run's folder.
    pub dir: RunDir,
    /// The models as recorded, with how many pictures they got at once.
    pub models: Vec<ModelInfo>,
    /// Samples left out, with the reason.
    pub skipped: Vec<Skipped>,
    /// Pooled metrics of each category and attack, the means over categories last.
    pub summary: Vec<SummaryRow>,
    /// Pooled metrics of each value of a sweep.
    pub sweep: Vec<SweepRow>,
    /// From where on decisions flip.
    pub stability: Vec<StabilityRow>,
    /// Worst cases that samples share.
    pub uniform: Vec<UniformRow>,
    /// What finding the worst cases took.
    pub efforts: Vec<Effort>,
    /// The models with their defences, and how long each took.
    pub defended: Vec<DefendedModel>,
    /// Evaluations made by this start of the run, and where the time went.
    pub clock: Clock,
    /// Time from the first decoded sample to the last row, all models together.
    pub wall: Duration,
}

impl Outcome {
    /// A run of which nothing but the folder is known yet.
    pub(super) fn of(dir: RunDir) -> Self {
        Self {
            dir,
            models: Vec::new(),
            skipped: Vec::new(),
            summary: Vec::new(),
            sweep: Vec::new(),
            stability: Vec::new(),
            uniform: Vec::new(),
            efforts: Vec::new(),
            defended: Vec::new(),
            clock: Clock::default(),
            wall: Duration::ZERO,
        }
    }
}
