//! Values that files hold as they are written for people.

/// Implements serde's traits for types through their `Display` and `FromStr`: a value is read as it is written.
macro_rules! serde_by_text {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(|error: $crate::error::Error| {
                    serde::de::Error::custom(format_args!("{} {}; {}", error.subject, error.problem, error.fix))
                })
            }
        }
    )+};
}

pub(crate) use serde_by_text;
