//! Sorting of packed entries, the key in the upper half.

const DIGIT_BITS: u32 = 11;
const BUCKETS: usize = 1 << DIGIT_BITS;
const PASSES: usize = 3;
/// Number of entries below which three histograms cost more than a comparison sort.
const SMALL: usize = 1024;

/// Packs a key (upper half) and what belongs to it (lower half).
#[inline(always)]
pub(super) fn pack(key: u32, payload: u32) -> u64 {
    (u64::from(key) << 32) | u64::from(payload)
}

/// The key of a packed entry.
#[inline(always)]
pub(super) fn key(entry: u64) -> u32 {
    (entry >> 32) as u32
}

/// Sorts ascending by key (upper 32 bits). The order among equal keys is not specified.
pub(super) fn sort_by_key(entries: &mut Vec<u64>) {
    if entries.len() < SMALL {
        entries.sort_unstable();
        return;
    }
    let digit = |entry: u64, pass: usize| (entry >> (32 + DIGIT_BITS * pass as u32)) as usize & (BUCKETS - 1);
    let mut counts = vec![[0usize; BUCKETS]; PASSES];
    for &entry in entries.iter() {
        for (pass, count) in counts.iter_mut().enumerate() {
            count[digit(entry, pass)] += 1;
        }
    }
    let mut other = vec![0u64; entries.len()];
    for (pass, places) in counts.iter_mut().enumerate() {
        // All entries share this digit: nothing would move.
        if places[digit(entries[0], pass)] == entries.len() {
            continue;
        }
        let mut next = 0;
        for place in places.iter_mut() {
            next += std::mem::replace(place, next);
        }
        for &entry in entries.iter() {
            let place = &mut places[digit(entry, pass)];
            other[*place] = entry;
            *place += 1;
        }
        std::mem::swap(entries, &mut other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_standard_sort(mut seed: u64, length in 0usize..5000, mask in prop::sample::select(
            vec![u32::MAX, 0xffff_0000, 0x0000_ffff, 0x0010_0401, 0x7])) {
            let mut entries: Vec<u64> = (0..length).map(|i| {
                seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                pack((seed >> 32) as u32 & mask, i as u32)
            }).collect();
            let mut expected = entries.clone();
            expected.sort_unstable();
            sort_by_key(&mut entries);
            // Payloads rise with the position, so that a stable sort and a full sort are the same.
            prop_assert_eq!(entries, expected);
        }
    }
}
