//! What pictures of its own tell about a graph: whether its answers are the same each time, and in any company.

use ndarray::{Array4, ArrayD, Axis};

/// The map and the score that a graph returned for a batch.
pub(super) type Answer = (ArrayD<f32>, Option<ArrayD<f32>>);

/// How far answers to the same picture may lie apart on a processor, as a share of the spread of all answers.
pub(super) const ON_PROCESSOR: f32 = 5e-4;
/// The same on a device, which may compute with fewer bits, and other kernels for other batches.
pub(super) const ON_DEVICE: f32 = 1e-2;

/// Three pictures that differ in brightness, contrast, colour and grain, shape (3, 3, size, size). None of them is uniform, on which a
/// graph may divide 0 by 0.
pub(super) fn pictures(size: usize) -> Array4<f32> {
    let mut pictures = Array4::zeros((3, 3, size, size));
    let grain = |c: usize, y: usize, x: usize| ((7 * c + 31 * y + 17 * x) % 64) as f32 / 63.0;
    for ((picture, c, y, x), value) in pictures.indexed_iter_mut() {
        let ramp = (x + 2 * y) as f32 / (3 * size) as f32;
        *value = match picture {
            0 => grain(c, y, x),
            1 => 0.05 + 0.1 * ramp + 0.02 * grain(c, x, y),
            _ => (0.95 - 0.3 * ramp - 0.2 * c as f32).clamp(0.0, 1.0),
        };
    }
    pictures
}

/// How far the finite values of maps, and of scores, lie apart.
pub(super) fn spread(answers: &[Answer]) -> [f32; 2] {
    let apart = |values: &mut dyn Iterator<Item = f32>| {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        (high - low).max(0.0)
    };
    [
        apart(&mut answers.iter().flat_map(|(map, _)| map.iter().copied())),
        apart(
            &mut answers
                .iter()
                .filter_map(|(_, score)| score.as_ref())
                .flat_map(|score| score.iter().copied()),
        ),
    ]
}

/// Whether the answer to pictures together is that to each of them alone, but for a `share` of the `spread`.
pub(super) fn agree(alone: &[Answer], together: &Answer, spread: &[f32; 2], share: f32) -> bool {
    let same = |one: &ArrayD<f32>, all: &ArrayD<f32>, index: usize, spread: f32| {
        if all.ndim() == 0 || all.len_of(Axis(0)) != alone.len() {
            return alone.len() == 1
                && one.shape() == all.shape()
                && near(one.iter(), all.iter(), spread * share);
        }
        let all = all.slice_axis(Axis(0), (index..=index).into());
        one.len() == all.len() && near(one.iter(), all.iter(), spread * share)
    };
    alone.iter().enumerate().all(|(index, (map, score))| {
        let scores = match (score, &together.1) {
            (Some(one), Some(all)) => same(one, all, index, spread[1]),
            _ => true,
        };
        scores && same(map, &together.0, index, spread[0])
    })
}

fn near<'a>(one: impl Iterator<Item = &'a f32>, other: impl Iterator<Item = &'a f32>, most: f32) -> bool {
    // Of values that hardly differ at all, rounding is left.
    let most = |a: f32| most.max(1e-5 * a.abs());
    one.zip(other).all(|(&a, &b)| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= most(a))
}

#[cfg(test)]
mod tests {
    use ndarray::s;

    use super::*;

    fn answers(levels: &[f32]) -> Vec<Answer> {
        levels.iter().map(|&level| (ArrayD::from_elem(vec![1, 2, 2], level), None)).collect()
    }

    fn joined(levels: &[f32]) -> Answer {
        let map = ArrayD::from_shape_fn(vec![levels.len(), 2, 2], |index| levels[index[0]]);
        (map, None)
    }

    #[test]
    fn no_picture_is_uniform_and_all_differ() {
        for size in [2, 8, 64] {
            let pictures = pictures(size);
            assert!(pictures.iter().all(|value| (0.0..=1.0).contains(value)));
            for picture in pictures.outer_iter() {
                assert!(
                    picture.slice(s![0, .., ..]).iter().any(|value| *value != picture[[0, 0, 0]]),
                    "{size}"
                );
            }
        }
    }

    #[test]
    fn answers_agree_but_for_rounding() {
        let alone = answers(&[0.0, 0.5, 1.0]);
        let spread = spread(&alone);
        assert_eq!(spread, [1.0, 0.0]);
        let agree = |levels: &[f32]| agree(&alone, &joined(levels), &spread, ON_PROCESSOR);
        assert!(agree(&[0.0, 0.5, 1.0]) && agree(&[1e-6, 0.5, 1.0]));
        assert!(!agree(&[0.0, 0.51, 1.0]) && !agree(&[0.0, f32::NAN, 1.0]) && !agree(&[0.0, 0.5]));
        let empty = answers(&[f32::NAN]);
        assert!(super::agree(&empty, &joined(&[f32::NAN]), &spread, ON_PROCESSOR), "0/0 both times");
    }
}
