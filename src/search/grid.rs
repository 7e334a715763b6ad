//! A regular grid.

use super::sequence::coarse_to_fine;
use super::space::Space;
use super::strategy::{Kind, Strategy, check_lengths};

/// A regular grid of at most `budget` points, coarse to fine, so that a search that stops early has still seen the
/// whole box.
///
/// Axes grow one point at a time, the one with the fewest first (of equals the first), as long as the grid fits; what is
/// left over goes to the other axes where one more point fits. One axis alone uses the whole budget. A circular axis
/// has no point at its upper end; another has both its ends, or its middle if it has one point only. A list has no value twice.
#[derive(Clone, Debug)]
pub struct Grid {
    points: std::vec::IntoIter<Vec<f64>>,
}

impl Grid {
    /// The grid for a space and a budget.
    pub fn new(space: &Space, budget: usize) -> Self {
        if budget == 0 {
            return Self { points: Vec::new().into_iter() };
        }
        let most: Vec<usize> =
            (0..space.len()).map(|axis| space.listed(axis).unwrap_or(usize::MAX)).collect();
        let counts = counts(&most, budget);
        let axes: Vec<Vec<f64>> = space
            .dimensions()
            .iter()
            .zip(&counts)
            .map(|(dimension, &count)| {
                let step =
                    if dimension.circular { 1.0 / count as f64 } else { 1.0 / (count.max(2) - 1) as f64 };
                let start = if count == 1 && !dimension.circular { 0.5 } else { 0.0 };
                (0..count).map(|index| start + index as f64 * step).collect()
            })
            .collect();
        let points: Vec<_> = order(&counts)
            .into_iter()
            .map(|indices| {
                let unit: Vec<f64> = indices.iter().zip(&axes).map(|(&index, axis)| axis[index]).collect();
                space.point(unit)
            })
            .collect();
        Self { points: points.into_iter() }
    }
}

impl Strategy for Grid {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        self.points.by_ref().take(limit).collect()
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
    }

    fn remaining(&self) -> usize {
        self.points.len()
    }

    fn name(&self) -> &'static str {
        Kind::Grid.name()
    }
}

/// Points per axis, of each at most so many.
fn counts(most: &[usize], budget: usize) -> Vec<usize> {
    if let [most] = most {
        return vec![budget.min(*most)];
    }
    let mut counts = vec![1; most.len()];
    loop {
        let total: usize = counts.iter().product();
        let fits =
            |&axis: &usize| counts[axis] < most[axis] && total / counts[axis] * (counts[axis] + 1) <= budget;
        let Some(axis) = (0..most.len()).filter(fits).min_by_key(|&axis| counts[axis]) else { return counts };
        counts[axis] += 1;
    }
}

/// The index tuples of a grid. Each axis has its own order from coarse to fine; a tuple belongs to the level of its
/// finest index, and the tuples of a level are spread in their turn.
fn order(counts: &[usize]) -> Vec<Vec<usize>> {
    let levels: Vec<Vec<u32>> = counts.iter().map(|&count| levels(count)).collect();
    let total: usize = counts.iter().product();
    let mut blocks: Vec<Vec<Vec<usize>>> = Vec::new();
    for flat in 0..total {
        let mut rest = flat;
        let indices: Vec<usize> = counts
            .iter()
            .map(|&count| {
                let index = rest % count;
                rest /= count;
                index
            })
            .collect();
        let level =
            indices.iter().zip(&levels).map(|(&index, levels)| levels[index]).max().unwrap_or(0) as usize;
        blocks.resize_with(blocks.len().max(level + 1), Vec::new);
        blocks[level].push(indices);
    }
    blocks
        .into_iter()
        .flat_map(|block| {
            coarse_to_fine(block.len().max(1)).into_iter().filter_map(move |index| block.get(index).cloned())
        })
        .collect()
}

/// Level of each index of an axis: 0 for the first in the order from coarse to fine, then 1, 2, 2, 3, 3, 3, 3, ...
fn levels(count: usize) -> Vec<u32> {
    let mut levels = vec![0; count];
    for (rank, index) in coarse_to_fine(count).into_iter().enumerate() {
        levels[index] = usize::BITS - rank.leading_zeros();
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_share_the_budget() {
        for (axes, budget, expected) in [
            (1, 37, vec![37]),
            (3, 100, vec![5, 5, 4]),
            (3, 64, vec![4, 4, 4]),
            (3, 25, vec![4, 3, 2]),
            (3, 1, vec![1, 1, 1]),
            (2, 3, vec![3, 1]),
            (0, 1, vec![]),
        ] {
            assert_eq!(counts(&vec![usize::MAX; axes], budget), expected, "{axes} axes, {budget}");
        }
        assert_eq!(counts(&[4], 100), [4]);
        assert_eq!(counts(&[usize::MAX, 4], 100), [25, 4]);
        assert_eq!(counts(&[4, 3], 100), [4, 3]);
    }

    #[test]
    fn every_tuple_comes_once_and_the_coarse_ones_first() {
        let tuples = order(&[4, 3]);
        let mut sorted = tuples.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 12);
        let mut first: Vec<_> = tuples[..4].to_vec();
        first.sort();
        assert_eq!(first, [vec![0, 0], vec![0, 2], vec![2, 0], vec![2, 2]]);
    }
}
