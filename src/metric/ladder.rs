//! Finds the place of a key among sorted distinct keys in about constant time.

/// Bits of a key below its block.
const LOW_BITS: u32 = 16;
/// Stands for the rung of a cell that has none. Above every key of a finite score.
const NONE: u32 = u32::MAX;
/// Stands for the rung of a cell that has several. Below every key of a finite score.
const SEVERAL: u32 = 0;

/// One block: the keys that share their upper 16 bits, cut into `2^(16 - shift)` cells of equal width.
#[derive(Clone, Copy)]
struct Block {
    /// Index of the block's first cell.
    offset: u32,
    /// Turns the lower 16 bits of a key into its cell within the block.
    shift: u32,
}

#[derive(Clone, Copy)]
struct Cell {
    /// The cell's only rung, or [`NONE`] or [`SEVERAL`].
    rung: u32,
    /// The place below the cell's first rung: twice the number of rungs below the cell.
    place: u32,
}

/// Sorted distinct keys ("rungs") with a two-level table over them. A block has two to four cells per rung, whatever the
/// keys are, so that clusters of scores get narrow cells, few cells hold several rungs, and the usual look-up has no branch
/// that depends on the data. Within a cell of several rungs the key is searched; that takes 7 steps at worst.
pub(super) struct Ladder {
    rungs: Vec<u32>,
    /// Stand-ins for the keys below and above all rungs.
    nearest: (u32, u32),
    first_block: u32,
    blocks: Vec<Block>,
    /// The cells of all blocks, and one more at the end for the place above all rungs.
    cells: Vec<Cell>,
}

impl Ladder {
    /// A ladder of ascending distinct keys of finite scores, fewer than 2^30 of them.
    pub(super) fn new(rungs: Vec<u32>) -> Self {
        let nearest = match (rungs.first(), rungs.last()) {
            (Some(&first), Some(&last)) => (first - 1, last + 1),
            _ => (1, 1),
        };
        let (first_block, last_block) = (nearest.0 >> LOW_BITS, nearest.1 >> LOW_BITS);
        let mut blocks = Vec::with_capacity((last_block - first_block + 1) as usize);
        let mut cells = Vec::with_capacity(3 * rungs.len() + blocks.capacity() + 1);
        let mut below = 0;
        for block in first_block..=last_block {
            let length = rungs[below..].iter().take_while(|&&rung| rung >> LOW_BITS == block).count();
            let end = below + length;
            let cell_bits = (2 * length).next_power_of_two().trailing_zeros().min(LOW_BITS);
            let shift = LOW_BITS - cell_bits;
            blocks.push(Block { offset: cells.len() as u32, shift });
            for cell in 0..1u32 << cell_bits {
                let inside =
                    rungs[below..end].iter().take_while(|&&rung| (rung & 0xffff) >> shift == cell).count();
                let rung = match inside {
                    0 => NONE,
                    1 => rungs[below],
                    _ => SEVERAL,
                };
                cells.push(Cell { rung, place: 2 * below as u32 });
                below += inside;
            }
        }
        cells.push(Cell { rung: NONE, place: 2 * rungs.len() as u32 });
        Self { rungs, nearest, first_block, blocks, cells }
    }

    /// Number of places: each rung is one, and so is each gap between, below and above them.
    pub(super) fn places(&self) -> usize {
        2 * self.rungs.len() + 1
    }

    /// Number of cells that [`Self::cell`] tells apart.
    pub(super) fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The cell of the key of a finite score; rises with the key. Reads only the small first level of the table.
    #[inline(always)]
    pub(super) fn cell(&self, key: u32) -> usize {
        let key = key.max(self.nearest.0).min(self.nearest.1);
        let Block { offset, shift } = self.blocks[((key >> LOW_BITS) - self.first_block) as usize];
        offset as usize + ((key & 0xffff) >> shift) as usize
    }

    /// The place of the key of a finite score: `2 i + 1` on rung `i`, `2 i` in the gap below rung `i`.
    #[inline(always)]
    pub(super) fn place(&self, key: u32) -> usize {
        let cell = self.cell(key);
        let Cell { rung, place } = self.cells[cell];
        if rung == SEVERAL {
            return self.search(cell, key);
        }
        place as usize + usize::from(key >= rung) + usize::from(key > rung)
    }

    #[inline(never)]
    fn search(&self, cell: usize, key: u32) -> usize {
        let (start, end) = (self.cells[cell].place as usize / 2, self.cells[cell + 1].place as usize / 2);
        match self.rungs[start..end].binary_search(&key) {
            Ok(rung) => 2 * (start + rung) + 1,
            Err(gap) => 2 * (start + gap),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::key;
    use super::*;
    use proptest::prelude::*;

    fn check(mut rungs: Vec<u32>, probes: &[u32]) {
        rungs.sort_unstable();
        rungs.dedup();
        let ladder = Ladder::new(rungs.clone());
        for &probe in probes.iter().chain(&rungs) {
            let expected = match rungs.binary_search(&probe) {
                Ok(rung) => 2 * rung + 1,
                Err(gap) => 2 * gap,
            };
            assert_eq!(ladder.place(probe), expected, "{probe:#x} among {} rungs", rungs.len());
        }
        assert_eq!(ladder.places(), 2 * rungs.len() + 1);
    }

    #[test]
    fn clusters_and_extremes() {
        let (lowest, highest) = (key::from_score(f32::MIN), key::from_score(f32::MAX));
        check(vec![], &[lowest, 0x8000_0000, highest]);
        check(vec![0x8000_0000], &[lowest, 0x7fff_ffff, 0x8000_0001, highest]);
        check(vec![lowest, highest], &[lowest + 1, 0x8000_0000, highest - 1]);
        // A run within one block, a full block, and one rung far away.
        check(
            (0x3f00_1000..0x3f00_10c0).chain([0xbf00_0000]).collect(),
            &[0x3f00_0fff, 0x3f00_10c0, 0x4000_0000],
        );
        check((0x3f00_0000..0x3f02_0000).step_by(3).collect(), &[0x3f00_0001, 0x3f01_ffff, 0x3f02_0000]);
    }

    proptest! {
        #[test]
        fn agrees_with_binary_search(
            rungs in prop::collection::vec(0x0080_0000u32..0xff80_0000, 0..200),
            near in prop::collection::vec(0x3f00_0000u32..0x3f04_0000, 0..400),
            probes in prop::collection::vec(prop_oneof![0x0080_0000u32..0xff80_0000, 0x3eff_0000u32..0x3f05_0000], 0..200),
        ) {
            check(rungs.into_iter().chain(near).collect(), &probes);
        }
    }
}
