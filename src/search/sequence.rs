//! Evenly spread numbers.

use super::space::Space;

const PRIMES: [u64; Space::MOST_DIMENSIONS] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131,
];

/// The `index`-th number of the van der Corput sequence: the digits of `index` mirrored at the point, in [0, 1).
pub(super) fn van_der_corput(mut index: u64, base: u64) -> f64 {
    let (mut value, mut place) = (0.0, 1.0);
    while index > 0 {
        place /= base as f64;
        value += (index % base) as f64 * place;
        index /= base;
    }
    value
}

/// The `index`-th point of the Halton sequence, shifted on the unit torus (Cranley and Patterson's randomisation).
pub(super) fn halton(index: u64, shift: &[f64]) -> Vec<f64> {
    shift.iter().zip(PRIMES).map(|(shift, base)| (van_der_corput(index, base) + shift).fract()).collect()
}

/// The numbers 0 to `count - 1`, ordered so that those that come first are spread over the whole range: 0, the half,
/// the quarters, ...
pub(super) fn coarse_to_fine(count: usize) -> Vec<usize> {
    let bits = count.next_power_of_two().trailing_zeros();
    (0..count.next_power_of_two())
        .map(|index| if bits == 0 { 0 } else { index.reverse_bits() >> (usize::BITS - bits) })
        .filter(|&index| index < count)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_mirrored() {
        let values: Vec<_> = (0..5).map(|index| van_der_corput(index, 2)).collect();
        assert_eq!(values, [0.0, 0.5, 0.25, 0.75, 0.125]);
        assert!((van_der_corput(5, 3) - (2.0 / 3.0 + 1.0 / 9.0)).abs() < 1e-15);
    }

    #[test]
    fn coarse_comes_first() {
        assert_eq!(coarse_to_fine(6), [0, 4, 2, 1, 5, 3]);
        assert_eq!(coarse_to_fine(1), [0]);
        assert_eq!(coarse_to_fine(2), [0, 1]);
    }
}
