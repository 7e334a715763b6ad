//! How an adaptive run divides its budget over the attacks.

use crate::types::{Axis, Bounds};

/// The evaluations of one attack on one sample in an adaptive run: a search, then rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Evaluations of the search, the unchanged picture included.
    pub search: usize,
    /// What all rounds may spend, in full evaluations.
    pub rounds: usize,
    /// Evaluations of one round of coarse ones; 0 for none.
    pub coarse_round: usize,
    /// Evaluations of one round of full ones.
    pub full_round: usize,
}

impl Shares {
    /// The shares of an attack on `axes`, at least one, where `attacks` are the axes of all attacks of the run and `evaluations` what a sample
    /// gets for all of them together, the unchanged picture left out. An axis along which the loss is rough gets more than one along which it
    /// is smooth, a circle more than an interval, and the joint attack most (docs/search.md has the measurements). A list gets one for each
    /// of its values, and no more than an even share.
    pub(super) fn new(evaluations: usize, attacks: &[&[Axis]], axes: &[Axis], bounds: &Bounds) -> Self {
        let listed = |axes: &[Axis]| match axes {
            [axis] => bounds.listed(*axis).map(|values| (values - 1).min(evaluations / attacks.len())),
            _ => None,
        };
        if let Some(search) = listed(axes) {
            return Self { search: 1 + search, rounds: 0, coarse_round: 0, full_round: 1 };
        }
        let evaluations = evaluations - attacks.iter().filter_map(|axes| listed(axes)).sum::<usize>();
        let searched = attacks.iter().filter(|axes| listed(axes).is_none());
        let all: f64 = searched.map(|axes| weight(axes, bounds)).sum();
        let own = (evaluations as f64 * weight(axes, bounds) / all).floor() as usize;
        let (search, coarse_round, full_round) = match axes {
            [axis] if axis.is_geometric() => (own / 4, 4, 1),
            // Along a smooth axis a few full evaluations tell as much as many coarse ones.
            [_] => (own / 4, 0, 2),
            _ => (own / 16, 6, 2),
        };
        let search = search.max(4).min(own);
        Self { search: 1 + search, rounds: own - search, coarse_round, full_round }
    }

    /// All evaluations, the unchanged picture included.
    pub fn all(self) -> usize {
        self.search + self.rounds
    }
}

/// What an attack gets in proportion to others.
fn weight(axes: &[Axis], bounds: &Bounds) -> f64 {
    match axes {
        [axis] if axis.is_geometric() => 9.0,
        [axis] if bounds.is_circular(*axis) => 6.5,
        [_] => 4.5,
        _ => 20.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Settings;
    use crate::types::Attack;

    fn settings(budget: usize) -> Settings {
        Settings { budget, adaptive: true, ..Settings::default() }
    }

    #[test]
    fn all_attacks_together_spend_no_more_than_the_budget_gives_them_alike() {
        for budget in [1, 2, 5, 12, 40, 100, 1000] {
            for axes in [&Axis::PAPER[..], &Axis::ALL, &[Axis::Hue], &[Axis::Blur, Axis::Angle]] {
                let mut settings =
                    Settings { attacks: Attack::over(axes), axes: axes.to_vec(), ..settings(budget) };
                settings.normalise();
                let searched = settings.attacks.iter().filter(|&&attack| attack != Attack::Clean);
                let all: Vec<Shares> = searched.map(|&attack| settings.shares(attack).unwrap()).collect();
                let spent: usize = all.iter().map(|shares| shares.all() - 1).sum();
                let most = (budget - 1) * all.len();
                assert!(spent <= most && spent + all.len() >= most, "{budget} {axes:?}: {spent} of {most}");
            }
        }
    }

    #[test]
    fn one_attack_alone_gets_the_budget_and_the_joint_one_most_of_several() {
        let mut alone = Settings { attacks: vec![Attack::Joint], ..settings(40) };
        alone.normalise();
        assert_eq!(alone.shares(Attack::Joint).unwrap().all(), 40);
        let all = settings(40);
        let of = |attack| all.shares(attack).unwrap().all();
        let singles = Axis::PAPER.map(|axis| of(Attack::Single(axis)));
        assert!(of(Attack::Joint) > singles[0] && singles[0] > singles[1] && singles[1] > singles[2]);
    }
}
