//! Where the reflection of a lamp lies in the picture, and how large it is.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The place and size of a glare, whatever the strength of it. It is round, and stays where it is when the part moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Read")]
pub struct Glare {
    /// Its centre, as a share of the width from the left edge, 0 to 1.
    pub x: f64,
    /// Its centre, as a share of the height from the upper edge, 0 to 1.
    pub y: f64,
    /// Its standard deviation, in widths of the picture, above 0 and up to [`Glare::MOST_SIZE`].
    pub size: f64,
}

impl Default for Glare {
    /// In the middle, a tenth of the width in size.
    fn default() -> Self {
        Self { x: 0.5, y: 0.5, size: 0.1 }
    }
}

impl Glare {
    /// The largest size, at which it is all but even.
    pub const MOST_SIZE: f64 = 2.0;

    /// Whether it lies where it does unless told otherwise, and is as large.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses values that make no sense.
    ///
    /// # Errors
    /// A usage error that names the setting.
    pub fn validate(&self) -> Result<()> {
        let Self { x, y, size } = self;
        if ![x, y].into_iter().all(|share| (0.0..=1.0).contains(share)) {
            let fix = "give shares of width and height from 0 to 1, such as 0.25,0.75";
            return Err(Error::setting("glare_at", format!("{x},{y}"), "is no place in the picture", fix));
        }
        if !(*size > 0.0 && *size <= Self::MOST_SIZE) {
            let fix = format!("give a share of the width above 0 and up to {}", Self::MOST_SIZE);
            return Err(Error::setting("glare_size", size, "is no size of a glare", fix));
        }
        Ok(())
    }
}

/// A glare as a file has it; what is missing is the usual.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Read {
    x: f64,
    y: f64,
    size: f64,
}

impl Default for Read {
    fn default() -> Self {
        let Glare { x, y, size } = Glare::default();
        Self { x, y, size }
    }
}

impl TryFrom<Read> for Glare {
    type Error = Error;

    fn try_from(Read { x, y, size }: Read) -> Result<Self> {
        let glare = Self { x, y, size };
        glare.validate().map(|()| glare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_or_has_no_size_is_refused_by_its_setting() {
        let usual = Glare::default();
        for glare in [usual, Glare { x: 0.0, y: 1.0, ..usual }, Glare { size: 2.0, ..usual }] {
            glare.validate().unwrap();
        }
        for bad in [-1e-9, 1.1, f64::NAN, f64::INFINITY] {
            for glare in [Glare { x: bad, ..usual }, Glare { y: bad, ..usual }] {
                let error = glare.validate().unwrap_err();
                assert_eq!(error.subject, format!("`glare_at = {},{}`", glare.x, glare.y));
            }
        }
        for size in [0.0, -0.1, 2.000_001, f64::NAN, f64::INFINITY] {
            let error = Glare { size, ..usual }.validate().unwrap_err();
            assert_eq!(error.subject, format!("`glare_size = {size}`"));
        }
    }

    #[test]
    fn a_file_may_leave_out_the_usual_and_holds_nothing_senseless() {
        let read = |text: &str| serde_json::from_str::<Glare>(text);
        assert_eq!(read(r#"{"x":0.25}"#).unwrap(), Glare { x: 0.25, ..Glare::default() });
        assert_eq!(read("{}").unwrap(), Glare::default());
        let glare = Glare { x: 0.1, y: 0.7, size: 0.3 };
        assert_eq!(read(&serde_json::to_string(&glare).unwrap()).unwrap(), glare);
        for bad in [r#"{"y":1.5}"#, r#"{"size":0}"#, r#"{"z":0.5}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
