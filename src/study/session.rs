//! What every stage of a run reads.

use super::data::Data;
use super::observe::{Observe, Stage};
use super::plan::{Command, Points};
use crate::attack::Settings;
use crate::error::{Error, Kind};
use crate::metric::MetricOptions;
use crate::types::counted;

/// One run under way: the settings and data stay the same while its stages work.
#[derive(Clone, Copy)]
pub(super) struct Session<'a> {
    pub command: Command,
    pub settings: &'a Settings,
    pub metric: &'a MetricOptions,
    pub points: &'a Points,
    pub data: &'a Data,
    pub save_maps: bool,
    pub keep_traces: bool,
    pub observe: &'a dyn Observe,
}

/// An error of one of several runs: a stop by the user tells which it was.
pub(super) fn stopped_in(run: &str, error: Error) -> Error {
    match error.kind {
        Kind::Interrupted => Error { problem: format!("{run}: {}", error.problem), ..error },
        _ => error,
    }
}

impl<'a> Session<'a> {
    /// An error of a stage that has so many samples of `models` models finished: a stop by the user tells it.
    pub fn stopped(&self, error: Error, finished: usize, models: usize) -> Error {
        if error.kind != Kind::Interrupted {
            return error;
        }
        let all = models * self.data.samples().count();
        Error { problem: format!("{finished} of {} done", counted(all, "sample", "samples")), ..error }
    }

    /// Begins a stage with one model.
    pub fn stage(&self, what: &str, model: &str, evaluations: usize) -> Stage<'a> {
        Stage::begin(self.observe, &format!("{what} {model}"), evaluations)
    }
}
