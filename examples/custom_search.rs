//! A search strategy of one's own beside built-in ones, on generated parts and a segmenter that calls red anomalous, without ONNX Runtime.
#![allow(clippy::print_stdout, reason = "it prints what it finds")]

use std::error::Error;

use askance::attack::SearchChoice;
use askance::model::Fake;
use askance::search::{Dimension, Kind, Own, Space, Strategy};
use askance::study::{Comparison, Data, Models, Plan, Quiet, Source};
use askance::synth;
use askance::types::Axis;

/// Tries one step to either side of the best point on every axis; halves the step where nothing was better.
struct Compass {
    dimensions: Vec<Dimension>,
    best: (Vec<f64>, f64),
    /// In widths of an axis.
    step: f64,
    improved: bool,
    /// Points of the present round that are still to be asked for.
    queue: Vec<Vec<f64>>,
    /// Points that were asked for and have no loss yet.
    open: Vec<Vec<f64>>,
    left: usize,
}

impl Compass {
    fn build(space: &Space, budget: usize, _seed: u64) -> Box<dyn Strategy> {
        let dimensions = space.dimensions().to_vec();
        let middle = dimensions.iter().map(|axis| (axis.low + axis.high) / 2.0).collect();
        let best = (middle, f64::INFINITY);
        let (queue, open, step) = (Vec::new(), Vec::new(), 0.25);
        Box::new(Self { dimensions, best, step, improved: true, queue, open, left: budget })
    }

    fn next_round(&mut self) {
        if !self.improved {
            self.step /= 2.0;
        }
        self.improved = false;
        for (place, axis) in self.dimensions.iter().enumerate() {
            for side in [-1.0, 1.0] {
                let mut point = self.best.0.clone();
                point[place] = moved(axis, point[place], side * self.step);
                self.queue.push(point);
            }
        }
    }
}

/// A value that is so many widths of the axis further, and within it.
fn moved(axis: &Dimension, value: f64, widths: f64) -> f64 {
    let width = axis.high - axis.low;
    let value = value + widths * width;
    if axis.circular {
        axis.low + (value - axis.low).rem_euclid(width)
    } else {
        value.clamp(axis.low, axis.high)
    }
}

impl Strategy for Compass {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        if self.queue.is_empty() && self.open.is_empty() {
            self.next_round();
        }
        let count = limit.min(self.left).min(self.queue.len());
        self.left -= count;
        let points: Vec<Vec<f64>> = self.queue.drain(..count).collect();
        self.open.extend(points.iter().cloned());
        points
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        for (point, &loss) in points.iter().zip(losses) {
            // Others, such as the unchanged picture, are offered without having been asked for.
            if let Some(place) = self.open.iter().position(|asked| asked == point) {
                self.open.swap_remove(place);
            }
            if loss < self.best.1 {
                self.best = (point.clone(), loss);
                self.improved = true;
            }
        }
    }

    fn remaining(&self) -> usize {
        self.left
    }

    fn name(&self) -> &'static str {
        "compass"
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let categories = vec!["hex_nut".into(), "tablet".into()];
    let recipe = synth::Recipe { size: 64, categories, good: 0, defective: 4, ..synth::Recipe::default() };
    synth::write(&recipe, &folder.join("parts"), &|_, _| ())?;
    let data = Data::open(&Source::new(folder.join("parts")), &Quiet)?;
    let mut models = Models::of(vec![Box::new(Fake::new(64, (16, 16)))], 8)?;

    let comparison = Comparison {
        strategies: vec![
            SearchChoice::Own(Own { name: "compass", build: Compass::build }),
            SearchChoice::Named(Kind::Random),
            SearchChoice::Named(Kind::Bayesian),
        ],
        budgets: vec![10, 30],
        truth: Vec::new(),
        rivals: Vec::new(),
    };
    let plan = Plan::attack().axes([Axis::Angle, Axis::Hue]);
    let compared = comparison.run(&plan, folder.join("compared"), &data, &mut models, &Quiet)?;
    for table in &compared.tables {
        println!("{}\n", table.to_text());
    }
    Ok(())
}
