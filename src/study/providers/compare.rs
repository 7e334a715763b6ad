//! A comparison of providers from its settings to its records.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use super::metrics::Attacks;
use super::program::Program;
use crate::bench::protocol::PictureFile;
use crate::bench::rounds::{self, Event, Measured, Task};
use crate::bench::{BenchPlan, Conditions, Folder, Knowledge, Launch, Process, Warning, rows, warnings};
use crate::dataset;
use crate::error::{Error, Kind, Result};
use crate::model::{Bundle, NamedModel, Precision, image_work};
use crate::record::{BenchRow, RunDir, Status};
use crate::runtime;
use crate::study::data::{Data, Source};
use crate::study::observe::{Observe, Stage};
use crate::study::plan::Origin;
use crate::synth;
use crate::types::Input;

/// Pictures whose maps are compared.
const PICTURES: usize = 8;
/// Categories of the generated data: two materials and two parts.
const CATEGORIES: [&str; 4] = ["leather", "slate", "hex_nut", "tablet"];

/// A comparison of execution providers, precisions and batch sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Providers {
    /// What is compared, and how much is measured.
    pub plan: BenchPlan,
    /// The data for the parity of maps and metrics; a small generated set in the run's folder where there are none.
    pub source: Option<Source>,
    /// Whether metrics and worst cases are compared too, by an attack on the data.
    pub metrics: bool,
    /// The program that is started for each configuration.
    pub program: Program,
    /// What records say of the program that compares.
    pub origin: Origin,
}

/// A comparison that was made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProvidersCompared {
    /// The folder.
    pub dir: RunDir,
    /// One row for each configuration.
    pub rows: Vec<BenchRow>,
    /// What makes the times doubtful.
    pub warnings: Vec<Warning>,
    /// Why it ended before its end: a stop, or what failed. The rows say what was measured by then.
    pub ended: Option<Error>,
}

impl Providers {
    /// Measures every configuration in the folder `out`, in turns, and then compares maps, metrics and worst cases.
    ///
    /// # Errors
    /// Settings that make no sense, data that cannot be used, a folder of another comparison. What a single configuration fails at
    /// is in its row; a stop is in [`ProvidersCompared::ended`].
    pub fn run(&self, out: impl AsRef<Path>, observe: &dyn Observe) -> Result<ProvidersCompared> {
        self.plan.validate()?;
        let began = Conditions::now();
        let (own, mut known) = models(&self.plan)?;
        let configurations = self.plan.configurations(&own);
        let mut folder = Folder::create(out.as_ref(), &self.plan, &configurations)?;
        // Where ONNX Runtime has to be fetched for the CPU, that is said once, and not by a child to which nobody listens.
        let options = runtime::Options {
            ort_lib: self.plan.ort_lib.clone(),
            offline: self.plan.offline,
            ..runtime::Options::default()
        };
        runtime::find(&options, &|event| observe.note(&event.to_string()))?;
        let source = self.source(folder.dir.path())?;
        let data = Data::open(&source, observe)?;
        if let Some(fitting) = self.plan.fit {
            // A picture that is too small for tiles is so at any size of a model.
            let input = Input { side: 1, fitting };
            data.samples().try_for_each(|sample| dataset::canvas_of(sample, &input).map(drop))?;
        }
        folder.describe(data.info(), self.origin.command.clone(), self.origin.commit.clone())?;

        let launch = Launch {
            program: self.program.path.clone(),
            arguments: self.program.bench.clone(),
            environment: None,
            time_limit: self.plan.time_limit,
        };
        let tasks = self.plan.tasks(&configurations, &launch, &pictures(&data));
        let (measured, loaded, finished) = self.measure(tasks, &mut folder, &known, began, observe)?;
        let measured: Vec<&Measured> = measured.iter().collect();
        folder.write_rows(&rows(&measured, &known))?;

        let mut ended = (!finished).then(|| Error::interrupted("bench"));
        if finished && self.metrics {
            let metrics = folder.dir.path().join("metrics");
            let (plan, program) = (&self.plan, &self.program);
            let attacks = Attacks { plan, program, source, folder: &metrics, observe };
            ended = attacks.compare(data.has_masks(), &measured, &mut known).err();
        }
        let rows = rows(&measured, &known);
        folder.write_rows(&rows)?;
        let interrupted = ended.as_ref().is_some_and(|error| error.kind == Kind::Interrupted);
        folder.end(if interrupted { Status::Interrupted } else { Status::Finished })?;
        let ended = ended.map(|error| if interrupted { stopped() } else { error });
        let ended = ended.or_else(|| nothing_measured(&rows));
        Ok(ProvidersCompared { dir: folder.dir, rows, warnings: warnings(began, loaded, &measured), ended })
    }

    /// The rounds: what was measured, how the machine was when all were loaded, and whether it came to the end.
    fn measure(
        &self,
        mut tasks: Vec<Task<Process>>,
        folder: &mut Folder,
        known: &Knowledge,
        began: Conditions,
        observe: &dyn Observe,
    ) -> Result<(Vec<Measured>, Conditions, bool)> {
        let count = tasks.len();
        let stage = Stage::begin(observe, "bench", count * (self.plan.rounds + 1));
        let loaded = RefCell::new(began);
        let mut hear = |event: Event<'_>, tasks: &[Task<Process>]| match event {
            Event::Started(index) => {
                stage.advance(1.0);
                if index + 1 == count {
                    *loaded.borrow_mut() = Conditions::now();
                }
                folder.started(&tasks[index].measured)
            }
            Event::Ran { task, round, ms } => {
                stage.advance(1.0);
                folder.called(&tasks[task].measured, round, ms)
            }
            Event::RoundEnded(_) => {
                let measured: Vec<&Measured> = tasks.iter().map(|task| &task.measured).collect();
                folder.write_rows(&rows(&measured, known))
            }
        };
        let repeats = rounds::Repeats { rounds: self.plan.rounds, calls: self.plan.calls };
        let finished = rounds::run(&mut tasks, repeats, &mut hear, &|| observe.stop())?;
        if finished {
            stage.complete();
        }
        // The children end before the attacks begin.
        let measured = tasks.into_iter().map(|task| task.measured).collect();
        Ok((measured, loaded.into_inner(), finished))
    }

    /// The data, generated where none are named.
    fn source(&self, out: &Path) -> Result<Source> {
        if let Some(source) = &self.source {
            return Ok(source.clone().limit(self.plan.limit));
        }
        let generated = out.join("data");
        let options = synth::Recipe {
            seed: self.plan.seed,
            categories: CATEGORIES.map(str::to_owned).to_vec(),
            train: 0,
            good: self.plan.limit,
            defective: self.plan.limit,
            ..synth::Recipe::default()
        };
        synth::write(&options, &generated, &|_, _| {})?;
        Ok(Source::new(generated).limit(self.plan.limit))
    }
}

/// The bundles' own precisions, and how much each model computes. A graph without a manifest tells neither.
fn models(plan: &BenchPlan) -> Result<(Vec<Option<Precision>>, Knowledge)> {
    let mut known = Knowledge::default();
    let mut own = Vec::new();
    for model in &plan.model {
        let named = NamedModel::find(model)?;
        if let Some(work) = named.bundle().and_then(|bundle| image_work(bundle, plan.stride)) {
            known.work.insert(model.clone(), work);
        }
        own.push(named.bundle().and_then(Bundle::precision));
    }
    Ok((own, known))
}

/// Pictures from all categories in turn.
fn pictures(data: &Data) -> Vec<PictureFile> {
    let mut turns: BTreeMap<(usize, usize), PictureFile> = BTreeMap::new();
    for (at, category) in data.dataset().categories.iter().enumerate() {
        // The last samples are defective ones.
        for (turn, sample) in category.samples.iter().rev().enumerate() {
            let picture = PictureFile { path: sample.image.clone(), category: category.name.clone() };
            turns.insert((turn, at), picture);
        }
    }
    turns.into_values().take(PICTURES).collect()
}

fn stopped() -> Error {
    Error {
        fix: "give the same command again: finished metrics are kept, timing starts again, for times of two starts do not compare"
            .to_owned(),
        ..Error::interrupted("bench")
    }
}

fn nothing_measured(rows: &[BenchRow]) -> Option<Error> {
    let fix = "see the reasons above; `askance providers` tells what this machine can run";
    let none = rows.iter().all(|row| row.p50_ms.is_none());
    none.then(|| Error::runtime("bench", "no configuration could be measured", fix))
}
