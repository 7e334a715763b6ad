//! What is read in a way that somebody might not expect.

use std::path::{Path, PathBuf};

use crate::error::shown;

/// A file that can be used, but is read in a way that somebody might not expect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark {
    /// A mask in a lossy file, which rings around edges: it is anomalous where the brightest colour has at least half of its range.
    LossyMask(PathBuf),
    /// A file whose EXIF rotation is ignored, as Pillow, torchvision and anomalib do.
    Turned(PathBuf),
    /// A mask that marks every pixel.
    MarksAll(PathBuf),
    /// A mask whose colours mark every pixel, and whose alpha channel varies.
    InAlpha(PathBuf),
    /// A mask that marks more than half of the pixels, but not all.
    MarksMost(PathBuf),
    /// A 16-bit picture that uses at most half of the range, as data of 10 to 15 bits do.
    Dark {
        /// The picture.
        path: PathBuf,
        /// Its highest value, but for one pixel in 10,000.
        highest: u16,
    },
}

impl Remark {
    /// What it says of all files alike, and the file with what it says of that one.
    fn parts(&self) -> (&'static str, &Path, String) {
        let (what, path) = match self {
            Self::LossyMask(path) => {
                ("JPEG or lossy WebP masks, anomalous from half of the brightest colour on", path)
            }
            Self::Turned(path) => {
                ("files whose EXIF rotation is ignored, as Pillow and torchvision do", path)
            }
            Self::MarksAll(path) => {
                ("masks that mark the whole picture (is the defect drawn on white?)", path)
            }
            Self::InAlpha(path) => (
                "masks whose colours mark the whole picture while their alpha channel varies (the defect drawn in it does not \
                 count: save it as a grey picture)",
                path,
            ),
            Self::MarksMost(path) => (
                "masks that mark more than half of the picture (are black and white the wrong way round?)",
                path,
            ),
            Self::Dark { path, highest } => {
                let what = "16-bit pictures that are dark because their values stay far below 65535 (are they data of 10 to 15 bits that should be scaled up?)";
                return (what, path, format!(", highest value {highest}"));
            }
        };
        (what, path, String::new())
    }
}

/// Sums remarks up: one line for each kind, with their number and the first file.
pub fn sum_up<'r>(remarks: impl IntoIterator<Item = &'r Remark>) -> Vec<String> {
    let mut lines: Vec<(&str, usize, String)> = Vec::new();
    for remark in remarks {
        let (what, path, more) = remark.parts();
        match lines.iter_mut().find(|(other, ..)| *other == what) {
            Some((_, count, _)) => *count += 1,
            None => lines.push((what, 1, format!("{}{more}", shown(path)))),
        }
    }
    lines.into_iter().map(|(what, count, first)| format!("{what}: {count} (first: {first})")).collect()
}
