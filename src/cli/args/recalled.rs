//! What stands behind the words of a command line that nobody typed.

use std::path::{Path, PathBuf};

use askance::error::Error;

/// What a run gave to a command line.
#[derive(Clone, Debug)]
pub struct Recalled {
    /// The file that says it.
    pub file: PathBuf,
    /// The version of the program that wrote it.
    pub version: String,
    /// Hash over names and sizes of the samples; none where the data are not those of the run.
    pub fingerprint: Option<String>,
    /// The flags, each with its value in one word.
    pub words: Vec<String>,
}

impl Recalled {
    /// An error about something that the user did not type, with the file where it stands.
    pub fn explain(&self, error: Error) -> Error {
        let told = |word: &&String| {
            let (flag, value) = word.split_once('=').unwrap_or((word, ""));
            let names_flag = error.subject.split(' ').next() == Some(flag);
            names_flag || flag == "--data" && Path::new(&error.subject).starts_with(value)
        };
        let Some(word) = self.words.iter().find(told) else { return error };
        let fix = format!("{} ({word} comes from {}; a flag replaces it)", error.fix, self.file.display());
        Error { fix, ..error }
    }

    /// In what the data and this program are others than those of the run, as warnings.
    pub fn differences(&self, fingerprint: &str) -> Vec<String> {
        let file = self.file.display();
        let version = env!("CARGO_PKG_VERSION");
        let of_data = self.fingerprint.as_ref().filter(|recorded| *recorded != fingerprint);
        let of_data =
            of_data.map(|_| format!("the data are not those of {file}: files came, went or changed in size"));
        let of_version = (self.version != version).then(|| {
            format!(
                "{file} was written by version {}, and this is {version}: results may differ",
                self.version
            )
        });
        of_data.into_iter().chain(of_version).collect()
    }
}
