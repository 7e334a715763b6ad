//! `askance bench`: providers compared on this machine.

mod args;
mod metrics;
mod record;
mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use askance::bench::protocol::{Job, Picture, Setup};
use askance::bench::rounds::{self, Event, Measured, Plan, Role, Task};
use askance::bench::{Conditions, Configuration, Knowledge, Launch, Process, rows, warnings};
use askance::error::{Error, Kind, Result};
use askance::model::{Bundle, Precision, Provider, image_work};
use askance::record::Status;
use askance::runtime;
use askance::synth;

pub use args::BenchArgs;

use super::args::Global;
use super::setup::{Data, runtime_options};
use super::synth::write as write_synth;
use super::{interrupt, output, progress};
use record::Run;

/// Pictures whose maps are compared.
const PICTURES: usize = 8;
/// Categories of the generated data: two materials and two parts.
const CATEGORIES: [&str; 4] = ["leather", "slate", "hex_nut", "tablet"];

/// `askance bench-worker`, which the command starts for each configuration.
pub fn worker() -> Result<()> {
    askance::bench::serve(std::io::stdin().lock(), std::io::stdout())
}

/// Compares providers, and prints and draws what came out.
pub fn run(global: &Global, args: &BenchArgs) -> Result<()> {
    interrupt::listen()?;
    args.validate()?;
    let began = Conditions::now();
    let (own, mut known) = models(args)?;
    let configurations = args.configurations(&own);
    let mut run = Run::begin(args, &configurations)?;
    // Where ONNX Runtime has to be fetched for the CPU, that is said once, and not by a child to which nobody listens.
    runtime::find(&runtime_options(global), &|event| eprintln!("{event}"))?;
    let data = open_data(global, args, run.dir.path())?;
    run.describe(&data, args)?;

    let mut tasks = tasks(global, args, &configurations, &data)?;
    let bar = progress::bar("bench", tasks.len() * (args.rounds + 1), global.quiet);
    let mut loaded = began;
    let count = tasks.len();
    let mut observe = |event: Event<'_>, tasks: &[Task<Process>]| match event {
        Event::Started(index) => {
            bar.inc(1);
            if index + 1 == count {
                loaded = Conditions::now();
            }
            run.started(&tasks[index].measured)
        }
        Event::Ran { task, round, ms } => {
            bar.inc(1);
            run.called(&tasks[task].measured, round, ms)
        }
        Event::RoundEnded(_) => run.write_rows(&rows(&views(tasks), &known)),
        _ => Ok(()),
    };
    let plan = Plan { rounds: args.rounds, calls: args.calls };
    let finished = rounds::run(&mut tasks, plan, &mut observe, &interrupt::requested)?;
    bar.finish_and_clear();
    // The children end before the attacks begin.
    let measured: Vec<Measured> = tasks.into_iter().map(|task| task.measured).collect();
    let measured: Vec<&Measured> = measured.iter().collect();
    run.write_rows(&rows(&measured, &known))?;

    let compared = if finished && !args.no_metrics {
        metrics::compare(global, args, &data, &run, &measured, &mut known)
    } else {
        Ok(())
    };
    let rows = rows(&measured, &known);
    run.write_rows(&rows)?;
    let interrupted = !finished || compared.as_ref().is_err_and(|error| error.kind == Kind::Interrupted);
    run.end(if interrupted { Status::Interrupted } else { Status::Finished })?;
    let plots = output::draw(&run.dir)?;
    let doubts = warnings(began, loaded, &measured);
    table::print(global, run.dir.path(), &rows, &doubts, &plots);
    if interrupted {
        return Err(stopped());
    }
    compared?;
    if rows.iter().all(|row| row.p50_ms.is_none()) {
        let fix = "see the reasons above; `askance providers` tells what this machine can run";
        return Err(Error::runtime("bench", "no configuration could be measured", fix));
    }
    Ok(())
}

fn stopped() -> Error {
    Error {
        fix: "give the same command again: finished metrics are kept, timing starts again, for times of two starts do not compare"
            .to_owned(),
        ..Error::interrupted("bench")
    }
}

fn views<E>(tasks: &[Task<E>]) -> Vec<&Measured> {
    tasks.iter().map(|task| &task.measured).collect()
}

/// The bundles' own precisions, and how much each model computes. A graph without a manifest tells neither.
fn models(args: &BenchArgs) -> Result<(Vec<Option<Precision>>, Knowledge)> {
    let mut known = Knowledge::default();
    let mut own = Vec::new();
    for model in &args.model {
        let bundle = (!Bundle::is_graph(model)).then(|| Bundle::resolve(model)).transpose()?;
        if let Some(work) = bundle.as_ref().and_then(|bundle| image_work(bundle, args.stride)) {
            known.work.insert(model.clone(), work);
        }
        own.push(bundle.and_then(|bundle| bundle.precision()));
    }
    Ok((own, known))
}

fn open_data(global: &Global, args: &BenchArgs, out: &Path) -> Result<Data> {
    let generated = out.join("data");
    if args.data.is_none() {
        let options = synth::Options {
            seed: args.seed,
            categories: CATEGORIES.map(str::to_owned).to_vec(),
            train: 0,
            good: args.limit,
            defective: args.limit,
            ..synth::Options::default()
        };
        write_synth(&options, &generated, global.quiet)?;
    }
    Data::open(&args.data_args(generated))
}

/// References, then what is asked for, then the matrix products.
fn tasks(
    global: &Global,
    args: &BenchArgs,
    configurations: &[Configuration],
    data: &Data,
) -> Result<Vec<Task<Process>>> {
    let program = std::env::current_exe().map_err(|error| {
        Error::file("askance", format!("does not find itself: {error}"), "start it by its path")
    })?;
    let launch = Launch {
        program,
        arguments: vec!["bench-worker".to_owned()],
        environment: None,
        time_limit: Duration::from_secs(args.time_limit as u64),
    };
    let pictures = pictures(data);
    let task = |configuration: &Configuration, role: Role| {
        let job = match role {
            Role::Gemm => Job::Gemm,
            Role::Model | Role::Reference => Job::Model {
                model: configuration.model.clone(),
                prompts: args.prompts.clone(),
                stride: args.stride,
                pictures: pictures.clone(),
            },
        };
        let setup = Setup {
            job,
            provider: configuration.provider.clone(),
            precision: configuration.precision,
            batch: configuration.batch,
            threads: args.threads,
            strict: args.strict_ep,
            warm_up: args.warm_up,
            ort_lib: global.ort_lib.clone(),
            offline: global.offline,
        };
        let launch = Launch { environment: configuration.environment(), ..launch.clone() };
        Task::new(configuration.clone(), role, Process::new(launch, setup))
    };
    let references = references(configurations);
    let gemms = gemms(configurations);
    let references = references.iter().map(|one| task(one, Role::Reference));
    let models = configurations.iter().map(|one| task(one, Role::Model));
    Ok(references.chain(models).chain(gemms.iter().map(|one| task(one, Role::Gemm))).collect())
}

/// What each model is compared with: itself on the CPU in fp32 (a graph of unknown precision as it is). Those that are not
/// among the configurations.
fn references(configurations: &[Configuration]) -> Vec<Configuration> {
    let mut references: Vec<Configuration> = Vec::new();
    for one in configurations {
        let precision = one.precision.map(|_| Precision::Fp32);
        let reference = Configuration { provider: Provider::Cpu, precision, batch: 1, ..one.clone() };
        if !configurations.iter().any(|other| other.is_reference(&reference))
            && !references.contains(&reference)
        {
            references.push(reference);
        }
    }
    references
}

/// A matrix product for each provider and known precision.
fn gemms(configurations: &[Configuration]) -> Vec<Configuration> {
    let mut gemms: Vec<Configuration> = Vec::new();
    for one in configurations.iter().filter(|one| one.precision.is_some()) {
        let gemm = Configuration { model: "gemm".to_owned(), batch: 1, ..one.clone() };
        if !gemms.contains(&gemm) {
            gemms.push(gemm);
        }
    }
    gemms
}

/// Pictures from all categories in turn.
fn pictures(data: &Data) -> Vec<Picture> {
    let mut turns: BTreeMap<(usize, usize), Picture> = BTreeMap::new();
    for (at, category) in data.dataset.categories.iter().enumerate() {
        // The last samples are defective ones.
        for (turn, sample) in category.samples.iter().rev().enumerate() {
            let picture = Picture { path: sample.image.clone(), category: category.name.clone() };
            turns.insert((turn, at), picture);
        }
    }
    turns.into_values().take(PICTURES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(provider: &str, precision: Option<Precision>, batch: usize) -> Configuration {
        Configuration { model: "m".into(), provider: provider.parse().unwrap(), precision, batch }
    }

    #[test]
    fn a_reference_is_added_only_where_there_is_none() {
        let fp32 = Some(Precision::Fp32);
        assert_eq!(references(&[one("cpu", fp32, 8), one("cuda", fp32, 8)]), []);
        let int8 = Some(Precision::Int8);
        assert_eq!(references(&[one("cpu", int8, 8), one("cuda", int8, 8)]), [one("cpu", fp32, 1)]);
        assert_eq!(references(&[one("cuda", None, 4)]), [one("cpu", None, 1)]);
    }

    #[test]
    fn one_product_serves_all_batches() {
        let (fp32, int8) = (Some(Precision::Fp32), Some(Precision::Int8));
        let all = [one("cpu", fp32, 1), one("cpu", fp32, 8), one("cpu", int8, 1), one("cuda", None, 1)];
        let found: Vec<String> = gemms(&all).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["gemm on cpu, fp32, batch 1", "gemm on cpu, int8, batch 1"]);
    }
}
