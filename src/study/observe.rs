//! How a study tells what it is doing, and how it is stopped.

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
    complete: bool,
}

impl<'o> Stage<'o> {
    pub fn begin(observe: &'o dyn Observe, stage: &str, evaluations: usize) -> Self {
        observe.begin(stage, evaluations);
        Self { observe, complete: false }
    }

    pub fn advance(&self, evaluations: usize) {
        self.observe.advance(evaluations);
    }

    pub fn resume(&self, evaluations: usize) {
        self.observe.resume(evaluations);
    }

    pub fn complete(mut self) {
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

    #[test]
    fn a_stage_that_is_left_early_is_told_as_broken_off() {
        let observe = Ends::default();
        Stage::begin(&observe, "one", 1).complete();
        drop(Stage::begin(&observe, "two", 1));
        assert_eq!(*observe.0.borrow(), [true, false]);
        assert!(!Quiet.stop());
    }
}
