//! Trees of files opened as data sets, and what is said about them.

use std::path::Path;

use askance::dataset::{self, Dataset, Selection};
use askance::error::Error;

use crate::trees::Folder;

impl Folder {
    pub fn open(&self) -> Result<Dataset, Error> {
        dataset::open(self.path(), &Selection::default())
    }

    pub fn select(&self, categories: &[&str], limit: Option<usize>) -> Result<Dataset, Error> {
        let categories = categories.iter().map(|&name| name.to_owned()).collect();
        dataset::open(self.path(), &Selection { categories, limit, ..Selection::default() })
    }
}

pub fn names(data: &Dataset) -> Vec<String> {
    data.categories
        .iter()
        .flat_map(|category| &category.samples)
        .map(|sample| sample.id.to_string())
        .collect()
}

#[track_caller]
pub fn assert_names(error: &Error, subject: &str, problem: &str) {
    assert!(error.subject.ends_with(subject), "subject {subject:?} in {error}");
    assert!(error.problem.contains(problem), "problem {problem:?} in {error}");
    assert!(!error.fix.is_empty());
}

/// One good and one defective part.
pub fn part() -> Folder {
    let folder = Folder::new();
    folder
        .pictures(&["part/test/good/0.png", "part/test/bad/1.png"])
        .mask("part/ground_truth/bad/1_mask.png");
    folder
}

/// Puts a named pipe at `path`, which nobody writes to.
#[cfg(unix)]
pub fn make_pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}
