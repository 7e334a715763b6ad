//! The error type of the crate: what is wrong, with which file, setting or value, what to do about it, and
//! what caused it.
//!
//! A text names a setting in backticks, as the field of a public struct is called, alone or with its value: `` `skip_bad` ``,
//! `` `frame = rotated-mask` ``, `` `bounds.angle = 5,10` ``. How a user gives it is for the program to say.

use std::error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Result whose error is [`struct@Error`] unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A setting or value that makes no sense.
    Usage,
    /// A file or folder: missing, unreadable, damaged, contradictory.
    File,
    /// A model bundle or what its graph returned.
    Model,
    /// ONNX Runtime or an execution provider.
    Runtime,
    /// A model call for which memory did not suffice; fewer pictures may fit.
    Memory,
    /// A stop by the user, with the state saved.
    Interrupted,
}

/// The error of another crate or of the system that lies behind an [`struct@Error`]; shared, so that errors can be cloned.
pub type Cause = Arc<dyn error::Error + Send + Sync>;

/// An error: what is wrong (`problem`), with what (`subject`: a file, setting or value), and what to do about
/// it (`fix`).
#[derive(Debug, Clone)]
pub struct Error {
    /// The class of the error.
    pub kind: Kind,
    /// The file, setting or value at fault.
    pub subject: String,
    /// Problem: what is wrong with the subject.
    pub problem: String,
    /// Fix: what the user can do about the problem.
    pub fix: String,
    /// The number of the picture in the batch that the error is about, counted from 0, where it is about one.
    pub picture: Option<usize>,
    /// The error that caused this one; `problem` quotes it where it tells the user something.
    pub cause: Option<Cause>,
}

impl Error {
    /// An error of the given kind.
    pub fn new(
        kind: Kind,
        subject: impl Into<String>,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            subject: shown(subject.into()),
            problem: problem.into(),
            fix: fix.into(),
            picture: None,
            cause: None,
        }
    }

    /// An error about a file or folder.
    pub fn file(path: impl AsRef<Path>, problem: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(Kind::File, path.as_ref().display().to_string(), problem.to_string(), fix)
    }

    /// An error about a file or folder that another error is behind, which is quoted after `what`.
    pub fn file_caused(
        path: impl AsRef<Path>,
        what: impl fmt::Display,
        cause: impl Into<Box<dyn error::Error + Send + Sync>>,
        fix: impl Into<String>,
    ) -> Self {
        let cause = cause.into();
        Self::file(path, format!("{what} ({cause})"), fix).caused_by(cause)
    }

    /// An error about something that the user gave.
    pub fn usage(subject: impl Into<String>, problem: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(Kind::Usage, subject, problem.to_string(), fix)
    }

    /// An error about the value of a setting.
    pub fn setting(
        name: &str,
        value: impl fmt::Display,
        problem: impl fmt::Display,
        fix: impl Into<String>,
    ) -> Self {
        Self::usage(format!("`{name} = {value}`"), problem, fix)
    }

    /// An error about a model bundle or what its graph returned.
    pub fn model(subject: impl Into<String>, problem: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(Kind::Model, subject, problem.to_string(), fix)
    }

    /// An error about ONNX Runtime or an execution provider.
    pub fn runtime(subject: impl Into<String>, problem: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(Kind::Runtime, subject, problem.to_string(), fix)
    }

    /// The error of a run that was interrupted and can be taken up again.
    pub fn interrupted(what: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, what, "what was finished is saved", "the same command goes on")
    }

    /// This error as one about the picture at `index` of a batch.
    #[must_use]
    pub fn of_picture(mut self, index: usize) -> Self {
        self.picture = Some(index);
        self
    }

    /// This error of a part of a batch that began at `start`, as one of the whole batch.
    #[must_use]
    pub fn in_part_from(mut self, start: usize) -> Self {
        self.picture = self.picture.map(|index| start + index);
        self
    }

    /// This error with `cause` as its [`source`](error::Error::source).
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }
}

/// Whether a character of a name is not seen where it is printed, or moves what follows: control characters, line breaks and tabs
/// among them, characters without width, and those that turn the direction of writing.
pub fn is_hidden(character: char) -> bool {
    let no_width = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    );
    breaks_line(character)
        || no_width
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is a line break for some reader, or another control character.
pub fn breaks_line(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// A name or path as a sentence has it: in one line, with what is hidden in it written as Rust escapes it.
///
/// ```
/// assert_eq!(askance::error::shown("two\nlines"), r"two\nlines");
/// ```
pub fn shown(name: impl AsRef<Path>) -> String {
    let name = name.as_ref().to_string_lossy();
    if !name.contains(is_hidden) {
        return name.into_owned();
    }
    let mut text = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '\n' | '\r' | '\t' => text.extend(character.escape_default()),
            hidden if is_hidden(hidden) => text.extend(hidden.escape_unicode()),
            plain => text.push(plain),
        }
    }
    text
}

/// Refuses a number that no machine has memory or time for, before anything is made of that size.
///
/// # Errors
/// A usage error that names the setting and the most that it may be.
pub fn at_most(setting: &str, number: usize, most: usize) -> Result<()> {
    if number > most {
        let fix = format!("give at most {most}");
        return Err(Error::setting(setting, number, "is more than any run can use", fix));
    }
    Ok(())
}

/// Two errors are equal if they say the same, whatever caused them.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let Self { kind, subject, problem, fix, picture: _, cause: _ } = self;
        (*kind, subject, problem, fix) == (other.kind, &other.subject, &other.problem, &other.fix)
    }
}

impl Eq for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  fix: {}", self.subject, self.problem, self.fix)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause.as_ref() as _)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io;

    use super::*;

    #[test]
    fn a_message_names_subject_problem_and_fix() {
        let text = Error::file("a/b.png", "is empty", "copy it again").to_string();
        assert_eq!(text, "a/b.png: is empty\n  fix: copy it again");
        let text = Error::setting("frame", "upside-down", "is unknown", "use derotated").to_string();
        assert_eq!(text, "`frame = upside-down`: is unknown\n  fix: use derotated");
    }

    #[test]
    fn what_is_hidden_in_a_name_is_written_out() {
        let error = Error::file("a\u{2028}b\n\u{200b}c.png", "is empty", "copy it again");
        assert_eq!(error.subject, r"a\u{2028}b\n\u{200b}c.png");
        assert_eq!(Error::setting("name", "a\tb", "x", "y").subject, r"`name = a\tb`");
        assert_eq!(shown("caf\u{e9} \u{5b57} b"), "caf\u{e9} \u{5b57} b");
    }

    #[test]
    fn a_cause_is_quoted_and_kept_as_the_source() {
        let cause = io::Error::new(io::ErrorKind::NotFound, "gone");
        let error = Error::file_caused("a.csv", "cannot be read", cause, "restore it");
        assert_eq!(error.problem, "cannot be read (gone)");
        let source = error.clone().source().unwrap().downcast_ref::<io::Error>().map(io::Error::kind);
        assert_eq!(source, Some(io::ErrorKind::NotFound));
        assert_eq!(error, Error::file("a.csv", "cannot be read (gone)", "restore it"), "whatever the cause");
        assert!(Error::file("a.csv", "is empty", "restore it").source().is_none());
    }
}
