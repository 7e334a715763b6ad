//! What a change of light or tone loses: pixels that it drives to black or white.

use ndarray::{ArrayView2, ArrayView3, Axis, Zip};

use crate::types::{self, Perturbation};

/// Half a step of 8 bits: what is nearer to 0 or 1 becomes black or white in a file.
const HALF_STEP: f32 = 0.5 / 255.0;

/// Share of the pixels of which a channel is black or white after a change and was not before. Both pictures are (3, height, width), RGB
/// in [0, 1]; `among`, (height, width), says which pixels count. None where no pixel does.
///
/// What is clipped holds nothing that a model could find: a miss there is lost information.
///
/// # Panics
/// If the shapes differ.
pub fn newly_clipped(
    before: ArrayView3<f32>,
    after: ArrayView3<f32>,
    among: Option<ArrayView2<bool>>,
) -> Option<f64> {
    let is_clipped = |value: f32| !(HALF_STEP..=1.0 - HALF_STEP).contains(&value);
    let (mut lost, mut all) = (0_usize, 0_usize);
    let mut count = |is_lost: bool, counts: bool| {
        all += usize::from(counts);
        lost += usize::from(counts && is_lost);
    };
    let pixels = Zip::from(before.lanes(Axis(0))).and(after.lanes(Axis(0)));
    let is_lost = pixels.map_collect(|before, after| {
        before.iter().zip(after).any(|(&before, &after)| is_clipped(after) && !is_clipped(before))
    });
    match among {
        Some(among) => Zip::from(&is_lost).and(among).for_each(|&is_lost, &counts| count(is_lost, counts)),
        None => is_lost.iter().for_each(|&is_lost| count(is_lost, true)),
    }
    (all > 0).then(|| lost as f64 / all as f64)
}

/// The part of a perturbation that moves pixels and leaves their values.
pub fn moves(perturbation: &Perturbation) -> Perturbation {
    let geometric = types::Axis::ALL.into_iter().filter(|axis| axis.is_geometric());
    Perturbation::of(geometric.map(|axis| (axis, perturbation.get(axis))))
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;
    use crate::types::Axis as Of;

    #[test]
    fn a_pixel_is_lost_where_any_channel_newly_is_black_or_white() {
        let before = Array3::from_shape_fn((3, 2, 2), |(channel, y, x)| {
            [[0.5, 1.0], [0.2, 0.3]][y][x] - 0.05 * channel as f32 * f32::from(y == 0 && x == 0)
        });
        let mut after = before.clone();
        after[[1, 0, 0]] = 0.999;
        after[[2, 0, 1]] = 0.0;
        after[[0, 1, 0]] = 0.001;
        after[[0, 1, 1]] = 0.003;
        // White before, black after: nothing was there to lose.
        assert_eq!(newly_clipped(before.view(), after.view(), None), Some(0.5));
        let among = |mask| newly_clipped(before.view(), after.view(), Some(ArrayView2::from(mask)));
        assert_eq!(among(&[[true, false], [false, true]]), Some(0.5));
        assert_eq!(among(&[[false, true], [false, true]]), Some(0.0));
        assert_eq!(among(&[[false; 2]; 2]), None);
        assert_eq!(newly_clipped(before.view(), before.view(), None), Some(0.0));
    }

    #[test]
    fn what_moves_is_the_pose_alone() {
        let all =
            Perturbation::of([(Of::Angle, 10.0), (Of::TiltX, 5.0), (Of::Exposure, 1.0), (Of::Hue, 0.3)]);
        assert_eq!(moves(&all), Perturbation::of([(Of::Angle, 10.0), (Of::TiltX, 5.0)]));
    }
}
