//! HTML character references, decoded as Python's `html.unescape` does (HTML standard, section 13.5), and as ftfy does.

use htmlize::ENTITIES;

use super::mojibake::c1_to_windows_1252;

/// Longest run of characters that is looked up as a name.
const LONGEST_NAME: usize = 32;
/// Longest reference that ftfy looks up, without `&`, `#` and `;`.
const LONGEST_STRICT: usize = 24;

/// Decodes all character references, with or without semicolon where the standard allows it.
pub(super) fn unescape(text: &str) -> String {
    replace_references(text, |tail| numeric(tail).or_else(|| named_leniently(tail)))
}

/// Decodes only references that end in a semicolon, and those of lower-case names written in capitals (`&EACUTE;`), as
/// ftfy's `unescape_html` does.
pub(super) fn unescape_strict(text: &str) -> String {
    replace_references(text, |tail| {
        let end = tail.find(';')?;
        let body = &tail[..end];
        let name = body.strip_prefix('#').unwrap_or(body);
        let looks_right = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !looks_right || name.is_empty() || name.len() > LONGEST_STRICT {
            return None;
        }
        let decoded = if body.starts_with('#') {
            // A semicolon that is left (or comes out) means that not all of it was understood.
            numeric(tail).filter(|(decoded, used)| *used == end + 1 && decoded != ";")?.0
        } else {
            match lookup(body, ";") {
                Some(decoded) => decoded.to_owned(),
                None => in_capitals(body)?,
            }
        };
        Some((decoded, end + 1))
    })
}

/// Replaces the references that `decode` recognises: for each `&` it gets the text behind it, and returns the replacement
/// and how many bytes of that text it stands for.
fn replace_references(text: &str, decode: impl Fn(&str) -> Option<(String, usize)>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match decode(rest) {
            Some((decoded, used)) => {
                out.push_str(&decoded);
                rest = &rest[used..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

fn numeric(tail: &str) -> Option<(String, usize)> {
    let digits = tail.strip_prefix('#')?;
    let (digits, radix, prefix) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 2),
        None => (digits, 10, 1),
    };
    let length = digits.find(|character: char| !character.is_digit(radix)).unwrap_or(digits.len());
    if length == 0 {
        return None;
    }
    let semicolon = usize::from(digits[length..].starts_with(';'));
    // More digits than a u32 holds are beyond Unicode as well.
    let code = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
    Some((from_code(code), prefix + length + semicolon))
}

fn from_code(code: u32) -> String {
    let noncharacter = (0xfdd0..=0xfdef).contains(&code) || (code & 0xfffe == 0xfffe && code <= 0x10_ffff);
    match code {
        0 => "\u{fffd}".to_owned(),
        1..=8 | 0xb | 0xe..=0x1f | 0x7f => String::new(),
        _ if noncharacter => String::new(),
        _ => char::from_u32(code).map_or('\u{fffd}', c1_to_windows_1252).to_string(),
    }
}

fn named_leniently(tail: &str) -> Option<(String, usize)> {
    let end = tail
        .char_indices()
        .enumerate()
        .find(|&(count, (_, character))| count == LONGEST_NAME || "\t\n\u{c} <&#;".contains(character))
        .map_or(tail.len(), |(_, (at, _))| at);
    let name = &tail[..end];
    if tail[end..].starts_with(';')
        && let Some(decoded) = lookup(name, ";")
    {
        return Some((decoded.to_owned(), end + 1));
    }
    // The longest name known without a semicolon that the run starts with; what follows stays.
    (2..=end)
        .rev()
        .filter(|&length| name.is_char_boundary(length))
        .find_map(|length| lookup(&name[..length], "").map(|decoded| (decoded.to_owned(), length)))
}

/// The character or characters that HTML 5 has under a name.
fn lookup(name: &str, semicolon: &str) -> Option<&'static str> {
    let key = format!("&{name}{semicolon}");
    ENTITIES.get(key.as_bytes()).and_then(|value| std::str::from_utf8(value).ok())
}

/// The character of a lower-case name written in capitals, if it means nothing else in capitals.
fn in_capitals(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let reference = format!("&{name};");
    if lower.to_ascii_uppercase() != name || unescape(&reference) != reference {
        return None;
    }
    Some(lookup(&lower, ";")?.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_decode_as_in_python() {
        for (text, expected) in [
            ("a &amp; b", "a & b"),
            ("&amp;amp;", "&amp;"),
            ("&lt;i&gt;", "<i>"),
            ("&eacute;&Eacute;&eacute", "\u{e9}\u{c9}\u{e9}"),
            ("&notit;", "\u{ac}it;"),
            ("&notin;", "\u{2209}"),
            ("&alpha; &alpha", "\u{3b1} &alpha"),
            ("&check;&NotEqualTilde;", "\u{2713}\u{2242}\u{338}"),
            ("&#233;&#xe9;&#XE9 ", "\u{e9}\u{e9}\u{e9} "),
            ("&#128;&#0;&#xD800;&#1;&#99999999999;", "\u{20ac}\u{fffd}\u{fffd}\u{fffd}"),
            ("&#; &; & &#x; &nosuch;", "&#; &; & &#x; &nosuch;"),
            ("&lang;", "\u{27e8}"),
            ("caf\u{e9}&\u{e9}", "caf\u{e9}&\u{e9}"),
        ] {
            assert_eq!(unescape(text), expected, "{text}");
        }
    }

    #[test]
    fn strict_references_need_their_semicolon() {
        for (text, expected) in [
            ("this&not that", "this&not that"),
            ("&EACUTE;&eacute;", "\u{c9}\u{e9}"),
            ("&#65;&#65", "A&#65"),
            ("&#59;", "&#59;"),
            ("&SZLIG;", "SS"),
            ("&LTIMES;", "&LTIMES;"),
            ("&a b;", "&a b;"),
        ] {
            assert_eq!(unescape_strict(text), expected, "{text}");
        }
    }
}
