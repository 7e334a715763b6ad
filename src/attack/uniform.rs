//! The one perturbation that hurts a whole set of samples most.

use super::sample::{space_of, to_perturbation};
use super::settings::Settings;
use crate::error::Result;
use crate::search::{self, Kind};
use crate::stats::{self, derive_seed};
use crate::types::{Attack, Metrics, Perturbation, PooledMetric};

/// The effect of one perturbation on a set of samples that all get it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Metrics pooled over the samples, or the mean of several categories' pooled metrics.
    pub metrics: Metrics,
    /// Mean of the samples' losses.
    pub mean_loss: f64,
}

impl Effect {
    /// The mean over categories: every category weighs the same, and each metric is averaged over those that have it. `None` for
    /// no categories.
    pub fn mean(effects: &[Self]) -> Option<Self> {
        let mean_loss = stats::mean(&effects.iter().map(|effect| effect.mean_loss).collect::<Vec<_>>())?;
        let metrics = Metrics::mean(effects.iter().map(|effect| effect.metrics));
        Some(Self { metrics, mean_loss })
    }

    /// The order of effects: the metric that is searched, the other one, and the mean loss; what is missing is infinite.
    fn order(&self, metric: PooledMetric) -> [f64; 3] {
        let other = match metric {
            PooledMetric::PixelAuroc => PooledMetric::Aupro,
            PooledMetric::Aupro => PooledMetric::PixelAuroc,
        };
        let value = |metric: PooledMetric| metric.of(&self.metrics).unwrap_or(f64::INFINITY);
        [value(metric), value(other), self.mean_loss]
    }

    /// Whether this is worse for the segmenter than another effect: a lower metric; of equals the lower other metric, then the
    /// lower mean loss.
    fn is_worse_than(&self, other: &Self, metric: PooledMetric) -> bool {
        let (mine, others) = (self.order(metric), other.order(metric));
        mine.iter().zip(&others).find(|(a, b)| a != b).is_some_and(|(a, b)| a < b)
    }
}

/// A perturbation that all samples of a set got, and what it did to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UniformCase {
    /// The attack on whose axes it lies.
    pub attack: Attack,
    /// The perturbation.
    pub perturbation: Perturbation,
    /// The effect of the perturbation on the samples.
    pub effect: Effect,
}

/// Name of the strategy that [`uniform_candidates`] come from, as records have it; `none` where there are none.
pub fn uniform_strategy(settings: &Settings, attack: Attack) -> &'static str {
    kind(settings, attack).map_or("none", Kind::name)
}

fn kind(settings: &Settings, attack: Attack) -> Option<Kind> {
    match settings.axes_of(attack).len() {
        0 => None,
        1 => Some(Kind::Grid),
        _ => Some(Kind::Sobol),
    }
}

/// The perturbations that are tried on all samples for one attack, beside the identity: `budget - 1` of them, a grid on one axis and a
/// Sobol sequence on several. They depend on settings and seed alone, so that each sample can be evaluated wherever it lies.
///
/// # Errors
/// A space that cannot be searched.
pub fn uniform_candidates(settings: &Settings, attack: Attack, budget: usize) -> Result<Vec<Perturbation>> {
    let Some(kind) = kind(settings, attack) else { return Ok(Vec::new()) };
    let seed = derive_seed(settings.seed, &format!("uniform/{attack}"));
    let mut points = search::build(kind, &space_of(settings, attack)?, budget.saturating_sub(1), seed);
    let axes = settings.axes_of(attack);
    Ok(points.ask(usize::MAX).iter().map(|point| to_perturbation(axes, point)).collect())
}

/// The case that is worst by a metric, of equals the first; the first of all where the first has no such metric. `None` without cases.
pub fn worst_uniform(cases: &[UniformCase], metric: PooledMetric) -> Option<UniformCase> {
    let (first, others) = cases.split_first()?;
    let mut worst = *first;
    if metric.of(&first.effect.metrics).is_some() {
        for case in others {
            if case.effect.is_worse_than(&worst.effect, metric) {
                worst = *case;
            }
        }
    }
    Some(worst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Axis;

    fn case(angle: f64, pixel_auroc: Option<f64>, aupro: Option<f64>, mean_loss: f64) -> UniformCase {
        UniformCase {
            attack: Attack::Joint,
            perturbation: Perturbation::IDENTITY.with(Axis::Angle, angle),
            effect: Effect { metrics: Metrics { pixel_auroc, aupro, ..Metrics::default() }, mean_loss },
        }
    }

    #[test]
    fn candidates_are_as_many_as_the_budget_leaves_and_within_the_bounds() {
        let settings = Settings::default();
        for (attack, strategy) in [(Attack::Single(Axis::Hue), "grid"), (Attack::Joint, "sobol")] {
            assert_eq!(uniform_strategy(&settings, attack), strategy);
            for budget in [1, 2, 50] {
                let candidates = uniform_candidates(&settings, attack, budget).unwrap();
                assert_eq!(candidates.len(), budget - 1);
                let axes = settings.axes_of(attack);
                for candidate in &candidates {
                    for axis in Axis::ALL {
                        let value = candidate.get(axis);
                        assert!(settings.bounds.holds(axis, value), "{axis} {value}");
                        assert!(axes.contains(&axis) || value == 0.0);
                    }
                }
                assert_eq!(candidates, uniform_candidates(&settings, attack, budget).unwrap());
            }
        }
        assert_eq!(uniform_candidates(&settings, Attack::Clean, 50).unwrap(), []);
        assert_eq!(uniform_strategy(&settings, Attack::Clean), "none");
    }

    #[test]
    fn of_equal_metrics_the_other_one_decides_then_the_loss_then_the_place() {
        let worst = |cases: &[UniformCase], metric| {
            worst_uniform(cases, metric).unwrap().perturbation.get(Axis::Angle)
        };
        let cases = [
            case(0.0, Some(0.9), Some(0.8), 1.0),
            case(1.0, Some(0.5), Some(0.7), 0.5),
            case(2.0, Some(0.5), Some(0.6), 0.9),
            case(3.0, Some(0.5), Some(0.6), 0.4),
            case(4.0, Some(0.5), Some(0.6), 0.4),
            case(5.0, Some(0.7), Some(0.1), 0.9),
            case(6.0, None, None, -9.0),
        ];
        assert_eq!(worst(&cases, PooledMetric::PixelAuroc), 3.0);
        assert_eq!(worst(&cases, PooledMetric::Aupro), 5.0);
        assert_eq!(worst(&cases[..1], PooledMetric::Aupro), 0.0);
        assert!(worst_uniform(&[], PooledMetric::Aupro).is_none());
    }

    #[test]
    fn nothing_is_worse_than_what_has_no_metric() {
        let cases = [case(0.0, None, Some(0.8), 1.0), case(1.0, Some(0.5), Some(0.7), 0.5)];
        assert_eq!(worst_uniform(&cases, PooledMetric::PixelAuroc), Some(cases[0]));
        assert_eq!(worst_uniform(&cases, PooledMetric::Aupro), Some(cases[1]));
    }

    #[test]
    fn a_mean_over_categories_leaves_out_what_is_missing() {
        let effect = |pixel_auroc| case(0.0, pixel_auroc, None, 1.0).effect;
        let mean = Effect::mean(&[effect(Some(0.4)), effect(None), effect(Some(0.8))]).unwrap();
        assert!((mean.metrics.pixel_auroc.unwrap() - 0.6).abs() < 1e-12);
        assert_eq!(mean.metrics.aupro, None);
        assert!((mean.mean_loss - 1.0).abs() < 1e-12);
        assert_eq!(Effect::mean(&[]), None);
    }
}
