//! One way to name the values of an enum.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::error::{Error, Result};

/// Gives each value of an enum a name: makes `ALL`, `name`, and what [`by_name`] makes of the two.
macro_rules! named_values {
    ($type:ident, $what:literal, { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// All values in order.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// Name of the value in files and settings.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        $crate::types::by_name!($type, $what);
    };
}

/// Writes and reads an enum that has `ALL` and `name` by the name of its value, as text and with serde. Any
/// other text is a usage error that says what it should be (`$what`, such as `a loss`) and lists all names.
macro_rules! values_by_name {
    ($type:ident, $what:literal) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> $crate::error::Result<Self> {
                let named = Self::ALL.into_iter().find(|value| value.name() == text);
                named.ok_or_else(|| $crate::types::unknown_name(text, $what, &Self::ALL.map(Self::name)))
            }
        }

        $crate::types::by_text!($type);
    };
}

/// Writes and reads a type with serde as its `Display` and `FromStr` do.
macro_rules! values_by_text {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<Self, D::Error> {
                $crate::types::deserialize_by_text(deserializer)
            }
        }
    };
}

pub(crate) use {named_values as named, values_by_name as by_name, values_by_text as by_text};

/// The error about a text that is none of `names`.
pub(crate) fn unknown_name(text: &str, what: &str, names: &[&str]) -> Error {
    let list = match names {
        [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        _ => names.concat(),
    };
    Error::usage(text, format!("is not {what}"), format!("{}use {list}", did_you_mean(text, names)))
}

/// A question in front of a remedy: did the user mean the name that `text` is most like? Nothing where it is like none.
pub(crate) fn did_you_mean(text: &str, names: &[&str]) -> String {
    /// Of letters that are the same in both, weighted for a common beginning; what clap asks of its own suggestions.
    const ALIKE: f64 = 0.8;
    /// Letters from which on a name with one slip is still told from other names.
    const TELLING: usize = 3;
    let is_slip = |name: &str| name.chars().count() >= TELLING && strsim::osa_distance(text, name) == 1;
    names
        .iter()
        .map(|name| (is_slip(name), strsim::jaro_winkler(text, name), name))
        .filter(|&(is_slip, alike, _)| is_slip || alike > ALIKE)
        .max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
        .map_or_else(String::new, |(.., name)| format!("did you mean {name}? Otherwise "))
}

/// Reads a value that is written as text.
pub(crate) fn deserialize_by_text<'de, T: FromStr<Err = Error>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|Error { subject, problem, fix, .. }| {
        serde::de::Error::custom(format!("`{subject}` {problem}: {fix}"))
    })
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, named};

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Light {
        Green,
        DeepRed,
        Off,
    }

    named!(Light, "a light", { Green = "green", DeepRed = "deep-red", Off = "off" });

    #[test]
    fn names_read_back_in_text_and_with_serde() {
        assert_eq!(Light::ALL, [Light::Green, Light::DeepRed, Light::Off]);
        for light in Light::ALL {
            assert_eq!(light.to_string().parse::<Light>().unwrap(), light);
            let value = serde_json::to_value(light).unwrap();
            assert_eq!(value, light.name());
            assert_eq!(serde_json::from_value::<Light>(value).unwrap(), light);
        }
        assert_eq!(format!("[{:>9}]", Light::DeepRed), "[ deep-red]");
    }

    #[test]
    fn what_is_no_name_is_an_error_that_lists_all() {
        let error = "blue".parse::<Light>().unwrap_err();
        assert_eq!(error.to_string(), "blue: is not a light\n  fix: use green, deep-red or off");
        let error = "deepred".parse::<Light>().unwrap_err();
        assert_eq!(error.fix, "did you mean deep-red? Otherwise use green, deep-red or off");
        let error = serde_json::from_str::<Light>("\"Green\"").unwrap_err().to_string();
        assert!(
            error
                .contains("`Green` is not a light: did you mean green? Otherwise use green, deep-red or off"),
            "{error}"
        );
    }

    #[test]
    fn one_slip_is_understood_in_short_names_too() {
        let meant = |text, names: &[&str]| did_you_mean(text, names).split('?').next().unwrap().to_owned();
        assert_eq!(meant("kye", &["battery", "key", "leather"]), "did you mean key");
        assert_eq!(meant("pgn", &["png", "svg", "pdf"]), "did you mean png");
        assert_eq!(meant("eky", &["key", "hex_nut"]), "did you mean key");
        assert_eq!(meant("hu", &["hue", "hub-cap"]), "did you mean hue");
        // Two slips in three letters, or one in two, are another name.
        assert_eq!(meant("yke", &["key"]), "");
        assert_eq!(meant("ab", &["cb", "ad"]), "");
        // A name that is one slip away goes before one that only begins alike.
        assert_eq!(meant("soxcket", &["soxck", "socket"]), "did you mean socket");
    }
}
