//! CLIP's byte-pair encoding.

use std::sync::OnceLock;

use instant_clip_tokenizer::{Token, Tokenizer};
use regex::Regex;

use super::clean::clean;
use crate::error::{Error, Kind, Result};

/// Number of ids that CLIP's text towers take.
pub const CONTEXT: usize = 77;
/// Most bytes of a prompt, or of a phrase of one: far more than [`CONTEXT`] ids stand for. The time that the tokeniser takes for a word
/// grows with the square of its length.
pub(super) const MOST_BYTES: usize = 16 * 1024;
/// First id of every sentence.
const START_OF_TEXT: i64 = 49406;
/// Last id of every sentence, at whose place the text tower reads the embedding.
const END_OF_TEXT: i64 = 49407;

/// Id of the apostrophe where it does not end a word: CLIP's vocabulary starts with the printable ASCII
/// characters.
const APOSTROPHE: i64 = b'\'' as i64 - b'!' as i64;

/// The CLIP token ids of a sentence, `context` of them: start, the sentence, end, then zeros. A sentence that
/// is too long is cut and its last id replaced by the end.
///
/// The ids are those of open_clip 3.3 (`SimpleTokenizer` with its default `lower` cleaning, on Python 3.11).
///
/// # Errors
/// Names a text whose ids cannot be known to be open_clip's: it holds a character that Unicode 14 does not have (Python 3.11 and this
/// program know different ones beyond), or a special token written with a long s; or it is longer than any prompt can be.
pub fn tokenise(text: &str, context: usize) -> Result<Vec<i64>> {
    if let Some(problem) = too_long(text) {
        let start: String = text.chars().take(40).collect();
        return Err(unknown(&format!("{start}..."), problem, SHORTEN));
    }
    // Reading the vocabulary takes far longer than a sentence does.
    static TOKENIZER: OnceLock<Tokenizer> = OnceLock::new();
    let tokenizer = TOKENIZER.get_or_init(Tokenizer::new);

    let cleaned = clean(text);
    for candidate in [text, &cleaned] {
        refuse_unknown(text, candidate)?;
    }
    let mut ids = vec![START_OF_TEXT];
    let mut tokens: Vec<Token> = Vec::new();
    for word in words().find_iter(&cleaned).map(|found| found.as_str()) {
        // open_clip ignores case, and the long s is an s in another case.
        let word = match word.strip_prefix('\'') {
            Some(rest @ "\u{17f}") => {
                ids.push(APOSTROPHE);
                rest
            }
            _ => word,
        };
        if word.starts_with("<\u{17f}tart_of_text") {
            return Err(unknown(text, "holds a special token with a long s", "write a plain s"));
        }
        tokens.clear();
        tokenizer.encode(word, &mut tokens);
        ids.extend(tokens.iter().map(|&token| i64::from(Token::to_u16(token))));
    }
    ids.push(END_OF_TEXT);
    if ids.len() > context {
        ids.truncate(context);
        if let Some(last) = ids.last_mut() {
            *last = END_OF_TEXT;
        }
    }
    ids.resize(context, 0);
    Ok(ids)
}

/// Remedy for a text that [`too_long`] names.
pub(super) const SHORTEN: &str = "shorten it to a sentence";

/// What is wrong with a text that no prompt can hold.
pub(super) fn too_long(text: &str) -> Option<String> {
    (text.len() > MOST_BYTES).then(|| {
        format!("is {} bytes long, and the {CONTEXT} tokens of a prompt never hold {MOST_BYTES}", text.len())
    })
}

/// The regular expression of CLIP's words: special tokens, English contractions, runs of letters, single
/// digits, runs of anything else. The mark U+0345 is in none: open_clip ignores case, by which it is a letter
/// (iota) to the last kind, and a mark to the letters.
fn words() -> &'static Regex {
    static WORDS: OnceLock<Regex> = OnceLock::new();
    WORDS.get_or_init(|| {
        Regex::new(
            r"<[sſ]tart_of_text>|<end_of_text>|'[sſ]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}\u{345}]+",
        )
        .expect("the pattern is valid")
    })
}

fn refuse_unknown(text: &str, candidate: &str) -> Result<()> {
    static NEWER: OnceLock<Regex> = OnceLock::new();
    let newer = NEWER.get_or_init(|| Regex::new(r"\P{Age=14.0}").expect("the pattern is valid"));
    match newer.find(candidate) {
        None => Ok(()),
        Some(found) => {
            let code = found.as_str().chars().next().map_or(0, u32::from);
            let problem = format!(
                "holds U+{code:04X}, which Unicode 14 does not have, so that its tokens are uncertain"
            );
            Err(unknown(text, problem, "leave that character out"))
        }
    }
}

fn unknown(text: &str, problem: impl Into<String>, fix: &str) -> Error {
    Error::new(Kind::Usage, format!("prompt {text:?}"), problem, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_padded_with_zeros() {
        assert_eq!(tokenise("Hi there", 6).unwrap(), [START_OF_TEXT, 1883, 997, END_OF_TEXT, 0, 0]);
        assert_eq!(tokenise("", 3).unwrap(), [START_OF_TEXT, END_OF_TEXT, 0]);
    }

    #[test]
    fn long_text_is_cut_and_keeps_its_end() {
        let ids = tokenise(&"photo ".repeat(200), CONTEXT).unwrap();
        assert_eq!(ids.len(), CONTEXT);
        assert_eq!(ids[0], START_OF_TEXT);
        assert_eq!(ids[75], ids[1]);
        assert_eq!(ids[76], END_OF_TEXT);
        assert_eq!(tokenise("photo", 2).unwrap(), [START_OF_TEXT, END_OF_TEXT]);
        assert!(tokenise("photo", 0).unwrap().is_empty());
    }

    #[test]
    fn a_text_that_no_prompt_can_hold_is_refused_before_it_is_tokenised() {
        let error = tokenise(&"x".repeat(30_000_000), CONTEXT).unwrap_err();
        assert!(error.problem.contains("30000000 bytes") && error.to_string().len() < 300, "{error}");
        assert!(tokenise(&"x".repeat(MOST_BYTES), CONTEXT).is_ok());
    }

    #[test]
    fn texts_without_certain_ids_are_named() {
        for text in ["a \u{1c89}", "&#x1c89;", "<\u{17f}tart_of_text>"] {
            let error = tokenise(text, CONTEXT).unwrap_err();
            assert_eq!(error.subject, format!("prompt {text:?}"));
        }
    }
}
