//! The average case: draws from the box that an attack searches, whatever they do.

use super::sample::{box_of, to_perturbation};
use super::settings::Settings;
use crate::error::Result;
use crate::search::{Random, Strategy};
use crate::stats::derive_seed;
use crate::types::{Attack, Axis, Perturbation, SampleId};

/// The axes that are drawn from, all at once: those of the joint attack where the run makes it, else those of all its attacks.
pub fn drawn_axes(settings: &Settings) -> Vec<Axis> {
    if settings.attacks.contains(&Attack::Joint) {
        return settings.axes_of(Attack::Joint).to_vec();
    }
    let attacked =
        |axis: &Axis| settings.attacks.iter().any(|&attack| settings.axes_of(attack).contains(axis));
    Axis::ALL.into_iter().filter(attacked).collect()
}

/// Perturbations of one sample, drawn independently and evenly from the box of [`drawn_axes`]. They depend on the run's seed and
/// the sample's name alone, and the first of them not on how many there are.
///
/// # Errors
/// There are no axes, or their bounds make no box.
pub fn draws(settings: &Settings, sample: &SampleId, count: usize) -> Result<Vec<Perturbation>> {
    let axes = drawn_axes(settings);
    let seed = derive_seed(settings.seed, &format!("{sample}/draws"));
    let points = Random::new(&box_of(&axes, &settings.bounds)?, count, seed).ask(count);
    Ok(points.iter().map(|point| to_perturbation(&axes, point)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Bounds, Interval, Pair};

    fn id(stem: &str) -> SampleId {
        SampleId { category: "nut".into(), defect: "good".into(), stem: stem.into() }
    }

    #[test]
    fn draws_are_of_the_joint_box_or_of_all_axes_that_are_attacked() {
        let mut settings = Settings { axes: vec![Axis::Angle, Axis::Hue], ..Settings::default() };
        assert_eq!(drawn_axes(&settings), [Axis::Angle, Axis::Hue]);
        settings.attacks = vec![Attack::Clean, Attack::Single(Axis::Blur), Attack::Single(Axis::Hue)];
        assert_eq!(drawn_axes(&settings), [Axis::Hue, Axis::Blur]);
        settings.attacks.push(Attack::Pair(Pair::Motion));
        assert_eq!(drawn_axes(&settings), [Axis::Hue, Axis::Blur, Axis::MotionX, Axis::MotionY]);
        settings.attacks = vec![Attack::Clean];
        assert!(drawn_axes(&settings).is_empty() && draws(&settings, &id("0"), 3).is_err());
    }

    #[test]
    fn draws_fill_the_box_evenly_and_depend_on_seed_and_sample_alone() {
        let bounds = Bounds::default().with(Axis::Angle, Interval { low: -10.0, high: 30.0 });
        let settings = Settings { bounds, ..Settings::default() };
        let found = draws(&settings, &id("0"), 4000).unwrap();
        assert_eq!(draws(&settings, &id("0"), 7).unwrap(), found[..7]);
        assert_ne!(draws(&settings, &id("1"), 7).unwrap(), found[..7]);
        assert_ne!(draws(&Settings { seed: 1, ..settings.clone() }, &id("0"), 7).unwrap(), found[..7]);
        for axis in Axis::PAPER {
            let Interval { low, high } = settings.bounds.get(axis);
            let mut quarters = [0; 4];
            for draw in &found {
                let unit = (draw.get(axis) - low) / (high - low);
                assert!((0.0..=1.0).contains(&unit), "{axis} {unit}");
                quarters[((4.0 * unit) as usize).min(3)] += 1;
            }
            assert!(quarters.iter().all(|count| (850..1150).contains(count)), "{axis}: {quarters:?}");
        }
    }
}
