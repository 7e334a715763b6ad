//! The searches of some runs whose traces were kept.

use std::path::PathBuf;

use super::chosen::Run;
use super::told::Told;
use crate::error::Result;
use crate::file;
use crate::record::{RunInfo, SampleRow, Trace, read_checked};
use crate::types::{Attack, Axis};

/// One joint search whose trace was kept.
pub struct TracedSearch {
    /// Number of the run that the search belongs to.
    pub run: usize,
    /// Row of the search in `samples.csv`.
    pub row: SampleRow,
    /// The part of a file's name that stands for its model.
    pub file: String,
    /// Names of the axes that were searched, in the order of the trace's columns.
    pub axes: Vec<String>,
    path: PathBuf,
}

impl TracedSearch {
    /// The joint searches of the runs whose traces were kept, in the order of runs and rows, their models named as the runs are told
    /// apart.
    pub fn of(runs: &[Run<'_>], told: &[Told]) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for told in told {
            let Run { dir, info } = &runs[told.at];
            if !file::is_there(&dir.samples_path()) {
                continue;
            }
            let axes = axes(info);
            let searched: Vec<Axis> = axes.iter().filter_map(|name| name.parse().ok()).collect();
            let unsaid = |row: &SampleRow| {
                let empty = row.parameters.empty(&searched);
                empty.filter(|_| row.attack == Attack::Joint)
            };
            for mut row in read_checked(dir.samples_path(), unsaid)? {
                let path = dir.trace_path(&row.model, &row.id()?, row.attack);
                let file = told.file(&row.model);
                row.model = told.name(&row.model);
                if row.attack == Attack::Joint && file::is_there(&path) {
                    found.push(Self { run: told.at, row, file, axes: axes.clone(), path });
                }
            }
        }
        Ok(found)
    }

    /// Reads the trace of the search.
    pub fn trace(&self) -> Result<Trace> {
        Trace::read(&self.path, self.axes.len())
    }

    /// Name of the sample among those of one model: data set, category, `defect/stem`.
    pub fn sample(&self) -> (&str, &str, &str) {
        (&self.row.dataset, &self.row.category, &self.row.sample)
    }
}

/// The axes of a run's joint attack; the paper's three where the record does not say.
fn axes(info: &RunInfo) -> Vec<String> {
    let named = info.settings.get("axes").and_then(|axes| axes.clone().try_into().ok());
    named.unwrap_or_else(|| ["angle", "hue", "saturation"].map(str::to_owned).to_vec())
}
