//! The signs that a text was read in a wrong encoding.

use std::sync::OnceLock;

use regex::Regex;

// The kinds of characters that UTF-8 turns into when it is read as a single-byte encoding. Which character is of which kind, and which
// neighbours are suspicious, are ftfy's findings (Robyn Speer, ftfy 6.3, module `badness`; Apache-2.0), set down here as rules.
const COMMON: &str = "\u{a0}\u{ad}´·–-―’…";
const C1: &str = "\u{80}-\u{9f}";
const BAD: &str = "¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊�";
const LAW: &str = "§¶";
const CURRENCY: &str = "¢£¥₧€";
const START_PUNCTUATION: &str = "¡©«¿΄΅‘‚“„•‹\u{f8ff}";
const END_PUNCTUATION: &str = "®»˝”›™";
const NUMERIC: &str = "±-³µ¹¼-¾×÷⁄№∂∆∏∑√∞∩∫≈≠≡≤≥";
const KAOMOJI: &str = "°Ò-ÖÙ-Üò-öø-üŌŐŪŲ";
const UPPER_ACCENTED: &str = "À-ÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ";
const LOWER_ACCENTED: &str = "ß-ñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґﬁﬂ";
const UPPER_COMMON: &str = "ÞΆΈ-ΊΌΎΏΑ-ΫЁ-Я";
const LOWER_COMMON: &str = "ά-ωа-џ";
const BOX: &str = "│┌┐┘├┤┬┼═-╬▀▄█▌▐-▓";

/// Whether a text has neighbouring characters that hardly ever meet but where UTF-8 was read as something else.
pub(super) fn is_bad(text: &str) -> bool {
    static SUSPICIOUS: OnceLock<Regex> = OnceLock::new();
    // The rules are constant; a test builds them.
    SUSPICIOUS.get_or_init(|| Regex::new(&rules().join("|")).expect("the rules are valid")).is_match(text)
}

/// A regular expression's character class of several kinds of characters.
fn any(kinds: &[&str]) -> String {
    format!("[{}]", kinds.concat())
}

fn rules() -> Vec<String> {
    let signs = any(&[
        LOWER_ACCENTED,
        UPPER_ACCENTED,
        BOX,
        START_PUNCTUATION,
        END_PUNCTUATION,
        CURRENCY,
        NUMERIC,
        LAW,
    ]);
    let bad = any(&[BAD]);
    let upper = any(&[UPPER_ACCENTED]);
    let lower = any(&[LOWER_ACCENTED]);
    let accented = any(&[LOWER_ACCENTED, UPPER_ACCENTED]);
    let currency = any(&[CURRENCY]);
    let boxes = any(&[BOX]);
    let start = any(&[START_PUNCTUATION]);
    let end = any(&[END_PUNCTUATION]);
    // Bytes that follow the lead bytes of Cyrillic and Greek letters, and of Arabic ones.
    let follows = [C1, BAD, START_PUNCTUATION, END_PUNCTUATION, CURRENCY, "°"];
    let after_cyrillic = any(&[&follows[..], &["µ"]].concat());
    let after_greek = any(&follows);
    let arabic = format!("[ØÙ]{}", any(&[COMMON, CURRENCY, BAD, NUMERIC, START_PUNCTUATION, "ŸŠ®°µ»"]));

    let mut rules = vec![any(&[C1])];
    // Pairs of kinds.
    rules.extend([
        format!("{signs}{bad}"),
        format!("{bad}{signs}"),
        format!("[a-zA-Z]{}{bad}", any(&[LOWER_COMMON, UPPER_COMMON])),
        format!("{}{upper}", any(&[LOWER_ACCENTED, LOWER_COMMON, BOX, END_PUNCTUATION, CURRENCY, NUMERIC])),
        format!("{}{lower}", any(&[BOX, END_PUNCTUATION, CURRENCY, NUMERIC])),
        format!("{}{currency}", any(&[LOWER_ACCENTED, BOX, END_PUNCTUATION])),
        format!("{}{}", any(&[UPPER_ACCENTED, BOX]), any(&[NUMERIC, LAW])),
        format!("{}{start}", any(&[CURRENCY, NUMERIC, BOX])),
        format!("{boxes}{}", any(&[KAOMOJI])),
        format!(
            "{}{boxes}",
            any(&[
                LOWER_ACCENTED,
                UPPER_ACCENTED,
                CURRENCY,
                NUMERIC,
                START_PUNCTUATION,
                END_PUNCTUATION,
                LAW
            ])
        ),
        format!("{boxes}{end}"),
    ]);
    // Kinds in a context. Python's \s has four control characters more than Unicode's white space, and its \w no marks.
    rules.extend([
        format!(r"[\s\x1c-\x1f]{upper}{currency}"),
        format!(
            "{}{start}{}",
            any(&[LOWER_ACCENTED, UPPER_ACCENTED, BOX, CURRENCY, END_PUNCTUATION]),
            any(&[NUMERIC])
        ),
        format!("{}{end}{start}", any(&[LOWER_ACCENTED, UPPER_ACCENTED, CURRENCY, NUMERIC, BOX, LAW])),
        format!("[a-z]{upper}{}", any(&[START_PUNCTUATION, CURRENCY])),
        format!(r"{accented}{}[\p{{L}}\p{{N}}_]", any(&[START_PUNCTUATION, END_PUNCTUATION])),
    ]);
    // Single letters of Windows-1252: lead bytes of Latin letters, of Arabic, of Indian scripts.
    rules.extend([
        "[Œœ][^A-Za-z]".into(),
        format!("{upper}°"),
        format!("[ÂÃÎÐ]{}", any(&["€œŠš¢£Ÿž\u{a0}\u{ad}®©°·»–—´", START_PUNCTUATION, END_PUNCTUATION])),
        "×[²³]".into(),
        format!("{arabic}{arabic}"),
        "à[²µ¹¼½¾]".into(),
        "Ã[\u{a0}¡]".into(),
        r"[a-z][\s\x1c-\x1f]?[ÃÂ] ".into(),
        "^[ÃÂ] ".into(),
        format!("{}Â{}", any(&["a-z.,?!", END_PUNCTUATION]), any(&[" ", START_PUNCTUATION, END_PUNCTUATION])),
    ]);
    // Mac Roman.
    rules.extend(["√[±∂†≠®™´≤≥¥µø]", "≈[°¢]", "‚Ä[ìîïòôúùû†°¢π]", "‚[âó][àä°ê]"].map(String::from));
    // Windows-1251, Windows-1253 and Windows-1257, of punctuation and of letters.
    rules.extend([
        "вЂ".into(),
        format!("[ВГРС]{after_cyrillic}[ВГРС]"),
        "ГўВЂВ.[A-Za-z ]".into(),
        "β€[™\u{a0}Ά\u{ad}®°]".into(),
        format!("[ΒΓΞΟ]{after_greek}[ΒΓΞΟ]"),
        "ā€".into(),
    ]);
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mojibake_is_suspicious_and_plain_text_is_not() {
        for text in ["cafÃ©", "itâ€™s", "РџСЂРёРІРµС‚", "‚Äôs", "×²", "à la Â \u{ab}"]
        {
            assert!(is_bad(text), "{text}");
        }
        for text in ["café", "it’s", "Привет", "Überwurfmutter M8×20", "5 €", "10 µm ± 2 %", "« a »", "(ò_ó)"]
        {
            assert!(!is_bad(text), "{text}");
        }
    }
}
