//! Counts many keys into the places of a ladder without waiting for memory.

use super::ladder::Ladder;

/// Cells per bucket, as a power of two: the part of the table that they take fits the first-level cache (32 KiB).
const BUCKET_BITS: u32 = 12;
/// Keys collected per bucket before they are looked up.
const CAPACITY: usize = 4096;
/// Tables of at most this many buckets stay in the second-level cache: collecting keys would only cost.
const FEW_BUCKETS: usize = 8;

/// Counts keys per place. With many rungs the table is larger than the caches and looking keys up in the order of the
/// pixels misses them each time; keys are then first collected by the part of the table that they need.
pub(super) struct Counter<'a> {
    ladder: &'a Ladder,
    counts: Vec<u32>,
    /// `CAPACITY` keys per bucket, none if keys are looked up at once.
    collected: Vec<u32>,
    /// Number of keys collected per bucket.
    lengths: Vec<u32>,
}

impl<'a> Counter<'a> {
    pub(super) fn new(ladder: &'a Ladder) -> Self {
        let buckets = (ladder.cells() >> BUCKET_BITS) + 1;
        let buckets = if buckets > FEW_BUCKETS { buckets } else { 0 };
        Self {
            ladder,
            counts: vec![0; ladder.places()],
            collected: vec![0; buckets * CAPACITY],
            lengths: vec![0; buckets],
        }
    }

    /// Counts the key of a finite score.
    #[inline(always)]
    pub(super) fn add(&mut self, key: u32) {
        if self.lengths.is_empty() {
            self.counts[self.ladder.place(key)] += 1;
            return;
        }
        let bucket = self.ladder.cell(key) >> BUCKET_BITS;
        let length = self.lengths[bucket] as usize;
        self.collected[bucket * CAPACITY + length] = key;
        self.lengths[bucket] = length as u32 + 1;
        if length + 1 == CAPACITY {
            self.look_up(bucket);
        }
    }

    #[inline(never)]
    fn look_up(&mut self, bucket: usize) {
        let start = bucket * CAPACITY;
        for &key in &self.collected[start..start + self.lengths[bucket] as usize] {
            self.counts[self.ladder.place(key)] += 1;
        }
        self.lengths[bucket] = 0;
    }

    /// The counts of all keys per place.
    pub(super) fn finish(mut self) -> Vec<u32> {
        for bucket in 0..self.lengths.len() {
            self.look_up(bucket);
        }
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collected_or_not_the_counts_are_the_same() {
        let mut state = 7u64;
        let mut next = |width: u32| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            0xbf00_0000 + ((state >> 32) as u32 & ((1 << width) - 1))
        };
        for rungs in [0, 3, 1000, 40_000] {
            let mut rungs: Vec<u32> = (0..rungs).map(|_| next(22)).collect();
            rungs.sort_unstable();
            rungs.dedup();
            let ladder = Ladder::new(rungs.clone());
            let mut counter = Counter::new(&ladder);
            assert_eq!(counter.lengths.is_empty(), rungs.len() < 30_000);
            let mut expected = vec![0u32; ladder.places()];
            // Enough to fill some buckets more than once; the narrow keys all fall into one.
            for at in 0..120_000 {
                let key = next(if at % 3 == 0 { 8 } else { 23 });
                counter.add(key);
                let place = match rungs.binary_search(&key) {
                    Ok(rung) => 2 * rung + 1,
                    Err(gap) => 2 * gap,
                };
                expected[place] += 1;
            }
            assert!(counter.finish() == expected);
        }
    }
}
