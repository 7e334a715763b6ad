//! The rows of a run by what they are about.

use std::collections::HashMap;

use crate::record::SampleRow;
use crate::types::{Attack, SampleKey};

/// Rows by sample and attack.
pub(super) type ByKey<'r> = HashMap<(SampleKey, Attack), &'r SampleRow>;

/// Puts rows in their places.
pub(super) fn by_key(rows: &[SampleRow]) -> ByKey<'_> {
    rows.iter().map(|row| ((row.key(), row.attack), row)).collect()
}
