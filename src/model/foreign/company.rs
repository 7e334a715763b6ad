//! What pictures of no data set tell about a graph: whether its answers are the same each time, and in any company.

use ndarray::{ArrayD, Axis};

/// The map and the score that a graph returned for a batch.
pub(super) type Answer = (ArrayD<f32>, Option<ArrayD<f32>>);

/// Number of pictures that are tried.
pub(super) const PICTURES: usize = 3;
/// How far answers to the same picture may lie apart on a processor, as a share of the spread of all answers.
pub(super) const ON_PROCESSOR: f32 = 1e-4;
/// The same on a device, which may compute with fewer bits, and other kernels for other batches.
pub(super) const ON_DEVICE: f32 = 1e-2;

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

/// Whether pictures that differ have maps that differ.
pub(super) fn differ(alone: &[Answer]) -> bool {
    alone.iter().any(|(map, _)| alone.first().is_some_and(|(first, _)| map != first))
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
    use super::*;

    fn answers(levels: &[f32]) -> Vec<Answer> {
        levels.iter().map(|&level| (ArrayD::from_elem(vec![1, 2, 2], level), None)).collect()
    }

    fn joined(levels: &[f32]) -> Answer {
        let map = ArrayD::from_shape_fn(vec![levels.len(), 2, 2], |index| levels[index[0]]);
        (map, None)
    }

    #[test]
    fn one_map_for_all_pictures_is_noticed() {
        assert!(differ(&answers(&[0.0, 0.0, 1.0])) && differ(&answers(&[f32::NAN, f32::NAN])));
        assert!(!differ(&answers(&[0.5, 0.5, 0.5])));
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
