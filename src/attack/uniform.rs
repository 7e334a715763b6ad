//! The one perturbation that hurts a whole set of samples most.

use super::sample::{space_of, to_perturbation, to_point};
use super::settings::Settings;
use crate::error::Result;
use crate::stats::{self, derive_seed};
use crate::types::{Attack, Metrics, Perturbation, named};

/// The metric that a search for a uniform worst case lowers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UniformMetric {
    /// Pooled pixel AUROC.
    #[default]
    PixelAuroc,
    /// Pooled AUPRO.
    Aupro,
}

named!(UniformMetric, "a metric of uniform worst cases", { PixelAuroc = "pixel-auroc", Aupro = "aupro" });

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
    fn order(&self, metric: UniformMetric) -> [f64; 3] {
        let Metrics { pixel_auroc, aupro, .. } = self.metrics;
        let (first, second) = match metric {
            UniformMetric::PixelAuroc => (pixel_auroc, aupro),
            UniformMetric::Aupro => (aupro, pixel_auroc),
        };
        [first.unwrap_or(f64::INFINITY), second.unwrap_or(f64::INFINITY), self.mean_loss]
    }

    /// Whether this is worse for the segmenter than another effect: a lower metric; of equals the lower other metric, then the
    /// lower mean loss.
    fn is_worse_than(&self, other: &Self, metric: UniformMetric) -> bool {
        let (mine, others) = (self.order(metric), other.order(metric));
        mine.iter().zip(&others).find(|(a, b)| a != b).is_some_and(|(a, b)| a < b)
    }
}

/// The worst perturbation that one attack found for all samples of a set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UniformCase {
    /// The attack.
    pub attack: Attack,
    /// The perturbation found; identity if nothing was worse.
    pub perturbation: Perturbation,
    /// The effect of the perturbation on the samples.
    pub effect: Effect,
    /// Number of perturbations evaluated, the identity included; each is one full model evaluation of every sample.
    pub evaluated: usize,
}

/// Searches the axes of an attack for the perturbation of the lowest metric. `name` names the set of samples and seeds the search
/// with the run's seed and the attack; `known` holds the identity (as [`Attack::Clean`]) and what earlier attacks of the run found,
/// which are candidates at no cost where they lie in the attack's space. `evaluate` gives the effect of each perturbation on the set.
///
/// The result is never better for the segmenter than what was known. Without the metric on the unchanged pictures there is nothing
/// to lower, and nothing is searched.
///
/// # Errors
/// Errors of `evaluate`, or a space that cannot be searched.
///
/// # Panics
/// If the budget is 0 or the identity is not known.
pub fn worst_uniform(
    settings: &Settings,
    (metric, budget): (UniformMetric, usize),
    attack: Attack,
    name: &str,
    known: &[UniformCase],
    evaluate: &mut dyn FnMut(&[Perturbation]) -> Result<Vec<Effect>>,
) -> Result<UniformCase> {
    assert!(budget > 0, "the identity is an evaluation");
    let axes = settings.axes_of(attack);
    let known: Vec<&UniformCase> = known
        .iter()
        .filter(|case| settings.axes_of(case.attack).iter().all(|axis| axes.contains(axis)))
        .collect();
    assert!(known.iter().any(|case| case.attack == Attack::Clean), "the identity is a candidate");
    let mut best = UniformCase { attack, evaluated: 1, ..*known[0] };
    for case in &known[1..] {
        if case.effect.is_worse_than(&best.effect, metric) {
            (best.perturbation, best.effect) = (case.perturbation, case.effect);
        }
    }
    if axes.is_empty() || known[0].effect.order(metric)[0].is_infinite() {
        return Ok(best);
    }
    let seed = derive_seed(settings.seed, &format!("uniform/{name}/{attack}"));
    let mut strategy = settings.search.build(&space_of(settings, attack)?, budget - 1, seed, 1.0);
    let points: Vec<Vec<f64>> = known.iter().map(|case| to_point(axes, &case.perturbation)).collect();
    let scores: Vec<f64> = known.iter().map(|case| case.effect.order(metric)[0]).collect();
    strategy.tell(&points, &scores);
    loop {
        let points = strategy.ask(usize::MAX);
        if points.is_empty() {
            return Ok(best);
        }
        let perturbations: Vec<Perturbation> =
            points.iter().map(|point| to_perturbation(axes, point)).collect();
        let effects = evaluate(&perturbations)?;
        best.evaluated += points.len();
        for (&perturbation, &effect) in perturbations.iter().zip(&effects) {
            if effect.is_worse_than(&best.effect, metric) {
                (best.perturbation, best.effect) = (perturbation, effect);
            }
        }
        let scores: Vec<f64> = effects.iter().map(|effect| effect.order(metric)[0]).collect();
        strategy.tell(&points, &scores);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::SearchChoice;
    use crate::search;
    use crate::types::Axis;

    fn effect(pixel_auroc: f64) -> Effect {
        let metrics = Metrics { pixel_auroc: Some(pixel_auroc), ..Metrics::default() };
        Effect { metrics, mean_loss: 0.0 }
    }

    /// Lowest at 31 degrees and a saturation shift of -0.2.
    fn valley(p: &Perturbation) -> Effect {
        let (angle, saturation) = ((p.get(Axis::Angle) - 31.0) / 90.0, p.get(Axis::Saturation) + 0.2);
        effect(0.4 + 0.3 * angle * angle + saturation * saturation)
    }

    fn find(search: SearchChoice, budget: usize) -> (Vec<UniformCase>, usize) {
        let settings = Settings { search, axes: vec![Axis::Angle, Axis::Saturation], ..Settings::default() };
        let mut known = vec![UniformCase {
            attack: Attack::Clean,
            perturbation: Perturbation::IDENTITY,
            effect: valley(&Perturbation::IDENTITY),
            evaluated: 1,
        }];
        let mut asked = 0;
        for attack in &Attack::over(&settings.axes)[1..] {
            let mut evaluate = |perturbations: &[Perturbation]| {
                asked += perturbations.len();
                Ok(perturbations.iter().map(valley).collect())
            };
            let case = worst_uniform(
                &settings,
                (UniformMetric::PixelAuroc, budget),
                *attack,
                "part",
                &known,
                &mut evaluate,
            )
            .unwrap();
            known.push(case);
        }
        (known, asked)
    }

    #[test]
    fn never_better_than_clean_and_joint_never_weaker_than_one_axis() {
        let searches =
            [search::Kind::Grid, search::Kind::Random, search::Kind::CmaEs].map(SearchChoice::Named);
        for search in searches.into_iter().chain([SearchChoice::Auto]) {
            for budget in [1, 2, 7, 40] {
                let (cases, asked) = find(search, budget);
                let scores: Vec<f64> =
                    cases.iter().map(|case| case.effect.metrics.pixel_auroc.unwrap()).collect();
                assert!(scores[1..].iter().all(|&score| score <= scores[0]), "{search} {budget}: {scores:?}");
                assert!(scores.iter().all(|&score| scores[3] <= score), "{search} {budget}: {scores:?}");
                let evaluated: Vec<usize> = cases[1..].iter().map(|case| case.evaluated).collect();
                assert_eq!(evaluated.iter().sum::<usize>(), asked + 3);
                assert!(
                    evaluated.iter().all(|&evaluated| evaluated <= budget),
                    "{search} {budget}: {evaluated:?}"
                );
            }
        }
    }

    #[test]
    fn the_search_finds_the_valley() {
        let (cases, _) = find(SearchChoice::Auto, 60);
        let joint = &cases[3];
        assert!(joint.effect.metrics.pixel_auroc.unwrap() < 0.405, "{joint:?}");
        assert!((joint.perturbation.get(Axis::Angle) - 31.0).abs() < 10.0, "{joint:?}");
    }

    #[test]
    fn of_equal_metrics_the_other_one_decides_then_the_loss() {
        let with = |pixel_auroc, aupro, mean_loss| Effect {
            metrics: Metrics { aupro, ..effect(pixel_auroc).metrics },
            mean_loss,
        };
        let (pixel, pro) = (UniformMetric::PixelAuroc, UniformMetric::Aupro);
        assert!(with(0.5, Some(0.9), 9.0).is_worse_than(&with(0.6, Some(0.1), 0.0), pixel));
        assert!(with(0.6, Some(0.1), 9.0).is_worse_than(&with(0.5, Some(0.9), 0.0), pro));
        assert!(with(0.5, Some(0.1), 9.0).is_worse_than(&with(0.5, Some(0.9), 0.0), pixel));
        assert!(with(0.5, None, 1.0).is_worse_than(&with(0.5, None, 2.0), pixel));
        assert!(!with(0.5, None, 1.0).is_worse_than(&with(0.5, None, 1.0), pixel));
        assert!(!with(0.5, None, 1.0).is_worse_than(&with(0.5, Some(0.5), 1.0), pro));
    }

    #[test]
    fn nothing_is_searched_where_the_metric_is_missing() {
        let none = Effect { metrics: Metrics::default(), mean_loss: 1.0 };
        let clean = UniformCase {
            attack: Attack::Clean,
            perturbation: Perturbation::IDENTITY,
            effect: none,
            evaluated: 1,
        };
        let case = worst_uniform(
            &Settings::default(),
            (UniformMetric::PixelAuroc, 50),
            Attack::Joint,
            "part",
            &[clean],
            &mut |_| unreachable!(),
        )
        .unwrap();
        assert_eq!((case.perturbation, case.evaluated), (Perturbation::IDENTITY, 1));
    }

    #[test]
    fn a_mean_over_categories_leaves_out_what_is_missing() {
        let none = Effect { metrics: Metrics::default(), mean_loss: 1.0 };
        let mean = Effect::mean(&[effect(0.4), none, effect(0.8)]).unwrap();
        assert!((mean.metrics.pixel_auroc.unwrap() - 0.6).abs() < 1e-12);
        assert_eq!(mean.metrics.aupro, None);
        assert!((mean.mean_loss - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(Effect::mean(&[]), None);
    }
}
