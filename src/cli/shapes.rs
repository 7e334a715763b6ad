//! How far from square pictures are, and what it costs to fit them to a model's square: a part of `askance data`.

use std::collections::BTreeMap;

use serde::Serialize;

use askance::dataset::Census;
use askance::types::{FitCost, Spread};

/// The shapes of the pictures of a data set.
#[derive(Debug, PartialEq, Serialize)]
pub struct Shapes {
    /// Pictures whose size is known.
    pictures: usize,
    /// Those of them that are wider than high, or higher than wide.
    not_square: usize,
    /// Width over height.
    aspect: Spread,
    /// Side of the model's input in pixels, for which the fits are.
    size: usize,
    /// What each fit costs.
    fits: Vec<FitCost>,
}

impl Shapes {
    /// Those of all categories, for an input of `size` pixels; none where no picture can be read.
    pub fn of(censuses: &[Census], size: usize) -> Option<Self> {
        let mut sizes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (&of, &times) in censuses.iter().flat_map(|census| &census.sizes) {
            *sizes.entry(of).or_default() += times;
        }
        let aspects = sizes.iter().map(|(&(height, width), &times)| (width as f64 / height as f64, times));
        Some(Self {
            pictures: sizes.values().sum(),
            not_square: sizes
                .iter()
                .filter(|((height, width), _)| height != width)
                .map(|(_, times)| times)
                .sum(),
            aspect: Spread::of(aspects)?,
            size,
            fits: FitCost::each(&sizes, size),
        })
    }

    /// In words, a line each.
    pub fn lines(&self) -> Vec<String> {
        let Self { pictures, not_square, aspect, size, fits } = self;
        if *not_square == 0 {
            return vec!["shape: all pictures are square, and every --fit does the same".to_owned()];
        }
        let mut lines = vec![
            format!(
                "shape: {not_square} of {pictures} pictures are not square; width / height {}",
                range(*aspect, 2)
            ),
            format!("what the model sees of them at {size} x {size}, by --fit:"),
        ];
        lines.extend(fits.iter().map(told));
        lines
    }
}

fn told(cost: &FitCost) -> String {
    let FitCost { fit, pieces, padding, squeeze } = cost;
    let plural = if pieces.max > 1.0 { "s" } else { "" };
    let mut line = format!("  {fit:<7}  {} picture{plural} per evaluation", range(*pieces, 0));
    if pieces.min < pieces.max {
        line += &format!(", {:.1} on average", pieces.mean);
    }
    if padding.max > 0.0 {
        let [min, max] = [padding.min, padding.max].map(|share| 100.0 * share);
        line += &format!("; {} % of it padding", range(Spread { min, max, ..*padding }, 0));
    }
    if squeeze.max > NOTABLE {
        line += &format!("; one side squeezed {} times", range(*squeeze, 2));
    }
    line
}

/// A squeeze that is more than rounding to whole pixels, and than what counts as square.
const NOTABLE: f64 = 1.05;

/// `2`, or `2 to 5` where pictures differ.
fn range(Spread { min, max, .. }: Spread, digits: usize) -> String {
    let [low, high] = [min, max].map(|value| format!("{value:.digits$}"));
    if low == high { low } else { format!("{low} to {high}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(sizes: &[((usize, usize), usize)]) -> Census {
        Census {
            defects: BTreeMap::new(),
            width: None,
            height: None,
            sizes: sizes.iter().copied().collect(),
            coverage: None,
            remarks: Vec::new(),
            problems: Vec::new(),
        }
    }

    #[test]
    fn shapes_are_told_in_few_lines_that_a_terminal_holds() {
        let censuses = [census(&[((1000, 1500), 3)]), census(&[((1056, 4224), 1), ((1900, 1400), 2)])];
        let lines = Shapes::of(&censuses, 240).unwrap().lines();
        let expected = [
            "shape: 6 of 6 pictures are not square; width / height 0.74 to 4.00",
            "what the model sees of them at 240 x 240, by --fit:",
            "  squeeze  1 picture per evaluation; one side squeezed 1.36 to 4.00 times",
            "  pad      1 picture per evaluation; 26 to 75 % of it padding",
            "  tile     2 to 5 pictures per evaluation, 2.5 on average",
        ];
        assert_eq!(lines, expected);
        assert!(lines.iter().all(|line| line.len() <= 80), "{lines:#?}");
    }

    #[test]
    fn square_pictures_need_one_line_and_none_need_none() {
        let square = Shapes::of(&[census(&[((900, 900), 3)])], 240).unwrap();
        assert_eq!(square.lines().len(), 1);
        assert_eq!(Shapes::of(&[census(&[])], 240), None);
    }
}
