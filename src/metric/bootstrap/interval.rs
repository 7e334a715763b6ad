//! Intervals from redrawn values.

use crate::stats::{normal_distribution, quantile, standard_deviation};

/// Quantile of the standard normal that leaves 2.5 % above.
const Z: f64 = 1.959_963_984_540_054;
/// Share of the redraws that an interval leaves out on each side.
const LEFT_OUT: f64 = 0.025;
/// A step below this is one of pixels, not of samples.
const FINE: f64 = 1e-4;
/// Quantile of the standard normal beyond which [`normal_distribution`] no longer tells probabilities apart.
const FARTHEST: f64 = 5.0;

/// An interval that is meant to hold the value of the whole population for 95 of 100 sets of samples drawn from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end, at least `low`.
    pub high: f64,
}

/// How much wider than with many samples an interval must be, in standard deviations of the redraws, that rests on so many
/// samples, one entry per category: Student's quantile instead of the normal one, and n / (n - 1) of the variance, which
/// redraws of n samples lack. `None` without a sample.
pub(super) fn reach(samples: &[usize]) -> Option<f64> {
    reach_of(samples, Z)
}

/// The probability that a difference of 0 is seen as far from it as `deviations` standard deviations of the redraws or farther, on either
/// side: that of the widest interval of [`reach`] that does not hold 0. `None` without a sample.
pub(super) fn chance(samples: &[usize], deviations: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, FARTHEST);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if reach_of(samples, middle)? < deviations { low = middle } else { high = middle }
    }
    Some((2.0 * normal_distribution(-low)).min(1.0))
}

/// [`reach`] of the interval that the normal quantile `z` stands for.
fn reach_of(samples: &[usize], z: f64) -> Option<f64> {
    let freedom: usize = samples.iter().map(|&n| n.saturating_sub(1)).sum();
    let inflation = samples.iter().map(|&n| n as f64 / (n as f64 - 1.0)).sum::<f64>() / samples.len() as f64;
    (freedom > 0).then(|| inflation.sqrt() * student(freedom as f64, z))
}

/// The value that Student's t with this many degrees of freedom (at least 7) exceeds as rarely as the standard normal exceeds `z`, to
/// 1e-4 at 2.5 % (Abramowitz and Stegun 26.7.5).
fn student(freedom: f64, z: f64) -> f64 {
    z + (z.powi(3) + z) / (4.0 * freedom)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom.powi(2))
        + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * freedom.powi(3))
        + (79.0 * z.powi(9) + 776.0 * z.powi(7) + 1482.0 * z.powi(5) - 1920.0 * z.powi(3) - 945.0 * z)
            / (92_160.0 * freedom.powi(4))
}

/// The interval of a share in [0, 1]: Student's, in log-odds, where a metric close to its end is no longer skewed. `None` if
/// the redraws are all alike: what does not vary among the samples says nothing about others. Values closer to 0 or 1 than
/// `step` count as that far from them. Where that is far below what single samples do, and more redraws than an interval leaves out at an
/// end lie so close, their log-odds are those of `step` alone and their deviation says nothing: then the interval has percentiles, as that
/// of a difference.
pub(super) fn of_share(
    value: f64,
    redraws: &[f64],
    without: &[Vec<f64>],
    step: f64,
    reach: f64,
) -> Option<Interval> {
    let log_odds = |share: f64| {
        let share = share.clamp(step, 1.0 - step);
        (share / (1.0 - share)).ln()
    };
    let first = redraws.first()?;
    if redraws.iter().all(|redraw| redraw == first) {
        return None;
    }
    let at_an_end = redraws.iter().filter(|&&redraw| redraw <= step || redraw >= 1.0 - step).count();
    if step < FINE && at_an_end as f64 > LEFT_OUT * redraws.len() as f64 {
        let Interval { low, high } = of_difference(value, redraws, without, reach)?;
        return Some(Interval { low: low.min(value), high: high.max(value) });
    }
    let redraws: Vec<f64> = redraws.iter().map(|&share| log_odds(share)).collect();
    let deviation = standard_deviation(&redraws)?;
    let share = |log_odds: f64| 1.0 / (1.0 + (-log_odds).exp());
    let middle = log_odds(value);
    let (low, high) = (share(middle - reach * deviation), share(middle + reach * deviation));
    Some(Interval { low: low.min(value), high: high.max(value) })
}

/// The interval of a difference: percentiles of the redraws, corrected for bias and acceleration (BCa: Efron and Tibshirani
/// 1993, section 14.3), as far out as `reach` says. `without` holds, for each class of samples, the value without each.
pub(super) fn of_difference(
    value: f64,
    redraws: &[f64],
    without: &[Vec<f64>],
    reach: f64,
) -> Option<Interval> {
    let count = redraws.len() as f64;
    let below = redraws.iter().filter(|&&redraw| redraw < value).count() as f64;
    let ties = redraws.iter().filter(|&&redraw| redraw == value).count() as f64;
    let bias = normal_quantile(((below + ties / 2.0) / count).clamp(1.0 / count, 1.0 - 1.0 / count));
    let acceleration = acceleration(without);
    let percentile = |z: f64| {
        let z = bias + z;
        quantile(redraws, normal_distribution(bias + z / (1.0 - acceleration * z).max(0.05)))
    };
    Some(Interval { low: percentile(-reach)?, high: percentile(reach)? })
}

/// A sixth of the skewness of the influence that single samples have.
fn acceleration(without: &[Vec<f64>]) -> f64 {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for class in without {
        let count = class.len() as f64;
        let mean = class.iter().sum::<f64>() / count;
        for value in class {
            let influence = (count - 1.0) / count * (mean - value);
            squares += influence.powi(2);
            cubes += influence.powi(3);
        }
    }
    if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 }
}

/// The inverse of [`normal_distribution`], by bisection.
fn normal_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if normal_distribution(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (freedom, expected) in [(7.0, 2.3646), (19.0, 2.0930), (99.0, 1.9842), (1e9, 1.9600)] {
            assert!((student(freedom, Z) - expected).abs() < 1e-4, "{freedom}: {}", student(freedom, Z));
        }
        assert!((normal_quantile(0.975) - Z).abs() < 1e-5);
    }

    #[test]
    fn chance_is_that_of_students_test() {
        // 2 * scipy.stats.t.sf(deviations * sqrt((n - 1) / n), n - 1), scipy 1.17.1
        let golden = [
            (8, 0.5, 0.654_205),
            (8, 1.5, 0.203_347),
            (8, 2.5, 0.051_957),
            (8, 5.0, 0.002_269),
            (12, 3.5, 0.006_466),
            (20, 1.5, 0.160_080),
            (20, 2.5, 0.024_830),
            (20, 3.5, 0.002_928),
            (100, 2.5, 0.014_537),
            (100, 3.5, 0.000_741),
            (100, 5.0, 0.000_003),
        ];
        for (samples, deviations, expected) in golden {
            let found = chance(&[samples], deviations).unwrap();
            assert!((found - expected).abs() < 1e-4, "{deviations} on {samples}: {found}");
        }
        assert_eq!(chance(&[20], 0.0), Some(1.0));
        assert_eq!(chance(&[], 1.0), None);
        // The interval that ends at 0.
        let of_interval = chance(&[8, 30], reach(&[8, 30]).unwrap()).unwrap();
        assert!((of_interval - 0.05).abs() < 1e-6, "{of_interval}");
    }

    #[test]
    fn an_interval_reaches_farther_on_fewer_samples() {
        let [few, many, mean] =
            [vec![8], vec![1_000_000], vec![8; 100]].map(|samples| reach(&samples).unwrap());
        assert!((many - Z).abs() < 1e-3, "{many}");
        assert!(many < mean && mean < few, "{many} {mean} {few}");
        assert_eq!(reach(&[]), None);
    }

    #[test]
    fn without_bias_and_skewness_a_difference_has_the_percentiles() {
        let redraws: Vec<f64> = (-500..=500).map(f64::from).collect();
        let found = of_difference(0.0, &redraws, &[vec![-1.0, 1.0]], Z).unwrap();
        assert!((found.low + 475.0).abs() < 0.1 && (found.high - 475.0).abs() < 0.1, "{found:?}");
        // Where leaving out one sample lowers the value most, its long tail is upwards.
        let skewed = of_difference(0.0, &redraws, &[vec![-5.0, 1.0, 1.0, 1.0, 2.0]], Z).unwrap();
        assert!(skewed.low > found.low && skewed.high > found.high, "{skewed:?}");
    }

    #[test]
    fn a_share_stays_one_and_has_no_interval_without_spread() {
        let interval = of_share(0.99, &[0.97, 0.99, 0.999, 0.9999], &[], 1e-6, 3.0).unwrap();
        assert!(0.0 < interval.low && interval.low < 0.95 && interval.high < 1.0, "{interval:?}");
        assert_eq!(of_share(1.0, &[1.0; 10], &[], 1e-6, 2.0), None);
    }

    #[test]
    fn redraws_at_an_end_do_not_stretch_an_interval_over_all_shares() {
        let mut redraws: Vec<f64> = (0..900).map(|at| 0.001 + 0.005 * f64::from(at) / 900.0).collect();
        redraws.extend([0.0; 100]);
        let interval = of_share(0.002, &redraws, &[], 1e-6, 2.4).unwrap();
        assert!(interval.low < 0.001 && interval.high < 0.0065, "{interval:?}");
        let turned: Vec<f64> = redraws.iter().map(|redraw| 1.0 - redraw).collect();
        let interval = of_share(0.998, &turned, &[], 1e-6, 2.4).unwrap();
        assert!(interval.low > 0.9935 && interval.high > 0.999, "{interval:?}");
    }
}
