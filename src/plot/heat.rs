//! The colour map of anomaly scores.

/// The stops of the colour map: dark blue over purple and orange to pale yellow; lightness grows evenly, so that it reads in grey as well.
const STOPS: [[f32; 3]; 7] = [
    [0.02, 0.02, 0.12],
    [0.20, 0.06, 0.38],
    [0.45, 0.11, 0.43],
    [0.70, 0.19, 0.35],
    [0.90, 0.37, 0.20],
    [0.98, 0.64, 0.13],
    [0.99, 0.97, 0.70],
];

/// RGB in [0, 1] of a value; values outside [0, 1] take the colour of the nearer end.
pub fn colour(value: f32) -> [f32; 3] {
    let at = value.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let below = (at as usize).min(STOPS.len() - 2);
    let share = at - below as f32;
    [0, 1, 2].map(|channel| STOPS[below][channel] * (1.0 - share) + STOPS[below + 1][channel] * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lightness_grows_with_the_value() {
        let lightness = |value: f32| {
            let [r, g, b] = colour(value);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        for step in 0..100 {
            assert!(lightness(step as f32 / 100.0) < lightness((step + 1) as f32 / 100.0), "at {step}");
        }
        assert_eq!(colour(-1.0), STOPS[0]);
        assert_eq!(colour(2.0), STOPS[6]);
        assert_eq!(colour(0.5), STOPS[3]);
    }
}
