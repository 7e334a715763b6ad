//! `eval`, `attack` and `sweep`: from arguments to a plan, from a plan to a finished run.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use askance::attack::{Clock, Goal, Preset, SearchChoice, Select, Settings, sweep_values};
use askance::dataset::Official;
use askance::error::{Error, Kind, Result};
use askance::metric::MetricOptions;
use askance::model::Segmenter;
use askance::record::{StabilityRow, Status, SummaryRow, SweepRow, UniformRow};
use askance::report::{DefendedModel, Effort, efforts};
use askance::search;
use askance::types::{Attack, Axis, Shard};

use super::args::{AttackArgs, DataArgs, EvalArgs, Global, ModelArgs, SweepArgs};
use super::output::Plots;
use super::setup::{Data, Run, batch_sizes, load_models, metric_options, out_dir};
use super::tolerance::{self, TolerancePlan};
use super::uniform::{self, UniformPlan};
use super::{attack, choose, compare_search, interrupt, output, summary, sweep, unlabelled};

/// What to do with which data and which models.
#[derive(Clone)]
pub struct Plan {
    pub command: &'static str,
    pub data: DataArgs,
    pub model: ModelArgs,
    pub metric: MetricOptions,
    pub work: WorkPlan,
    /// The part of the samples that is worked on; all where there is none.
    pub shard: Option<Shard>,
    pub out: Option<PathBuf>,
    pub save_maps: bool,
    pub keep_traces: bool,
    /// Whether the loss is the user's choice, not a default.
    pub loss_given: bool,
    /// The user's decision threshold.
    pub decision: Option<f64>,
}

/// The part of a plan that decides numbers and is recorded as it stands.
#[derive(Clone, Serialize)]
pub struct WorkPlan {
    /// No attacks in it: none runs.
    #[serde(flatten)]
    pub settings: Settings,
    pub sweep: Option<SweepPlan>,
    pub tolerance: Option<TolerancePlan>,
    pub uniform: Option<UniformPlan>,
}

/// Uniform sweeps.
#[derive(Clone, Serialize)]
pub struct SweepPlan {
    pub axes: Vec<Axis>,
    pub steps: usize,
}

/// What stays the same while the models run.
pub struct Session<'a> {
    pub plan: &'a Plan,
    pub data: &'a Data,
    pub quiet: bool,
}

/// What a run did, for whoever prints it.
pub struct Done {
    pub run: Run,
    pub summary: Vec<SummaryRow>,
    pub sweep: Vec<SweepRow>,
    pub stability: Vec<StabilityRow>,
    pub uniform: Vec<UniformRow>,
    pub efforts: Vec<Effort>,
    pub clock: Clock,
    /// The models with their defences, and how long each took.
    pub models: Vec<DefendedModel>,
    /// From the first decoded sample to the last row, all models together.
    pub wall: Duration,
}

impl Done {
    /// A run that evaluated nothing.
    pub fn of(run: Run, summary: Vec<SummaryRow>) -> Self {
        Self {
            run,
            summary,
            sweep: Vec::new(),
            stability: Vec::new(),
            uniform: Vec::new(),
            efforts: Vec::new(),
            clock: Clock::default(),
            models: Vec::new(),
            wall: Duration::ZERO,
        }
    }
}

impl ModelArgs {
    /// `--prompts`, else those of the protocol, else WinCLIP's own.
    pub fn or_prompts_of(mut self, preset: Option<Preset>) -> Self {
        self.prompts = self.prompts.or_else(|| preset.map(|_| Preset::PROMPTS.to_owned()));
        self
    }
}

/// `askance eval`
pub fn eval(global: &Global, args: EvalArgs) -> Result<()> {
    let plan = Plan {
        command: "eval",
        data: args.data,
        model: args.model,
        metric: metric_options(&args.metric)?,
        work: WorkPlan {
            settings: Settings { attacks: vec![Attack::Clean], budget: 1, ..Settings::default() },
            sweep: None,
            tolerance: None,
            uniform: None,
        },
        shard: args.shard,
        out: args.out,
        save_maps: args.save_maps,
        keep_traces: false,
        loss_given: false,
        decision: None,
    };
    run(global, plan)
}

/// `askance attack`
pub fn attack(global: &Global, args: AttackArgs) -> Result<()> {
    let base = args.perturb.settings()?;
    let exhaustive = args.search == SearchChoice::Named(search::Kind::Exhaustive);
    let settings = Settings {
        attacks: if args.attacks.is_empty() { Attack::over(&args.axes) } else { args.attacks },
        axes: args.axes,
        loss: args.loss.unwrap_or_default(),
        select: args.select.unwrap_or(base.select),
        search: args.search,
        budget: args.budget.unwrap_or(if exhaustive { Settings::EXHAUSTIVE } else { base.budget }),
        seed: args.seed,
        ..base
    };
    let tolerance = args.tolerance.map(|axes| {
        let axes = if axes.is_empty() { settings.axes.clone() } else { axes };
        TolerancePlan { axes, decision: args.decision }
    });
    let plan = Plan {
        command: "attack",
        data: args.data,
        model: args.model.or_prompts_of(args.perturb.preset),
        metric: metric_options(&args.metric)?,
        work: WorkPlan { settings, sweep: None, tolerance, uniform: args.uniform.plan() },
        shard: args.shard,
        out: args.out,
        save_maps: args.save_maps,
        keep_traces: args.keep_traces,
        loss_given: args.loss.is_some(),
        decision: args.decision,
    };
    match &args.compare.compare_search {
        Some(_) if plan.shard.is_some() => Err(refused_with_shard("--compare-search")),
        Some(strategies) => compare_search::run(global, &plan, &args.compare, strategies),
        None => run(global, plan),
    }
}

/// `askance sweep`
pub fn sweep(global: &Global, args: SweepArgs) -> Result<()> {
    let plan = Plan {
        command: "sweep",
        data: args.data,
        model: args.model.or_prompts_of(args.perturb.preset),
        metric: metric_options(&args.metric)?,
        work: WorkPlan {
            settings: Settings {
                attacks: Vec::new(),
                axes: args.axes.clone(),
                budget: 1,
                ..args.perturb.settings()?
            },
            sweep: Some(SweepPlan { axes: args.axes, steps: args.steps }),
            tolerance: None,
            uniform: None,
        },
        shard: None,
        out: args.out,
        save_maps: false,
        keep_traces: false,
        loss_given: false,
        decision: None,
    };
    run(global, plan)
}

/// Executes a plan, draws what its records allow, and prints the summary.
pub fn run(global: &Global, plan: Plan) -> Result<()> {
    interrupt::listen()?;
    let whole = plan.shard.is_none();
    let mut done = execute(global, plan)?;
    let plots = if whole { output::draw(&done.run.dir)? } else { Plots::default() };
    done.run.end(Status::Finished)?;
    output::report(global, &done, &plots)
}

/// Does or takes up the work and writes its records.
pub fn execute(global: &Global, mut plan: Plan) -> Result<Done> {
    let settings = &mut plan.work.settings;
    if !settings.attacks.is_empty() {
        settings.normalise();
    }
    settings.validate()?;
    for &axis in plan.work.sweep.iter().flat_map(|sweep| &sweep.axes) {
        let steps = plan.work.sweep.as_ref().map_or(0, |sweep| sweep.steps);
        sweep_values(&settings.bounds, axis, steps)?;
    }
    let mut data = Data::open(&plan.data)?;
    if !data.dataset.is_labelled() {
        unlabelled::suit(&mut plan)?;
    }
    if let Some(shard) = plan.shard {
        refuse_what_needs_all(&plan)?;
        data.keep(shard);
    }
    match &plan.work.tolerance {
        Some(tolerance) => tolerance.validate()?,
        None => refuse_unused_decision(plan.decision)?,
    }
    if data.dataset.official == Some(Official::MvtecAd2) && plan.metric.fpr_limit != 0.05 {
        eprintln!(
            "warning: MVTec AD 2 is evaluated up to a false positive rate of 0.05: give --fpr-limit 0.05"
        );
    }
    let out = out_dir(plan.out.as_ref(), plan.command, &data.dataset);
    let mut models = load_models(global, &plan.model)?;
    if plan.work.uniform.is_some() && !plan.work.settings.loss.needs_truth() {
        return Err(Error::usage(
            "--uniform",
            "lowers metrics, and --loss drift is for what has none",
            "use another --loss, or leave one of the two out",
        ));
    }
    refuse_unbounded(plan.work.settings.loss, &models)?;
    let batches = batch_sizes(&plan.model, &mut models, &data)?;
    let mut run = Run::begin(&plan, &out, &data, &models, &batches)?;
    let session = Session { plan: &plan, data: &data, quiet: global.quiet };
    match work(&session, &mut models, &mut run) {
        Ok(worked) => Ok(Done {
            run,
            summary: worked.summary,
            sweep: worked.sweep,
            stability: worked.stability,
            uniform: worked.uniform,
            efforts: worked.efforts,
            clock: worked.clock,
            models: worked.models,
            wall: worked.wall,
        }),
        Err(error) => {
            if error.kind == Kind::Interrupted {
                run.end(Status::Interrupted)?;
            }
            Err(error)
        }
    }
}

/// What looks at all samples of a category at once.
fn refuse_what_needs_all(plan: &Plan) -> Result<()> {
    let asked = [
        ("--select pooled", plan.work.settings.select == Select::Pooled),
        ("--uniform", plan.work.uniform.is_some()),
        ("--tolerance (always on without ground truth)", plan.work.tolerance.is_some()),
        ("--save-maps", plan.save_maps),
    ];
    asked.into_iter().find(|(_, asked)| *asked).map_or(Ok(()), |(flag, _)| Err(refused_with_shard(flag)))
}

fn refused_with_shard(flag: &str) -> Error {
    let fix = match flag {
        "--save-maps" => "give it to askance merge",
        _ => "leave it out, or run without --shard",
    };
    Error::usage(flag, "needs all samples, and --shard is a part of them", fix)
}

fn refuse_unused_decision(decision: Option<f64>) -> Result<()> {
    let Some(decision) = decision else { return Ok(()) };
    let flag = format!("--decision {decision}");
    Err(Error::usage(flag, "is used for the tolerance only, which was not asked for", "add --tolerance"))
}

/// Some losses read maps as probabilities.
fn refuse_unbounded(loss: Goal, models: &[Box<dyn Segmenter>]) -> Result<()> {
    match models.iter().find(|model| !model.is_bounded()) {
        Some(model) if loss.needs_probabilities() => Err(Error::usage(
            format!("--loss {loss}"),
            format!("reads maps as probabilities, and those of {} have no range", model.name()),
            "use --loss contrast, auroc or drift, or give output.range in its manifest",
        )),
        _ => Ok(()),
    }
}

#[derive(Default)]
struct Worked {
    summary: Vec<SummaryRow>,
    sweep: Vec<SweepRow>,
    stability: Vec<StabilityRow>,
    uniform: Vec<UniformRow>,
    efforts: Vec<Effort>,
    clock: Clock,
    models: Vec<DefendedModel>,
    wall: Duration,
}

/// A model of the run, and what it took.
fn defended(model: &dyn Segmenter, clock: Clock) -> DefendedModel {
    let (name, defence) = (model.name().to_owned(), model.provenance().defence);
    let looks = clock.evaluations as f64 + model.coarse_cost() * clock.coarse as f64;
    let suffix = if defence.is_empty() { String::new() } else { format!("+{defence}") };
    DefendedModel {
        model: name.strip_suffix(&suffix).unwrap_or(&name).to_owned(),
        name,
        defence: if defence.is_empty() { "none".to_owned() } else { defence },
        pictures: model.views(),
        seconds: (looks > 0.0).then(|| clock.model.as_secs_f64() / looks),
    }
}

fn work(session: &Session<'_>, models: &mut [Box<dyn Segmenter>], run: &mut Run) -> Result<Worked> {
    let mut worked = Worked::default();
    let settings = &session.plan.work.settings;
    if !settings.attacks.is_empty() {
        let (mut journal, mut rows) = attack::take_up(run, settings)?;
        let start = Instant::now();
        for model in models.iter_mut() {
            let clock = attack::run_model(session, model.as_mut(), run, &mut journal, &mut rows)?;
            worked.models.push(defended(model.as_ref(), clock));
            worked.clock = worked.clock + clock;
        }
        worked.wall += start.elapsed();
        if session.plan.shard.is_some() {
            // A part has no metrics; they are pooled when all parts are put together.
            return Ok(worked);
        }
        let sizes: Vec<(&str, usize)> =
            models.iter().map(|model| (model.name(), model.input_size())).collect();
        if settings.select == Select::Pooled {
            drop(journal);
            choose::run(session, run, &sizes, &mut rows)?;
        }
        worked.efforts = efforts(&rows, &settings.bounds);
        worked.summary = summary::write(session, run, &sizes, &rows)?;
        if let Some(plan) = &session.plan.work.tolerance {
            let (mut journal, mut stability) = tolerance::take_up(run, plan, settings)?;
            let start = Instant::now();
            for model in models.iter_mut() {
                let kept = (&mut journal, &mut stability);
                worked.clock =
                    worked.clock + tolerance::run_model(session, plan, model.as_mut(), run, &rows, kept)?;
            }
            worked.wall += start.elapsed();
            worked.stability = stability;
        }
        if let Some(plan) = &session.plan.work.uniform {
            let start = Instant::now();
            let clock;
            (worked.uniform, clock) = uniform::run(session, plan, models, run, &rows, &worked.summary)?;
            worked.clock = worked.clock + clock;
            worked.wall += start.elapsed();
        }
    }
    if let Some(plan) = &session.plan.work.sweep {
        let start = Instant::now();
        for model in models.iter_mut() {
            worked.clock =
                worked.clock + sweep::run_model(session, plan, model.as_mut(), run, &mut worked.sweep)?;
        }
        worked.wall += start.elapsed();
        sweep::write(run, &mut worked.sweep)?;
    }
    Ok(worked)
}
