//! Checksums by which a record that was damaged on disk is told from one that was written: CRC-32 as in PNG and zip (ISO 3309), which
//! notices every single flipped bit. Files of older versions have none, and are read without.

use crc32fast::Hasher;

/// The column of a CSV file that holds the checksum of each row, behind all others.
pub(super) const COLUMN: &str = "checksum";

/// Whether more rows may follow a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The file may go on.
    Within,
    /// The file is complete, and this is its last row: one that ends with another has lost some.
    Last,
}

/// The checksum of a row: a word for its place, over which it goes too, and eight hexadecimal digits, so that no spreadsheet takes
/// it for a number.
pub(super) fn of_row<C: AsRef<[u8]>>(place: Place, cells: impl IntoIterator<Item = C>) -> String {
    let word = match place {
        Place::Within => "row",
        Place::Last => "end",
    };
    let mut hasher = Hasher::new();
    hasher.update(word.as_bytes());
    for cell in cells {
        // Behind each cell something that no name holds: `ab,c` is not `a,bc`.
        hasher.update(cell.as_ref());
        hasher.update(b"\x1f");
    }
    format!("{word}-{:08x}", hasher.finalize())
}

/// The checksums of the rows of a table, one after the other: what the last one has behind its own, so that rows which are gone from the
/// middle are missed, and rows of another state of the table noticed.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain(Hasher);

impl Chain {
    /// Takes the checksum of the next row.
    pub fn add(&mut self, sum: &str) {
        self.0.update(sum.as_bytes());
    }

    /// The checksum of the last row, `own`, with that of all rows before it behind.
    pub fn sealed(&self, own: &str) -> String {
        format!("{own}-{:08x}", self.0.clone().finalize())
    }
}

/// The checksum that a row has of its own, and whether it has one of all rows before it behind.
pub(super) fn own_part(given: &str) -> (&str, bool) {
    match given.match_indices('-').nth(1) {
        Some((at, _)) => (&given[..at], true),
        None => (given, false),
    }
}

/// How the line begins that stands above the text of `run.toml`.
const LINE: &str = "# crc32 ";
const HOW: &str = " of what follows; without this line a change is read";

/// A text under a line with its checksum, which is a comment in TOML.
pub(super) fn with_line(text: &str) -> String {
    format!("{LINE}{:08x}{HOW}\n{text}", crc32fast::hash(text.as_bytes()))
}

/// Whether a text is what it was when its line was put above it; one without such a line is, but for what was cut within the line.
pub(super) fn agrees(text: &str) -> bool {
    if LINE.starts_with(text) {
        return false;
    }
    let Some((given, text)) = text.strip_prefix(LINE).map(|rest| rest.split_once('\n').unwrap_or((rest, "")))
    else {
        return true;
    };
    given.strip_suffix(HOW) == Some(format!("{:08x}", crc32fast::hash(text.as_bytes())).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_told_from_others_and_from_itself_elsewhere() {
        let row = of_row(Place::Within, ["ab", "c"]);
        assert!(row.starts_with("row-") && row.len() == 12, "{row}");
        assert_ne!(row, of_row(Place::Within, ["a", "bc"]));
        assert_ne!(row[4..], of_row(Place::Last, ["ab", "c"])[4..]);
        let mut chain = Chain::default();
        chain.add(&row);
        let sealed = chain.sealed("end-00000000");
        assert_eq!(
            (own_part(&sealed), own_part("end-00000000")),
            (("end-00000000", true), ("end-00000000", false))
        );
        assert_ne!(sealed, Chain::default().sealed("end-00000000"));
        // `crc32(b"row" b"ab\x1f" b"c\x1f")` of Python's zlib.
        assert_eq!(row, "row-0151f858");
    }

    #[test]
    fn every_flipped_bit_and_every_cut_of_a_text_is_noticed_or_leaves_it_as_it_was() {
        let text = "seed = 1\n[a]\nb = \"c\"\n";
        let sealed = with_line(text);
        assert!(agrees(&sealed) && agrees(text));
        assert_eq!(sealed.parse::<toml::Table>().unwrap_or_default().len(), 2);
        let body = |bytes: &[u8]| bytes.ends_with(text.as_bytes());
        for bit in 0..sealed.len() * 8 {
            let mut bytes = sealed.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let is_told = !agrees(&changed) || changed.parse::<toml::Table>().is_err();
            assert!(is_told || body(changed.as_bytes()), "bit {bit}: {changed}");
        }
        for length in 0..sealed.len() {
            assert!(!agrees(&sealed[..length]), "{length}");
        }
    }
}
