//! Light that depends on the place in the picture.
//!
//! All of it is the product of a factor of the column and one of the row. Places are those of the centres of pixels; the edges of
//! the picture, not the centres of its outermost pixels, are at -1 and 1, so that a picture of any resolution gets the same light.

use crate::types::Glare;

/// A factor or a light for each pixel of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    across: Vec<f32>,
    down: Vec<f32>,
}

impl Field {
    /// Uneven light, a factor of `2^(x u + y v)` where u and v go from -1 to 1 across the width and down the height; `None` if it is even.
    pub fn uneven(x: f64, y: f64, (height, width): (usize, usize)) -> Option<Self> {
        let ramp = |stops: f64, length: usize| places(length).map(|at| (stops * at).exp2() as f32).collect();
        (x != 0.0 || y != 0.0).then(|| Self { across: ramp(x, width), down: ramp(y, height) })
    }

    /// Vignetting, a factor of `2^(-k r^2)`, r being the distance from the centre and 1 in the corners; `None` if there is none.
    pub fn vignette(stops: f64, (height, width): (usize, usize)) -> Option<Self> {
        let diagonal = (width * width + height * height) as f64;
        let fall = |length: usize| {
            let share = (length * length) as f64 / diagonal;
            places(length).map(|at| (-stops * share * at * at).exp2() as f32).collect()
        };
        (stops != 0.0).then(|| Self { across: fall(width), down: fall(height) })
    }

    /// The light of a glare, `peak exp(-r^2 / 2 s^2)` about its place, round; `None` if there is none.
    pub fn glare(peak: f64, Glare { x, y, size }: Glare, (height, width): (usize, usize)) -> Option<Self> {
        let bell = |length: usize, share: f64, peak: f64| {
            // Half a picture in sizes of the glare, finite for the smallest of them too.
            let half = (length as f64 / (2.0 * size * width as f64)).min(f64::MAX);
            let centre = 2.0 * share - 1.0;
            places(length).map(|at| (peak * (-0.5 * ((at - centre) * half).powi(2)).exp()) as f32).collect()
        };
        (peak != 0.0).then(|| Self { across: bell(width, x, 1.0), down: bell(height, y, peak) })
    }

    /// Multiplies each channel of a pixel by the field.
    pub fn multiply(&self, planes: &mut [f32]) {
        self.each(planes, |value, factor| value * factor);
    }

    /// Adds the field to each channel of a pixel.
    pub fn add(&self, planes: &mut [f32]) {
        self.each(planes, |value, light| value + light);
    }

    fn each(&self, planes: &mut [f32], change: impl Fn(f32, f32) -> f32) {
        for plane in planes.chunks_exact_mut(self.across.len() * self.down.len()) {
            for (row, down) in plane.chunks_exact_mut(self.across.len()).zip(&self.down) {
                for (value, across) in row.iter_mut().zip(&self.across) {
                    *value = change(*value, across * down);
                }
            }
        }
    }
}

/// The centres of `length` pixels between the edges at -1 and 1.
fn places(length: usize) -> impl Iterator<Item = f64> {
    (0..length).map(move |index| (2 * index + 1) as f64 / length as f64 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(field: &Field, size: (usize, usize), value: f32) -> Vec<f32> {
        let mut planes = vec![value; size.0 * size.1];
        field.multiply(&mut planes);
        planes
    }

    #[test]
    fn uneven_light_doubles_from_the_centre_to_the_edge_by_the_stop() {
        let (height, width) = (2, 5);
        let planes = under(&Field::uneven(1.0, 0.0, (height, width)).unwrap(), (height, width), 1.0);
        let expected = [-0.8, -0.4, 0.0, 0.4, 0.8].map(|at: f64| at.exp2() as f32);
        assert_eq!(planes[..width], expected);
        assert_eq!(planes[width..], expected);
        let down = under(&Field::uneven(0.0, -2.0, (height, width)).unwrap(), (height, width), 1.0);
        assert_eq!((down[0], down[width]), (2.0, 0.5));
    }

    #[test]
    fn vignetting_takes_the_stops_in_the_corner_of_any_format() {
        for (height, width) in [(400, 400), (200, 800)] {
            let planes = under(&Field::vignette(1.0, (height, width)).unwrap(), (height, width), 1.0);
            assert!((planes[0] - 0.5).abs() < 4e-3, "{}", planes[0]);
            assert!((planes[height / 2 * width + width / 2] - 1.0).abs() < 1e-4);
            // Half way to a corner it is a quarter of the stops.
            let half = planes[height / 4 * width + width / 4];
            assert!((half - (-0.25_f32).exp2()).abs() < 2e-3, "{half}");
        }
    }

    #[test]
    fn a_glare_is_round_and_a_tenth_of_the_width_in_size() {
        let (height, width) = (31, 101);
        let mut planes = vec![0.25; height * width];
        Field::glare(2.0, Glare::default(), (height, width)).unwrap().add(&mut planes);
        let at = |row: usize, column: usize| planes[row * width + column];
        assert_eq!(at(15, 50), 2.25);
        assert!((at(25, 50) - at(15, 60)).abs() < 1e-6);
        let expected = 0.25 + 2.0 * (-0.5_f32 * (10.0_f32 / 10.1).powi(2)).exp();
        assert!((at(15, 60) - expected).abs() < 1e-6, "{}", at(15, 60));
    }

    #[test]
    fn a_glare_lies_where_it_is_put_and_is_as_large_as_it_is_told() {
        let (height, width) = (40, 100);
        let glare = Glare { x: 0.205, y: 0.7625, size: 0.05 };
        let mut planes = vec![0.0; height * width];
        Field::glare(1.0, glare, (height, width)).unwrap().add(&mut planes);
        let at = |row: usize, column: usize| planes[row * width + column];
        // The centre of pixel (30, 20); its size is five pixels, down the height too.
        let one_size_off = (-0.5_f32).exp();
        assert!((at(30, 20) - 1.0).abs() < 1e-6, "{}", at(30, 20));
        for (row, column) in [(30, 15), (30, 25), (25, 20), (35, 20)] {
            assert!((at(row, column) - one_size_off).abs() < 1e-6, "{row} {column}: {}", at(row, column));
        }
    }

    #[test]
    fn the_smallest_glare_is_no_nonsense() {
        let glare = Glare { size: f64::MIN_POSITIVE / 1e10, ..Glare::default() };
        let mut planes = vec![0.0; 9];
        Field::glare(1.0, glare, (3, 3)).unwrap().add(&mut planes);
        assert_eq!(planes, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn no_field_is_none() {
        let size = (3, 4);
        assert!(Field::uneven(0.0, 0.0, size).is_none());
        assert!(Field::vignette(0.0, size).is_none() && Field::glare(0.0, Glare::default(), size).is_none());
    }
}
