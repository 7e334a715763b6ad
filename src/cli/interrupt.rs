//! Ctrl-C: the first one lets the model call in progress end and saves; the second one ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

use askance::error::{Error, Result};

static STOP: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C and termination from now on.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    })
    .map_err(|cause| Error::file("signal handler", cause, "run the command in an ordinary terminal"))
}

/// Whether the user wants to stop.
pub fn requested() -> bool {
    STOP.load(Ordering::SeqCst)
}
