//! A backend of plotters that draws nothing and keeps what is to be drawn.

use std::convert::Infallible;

use plotters::style::{FontTransform, RGBColor};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use crate::types::Image;

/// A colour and how much it covers.
pub type Colour = BackendColor;

/// One thing drawn. Positions and widths are in pixels of the backend.
pub enum Mark {
    /// A rectangle with these corners; a filled one covers both.
    Rectangle {
        /// The upper left and the lower right corner.
        corners: [BackendCoord; 2],
        /// Colour of the area or of the line.
        colour: Colour,
        /// Width of the line; a filled rectangle has none.
        stroke: Option<u32>,
    },
    /// A circle.
    Circle {
        /// The middle.
        centre: BackendCoord,
        /// From the middle to the line.
        radius: u32,
        /// Colour of the area or of the line.
        colour: Colour,
        /// Width of the line; a filled circle has none.
        stroke: Option<u32>,
    },
    /// A straight line.
    Line {
        /// Its ends.
        ends: [BackendCoord; 2],
        /// Colour of the line.
        colour: Colour,
        /// Width of the line.
        width: u32,
    },
    /// A line from point to point.
    Path {
        /// The points.
        points: Vec<BackendCoord>,
        /// Colour of the line.
        colour: Colour,
        /// Width of the line.
        width: u32,
    },
    /// A filled area between these corners.
    Polygon {
        /// The corners.
        points: Vec<BackendCoord>,
        /// Colour of the area.
        colour: Colour,
    },
    /// A text.
    Text(Words),
    /// A picture (3, H, W) in [0, 1], each of its pixels one length of the layout.
    Picture {
        /// The pixels.
        image: Image,
        /// The upper left corner, in lengths of the layout.
        at: BackendCoord,
    },
}

impl Mark {
    /// The mark on a grid that is `scale` times as fine; a picture stays as it is.
    pub fn scaled(&self, scale: f64) -> Self {
        let at = |length: i32| (f64::from(length) * scale).round() as i32;
        let place = |&(x, y): &BackendCoord| (at(x), at(y));
        let wide = |width: u32| ((f64::from(width) * scale).round() as u32).max(1);
        match self {
            Self::Rectangle { corners: [from, to], colour, stroke: None } => {
                // Both corners are covered; neighbours must show no seam.
                let to = (at(to.0 + 1) - 1, at(to.1 + 1) - 1);
                Self::Rectangle { corners: [place(from), to], colour: *colour, stroke: None }
            }
            Self::Rectangle { corners: [from, to], colour, stroke } => Self::Rectangle {
                corners: [place(from), place(to)],
                colour: *colour,
                stroke: stroke.map(wide),
            },
            Self::Circle { centre, radius, colour, stroke } => Self::Circle {
                centre: place(centre),
                radius: wide(*radius),
                colour: *colour,
                stroke: stroke.map(wide),
            },
            Self::Line { ends: [from, to], colour, width } => {
                Self::Line { ends: [place(from), place(to)], colour: *colour, width: wide(*width) }
            }
            Self::Path { points, colour, width } => Self::Path {
                points: points.iter().map(place).collect(),
                colour: *colour,
                width: wide(*width),
            },
            Self::Polygon { points, colour } => {
                Self::Polygon { points: points.iter().map(place).collect(), colour: *colour }
            }
            Self::Text(words) => Self::Text(Words {
                at: place(&words.at),
                size: words.size * scale,
                area: (at(words.area.0), at(words.area.1)),
                ..words.clone()
            }),
            Self::Picture { image, at } => Self::Picture { image: image.clone(), at: *at },
        }
    }
}

/// A text at its place.
#[derive(Clone)]
pub struct Words {
    /// The letters.
    pub text: String,
    /// The anchor.
    pub at: BackendCoord,
    /// Height of the font.
    pub size: f64,
    /// Colour of the letters.
    pub colour: Colour,
    /// Where the text lies from the anchor.
    pub anchor: (HPos, VPos),
    /// Which way it is turned about the anchor.
    pub turn: FontTransform,
    /// Width and height of its box before any turn.
    pub area: (i32, i32),
}

impl Words {
    /// From the anchor down to the line that the letters stand on, before any turn.
    pub fn baseline(&self) -> f64 {
        let top = match self.anchor.1 {
            VPos::Top => 0,
            VPos::Center => -self.area.1 / 2,
            VPos::Bottom => -self.area.1,
        };
        f64::from(top) + (self.size / 2.0).trunc()
    }
}

/// Keeps what plotters draws.
pub struct Recorder<'m> {
    size: (u32, u32),
    marks: &'m mut Vec<Mark>,
}

impl<'m> Recorder<'m> {
    /// A recorder for a figure of `size` pixels of the backend.
    pub fn new(size: (u32, u32), marks: &'m mut Vec<Mark>) -> Self {
        Self { size, marks }
    }
}

type Recorded = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Recorder<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Recorded {
        Ok(())
    }

    fn present(&mut self) -> Recorded {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, colour: BackendColor) -> Recorded {
        self.marks.push(Mark::Rectangle { corners: [point, point], colour, stroke: None });
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Recorded {
        self.marks.push(Mark::Line { ends: [from, to], colour: style.color(), width: style.stroke_width() });
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Recorded {
        let stroke = (!fill).then(|| style.stroke_width());
        self.marks.push(Mark::Rectangle {
            corners: [upper_left, bottom_right],
            colour: style.color(),
            stroke,
        });
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Recorded {
        let points = path.into_iter().collect();
        self.marks.push(Mark::Path { points, colour: style.color(), width: style.stroke_width() });
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Recorded {
        let stroke = (!fill).then(|| style.stroke_width());
        self.marks.push(Mark::Circle { centre, radius, colour: style.color(), stroke });
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Recorded {
        self.marks.push(Mark::Polygon { points: corners.into_iter().collect(), colour: style.color() });
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Recorded {
        let ((left, top), (right, bottom)) =
            style.layout_box(text).map_err(|error| DrawingErrorKind::FontError(Box::new(error)))?;
        self.marks.push(Mark::Text(Words {
            text: text.to_owned(),
            at,
            size: style.size(),
            colour: style.color(),
            anchor: (style.anchor().h_pos, style.anchor().v_pos),
            turn: style.transform(),
            area: (right - left, bottom - top),
        }));
        Ok(())
    }
}

/// The colour as plotters takes it.
pub fn rgb(colour: Colour) -> RGBColor {
    let (r, g, b) = colour.rgb;
    RGBColor(r, g, b)
}
