//! Worst cases of a finished run under other models, precisions, providers and defences: at the same points, without a search.

mod evaluate;
mod found;
mod pictures;
mod transfer;

use std::path::{Path, PathBuf};
use std::time::Instant;

use self::evaluate::Target;
use self::found::{Found, Origin};
use super::data::Data;
use super::execute::refuse_unbounded;
use super::models::{ModelSpec, Models};
use super::observe::Observe;
use super::outcome::Outcome;
use super::plan::{self, Command, Replayed};
use super::run::{Run, described, start};
use super::session::Session;
use super::settings::{RunSettings, Work};
use super::stored::in_order;
use super::{choose, summary};
use crate::error::{Error, Result};
use crate::file;
use crate::record::{
    AS_FOUND, ModelInfo, RunDir, RunInfo, SampleRow, TransferRow, file_name, read_rows, write_atomic,
    write_rows,
};
use crate::runtime;
use crate::types::{Attack, SampleId};

/// Which worst cases are replayed, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Folder of a finished run with attacks.
    pub run: PathBuf,
    /// Where the pictures are now; where they were if none.
    pub data: Option<PathBuf>,
    /// Models of the run; all if empty.
    pub found_under: Vec<String>,
    /// Categories; all if empty.
    pub categories: Vec<String>,
    /// Samples as `samples.csv` has them, `defect/stem`, or with their category in front; all if empty.
    pub samples: Vec<String>,
    /// Attacks; all of the run if empty.
    pub attacks: Vec<Attack>,
    /// Whether all candidates that the run kept are evaluated and one of each sample is chosen anew.
    pub all: bool,
    /// Whether the perturbed pictures are written too.
    pub save_images: bool,
    /// What records say of the program that replays.
    pub origin: plan::Origin,
}

impl Replay {
    /// Of all worst cases of the run in a folder.
    pub fn new(run: impl Into<PathBuf>) -> Self {
        Self { run: run.into(), ..Self::default() }
    }

    /// Reads the run, and refuses what cannot be replayed before a model is loaded.
    ///
    /// # Errors
    /// A run that is missing, unfinished, a shard or a replay itself, or that made no attack; pictures other than those that it saw; a
    /// model, category, sample or attack that it does not have; `all` of a run that kept no candidates.
    pub fn open(&self) -> Result<Replaying<'_>> {
        Ok(Replaying { found: Found::open(self)?, replay: self })
    }
}

/// A replay whose run was read.
pub struct Replaying<'r> {
    replay: &'r Replay,
    found: Found,
}

/// What a replay has found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReplayOutcome {
    /// The folder.
    pub dir: PathBuf,
    /// Metrics of every model at the worst cases of every other, and how far answers at the same points lie apart.
    pub transfer: Vec<TransferRow>,
    /// The run of each model that worst cases were found under: its own rows, and those of the models they were replayed under.
    pub runs: Vec<Outcome>,
    /// Perturbed pictures that were written.
    pub images: usize,
}

impl Replaying<'_> {
    /// Folder of a replay that is given none: `results/replay-RUN`.
    pub fn default_out(&self) -> PathBuf {
        let name = self.replay.run.canonicalize().unwrap_or_else(|_| self.replay.run.clone());
        let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Path::new("results").join(format!("replay-{}", file_name(&name)))
    }

    /// Loads models as [`Models::load`] does; they get the prompts, temperature and stride of the run.
    ///
    /// # Errors
    /// Those of [`Models::load`].
    pub fn models(
        &self,
        spec: &ModelSpec,
        options: &runtime::Options,
        observe: &dyn Observe,
    ) -> Result<Models> {
        Models::load_with(spec, self.found.text(spec)?, options, observe)
    }

    /// Evaluates the worst cases under each model and writes the records into the folder `out`: `transfer.csv`, and a run in
    /// `from-MODEL/` for each model that worst cases were found under. What an earlier start has evaluated is taken up.
    ///
    /// # Errors
    /// A folder of another replay or run; what a model, the disk or a file reports; an interrupted error where
    /// [`Observe::stop`] says so.
    pub fn run(
        &self,
        out: impl AsRef<Path>,
        mut models: Option<&mut Models>,
        observe: &dyn Observe,
    ) -> Result<ReplayOutcome> {
        let out = out.as_ref();
        if models.is_none() && !self.replay.save_images {
            let fix = "name one with `model`, or write the pictures with `save_images`";
            return Err(Error::usage("`model`", "names no model to replay the worst cases under", fix));
        }
        let dir = RunDir::create(out)?;
        if dir.info_path().exists() {
            let problem = "holds a run, and a replay has a folder of its own";
            return Err(Error::setting("out", out.display(), problem, "give another `out`"));
        }
        let _lock = dir.lock()?;
        self.claim(&dir)?;
        let mut outcome =
            ReplayOutcome { dir: out.to_owned(), transfer: Vec::new(), runs: Vec::new(), images: 0 };
        for model in &self.found.models {
            if self.replay.save_images {
                outcome.images += pictures::write(&self.found, model, &dir, observe)?;
            }
            if let Some(models) = models.as_deref_mut() {
                let into = out.join(format!("from-{}", file_name(&model.info.name)));
                let run = self.replay_under(model, &into, models, observe)?;
                let rows = transfer::rows(&self.found, &model.info.name, &run, self.replay.all)?;
                outcome.transfer.extend(rows);
                outcome.runs.push(run);
            }
        }
        if models.is_some() {
            outcome.transfer.splice(0..0, self.earlier(&dir)?);
            write_rows(dir.transfer_path(), &outcome.transfer)?;
        }
        Ok(outcome)
    }

    /// What an earlier replay of the run into the same folder has found, under models of the run that this one leaves out.
    fn earlier(&self, dir: &RunDir) -> Result<Vec<TransferRow>> {
        let path = dir.transfer_path();
        let rows: Vec<TransferRow> = if file::is_there(&path) { read_rows(&path)? } else { Vec::new() };
        let is_made_now =
            |row: &TransferRow| self.found.models.iter().any(|model| model.info.name == row.found_under);
        Ok(rows.into_iter().filter(|row| !is_made_now(row)).collect())
    }

    /// Takes the folder for the replay of this run alone: what it holds of another one would be taken for what this one left.
    fn claim(&self, dir: &RunDir) -> Result<()> {
        let path = dir.path().join("replayed.txt");
        let claim = format!("{}\n", self.found.rows_sha256);
        if !file::is_there(&path) {
            return write_atomic(path, claim.as_bytes());
        }
        if file::read_text(&path, "give another `out`")? == claim {
            return Ok(());
        }
        let problem = "holds the replay of another run, or of this one before it was made again";
        let fix = "give another `out`, or delete the folder to start over";
        Err(Error::setting("out", dir.path().display(), problem, fix))
    }

    /// The worst cases that were found under one model, under all others.
    fn replay_under(
        &self,
        Origin { info: origin, size }: &Origin,
        into: &Path,
        models: &mut Models,
        observe: &dyn Observe,
    ) -> Result<Outcome> {
        let (found, data) = (&self.found, &self.found.data);
        let settings = found.settings(&origin.name, self.replay.all, models);
        refuse_unbounded(&settings.work, &models.segmenters)?;
        let as_found = ModelInfo { name: as_found(&origin.name), ..origin.clone() };
        if let Some(name) = models.names().into_iter().find(|&name| name == as_found.name) {
            let problem = "has the name that records give to the worst cases as they were found";
            return Err(Error::setting(
                "model",
                name,
                problem,
                "give the model another name in its manifest",
            ));
        }
        let batches = models.batch_sizes(data, observe)?;
        let mut run = Run::open(
            self.record(&settings, as_found.clone(), models, &batches)?,
            into,
            (data, data),
            observe,
        )?;
        let session = Session {
            command: Command::Replay,
            settings: &settings.work.settings,
            metric: &settings.metric,
            points: &settings.points,
            data,
            save_maps: false,
            keep_traces: false,
            observe,
        };
        let came = self.stages(&session, (&origin.name, *size), &mut run, models);
        Outcome::closing(run, came)
    }

    fn record(
        &self,
        settings: &RunSettings,
        as_found: ModelInfo,
        models: &Models,
        batches: &[usize],
    ) -> Result<RunInfo> {
        let mut info = described(start(&self.replay.origin, settings)?, models, batches)?;
        info.models.insert(0, as_found);
        Ok(info)
    }

    fn stages(
        &self,
        session: &Session<'_>,
        (origin, size): (&str, usize),
        run: &mut Run,
        models: &mut Models,
    ) -> Result<Outcome> {
        let mut outcome = Outcome::of(run);
        let begun = Instant::now();
        let (mut journal, mut rows) = evaluate::take_up(session, run)?;
        self.found.copy(origin, &as_found(origin), &run.dir, &mut journal, &mut rows)?;
        let mut sizes = vec![(as_found(origin), size)];
        for model in &mut models.segmenters {
            let sized = (model.name().to_owned(), model.input_size());
            let target = Target { session, found: &self.found, origin, all: self.replay.all };
            outcome.clock = outcome.clock + target.evaluate(model.as_mut(), run, &mut journal, &mut rows)?;
            sizes.push(sized);
        }
        outcome.wall = begun.elapsed();
        in_order(&mut rows, session, &run.models(), &session.settings.attacks, |row| (row.key(), row.attack));
        journal.complete(&rows)?;
        if self.replay.all {
            let chosen = |id: &SampleId, attack| self.found.chosen(origin, id, attack);
            choose::choose(session, run, &sizes[1..], &mut rows, None, Some(&chosen))?;
        }
        summary::write(session, run, &sizes, &rows, &mut outcome)?;
        Ok(outcome)
    }
}

/// Name of a model in the records of a replay, where it stands for what the run has found under it.
fn as_found(model: &str) -> String {
    format!("{model}{AS_FOUND}")
}

impl Found {
    /// What `run.toml` says of the replay of the worst cases of one model.
    fn settings(&self, origin: &str, all: bool, models: &Models) -> RunSettings {
        let recorded = self.run_settings();
        RunSettings {
            command: Command::Replay,
            prompts: models.text.prompts.clone(),
            temperature: models.text.temperature,
            underscores_to_spaces: models.text.underscores_to_spaces,
            stride: models.text.stride,
            metric: recorded.metric,
            points: recorded.points.clone(),
            shard: None,
            work: Work {
                settings: self.settings_of_attacks(),
                sweep: None,
                tolerance: None,
                uniform: None,
                random: None,
                replay: Some(Replayed {
                    found_under: origin.to_owned(),
                    rows_sha256: self.rows_sha256.clone(),
                    all,
                }),
                start_from_sha256: None,
            },
        }
    }
}

/// The rows of one model in a run.
fn rows_of<'r>(rows: &'r [SampleRow], model: &'r str) -> impl Iterator<Item = &'r SampleRow> {
    rows.iter().filter(move |row| row.model == model)
}

/// The samples of a run, of which some may have been left out.
fn with_rows(data: &Data, rows: &[SampleRow]) -> Data {
    let there: std::collections::HashSet<(&str, &str)> =
        rows.iter().map(|row| (row.category.as_str(), row.sample.as_str())).collect();
    data.only(|sample| there.contains(&(sample.id.category.as_str(), sample.id.within_category().as_str())))
}
