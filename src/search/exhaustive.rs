//! A dense grid, then a local polish from its best points: the truth that other strategies are measured against.

use std::collections::VecDeque;

use super::grid::Grid;
use super::space::Space;
use super::strategy::{Kind, Strategy, check_lengths};
use super::tracker::finite_or_infinity;

/// Share of the budget for the polish.
const POLISH: usize = 12;
/// Points of the grid that are polished.
const STARTS: usize = 8;
/// The polish ends when its step is this share of the grid's.
const FINEST: f64 = 1.0 / 64.0;

/// Exhaustive search: the regular grid of [`Grid`] with all but a twelfth of the budget, then a compass search from the eight
/// best points, those offered included: each tries a step up and down every axis, moves to the best of them, and halves the
/// step where none is better.
#[derive(Clone, Debug)]
pub struct Exhaustive {
    space: Space,
    grid: Grid,
    /// Every loss of the grid, with unit coordinates; given up when the polish begins.
    seen: Vec<(f64, Vec<f64>)>,
    compasses: Option<Vec<Compass>>,
    /// Evaluations left for the polish.
    polish: usize,
    queue: VecDeque<Asked>,
    asked: VecDeque<Asked>,
}

/// A point and who wants to know its loss.
#[derive(Clone, Debug)]
struct Asked {
    point: Vec<f64>,
    unit: Vec<f64>,
    /// Index of the local search that asked; `None` for the grid.
    compass: Option<usize>,
}

/// One local search, in unit coordinates.
#[derive(Clone, Debug)]
struct Compass {
    at: Vec<f64>,
    loss: f64,
    step: f64,
    finest: f64,
    best: Option<(f64, Vec<f64>)>,
    waiting: usize,
}

impl Exhaustive {
    /// An exhaustive search of at most `budget` points in all.
    pub fn new(space: &Space, budget: usize) -> Self {
        let grid = Self::grid_budget(budget);
        Self {
            space: space.clone(),
            grid: Grid::new(space, grid),
            seen: Vec::new(),
            compasses: None,
            polish: budget - grid,
            queue: VecDeque::new(),
            asked: VecDeque::new(),
        }
    }

    /// The part of a budget that the grid may have.
    pub const fn grid_budget(budget: usize) -> usize {
        budget - budget / POLISH
    }

    fn begin_polish(&mut self) -> Vec<Compass> {
        let per_axis = (self.seen.len().max(2) as f64).powf(1.0 / self.space.len() as f64);
        let step = 0.5 / per_axis;
        let mut ranked = std::mem::take(&mut self.seen);
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranked
            .into_iter()
            .take(STARTS)
            .map(|(loss, at)| Compass { at, loss, step, finest: 2.0 * step * FINEST, best: None, waiting: 0 })
            .collect()
    }

    /// Queues the neighbours of every compass that is not finished; a round begins when the last one is known, so that it does
    /// not matter how calls are cut.
    fn next_round(&mut self) {
        for (index, compass) in self.compasses.iter_mut().flatten().enumerate() {
            if compass.is_finished() {
                continue;
            }
            // The grid has every value of a list.
            for axis in (0..self.space.len()).filter(|&axis| self.space.listed(axis).is_none()) {
                for sign in [-1.0, 1.0] {
                    let mut unit = compass.at.clone();
                    unit[axis] += sign * compass.step;
                    let point = self.space.point(unit.clone());
                    self.queue.push_back(Asked { point, unit, compass: Some(index) });
                    compass.waiting += 1;
                }
            }
        }
    }
}

impl Compass {
    fn is_finished(&self) -> bool {
        self.step < self.finest
    }

    fn learn(&mut self, unit: Vec<f64>, loss: f64) {
        if self.best.as_ref().is_none_or(|best| loss < best.0) {
            self.best = Some((loss, unit));
        }
        self.waiting -= 1;
        if self.waiting == 0 {
            match self.best.take() {
                Some((loss, unit)) if loss < self.loss => (self.loss, self.at) = (loss, unit),
                _ => self.step /= 2.0,
            }
        }
    }
}

impl Strategy for Exhaustive {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        let points = self.grid.ask(limit);
        if !points.is_empty() {
            self.asked.extend(points.iter().map(|point| Asked {
                point: point.clone(),
                unit: self.space.unit(point),
                compass: None,
            }));
            return points;
        }
        if self.queue.is_empty() && self.asked.is_empty() {
            if self.compasses.is_none() {
                self.compasses = Some(self.begin_polish());
            }
            self.next_round();
        }
        let count = self.queue.len().min(limit).min(self.polish);
        self.polish -= count;
        let next: Vec<Asked> = self.queue.drain(..count).collect();
        let points = next.iter().map(|asked| asked.point.clone()).collect();
        self.asked.extend(next);
        points
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
        for (point, &loss) in points.iter().zip(losses) {
            let loss = finite_or_infinity(loss);
            let expected = self.asked.front().is_some_and(|asked| asked.point == *point);
            match if expected { self.asked.pop_front() } else { None } {
                Some(Asked { unit, compass: Some(index), .. }) => {
                    if let Some(compass) = self.compasses.as_mut().and_then(|all| all.get_mut(index)) {
                        compass.learn(unit, loss);
                    }
                }
                _ if self.compasses.is_none() => self.seen.push((loss, self.space.unit(point))),
                _ => {}
            }
        }
    }

    fn remaining(&self) -> usize {
        let finished =
            self.compasses.as_ref().is_some_and(|all| all.iter().all(|c| c.is_finished() && c.waiting == 0));
        self.grid.remaining() + if finished { 0 } else { self.polish }
    }

    fn name(&self) -> &'static str {
        Kind::Exhaustive.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Dimension;

    fn space() -> Space {
        let line = Dimension { low: -1.0, high: 1.0, circular: false };
        Space::new(vec![line, Dimension { circular: true, ..line }, line]).unwrap()
    }

    #[test]
    fn the_polish_goes_far_beyond_the_grid() {
        let target = [0.313, -0.871, 0.777];
        let mut search = Exhaustive::new(&space(), 3000);
        let (mut best, mut of_grid, mut asked) = (f64::INFINITY, f64::INFINITY, 0);
        loop {
            let points = search.ask(64);
            if points.is_empty() {
                break;
            }
            asked += points.len();
            let loss = |p: &Vec<f64>| p.iter().zip(target).map(|(x, t)| (x - t).powi(2)).sum::<f64>();
            let losses: Vec<f64> = points.iter().map(loss).collect();
            best = losses.iter().copied().fold(best, f64::min);
            if search.grid.remaining() == 0 && of_grid.is_infinite() {
                of_grid = best;
            }
            search.tell(&points, &losses);
        }
        assert!(asked <= 3000 && asked > 2500, "{asked}");
        assert!(of_grid > 1e-3 && best < 1e-4, "{of_grid} {best}");
        assert_eq!(search.remaining(), 0);
    }

    #[test]
    fn an_offered_point_is_polished_too() {
        let mut search = Exhaustive::new(&space(), 2400);
        let offered = vec![0.5, 0.5, 0.501];
        search.tell(std::slice::from_ref(&offered), &[-5.0]);
        let mut near = 0;
        loop {
            let points = search.ask(1000);
            if points.is_empty() {
                break;
            }
            near +=
                points.iter().filter(|p| p.iter().zip(&offered).all(|(a, b)| (a - b).abs() < 0.2)).count();
            search.tell(&points, &vec![0.0; points.len()]);
        }
        assert!(near >= 20, "{near}");
    }
}
