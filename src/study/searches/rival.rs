//! An external attack beside the strategies.

use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use crate::attack::SearchChoice;
use crate::error::{Error, Result};
use crate::file;
use crate::record::SearchRow;
use crate::types::SampleKey;

/// A CSV file with the best losses of an external attack, step by step (columns model, category, sample, step, best_loss; others
/// are ignored), and the name that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RivalFile {
    /// Name in tables and figures.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for RivalFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                Ok(Self { name: name.to_owned(), path: path.into() })
            }
            _ => Err("give a name and a file, such as adam=steps.csv".to_owned()),
        }
    }
}

/// Best losses of an external attack.
pub(super) struct Rival {
    name: String,
    subject: String,
    steps: HashMap<SampleKey, Vec<(usize, f64)>>,
}

/// One line of the file.
#[derive(Deserialize)]
struct Step {
    model: String,
    category: String,
    sample: String,
    step: usize,
    best_loss: f64,
}

impl Rival {
    pub fn read(file: &RivalFile, strategies: &[SearchChoice]) -> Result<Self> {
        let RivalFile { name, path } = file;
        let subject = format!("`rival = {name}={}`", path.display());
        if strategies.iter().any(|search| search.to_string() == *name) {
            return Err(Error::usage(subject, "has the name of a strategy", "call it something else"));
        }
        let fix = "give a CSV with the columns model, category, sample, step and best_loss";
        let unusable = |e: csv::Error| Error::file(path, format!("cannot be read ({e})"), fix);
        let text = file::read_text(path, fix)?;
        let mut steps: HashMap<SampleKey, Vec<(usize, f64)>> = HashMap::new();
        for line in csv::Reader::from_reader(text.as_bytes()).into_deserialize() {
            let Step { model, category, sample, step, best_loss } = line.map_err(unusable)?;
            if !best_loss.is_finite() {
                let problem =
                    format!("has a best_loss of {best_loss} for {sample}, which is no finite number");
                return Err(Error::file(path, problem, "leave out the steps without a loss"));
            }
            steps.entry(SampleKey { model, category, sample }).or_default().push((step, best_loss));
        }
        Ok(Self { name: name.clone(), subject, steps })
    }

    /// What it had found on a sample at the step that the budget allows.
    pub fn row(&self, sample: &SearchRow, budget: usize) -> Result<SearchRow> {
        let allowed = self.steps.get(&sample.key()).into_iter().flatten().filter(|(step, _)| *step <= budget);
        let (step, loss) = allowed.max_by_key(|(step, _)| *step).copied().ok_or_else(|| {
            Error::usage(
                &self.subject,
                format!("has no step up to {budget} of {}", sample.key()),
                "run it over the same data and models, counting steps from 1",
            )
        })?;
        Ok(SearchRow {
            strategy: self.name.clone(),
            budget,
            loss,
            evaluations: step,
            coarse: 0,
            ..sample.clone()
        })
    }
}
