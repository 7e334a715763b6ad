//! `askance demo`: generated parts, both embedded models, clean metrics, sweeps, worst cases, table and plots.

use askance::attack::Settings;
use askance::error::Result;
use askance::metric::MetricOptions;
use askance::synth;
use askance::types::Axis;

use super::args::{DataArgs, DemoArgs, Global, ModelArgs};
use super::plan::{Plan, SweepPlan, WorkPlan, run as run_plan};
use super::synth::write;

/// Pictures of each category: few, so that all is done within a minute and a half on two cores.
const GOOD: usize = 2;
const DEFECTIVE: usize = 3;
/// Model evaluations per sample and attack.
const BUDGET: usize = 18;
const SWEEP_STEPS: usize = 7;

/// Runs the demo.
pub fn run(global: &Global, args: &DemoArgs) -> Result<()> {
    let data = args.out.join("data");
    let options = synth::Options {
        seed: args.seed,
        train: 0,
        good: GOOD,
        defective: DEFECTIVE,
        ..synth::Options::default()
    };
    write(&options, &data, global.quiet)?;
    let settings = Settings { budget: BUDGET, seed: args.seed, ..Settings::default() };
    let plan = Plan {
        command: "demo",
        data: DataArgs { data, layout: None, category: Vec::new(), limit: None, skip_bad: false, name: None },
        model: ModelArgs {
            model: vec!["pocket".to_owned(), "pocket-robust".to_owned()],
            threads: args.threads,
            ..ModelArgs::default()
        },
        metric: MetricOptions::default(),
        work: WorkPlan {
            settings,
            sweep: Some(SweepPlan { axes: Axis::PAPER.to_vec(), steps: SWEEP_STEPS }),
            tolerance: None,
            uniform: None,
        },
        shard: None,
        out: Some(args.out.clone()),
        save_maps: false,
        keep_traces: false,
        loss_given: false,
        decision: None,
    };
    run_plan(global, plan)
}
