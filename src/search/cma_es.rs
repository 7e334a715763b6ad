//! CMA-ES as a search strategy: the box, where to start, restarts, the budget.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cma::{Cma, CmaEsParameters};
use super::restart::{Restarts, Schedule};
use super::sequence::halton;
use super::space::Space;
use super::strategy::{Kind, Strategy, check_lengths};
use super::tracker::finite_or_infinity;
use super::tracker::{Best, Tracker};

/// CmaEsSettings of [`CmaEs`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CmaEsSettings {
    /// Points per generation; `None` takes the tutorial's default, or fewer (at least 4) where the budget has no five such
    /// generations.
    pub population: Option<usize>,
    /// First standard deviation on every axis, as a share of its width.
    pub initial_step: f64,
    /// A run ends, and another one starts, when the standard deviation on every axis is below this share of its width.
    pub least_step: f64,
    /// How a run follows one that has converged or stands still.
    pub restarts: Restarts,
}

impl Default for CmaEsSettings {
    fn default() -> Self {
        Self { population: None, initial_step: 0.3, least_step: 5e-4, restarts: Restarts::default() }
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
///   no new best of the run in 10 + 30 n / lambda generations. They start at the next point of the Halton sequence, with a
///   population by [`Restarts`]; it is doubled only if the rest of the budget has ten such generations. If the rest has not
///   got three generations, the run starts at the best point known, with the first population and a tenth of the first step.
/// - **Budget.** `ask` cuts a generation where the budget or its limit ends; a generation is learnt from when all of it
///   was told.
#[derive(Clone, Debug)]
pub struct CmaEs {
    space: Space,
    settings: CmaEsSettings,
    left: usize,
    rng: ChaCha8Rng,
    /// Random shift of the Halton sequence, and how much of it was used.
    shift: Vec<f64>,
    drawn: u64,
    best: Tracker,
    schedule: Schedule,
    phase: Phase,
    /// The present generation or design; empty when the next is to be made.
    generation: Generation,
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
    evaluations: usize,
    /// Evaluations with which the run ends.
    most: usize,
}

/// Points with their losses, in memory that the next generation uses again.
#[derive(Clone, Debug, Default)]
struct Generation {
    axes: usize,
    /// Coordinates in the box, point after point.
    points: Vec<f64>,
    /// How the points were sampled: y and z of each ([`Cma::sample`]). Not of a design.
    yz: Vec<f64>,
    losses: Vec<Option<f64>>,
    /// How many points were asked for, from the first on.
    asked: usize,
    /// Indices of the points, the best first.
    ranked: Vec<usize>,
}

impl Generation {
    fn is_empty(&self) -> bool {
        self.losses.is_empty()
    }

    /// Makes room for new points.
    fn renew(&mut self, axes: usize, count: usize) {
        self.axes = axes;
        self.asked = 0;
        self.points.resize(axes * count, 0.0);
        self.yz.resize(2 * axes * count, 0.0);
        self.losses.clear();
        self.losses.resize(count, None);
    }

    fn clear(&mut self) {
        self.losses.clear();
        self.asked = 0;
    }

    fn point(&self, index: usize) -> &[f64] {
        &self.points[index * self.axes..(index + 1) * self.axes]
    }

    /// Hands out at most `limit` points that were not asked for yet.
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        let end = self.losses.len().min(self.asked.saturating_add(limit));
        let points = (self.asked..end).map(|index| self.point(index).to_vec()).collect();
        self.asked = end;
        points
    }

    fn tell(&mut self, point: &[f64], loss: f64) {
        let waiting =
            (0..self.asked).find(|&index| self.losses[index].is_none() && self.point(index) == point);
        if let Some(index) = waiting {
            self.losses[index] = Some(finite_or_infinity(loss));
        }
    }

    fn is_told(&self) -> bool {
        !self.is_empty() && self.losses.iter().all(|loss| loss.is_some())
    }

    /// Ranks the points and returns the smallest and the largest loss.
    fn rank(&mut self) -> (f64, f64) {
        let loss = |index: usize| self.losses[index].unwrap_or(f64::INFINITY);
        self.ranked.clear();
        self.ranked.extend(0..self.losses.len());
        // Stable, so that equals keep the order in which they were asked.
        self.ranked.sort_by(|&a, &b| loss(a).total_cmp(&loss(b)));
        (loss(self.ranked[0]), loss(self.ranked[self.ranked.len() - 1]))
    }
}

/// No step is larger than this share of an axis.
const LARGEST_STEP: f64 = 0.6;

impl CmaEs {
    /// CMA-ES with default settings and at most `budget` points.
    pub fn new(space: &Space, budget: usize, seed: u64) -> Self {
        Self::with_settings(space, budget, seed, CmaEsSettings::default())
    }

    /// CMA-ES with these settings and at most `budget` points. A population below 4 is raised to 4.
    pub fn with_settings(space: &Space, budget: usize, seed: u64, settings: CmaEsSettings) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shift = (0..space.len()).map(|_| rng.random()).collect();
        let usual = CmaEsParameters::default_population(space.len());
        let population = settings.population.unwrap_or_else(|| usual.min(budget / 5)).max(4);
        Self {
            space: space.clone(),
            settings,
            left: budget,
            rng,
            shift,
            drawn: 0,
            best: Tracker::default(),
            schedule: Schedule::new(settings.restarts, population),
            phase: Phase::New,
            generation: Generation::default(),
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
    fn start(&mut self, mean: Vec<f64>, step: f64, population: usize, most: usize) {
        let cma = Cma::new(mean, step, CmaEsParameters::new(self.space.len(), population));
        let run = Run { cma, best: f64::INFINITY, stale: 0, flat: 0, evaluations: 0, most };
        self.phase = Phase::Run(Box::new(run));
    }

    fn start_at_best(&mut self, step: f64) {
        // Not even an offered point may have had a loss that is a number; anything is as good then.
        let mean = match self.best.best() {
            Some(best) if best.loss < f64::INFINITY => self.space.unit(&best.point),
            _ => self.next_halton(),
        };
        self.start(mean, step, self.schedule.usual(), usize::MAX);
    }

    /// Starts the run after one of so many evaluations.
    fn restart(&mut self, evaluations: usize) {
        let step = self.settings.initial_step;
        match self.schedule.next(evaluations, self.left, &mut self.rng) {
            None => self.left = 0,
            Some(next) if self.left < 3 * next.population => self.start_at_best(step / 10.0),
            Some(next) => {
                let mean = self.next_halton();
                self.start(mean, step * next.step, next.population, next.most);
            }
        }
    }

    /// Makes the next generation, once the one before it has been learnt from.
    fn sample(&mut self) {
        let axes = self.space.len();
        if matches!(self.phase, Phase::New) {
            if self.best.best().is_some() {
                self.start_at_best(self.settings.initial_step);
            } else {
                self.phase = Phase::Design;
                self.generation.renew(axes, self.schedule.usual());
                for index in 0..self.schedule.usual() {
                    let unit = self.next_halton();
                    let point = &mut self.generation.points[index * axes..][..axes];
                    point.copy_from_slice(&unit);
                    self.space.fold(point);
                }
            }
        }
        if let Phase::Run(run) = &self.phase {
            self.generation.renew(axes, run.cma.parameters().population);
            let Generation { points, yz, .. } = &mut self.generation;
            for (point, yz) in points.chunks_exact_mut(axes).zip(yz.chunks_exact_mut(2 * axes)) {
                run.cma.sample(&mut self.rng, point, yz);
                self.space.fold(point);
            }
        }
    }

    /// Learns from the generation, all of which has been told.
    fn learn(&mut self) {
        let (first, last) = self.generation.rank();
        let count = self.generation.losses.len();
        self.generation.clear();
        let Phase::Run(run) = &mut self.phase else {
            // The best of a design is known to within about half the distance of its points.
            let half = 0.5 / (count as f64).powf(1.0 / self.space.len() as f64);
            self.start_at_best(self.settings.initial_step.min(half));
            return;
        };
        run.learn(&self.generation, first, last);
        if run.is_over(self.settings.least_step) {
            let evaluations = run.evaluations;
            self.restart(evaluations);
        }
    }
}

impl Run {
    /// Learns from a generation, of which `first` and `last` are the smallest and the largest loss.
    fn learn(&mut self, generation: &Generation, first: f64, last: f64) {
        self.cma.update(&generation.yz, &generation.ranked);
        self.evaluations += generation.ranked.len();
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
        let CmaEsParameters { population, .. } = *self.cma.parameters();
        let patience = 10 + (30 * self.cma.axes()).div_ceil(population);
        self.flat >= 2
            || self.evaluations >= self.most
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
        let points = self.generation.ask(limit.min(self.left));
        self.left -= points.len();
        points
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
        self.best.observe(points, losses);
        for (point, &loss) in points.iter().zip(losses) {
            self.generation.tell(point, loss);
        }
        if self.generation.is_told() {
            self.learn();
        }
    }

    fn remaining(&self) -> usize {
        self.left
    }

    fn name(&self) -> &'static str {
        match self.settings.restarts {
            Restarts::None | Restarts::SamePopulation => Kind::CmaEs,
            Restarts::Ipop => Kind::IpopCmaEs,
            Restarts::Bipop => Kind::BipopCmaEs,
        }
        .name()
    }
}
