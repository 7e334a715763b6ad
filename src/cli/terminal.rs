//! The terminal as the observer of a study: bars with the time left, notes and warnings on standard error, Ctrl-C.

use std::cell::RefCell;
use std::fmt::Write;
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

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

    fn worded(&self, text: &str) -> String {
        in_flags(text)
    }

    fn stop(&self) -> bool {
        interrupt::requested()
    }
}

/// A bar over `total` steps. Where there is no terminal nothing is drawn.
pub fn bar(label: &str, total: usize, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(total as u64), target);
    let template = template(say::width(&std::io::stderr()).unwrap_or(USUAL));
    let style = ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&rate(state.per_sec()));
        })
        .with_key("left", |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&left(state.per_sec(), state.eta()));
        });
    bar.set_style(style);
    bar.set_prefix(say::label(label));
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// Columns of a terminal that does not say how many it has.
const USUAL: usize = 80;

/// A line with a label, a bar as long as the terminal has room for, counts and the time left.
fn template(width: usize) -> String {
    // The others: counts, rate and time left where they are long.
    const LABEL: usize = 22;
    const OTHERS: usize = 42;
    let bar = width.saturating_sub(LABEL + OTHERS).clamp(8, 32);
    format!("{{prefix:>{LABEL}}} {{bar:{bar}}} {{pos}}/{{len}} {{rate}} left {{left}}")
}

/// Steps in a second, once there are some.
fn rate(per_second: f64) -> String {
    match per_second {
        none if none <= 0.0 => "-/s".to_owned(),
        slow if slow < 0.1 => format!("{:.1}/min", 60.0 * slow),
        _ => format!("{per_second:.1}/s"),
    }
}

/// The time to the end, once there is a rate to tell it from.
fn left(per_second: f64, eta: Duration) -> String {
    if per_second > 0.0 { format!("{:#}", HumanDuration(eta)) } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_promised_before_something_is_known() {
        assert_eq!([0.0, 30.1255, 0.05].map(rate), ["-/s", "30.1/s", "3.0/min"]);
        assert_eq!(left(0.0, Duration::ZERO), "-");
        assert_eq!(left(2.0, Duration::from_secs(12)), "12s");
    }

    #[test]
    fn a_bar_leaves_room_for_the_time_left() {
        let bar =
            |width| template(width).split_once("{bar:").unwrap().1.split('}').next().unwrap().to_owned();
        assert_eq!([40, 60, 80, 120].map(bar), ["8", "8", "16", "32"]);
    }
}
