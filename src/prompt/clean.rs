//! What open_clip does to a text before it is encoded.

use super::entities;

/// Half-width katakana U+FF61 to U+FF9F in their usual width (compatibility mappings of the Unicode character database).
const KATAKANA: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u{3099}\u{309a}";

/// Repairs, unescapes (HTML, twice), collapses white space and lowers a text: open_clip's default cleaning, whose first
/// step is the library ftfy.
///
/// Of ftfy this does everything that is a plain substitution: control characters and terminal escapes, curly quotes,
/// Latin ligatures, full-width forms, line breaks, HTML references. It differs from open_clip, and so may
/// [`tokenise`](super::tokenise), for
/// - text that was decoded with the wrong encoding ("Ã©"), or that looks as if it had been, which ftfy guesses and repairs;
/// - combining marks ("e" + U+0301) and other characters that ftfy normalises (NFC), half-width Hangul and voiced katakana among them;
/// - an apostrophe before a long s (U+017F), which open_clip takes for a contraction;
/// - HTML 5's names beyond those of HTML 4 (`&check;`), which stay as they are;
/// - letters that Unicode added after version 14, of which the two know different ones.
pub fn clean(text: &str) -> String {
    let repaired = repair(text);
    let unescaped = entities::unescape(&entities::unescape(&repaired));
    let words: Vec<&str> = unescaped.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// The part of ftfy's `fix_text` that is described at [`clean`], line by line, each until nothing changes.
fn repair(text: &str) -> String {
    // A "<" makes it likely that the text is HTML and meant as such, from that line on.
    let mut unescape = true;
    text.split_inclusive('\n')
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

fn repair_once(line: &str, unescape: bool) -> String {
    let decoded =
        if unescape && !line.contains('<') { entities::unescape_strict(line) } else { line.to_owned() };
    let mut out = String::with_capacity(decoded.len());
    for character in decoded.chars().map(entities::c1_to_windows_1252) {
        match ligature(character) {
            Some(letters) => out.push_str(letters),
            None => out.push(straight_quote(usual_width(character))),
        }
    }
    let out = out.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    without_terminal_escapes(&out).replace(is_unwanted_control, "")
}

fn ligature(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{132}' => "IJ",
        '\u{133}' => "ij",
        '\u{149}' => "'n",
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

fn usual_width(character: char) -> char {
    let code = u32::from(character);
    match code {
        0x3000 => ' ',
        0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(character),
        0xff5f => '\u{2985}',
        0xff60 => '\u{2986}',
        0xff61..=0xff9f => KATAKANA.chars().nth(code as usize - 0xff61).unwrap_or(character),
        0xffe0 => '\u{a2}',
        0xffe1 => '\u{a3}',
        0xffe2 => '\u{ac}',
        0xffe4 => '\u{a6}',
        0xffe5 => '\u{a5}',
        0xffe6 => '\u{20a9}',
        0xffe8 => '\u{2502}',
        0xffe9..=0xffec => char::from_u32(code - 0xffe9 + 0x2190).unwrap_or(character),
        0xffed => '\u{25a0}',
        0xffee => '\u{25cb}',
        _ => character,
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

/// Drops `ESC [ digits-and-semicolons letter`.
fn without_terminal_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let parameters = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        if parameters.starts_with(|c: char| c.is_ascii_alphabetic()) {
            rest = &parameters[1..];
        } else {
            out.push_str("\u{1b}[");
            rest = &rest[at + 2..];
        }
    }
    out.push_str(rest);
    out
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
            ("\u{1b}[36;44mblue\u{1b}[0m\u{0}\u{feff}", "blue"),
            ("x\u{93}y", "x\"y"),
            ("a\u{a0}b\u{2003}c", "a b c"),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
        }
    }

    #[test]
    fn katakana_table_is_whole() {
        assert_eq!(KATAKANA.chars().count(), 0xff9f - 0xff61 + 1);
        assert_eq!(usual_width('\u{ff9d}'), 'ン');
    }
}
