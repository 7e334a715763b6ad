//! The command line: arguments, wiring, progress, and everything that is printed.

mod args;
mod bench;
mod children;
mod compare;
mod compare_search;
mod completed;
mod config;
mod data;
mod devices;
mod dry_run;
mod inspect;
mod interrupt;
mod libraries;
mod manual;
mod merge;
mod origin;
mod output;
mod paper;
mod recorded;
mod replay;
mod runs;
mod say;
mod schedulers;
mod seeds;
mod shapes;
mod submit;
mod synth;
mod telemetry;
mod terminal;
mod wording;

use std::process::ExitCode;

use args::{Cli, Command, RuntimeCommand};
use askance::error::{Kind, Result};

/// Runs the command of this process and tells its exit status: 0, 1 (failed), 2 (usage), 130 (interrupted, state saved).
pub fn main() -> ExitCode {
    telemetry::forbid();
    if let Some(ended) = children::run(std::env::args_os().skip(1)) {
        return exit(ended.and_then(|()| say::finish()));
    }
    let ended = match config::parse(std::env::args_os()) {
        config::Parsed::Arguments(cli) => {
            let recalled = cli.global.recalled.clone();
            let explained = |error| match &recalled {
                Some(recalled) => recalled.explain(error),
                None => error,
            };
            run(*cli).and_then(|()| say::finish()).map_err(wording::error_in_flags).map_err(explained)
        }
        config::Parsed::Said(said) => match wording::refused_value(&said) {
            Some(error) => Err(error),
            None => said.exit(),
        },
        config::Parsed::Failed(error) => Err(wording::error_in_flags(error)),
    };
    exit(ended)
}

/// Tells how a command ended.
fn exit(ended: Result<()>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let status = exit_status(error.kind);
            if error.kind == Kind::Interrupted {
                say::error(format_args!("stopped; {}; {}", error.problem, error.fix));
            } else {
                say::error(format_args!("error: {error}"));
            }
            ExitCode::from(status)
        }
    }
}

/// Exit status of a command that ends with an error of this kind.
fn exit_status(kind: Kind) -> u8 {
    match kind {
        Kind::Usage => 2,
        Kind::Interrupted => 130,
        _ => 1,
    }
}

fn run(cli: Cli) -> Result<()> {
    let Cli { global, command } = cli;
    match command {
        Command::Demo(args) => runs::demo(&global, &args),
        Command::Eval(args) => runs::eval(&global, &args),
        Command::Attack(args) => runs::attack(&global, &args),
        Command::Sweep(args) => runs::sweep(&global, &args),
        Command::Bench(args) => bench::run(&global, &args),
        Command::Data(args) => data::run(&global, &args),
        Command::Paper(args) => paper::run(&global, &args),
        Command::Replay(args) => replay::run(&global, &args),
        Command::Merge(args) => merge::run(&global, &args),
        Command::Submit(args) => submit::run(&global, &args),
        Command::Compare(args) => compare::run(&global, &args),
        Command::Plot(args) => output::plot(&global, &args),
        Command::Report(args) => output::page(&global, &args),
        Command::Providers => libraries::providers(&global),
        Command::Runtime { command } => match command {
            RuntimeCommand::Install { flavour, without_cuda } => {
                libraries::install(&global, flavour, without_cuda)
            }
            RuntimeCommand::List => libraries::list(&global),
        },
        Command::Models(args) => inspect::models(&global, &args),
        Command::Synth(args) => synth::run(&global, &args),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { out } => manual::pages(&out),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn no_committed_run_lies_where_a_command_puts_its_own() {
        let ignored = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.gitignore")).unwrap();
        let command = Cli::command();
        let defaults: Vec<String> = command
            .get_subcommands()
            .flat_map(clap::Command::get_arguments)
            .filter(|argument| argument.get_id() == "out")
            .flat_map(|argument| argument.get_default_values())
            .map(|value| format!("!/{}", value.to_str().unwrap()))
            .collect();
        assert!(defaults.contains(&"!/results/demo".to_owned()), "{defaults:?}");
        let taken: Vec<&str> =
            ignored.lines().filter(|line| defaults.iter().any(|one| one == line)).collect();
        assert!(taken.is_empty(), "committed in spite of being taken up by a command: {taken:?}");
    }

    #[test]
    fn exit_statuses_follow_the_kind() {
        let statuses = [Kind::Usage, Kind::Interrupted, Kind::Runtime, Kind::File].map(exit_status);
        assert_eq!(statuses, [2, 130, 1, 1]);
    }
}

#[cfg(test)]
mod documented;
