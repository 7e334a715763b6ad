//! The precision in which a model computes.

use crate::types::named;

/// The precision of a model's matrix products. Scores and maps are float32 in every precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Precision {
    /// IEEE 754 single, 24 bits of mantissa.
    #[default]
    Fp32,
    /// IEEE 754 half, 11 bits of mantissa.
    Fp16,
    /// The upper half of an IEEE 754 single, 8 bits of mantissa.
    Bf16,
    /// Integers of 8 bits with scales.
    Int8,
}

named!(Precision, "a precision", { Fp32 = "fp32", Fp16 = "fp16", Bf16 = "bf16", Int8 = "int8" });

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
