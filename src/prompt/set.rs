//! Prompt sets: built in, or from a TOML file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{builtin, token};
use crate::error::{Error, Result};
use crate::file;

const SLOT: &str = "{}";

/// A prompt set: state phrases and sentence templates. Every state goes into every template, so an object
/// gets `normal.len() * templates.len()` normal prompts and `anomalous.len() * templates.len()` anomalous
/// ones.
///
/// A file of a prompt set holds four keys, as the fields are called:
///
/// ```toml
/// name = "short"
/// normal = ["{}", "flawless {}"]
/// anomalous = ["damaged {}"]
/// templates = ["a photo of a {}."]
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptSet {
    /// Name of the set, which results record.
    pub name: String,
    /// State phrases of a normal object; `{}` stands for the object.
    pub normal: Vec<String>,
    /// State phrases of an anomalous object; `{}` stands for the object.
    pub anomalous: Vec<String>,
    /// Sentence templates; `{}` stands for the object in its state. A template may stand twice; it then
    /// weighs double.
    pub templates: Vec<String>,
}

/// The prompts of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompts {
    /// Sentences about a normal object: states in order, each in all templates in order.
    pub normal: Vec<String>,
    /// Sentences about an anomalous object, ordered as those in `normal`.
    pub anomalous: Vec<String>,
}

impl PromptSet {
    /// Names of the built-in sets; the first is the default.
    pub const BUILTIN_NAMES: [&'static str; 2] = ["winclip", "common21"];

    /// The built-in set called `name`: `winclip` (7 and 4 states, the paper's 22 templates) or `common21`
    /// (the 21 that anomalib and Accurate-WinCLIP share).
    pub fn builtin(name: &str) -> Option<Self> {
        let templates: &[&str] = match name {
            "winclip" => &builtin::WINCLIP,
            "common21" => &builtin::COMMON21,
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            normal: owned(&builtin::NORMAL),
            anomalous: owned(&builtin::ANOMALOUS),
            templates: owned(templates),
        })
    }

    /// All built-in sets, the default first.
    pub fn builtins() -> Vec<Self> {
        Self::BUILTIN_NAMES.into_iter().filter_map(Self::builtin).collect()
    }

    /// Reads a prompt set from a TOML file and validates it.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, has an unknown or missing key, or fails [`PromptSet::validate`]. The
    /// error names the file, the key and what to change.
    pub fn from_toml(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = file::read_text(path, "give a readable TOML file")?;
        let set: Self = toml::from_str(&text).map_err(|error| {
            let problem = format!("is not a prompt set: {}", error.to_string().trim_end());
            let fix =
                "a prompt set has the four keys name (a string), normal, anomalous and templates (lists of strings)";
            Error::file(path, problem, fix).caused_by(error)
        })?;
        set.validate().map_err(|error| {
            Error::file(path, format!("key `{}` {}", error.subject, error.problem), error.fix)
        })?;
        Ok(set)
    }

    /// The built-in set of a name, or else the set in a file of that path. A built-in name wins over a file
    /// of that name in the working directory (write `./winclip` for the file).
    ///
    /// # Errors
    /// A usage error if it is neither; the errors of [`PromptSet::from_toml`] otherwise.
    pub fn resolve(name_or_path: &str) -> Result<Self> {
        if let Some(set) = Self::builtin(name_or_path) {
            return Ok(set);
        }
        let path = Path::new(name_or_path);
        if path.exists() && !path.is_dir() {
            return Self::from_toml(path);
        }
        Err(Error::usage(
            name_or_path,
            "is neither a built-in prompt set nor a file",
            format!("use {} or the path of a TOML file", Self::BUILTIN_NAMES.join(", ")),
        ))
    }

    /// Validates the set: checks that the name and the lists are not empty, that each phrase has exactly one
    /// `{}` and no other braces and is no longer than a prompt can be, and that a set named like a built-in one is that one (results record the
    /// name).
    ///
    /// # Errors
    /// A usage error whose subject is the key, for example `templates[3]`.
    pub fn validate(&self) -> Result<()> {
        if self.name.trim().is_empty() {
            return Err(Error::usage("name", "is empty", "give the set a name; results record it"));
        }
        if self.name.contains(char::is_control) {
            let problem = format!("is {:?}, with a line break or another control character", self.name);
            return Err(Error::usage("name", problem, "give the set a plain name; results record it"));
        }
        if Self::builtin(&self.name).is_some_and(|builtin| builtin != *self) {
            return Err(Error::usage(
                "name",
                format!("is {:?}, the name of a built-in set with other prompts", self.name),
                "choose another name; results record it",
            ));
        }
        for (key, phrases) in
            [("normal", &self.normal), ("anomalous", &self.anomalous), ("templates", &self.templates)]
        {
            if phrases.is_empty() {
                return Err(Error::usage(key, "is empty", "list at least one phrase with one {}"));
            }
            for (index, phrase) in phrases.iter().enumerate() {
                if let Some(problem) = token::too_long(phrase) {
                    return Err(Error::usage(format!("{key}[{index}]"), problem, token::SHORTEN));
                }
                let slots = phrase.matches(SLOT).count();
                let braces = phrase.matches(['{', '}']).count();
                if slots == 1 && braces == 2 {
                    continue;
                }
                let problem = match slots {
                    1 => format!("({phrase:?}) has braces beside its {{}}"),
                    0 => format!("({phrase:?}) has no {{}}"),
                    _ => format!("({phrase:?}) has {slots} times {{}}"),
                };
                return Err(Error::usage(
                    format!("{key}[{index}]"),
                    problem,
                    "write {} exactly once, where the object goes",
                ));
            }
        }
        Ok(())
    }

    /// The prompts of an object, for example `bottle` (an object name with `{}` in it is taken as it is).
    pub fn prompts(&self, object: &str) -> Prompts {
        let combine = |states: &[String]| {
            states
                .iter()
                .map(|state| fill(state, object))
                .flat_map(|phrase| self.templates.iter().map(move |template| fill(template, &phrase)))
                .collect()
        };
        Prompts { normal: combine(&self.normal), anomalous: combine(&self.anomalous) }
    }
}

impl Default for PromptSet {
    fn default() -> Self {
        Self::builtin(Self::BUILTIN_NAMES[0]).expect("the first built-in name has a set")
    }
}

fn fill(template: &str, text: &str) -> String {
    template.replacen(SLOT, text, 1)
}

fn owned(phrases: &[&str]) -> Vec<String> {
    phrases.iter().map(|&phrase| phrase.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_sets_are_valid_and_have_their_names() {
        let names: Vec<_> = PromptSet::builtins()
            .into_iter()
            .map(|set| {
                set.validate().unwrap();
                set.name
            })
            .collect();
        assert_eq!(names, PromptSet::BUILTIN_NAMES);
        assert_eq!(PromptSet::default().name, "winclip");
    }

    #[test]
    fn each_state_goes_into_each_template() {
        let set = PromptSet {
            name: "t".into(),
            normal: vec!["{}".into(), "fine {}".into()],
            anomalous: vec!["bad {}".into()],
            templates: vec!["a {}.".into(), "the {} here".into()],
        };
        let prompts = set.prompts("nut");
        assert_eq!(prompts.normal, ["a nut.", "the nut here", "a fine nut.", "the fine nut here"]);
        assert_eq!(prompts.anomalous, ["a bad nut.", "the bad nut here"]);
    }

    #[test]
    fn braces_in_an_object_are_not_filled_again() {
        assert_eq!(fill("a {}.", &fill("fine {}", "{}")), "a fine {}.");
    }

    #[test]
    fn a_name_of_several_lines_is_refused() {
        let set = PromptSet { name: "two\nlines".into(), ..PromptSet::default() };
        let error = set.validate().unwrap_err();
        assert!(error.subject == "name" && error.problem.contains("control character"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_told_from_a_set_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("prompts.toml");
        file::make_pipe(&pipe);
        let problem = |path: &Path| PromptSet::resolve(path.to_str().unwrap()).unwrap_err().problem;
        assert!(problem(&pipe).contains("no regular file"));
        assert!(problem(&folder.path().join("none")).contains("neither a built-in"));
    }

    #[test]
    fn validation_names_the_phrase() {
        let endless = format!("{{}}{}", "x".repeat(1 << 20));
        for (bad, expected) in [
            ("no slot", "no {}"),
            ("{} and {}", "2 times"),
            ("{} {x}", "braces"),
            ("", "no {}"),
            (&endless, "bytes long"),
        ] {
            let mut set = PromptSet { name: "other".into(), ..PromptSet::default() };
            set.anomalous[2] = bad.into();
            let error = set.validate().unwrap_err();
            assert_eq!(error.subject, "anomalous[2]");
            assert!(error.problem.contains(expected), "{error}");
        }
    }
}
