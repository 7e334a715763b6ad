//! What stands above the panels of a figure: its title, its legend, some words.

use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Area, Drawing, NOTE, text_width, wrapped, write};
use super::legend::{Entry, Legend};
use super::page::Page;
use super::style;

/// Where the first lines of a title begin that has several, and how far apart they are.
const LINES: (i32, i32) = (8, 38);
/// Lines of a title for which figures have room in any case.
const ROOM: usize = 2;
/// Distance of the lines of a note.
const NOTE_LINE: i32 = style::TICK as i32 + 6;

/// Title, legend and words of a figure.
pub struct Head {
    page: Page,
    title: Vec<(String, u32)>,
    legend: Legend,
    note: Vec<String>,
}

impl Head {
    /// A title and no more.
    pub fn new(page: Page, title: &str) -> Self {
        Self { page, title: title_lines(title, page), legend: Legend::new(page, &[]), note: Vec::new() }
    }

    /// With a legend below the title.
    pub fn legend(self, entries: &[Entry]) -> Self {
        Self { legend: Legend::new(self.page, entries), ..self }
    }

    /// With words below these.
    pub fn note(self, text: Option<&str>) -> Self {
        let room = self.page.width() as i32 - 2 * style::MARGIN;
        Self { note: text.map(|text| wrapped(text, style::TICK, room)).unwrap_or_default(), ..self }
    }

    /// Height that the title needs beyond that for which figures have room.
    fn further(&self) -> i32 {
        self.title.len().saturating_sub(ROOM) as i32 * LINES.1
    }

    /// Where the panels begin, what stands below the title beginning at `top`.
    pub fn bottom(&self, top: i32) -> i32 {
        let note = match self.note.len() as i32 {
            0 => 0,
            lines => NOTE + (lines - 1) * NOTE_LINE,
        };
        top + self.further() + self.legend.height() + note
    }

    /// Draws it, what stands below the title beginning at `top`.
    pub fn draw(&self, area: &Area<'_>, top: i32) -> Drawing {
        let middle = self.page.width() as i32 / 2;
        for (at, (line, size)) in (0..).zip(&self.title) {
            let top = if self.title.len() == 1 { style::MARGIN } else { LINES.0 + at * LINES.1 };
            write(area, line, (middle, top), *size, (HPos::Center, VPos::Top))?;
        }
        let top = top + self.further();
        self.legend.draw(area, top)?;
        for (at, line) in (0..).zip(&self.note) {
            let place = (middle, top + self.legend.height() + 4 + at * NOTE_LINE);
            write(area, line, place, style::TICK, (HPos::Center, VPos::Top))?;
        }
        Ok(())
    }
}

/// The lines of a title, with their sizes: smaller where it is long, in two lines where it still does not fit, in more on a narrow page.
/// On the usual one what is longer than two lines loses its middle, since it ends with what was counted.
fn title_lines(text: &str, page: Page) -> Vec<(String, u32)> {
    let room = page.width() as i32 - 2 * style::MARGIN;
    let mut sizes = (style::LABEL..=style::TITLE).rev();
    if let Some(size) = sizes.find(|&size| text_width(text, size) <= room) {
        return vec![(text.to_owned(), size)];
    }
    let two = match text.split_once(": ") {
        Some((head, tail)) => [head.to_owned(), tail.to_owned()],
        None => {
            let first = wrapped(text, style::LABEL, room).swap_remove(0);
            [first.clone(), text[first.len()..].trim_start().to_owned()]
        }
    };
    let lines: Vec<String> = if page.is_usual() {
        two.iter().map(|line| without_middle(line, style::LABEL, room)).collect()
    } else if two.iter().all(|line| text_width(line, style::LABEL) <= room) {
        two.into()
    } else {
        wrapped(text, style::LABEL, room)
    };
    lines.into_iter().map(|line| (line, style::LABEL)).collect()
}

/// The text if it fits into `width`, or else as much of its ends as does.
fn without_middle(text: &str, size: u32, width: i32) -> String {
    let letters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String {
        let (head, tail) = (kept - kept / 2, letters.len() - kept / 2);
        letters[..head].iter().chain(&['\u{2026}']).chain(&letters[tail..]).collect()
    };
    let shorter = (0..letters.len()).rev().map(cut);
    let mut all = std::iter::once(text.to_owned()).chain(shorter);
    all.find(|text| text_width(text, size) <= width).unwrap_or_default()
}
