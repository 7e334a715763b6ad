//! How a study tells what it is doing, and how it is stopped.

use std::cell::Cell;

/// Hears of progress, notes and warnings, and says when to stop. Every method has a default, so that an implementation writes
/// those that it needs.
///
/// Methods are called from the thread that runs the study, one at a time.
pub trait Observe {
    /// One of several runs begins: what it is.
    fn begin_run(&self, _run: &str) {}

    /// A stage begins: what it does and with which model, and how many evaluations it will take at most.
    fn begin(&self, _stage: &str, _evaluations: usize) {}

    /// So many evaluations more of the present stage are done, or need not be made.
    fn advance(&self, _evaluations: usize) {}

    /// So many evaluations of the present stage were made by an earlier start. By default they count as [`Observe::advance`] does.
    fn resume(&self, evaluations: usize) {
        self.advance(evaluations);
    }

    /// The present stage ends, `complete` or broken off by an error or a stop.
    fn end(&self, _complete: bool) {}

    /// Something that the user may want to know.
    fn note(&self, _text: &str) {}

    /// Something that may make a result other than what the user expects.
    fn warn(&self, _warning: &str) {}

    /// A text for a file that a study writes for readers, which has settings in backticks, with these as its readers name them.
    fn worded(&self, text: &str) -> String {
        text.to_owned()
    }

    /// Whether to stop. Asked before each model call; what is finished then stays on disk, and the same study goes on from there.
    fn stop(&self) -> bool {
        false
    }
}

/// Tells nothing and never stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quiet;

impl Observe for Quiet {}

/// One stage under way. Dropped before [`Stage::complete`], it is told as broken off.
pub(super) struct Stage<'o> {
    observe: &'o dyn Observe,
    planned: usize,
    /// Cost so far, in full evaluations.
    spent: Cell<f64>,
    told: Cell<usize>,
    complete: bool,
}

impl<'o> Stage<'o> {
    pub fn begin(observe: &'o dyn Observe, stage: &str, evaluations: usize) -> Self {
        observe.begin(stage, evaluations);
        let (spent, told) = (Cell::new(0.0), Cell::new(0));
        Self { observe, planned: evaluations, spent, told, complete: false }
    }

    /// Work of this cost, in full evaluations, is done or need not be made.
    pub fn advance(&self, cost: f64) {
        let more = self.count(cost);
        if more > 0 {
            self.observe.advance(more);
        }
    }

    pub fn resume(&self, evaluations: usize) {
        let more = self.count(evaluations as f64);
        self.observe.resume(more);
    }

    /// Whole evaluations that are to be told, never more than were planned.
    fn count(&self, cost: f64) -> usize {
        self.spent.set(self.spent.get() + cost);
        // Sums of coarse costs end a little below the whole.
        let reached = ((self.spent.get() + 1e-6).floor() as usize).min(self.planned);
        reached - self.told.replace(reached).min(reached)
    }

    /// What was planned and not needed counts as done.
    pub fn complete(mut self) {
        self.advance((self.planned - self.told.get()) as f64);
        self.complete = true;
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        self.observe.end(self.complete);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[derive(Default)]
    struct Ends(RefCell<Vec<bool>>);

    impl Observe for Ends {
        fn end(&self, complete: bool) {
            self.0.borrow_mut().push(complete);
        }
    }

    #[derive(Default)]
    struct Sum(Cell<usize>);

    impl Observe for Sum {
        fn advance(&self, evaluations: usize) {
            self.0.set(self.0.get() + evaluations);
        }
    }

    #[test]
    fn coarse_work_counts_by_its_cost_and_nothing_beyond_what_is_planned() {
        let sum = Sum::default();
        let stage = Stage::begin(&sum, "one", 10);
        (0..8).for_each(|_| stage.advance(0.25));
        assert_eq!(sum.0.get(), 2);
        stage.resume(3);
        assert_eq!(sum.0.get(), 5);
        stage.complete();
        assert_eq!(sum.0.get(), 10);
        let sum = Sum::default();
        let stage = Stage::begin(&sum, "two", 3);
        stage.advance(7.0);
        stage.complete();
        assert_eq!(sum.0.get(), 3);
    }

    #[test]
    fn a_stage_that_is_left_early_is_told_as_broken_off() {
        let observe = Ends::default();
        Stage::begin(&observe, "one", 1).complete();
        drop(Stage::begin(&observe, "two", 1));
        assert_eq!(*observe.0.borrow(), [true, false]);
        assert!(!Quiet.stop());
    }
}
