//! How an adaptive run divides its budget over the attacks.

use super::settings::Settings;
use crate::types::Attack;

/// The evaluations of one attack on one sample in an adaptive run: a search, then rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Evaluations of the search, the unchanged picture included.
    pub search: usize,
    /// Evaluations of all rounds.
    pub rounds: usize,
    /// Evaluations of one round.
    pub round: usize,
}

impl Shares {
    /// The shares of an attack that searches at least one axis. All attacks of a run together get what the same budget would give them
    /// alike: an axis along which the loss is rough more than one along which it is smooth, a circle more than an interval, and the joint
    /// attack most (docs/search.md has the measurements).
    pub(super) fn new(settings: &Settings, attack: Attack) -> Self {
        let searched = || settings.attacks.iter().filter(|&&other| !settings.axes_of(other).is_empty());
        let all: f64 = searched().map(|&other| weight(settings, other)).sum();
        let evaluations = (settings.budget - 1) * searched().count();
        let own = (evaluations as f64 * weight(settings, attack) / all).floor() as usize;
        let is_joint = settings.axes_of(attack).len() > 1;
        let (search, round) = if is_joint { (own / 16, 3) } else { (own / 4, 2) };
        let search = search.max(4).min(own);
        Self { search: 1 + search, rounds: own - search, round }
    }

    /// All evaluations, the unchanged picture included.
    pub fn all(self) -> usize {
        self.search + self.rounds
    }
}

/// What an attack gets in proportion to others.
fn weight(settings: &Settings, attack: Attack) -> f64 {
    match settings.axes_of(attack) {
        [axis] if axis.is_geometric() => 11.5,
        [axis] if settings.bounds.is_circular(*axis) => 5.0,
        [_] => 3.5,
        _ => 20.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Axis;

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
                let all: Vec<Shares> = searched.map(|&attack| Shares::new(&settings, attack)).collect();
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
        assert_eq!(Shares::new(&alone, Attack::Joint).all(), 40);
        let all = settings(40);
        let of = |attack| Shares::new(&all, attack).all();
        let singles = Axis::PAPER.map(|axis| of(Attack::Single(axis)));
        assert!(of(Attack::Joint) > singles[0] && singles[0] > singles[1] && singles[1] > singles[2]);
    }
}
