//! A drop as a part of what there is to lose.

/// The part of what a metric has above chance that is lost, (clean - worst) / (clean - chance): 1 where the worst case is no better than
/// guessing, below 0 where it is better than clean. Chance is 0.5 for AUROC and 0 for AUPRO. `None` where clean is no better than chance.
pub fn drop_above_chance(clean: f64, worst: f64, chance: f64) -> Option<f64> {
    (clean > chance).then(|| (clean - worst) / (clean - chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_lost_at_chance() {
        assert_eq!(drop_above_chance(1.0, 0.5, 0.5), Some(1.0));
        assert_eq!(drop_above_chance(0.75, 0.625, 0.5), Some(0.5));
        assert_eq!(drop_above_chance(0.75, 0.625, 0.0), Some(0.125 / 0.75));
        assert_eq!(drop_above_chance(0.5, 0.25, 0.5), None);
    }
}
