//! The runs that figures are drawn of.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, PathBuf};

use crate::error::{Error, Result};
use crate::record::{DatasetInfo, RunDir, RunInfo, Status, decisive};

/// A run whose records are to be drawn.
pub(super) struct Run<'r> {
    pub(super) dir: &'r RunDir,
    pub(super) info: RunInfo,
}

/// Runs to be drawn, and those left out, each with the reason.
type Chosen<'r> = (Vec<Run<'r>>, Vec<(String, String)>);

/// Reads what the runs are. Runs that are unfinished or repeat another one, seed included, are left out.
///
/// # Errors
/// A run that cannot be read; runs whose pictures came to the models in different ways, so that their metrics are of other pixels.
pub(super) fn choose(runs: &[RunDir]) -> Result<Chosen<'_>> {
    let mut chosen: Vec<Run<'_>> = Vec::new();
    let mut left_out = Vec::new();
    for dir in runs {
        let info = RunInfo::read(dir.info_path())?;
        let same =
            |other: &&Run<'_>| decisive(&other.info) == decisive(&info) && data(&other.info) == data(&info);
        let reason = if info.status != Status::Finished {
            Some("unfinished: the command that began it goes on with it".to_owned())
        } else {
            let first = chosen.iter().find(same);
            first.map(|other| format!("repeats {}: same settings, data and seed", other.dir.path().display()))
        };
        match reason {
            Some(reason) => left_out.push((dir.path().display().to_string(), reason)),
            None => chosen.push(Run { dir, info }),
        }
    }
    refuse_other_fits(&chosen)?;
    Ok((chosen, left_out))
}

/// What a record says of the data, without what older ones do not say.
fn data(info: &RunInfo) -> DatasetInfo {
    DatasetInfo { pictures: BTreeMap::new(), ..info.dataset.clone() }
}

fn refuse_other_fits(runs: &[Run<'_>]) -> Result<()> {
    let [first, others @ ..] = runs else { return Ok(()) };
    let fit = first.info.fit()?;
    for run in others {
        let other = run.info.fit()?;
        if !fit.has_canvases_of(&other) {
            let there = first.dir.path().display();
            let problem = format!(
                "was made with {}, and {there} with {}: their metrics are of other pixels",
                other.in_words(),
                fit.in_words()
            );
            let fix = "draw runs of one fit together, and the others by themselves";
            return Err(Error::usage(run.dir.path().display().to_string(), problem, fix));
        }
    }
    Ok(())
}

/// The shortest end of each path that no other one has.
pub(super) fn folders(runs: &[&RunDir]) -> Vec<String> {
    let paths: Vec<PathBuf> = runs
        .iter()
        .map(|run| fs::canonicalize(run.path()).unwrap_or_else(|_| run.path().to_owned()))
        .collect();
    let end = |path: &PathBuf, parts: usize| -> String {
        let names = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        let names: Vec<String> = names.collect();
        names[names.len().saturating_sub(parts)..].join("/")
    };
    let alone = |path: &PathBuf, parts: usize| {
        paths.iter().filter(|other| end(other, parts) == end(path, parts)).count() <= 1
    };
    let most = paths.iter().map(|path| path.components().count()).max().unwrap_or(1);
    paths.iter().map(|path| end(path, (1..most).find(|&parts| alone(path, parts)).unwrap_or(most))).collect()
}
