//! Pictures that are not square, on the square input of a model: canvases, and the pieces of them that the model sees.

use serde::{Deserialize, Serialize};

use super::named;
use crate::error::{Error, Result};

/// The way in which a picture comes to the square input of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fit {
    /// The picture is squeezed into the square, whatever its shape (the code of the paper's authors, anomalib).
    #[default]
    Squeeze,
    /// The longer side fills the square; what is left of it repeats the edges, and counts nowhere.
    Pad,
    /// The shorter side fills the square, which is laid over the picture several times, by tiles that overlap.
    Tile,
}

named!(Fit, "a fit", { Squeeze = "squeeze", Pad = "pad", Tile = "tile" });

/// The weights with which the maps of overlapping tiles are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blend {
    /// All tiles that show a pixel weigh the same.
    #[default]
    Mean,
    /// The weight of a tile falls towards its inner edges as a Hann window does, to 0.05 at least; at the border of the picture it
    /// does not.
    Hann,
}

named!(Blend, "a blend", { Mean = "mean", Hann = "hann" });

/// The image score of a picture, made of those of its tiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileScore {
    /// Their mean.
    #[default]
    Mean,
    /// The highest of them.
    Max,
}

named!(TileScore, "a way to score tiles", { Mean = "mean", Max = "max" });

/// How pictures are fitted to the square input of a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fitting {
    /// The way.
    pub fit: Fit,
    /// Pixels of the picture that a side of a tile covers; its shorter side if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tile_size: Option<usize>,
    /// Share of a tile's side that overlaps the next one, at least.
    pub tile_overlap: f64,
    /// How maps of tiles are put together.
    pub tile_blend: Blend,
    /// How image scores of tiles are.
    pub tile_score: TileScore,
}

impl Default for Fitting {
    fn default() -> Self {
        Self {
            fit: Fit::default(),
            tile_size: None,
            tile_overlap: 0.2,
            tile_blend: Blend::default(),
            tile_score: TileScore::default(),
        }
    }
}

/// Longer side over shorter one up to which a picture counts as square.
const NEARLY_SQUARE: f64 = 1.05;

impl Fitting {
    /// Pictures in one way, the rest as usual.
    pub fn of(fit: Fit) -> Self {
        Self { fit, ..Self::default() }
    }

    /// The largest share of a tile that may overlap the next one.
    pub const MOST_OVERLAP: f64 = 0.9;

    /// Whether canvas and input are one, whatever the picture.
    pub fn is_square(&self) -> bool {
        self.fit == Fit::Squeeze
    }

    /// Whether both bring every picture to the same canvas, so that metrics on the two are of the same pixels.
    pub fn has_canvases_of(&self, other: &Self) -> bool {
        (self.fit, self.tile_size) == (other.fit, other.tile_size)
    }

    /// The settings in words: the way, and what of the tiles is not as usual.
    pub fn in_words(&self) -> String {
        let usual = Self::of(self.fit);
        let mut words = vec![format!("`fit = {}`", self.fit)];
        words.extend(self.tile_size.map(|size| format!("`tile_size = {size}`")));
        if self.tile_overlap != usual.tile_overlap {
            words.push(format!("`tile_overlap = {}`", self.tile_overlap));
        }
        if self.tile_blend != usual.tile_blend {
            words.push(format!("`tile_blend = {}`", self.tile_blend));
        }
        if self.tile_score != usual.tile_score {
            words.push(format!("`tile_score = {}`", self.tile_score));
        }
        words.join(" with ")
    }

    /// Refuses values that make no sense.
    ///
    /// # Errors
    /// A usage error that names the setting.
    pub fn validate(&self) -> Result<()> {
        if !(0.0..=Self::MOST_OVERLAP).contains(&self.tile_overlap) {
            let fix = format!("give a share from 0 to {}", Self::MOST_OVERLAP);
            return Err(Error::setting("tile_overlap", self.tile_overlap, "is no share of a tile", fix));
        }
        if self.tile_size == Some(0) {
            return Err(Error::setting("tile_size", 0, "is no number of pixels", "give 1 or more"));
        }
        Ok(())
    }

    /// Height and width of the canvas of a picture, given those of the picture and the side of the model's input; `None` where the
    /// picture is smaller than a tile.
    pub fn canvas(&self, (height, width): (usize, usize), side: usize) -> Option<(usize, usize)> {
        let (short, long) = (height.min(width), height.max(width));
        let scaled = |length: usize, from: usize| round_ratio(length * side, from);
        Some(match (self.fit, self.tile_size) {
            (Fit::Squeeze, _) => (side, side),
            (Fit::Pad, _) => (scaled(height, long).max(1), scaled(width, long).max(1)),
            (Fit::Tile, None) if long as f64 <= NEARLY_SQUARE * short as f64 => (side, side),
            (Fit::Tile, None) => (scaled(height, short), scaled(width, short)),
            (Fit::Tile, Some(tile)) if tile > short => return None,
            (Fit::Tile, Some(tile)) => (scaled(height, tile).max(side), scaled(width, tile).max(side)),
        })
    }

    /// The pieces of a canvas that the model sees: top and left of each in the canvas, row by row. A padded canvas lies within its one
    /// piece, which then begins at or above 0.
    pub fn pieces(&self, canvas: (usize, usize), side: usize) -> Vec<Piece> {
        let along = |length: usize| -> Vec<isize> {
            if length <= side {
                let before = (side - length) / 2;
                return vec![-(before as isize)];
            }
            let step = (1.0 - self.tile_overlap) * side as f64;
            let steps = (((length - side) as f64 / step).ceil() as usize).max(1);
            (0..=steps).map(|at| round_ratio(at * (length - side), steps) as isize).collect()
        };
        let lefts = along(canvas.1);
        let row = |top| lefts.iter().map(move |&left| Piece { top, left });
        along(canvas.0).into_iter().flat_map(row).collect()
    }
}

/// The square input of a model, and how pictures are fitted to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// Height and width of the input in pixels.
    pub side: usize,
    /// The way to it.
    pub fitting: Fitting,
}

impl From<usize> for Input {
    /// The input of a side, into which pictures are squeezed.
    fn from(side: usize) -> Self {
        Self { side, fitting: Fitting::default() }
    }
}

impl Input {
    /// Height and width of the canvas of a picture: [`Fitting::canvas`].
    pub fn canvas(&self, source: (usize, usize)) -> Option<(usize, usize)> {
        self.fitting.canvas(source, self.side)
    }

    /// The pieces of a canvas: [`Fitting::pieces`].
    pub fn pieces(&self, canvas: (usize, usize)) -> Vec<Piece> {
        self.fitting.pieces(canvas, self.side)
    }

    /// Whether canvas and input are one, whatever the picture.
    pub fn is_square(&self) -> bool {
        self.fitting.is_square()
    }
}

/// A square of the model's input on a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Row of the canvas at which the piece begins.
    pub top: isize,
    /// Column of the canvas at which the piece begins.
    pub left: isize,
}

/// A ratio rounded to the nearest whole number, a half upwards.
fn round_ratio(over: usize, under: usize) -> usize {
    (2 * over + under) / (2 * under)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lefts(fitting: &Fitting, source: (usize, usize), side: usize) -> Vec<isize> {
        let canvas = fitting.canvas(source, side).unwrap();
        fitting.pieces(canvas, side).iter().map(|piece| piece.left).collect()
    }

    #[test]
    fn a_squeezed_picture_is_the_square_itself() {
        let squeeze = Fitting::default();
        assert_eq!(squeeze.canvas((1000, 1500), 240), Some((240, 240)));
        assert_eq!(squeeze.pieces((240, 240), 240), [Piece { top: 0, left: 0 }]);
    }

    #[test]
    fn a_padded_picture_lies_in_the_middle() {
        let pad = Fitting::of(Fit::Pad);
        assert_eq!(pad.canvas((1024, 2232), 240), Some((110, 240)));
        assert_eq!(pad.pieces((110, 240), 240), [Piece { top: -65, left: 0 }]);
        assert_eq!(pad.canvas((900, 900), 240), Some((240, 240)));
        assert_eq!(pad.canvas((1, 5000), 240), Some((1, 240)), "never without a pixel");
    }

    #[test]
    fn tiles_lie_evenly_and_touch_both_borders() {
        let tile = Fitting::of(Fit::Tile);
        // VisA, MVTec AD 2: can, sheet_metal.
        assert_eq!(tile.canvas((1000, 1500), 240), Some((240, 360)));
        assert_eq!(lefts(&tile, (1000, 1500), 240), [0, 120]);
        assert_eq!(lefts(&tile, (1024, 2232), 240), [0, 142, 283]);
        assert_eq!(lefts(&tile, (1056, 4224), 240), [0, 180, 360, 540, 720]);
        let tall = tile.pieces(tile.canvas((1900, 1400), 240).unwrap(), 240);
        assert_eq!(tall, [Piece { top: 0, left: 0 }, Piece { top: 86, left: 0 }]);
        assert_eq!(tile.canvas((1024, 1060), 240), Some((240, 240)), "nearly square");
    }

    #[test]
    fn a_tile_size_makes_a_grid() {
        let grid = Fitting { tile_size: Some(1024), tile_overlap: 0.1, ..Fitting::of(Fit::Tile) };
        let count = |source| grid.pieces(grid.canvas(source, 240).unwrap(), 240).len();
        assert_eq!(count((2048, 2448)), 9);
        assert_eq!(count((1056, 4224)), 10);
        assert_eq!(count((1520, 2100)), 6);
        assert_eq!(count((1900, 1400)), 4);
        assert_eq!(grid.canvas((1000, 4000), 240), None, "a tile is larger than the picture");
    }

    #[test]
    fn every_pixel_of_a_canvas_is_in_some_tile() {
        for overlap in [0.0, 0.1, 0.5, 0.9] {
            let tile = Fitting { tile_overlap: overlap, ..Fitting::of(Fit::Tile) };
            for width in 100..=450 {
                let mut covered = vec![false; width];
                for left in tile.pieces((100, width), 100).iter().map(|piece| piece.left as usize) {
                    covered[left..left + 100].fill(true);
                }
                assert!(covered.iter().all(|&covered| covered), "{width} at {overlap}");
            }
        }
    }

    #[test]
    fn senseless_tiles_are_refused_by_name() {
        let refused = |fitting: Fitting| fitting.validate().unwrap_err().subject;
        for share in [-0.1, 0.95, f64::NAN] {
            let subject = refused(Fitting { tile_overlap: share, ..Fitting::default() });
            assert!(subject.starts_with("`tile_overlap = "), "{subject}");
        }
        assert_eq!(refused(Fitting { tile_size: Some(0), ..Fitting::default() }), "`tile_size = 0`");
        assert!(Fitting::default().validate().is_ok());
    }
}
