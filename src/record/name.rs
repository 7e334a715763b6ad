//! Names of models, data sets and categories as names of files.

/// A name as one component of the name of a file: what a file name cannot hold everywhere is written as `%` and two hexadecimal digits,
/// so that different names never meet in one file. Ordinary names, with spaces too, stay as they are.
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
    if safe.is_empty() { "%".to_owned() } else { safe }
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
    fn ordinary_names_stay_as_they_are() {
        for name in ["pocket", "pocket+rotate=4", "vit-b-16-plus-240", "metal_nut", "MVTec AD", "ViT.2"] {
            assert_eq!(file_name(name), name);
        }
    }
}
