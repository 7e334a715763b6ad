//! The single-byte encodings that UTF-8 is most often read as by mistake.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The characters of the bytes 0x80 to 0xFF in an encoding (the mapping tables published by the Unicode consortium). Bytes that Windows
/// leaves open keep the control character of the same number, as on the Web.
const WINDOWS_1252: &str = "\
    €\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ\
    \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿\
    ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß\
    àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ";
const WINDOWS_1251: &str = "\
    ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{98}™љ›њќћџ\
    \u{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{ad}®Ї°±Ііґµ¶·ё№є»јЅѕї\
    АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ\
    абвгдежзийклмнопрстуфхцчшщъыьэюя";
const WINDOWS_1250: &str = "\
    €\u{81}‚\u{83}„…†‡\u{88}‰Š‹ŚŤŽŹ\u{90}‘’“”•–—\u{98}™š›śťžź\
    \u{a0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{ad}®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż\
    ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß\
    ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";
const WINDOWS_1253: &str = "\
    €\u{81}‚ƒ„…†‡\u{88}‰\u{8a}‹\u{8c}\u{8d}\u{8e}\u{8f}\u{90}‘’“”•–—\u{98}™\u{9a}›\u{9c}\u{9d}\u{9e}\u{9f}\
    \u{a0}΅Ά£¤¥¦§¨©ª«¬\u{ad}®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏ\
    ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡÒΣΤΥΦΧΨΩΪΫάέήί\
    ΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώÿ";
const WINDOWS_1254: &str = "\
    €\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}\u{8e}\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}\u{9e}Ÿ\
    \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿\
    ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞß\
    àáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ";
const WINDOWS_1257: &str = "\
    €\u{81}‚\u{83}„…†‡\u{88}‰\u{8a}‹\u{8c}¨ˇ¸\u{90}‘’“”•–—\u{98}™\u{9a}›\u{9c}¯˛\u{9f}\
    \u{a0}¡¢£¤¥¦§Ø©Ŗ«¬\u{ad}®Æ°±²³´µ¶·ø¹ŗ»¼½¾æ\
    ĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽß\
    ąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūüżž˙";
const ISO_8859_2: &str = "\
    \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
    \u{a0}Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u{ad}ŽŻ°ą˛ł´ľśˇ¸šşťź˝žż\
    ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß\
    ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";
const MACROMAN: &str = "\
    ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü\
    †°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
    ¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ\
    ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
const CP437: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ\
    áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The character that stands for a byte nobody could read, and the byte that stands for it in the Windows encodings here.
pub(super) const REPLACEMENT: char = '\u{fffd}';
pub(super) const SUBSTITUTE: u8 = 0x1a;

/// A single-byte encoding.
pub(super) struct Charset {
    /// Whether bytes that the encoding leaves open are filled in and [`REPLACEMENT`] has the byte [`SUBSTITUTE`].
    pub(super) sloppy: bool,
    pub(super) is_macroman: bool,
    /// Characters of the bytes from 0x80.
    high: Vec<char>,
    bytes: HashMap<char, u8>,
}

impl Charset {
    fn new(high: Vec<char>, sloppy: bool, is_macroman: bool) -> Self {
        let bytes = (0x80..=0xff_u8).zip(&high).map(|(byte, &character)| (character, byte)).collect();
        Self { sloppy, is_macroman, high, bytes }
    }

    /// The bytes of `text` in this encoding; `None` if it lacks a character.
    pub(super) fn encode(&self, text: &str) -> Option<Vec<u8>> {
        text.chars()
            .map(|character| match character {
                REPLACEMENT if self.sloppy => Some(SUBSTITUTE),
                '\u{1a}' if self.sloppy => None,
                '\0'..='\u{7f}' => u8::try_from(u32::from(character)).ok(),
                _ => self.bytes.get(&character).copied(),
            })
            .collect()
    }

    /// The characters of the bytes `first` to `last`, both 0x80 or more.
    pub(super) fn range(&self, first: u8, last: u8) -> &[char] {
        &self.high[usize::from(first) - 0x80..=usize::from(last) - 0x80]
    }
}

/// All encodings in the order in which they are tried: Latin-1, Windows 1252, 1251, 1250, 1253, 1254, 1257, ISO 8859-2, Mac Roman, code page 437.
pub(super) fn charsets() -> &'static [Charset] {
    static CHARSETS: OnceLock<Vec<Charset>> = OnceLock::new();
    CHARSETS.get_or_init(|| {
        let latin_1 = Charset::new(('\u{80}'..='\u{ff}').collect(), false, false);
        let windows = [WINDOWS_1252, WINDOWS_1251, WINDOWS_1250, WINDOWS_1253, WINDOWS_1254, WINDOWS_1257];
        let windows = windows.map(|high| Charset::new(high.chars().collect(), true, false));
        let others = [(ISO_8859_2, false), (MACROMAN, true), (CP437, false)];
        let others = others.map(|(high, mac)| Charset::new(high.chars().collect(), false, mac));
        [latin_1].into_iter().chain(windows).chain(others).collect()
    })
}

/// The encodings whose lead and continuation bytes are letters and signs alike: Latin-1 and the Windows ones.
pub(super) fn latin_like() -> &'static [Charset] {
    &charsets()[..7]
}

/// The character that Windows-1252 has for a control character from U+0080 to U+009F; any other character is kept.
pub(crate) fn c1_to_windows_1252(character: char) -> char {
    match u32::from(character) {
        code @ 0x80..=0x9f => charsets()[1].high[code as usize - 0x80],
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole() {
        for charset in charsets() {
            assert_eq!(charset.high.len(), 128);
            assert_eq!(charset.bytes.len(), 128);
        }
    }

    #[test]
    fn what_an_encoding_lacks_is_refused() {
        let windows_1252 = &charsets()[1];
        assert_eq!(windows_1252.encode("€\u{fffd}a"), Some(vec![0x80, 0x1a, b'a']));
        assert_eq!(windows_1252.encode("\u{1a}"), None);
        assert_eq!(windows_1252.encode("я"), None);
        assert_eq!(charsets()[0].encode("\u{1a}\u{fffd}"), None);
        assert_eq!(charsets()[9].encode("é"), Some(vec![0x82]));
    }
}
