//! What fitting pictures to a model's square costs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Fit, Fitting};

/// What one fit costs on some pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FitCost {
    /// The fit, with tiles of the shorter side.
    pub fit: Fit,
    /// Pictures that the model is given for one evaluation.
    pub pieces: Spread,
    /// Share of the model's input that is padding.
    pub padding: Spread,
    /// How many times as much the longer side is shrunk as the shorter one; 1 where the shape stays.
    pub squeeze: Spread,
}

/// A quantity over pictures, each of which weighs the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Mean over the pictures.
    pub mean: f64,
    /// Lowest of the pictures.
    pub min: f64,
    /// Highest of the pictures.
    pub max: f64,
}

impl Spread {
    /// Over values with the number of pictures that have each; none where there is no picture.
    pub fn of(values: impl IntoIterator<Item = (f64, usize)>) -> Option<Self> {
        let (mut sum, mut count) = (0.0, 0);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for (value, times) in values.into_iter().filter(|(_, times)| *times > 0) {
            (sum, count) = (sum + value * times as f64, count + times);
            (min, max) = (min.min(value), max.max(value));
        }
        (count > 0).then(|| Self { mean: sum / count as f64, min, max })
    }
}

impl FitCost {
    /// What each fit costs at an input of `side` pixels; `sizes` has the number of pictures of each height and width, both above 0.
    /// Nothing where there is no picture.
    pub fn each(sizes: &BTreeMap<(usize, usize), usize>, side: usize) -> Vec<Self> {
        Fit::ALL.into_iter().filter_map(|fit| Self::of(Fitting::of(fit), sizes, side)).collect()
    }

    fn of(fitting: Fitting, sizes: &BTreeMap<(usize, usize), usize>, side: usize) -> Option<Self> {
        let over = |quantity: fn(One) -> f64| {
            Spread::of(sizes.iter().filter_map(|(&source, &times)| {
                let canvas = fitting.canvas(source, side)?;
                let pieces = fitting.pieces(canvas, side).len();
                Some((quantity(One { source, canvas, pieces, side }), times))
            }))
        };
        Some(Self {
            fit: fitting.fit,
            pieces: over(|one| one.pieces as f64)?,
            padding: over(One::padding)?,
            squeeze: over(One::squeeze)?,
        })
    }
}

/// One picture, its canvas and the pieces of it.
struct One {
    source: (usize, usize),
    canvas: (usize, usize),
    pieces: usize,
    side: usize,
}

impl One {
    fn padding(self) -> f64 {
        // Tiles lie within their canvas.
        let area = if self.pieces == 1 { self.canvas.0 * self.canvas.1 } else { self.side * self.side };
        1.0 - area as f64 / (self.side * self.side) as f64
    }

    fn squeeze(self) -> f64 {
        let (down, across) =
            (self.canvas.0 as f64 / self.source.0 as f64, self.canvas.1 as f64 / self.source.1 as f64);
        (down / across).max(across / down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fit_has_its_own_price() {
        // Three pictures of 1500 x 1000, one of 1056 x 4224.
        let sizes = BTreeMap::from([((1000, 1500), 3), ((4224, 1056), 1)]);
        let [squeeze, pad, tile] = FitCost::each(&sizes, 240)[..] else { panic!("three fits") };
        let near = |spread: Spread, mean: f64, min: f64, max: f64| {
            let found = [spread.mean - mean, spread.min - min, spread.max - max];
            assert!(found.iter().all(|apart| apart.abs() < 1e-9), "{spread:?}");
        };
        near(squeeze.pieces, 1.0, 1.0, 1.0);
        near(squeeze.squeeze, (3.0 * 1.5 + 4.0) / 4.0, 1.5, 4.0);
        near(squeeze.padding, 0.0, 0.0, 0.0);
        near(pad.pieces, 1.0, 1.0, 1.0);
        near(pad.padding, (3.0 / 3.0 + 0.75) / 4.0, 1.0 / 3.0, 0.75);
        near(pad.squeeze, 1.0, 1.0, 1.0);
        near(tile.pieces, (3.0 * 2.0 + 5.0) / 4.0, 2.0, 5.0);
        near(tile.padding, 0.0, 0.0, 0.0);
        near(tile.squeeze, 1.0, 1.0, 1.0);
        assert_eq!(FitCost::each(&BTreeMap::new(), 240), []);
    }
}
