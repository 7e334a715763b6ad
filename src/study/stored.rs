//! Whether what a run has stored of a sample is what was written. A file that was cut short, as a loss of power leaves it, is made again
//! with the rows that imply it; one that was changed is refused.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::observe::Observe;
use super::session::Session;
use crate::attack::Select;
use crate::error::{Error, Result};
use crate::file;
use crate::record::{DAMAGED_MAP, RunDir, SampleRow, is_whole};
use crate::types::{Attack, Detail, SampleKey, counted};

/// The files that the rows of a run imply, as they are looked at.
pub(super) struct Stored<'a> {
    dir: &'a RunDir,
    /// Whether candidates are kept, of each search.
    has_candidates: bool,
    /// Whether the maps of worst cases are made anew from the candidates at the end of every start.
    are_chosen: bool,
    lost: RefCell<Vec<PathBuf>>,
    failed: RefCell<Option<Error>>,
}

impl<'a> Stored<'a> {
    /// Of a run that searches; `is_whole` where it has all samples, and not those of a shard.
    pub fn of_attack(session: &Session<'_>, dir: &'a RunDir, is_whole: bool) -> Self {
        let has_candidates = session.settings.select == Select::Pooled;
        Self { has_candidates, are_chosen: has_candidates && is_whole, ..Self::of_replay(dir) }
    }

    /// Of a run that others have searched for.
    pub fn of_replay(dir: &'a RunDir) -> Self {
        let (lost, failed) = (RefCell::default(), RefCell::default());
        Self { dir, has_candidates: false, are_chosen: false, lost, failed }
    }

    /// Whether everything that a row implies is there as it was written.
    pub fn is_there(&self, row: &SampleRow) -> bool {
        self.look(row).unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            true
        })
    }

    fn look(&self, row: &SampleRow) -> Result<bool> {
        let (dir, model, id, attack) = (self.dir, row.model.as_str(), row.id()?, row.attack);
        let map = dir.patch_map_path(model, &id, attack);
        let is_searched = attack != Attack::Clean;
        let made_anew = self.are_chosen && is_searched;
        let candidates = dir.candidates_path(model, &id, attack);
        let rounds = [Detail::Full, Detail::Coarse].map(|detail| dir.rounds_path(model, &id, attack, detail));
        let needed =
            [(!made_anew).then_some(&map), (self.has_candidates && is_searched).then_some(&candidates)];
        let aupro = dir.aupro_map_path(model, &id, attack);
        let trace = dir.trace_path(model, &id, attack);
        let mut is_there = true;
        for path in needed.into_iter().flatten() {
            is_there &= self.is_whole(path)?;
        }
        for path in [&trace, &aupro, &map].into_iter().filter(|path| file::is_there(path)) {
            let is_whole = self.is_whole(path)?;
            is_there &= is_whole || (made_anew && path != &trace);
        }
        for path in rounds.iter().filter(|path| file::is_there(path)) {
            if !self.is_whole(path)? {
                // Rounds go on from what is there.
                fs::remove_file(path)
                    .map_err(|e| Error::file_caused(path, "cannot be deleted", e, DAMAGED_MAP))?;
                is_there = false;
            }
        }
        Ok(is_there)
    }

    fn is_whole(&self, path: &Path) -> Result<bool> {
        let is_whole = is_whole(path, DAMAGED_MAP)?;
        if !is_whole {
            self.lost.borrow_mut().push(path.to_owned());
        }
        Ok(is_whole)
    }

    /// Tells what is made again, and passes on what cannot be.
    pub fn told(self, observe: &dyn Observe) -> Result<()> {
        if let Some(error) = self.failed.into_inner() {
            return Err(error);
        }
        let mut lost = self.lost.into_inner();
        lost.sort();
        lost.dedup();
        if let Some(first) = lost.first() {
            observe.warn(&format!(
                "{} of the run {} missing or cut short, and made again: {}",
                counted(lost.len(), "file", "files"),
                if lost.len() == 1 { "is" } else { "are" },
                first.display(),
            ));
        }
        Ok(())
    }
}

/// Brings rows into the order of models, samples and attacks, in which an uninterrupted run writes them.
pub(super) fn in_order<T>(
    rows: &mut [T],
    session: &Session<'_>,
    models: &[String],
    attacks: &[Attack],
    key: impl Fn(&T) -> (SampleKey, Attack),
) {
    let samples = models
        .iter()
        .flat_map(|model| session.data.samples().map(|sample| SampleKey::new(model, &sample.id)));
    let places: HashMap<SampleKey, usize> = samples.enumerate().map(|(place, key)| (key, place)).collect();
    rows.sort_by_cached_key(|row| {
        let (sample, attack) = key(row);
        (places.get(&sample).copied(), attacks.iter().position(|&other| other == attack))
    });
}
