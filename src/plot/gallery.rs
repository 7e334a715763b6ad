//! A figure of one picture under each parameter, from one bound to the other.

use std::path::Path;

use ndarray::Array3;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Canvas, text_width, write};
use super::head::Head;
use super::page::Page;
use super::{style, tiles};
use crate::error::{Error, Result};
use crate::perturb::{Perturber, Resampling};
use crate::types::{Axis, Bounds, Image, Perturbation};

/// Number of steps on each side of the original, fewer where their values have no room.
const STEPS: usize = 3;
/// Room for the name of an axis beside its pictures.
const HEADING: i32 = 190;
const GAP: i32 = 10;
const CAPTION: i32 = 40;
const TOP: i32 = 90;

/// Draws the picture `clean` (3, S, S) under each of `axes` alone, a row for each, evenly from the lower
/// bound to the upper one with the original in the middle.
///
/// # Errors
/// A file error when there is no axis, the picture is empty, or the file cannot be written.
pub fn gallery(
    clean: &Image,
    resampling: Resampling,
    axes: &[Axis],
    bounds: &Bounds,
    page: Page,
    out: &Path,
) -> Result<()> {
    if axes.is_empty() {
        return Err(Error::file(out, "has nothing to show: no axis", "run askance attack"));
    }
    let (channels, size, width) = clean.dim();
    if channels != 3 || size == 0 || width == 0 {
        return Err(Error::file(
            out,
            format!("cannot show a picture of shape {channels} x {size} x {width}"),
            "give an RGB picture",
        ));
    }
    let Grid { steps, left, side, above } = Grid::new(axes, bounds, page);
    let row_height = above + side + CAPTION + GAP;
    let head = Head::new(page, "One part under each perturbation");
    let begin = head.bottom(TOP);
    let height = begin + axes.len() as i32 * row_height + style::MARGIN;
    let place = |row: usize, column: usize| {
        (left + column as i32 * (side + GAP), begin + row as i32 * row_height + above)
    };
    let mut canvas = Canvas::new(page, height);
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        for (row, &axis) in axes.iter().enumerate() {
            let (left, top) = place(row, 0);
            let (at, anchor) = if above == 0 {
                ((left - 16, top + side / 2), (HPos::Right, VPos::Center))
            } else {
                ((left, top - 8), (HPos::Left, VPos::Bottom))
            };
            write(area, axis.name(), at, style::LABEL, anchor)?;
            for (column, value) in values(bounds, axis, steps).into_iter().enumerate() {
                let Some(value) = value else { continue };
                let (left, top) = place(row, column);
                let caption = caption(axis, value, column == steps);
                let at = (left + side / 2, top + side + 6);
                write(area, &caption, at, style::TICK, (HPos::Center, VPos::Top))?;
            }
        }
        Ok(())
    })?;
    let perturber = Perturber::new(resampling, size);
    let mut perturbed = Array3::zeros(clean.dim());
    for (row, &axis) in axes.iter().enumerate() {
        for (column, value) in values(bounds, axis, steps).into_iter().enumerate() {
            let Some(value) = value else { continue };
            perturber.apply(clean.view(), Perturbation::IDENTITY.with(axis, value), perturbed.view_mut());
            let tile = tiles::picture(&perturbed, side as usize);
            let (left, top) = tiles::centred(&tile, side, place(row, column));
            canvas.paste(&tile, left, top);
        }
    }
    canvas.save(out)
}

/// Where the pictures lie.
struct Grid {
    /// Steps on each side of the original.
    steps: usize,
    /// Where the first picture begins.
    left: i32,
    /// Side of a picture.
    side: i32,
    /// Height of the name of an axis above its pictures; none where it stands beside them.
    above: i32,
}

impl Grid {
    /// As many steps as the values below the pictures have room for, with the names beside the pictures or else above them.
    fn new(axes: &[Axis], bounds: &Bounds, page: Page) -> Self {
        /// Room that a name above needs.
        const NAME: i32 = style::LABEL as i32 + 16;
        let of = |steps: usize, left: i32| {
            let columns = 2 * steps as i32 + 1;
            let side = (page.width() as i32 - left - style::MARGIN - columns * GAP) / columns;
            Self { steps, left, side, above: if left == HEADING { 0 } else { NAME } }
        };
        let usual = of(STEPS, HEADING);
        if page.is_usual() {
            return usual;
        }
        let widest = |steps: usize| {
            let of_axis = |&axis: &Axis| {
                let texts = values(bounds, axis, steps).into_iter().enumerate();
                texts.filter_map(move |(at, value)| Some(caption(axis, value?, at == steps)))
            };
            let widths = axes.iter().flat_map(of_axis).map(|text| text_width(&text, style::TICK));
            widths.max().unwrap_or(0)
        };
        let mut grids = (1..=STEPS).rev().flat_map(|steps| [of(steps, HEADING), of(steps, style::MARGIN)]);
        grids.find(|grid| widest(grid.steps) <= grid.side).unwrap_or(of(1, style::MARGIN))
    }
}

fn caption(axis: Axis, value: f64, original: bool) -> String {
    if original { "original".to_owned() } else { style::axis_value(axis, value) }
}

/// The values of a row; none where a bound is 0 and there is nothing on that side.
fn values(bounds: &Bounds, axis: Axis, steps: usize) -> Vec<Option<f64>> {
    let interval = bounds.get(axis);
    (0..=2 * steps)
        .map(|column| {
            let step = column as f64 - steps as f64;
            if let Some(values) = bounds.values(axis) {
                return values.contains(&step).then_some(step);
            }
            let value = step.abs() / steps as f64 * if step < 0.0 { interval.low } else { interval.high };
            (step == 0.0 || value != 0.0).then_some(value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Interval;

    #[test]
    fn values_run_from_bound_to_bound_through_the_original() {
        let angles: Vec<f64> = values(&Bounds::default(), Axis::Angle, STEPS).into_iter().flatten().collect();
        assert_eq!(angles, [-90.0, -60.0, -30.0, 0.0, 30.0, 60.0, 90.0]);
        let one_sided = Bounds::default().with(Axis::Angle, Interval { low: 0.0, high: 30.0 });
        assert_eq!(values(&one_sided, Axis::Angle, STEPS)[..4], [None, None, None, Some(0.0)]);
        let across = Bounds::default().with(Axis::Mirror, Interval { low: 0.0, high: 1.0 });
        assert_eq!(values(&across, Axis::Mirror, STEPS)[3..], [Some(0.0), Some(1.0), None, None]);
        let turned = Bounds::default().with_values(Axis::Mirror, &[3.0]);
        assert_eq!(values(&turned, Axis::Mirror, STEPS)[3..], [Some(0.0), None, None, Some(3.0)]);
    }
}
