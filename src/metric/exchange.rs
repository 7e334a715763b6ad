//! Pooled pixel AUROC while single images are exchanged for others.

use ndarray::ArrayView2;

use super::key;

/// The scores of one image's pixels that count, apart by class and sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageScores {
    positives: Vec<u32>,
    negatives: Vec<u32>,
}

impl ImageScores {
    /// The scores of a map, told apart by its ground truth; `valid` says which pixels count (all without it).
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn new(map: ArrayView2<f32>, mask: ArrayView2<bool>, valid: Option<ArrayView2<bool>>) -> Self {
        assert_eq!(map.dim(), mask.dim(), "map and mask differ in shape");
        assert!(
            valid.is_none_or(|valid| valid.dim() == map.dim()),
            "map and valid-pixel mask differ in shape"
        );
        let mut scores = Self::default();
        for ((at, &score), &anomalous) in map.indexed_iter().zip(mask) {
            if valid.is_none_or(|valid| valid[at]) {
                let class = if anomalous { &mut scores.positives } else { &mut scores.negatives };
                class.push(key::from_score(score));
            }
        }
        scores.positives.sort_unstable();
        scores.negatives.sort_unstable();
        scores
    }
}

/// The pixels of several images together, and their AUROC. To take an image out, to put one in, and to ask what one would do is
/// exact: each changes counts of pairs, which are integers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    pool: ImageScores,
    /// Twice the number of pairs in the right order, a tie being half a pair.
    twice: u128,
}

impl Exchange {
    /// The pixels of `images` together.
    pub fn new<'a>(images: impl IntoIterator<Item = &'a ImageScores>) -> Self {
        let mut pool = ImageScores::default();
        for image in images {
            pool.positives.extend(&image.positives);
            pool.negatives.extend(&image.negatives);
        }
        pool.positives.sort_unstable();
        pool.negatives.sort_unstable();
        Self { twice: ordered_pairs(&pool.positives, &pool.negatives), pool }
    }

    /// Pixel AUROC in [0, 1]; `None` if a class is missing.
    pub fn auroc(&self) -> Option<f64> {
        share(self.twice, self.pool.positives.len(), self.pool.negatives.len())
    }

    /// Pixel AUROC with one more image.
    pub fn auroc_with(&self, image: &ImageScores) -> Option<f64> {
        share(
            self.twice + self.pairs_with(image),
            self.pool.positives.len() + image.positives.len(),
            self.pool.negatives.len() + image.negatives.len(),
        )
    }

    /// The images without one that is among them.
    ///
    /// # Panics
    /// If `image` is not among the images.
    #[must_use]
    pub fn without(&self, image: &ImageScores) -> Self {
        let pool = ImageScores {
            positives: difference(&self.pool.positives, &image.positives),
            negatives: difference(&self.pool.negatives, &image.negatives),
        };
        let rest = Self { pool, twice: 0 };
        Self { twice: self.twice - rest.pairs_with(image), ..rest }
    }

    /// The images and one more.
    #[must_use]
    pub fn with(&self, image: &ImageScores) -> Self {
        let pool = ImageScores {
            positives: union(&self.pool.positives, &image.positives),
            negatives: union(&self.pool.negatives, &image.negatives),
        };
        Self { twice: self.twice + self.pairs_with(image), pool }
    }

    /// The pairs that an image adds: of its own pixels, and of its pixels with those of the others.
    fn pairs_with(&self, image: &ImageScores) -> u128 {
        ordered_pairs(&image.positives, &self.pool.negatives)
            + ordered_pairs(&self.pool.positives, &image.negatives)
            + ordered_pairs(&image.positives, &image.negatives)
    }
}

fn share(twice: u128, positives: usize, negatives: usize) -> Option<f64> {
    let pairs = 2 * positives as u128 * negatives as u128;
    (pairs > 0).then(|| twice as f64 / pairs as f64)
}

/// Twice the number of pairs in which the positive is higher, and once that in which both are equal; both lists are sorted.
fn ordered_pairs(positives: &[u32], negatives: &[u32]) -> u128 {
    if positives.len() > negatives.len() {
        // The shorter list is walked: turned around, a pair in the right order is one in the wrong order.
        let all = 2 * positives.len() as u128 * negatives.len() as u128;
        return all - walk(negatives, positives);
    }
    walk(positives, negatives)
}

/// The number of [`ordered_pairs`], found by walking the first list and leaping through the second.
fn walk(walked: &[u32], leapt: &[u32]) -> u128 {
    let (mut below, mut not_above, mut twice) = (0, 0, 0u128);
    for &entry in walked {
        below = leap(leapt, below, |other| other < entry);
        not_above = leap(leapt, not_above.max(below), |other| other <= entry);
        twice += (below + not_above) as u128;
    }
    twice
}

/// The end of the run, from `start` on, of entries that `holds` is true of: steps that double, then halve.
fn leap(entries: &[u32], start: usize, holds: impl Fn(u32) -> bool) -> usize {
    let (mut low, mut step) = (start, 1);
    while low + step <= entries.len() && holds(entries[low + step - 1]) {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(entries.len());
    low + entries[low..high].partition_point(|&entry| holds(entry))
}

/// The entries of the sorted list `all` without those of the sorted list `some`, each taken out as often as it is there.
fn difference(all: &[u32], some: &[u32]) -> Vec<u32> {
    let mut rest = Vec::with_capacity(all.len() - some.len());
    let mut taken = some.iter().peekable();
    for &entry in all {
        if taken.peek().is_some_and(|&&next| next == entry) {
            taken.next();
        } else {
            rest.push(entry);
        }
    }
    assert!(taken.next().is_none(), "an image that is not among the others cannot be taken out");
    rest
}

/// Two sorted lists as one.
fn union(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut both = Vec::with_capacity(a.len() + b.len());
    let mut waiting = b.iter().copied().peekable();
    for &entry in a {
        while let Some(next) = waiting.next_if(|&next| next < entry) {
            both.push(next);
        }
        both.push(entry);
    }
    both.extend(waiting);
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::roc_auc;
    use ndarray::Array2;
    use proptest::prelude::*;

    type Picture = (Vec<f32>, Vec<bool>, Vec<bool>);

    /// Few distinct scores, so that ties abound; some pixels do not count.
    fn picture() -> impl Strategy<Value = Picture> {
        let scores = prop::collection::vec((-4i8..5).prop_map(f32::from), 12);
        (
            scores,
            prop::collection::vec(any::<bool>(), 12),
            prop::collection::vec(prop::bool::weighted(0.8), 12),
        )
    }

    fn scores((map, mask, valid): &Picture) -> ImageScores {
        let shape = (3, 4);
        ImageScores::new(
            Array2::from_shape_vec(shape, map.clone()).unwrap().view(),
            Array2::from_shape_vec(shape, mask.clone()).unwrap().view(),
            Some(Array2::from_shape_vec(shape, valid.clone()).unwrap().view()),
        )
    }

    fn expected(pictures: &[&Picture]) -> Option<f64> {
        let counted = || {
            pictures.iter().flat_map(|(map, mask, valid)| {
                map.iter().zip(mask).zip(valid).filter(|(_, counts)| **counts).map(|(pixel, _)| pixel)
            })
        };
        let map: Vec<f32> = counted().map(|(score, _)| *score).collect();
        let mask: Vec<bool> = counted().map(|(_, anomalous)| *anomalous).collect();
        roc_auc(&map, &mask)
    }

    proptest! {
        #[test]
        fn exchanging_images_is_pooling_anew(
            pictures in prop::collection::vec(picture(), 1..5),
            other in picture(),
            place: prop::sample::Index,
        ) {
            let of: Vec<ImageScores> = pictures.iter().map(scores).collect();
            let place = place.index(of.len());
            let pool = Exchange::new(&of);
            prop_assert_eq!(pool.auroc(), expected(&pictures.iter().collect::<Vec<_>>()));
            let rest = pool.without(&of[place]);
            let mut others: Vec<&Picture> = pictures.iter().collect();
            others.remove(place);
            prop_assert_eq!(rest.auroc(), expected(&others));
            others.push(&other);
            prop_assert_eq!(rest.auroc_with(&scores(&other)), expected(&others));
            prop_assert_eq!(rest.with(&scores(&other)).auroc(), expected(&others));
            prop_assert_eq!(&rest.with(&of[place]), &pool);
        }

        #[test]
        fn leaps_end_where_a_search_does(mut entries in prop::collection::vec(0u32..50, 0..80), wanted in 0u32..60) {
            entries.sort_unstable();
            let end = entries.partition_point(|&entry| entry < wanted);
            for start in 0..=end {
                prop_assert_eq!(leap(&entries, start, |entry| entry < wanted), end);
            }
        }
    }
}
