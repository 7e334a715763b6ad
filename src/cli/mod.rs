//! The command line: arguments, wiring, progress, and everything that is printed.

mod args;
mod attack;
mod bench;
mod choose;
mod commit;
mod compare_search;
mod data;
mod defences;
mod demo;
mod effort;
mod inspect;
mod interrupt;
mod libraries;
mod merge;
mod output;
mod paper;
mod plan;
mod progress;
mod setup;
mod stability;
mod summary;
mod sweep;
mod synth;
mod table;
mod telemetry;
mod tolerance;
mod uniform;
mod unlabelled;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command, RuntimeCommand};
use askance::error::Result;

/// Runs the command of this process and tells its exit status: 0, 1 (failed), 2 (usage), 130 (interrupted, state saved).
pub fn main() -> ExitCode {
    telemetry::forbid();
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_status())
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let Cli { global, command } = cli;
    match command {
        Command::Demo(args) => demo::run(&global, &args),
        Command::Eval(args) => plan::eval(&global, args),
        Command::Attack(args) => plan::attack(&global, args),
        Command::Sweep(args) => plan::sweep(&global, args),
        Command::Bench(args) => bench::run(&global, &args),
        Command::BenchWorker => bench::worker(),
        Command::Data(args) => data::run(&global, &args),
        Command::Paper(args) => paper::run(&global, &args),
        Command::Merge(args) => merge::run(&global, &args),
        Command::Plot(args) => output::plot(&global, &args),
        Command::Providers => libraries::providers(&global),
        Command::Runtime { command } => match command {
            RuntimeCommand::Install { flavour, without_cuda } => {
                libraries::install(&global, flavour, without_cuda)
            }
            RuntimeCommand::List => libraries::list(&global),
            RuntimeCommand::Probe { library } => libraries::probe(&library),
        },
        Command::Models(args) => inspect::models(&global, &args),
        Command::Synth(args) => synth::run(&global, &args),
    }
}
