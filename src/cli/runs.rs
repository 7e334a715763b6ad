//! `eval`, `attack`, `sweep` and `demo`: from arguments to a plan, from a plan to a finished run.

use askance::error::{Error, Result};
use askance::study::{Command, Data, Figures, ModelSpec, Models, Origin, Plan, Source};
use askance::synth;
use askance::types::{Axis, Shard};

use super::args::{AttackArgs, Axes, DemoArgs, EvalArgs, Global, PlaceArgs, ShardChoice, SweepArgs};
use super::origin::origin;
use super::output::figures;
use super::schedulers::Scheduled;
use super::terminal::Terminal;
use super::{compare_search, devices, dry_run, interrupt, output, say, schedulers, seeds};

/// Pictures of each category of the demo: few, so that all is done within a minute and a half on two cores.
const DEMO_GOOD: usize = 2;
const DEMO_DEFECTIVE: usize = 3;
/// Model evaluations per sample and attack of the demo.
const DEMO_BUDGET: usize = 18;
const DEMO_STEPS: usize = 7;

/// `askance eval`
pub fn eval(global: &Global, args: &EvalArgs) -> Result<()> {
    let plan = args.fit.apply(Plan::eval(), None)?;
    let plan = args.points.apply(args.metric.apply(plan)).save_maps(args.part.save_maps);
    let (plan, place) = split(global, plan, args.part.shard, &args.place)?;
    args.model.engine.require_one()?;
    let (source, spec) = (args.data.source(), args.model.spec(None));
    run((global, args.points.operating_points), plan, &source, &spec, place)
}

/// `askance attack`
pub fn attack(global: &Global, args: &AttackArgs) -> Result<()> {
    let (plan, place) = split(global, attack_plan(args)?, args.part.shard, &args.place)?;
    if args.place.dry_run {
        refuse_several(args)?;
    }
    let (source, spec) = (args.data.source(), args.model.spec(args.perturb.preset));
    if args.compare.compare_search.is_some() || args.seeds.is_some() || args.part.shard.is_some() {
        args.model.engine.require_one()?;
    }
    let devices = &args.model.engine.provider;
    if devices.len() > 1 {
        let checked = plan.shard(format!("1/{}", devices.len()).parse::<Shard>()?).check()?;
        let terminal = Terminal::new(global.quiet);
        let data = Data::open(&source, &terminal)?;
        checked.suits(&data)?;
        let out = args.place.out.clone().unwrap_or_else(|| data.default_out(checked.command().name()));
        args.place.fresh.make_room_beside(&data, &out)?;
        return devices::run(global, devices, &out, (args.part.save_maps, args.points.operating_points));
    }
    if args.compare.compare_search.is_some() {
        return compare_search::run(global, &plan, &args.compare, (&source, &spec), &args.place)
            .map_err(|error| args.perturb.as_given(error));
    }
    if let Some(count) = args.seeds {
        return seeds::run(global, plan, count, (&source, &spec), &args.place)
            .map_err(|error| args.perturb.as_given(error));
    }
    run((global, args.points.operating_points), plan, &source, &spec, place)
        .map_err(|error| args.perturb.as_given(error))
}

pub(super) fn attack_plan(args: &AttackArgs) -> Result<Plan> {
    let plan = args.fit.apply(args.perturb.apply(Plan::attack())?, args.perturb.preset)?;
    let plan = args.points.apply(args.metric.apply(plan));
    let mut plan =
        plan.axes(Axes::all(&args.axes)).save_maps(args.part.save_maps).keep_traces(args.keep_traces);
    if !args.attacks.is_empty() {
        plan = plan.attacks(args.attacks.iter().copied());
    }
    if let Some(search) = args.search {
        plan = plan.search(search);
    }
    if let Some(seed) = args.seed {
        plan = plan.seed(seed);
    }
    if let Some(budget) = args.budget {
        plan = plan.budget(budget);
    }
    if args.adaptive {
        plan = plan.adaptive();
    }
    if let Some(run) = &args.start_from {
        plan = plan.start_from(run);
    }
    if let Some(loss) = args.loss {
        plan = plan.loss(loss);
    }
    if let Some(frame) = args.loss_frame {
        plan = plan.loss_frame(frame);
    }
    if let Some(select) = args.select {
        plan = plan.select(select);
    }
    if let Some(axes) = &args.tolerance {
        plan = plan.tolerance(Axes::all(axes));
    }
    if let Some(steps) = args.tolerance_steps {
        plan = plan.tolerance_steps(steps);
    }
    if let Some(decision) = args.decision {
        plan = plan.decision(decision);
    }
    if let Some(uniform) = args.uniform.plan()? {
        plan = plan.uniform(uniform);
    }
    if args.random > 0 {
        plan = plan.random(args.random);
    }
    if let Some(share) = args.certify {
        plan = plan.certify(share);
    }
    Ok(plan)
}

/// `askance sweep`
pub fn sweep(global: &Global, args: &SweepArgs) -> Result<()> {
    args.model.engine.require_one()?;
    let plan = args.metric.apply(Plan::sweep(Axes::all(&args.axes), args.steps));
    let (source, spec) = (args.data.source(), args.model.spec(args.perturb.preset));
    let plan = args.fit.apply(args.perturb.apply(plan)?, args.perturb.preset)?;
    run((global, false), plan, &source, &spec, Place::whole(&args.place))
        .map_err(|error| args.perturb.as_given(error))
}

/// `askance demo`
pub fn demo(global: &Global, args: &DemoArgs) -> Result<()> {
    let data = args.out.join("data");
    let options = synth::Recipe {
        seed: args.seed,
        train: 0,
        good: DEMO_GOOD,
        defective: DEMO_DEFECTIVE,
        ..synth::Recipe::default()
    };
    super::synth::write(&options, &data, global.quiet)?;
    let plan = Plan::attack().budget(DEMO_BUDGET).seed(args.seed).demo(Axis::PAPER, DEMO_STEPS);
    let mut spec = ModelSpec::new(["pocket", "pocket-robust"]);
    spec.threads = args.threads;
    run(
        (global, false),
        plan,
        &Source::new(data),
        &spec,
        Place::whole(&PlaceArgs { out: Some(args.out.clone()), ..PlaceArgs::default() }),
    )
}

/// Where a run goes.
struct Place<'a> {
    given: &'a PlaceArgs,
    /// The shard that a scheduler gave, which has a folder in that folder.
    scheduled: Option<Scheduled>,
}

impl<'a> Place<'a> {
    fn whole(given: &'a PlaceArgs) -> Self {
        Self { given, scheduled: None }
    }
}

/// Refuses a dry run of several runs at once: each is told by itself.
fn refuse_several(args: &AttackArgs) -> Result<()> {
    let several = [
        ("`seeds`", args.seeds.is_some()),
        ("`compare_search`", args.compare.compare_search.is_some()),
        ("`provider`", args.model.engine.provider.len() > 1),
    ];
    let Some((setting, _)) = several.into_iter().find(|(_, given)| *given) else { return Ok(()) };
    let problem = "makes several runs, and `dry_run` tells what one takes";
    let fix = "leave it out for the dry run: each of them takes as much, a device its part of the samples";
    Err(Error::usage(setting, problem, fix))
}

/// The plan for the shard that was asked for, and its place.
fn split<'a>(
    global: &Global,
    plan: Plan,
    shard: Option<ShardChoice>,
    place: &'a PlaceArgs,
) -> Result<(Plan, Place<'a>)> {
    match shard {
        None => Ok((plan, Place::whole(place))),
        Some(ShardChoice::Given(shard)) => Ok((plan.shard(shard), Place::whole(place))),
        Some(ShardChoice::Auto) => {
            let scheduled = schedulers::of_this_process()?;
            if !global.quiet {
                say::error(format_args!("shard {} ({})", scheduled.shard, scheduled.from));
            }
            Ok((plan.shard(scheduled.shard), Place { scheduled: Some(scheduled), ..Place::whole(place) }))
        }
    }
}

/// Executes a plan, draws what its records allow, and prints the summary, with decisions where these were asked for.
fn run(
    (global, operating_points): (&Global, bool),
    plan: Plan,
    source: &Source,
    spec: &ModelSpec,
    place: Place<'_>,
) -> Result<()> {
    interrupt::listen()?;
    let terminal = Terminal::new(global.quiet);
    let Place { given, scheduled } = place;
    let origin =
        Origin { shard_from: scheduled.as_ref().map(|scheduled| scheduled.from.clone()), ..origin() };
    let checked = plan.origin(origin).check()?;
    let data = global.open(source, &terminal)?;
    checked.suits(&data)?;
    let mut out = given.out.clone().unwrap_or_else(|| data.default_out(checked.command().name()));
    if let Some(scheduled) = scheduled {
        out.push(format!("part-{}", scheduled.shard.index()));
    }
    let mut models = Models::load(spec, &global.runtime(), &terminal)?;
    if given.dry_run {
        let fresh = given.fresh.is_asked();
        let forecast = checked.forecast((&out, fresh), &data, &mut models, &terminal)?;
        dry_run::report(global, &forecast, fresh);
        return Ok(());
    }
    // The demo makes its pictures in its own folder.
    if checked.command() != Command::Demo {
        given.fresh.make_room_beside(&data, &out)?;
    }
    let outcome = checked.run(out, &data, &mut models, &terminal)?;
    let figures = if checked.is_whole() { figures(&outcome.dir)? } else { Figures::default() };
    output::report(global, &outcome, &figures, operating_points);
    Ok(())
}
