//! One error type: what is wrong, with which file, flag or value, and what to do about it.

use std::fmt;
use std::path::Path;

/// Result with [`struct@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of an error; it decides the exit status of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A flag or value that makes no sense (exit status 2).
    Usage,
    /// A file or folder: missing, unreadable, damaged, contradictory.
    File,
    /// A model bundle or what its graph returned.
    Model,
    /// ONNX Runtime or an execution provider.
    Runtime,
    /// A model call for which memory did not suffice; fewer pictures may fit.
    Memory,
    /// Stopped by the user with the state saved (exit status 130).
    Interrupted,
}

/// What is wrong (`problem`), with what (`subject`: a file, flag or value), and what to do about it (`fix`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The class of the error.
    pub kind: Kind,
    /// The file, flag or value at fault.
    pub subject: String,
    /// What is wrong with it.
    pub problem: String,
    /// What the user can do.
    pub fix: String,
}

impl Error {
    /// An error of the given kind.
    pub fn new(
        kind: Kind,
        subject: impl Into<String>,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { kind, subject: subject.into(), problem: problem.into(), fix: fix.into() }
    }

    /// An error about a file or folder.
    pub fn file(path: impl AsRef<Path>, problem: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(Kind::File, path.as_ref().display().to_string(), problem.to_string(), fix)
    }

    /// An error about a flag or a value that the user gave.
    pub fn usage(flag: impl Into<String>, problem: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(Kind::Usage, flag, problem.to_string(), fix)
    }

    /// An error about a model bundle or what its graph returned.
    pub fn model(subject: impl Into<String>, problem: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(Kind::Model, subject, problem.to_string(), fix)
    }

    /// An error about ONNX Runtime or an execution provider.
    pub fn runtime(subject: impl Into<String>, problem: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(Kind::Runtime, subject, problem.to_string(), fix)
    }

    /// The run was interrupted and can be taken up again.
    pub fn interrupted(what: impl Into<String>) -> Self {
        Self::new(
            Kind::Interrupted,
            what,
            "stopped before the end; what was finished is saved",
            "give the same command again to go on from there",
        )
    }

    /// Exit status of the command that ends with this error.
    pub fn exit_status(&self) -> u8 {
        match self.kind {
            Kind::Usage => 2,
            Kind::Interrupted => 130,
            Kind::File | Kind::Model | Kind::Runtime | Kind::Memory => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  fix: {}", self.subject, self.problem, self.fix)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_subject_problem_and_fix() {
        let text = Error::file("a/b.png", "is empty", "copy it again").to_string();
        assert_eq!(text, "a/b.png: is empty\n  fix: copy it again");
    }

    #[test]
    fn exit_statuses_follow_the_kind() {
        assert_eq!(Error::usage("--budget", "x", "y").exit_status(), 2);
        assert_eq!(Error::interrupted("attack").exit_status(), 130);
        assert_eq!(Error::runtime("cpu", "x", "y").exit_status(), 1);
    }
}
