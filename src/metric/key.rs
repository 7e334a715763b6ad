//! Scores as unsigned integers of the same order.

/// An integer that orders as the finite score does; -0.0 and 0.0 give the same one.
#[inline(always)]
pub(super) fn from_score(score: f32) -> u32 {
    // Adding +0.0 turns -0.0 into 0.0 and leaves every other number alone.
    let bits = (score + 0.0).to_bits();
    let flip = ((bits as i32 >> 31) as u32) | 0x8000_0000;
    bits ^ flip
}

/// The score behind a key.
#[inline]
pub(super) fn to_score(key: u32) -> f32 {
    let flip = if key & 0x8000_0000 == 0 { u32::MAX } else { 0x8000_0000 };
    f32::from_bits(key ^ flip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_scores_and_come_back() {
        let scores = [-f32::MAX, -2.0, -1.0, -f32::MIN_POSITIVE, -1e-45, 0.0, 1e-45, 0.5, 1.0, f32::MAX];
        for pair in scores.windows(2) {
            assert!(from_score(pair[0]) < from_score(pair[1]), "{pair:?}");
        }
        for score in scores {
            assert_eq!(to_score(from_score(score)), score);
        }
        assert_eq!(from_score(-0.0), from_score(0.0));
    }
}
