//! Ctrl-C and SIGTERM: the first one lets the model call in progress end and saves; the second one, or a wait of ten seconds for
//! whatever does not look, ends the program at once. What is recorded by then is whole either way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use askance::error::{Error, Result};

use super::say;

static STOP: AtomicBool = AtomicBool::new(false);

/// How long a model call, a read or whatever else is under way may take to end.
const GRACE: Duration = Duration::from_secs(10);
/// Exit status of a command that was stopped.
const STOPPED: i32 = 130;

/// Listens for Ctrl-C and termination from now on.
pub fn listen() -> Result<()> {
    // Made now: a thread cannot be made while the system loads a library, which is one of the things that are waited for.
    let watch = thread::spawn(|| {
        while !requested() {
            thread::park();
        }
        thread::sleep(GRACE);
        end()
    });
    ctrlc::set_handler(move || {
        if STOP.swap(true, Ordering::SeqCst) {
            end();
        }
        watch.thread().unpark();
        say::error(format_args!(
            "stopping as soon as what is under way has ended, in {} s at the latest",
            GRACE.as_secs()
        ));
    })
    .map_err(|cause| Error::file("signal handler", cause, "run the command in an ordinary terminal"))
}

/// Ends the process at once. Destructors of libraries are left out: they wait for the very call that does not end.
#[cfg(unix)]
#[allow(unsafe_code, reason = "the standard library has no exit without destructors")]
fn end() -> ! {
    // SAFETY: it takes any number, touches nothing of this process, and does not return.
    unsafe { libc::_exit(STOPPED) }
}

/// Ends the process at once.
#[cfg(not(unix))]
fn end() -> ! {
    std::process::exit(STOPPED)
}

/// Whether the user wants to stop.
pub fn requested() -> bool {
    STOP.load(Ordering::SeqCst)
}
