//! Axes of no width, kept out of the search.

use super::space::{Dimension, Space};
use super::strategy::{Strategy, check_lengths};
use crate::types::Detail;

/// A strategy over the axes that have width, presented as one over all axes.
pub(super) struct Fixed {
    /// The value of each axis that is fixed.
    values: Vec<Option<f64>>,
    inner: Box<dyn Strategy>,
    name: &'static str,
}

impl Fixed {
    /// Wraps `inner`, which searches the free axes of `space`; `name` is the name of the strategy that was asked for.
    pub(super) fn new(space: &Space, inner: Box<dyn Strategy>, name: &'static str) -> Self {
        let fixed = |d: &Dimension| (d.low == d.high).then_some(d.low);
        Self { values: space.dimensions().iter().map(fixed).collect(), inner, name }
    }
}

impl Fixed {
    /// Points without the coordinates that are fixed.
    fn free(&self, points: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let project = |point: &Vec<f64>| {
            let free = point.iter().zip(&self.values).filter(|(_, fixed)| fixed.is_none());
            free.map(|(&value, _)| value).collect()
        };
        points.iter().map(project).collect()
    }
}

impl Strategy for Fixed {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        let insert = |free: Vec<f64>| {
            let mut free = free.into_iter();
            self.values.iter().filter_map(|fixed| fixed.or_else(|| free.next())).collect()
        };
        self.inner.ask(limit).into_iter().map(insert).collect()
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
        let free = self.free(points);
        self.inner.tell(&free, losses);
    }

    fn tell_both(&mut self, points: &[Vec<f64>], losses: &[[f64; 2]]) {
        check_lengths(points, losses);
        let free = self.free(points);
        self.inner.tell_both(&free, losses);
    }

    fn remaining(&self) -> usize {
        self.inner.remaining()
    }

    fn detail(&self) -> Detail {
        self.inner.detail()
    }

    fn expected_gain(&mut self) -> Option<f64> {
        self.inner.expected_gain()
    }

    fn name(&self) -> &'static str {
        self.name
    }
}
