//! HTML character references, decoded as Python's `html.unescape` does (HTML standard, section 13.5).

/// Names of U+00A0 to U+00FF in order; each may stand without its semicolon.
#[rustfmt::skip]
const LATIN: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf",
    "laquo", "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para",
    "middot", "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc",
    "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc",
    "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave",
    "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve",
    "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml",
    "yacute", "thorn", "yuml",
];

/// The other names of HTML 4, and `apos`; only those of [`LEGACY`] may stand without a semicolon.
#[rustfmt::skip]
const OTHERS: [(u32, &str); 157] = [
    (0x22, "quot"), (0x26, "amp"), (0x27, "apos"), (0x3c, "lt"), (0x3e, "gt"), (0x152, "OElig"),
    (0x153, "oelig"), (0x160, "Scaron"), (0x161, "scaron"), (0x178, "Yuml"), (0x192, "fnof"),
    (0x2c6, "circ"), (0x2dc, "tilde"), (0x391, "Alpha"), (0x392, "Beta"), (0x393, "Gamma"),
    (0x394, "Delta"), (0x395, "Epsilon"), (0x396, "Zeta"), (0x397, "Eta"), (0x398, "Theta"),
    (0x399, "Iota"), (0x39a, "Kappa"), (0x39b, "Lambda"), (0x39c, "Mu"), (0x39d, "Nu"), (0x39e, "Xi"),
    (0x39f, "Omicron"), (0x3a0, "Pi"), (0x3a1, "Rho"), (0x3a3, "Sigma"), (0x3a4, "Tau"), (0x3a5, "Upsilon"),
    (0x3a6, "Phi"), (0x3a7, "Chi"), (0x3a8, "Psi"), (0x3a9, "Omega"), (0x3b1, "alpha"), (0x3b2, "beta"),
    (0x3b3, "gamma"), (0x3b4, "delta"), (0x3b5, "epsilon"), (0x3b6, "zeta"), (0x3b7, "eta"),
    (0x3b8, "theta"), (0x3b9, "iota"), (0x3ba, "kappa"), (0x3bb, "lambda"), (0x3bc, "mu"), (0x3bd, "nu"),
    (0x3be, "xi"), (0x3bf, "omicron"), (0x3c0, "pi"), (0x3c1, "rho"), (0x3c2, "sigmaf"), (0x3c3, "sigma"),
    (0x3c4, "tau"), (0x3c5, "upsilon"), (0x3c6, "phi"), (0x3c7, "chi"), (0x3c8, "psi"), (0x3c9, "omega"),
    (0x3d1, "thetasym"), (0x3d2, "upsih"), (0x3d6, "piv"), (0x2002, "ensp"), (0x2003, "emsp"),
    (0x2009, "thinsp"), (0x200c, "zwnj"), (0x200d, "zwj"), (0x200e, "lrm"), (0x200f, "rlm"),
    (0x2013, "ndash"), (0x2014, "mdash"), (0x2018, "lsquo"), (0x2019, "rsquo"), (0x201a, "sbquo"),
    (0x201c, "ldquo"), (0x201d, "rdquo"), (0x201e, "bdquo"), (0x2020, "dagger"), (0x2021, "Dagger"),
    (0x2022, "bull"), (0x2026, "hellip"), (0x2030, "permil"), (0x2032, "prime"), (0x2033, "Prime"),
    (0x2039, "lsaquo"), (0x203a, "rsaquo"), (0x203e, "oline"), (0x2044, "frasl"), (0x20ac, "euro"),
    (0x2111, "image"), (0x2118, "weierp"), (0x211c, "real"), (0x2122, "trade"), (0x2135, "alefsym"),
    (0x2190, "larr"), (0x2191, "uarr"), (0x2192, "rarr"), (0x2193, "darr"), (0x2194, "harr"),
    (0x21b5, "crarr"), (0x21d0, "lArr"), (0x21d1, "uArr"), (0x21d2, "rArr"), (0x21d3, "dArr"),
    (0x21d4, "hArr"), (0x2200, "forall"), (0x2202, "part"), (0x2203, "exist"), (0x2205, "empty"),
    (0x2207, "nabla"), (0x2208, "isin"), (0x2209, "notin"), (0x220b, "ni"), (0x220f, "prod"),
    (0x2211, "sum"), (0x2212, "minus"), (0x2217, "lowast"), (0x221a, "radic"), (0x221d, "prop"),
    (0x221e, "infin"), (0x2220, "ang"), (0x2227, "and"), (0x2228, "or"), (0x2229, "cap"), (0x222a, "cup"),
    (0x222b, "int"), (0x2234, "there4"), (0x223c, "sim"), (0x2245, "cong"), (0x2248, "asymp"),
    (0x2260, "ne"), (0x2261, "equiv"), (0x2264, "le"), (0x2265, "ge"), (0x2282, "sub"), (0x2283, "sup"),
    (0x2284, "nsub"), (0x2286, "sube"), (0x2287, "supe"), (0x2295, "oplus"), (0x2297, "otimes"),
    (0x22a5, "perp"), (0x22c5, "sdot"), (0x2308, "lceil"), (0x2309, "rceil"), (0x230a, "lfloor"),
    (0x230b, "rfloor"), (0x25ca, "loz"), (0x2660, "spades"), (0x2663, "clubs"), (0x2665, "hearts"),
    (0x2666, "diams"), (0x27e8, "lang"), (0x27e9, "rang"),
];

/// Names beyond [`LATIN`] that may stand without their semicolon.
const LEGACY: [(&str, char); 10] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("AMP", '&'),
    ("LT", '<'),
    ("GT", '>'),
    ("QUOT", '"'),
    ("COPY", '\u{a9}'),
    ("REG", '\u{ae}'),
];

/// What Windows-1252 has at 0x80 to 0x9F; its five gaps keep their control characters.
#[rustfmt::skip]
const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// Longest run of characters that is looked up as a name.
const LONGEST_NAME: usize = 32;

/// The character that a C1 control character stands for on the Web (Windows-1252); others as they are.
pub(super) fn c1_to_windows_1252(character: char) -> char {
    match u32::from(character) {
        code @ 0x80..=0x9f => WINDOWS_1252[code as usize - 0x80],
        _ => character,
    }
}

/// Decodes all character references, with or without semicolon where the standard allows it: numeric ones and the
/// names of HTML 4 (HTML 5's two thousand further names stay as they are).
pub(super) fn unescape(text: &str) -> String {
    replace_references(text, |tail| match numeric(tail) {
        Some(found) => Some(found),
        None => named_leniently(tail),
    })
}

/// Decodes only references that end in a semicolon, and those of lower-case names written in capitals (`&EACUTE;`), as
/// ftfy's `unescape_html` does.
pub(super) fn unescape_strict(text: &str) -> String {
    replace_references(text, |tail| {
        let end = tail.find(';')?;
        let body = &tail[..end];
        if body.len() > 25 || !body.trim_start_matches('#').bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        if body.starts_with('#') {
            return numeric(tail).filter(|(_, used)| *used == end + 1);
        }
        let decoded = match with_semicolon(body) {
            Some(character) => character.to_string(),
            None => in_capitals(body)?,
        };
        Some((decoded, end + 1))
    })
}

/// Replaces what `decode` recognises after each `&`: it gets the text behind the `&` and returns the replacement and
/// how many bytes of that text it used.
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
        0x80..=0x9f => WINDOWS_1252[code as usize - 0x80].to_string(),
        1..=8 | 0xb | 0xe..=0x1f | 0x7f => String::new(),
        _ if noncharacter => String::new(),
        _ => char::from_u32(code).unwrap_or('\u{fffd}').to_string(),
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
        && let Some(character) = with_semicolon(name)
    {
        return Some((character.to_string(), end + 1));
    }
    // The longest legacy name that the run starts with; what follows stays.
    (2..=end).rev().filter(|&length| name.is_char_boundary(length)).find_map(|length| {
        without_semicolon(&name[..length]).map(|character| (character.to_string(), length))
    })
}

fn with_semicolon(name: &str) -> Option<char> {
    let other = OTHERS.iter().find(|(_, known)| *known == name);
    without_semicolon(name).or_else(|| other.and_then(|&(code, _)| char::from_u32(code)))
}

fn without_semicolon(name: &str) -> Option<char> {
    let legacy = LEGACY.iter().find(|(known, _)| *known == name).map(|&(_, character)| character);
    legacy.or_else(|| {
        let index = LATIN.iter().position(|known| *known == name)?;
        char::from_u32(0xa0 + u32::try_from(index).ok()?)
    })
}

fn in_capitals(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if lower.to_ascii_uppercase() != name {
        return None;
    }
    Some(with_semicolon(&lower)?.to_uppercase().collect())
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
            ("&SZLIG;", "SS"),
            ("&a b;", "&a b;"),
        ] {
            assert_eq!(unescape_strict(text), expected, "{text}");
        }
    }
}
