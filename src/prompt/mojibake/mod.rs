//! Repairs text that was read in a wrong encoding ("cafÃ©"), with the decisions of ftfy's `fix_encoding` (Robyn Speer, ftfy 6.3.1;
//! Apache-2.0): the heuristic and its order of trials are followed as facts, the code is our own.

mod badness;
mod charset;
mod utf8;

use std::collections::HashSet;
use std::sync::OnceLock;

use badness::is_bad;
pub(super) use charset::c1_to_windows_1252;
use charset::{charsets, latin_like};

/// Repairs a text that was read in a wrong encoding until nothing changes. Text without signs of damage stays as it is.
pub(super) fn fix_encoding(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(better) = step(&text).filter(|better| *better != text) {
        text = better;
    }
    text
}

/// The text after one repair; `None` where there is nothing to do or nothing helps.
fn step(text: &str) -> Option<String> {
    if text.is_ascii() || !is_bad(text) {
        return None;
    }
    // The whole text is UTF-8 that was read as a single-byte encoding, ...
    for charset in charsets() {
        let Some(mut bytes) = charset.encode(text) else { continue };
        // In Mac Roman such a "space" would be one after a dash.
        if !charset.is_macroman {
            bytes = utf8::restore_spaces(&bytes);
        }
        if charset.sloppy {
            bytes = utf8::replace_lost(&bytes);
        }
        if let Some(fixed) = utf8::decode(&bytes) {
            return Some(fixed);
        }
    }
    // ... or parts of it are, ...
    let fixed = fix_parts(text);
    if fixed != text {
        return Some(fixed);
    }
    // ... or control characters are what Windows has in their place.
    Some(text.chars().map(c1_to_windows_1252).collect())
}

/// Repairs the runs of characters that could be UTF-8 read as Latin-1 or a Windows encoding, each for itself.
fn fix_parts(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let length = run(&characters, at);
        if length == 0 {
            out.push(characters[at]);
            at += 1;
            continue;
        }
        let part: String = characters[at..at + length].iter().collect();
        // A part is shorter than the whole, or this would never end.
        let fix = length < characters.len() && is_bad(&part);
        out.push_str(&if fix { fix_encoding(&part) } else { part });
        at += length;
    }
    out
}

/// Number of characters from `at` that could be one or more whole UTF-8 sequences; 0 where the character before could
/// belong to one as well.
fn run(characters: &[char], at: usize) -> usize {
    let clues = clues();
    if at > 0 && clues.continuation_strict.contains(&characters[at - 1]) {
        return 0;
    }
    let mut length = 0;
    loop {
        let rest = &characters[at + length..];
        let Some(first) = rest.first() else { return length };
        let Some(size) = (2..=4).find(|size| clues.first_of[size - 2].contains(first)) else { return length };
        if rest.len() < size || !rest[1..size].iter().all(|character| clues.continuation.contains(character))
        {
            return length;
        }
        length += size;
    }
}

/// The characters that the bytes of UTF-8 become in the Latin-like encodings.
struct Clues {
    /// Characters of the lead bytes of sequences of 2, 3 and 4.
    first_of: [HashSet<char>; 3],
    /// Characters of the further bytes, and the space that 0xA0 often becomes.
    continuation: HashSet<char>,
    /// Characters of further bytes that are not at home beside any word by themselves.
    continuation_strict: HashSet<char>,
}

fn clues() -> &'static Clues {
    static CLUES: OnceLock<Clues> = OnceLock::new();
    CLUES.get_or_init(|| {
        let of = |first, last| -> HashSet<char> {
            latin_like().iter().flat_map(|charset| charset.range(first, last)).copied().collect()
        };
        // Other lead bytes of four have no characters that are in use.
        let first_of_4 = &of(0xf0, 0xf0) | &of(0xf3, 0xf3);
        let bytes = of(0x80, 0xbf);
        let at_home = HashSet::from(['–', '—', '―', '‘', '’', '‚', '“', '”', '„', '•', '…']);
        Clues {
            first_of: [of(0xc2, 0xdf), of(0xe0, 0xef), first_of_4],
            continuation: &bytes | &HashSet::from([' ']),
            continuation_strict: &bytes - &at_home,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mojibake_is_repaired() {
        for (text, expected) in [
            ("cafÃ© sÃ³", "café só"),
            ("âœ” No problems", "✔ No problems"),
            ("itâ€™s", "it’s"),
            ("CafÃƒÂ©", "Café"),
            ("РџСЂРёРІРµС‚", "Привет"),
            ("voilÃ le travail", "voilà le travail"),
            ("voilÃ  le travail", "voilà le travail"),
            ("naïve café", "naïve café"),
            ("Ünïcödé", "Ünïcödé"),
            ("x\u{93}y", "x“y"),
        ] {
            assert_eq!(fix_encoding(text), expected, "{text:?}");
        }
    }

    #[test]
    fn only_the_damaged_part_changes() {
        assert_eq!(fix_encoding("日本 cafÃ© 中文"), "日本 café 中文");
    }
}
