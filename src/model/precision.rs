//! In what numbers a model computes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The precision of a model's matrix products. Scores and maps are float32 whatever it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Precision {
    /// IEEE 754 single, 24 bits of mantissa.
    #[default]
    Fp32,
    /// IEEE 754 half, 11 bits.
    Fp16,
    /// The upper half of a single, 8 bits.
    Bf16,
    /// Integers of 8 bits with scales.
    Int8,
}

impl Precision {
    /// All of them, the most exact first.
    pub const ALL: [Self; 4] = [Self::Fp32, Self::Fp16, Self::Bf16, Self::Int8];

    /// Name as in settings, manifests and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Fp16 => "fp16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|precision| precision.name() == text);
        named.ok_or_else(|| Error::usage(text, "is not a precision", "use fp32, fp16, bf16 or int8"))
    }
}

impl TryFrom<String> for Precision {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Precision> for String {
    fn from(precision: Precision) -> Self {
        precision.name().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn names_read_back_and_others_are_usage_errors() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse::<Precision>().unwrap(), precision);
        }
        for text in ["", "FP32", "float32", "int4"] {
            assert_eq!(text.parse::<Precision>().unwrap_err().kind, Kind::Usage);
        }
    }
}
