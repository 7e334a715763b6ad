//! Processes that the program starts of itself: no commands of a user, and so no part of the help, the manual or the completions.

use std::ffi::OsString;
use std::path::Path;

use serde_json::json;

use askance::error::Result;
use askance::model;

use super::say;

/// One configuration of `bench`, told what to do on standard input.
pub const BENCH: &str = "bench-worker";
/// One attack of `bench`, told what to do on standard input.
pub const STUDY: &str = "study-worker";
/// Loads one library and prints what it can run as JSON.
pub const LIBRARY: &str = "library-worker";

/// How the process of these words ended; none if they start no such process.
pub fn run(mut words: impl Iterator<Item = OsString>) -> Option<Result<()>> {
    let name = words.next()?;
    match (name.to_str()?, words.next(), words.next()) {
        (BENCH, None, None) => Some(askance::bench::serve(std::io::stdin().lock(), std::io::stdout())),
        (STUDY, None, None) => Some(askance::study::serve(std::io::stdin().lock())),
        (LIBRARY, Some(library), None) => Some(examine(Path::new(&library))),
        _ => None,
    }
}

fn examine(path: &Path) -> Result<()> {
    say::json_text(&json!(model::examine(path)).to_string());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_start_none() {
        for words in [vec![], vec!["attack"], vec![BENCH, "--help"], vec![LIBRARY], vec![LIBRARY, "a", "b"]] {
            assert!(run(words.iter().map(OsString::from)).is_none(), "{words:?}");
        }
    }

    #[test]
    fn a_library_that_is_not_there_is_told_by_its_process() {
        assert!(run([LIBRARY, "/nowhere"].iter().map(OsString::from)).unwrap().is_ok());
    }
}
