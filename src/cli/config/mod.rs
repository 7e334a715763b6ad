//! `--config RUN`: what the `run.toml` of a run says becomes words of the command line, behind those that the user gave. The whole is
//! then parsed again, so that a setting from a record meets every check that a flag does.

mod data;
mod model;
mod settings;
mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser as _};

use askance::error::{Error, Result};
use askance::record::{RunDir, RunInfo};
use askance::study::{self, RunSettings};

use super::args::{Cli, Recalled};
use super::wording::in_flags;
use words::Words;

/// What a command line became.
pub enum Parsed {
    /// Arguments.
    Arguments(Box<Cli>),
    /// What clap has to say: help, or what is wrong.
    Said(clap::Error),
    /// What is wrong with the run that settings were to come from.
    Failed(Error),
}

/// Parses a command line, the settings of the run that it names included.
pub fn parse(line: impl IntoIterator<Item = OsString>) -> Parsed {
    let line: Vec<OsString> = line.into_iter().collect();
    match parsed(line) {
        Ok(Ok(cli)) => Parsed::Arguments(Box::new(cli)),
        Ok(Err(error)) => Parsed::Failed(error),
        Err(error) => Parsed::Said(error),
    }
}

fn parsed(line: Vec<OsString>) -> Result<Result<Cli>, clap::Error> {
    let matches = Cli::command().try_get_matches_from(&line)?;
    let recalled = match recall(&matches) {
        Ok(Some(recalled)) => recalled,
        Ok(None) => return Cli::from_arg_matches(&matches).map(Ok),
        Err(error) => return Ok(Err(error)),
    };
    match Cli::try_parse_from(line.into_iter().chain(recalled.words.iter().map(OsString::from))) {
        Ok(mut cli) => {
            cli.global.recalled = Some(recalled);
            Ok(Ok(cli))
        }
        Err(error) => Ok(Err(refused(&recalled.file, &error))),
    }
}

/// What clap refuses of the words; the user's own words alone were parsed before.
fn refused(file: &Path, error: &clap::Error) -> Error {
    let said = in_flags(&error.render().to_string());
    let said = said.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned();
    let fix = "give the flag yourself, beside --config";
    Error::usage(file.display().to_string(), format!("cannot be repeated: {said}"), fix)
}

/// The words that the run of `--config` adds; none without the flag.
fn recall(matches: &ArgMatches) -> Result<Option<Recalled>> {
    let Some((command, given)) = matches.subcommand() else { return Ok(None) };
    let Ok(Some(path)) = given.try_get_one::<PathBuf>("config") else { return Ok(None) };
    let file = if path.is_dir() { RunDir::open(path)?.info_path() } else { path.clone() };
    let info = RunInfo::read(&file)?;
    require_command(&file, &info, command)?;
    let mut words = Words::beside(given);
    if let Some(id) = ["preset", "compare_search"].into_iter().find(|id| words.is_given(id)) {
        let problem = format!("says settings of its own, and {} says them already", file.display());
        let fix = "leave one of the two out, and give single settings as flags";
        return Err(Error::usage(format!("--{}", id.replace('_', "-")), problem, fix));
    }
    add(&mut words, &info).map_err(|error| of_file(error, &file))?;
    let fingerprint = (!words.is_given("data")).then(|| info.dataset.fingerprint.clone());
    Ok(Some(Recalled { file, version: info.version, fingerprint, words: words.into_list() }))
}

/// Everything that a record holds, either as words or for a reason not.
fn add(words: &mut Words<'_>, info: &RunInfo) -> Result<()> {
    let RunInfo {
        // What the run was made of, when, and where: none of it is a setting.
        version: _,
        commit: _,
        command: _,
        shard_from: _,
        started: _,
        status: _,
        machine: _,
        runtime: _,
        // In the settings too.
        seed: _,
        // Of a comparison of providers, which is no run of these commands.
        configurations: _,
        save_maps,
        models,
        provider,
        dataset,
        settings: _,
        skipped,
    } = info;
    data::add(words, dataset, !skipped.is_empty())?;
    model::add(words, models, provider)?;
    settings::add(words, RunSettings::known(info)?)?;
    if *save_maps {
        words.flag("save_maps");
    }
    Ok(())
}

/// Refuses the record of another command, and names the command that it is of.
fn require_command(file: &Path, info: &RunInfo, command: &str) -> Result<()> {
    let recorded = info.settings.get("command").and_then(toml::Value::as_str);
    let taking =
        [study::Command::Eval, study::Command::Attack, study::Command::Sweep].map(study::Command::name);
    let (problem, fix) = match recorded {
        Some(recorded) if recorded == command => return Ok(()),
        Some(recorded) if taking.contains(&recorded) => (
            format!("is of a run of askance {recorded}, and this is askance {command}"),
            format!("give askance {recorded} --config"),
        ),
        Some(recorded) => (
            format!("is of a run of askance {recorded}, whose settings are not taken up again by --config"),
            format!("give a run of askance {command}"),
        ),
        None => (
            "is of a comparison, whose settings are not taken up again by --config".to_owned(),
            format!("give a run of askance {command}"),
        ),
    };
    Err(Error::usage(file.display().to_string(), problem, fix))
}

/// An error that names no file but `run.toml`, with its path.
fn of_file(error: Error, file: &Path) -> Error {
    if error.subject == "run.toml" { Error { subject: file.display().to_string(), ..error } } else { error }
}

#[cfg(test)]
mod tests;
