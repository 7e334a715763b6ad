//! Completions and manual pages, made from the arguments that the program takes.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
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
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)?;
    say::text(format_args!("manual pages: {}", folder.display()));
    Ok(())
}
