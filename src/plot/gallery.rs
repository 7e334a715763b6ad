//! A figure of one picture under each parameter, from one bound to the other.

use std::path::Path;

use ndarray::Array3;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Canvas, title, write};
use super::{style, tiles};
use crate::error::{Error, Result};
use crate::perturb::{Perturber, Resampling};
use crate::types::{Axis, Bounds, Image, Perturbation};

/// Number of steps on each side of the original.
const STEPS: usize = 3;
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
    let columns = 2 * STEPS as i32 + 1;
    let side = (style::WIDTH as i32 - HEADING - style::MARGIN - columns * GAP) / columns;
    let row_height = side + CAPTION + GAP;
    let height = (TOP + axes.len() as i32 * row_height + style::MARGIN) as u32;
    let place =
        |row: usize, column: usize| (HEADING + column as i32 * (side + GAP), TOP + row as i32 * row_height);

    let mut canvas = Canvas::new(style::WIDTH, height);
    canvas.draw(out, |area| {
        title(area, "One part under each perturbation", style::WIDTH)?;
        for (row, &axis) in axes.iter().enumerate() {
            let (_, top) = place(row, 0);
            let middle = (HEADING - 16, top + side / 2);
            write(area, axis.name(), middle, style::LABEL, (HPos::Right, VPos::Center))?;
            for (column, value) in values(bounds, axis).into_iter().enumerate() {
                let Some(value) = value else { continue };
                let (left, top) = place(row, column);
                let caption =
                    if column == STEPS { "original".to_owned() } else { style::axis_value(axis, value) };
                let at = (left + side / 2, top + side + 6);
                write(area, &caption, at, style::TICK, (HPos::Center, VPos::Top))?;
            }
        }
        Ok(())
    })?;
    let perturber = Perturber::new(resampling, size);
    let mut perturbed = Array3::zeros(clean.dim());
    for (row, &axis) in axes.iter().enumerate() {
        for (column, value) in values(bounds, axis).into_iter().enumerate() {
            let Some(value) = value else { continue };
            perturber.apply(clean.view(), Perturbation::IDENTITY.with(axis, value), perturbed.view_mut());
            let tile = tiles::picture(&perturbed, side as usize);
            let (left, top) = tiles::centred(&tile, side, place(row, column));
            canvas.paste(&tile, left, top);
        }
    }
    canvas.save(out)
}

/// The values of a row; none where a bound is 0 and there is nothing on that side.
fn values(bounds: &Bounds, axis: Axis) -> Vec<Option<f64>> {
    let interval = bounds.get(axis);
    (0..=2 * STEPS)
        .map(|column| {
            let step = column as f64 - STEPS as f64;
            if axis.is_list() {
                return (interval.low..=interval.high).contains(&step).then_some(step);
            }
            let value = step.abs() / STEPS as f64 * if step < 0.0 { interval.low } else { interval.high };
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
        let angles: Vec<f64> = values(&Bounds::default(), Axis::Angle).into_iter().flatten().collect();
        assert_eq!(angles, [-90.0, -60.0, -30.0, 0.0, 30.0, 60.0, 90.0]);
        let one_sided = Bounds::default().with(Axis::Angle, Interval { low: 0.0, high: 30.0 });
        assert_eq!(values(&one_sided, Axis::Angle)[..4], [None, None, None, Some(0.0)]);
        let across = Bounds::default().with(Axis::Mirror, Interval { low: 0.0, high: 1.0 });
        assert_eq!(values(&across, Axis::Mirror)[3..], [Some(0.0), Some(1.0), None, None]);
    }
}
