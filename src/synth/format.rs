//! The shape of a picture.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::types::by_text;

/// Sizes of the shorter side of generated pictures, in pixels.
pub const SIZES: std::ops::RangeInclusive<usize> = 64..=2048;

/// Width to height of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// Parts of the width, at least 1.
    pub width: usize,
    /// Parts of the height, at least 1.
    pub height: usize,
}

impl Default for Aspect {
    fn default() -> Self {
        Self { width: 1, height: 1 }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.width, self.height)
    }
}

impl FromStr for Aspect {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once(':').and_then(|(width, height)| {
            let part = |text: &str| text.parse().ok().filter(|part| (1..=MOST_PARTS).contains(part));
            let (width, height) = (part(width)?, part(height)?);
            let common = (1..=width.min(height)).rev().find(|by| width % by == 0 && height % by == 0)?;
            Some(Self { width: width / common, height: height / common })
        });
        let fix = format!("give two numbers from 1 to {MOST_PARTS}, such as 3:2");
        parts.ok_or_else(|| Error::usage(text, "is not width to height", fix))
    }
}

by_text!(Aspect);

/// The largest part of an aspect: that of any camera.
const MOST_PARTS: usize = 100_000;
/// Longer side over shorter one of generated pictures, at most.
const LONGEST: usize = 8;
/// Pixels of a generated picture, at most: two of the largest squares.
const MOST_PIXELS: usize = 2 * *SIZES.end() * *SIZES.end();

impl Aspect {
    pub(super) fn is_square(&self) -> bool {
        self.width == self.height
    }
}

/// Height and width of a picture in pixels. Its shorter side is the unit of length of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Height of the picture.
    pub height: usize,
    /// Width of the picture.
    pub width: usize,
}

impl From<usize> for Format {
    /// The square of a side.
    fn from(side: usize) -> Self {
        Self { height: side, width: side }
    }
}

impl Format {
    /// The format of an aspect whose shorter side has `size` pixels.
    pub fn new(size: usize, aspect: Aspect) -> Self {
        let Aspect { width, height } = aspect;
        let (short, long) = (width.min(height), width.max(height));
        // to the nearest pixel, a half upwards
        let longer = (2 * size * long + short) / (2 * short);
        if width < height {
            Self { height: longer, width: size }
        } else {
            Self { height: size, width: longer }
        }
    }

    /// Pixels of the shorter side.
    pub(super) fn unit(self) -> usize {
        self.height.min(self.width)
    }

    /// Number of pixels.
    pub(super) fn area(self) -> usize {
        self.height * self.width
    }

    /// Height and width in shorter sides: 1 for both of a square.
    pub(super) fn extent(self) -> (f32, f32) {
        let unit = self.unit() as f32;
        (self.height as f32 / unit, self.width as f32 / unit)
    }

    /// With so many times the pixels along each side.
    pub(super) fn finer(self, factor: usize) -> Self {
        Self { height: factor * self.height, width: factor * self.width }
    }

    /// Refuses formats in which nothing can be generated.
    ///
    /// # Errors
    /// A usage error that names the size or the aspect.
    pub(super) fn check(self) -> Result<()> {
        let unit = self.unit();
        if !SIZES.contains(&unit) {
            let fix = format!("use {} to {} pixels", SIZES.start(), SIZES.end());
            return Err(Error::usage(format!("size {unit}"), "is not a size for generated pictures", fix));
        }
        let (longer, format) = (self.height.max(self.width), format!("{} x {}", self.width, self.height));
        if longer > LONGEST * unit {
            let fix = format!("use an `aspect` of at most {LONGEST}:1 or 1:{LONGEST}");
            return Err(Error::usage(format, "is too long for a generated picture", fix));
        }
        if self.area() > MOST_PIXELS {
            let fix = format!("use fewer than {MOST_PIXELS} pixels: a smaller size, or another `aspect`");
            return Err(Error::usage(format, "is too large for a generated picture", fix));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_side_has_the_size() {
        let format = |size, aspect: &str| {
            let Format { height, width } = Format::new(size, aspect.parse().unwrap());
            (width, height)
        };
        assert_eq!(format(1000, "3:2"), (1500, 1000));
        assert_eq!(format(1070, "1404:1070"), (1404, 1070));
        assert_eq!(format(1056, "4:1"), (4224, 1056));
        assert_eq!(format(140, "1400:1900"), (140, 190));
        assert_eq!(format(192, "1:1"), (192, 192));
        assert_eq!(format(101, "3:2"), (152, 101), "a half goes upwards");
        assert_eq!("1500:1000".parse::<Aspect>().unwrap().to_string(), "3:2");
    }

    #[test]
    fn senseless_formats_are_refused() {
        for text in ["", "3", "3:0", "0:1", "a:b", "3:2:1", "-3:2", "100001:1"] {
            assert!(text.parse::<Aspect>().is_err(), "{text}");
        }
        let refused = |size, aspect: &str| Format::new(size, aspect.parse().unwrap()).check().is_err();
        assert!(refused(63, "3:2") && refused(64, "9:1") && refused(2048, "4:1"));
        assert!(!refused(64, "8:1") && !refused(1056, "4:1") && !refused(2048, "2:1"));
    }
}
