//! The worst cases of another run, which searches evaluate first.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::contents::sha256;
use super::data::Data;
use super::observe::Observe;
use crate::attack::{FirstPoints, Settings};
use crate::error::{Error, Result};
use crate::record::{RunDir, RunInfo, SampleRow, Status, read_rows};
use crate::types::{Attack, Axis, Perturbation, PooledMetric, SampleId, counted};

/// What each attack on each sample evaluates first.
#[derive(Clone, Debug, Default)]
pub(super) struct Starts {
    /// By category, and the sample within it.
    of: HashMap<(String, String), FirstPoints>,
    /// SHA-256 of the rows that they are from, lower-case hexadecimal; none where there is no other run.
    pub rows_sha256: Option<String>,
}

impl Starts {
    /// The worst cases of the run in a folder, under whatever models, of the samples and attacks that this run has too. What lies outside
    /// the bounds of this run is left out, and told. `data` are all samples, also where this run has a part of them.
    pub fn of_run(run: &Path, settings: &Settings, data: &Data, observe: &dyn Observe) -> Result<Self> {
        let dir = RunDir::open(run)?;
        if RunInfo::read(dir.info_path())?.status != Status::Finished {
            let problem = "is not finished, so that its worst cases may still change";
            return Err(Error::setting("start_from", run.display(), problem, "give its command again first"));
        }
        let path = dir.samples_path();
        let rows_sha256 = Some(sha256(&path)?);
        let rows: Vec<SampleRow> = read_rows(&path)?;
        let known: HashSet<(&str, String)> =
            data.samples().map(|sample| (sample.id.category.as_str(), sample.id.within_category())).collect();
        let (mut starts, mut matching, mut outside) = (Self { rows_sha256, ..Self::default() }, 0, 0);
        let attacked =
            |row: &&SampleRow| row.attack != Attack::Clean && settings.attacks.contains(&row.attack);
        for row in rows.iter().filter(attacked) {
            if !known.contains(&(row.category.as_str(), row.sample.clone())) {
                continue;
            }
            matching += 1;
            for metric in PooledMetric::ALL {
                let perturbation = row.chosen_by(metric);
                // The unchanged picture comes before all others anyway.
                if perturbation == Perturbation::IDENTITY {
                    continue;
                }
                if !is_within(settings, row.attack, &perturbation) {
                    outside += 1;
                    continue;
                }
                let of_sample = starts.of.entry((row.category.clone(), row.sample.clone())).or_default();
                match of_sample.iter_mut().find(|(attack, _)| *attack == row.attack) {
                    Some((_, all)) if all.contains(&perturbation) => {}
                    Some((_, all)) => all.push(perturbation),
                    None => of_sample.push((row.attack, vec![perturbation])),
                }
            }
        }
        if outside > 0 {
            observe.warn(&format!(
                "{} of {} lie outside the bounds or axes of this run, and are not tried first",
                counted(outside, "worst case", "worst cases"),
                run.display()
            ));
        }
        if matching == 0 {
            return Err(Error::setting(
                "start_from",
                run.display(),
                "has no worst case of these samples under these attacks",
                "give a run of `askance attack` on the same data",
            ));
        }
        Ok(starts)
    }

    /// What the attacks on one sample evaluate first.
    pub fn of_sample(&self, id: &SampleId) -> FirstPoints {
        self.of.get(&(id.category.clone(), id.within_category())).cloned().unwrap_or_default()
    }
}

/// Whether an attack of this run may try a perturbation.
fn is_within(settings: &Settings, attack: Attack, perturbation: &Perturbation) -> bool {
    let axes = settings.axes_of(attack);
    Axis::ALL.into_iter().all(|axis| {
        let value = perturbation.get(axis);
        if axes.contains(&axis) { settings.bounds.holds(axis, value) } else { value == 0.0 }
    })
}
