//! A run of the exhaustive search, which strategies are measured against.

use std::collections::HashMap;
use std::path::Path;

use super::lowest_loss;
use crate::error::{Error, Result};
use crate::file;
use crate::record::{RunDir, RunInfo, SampleRow, SearchRow, in_full, read_rows};
use crate::types::{Attack, SampleKey};

/// Settings that the truth must share with the runs; a key that one of them does not have is not compared.
const SHARED: [&str; 10] = [
    "axes",
    "bounds",
    "perturb",
    "map_rotation",
    "frame",
    "loss_frame",
    "border",
    "loss",
    "select",
    "metric",
];
/// How far clean losses may lie apart: the truth may have been found on another machine or with another provider.
pub(super) const TOLERANCE: f64 = 1e-4;

/// The losses of a run.
pub(super) struct Truth {
    pub dir: RunDir,
    search: String,
    clean: HashMap<SampleKey, f64>,
    losses: HashMap<SampleKey, f64>,
}

impl Truth {
    pub fn read(path: &Path) -> Result<Self> {
        let dir = RunDir::open(path)?;
        let rows: Vec<SampleRow> = read_rows(dir.samples_path())?;
        if !file::is_there(&dir.summary_path()) {
            let fix = "let the run come to its end; put the parts of a run together first (`Merge`)";
            return Err(Error::file(path, "holds no summary.csv", fix));
        }
        let of = |attack: Attack| rows.iter().filter(move |row| row.attack == attack);
        let search = of(Attack::Joint).next().map(|row| row.search.clone()).ok_or_else(|| {
            let fix = "make it with `attacks = joint` and `search = exhaustive`";
            Error::file(path, "holds no joint attack", fix)
        })?;
        let clean = of(Attack::Clean).map(|row| (row.key(), row.loss)).collect();
        let losses =
            of(Attack::Joint).map(|row| Ok((row.key(), lowest_loss(&dir, row)?))).collect::<Result<_>>()?;
        Ok(Self { search, clean, losses, dir })
    }

    /// In words.
    pub fn description(&self) -> String {
        format!("the {} search of {}", self.search, self.dir.path().display())
    }

    /// Losses of the joint attack.
    pub fn losses(&self) -> impl Iterator<Item = (SampleKey, f64)> {
        self.losses.iter().map(|(key, &loss)| (key.clone(), loss))
    }

    /// Refuses a truth about something else than a run and its rows.
    pub fn check(&self, run: &RunDir, rows: &[SearchRow]) -> Result<()> {
        let subject = format!("`truth = {}`", self.dir.path().display());
        let fix = "make it over the same data and models, with the same settings and `search = exhaustive`";
        let (there, here) = (RunInfo::read(self.dir.info_path())?, RunInfo::read(run.info_path())?);
        let (there_in_full, here_in_full) = (in_full(there.settings.clone()), in_full(here.settings.clone()));
        for name in SHARED {
            if let (Some(there), Some(here)) = (there_in_full.get(name), here_in_full.get(name))
                && differ(there, here)
            {
                return Err(Error::usage(subject, format!("has another {name}: {there}, not {here}"), fix));
            }
        }
        let (fit, other) = (here.fit()?, there.fit()?);
        if fit != other {
            let problem = format!("was made with {}, not {}", other.in_words(), fit.in_words());
            return Err(Error::usage(subject, problem, fix));
        }
        for row in rows {
            match self.clean.get(&row.key()) {
                Some(clean) if (clean - row.clean).abs() > TOLERANCE => {
                    let (key, here) = (row.key(), row.clean);
                    let problem = format!("has a clean loss of {clean} for {key}, which is {here} here");
                    return Err(Error::usage(subject, problem, fix));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether two settings say different things; what only one of them says, an older version did not know.
fn differ(left: &toml::Value, right: &toml::Value) -> bool {
    match (left, right) {
        (toml::Value::Table(left), toml::Value::Table(right)) => {
            left.iter().any(|(key, value)| right.get(key).is_some_and(|other| differ(value, other)))
        }
        _ => left != right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_one_version_knows_is_no_difference() {
        let value = |text: &str| toml::Value::Table(text.parse().unwrap());
        let old = value("rotation = \"bilinear\"");
        let new = value("rotation = \"bilinear\"\nfill = \"zeros\"");
        assert!(!differ(&old, &new) && !differ(&new, &old));
        assert!(differ(&value("rotation = \"three-pass\""), &new));
        assert!(differ(&toml::Value::Integer(1), &toml::Value::Integer(2)));
    }

    #[test]
    fn a_glare_that_is_left_out_is_the_usual_one_and_differs_from_another() {
        let perturb = |text: &str| {
            let settings = format!("[perturb]\nrotation = \"bilinear\"\n{text}").parse().unwrap();
            in_full(settings)["perturb"].clone()
        };
        let (usual, aside) = (perturb(""), perturb("glare = { x = 0.25, y = 0.5, size = 0.1 }"));
        assert!(differ(&usual, &aside) && differ(&aside, &usual));
        assert!(!differ(&usual, &perturb("glare = { x = 0.5, y = 0.5, size = 0.1 }")));
    }
}
