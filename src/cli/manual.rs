//! Completions and manual pages, made from the arguments that the program takes.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use super::args::Cli;
use super::completed::with_values;
use super::say;
use askance::error::{Error, Result};

/// Prints the script that completes commands, flags and values in a shell.
pub fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_values(Cli::command()), "askance", &mut script);
    say::text(String::from_utf8_lossy(&script));
    Ok(())
}

/// Writes `askance.1` and a page for each of its commands.
pub fn pages(folder: &Path) -> Result<()> {
    let failed = |error| Error::file_caused(folder, "cannot be written", error, "give another `out`");
    fs::create_dir_all(folder).map_err(failed)?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    clap_mangen::generate_to(with_usage(command), folder).map_err(failed)?;
    say::text(format_args!("manual pages: {}", folder.display()));
    Ok(())
}

/// A command, and those below it, whose synopsis is the usage of its help: required arguments alone by name.
fn with_usage(mut command: Command) -> Command {
    let usage = command.render_usage().to_string();
    let command = command.override_usage(usage.trim_start_matches("Usage: ").to_owned());
    command.mut_subcommands(with_usage)
}
