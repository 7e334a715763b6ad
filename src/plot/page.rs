//! How wide a figure is, and how large its letters are.

use super::style;
use crate::error::{Error, Result};

/// Width of a figure and size of its letters, which together say how much stands beside each other in it. All lengths of a figure go
/// with its letters, so that figures of one page go together whatever they show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    width_mm: f64,
    width: u32,
    asked: bool,
}

/// Millimetres in a point.
const POINT: f64 = 25.4 / 72.0;
/// Millimetres in an inch.
const INCH: f64 = 25.4;
/// Width of a usual figure as SVG and PDF, in millimetres: that of a page of two columns.
const USUAL: f64 = 170.0;
/// Widths of a page, in millimetres.
const WIDTHS: (f64, f64) = (40.0, 500.0);
/// Sizes of letters, in points.
const FONTS: (f64, f64) = (4.0, 24.0);
/// Lengths of a layout across: with less nothing fits beside its labels, with more the letters are lost in it.
const LAYOUTS: (f64, f64) = (600.0, 4000.0);
/// Dots of a PNG in an inch, where a width was asked for.
const DOTS: f64 = 300.0;

impl Default for Page {
    fn default() -> Self {
        Self { width_mm: USUAL, width: style::WIDTH, asked: false }
    }
}

impl Page {
    /// A page of `width_mm` millimetres with usual letters (ticks, legends, notes) of `font_pt` points; headings are larger in
    /// proportion. What is not given is as in a usual figure: 170 mm, 7 pt. A PNG of such a page has 300 dots an inch; one of a page
    /// for which neither is given, 1600 pixels.
    ///
    /// # Errors
    /// A usage error when one is out of range, or letters of this size leave no room on this width.
    pub fn new(width_mm: Option<f64>, font_pt: Option<f64>) -> Result<Self> {
        if width_mm.is_none() && font_pt.is_none() {
            return Ok(Self::default());
        }
        let width = within("width", "mm", width_mm, USUAL, WIDTHS)?;
        let font = within("font_size", "pt", font_pt, usual_font(), FONTS)?;
        let layout = f64::from(style::WIDTH) * (width / USUAL) * (usual_font() / font);
        let at = |layout: f64, font: f64| USUAL * layout / f64::from(style::WIDTH) * font / usual_font();
        let of = |layout: f64, width: f64| usual_font() * f64::from(style::WIDTH) / layout * (width / USUAL);
        let (fewest, most) = LAYOUTS;
        if layout < fewest {
            return Err(Error::setting(
                "font_size",
                short(font),
                format!("leaves no room on a figure {} mm wide", short(width)),
                fix(
                    ("or less", down(of(fewest, width)), FONTS),
                    ("or more", at(fewest, font).ceil(), WIDTHS),
                ),
            ));
        }
        if layout > most {
            return Err(Error::setting(
                "font_size",
                short(font),
                format!("is lost in a figure {} mm wide", short(width)),
                fix(("or more", up(of(most, width)), FONTS), ("or less", at(most, font).floor(), WIDTHS)),
            ));
        }
        Ok(Self { width_mm: width, width: layout.round() as u32, asked: true })
    }

    /// Whether this is the page of figures for which neither width nor letters were asked for.
    pub(super) fn is_usual(self) -> bool {
        !self.asked
    }

    /// Lengths of the layout across.
    pub(super) fn width(self) -> u32 {
        self.width
    }

    /// Width on paper, in millimetres.
    pub(super) fn width_mm(self) -> f64 {
        self.width_mm
    }

    /// Pixels of a PNG across; none where it has one for each length of the layout.
    pub(super) fn pixels(self) -> Option<u32> {
        self.asked.then(|| (self.width_mm / INCH * DOTS).round() as u32)
    }

    /// Height of a figure whose panels begin below `above` and stand in so many lines: of the usual shape, and never so low that the
    /// panels are not to be read.
    pub(super) fn height(self, above: i32, lines: usize) -> i32 {
        /// Height that a panel needs, with its axis.
        const PANEL: i32 = 440;
        if self.is_usual() {
            return style::HEIGHT as i32;
        }
        let shape = (self.width * style::HEIGHT / style::WIDTH) as i32;
        shape.max(above + lines as i32 * PANEL)
    }

    /// How many panels that need `least` lengths stand beside each other, at most `most`.
    pub(super) fn columns(self, least: i32, most: usize) -> usize {
        ((self.width as i32 / least) as usize).clamp(1, most)
    }
}

/// Dots of a PNG in a metre, for the file to say.
pub(super) fn dots_per_metre() -> u32 {
    (DOTS / INCH * 1000.0).round() as u32
}

/// Size of the usual letters of a usual figure, in points.
fn usual_font() -> f64 {
    style::em(f64::from(style::TICK)) * USUAL / f64::from(style::WIDTH) / POINT
}

fn within(name: &str, unit: &str, value: Option<f64>, usual: f64, (low, high): (f64, f64)) -> Result<f64> {
    match value {
        Some(value) if !(low..=high).contains(&value) => Err(Error::setting(
            name,
            value,
            format!("lies outside {low} to {high} {unit}"),
            format!("give a number of {unit} between {low} and {high}"),
        )),
        value => Ok(value.unwrap_or(usual)),
    }
}

type Way = (&'static str, f64, (f64, f64));

/// The fix of letters and a width that do not go together: what goes with the other, of those that are allowed.
fn fix((bound, font, fonts): Way, (widths_bound, width, widths): Way) -> String {
    let allowed = |value: f64, (low, high): (f64, f64)| (low..=high).contains(&value);
    let font = allowed(font, fonts).then(|| format!("`font_size` of {} {bound}", short(font)));
    let width = allowed(width, widths).then(|| format!("`width` of {} {widths_bound}", short(width)));
    let ways: Vec<String> = font.into_iter().chain(width).collect();
    format!("give a {}", ways.join(", or a "))
}

/// The next tenth below.
fn down(value: f64) -> f64 {
    (value * 10.0).floor() / 10.0
}

/// The next tenth above.
fn up(value: f64) -> f64 {
    (value * 10.0).ceil() / 10.0
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_as_in_a_usual_figure() {
        assert_eq!(Page::new(None, None).unwrap(), Page::default());
        let wide = Page::new(Some(170.0), None).unwrap();
        assert_eq!((wide.width(), wide.pixels()), (style::WIDTH, Some(2008)));
        assert!((usual_font() - 7.0).abs() < 0.05, "the help says 7 pt: {}", usual_font());
        // Twice the letters are half as much beside each other.
        let large = Page::new(None, Some(2.0 * usual_font())).unwrap();
        assert_eq!((large.width(), large.width_mm()), (style::WIDTH / 2, 170.0));
    }

    #[test]
    fn every_fix_that_is_told_works() {
        for (width, font) in [(85.0, 12.0), (40.0, 8.0), (40.0, 24.0), (500.0, 4.0), (300.0, 4.0)] {
            let error = Page::new(Some(width), Some(font)).unwrap_err();
            let told = |name: &str| -> Option<f64> {
                let (_, after) = error.fix.split_once(&format!("`{name}` of "))?;
                after.split([' ', ',']).next()?.parse().ok()
            };
            let ways = [(told("width"), Some(font)), (Some(width), told("font_size"))];
            let mut any = false;
            for (width, font) in ways.into_iter().filter(|way| way.0.is_some() && way.1.is_some()) {
                any = true;
                assert!(Page::new(width, font).is_ok(), "{}", error.fix);
            }
            assert!(any, "{}", error.fix);
        }
    }

    #[test]
    fn senseless_values_are_refused_by_name() {
        for width in [0.0, -85.0, 39.9, 501.0, f64::NAN, f64::INFINITY] {
            let error = Page::new(Some(width), None).unwrap_err();
            assert!(error.subject.starts_with("`width = ") && error.problem.contains("40 to 500 mm"));
        }
        for font in [0.0, 3.9, 25.0, f64::NAN] {
            assert!(Page::new(None, Some(font)).unwrap_err().subject.starts_with("`font_size = "));
        }
    }
}
