//! The cleaning of a text before it is encoded, as open_clip does it.

use std::sync::OnceLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::entities;
use super::mojibake::{c1_to_windows_1252, fix_encoding};

/// Number of characters that ftfy repairs at once.
const SEGMENT: usize = 1_000_000;

/// Repairs, unescapes (HTML, twice), collapses white space and lowers a text: open_clip's default cleaning, whose first
/// step is the library ftfy (`fix_text` of version 6.3, all steps: HTML references, wrong encodings, ligatures, widths, quotes, line
/// breaks, terminal escapes, control characters, NFC).
///
/// The result is open_clip's for every text that [`tokenise`](super::tokenise) takes.
pub fn clean(text: &str) -> String {
    let repaired = repair(text);
    let unescaped = entities::unescape(&entities::unescape(&repaired));
    let words: Vec<&str> = unescaped.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Repairs a text as ftfy's `fix_text` does: line by line, each until nothing changes.
fn repair(text: &str) -> String {
    // A "<" makes it likely that the text is HTML and meant as such, from that line on.
    let mut unescape = true;
    text.split_inclusive('\n')
        .flat_map(segments)
        .map(|line| {
            unescape &= !line.contains('<');
            let mut line = line.to_owned();
            loop {
                let next = repair_once(&line, unescape);
                if next == line {
                    return line;
                }
                line = next;
            }
        })
        .collect()
}

fn segments(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let end = rest.char_indices().nth(SEGMENT).map_or(rest.len(), |(at, _)| at);
        let segment;
        (segment, rest) = rest.split_at(end);
        (!segment.is_empty()).then_some(segment)
    })
}

fn repair_once(line: &str, unescape: bool) -> String {
    let decoded = if unescape { entities::unescape_strict(line) } else { line.to_owned() };
    let decoded = fix_encoding(&decoded);
    let mut out = String::with_capacity(decoded.len());
    for character in decoded.chars().map(c1_to_windows_1252) {
        match ligature(character) {
            Some(letters) => out.push_str(letters),
            None => push_usual_width(character, &mut out),
        }
    }
    let out: String = out.chars().map(straight_quote).collect();
    let out = out.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    without_terminal_escapes(&out).replace(is_unwanted_control, "").nfc().collect()
}

/// The letters that a Latin ligature or digraph stands for.
fn ligature(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{132}' => "IJ",
        '\u{133}' => "ij",
        '\u{149}' => "\u{2bc}n",
        '\u{1c4}' => "D\u{17d}",
        '\u{1c5}' => "D\u{17e}",
        '\u{1c6}' => "d\u{17e}",
        '\u{1c7}' => "LJ",
        '\u{1c8}' => "Lj",
        '\u{1c9}' => "lj",
        '\u{1ca}' => "NJ",
        '\u{1cb}' => "Nj",
        '\u{1cc}' => "nj",
        '\u{1f1}' => "DZ",
        '\u{1f2}' => "Dz",
        '\u{1f3}' => "dz",
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        '\u{fb05}' => "\u{17f}t",
        '\u{fb06}' => "st",
        _ => return None,
    })
}

/// Appends a character to `out`; a full-width or half-width form becomes what it is a form of (its compatibility mapping).
fn push_usual_width(character: char, out: &mut String) {
    match character {
        '\u{3000}' => out.push(' '),
        '\u{ff01}'..='\u{ffef}' => out.extend(std::iter::once(character).nfkc()),
        _ => out.push(character),
    }
}

fn straight_quote(character: char) -> char {
    match character {
        '\u{2bc}' | '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        _ => character,
    }
}

fn is_unwanted_control(character: char) -> bool {
    matches!(u32::from(character),
        0..=8 | 0xb | 0xe..=0x1f | 0x7f | 0x206a..=0x206f | 0xfeff | 0xfff9..=0xfffc)
}

/// The text without terminal escapes, `ESC [ digits-and-semicolons letter`.
fn without_terminal_escapes(text: &str) -> String {
    static ESCAPE: OnceLock<Regex> = OnceLock::new();
    let escape = ESCAPE.get_or_init(|| Regex::new(r"\x1b\[[\d;]*[a-zA-Z]").expect("the pattern is valid"));
    escape.replace_all(text, "").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_out_clean() {
        for (text, expected) in [
            ("  A\tphoto \n\n of  a BOTTLE. ", "a photo of a bottle."),
            ("&amp;amp;lt;nut&amp;gt;", "<nut>"),
            ("\u{201c}it\u{2019}s\u{201d}", "\"it's\""),
            ("\u{fb02}awless", "flawless"),
            ("ＬＯＵＤ　ﾌﾗｲ", "loud フライ"),
            ("ｶﾞｷﾞ", "ガギ"),
            ("cafe\u{301} cafÃ©", "café café"),
            ("\u{1b}[36;44mblue\u{1b}[0m\u{0}\u{feff}", "blue"),
            ("x\u{93}y", "x\"y"),
            ("a\u{a0}b\u{2003}c", "a b c"),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
        }
    }

    #[test]
    fn segments_join_to_the_line() {
        let line = "é".repeat(SEGMENT + 3);
        let parts: Vec<&str> = segments(&line).collect();
        assert_eq!(parts.iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [SEGMENT, 3]);
        assert_eq!(parts.concat(), line);
    }
}
