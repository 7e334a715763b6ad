//! The batch size: how many pictures one model call is to have.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result, at_most};
use crate::model::{Segmenter, probe_pictures, require_room};
use crate::types::by_text;

/// The most pictures in one model call, as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSize {
    /// The batch size that a probe finds ([`probe_batch`]).
    Auto,
    /// A number of pictures, at least 1.
    Of(usize),
}

impl Default for BatchSize {
    fn default() -> Self {
        Self::Of(8)
    }
}

by_text!(BatchSize);

impl BatchSize {
    /// The most pictures that a call may be asked for.
    pub const MOST: usize = 1 << 16;

    /// The most pictures that a call may get.
    pub fn largest(self) -> usize {
        match self {
            Self::Auto => LARGEST,
            Self::Of(pictures) => pictures,
        }
    }
}

impl fmt::Display for BatchSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Of(pictures) => pictures.fmt(f),
        }
    }
}

impl FromStr for BatchSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.parse() {
            _ if text == "auto" => Ok(Self::Auto),
            Ok(pictures @ 1..) => at_most("batch", pictures, Self::MOST).map(|()| Self::Of(pictures)),
            _ => Err(Error::setting(
                "batch",
                text,
                "is no number of pictures",
                "give a whole number of at least 1, or auto",
            )),
        }
    }
}

/// The largest batch that a probe tries.
const LARGEST: usize = 256;
/// How much more pictures a second a doubled batch must bring.
const GAIN: f64 = 1.05;
/// A call that takes longer is timed once, one that is shorter again after the first, which prepares buffers and kernels.
const SHORT: Duration = Duration::from_secs(1);

/// Finds the batch size of a model: the batch is doubled from 1 for as long as that brings more than 5 % more pictures a second,
/// memory suffices, and there are at most 256. The pictures are made up, of the given category; whether the model has an answer to them
/// does not matter.
///
/// # Errors
/// Errors of the segmenter, but for a want of memory for more than one picture, and those about a single picture.
pub fn probe_batch(segmenter: &mut dyn Segmenter, category: &str) -> Result<usize> {
    let (size, name) = (segmenter.input_size(), segmenter.name().to_owned());
    grow(&mut |batch| {
        require_room(&name, None, size, batch)?;
        let pixels = probe_pictures(batch, size);
        let categories = vec![category; batch];
        let mut call = || -> Result<Duration> {
            let start = Instant::now();
            match segmenter.segment(pixels.view(), &categories) {
                Err(error) if error.picture.is_none() => Err(error),
                _ => Ok(start.elapsed()),
            }
        };
        let first = call()?;
        if first > SHORT { Ok(first) } else { Ok(call()?.min(call()?)) }
    })
}

/// The batch size to take, given how long a call with a number of pictures takes.
fn grow(time: &mut dyn FnMut(usize) -> Result<Duration>) -> Result<usize> {
    let mut batch = 1;
    let mut rate = 1.0 / time(1)?.as_secs_f64();
    while 2 * batch <= LARGEST {
        let doubled = match time(2 * batch) {
            Err(error) if error.kind == Kind::Memory => break,
            timed => (2 * batch) as f64 / timed?.as_secs_f64(),
        };
        if doubled <= GAIN * rate {
            break;
        }
        (batch, rate) = (2 * batch, doubled);
    }
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that takes `start` seconds a call and one second for each `lanes` pictures, and has memory for `most`.
    fn found(start: f64, lanes: usize, most: usize) -> Result<usize> {
        let mut tried = Vec::new();
        let batch = grow(&mut |batch| {
            tried.push(batch);
            if batch > most {
                return Err(Error::new(Kind::Memory, "image.onnx", "out of memory", "use less"));
            }
            Ok(Duration::from_secs_f64(start + batch.div_ceil(lanes) as f64))
        })?;
        assert!(tried.iter().all(|&tried| tried <= 2 * batch), "the probe is short: {tried:?}");
        Ok(batch)
    }

    #[test]
    fn the_batch_grows_for_as_long_as_it_pays() {
        assert_eq!(found(0.0, 1, usize::MAX).unwrap(), 1, "nothing to gain");
        assert_eq!(found(0.0, 16, usize::MAX).unwrap(), 16, "as wide as the device");
        // 1 + n: 2 pictures are 1.33 times as fast as one, 32 1.03 times as fast as 16.
        assert_eq!(found(1.0, 1, usize::MAX).unwrap(), 16);
        assert_eq!(found(1e6, 1, usize::MAX).unwrap(), LARGEST);
    }

    #[test]
    fn memory_ends_the_growth_and_only_one_picture_that_does_not_fit_is_an_error() {
        assert_eq!(found(0.0, 64, 20).unwrap(), 16);
        assert_eq!(found(0.0, 64, 1).unwrap(), 1);
        assert_eq!(found(0.0, 64, 0).unwrap_err().kind, Kind::Memory);
        let broken = grow(&mut |_| Err(Error::model("image.onnx", "is broken", "mend it"))).unwrap_err();
        assert_eq!(broken.problem, "is broken");
    }

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for size in [BatchSize::Auto, BatchSize::Of(1), BatchSize::Of(64)] {
            assert_eq!(size.to_string().parse::<BatchSize>().unwrap(), size);
        }
        for wrong in ["0", "-1", "many", ""] {
            assert!(wrong.parse::<BatchSize>().is_err(), "{wrong}");
        }
    }
}
