//! The terminal as the observer of a study: bars with the time left, notes and warnings on standard error, Ctrl-C.

use std::cell::RefCell;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use askance::study::Observe;

use super::interrupt;
use super::say;
use super::wording::in_flags;

/// Where a study's words go. Nothing is drawn where standard error is no terminal.
#[derive(Debug, Default)]
pub struct Terminal {
    quiet: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl Terminal {
    /// `quiet` leaves out bars and the names of runs.
    pub fn new(quiet: bool) -> Self {
        Self { quiet, bar: RefCell::default() }
    }
}

impl Observe for Terminal {
    fn begin_run(&self, run: &str) {
        if !self.quiet {
            say::error(run);
        }
    }

    fn begin(&self, stage: &str, evaluations: usize) {
        self.bar.replace(Some(bar(stage, evaluations, self.quiet)));
    }

    fn advance(&self, evaluations: usize) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.inc(evaluations as u64);
        }
    }

    fn resume(&self, evaluations: usize) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.inc(evaluations as u64);
            bar.reset_eta();
        }
    }

    fn end(&self, complete: bool) {
        match self.bar.take() {
            Some(bar) if complete => bar.finish_and_clear(),
            Some(bar) => bar.abandon(),
            None => {}
        }
    }

    fn note(&self, text: &str) {
        say::error(in_flags(text));
    }

    fn warn(&self, warning: &str) {
        say::error(format_args!("warning: {}", in_flags(warning)));
    }

    fn stop(&self) -> bool {
        interrupt::requested()
    }
}

/// A bar over `total` steps. Where there is no terminal nothing is drawn.
pub fn bar(label: &str, total: usize, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(total as u64), target);
    let style = ProgressStyle::with_template("{prefix:>22} {bar:32} {pos}/{len} {per_sec} left {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_prefix(say::label(label));
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
