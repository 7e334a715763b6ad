//! How the runs of CMA-ES follow one another.

use rand::{Rng, RngExt};

/// Restarts of CMA-ES: populations and steps of the runs that follow one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Restarts {
    /// One run only.
    None,
    /// Every run has the first one's population.
    #[default]
    SamePopulation,
    /// IPOP: every run has twice the population of the one before it. Auger and Hansen, "A restart CMA evolution strategy with
    /// increasing population size", CEC 2005.
    Ipop,
    /// BIPOP: runs of doubling populations, and between them, while those have taken fewer evaluations, short runs of small
    /// populations and steps. Hansen, "Benchmarking a BI-population CMA-ES on the BBOB-2009 function testbed", GECCO 2009.
    Bipop,
}

/// How the next run begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NextRun {
    /// Points per generation.
    pub population: usize,
    /// First step, as a share of the usual first step.
    pub step: f64,
    /// The run ends after the generation in which this many evaluations are reached.
    pub most: usize,
}

/// Decides how runs follow one another.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    restarts: Restarts,
    usual: usize,
    /// Population of the last run that was not small.
    population: usize,
    /// Whether the present run counts for the small ones; the first does.
    small: bool,
    /// Evaluations of small and of large runs.
    used: [usize; 2],
}

/// A doubled population needs a budget of so many generations; otherwise it stays as it was.
const GENERATIONS: usize = 10;

impl Schedule {
    /// The schedule after a first run of this population.
    pub(super) fn new(restarts: Restarts, population: usize) -> Self {
        Self { restarts, usual: population, population, small: true, used: [0, 0] }
    }

    /// Population of the first run.
    pub(super) fn usual(&self) -> usize {
        self.usual
    }

    /// The run after one of so many evaluations, when `left` remain; `None` if there is none.
    pub(super) fn next(&mut self, evaluations: usize, left: usize, rng: &mut impl Rng) -> Option<NextRun> {
        let [small, large] = &mut self.used;
        *(if self.small { small } else { large }) += evaluations;
        let [small, large] = self.used;
        self.small = false;
        match self.restarts {
            Restarts::None => return None,
            Restarts::SamePopulation => {}
            Restarts::Bipop if small < large => {
                self.small = true;
                let (share, step): (f64, f64) = (rng.random(), rng.random());
                let most = 0.5 * self.population as f64 / self.usual as f64;
                let population = (self.usual as f64 * most.powf(share * share)).floor() as usize;
                return Some(NextRun {
                    population: population.max(4),
                    step: 10f64.powf(-2.0 * step),
                    most: large / 2,
                });
            }
            Restarts::Ipop | Restarts::Bipop => {
                if left >= GENERATIONS * 2 * self.population {
                    self.population *= 2;
                }
            }
        }
        Some(NextRun { population: self.population, step: 1.0, most: usize::MAX })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Populations of the runs that follow a first one of 10, each of which takes 30 generations.
    fn populations(restarts: Restarts, mut left: usize) -> Vec<usize> {
        let mut schedule = Schedule::new(restarts, 10);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let (mut found, mut evaluations) = (Vec::new(), 300);
        while let Some(run) = schedule.next(evaluations, left, &mut rng) {
            evaluations = (30 * run.population).min(run.most);
            if evaluations > left {
                break;
            }
            left -= evaluations;
            found.push(run.population);
        }
        found
    }

    #[test]
    fn populations_follow_the_regime() {
        assert!(populations(Restarts::None, 9999).is_empty());
        assert_eq!(populations(Restarts::SamePopulation, 1000), [10, 10, 10]);
        // After 600, 1200 and 2400 evaluations 800 are left: not ten generations of 160.
        assert_eq!(populations(Restarts::Ipop, 5000), [20, 40, 80]);
        assert_eq!(populations(Restarts::Ipop, 2700), [20, 40, 40][..2]);
    }

    #[test]
    fn small_runs_come_until_they_have_taken_as_much_as_large_ones() {
        let mut schedule = Schedule::new(Restarts::Bipop, 10);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        // The first run counts as small.
        let large = schedule.next(300, 1_000_000, &mut rng).unwrap();
        assert_eq!(large, NextRun { population: 20, step: 1.0, most: usize::MAX });
        let mut small = schedule.next(900, 1_000_000, &mut rng).unwrap();
        let (mut used, mut steps, mut largest) = (300, Vec::new(), 0);
        while small.most < usize::MAX {
            assert_eq!(small.most, 450);
            assert!(used < 900, "{used}");
            assert!((0.01..=1.0).contains(&small.step));
            steps.push(small.step);
            largest = largest.max(small.population);
            used += 50;
            small = schedule.next(50, 1_000_000, &mut rng).unwrap();
        }
        assert_eq!((used, small.population, largest), (900, 40, 10));
        assert!(steps.iter().any(|&step| step < 0.1) && steps.iter().any(|&step| step > 0.3), "{steps:?}");
        // Between larger ones they may be as large as half.
        let sizes: Vec<usize> = (0..40)
            .map(|_| {
                schedule.used = [0, 5000];
                schedule.next(0, 1_000_000, &mut rng).unwrap().population
            })
            .collect();
        assert!(sizes.iter().all(|size| (10..=schedule.population / 2).contains(size)), "{sizes:?}");
        assert!(sizes.iter().any(|&size| size > 15), "{sizes:?}");
    }
}
