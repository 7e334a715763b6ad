//! CMA-ES as a search strategy: the box, where to start, restarts, the budget.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cma::{Candidate, Cma, Parameters};
use super::sequence::halton;
use super::tracker::finite_or_infinity;
use super::{Best, Space, Strategy, Tracker, check_lengths};

/// Settings of [`CmaEs`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Points per generation; `None` takes the tutorial's default, or fewer (at least 4) where the budget has not got five
    /// such generations.
    pub population: Option<usize>,
    /// First standard deviation on every axis, as a share of its width.
    pub initial_step: f64,
    /// A run ends, and another one starts, when the standard deviation on every axis is below this share of its width.
    pub least_step: f64,
    /// Whether a run that has converged or stands still is followed by another one.
    pub restarts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { population: None, initial_step: 0.3, least_step: 5e-4, restarts: true }
    }
}

/// CMA-ES (active, full covariance) with restarts, for small budgets of expensive evaluations.
///
/// - **Box.** A run works on unbounded coordinates in which every axis is 1 long. Points beyond an end are mirrored into the
///   box, points beyond a circle's seam come in on its other side; the update uses where they were before that. So
///   the run sees a loss without boundaries that repeats itself, and needs neither penalty nor resampling. Steps are kept
///   at or below 0.6 of an axis, beyond which a mirrored normal distribution is all but uniform.
/// - **Start.** At the best point that was offered before the first `ask`; if none was, the first population is a
///   Halton design over the whole box, and its best point the start, with a step of at most half the mean distance of
///   the design's points.
/// - **Restarts** follow convergence (`least_step`), a degenerate covariance, two generations in a row without any difference, or
///   no new best of the run in 10 + 30 n / lambda generations. They start at the next point of the Halton sequence,
///   with twice the population (IPOP; Auger and Hansen 2005) if the rest of the budget has ten such generations, and the same
///   otherwise. If it has not got three, the run starts at the best point known, with a tenth of the first step.
/// - **Budget.** `ask` cuts a generation where the budget or its limit ends; a generation is learnt from when all of it
///   was told.
#[derive(Clone, Debug)]
pub struct CmaEs {
    space: Space,
    settings: Settings,
    left: usize,
    rng: ChaCha8Rng,
    /// Random shift of the Halton sequence, and how much of it was used.
    shift: Vec<f64>,
    drawn: u64,
    best: Tracker,
    population: usize,
    phase: Phase,
    /// The present generation (or design), of which the first `asked` are out.
    generation: Vec<Member>,
    asked: usize,
}

#[derive(Clone, Debug)]
enum Phase {
    /// Nothing was asked yet.
    New,
    /// The generation is a space-filling design.
    Design,
    /// A run of CMA-ES.
    Run(Box<Run>),
}

#[derive(Clone, Debug)]
struct Run {
    cma: Cma,
    best: f64,
    /// Generations since `best` was found.
    stale: usize,
    /// Generations in a row whose losses were all the same.
    flat: usize,
}

#[derive(Clone, Debug)]
struct Member {
    point: Vec<f64>,
    /// How it was sampled; a point of a design was not.
    candidate: Option<Candidate>,
    loss: Option<f64>,
}

/// No step is larger than this share of an axis.
const LARGEST_STEP: f64 = 0.6;

impl CmaEs {
    /// With default settings.
    pub fn new(space: &Space, budget: usize, seed: u64) -> Self {
        Self::with_settings(space, budget, seed, Settings::default())
    }

    /// With other settings. A population below 4 is raised to 4.
    pub fn with_settings(space: &Space, budget: usize, seed: u64, settings: Settings) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shift = (0..space.len()).map(|_| rng.random()).collect();
        let usual = Parameters::default_population(space.len());
        let population = settings.population.unwrap_or_else(|| usual.min(budget / 5)).max(4);
        Self {
            space: space.clone(),
            settings,
            left: budget,
            rng,
            shift,
            drawn: 0,
            best: Tracker::default(),
            population,
            phase: Phase::New,
            generation: Vec::new(),
            asked: 0,
        }
    }

    /// The best point told so far, asked for or offered.
    pub fn best(&self) -> Option<&Best> {
        self.best.best()
    }

    fn next_halton(&mut self) -> Vec<f64> {
        let unit = halton(self.drawn, &self.shift);
        self.drawn += 1;
        unit
    }

    /// Starts a run at unit coordinates.
    fn start(&mut self, mean: Vec<f64>, step: f64) {
        let parameters = Parameters::new(self.space.len(), self.population);
        let cma = Cma::new(mean, step, parameters);
        self.phase = Phase::Run(Box::new(Run { cma, best: f64::INFINITY, stale: 0, flat: 0 }));
    }

    fn start_at_best(&mut self, step: f64) {
        // Not even an offered point may have had a loss that is a number; anything is as good then.
        let mean = match self.best.best() {
            Some(best) if best.loss < f64::INFINITY => self.space.unit(&best.point),
            _ => self.next_halton(),
        };
        self.start(mean, step);
    }

    fn restart(&mut self) {
        if self.left < 3 * self.population {
            self.start_at_best(self.settings.initial_step / 10.0);
            return;
        }
        if self.left >= 10 * 2 * self.population {
            self.population *= 2;
        }
        let mean = self.next_halton();
        self.start(mean, self.settings.initial_step);
    }

    /// Makes the next generation, once the one before it has been learnt from.
    fn sample(&mut self) {
        if matches!(self.phase, Phase::New) {
            if self.best.best().is_some() {
                self.start_at_best(self.settings.initial_step);
            } else {
                self.phase = Phase::Design;
                self.generation = (0..self.population)
                    .map(|_| {
                        let unit = self.next_halton();
                        Member { point: self.space.point(unit), candidate: None, loss: None }
                    })
                    .collect();
                self.asked = 0;
                return;
            }
        }
        if let Phase::Run(run) = &self.phase {
            self.generation = (0..run.cma.parameters().population)
                .map(|_| {
                    let (x, candidate) = run.cma.sample(&mut self.rng);
                    Member { point: self.space.point(x), candidate: Some(candidate), loss: None }
                })
                .collect();
            self.asked = 0;
        }
    }

    /// Learns from the generation, all of which has been told.
    fn learn(&mut self) {
        let mut generation = std::mem::take(&mut self.generation);
        self.asked = 0;
        // Stable, so that equals keep the order in which they were asked.
        let loss = |member: &Member| member.loss.unwrap_or(f64::INFINITY);
        generation.sort_by(|a, b| loss(a).total_cmp(&loss(b)));
        let Phase::Run(run) = &mut self.phase else {
            // The best of a design is known to within about half the distance of its points.
            let half = 0.5 / (generation.len() as f64).powf(1.0 / self.space.len() as f64);
            self.start_at_best(self.settings.initial_step.min(half));
            return;
        };
        let (first, last) = (loss(&generation[0]), loss(&generation[generation.len() - 1]));
        let ranked: Vec<&Candidate> =
            generation.iter().filter_map(|member| member.candidate.as_ref()).collect();
        run.learn(&ranked, first, last);
        if run.is_over(self.settings.least_step) {
            if self.settings.restarts {
                self.restart();
            } else {
                self.left = 0;
            }
        }
    }
}

impl Run {
    /// `first` and `last` are the smallest and the largest loss of the generation.
    fn learn(&mut self, ranked: &[&Candidate], first: f64, last: f64) {
        self.cma.update(ranked);
        self.cma.limit_step(LARGEST_STEP);
        self.flat = if first == last { self.flat + 1 } else { 0 };
        if first < self.best {
            self.best = first;
            self.stale = 0;
        } else {
            self.stale += 1;
        }
    }

    fn is_over(&self, least_step: f64) -> bool {
        let Parameters { population, .. } = *self.cma.parameters();
        let patience = 10 + (30 * self.cma.axes()).div_ceil(population);
        self.flat >= 2
            || self.stale >= patience
            || self.cma.largest_step() < least_step
            || self.cma.is_degenerate()
    }
}

impl Strategy for CmaEs {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        if self.generation.is_empty() && self.left > 0 && limit > 0 {
            self.sample();
        }
        let count = limit.min(self.left).min(self.generation.len() - self.asked);
        let points = self.generation[self.asked..self.asked + count]
            .iter()
            .map(|member| member.point.clone())
            .collect();
        self.asked += count;
        self.left -= count;
        points
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
        self.best.observe(points, losses);
        for (point, &loss) in points.iter().zip(losses) {
            let waiting = self.generation[..self.asked]
                .iter_mut()
                .find(|member| member.loss.is_none() && member.point == *point);
            if let Some(member) = waiting {
                member.loss = Some(finite_or_infinity(loss));
            }
        }
        if !self.generation.is_empty() && self.generation.iter().all(|member| member.loss.is_some()) {
            self.learn();
        }
    }

    fn remaining(&self) -> usize {
        self.left
    }

    fn name(&self) -> &'static str {
        super::Kind::CmaEs.name()
    }
}
