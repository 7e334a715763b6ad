//! Regions of the ground truth by their size.

use crate::types::named;

/// A connected region of a mask, and how much of it is called anomalous.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Its share of the picture, in (0, 1].
    pub size: f64,
    /// Share of its pixels that are called anomalous, in [0, 1].
    pub called: f64,
}

/// Sizes of regions, as shares of their picture: absolute numbers of pixels mean other things at other resolutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RegionSize {
    /// Below 0.1 %.
    Small,
    /// From 0.1 to 1 %, both included.
    Medium,
    /// Above 1 %.
    Large,
}

named!(RegionSize, "a size of regions", { Small = "below 0.1 %", Medium = "0.1 to 1 %", Large = "above 1 %" });

impl Region {
    /// The size that it counts as.
    pub fn kind(&self) -> RegionSize {
        match self.size {
            size if size < 0.001 => RegionSize::Small,
            size if size <= 0.01 => RegionSize::Medium,
            _ => RegionSize::Large,
        }
    }

    /// Whether any of its pixels is called anomalous.
    pub fn is_found(&self) -> bool {
        self.called > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_meet_at_their_limits() {
        let kind = |size| Region { size, called: 0.0 }.kind();
        assert_eq!([0.000_999, 0.001].map(kind), [RegionSize::Small, RegionSize::Medium]);
        assert_eq!([0.01, 0.010_1].map(kind), [RegionSize::Medium, RegionSize::Large]);
    }
}
