//! What a run did, for whoever reads it.

use std::time::Duration;

use super::run::Run;
use crate::attack::Clock;
use crate::error::{Kind, Result};
use crate::record::{
    DifferenceRow, ModelInfo, OperatingRow, RandomRow, RunDir, Skipped, StabilityRow, Status, SummaryRow,
    SweepRow, UniformRow,
};
use crate::report::{
    AboveClean, CameraScales, DefenceSummary, DefendedModel, Effort, ScoreSummary, Table, above_clean_table,
    defence_summary, defence_table, difference_table, effort_table, operating_tables, random_tables,
    score_tables, stability_tables, summary_tables, sweep_table, uniform_tables,
};

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
    /// What the models do where one decides, by group; the means over categories last.
    pub operating: Vec<OperatingRow>,
    /// How far the models of the run lie apart.
    pub differences: Vec<DifferenceRow>,
    /// Worst cases with a higher pAUROC than the unchanged picture, where the rule that kept them does not bound pooled metrics.
    pub above_clean: Vec<AboveClean>,
    /// Image scores of the unchanged pictures, where there is no ground truth to measure anything with.
    pub scores: Vec<ScoreSummary>,
    /// Pooled metrics of each value of a sweep.
    pub sweep: Vec<SweepRow>,
    /// From where on decisions flip.
    pub stability: Vec<StabilityRow>,
    /// How many pixels of the camera the models' pixels stand for.
    pub camera: CameraScales,
    /// Worst cases that samples share.
    pub uniform: Vec<UniformRow>,
    /// The average case beside them, where it was asked for.
    pub random: Vec<RandomRow>,
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
    /// What the command prints of a run: clean metrics and worst cases of each model, stability, defences, what the searches took, and
    /// sweeps, as far as they were made.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = summary_tables(&self.summary);
        tables.extend(difference_table(&self.differences));
        tables.extend(random_tables(&self.random, &self.summary));
        tables.extend(above_clean_table(&self.above_clean));
        tables.extend(score_tables(&self.scores));
        tables.extend(uniform_tables(&self.uniform));
        tables.extend(stability_tables(&self.stability));
        tables.extend(defence_table(&self.defences()));
        tables.extend(effort_table(&self.efforts));
        tables.extend(sweep_table(&self.sweep));
        tables
    }

    /// What the models do where one decides, for whoever asked for it.
    pub fn operating_tables(&self) -> Vec<Table> {
        operating_tables(&self.operating)
    }

    /// What defences win back and what they cost; nothing where no model has one.
    pub fn defences(&self) -> Vec<DefenceSummary> {
        let any = self.defended.iter().any(|model| model.defence != "none");
        if any { defence_summary(&self.summary, &self.defended) } else { Vec::new() }
    }

    /// Records how the work of a run ended, and completes what came of it by what the record knows.
    pub(super) fn closing(mut run: Run, came: Result<Self>) -> Result<Self> {
        match came {
            Ok(mut outcome) => {
                run.end(Status::Finished)?;
                (outcome.models, outcome.skipped) = run.into_parts();
                Ok(outcome)
            }
            Err(error) => {
                if error.kind == Kind::Interrupted {
                    run.end(Status::Interrupted)?;
                }
                Err(error)
            }
        }
    }

    /// A run of which nothing but the folder is known yet.
    pub(super) fn of(run: &Run) -> Self {
        Self {
            dir: run.dir.clone(),
            camera: run.camera(),
            models: Vec::new(),
            skipped: Vec::new(),
            summary: Vec::new(),
            operating: Vec::new(),
            differences: Vec::new(),
            above_clean: Vec::new(),
            scores: Vec::new(),
            sweep: Vec::new(),
            stability: Vec::new(),
            uniform: Vec::new(),
            random: Vec::new(),
            efforts: Vec::new(),
            defended: Vec::new(),
            clock: Clock::default(),
            wall: Duration::ZERO,
        }
    }
}
