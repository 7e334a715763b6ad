//! Small statistics, lists without repetition, and the derivation of seeds. Pure.

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
    fn seeds_depend_on_seed_and_name() {
        assert_eq!(derive_seed(1, "a"), derive_seed(1, "a"));
        assert_ne!(derive_seed(1, "a"), derive_seed(1, "b"));
        assert_ne!(derive_seed(1, "a"), derive_seed(2, "a"));
    }
}
