//! The box that is searched.

use crate::error::{Error, Result};

/// One axis of a [`Space`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dimension {
    /// Smallest value.
    pub low: f64,
    /// Largest value; on a circular axis the same point as `low`.
    pub high: f64,
    /// Whether the axis closes a circle.
    pub circular: bool,
}

impl Dimension {
    fn width(&self) -> f64 {
        self.high - self.low
    }

    /// The value at `unit`, a coordinate in which the axis is 1 long and starts at 0. Beyond that, a circular axis repeats
    /// and another one is mirrored, so that every real number has its value in the box.
    fn value(&self, unit: f64) -> f64 {
        let folded =
            if self.circular && !(0.0..1.0).contains(&unit) { unit.rem_euclid(1.0) } else { mirrored(unit) };
        let value = (self.low + folded * self.width()).clamp(self.low, self.high);
        if self.circular && value >= self.high { self.low } else { value }
    }
}

/// A box with 1 to [`Space::MOST_DIMENSIONS`] axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    dimensions: Vec<Dimension>,
    rough: Vec<bool>,
    /// The values of each axis that is a list.
    lists: Vec<Option<Vec<f64>>>,
}

impl Space {
    /// The most axes that a space can have.
    pub const MOST_DIMENSIONS: usize = 32;

    /// A space of these axes, in this order. An axis may have no width (and is then fixed) unless it is circular.
    ///
    /// # Errors
    /// A usage error if there are no or too many axes, or an axis is not finite, reversed, or a circle of no width.
    pub fn new(dimensions: Vec<Dimension>) -> Result<Self> {
        if dimensions.is_empty() || dimensions.len() > Self::MOST_DIMENSIONS {
            return Err(Error::usage(
                format!("a search space of {} axes", dimensions.len()),
                "cannot be searched",
                format!("give 1 to {} axes", Self::MOST_DIMENSIONS),
            ));
        }
        for (index, dimension) in dimensions.iter().enumerate() {
            let Dimension { low, high, circular } = *dimension;
            let subject = format!("axis {index} of the search space, {low} to {high}");
            if !low.is_finite() || !high.is_finite() || !(high - low).is_finite() {
                return Err(Error::usage(subject, "is not finite", "give two finite bounds"));
            }
            if low > high {
                return Err(Error::usage(subject, "is reversed", "exchange the two bounds"));
            }
            if circular && low == high {
                return Err(Error::usage(
                    subject,
                    "is a circle of no length",
                    "let it be no circle, or give it length",
                ));
            }
        }
        let count = dimensions.len();
        Ok(Self { rough: vec![false; count], lists: vec![None; count], dimensions })
    }

    /// Marks the axes that are rough: a loss changes along them within about a hundredth of their width, in no regular way. A
    /// strategy that has a model of the loss heeds that.
    ///
    /// # Panics
    /// If there is not one mark for each axis.
    #[must_use]
    pub fn with_rough(self, rough: Vec<bool>) -> Self {
        assert_eq!(rough.len(), self.len(), "one mark for each axis");
        Self { rough, ..self }
    }

    /// Says which axes are lists: they have these values alone, each for a part of the same length.
    ///
    /// # Panics
    /// If there is not one entry for each axis, or a list does not ascend from the lower end of its axis to the upper one.
    #[must_use]
    pub fn with_lists(self, lists: Vec<Option<Vec<f64>>>) -> Self {
        assert_eq!(lists.len(), self.len(), "one entry for each axis");
        for (axis, list) in
            self.dimensions.iter().zip(&lists).filter_map(|(axis, list)| Some((axis, list.as_ref()?)))
        {
            let ends = (list.first().copied(), list.last().copied());
            assert!(
                ends == (Some(axis.low), Some(axis.high)) && list.is_sorted_by(|a, b| a < b),
                "a list ascends from end to end"
            );
        }
        Self { lists, ..self }
    }

    /// Number of values of an axis that is a list.
    pub fn listed(&self, axis: usize) -> Option<usize> {
        self.lists[axis].as_ref().map(Vec::len)
    }

    /// Whether an axis is rough.
    pub fn is_rough(&self, axis: usize) -> bool {
        self.rough[axis]
    }

    /// The axes of the space, in order.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// Number of axes.
    pub fn len(&self) -> usize {
        self.dimensions.len()
    }

    /// Whether there are no axes; never so for a space that [`Space::new`] made.
    pub fn is_empty(&self) -> bool {
        self.dimensions.is_empty()
    }

    /// Whether the point lies in the box: both ends belong to an axis, only the lower one to a circle.
    pub fn contains(&self, point: &[f64]) -> bool {
        point.len() == self.len()
            && self.dimensions.iter().zip(&self.lists).zip(point).all(|((dimension, list), &value)| {
                let Dimension { low, high, circular } = *dimension;
                value >= low
                    && (value < high || (!circular && value == high))
                    && list.as_ref().is_none_or(|list| list.contains(&value))
            })
    }

    /// The axes that have width, or `None` if all have.
    pub(super) fn free(&self) -> Option<Self> {
        let free: Vec<usize> = (0..self.len()).filter(|&axis| self.dimensions[axis].width() > 0.0).collect();
        (free.len() < self.len()).then(|| Self {
            dimensions: free.iter().map(|&axis| self.dimensions[axis]).collect(),
            rough: free.iter().map(|&axis| self.rough[axis]).collect(),
            lists: free.iter().map(|&axis| self.lists[axis].clone()).collect(),
        })
    }

    /// The point of the box at unit coordinates that may be anywhere (see [`Dimension::value`]).
    pub(super) fn point(&self, mut unit: Vec<f64>) -> Vec<f64> {
        self.fold(&mut unit);
        unit
    }

    /// Brings unit coordinates into the box, in place (see [`Space::point`]).
    pub(super) fn fold(&self, unit: &mut [f64]) {
        for (axis, (dimension, value)) in self.dimensions.iter().zip(unit).enumerate() {
            *value = match &self.lists[axis] {
                Some(list) => {
                    let place = (mirrored(*value) * list.len() as f64).floor() as usize;
                    list[place.min(list.len() - 1)]
                }
                None => dimension.value(*value),
            };
        }
    }

    /// Unit coordinates that lie in the middle of the parts of lists, where they are those of a point.
    pub(super) fn settled(&self, unit: Vec<f64>, point: &[f64]) -> Vec<f64> {
        let of_point = self.unit(point);
        let settled =
            |(axis, unit): (usize, f64)| if self.lists[axis].is_some() { of_point[axis] } else { unit };
        unit.into_iter().enumerate().map(settled).collect()
    }

    /// Whether every axis is a list.
    pub(super) fn is_listed(&self) -> bool {
        self.lists.iter().all(Option::is_some)
    }

    /// Unit coordinates of a point; on a list the middle of its part.
    pub(super) fn unit(&self, point: &[f64]) -> Vec<f64> {
        let unit = |(axis, &value): (usize, &f64)| {
            let dimension = &self.dimensions[axis];
            match &self.lists[axis] {
                Some(list) => {
                    let place = list.partition_point(|&other| other < value).min(list.len() - 1);
                    (place as f64 + 0.5) / list.len() as f64
                }
                None => (value - dimension.low) / dimension.width(),
            }
        };
        point.iter().enumerate().map(unit).collect()
    }
}

/// A coordinate brought into 0 to 1 by mirrors at both ends.
fn mirrored(unit: f64) -> f64 {
    if (0.0..1.0).contains(&unit) {
        // Nearly always, and remainders are slow.
        return unit;
    }
    let turn = unit.rem_euclid(2.0);
    if turn > 1.0 { 2.0 - turn } else { turn }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Dimension = Dimension { low: -2.0, high: 2.0, circular: false };
    const CIRCLE: Dimension = Dimension { circular: true, ..LINE };

    #[test]
    fn lines_mirror_and_circles_repeat() {
        for (unit, line, circle) in [
            (0.0, -2.0, -2.0),
            (1.0, 2.0, -2.0),
            (1.25, 1.0, -1.0),
            (-0.25, -1.0, 1.0),
            (2.5, 0.0, 0.0),
            (-1.0, 2.0, -2.0),
        ] {
            assert_eq!(LINE.value(unit), line, "line {unit}");
            assert_eq!(CIRCLE.value(unit), circle, "circle {unit}");
        }
        assert_eq!(CIRCLE.value(-1e-20), -2.0);
    }

    #[test]
    fn unit_coordinates_come_back() {
        let space = Space::new(vec![LINE, CIRCLE]).unwrap();
        assert_eq!(space.unit(&space.point(vec![0.25, 0.75])), [0.25, 0.75]);
    }

    #[test]
    fn each_value_of_a_list_has_a_part_of_the_same_length() {
        let list = Dimension { low: 0.0, high: 3.0, circular: false };
        let space =
            Space::new(vec![LINE, list]).unwrap().with_lists(vec![None, Some(vec![0.0, 1.0, 2.0, 3.0])]);
        assert_eq!((space.listed(0), space.listed(1)), (None, Some(4)));
        let value = |unit: f64| space.point(vec![0.5, unit])[1];
        for index in 0..1000 {
            assert_eq!(value((f64::from(index) + 0.5) / 1000.0), f64::from(index / 250));
        }
        assert_eq!([-0.3, 0.0, 1.0, 1.3, 2.0].map(value), [1.0, 0.0, 3.0, 2.0, 0.0]);
        for value in 0..4 {
            let point = vec![1.0, f64::from(value)];
            assert_eq!(space.point(space.unit(&point)), point);
        }
    }

    #[test]
    fn a_list_may_leave_numbers_out() {
        let list = Dimension { low: 0.0, high: 3.0, circular: false };
        let space = Space::new(vec![list]).unwrap().with_lists(vec![Some(vec![0.0, 3.0])]);
        assert_eq!((space.listed(0), space.contains(&[3.0]), space.contains(&[1.0])), (Some(2), true, false));
        let value = |unit: f64| space.point(vec![unit])[0];
        assert_eq!([0.0, 0.49, 0.51, 1.0].map(value), [0.0, 0.0, 3.0, 3.0]);
        assert_eq!((space.unit(&[0.0]), space.unit(&[3.0])), (vec![0.25], vec![0.75]));
    }

    #[test]
    fn senseless_spaces_are_refused() {
        for (low, high, circular) in
            [(1.0, 0.0, false), (f64::NAN, 1.0, false), (0.0, f64::INFINITY, true), (1.0, 1.0, true)]
        {
            assert!(
                Space::new(vec![LINE, Dimension { low, high, circular }])
                    .unwrap_err()
                    .subject
                    .contains("axis 1")
            );
        }
        assert!(Space::new(vec![]).is_err());
        assert!(Space::new(vec![LINE; Space::MOST_DIMENSIONS + 1]).is_err());
        assert!(Space::new(vec![Dimension { low: 1.0, high: 1.0, circular: false }]).is_ok());
    }

    #[test]
    fn the_upper_end_belongs_to_a_line_only() {
        let space = Space::new(vec![LINE, CIRCLE]).unwrap();
        assert!(space.contains(&[2.0, -2.0]));
        assert!(!space.contains(&[2.0, 2.0]));
        assert!(!space.contains(&[2.1, 0.0]));
        assert!(!space.contains(&[0.0]));
    }
}
