//! Names of models, data sets and categories as names of files.

use sha2::{Digest as _, Sha256};

/// Longest name of a file in bytes. File systems take 255, of which endings and temporary names need some.
const LONGEST: usize = 100;

/// The last part of a path, by which people name a bundle; a name without parts stays as it is.
pub fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(name)
}

/// A name as one component of the name of a file: what a file name cannot hold everywhere is written as `%`
/// and two hexadecimal digits, so that different names never meet in one file. Ordinary names, with spaces
/// too, stay as they are. What would be longer than 100 bytes is shortened and ends in `%~` and a hash of the whole name.
///
/// Names that differ only in the case of letters are different here, and meet on a file system that does not tell case apart.
///
/// ```
/// use askance::record::file_name;
///
/// assert_eq!(file_name("ViT-B 16.2"), "ViT-B 16.2");
/// assert_eq!(file_name("models/vit:2"), "models%2Fvit%3A2");
/// ```
pub fn file_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for (at, character) in name.char_indices() {
        let unsafe_here = matches!(character, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%')
            || character.is_control()
            || (at == 0 && character == '.');
        if unsafe_here {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                safe.push_str(&format!("%{byte:02X}"));
            }
        } else {
            safe.push(character);
        }
    }
    if safe.is_empty() {
        return "%".to_owned();
    }
    if safe.len() <= LONGEST {
        return safe;
    }
    let hash = Sha256::digest(name.as_bytes());
    let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    // No other name has `%~` in its file's, where `%` is followed by digits.
    format!("{}%~{hash}", &safe[..safe.floor_char_boundary(LONGEST - 34)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_names_stay_different() {
        for (left, right) in [("a/b", "a%2Fb"), ("", "%"), (".a", "%2Ea"), ("a:b", "a_b"), ("a b", "a_b")] {
            assert_ne!(file_name(left), file_name(right), "{left} {right}");
        }
    }

    #[test]
    fn a_name_of_any_length_becomes_one_that_fits() {
        let names = ["y".repeat(101), "y".repeat(240), format!("{}z", "y".repeat(239)), "\u{e9}:".repeat(90)];
        let files: std::collections::HashSet<String> = names.iter().map(|name| file_name(name)).collect();
        assert_eq!(files.len(), names.len());
        assert!(files.iter().all(|file| file.len() <= 100 && file.contains("%~")), "{files:?}");
        for file in files {
            assert_ne!(file_name(&file), file);
        }
        assert_eq!(file_name(&"y".repeat(100)), "y".repeat(100));
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["pocket", "pocket+rotate=4", "vit-b-16-plus-240", "metal_nut", "MVTec AD", "ViT.2"] {
            assert_eq!(file_name(name), name);
        }
    }
}
