//! Small statistics, lists without repetition, and the derivation of seeds. Pure.

use std::collections::BTreeSet;

/// Arithmetic mean, `None` for nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of a sample (n - 1), `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Quantile `q` in [0, 1] with linear interpolation between order statistics (numpy's default), `None` for nothing.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = q.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    Some(sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64))
}

/// Median, `None` for nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Expected improvement on `best` (lower is better) of a normally distributed value (Jones, Schonlau and Welch 1998, equation 15).
pub fn expected_improvement(best: f64, mean: f64, deviation: f64) -> f64 {
    let gain = best - mean;
    if deviation <= 0.0 {
        return gain.max(0.0);
    }
    let z = gain / deviation;
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    (gain * normal_distribution(z) + deviation * density).max(0.0)
}

/// Distribution function of the standard normal, to 1e-7 (Abramowitz and Stegun 26.2.17).
pub fn normal_distribution(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let coefficients = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let series = coefficients.iter().rev().fold(0.0, |sum, coefficient| (sum + coefficient) * t);
    let tail = series * (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    if z >= 0.0 { 1.0 - tail } else { tail }
}

/// The exact interval of Clopper and Pearson (1934) for the probability of an event that came `events` times in `trials`: it holds the
/// probability with at least `confidence`. (0, 1) for no trials.
///
/// # Panics
/// If there are more events than trials.
pub fn clopper_pearson(events: usize, trials: usize, confidence: f64) -> (f64, f64) {
    assert!(events <= trials, "{events} of {trials}");
    let tail = (1.0 - confidence) / 2.0;
    (least_probability(events, trials, tail), 1.0 - least_probability(trials - events, trials, tail))
}

/// Which of independent draws, counted from the worst, is one that at most a `share` of all further draws are worse than, with this
/// confidence: the highest such rank, 1 for the worst draw itself; `None` where there are too few draws. It is the tolerance limit of Wilks
/// (1941): of a continuous distribution the share beyond the k-th worst of n follows Beta(k, n - k + 1), and ties only help.
///
/// # Panics
/// If share or confidence do not lie between 0 and 1.
pub fn tolerance_rank(draws: usize, share: f64, confidence: f64) -> Option<usize> {
    assert!(0.0 < share && share < 1.0 && 0.0 < confidence && confidence < 1.0, "{share}, {confidence}");
    // One end of a two-sided interval of twice the tail.
    let beyond = |rank: usize| clopper_pearson(rank - 1, draws, 2.0 * confidence - 1.0).1;
    let (mut rank, mut over) = (0, draws + 1);
    while rank + 1 < over {
        let middle = rank + (over - rank) / 2;
        if beyond(middle) <= share { rank = middle } else { over = middle }
    }
    (rank > 0).then_some(rank)
}

/// The fewest draws of which the worst stands for [`tolerance_rank`].
///
/// # Panics
/// If share or confidence do not lie between 0 and 1.
pub fn tolerance_draws(share: f64, confidence: f64) -> usize {
    assert!(0.0 < share && share < 1.0 && 0.0 < confidence && confidence < 1.0, "{share}, {confidence}");
    ((1.0 - confidence).ln() / (-share).ln_1p()).ceil() as usize
}

/// Which of several hypotheses with these probabilities are rejected so that the probability of rejecting even one that is true is at
/// most `level`, by the steps of Holm (1979).
pub fn holm(probabilities: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut rejected = vec![false; probabilities.len()];
    for (step, &at) in order.iter().enumerate() {
        if probabilities[at] > level / (probabilities.len() - step) as f64 {
            break;
        }
        rejected[at] = true;
    }
    rejected
}

/// The probability at which `events` or more of `trials` come with probability `tail`, which lies below their share.
fn least_probability(events: usize, trials: usize, tail: f64) -> f64 {
    if events == 0 {
        return 0.0;
    }
    let others = trials - events;
    if others == 0 {
        return tail.powf(1.0 / trials as f64);
    }
    let fewer = events.min(others);
    let ways: f64 = (1..=fewer).map(|i| ((trials - fewer + i) as f64 / i as f64).ln()).sum();
    // The binomial probabilities of `events`, `events + 1` and so on, which fall where `p` is below the share.
    let or_more = |p: f64| {
        let odds = p / (1.0 - p);
        let mut term = (ways + events as f64 * p.ln() + others as f64 * (-p).ln_1p()).exp();
        let mut sum = term;
        for count in events..trials {
            term *= (trials - count) as f64 / (count + 1) as f64 * odds;
            sum += term;
            if term <= sum * 1e-17 {
                break;
            }
        }
        sum
    };
    let (mut low, mut high) = (0.0, events as f64 / trials as f64);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if or_more(middle) < tail { low = middle } else { high = middle }
    }
}

/// The texts in order, none twice: numbers by their value, before all other texts.
pub fn in_order<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<&'t str> {
    let texts: BTreeSet<&str> = texts.into_iter().collect();
    let mut texts: Vec<&str> = texts.into_iter().collect();
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    texts.sort_by(|a, b| match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    texts
}

/// The distinct values, in the order of first appearance.
pub fn distinct<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

/// Items grouped by key, the groups in the order in which the keys first appear.
pub fn grouped<T, K: PartialEq>(items: impl IntoIterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for item in items {
        match groups.iter_mut().find(|group| key(&group[0]) == key(&item)) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

/// A seed for one part of a run, from the run's seed and the part's name alone, so that it does not depend on
/// order, batch or shard (FNV-1a over the name, mixed with splitmix64).
pub fn derive_seed(seed: u64, name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut z = (seed ^ hash).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(median(&[3.0, 1.0, 2.0, 4.0]), Some(2.5));
        assert_eq!(quantile(&[0.0, 10.0], 0.25), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(mean(&[1.0, 3.0]), Some(2.0));
        assert_eq!(
            standard_deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]),
            Some((32.0_f64 / 7.0).sqrt())
        );
        assert_eq!(standard_deviation(&[2.0]), None);
    }

    #[test]
    fn lists_keep_the_order_of_first_appearance() {
        assert_eq!(distinct(["b", "a", "b", "c", "a"]), ["b", "a", "c"]);
        let groups = grouped([3, 1, 5, 2, 1], |number| number % 2);
        assert_eq!(groups, [vec![3, 1, 5, 1], vec![2]]);
        assert!(grouped([0; 0], |&number| number).is_empty());
    }

    #[test]
    fn improvement_is_expected_as_in_the_tables() {
        // Phi(1) = 0.8413447461, phi(1) = 0.2419707245.
        assert!((expected_improvement(1.0, 0.0, 1.0) - 1.083_315_470_6).abs() < 1e-6);
        assert!((expected_improvement(0.0, 1.0, 1.0) - 0.083_315_470_6).abs() < 1e-6);
        assert!(
            (expected_improvement(3.0, 0.0, 2.0) - 2.0 * expected_improvement(1.5, 0.0, 1.0)).abs() < 1e-9
        );
        assert_eq!(expected_improvement(1.0, 3.0, 0.0), 0.0);
        assert_eq!(expected_improvement(3.0, 1.0, 0.0), 2.0);
    }

    #[test]
    #[allow(clippy::excessive_precision)]
    fn intervals_of_counts_are_those_of_scipy() {
        // float(end) of binomtest(events, trials).proportion_ci(method="exact"), scipy 1.16.3
        let golden = [
            (0, 10, 0.0, 0.308_497_107_818_762_94),
            (10, 10, 0.691_502_892_181_237_1, 1.0),
            (1, 20, 0.001_265_089_497_956_033_9, 0.248_732_762_772_027_72),
            (3, 20, 0.032_070_937_185_445_77, 0.378_926_826_545_295_64),
            (7, 9, 0.399_906_426_283_687_9, 0.971_855_026_522_112_6),
            (150, 2000, 0.063_836_222_224_562_23, 0.087_427_847_440_160_34),
            (0, 3000, 0.0, 0.001_228_870_803_825_501_1),
            (123_456, 2_000_000, 0.061_394_851_900_966_226, 0.062_062_417_862_784_62),
            (1_999_999, 2_000_000, 0.999_997_214_181_488_2, 0.999_999_987_341_102_2),
        ];
        for (events, trials, low, high) in golden {
            let found = clopper_pearson(events, trials, 0.95);
            assert!((found.0 - low).abs() < 1e-10, "{events} of {trials}: {found:?}");
            assert!((found.1 - high).abs() < 1e-10, "{events} of {trials}: {found:?}");
        }
        assert_eq!(clopper_pearson(0, 0, 0.95), (0.0, 1.0));
    }

    #[test]
    fn holm_stops_at_the_first_that_may_be_chance() {
        // 0.05 / 4 is 0.0125, 0.05 / 3 is 0.0167, 0.05 / 2 is 0.025.
        assert_eq!(holm(&[0.03, 0.01, 0.04, 0.005], 0.05), [false, true, false, true]);
        assert_eq!(holm(&[0.02, 0.015, 0.04, 0.005], 0.05), [true; 4]);
        // One that may be chance keeps those behind it from being told, however small they are.
        assert_eq!(holm(&[0.026, 0.03, 0.001], 0.05), [false, false, true]);
        assert_eq!(holm(&[], 0.05), [true; 0]);
    }

    #[test]
    fn the_ranks_of_wilks() {
        // 59, 299 and 2995 draws for 5, 1 and 0.1 %; 459 for 1 % at 99 %.
        for (share, confidence, draws) in
            [(0.05, 0.95, 59), (0.01, 0.95, 299), (0.001, 0.95, 2995), (0.01, 0.99, 459)]
        {
            assert_eq!(tolerance_draws(share, confidence), draws);
            assert_eq!(tolerance_rank(draws, share, confidence), Some(1));
            assert_eq!(tolerance_rank(draws - 1, share, confidence), None);
        }
        // The 95 % quantile of Beta(10, 991) is 1.565 %.
        assert_eq!(tolerance_rank(1000, 0.01566, 0.95), Some(10));
        assert_eq!(tolerance_rank(1000, 0.0156, 0.95), Some(9));
        assert_eq!(tolerance_rank(0, 0.5, 0.95), None);
    }

    #[test]
    fn a_certified_share_is_exceeded_no_more_often_than_stated() {
        use rand::{RngExt, SeedableRng};
        for (draws, share) in [(1000, 0.01), (200, 0.05), (300, 0.1)] {
            let rank = tolerance_rank(draws, share, 0.95).unwrap();
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(draws as u64);
            let exceeded = (0..1000).filter(|_| {
                let mut values: Vec<f64> = (0..draws).map(|_| random.random()).collect();
                values.sort_by(f64::total_cmp);
                // Of evenly drawn values the share below one is the value.
                values[rank - 1] > share
            });
            let exceeded = exceeded.count();
            assert!((5..=50).contains(&exceeded), "{exceeded} of 1000 with {draws} draws");
        }
    }

    #[test]
    fn seeds_depend_on_seed_and_name() {
        assert_eq!(derive_seed(1, "a"), derive_seed(1, "a"));
        assert_ne!(derive_seed(1, "a"), derive_seed(1, "b"));
        assert_ne!(derive_seed(1, "a"), derive_seed(2, "a"));
    }

    #[test]
    fn numbers_come_by_their_value_before_words() {
        let texts = ["10", "2", "warm", "-1.5", "NaN", "1e1", "0", "2", "cold", "inf"];
        assert_eq!(in_order(texts), ["-1.5", "0", "2", "10", "1e1", "NaN", "cold", "inf", "warm"]);
    }
}
