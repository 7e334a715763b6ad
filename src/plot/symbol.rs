//! Small symbols that show on any ground: drawn twice, first wider and dark.

use plotters::element::{Circle, PathElement};
use plotters::style::{Color as _, RGBColor};

use super::canvas::{Area, Drawing, px, upx};
use super::style;

/// A small symbol at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// A filled dot.
    Dot,
    /// A small diagonal cross.
    Cross,
    /// A large upright cross.
    Plus,
    /// A large open circle.
    Ring,
}

/// Draws a symbol at a position in the pixels that plotters draws.
pub fn symbol(area: &Area<'_>, symbol: Symbol, at: (i32, i32), colour: RGBColor) -> Drawing {
    match symbol {
        Symbol::Dot => {
            area.draw(&Circle::new(at, px(8), style::INK.filled()))?;
            area.draw(&Circle::new(at, px(6), colour.filled()))?;
        }
        Symbol::Ring => {
            area.draw(&Circle::new(at, px(18), style::INK.stroke_width(upx(9))))?;
            area.draw(&Circle::new(at, px(18), colour.stroke_width(upx(5))))?;
        }
        Symbol::Cross => strokes(area, at, [[(-5, -5), (5, 5)], [(-5, 5), (5, -5)]], (5, 2), colour)?,
        Symbol::Plus => strokes(area, at, [[(-18, 0), (18, 0)], [(0, -18), (0, 18)]], (10, 6), colour)?,
    }
    Ok(())
}

fn strokes(
    area: &Area<'_>,
    (x, y): (i32, i32),
    lines: [[(i32, i32); 2]; 2],
    (wide, narrow): (u32, u32),
    colour: RGBColor,
) -> Drawing {
    for (ink, width, longer) in [(style::INK, wide, 2), (colour, narrow, 0)] {
        for line in lines {
            let ends =
                line.map(|(dx, dy)| (x + px(dx + longer * dx.signum()), y + px(dy + longer * dy.signum())));
            area.draw(&PathElement::new(ends.to_vec(), ink.stroke_width(upx(width))))?;
        }
    }
    Ok(())
}
