//! The downhill simplex of Nelder and Mead as a search strategy: the box, restarts, the budget.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::sequence::halton;
use super::space::Space;
use super::strategy::{Kind, Strategy, check_lengths};
use super::tracker::finite_or_infinity;
use super::tracker::{Best, Tracker};

/// First side of the simplex, as a share of each axis.
const FIRST_STEP: f64 = 0.25;
/// First side of the simplex of a last run from the best point known.
const LAST_STEP: f64 = 0.025;
/// A run ends when no vertex is farther from the best than this share of any axis.
const LEAST_STEP: f64 = 5e-4;

/// The simplex method of Nelder and Mead (1965) in the form of Lagarias et al. (1998), with the coefficients of Gao and Han
/// (2012) that depend on the number of axes, and restarts. Without derivatives or populations it needs few evaluations for one
/// optimum, and one at a time for the most part.
///
/// - **Box.** A run works on unbounded coordinates in which every axis is 1 long. Points beyond an end are mirrored into the
///   box, points beyond a circle's seam come in on its other side.
/// - **Start.** At the best point that was offered before the first `ask`, whose loss is known; if none was, at the first point of
///   a Halton sequence. Each further vertex is a quarter of an axis away, towards the farther end; on a circle to either
///   side, by chance.
/// - **Restarts** follow a small simplex, the same loss at every vertex, or no new best of the run in 10 (n + 2)
///   evaluations. They start at the next point of the sequence. If the rest of the budget has not got three simplices, the run
///   starts at the best point known, with a tenth of the first side.
/// - **Budget.** A round of evaluations that is cut by the end of the budget is not learnt from.
#[derive(Clone, Debug)]
pub struct NelderMead {
    space: Space,
    left: usize,
    rng: ChaCha8Rng,
    /// Random shift of the Halton sequence, and how much of it was used.
    shift: Vec<f64>,
    drawn: u64,
    best: Tracker,
    /// Vertices whose loss is known, the best first except in a new simplex.
    simplex: Vec<Vertex>,
    step: Step,
    /// Points whose losses the present step wants, of which the first `asked` are out.
    trials: Vec<Trial>,
    asked: usize,
    /// Best loss of the run, and evaluations since then.
    run_best: f64,
    stale: usize,
}

#[derive(Clone, Debug)]
struct Vertex {
    /// Unit coordinates, anywhere.
    at: Vec<f64>,
    loss: f64,
}

#[derive(Clone, Debug)]
struct Trial {
    at: Vec<f64>,
    point: Vec<f64>,
    loss: Option<f64>,
}

/// What the losses of the trials will decide.
#[derive(Clone, Debug)]
enum Step {
    /// Nothing was asked yet.
    New,
    /// The vertices of a new simplex, or those of a shrunken one.
    Vertices,
    Reflect,
    /// Beyond this reflected vertex, which the trial must beat.
    Expand(Vertex),
    /// Between the centroid and this reflected vertex.
    ContractOutside(Vertex),
    ContractInside,
}

impl NelderMead {
    /// A search with at most `budget` points.
    pub fn new(space: &Space, budget: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shift = (0..space.len()).map(|_| rng.random()).collect();
        Self {
            space: space.clone(),
            left: budget,
            rng,
            shift,
            drawn: 0,
            best: Tracker::default(),
            simplex: Vec::new(),
            step: Step::New,
            trials: Vec::new(),
            asked: 0,
            run_best: f64::INFINITY,
            stale: 0,
        }
    }

    /// The best point told so far, asked for or offered.
    pub fn best(&self) -> Option<&Best> {
        self.best.best()
    }

    /// A new simplex at unit coordinates, whose loss may be known.
    fn start(&mut self, at: Vec<f64>, loss: Option<f64>, side: f64) {
        self.run_best = loss.unwrap_or(f64::INFINITY);
        self.stale = 0;
        let mut corners = Vec::with_capacity(at.len() + 1);
        for (axis, dimension) in self.space.dimensions().iter().enumerate() {
            let down = if dimension.circular { self.rng.random() } else { at[axis] > 0.5 };
            let mut corner = at.clone();
            corner[axis] += if down { -side } else { side };
            corners.push(corner);
        }
        self.simplex.clear();
        match loss {
            Some(loss) => self.simplex.push(Vertex { at, loss }),
            None => corners.insert(0, at),
        }
        self.try_out(Step::Vertices, corners);
    }

    fn start_at_best(&mut self, side: f64) {
        match self.best.best() {
            Some(best) if best.loss < f64::INFINITY => {
                let (at, loss) = (self.space.unit(&best.point), best.loss);
                self.start(at, Some(loss), side);
            }
            _ => self.start_elsewhere(side),
        }
    }

    fn start_elsewhere(&mut self, side: f64) {
        let at = halton(self.drawn, &self.shift);
        self.drawn += 1;
        self.start(at, None, side);
    }

    fn restart(&mut self) {
        if self.left < 3 * (self.space.len() + 1) {
            self.start_at_best(LAST_STEP);
        } else {
            self.start_elsewhere(FIRST_STEP);
        }
    }

    /// Wants the losses at these unit coordinates.
    fn try_out(&mut self, step: Step, at: Vec<Vec<f64>>) {
        self.step = step;
        self.asked = 0;
        self.trials =
            at.into_iter().map(|at| Trial { point: self.space.point(at.clone()), at, loss: None }).collect();
    }

    /// Tries the point on the line from the worst vertex through the centroid of the others: 0 is the centroid, -1 the worst
    /// vertex, 1 its reflection.
    fn try_on_line(&mut self, step: Step, position: f64) {
        let n = self.simplex.len() - 1;
        let at = (0..n)
            .map(|axis| {
                let sum: f64 = self.simplex[..n].iter().map(|vertex| vertex.at[axis]).sum();
                let centroid = sum / n as f64;
                centroid + position * (centroid - self.simplex[n].at[axis])
            })
            .collect();
        self.try_out(step, vec![at]);
    }

    fn shrink(&mut self) {
        let share = Coefficients::new(self.space.len()).shrink;
        let best = self.simplex.remove(0);
        let nearer =
            |vertex: &Vertex| best.at.iter().zip(&vertex.at).map(|(b, v)| b + share * (v - b)).collect();
        let at = self.simplex.iter().map(nearer).collect();
        self.simplex = vec![best];
        self.try_out(Step::Vertices, at);
    }

    /// Replaces the worst vertex and goes on.
    fn accept(&mut self, vertex: Vertex) {
        self.simplex.pop();
        self.simplex.push(vertex);
        self.next_round();
    }

    fn next_round(&mut self) {
        // Stable, so that equals keep the order in which they came.
        self.simplex.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        if self.is_over() {
            self.restart();
        } else {
            self.try_on_line(Step::Reflect, 1.0);
        }
    }

    fn is_over(&self) -> bool {
        let [best, others @ ..] = self.simplex.as_slice() else { return true };
        let small = |vertex: &Vertex| best.at.iter().zip(&vertex.at).all(|(b, v)| (b - v).abs() < LEAST_STEP);
        let flat = others.last().is_none_or(|worst| worst.loss == best.loss);
        flat || others.iter().all(small) || self.stale >= 10 * (best.at.len() + 2)
    }

    /// Learns from the trials, all of which have been told.
    fn learn(&mut self) {
        let mut tried: Vec<Vertex> = std::mem::take(&mut self.trials)
            .into_iter()
            .map(|trial| Vertex { at: trial.at, loss: trial.loss.unwrap_or(f64::INFINITY) })
            .collect();
        self.asked = 0;
        for vertex in &tried {
            self.stale += 1;
            if vertex.loss < self.run_best {
                self.run_best = vertex.loss;
                self.stale = 0;
            }
        }
        let step = std::mem::replace(&mut self.step, Step::Vertices);
        if matches!(step, Step::New | Step::Vertices) {
            self.simplex.append(&mut tried);
            self.next_round();
            return;
        }
        let Some(tried) = tried.pop() else { return };
        let coefficients = Coefficients::new(self.space.len());
        let n = self.simplex.len() - 1;
        let (best, second_worst, worst) =
            (self.simplex[0].loss, self.simplex[n - 1].loss, self.simplex[n].loss);
        match step {
            Step::Reflect if tried.loss < best => self.try_on_line(Step::Expand(tried), coefficients.expand),
            Step::Reflect if tried.loss < second_worst => self.accept(tried),
            Step::Reflect if tried.loss < worst => {
                self.try_on_line(Step::ContractOutside(tried), coefficients.contract);
            }
            Step::Reflect => self.try_on_line(Step::ContractInside, -coefficients.contract),
            Step::Expand(reflected) => {
                self.accept(if tried.loss < reflected.loss { tried } else { reflected })
            }
            Step::ContractOutside(reflected) if tried.loss <= reflected.loss => self.accept(tried),
            Step::ContractInside if tried.loss < worst => self.accept(tried),
            _ => self.shrink(),
        }
    }
}

/// Coefficients of the steps by the number of axes: Gao and Han, "Implementing the Nelder-Mead simplex algorithm with adaptive
/// parameters", Comput. Optim. Appl. 51 (2012). Two axes have the usual 2, 1/2, 1/2; one axis takes those as well, since the
/// formulas would have its simplex collapse.
struct Coefficients {
    expand: f64,
    contract: f64,
    shrink: f64,
}

impl Coefficients {
    fn new(axes: usize) -> Self {
        let n = axes.max(2) as f64;
        Self { expand: 1.0 + 2.0 / n, contract: 0.75 - 0.5 / n, shrink: 1.0 - 1.0 / n }
    }
}

impl Strategy for NelderMead {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        if matches!(self.step, Step::New) && self.left > 0 && limit > 0 {
            self.start_at_best(FIRST_STEP);
        }
        let count = limit.min(self.left).min(self.trials.len() - self.asked);
        let points =
            self.trials[self.asked..self.asked + count].iter().map(|trial| trial.point.clone()).collect();
        self.asked += count;
        self.left -= count;
        points
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
        self.best.observe(points, losses);
        for (point, &loss) in points.iter().zip(losses) {
            let waiting = self.trials[..self.asked]
                .iter_mut()
                .find(|trial| trial.loss.is_none() && trial.point == *point);
            if let Some(trial) = waiting {
                trial.loss = Some(finite_or_infinity(loss));
            }
        }
        if !self.trials.is_empty() && self.trials.iter().all(|trial| trial.loss.is_some()) {
            self.learn();
        }
    }

    fn remaining(&self) -> usize {
        self.left
    }

    fn name(&self) -> &'static str {
        Kind::NelderMead.name()
    }
}
