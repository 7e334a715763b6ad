//! Words that are put behind those of the user.

use std::fmt::Display;

use clap::ArgMatches;
use clap::parser::ValueSource;

/// Flags with their values, but for those that the user gave.
pub struct Words<'m> {
    given: &'m ArgMatches,
    list: Vec<String>,
}

impl<'m> Words<'m> {
    /// None yet, beside the flags that a user gave.
    pub fn beside(given: &'m ArgMatches) -> Self {
        Self { given, list: Vec::new() }
    }

    /// Whether the user gave the flag. A command that does not have it was not given it.
    pub fn is_given(&self, id: &str) -> bool {
        self.given.try_contains_id(id).is_ok_and(|there| there)
            && self.given.value_source(id) == Some(ValueSource::CommandLine)
    }

    /// The value that the user gave to a flag which takes one.
    pub fn one<T: Clone + Send + Sync + 'static>(&self, id: &str) -> Option<T> {
        self.is_given(id).then(|| self.given.get_one(id).cloned()).flatten()
    }

    /// The values that the user gave to a flag which takes several; none where it was not given.
    pub fn many<T: Clone + Send + Sync + 'static>(&self, id: &str) -> Option<Vec<T>> {
        self.is_given(id).then(|| self.given.get_many(id).into_iter().flatten().cloned().collect())
    }

    /// Adds a flag with a value, unless the user gave it.
    pub fn add(&mut self, id: &str, value: impl Display) {
        if !self.is_given(id) {
            self.list.push(format!("--{}={value}", id.replace('_', "-")));
        }
    }

    /// Adds a flag with a value to those of the same flag that the user gave, where a flag may stand several times.
    pub fn add_to(&mut self, id: &str, value: impl Display) {
        self.list.push(format!("--{}={value}", id.replace('_', "-")));
    }

    /// Adds a flag with a list.
    pub fn add_all(&mut self, id: &str, values: impl IntoIterator<Item = impl Display>) {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        self.add(id, values.join(","));
    }

    /// Adds a flag that takes no value.
    pub fn flag(&mut self, id: &str) {
        if !self.is_given(id) {
            self.list.push(format!("--{}", id.replace('_', "-")));
        }
    }

    /// The words in the order in which they were added.
    pub fn into_list(self) -> Vec<String> {
        self.list
    }
}
