//! Decoding of bytes that would be UTF-8 but for some damage.

use std::sync::OnceLock;

use regex::bytes::Regex;

use super::charset::SUBSTITUTE;

const NO_BREAK_SPACE: u8 = 0xa0;

/// Puts back bytes 0xA0 that some program took for spaces, where that makes UTF-8 of likely characters (ftfy's
/// `restore_byte_a0`).
pub(super) fn restore_spaces(bytes: &[u8]) -> Vec<u8> {
    static ALTERED: OnceLock<Regex> = OnceLock::new();
    let altered = ALTERED.get_or_init(|| {
        // Lead bytes of two: those whose letter ending in 0xA0 is likely. The byte 0x85 stands for other things.
        let continuation = r"[\x80-\x84\x86-\x9f\xa1-\xbf]";
        bytes_regex(&[
            r"[\xc2\xc3\xc5\xce\xd0\xd9] ",
            &format!(r"[\xe2\xe3] {continuation}"),
            &format!(r"[\xe0-\xe3]{continuation} "),
            r"\xf0 [\x80-\xbf][\x80-\xbf]",
            r"\xf0[\x80-\xbf] [\x80-\xbf]",
            r"\xf0[\x80-\xbf][\x80-\xbf] ",
        ])
    });
    if !altered.is_match(bytes) {
        return bytes.to_vec();
    }
    let words = with_a_grave_as_word(bytes);
    let restored = altered.replace_all(&words, |found: &regex::bytes::Captures| {
        found[0].iter().map(|&byte| if byte == b' ' { NO_BREAK_SPACE } else { byte }).collect::<Vec<u8>>()
    });
    restored.into_owned()
}

/// Keeps "à" before a space a word of its own ("à la"), except in Portuguese contractions ("àquele").
fn with_a_grave_as_word(bytes: &[u8]) -> Vec<u8> {
    const CONTINUES: [&[u8]; 5] = [b" ", b"quele", b"quela", b"quilo", b"s "];
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        out.push(first);
        rest = tail;
        if first == 0xc3
            && let Some(after) = tail.strip_prefix(b" ")
            && !CONTINUES.iter().any(|word| after.starts_with(word))
        {
            out.extend([NO_BREAK_SPACE, b' ']);
            rest = after;
        }
    }
    out
}

/// Replaces sequences of UTF-8 in which bytes were lost (0x1A, at times a question mark) by U+FFFD (ftfy's
/// `replace_lossy_sequences`).
pub(super) fn replace_lost(bytes: &[u8]) -> Vec<u8> {
    static LOST: OnceLock<Regex> = OnceLock::new();
    let lost = LOST.get_or_init(|| {
        bytes_regex(&[
            r"[\xc2-\xdf]\x1a",
            r"[\xc2\xc3]\?",
            r"\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]",
            r"\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]",
            r"[\xe0-\xef][\x1a?][\x1a\x80-\xbf]",
            r"[\xe0-\xef][\x1a\x80-\xbf][\x1a?]",
            r"[\xf0-\xf4][\x1a?][\x1a\x80-\xbf][\x1a\x80-\xbf]",
            r"[\xf0-\xf4][\x1a\x80-\xbf][\x1a?][\x1a\x80-\xbf]",
            r"[\xf0-\xf4][\x1a\x80-\xbf][\x1a\x80-\xbf][\x1a?]",
            r"\x1a",
        ])
    });
    debug_assert_eq!(SUBSTITUTE, 0x1a);
    lost.replace_all(bytes, "\u{fffd}".as_bytes()).into_owned()
}

fn bytes_regex(alternatives: &[&str]) -> Regex {
    // Constant patterns; tests build them.
    Regex::new(&format!("(?-u){}", alternatives.join("|"))).expect("the pattern is valid")
}

/// Decodes UTF-8, or its variants in which a character beyond U+FFFF is a pair of surrogates (CESU-8) and U+0000 two bytes (Java).
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    let mut plain = 0;
    let mut at = 0;
    while at < bytes.len() {
        let Some((character, length)) = variant(&bytes[at..]) else {
            at += 1;
            continue;
        };
        out.push_str(std::str::from_utf8(&bytes[plain..at]).ok()?);
        out.push(character);
        at += length;
        plain = at;
    }
    out.push_str(std::str::from_utf8(&bytes[plain..]).ok()?);
    Some(out)
}

/// The character and length of a byte sequence that only the variants of UTF-8 have.
fn variant(bytes: &[u8]) -> Option<(char, usize)> {
    match *bytes {
        // A line feed at the very end counts as missing; ftfy's pattern says so.
        [0xc0, 0x80, ..] | [0xc0, b'\n'] => Some(('\0', 2)),
        [0xed, a @ 0xa0..=0xaf, b @ 0x80..=0xbf, 0xed, c @ 0xb0..=0xbf, d @ 0x80..=0xbf, ..] => {
            let bits = |byte: u8, mask: u8, shift: u32| u32::from(byte & mask) << shift;
            let code = bits(a, 0xf, 16) | bits(b, 0x3f, 10) | bits(c, 0xf, 6) | bits(d, 0x3f, 0);
            char::from_u32(code + 0x1_0000).map(|character| (character, 6))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_decode() {
        assert_eq!(decode(b"a\xc0\x80b"), Some("a\0b".into()));
        assert_eq!(decode(b"\xed\xa0\xbd\xed\xb8\x8d"), Some("😍".into()));
        assert_eq!(decode(b"\xed\xa0\xbd"), None);
        assert_eq!(decode("한 é".as_bytes()), Some("한 é".into()));
        assert_eq!(decode(b"\xff"), None);
    }

    #[test]
    fn spaces_and_losses_are_repaired() {
        assert_eq!(restore_spaces(b"voil\xc3  le"), b"voil\xc3\xa0 le");
        assert_eq!(restore_spaces(b"\xc3 la"), b"\xc3\xa0 la");
        assert_eq!(restore_spaces(b"\xc3 quele"), b"\xc3\xa0quele");
        assert_eq!(restore_spaces(b"a \xe9 b"), b"a \xe9 b");
        assert_eq!(replace_lost(b"\xe2\x80\x1a"), "\u{fffd}".as_bytes());
    }
}
