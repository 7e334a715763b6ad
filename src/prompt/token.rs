//! CLIP's byte-pair encoding.

use std::sync::OnceLock;

use instant_clip_tokenizer::{Token, Tokenizer};

use super::clean::clean;

/// Number of ids that CLIP's text towers take.
pub const CONTEXT: usize = 77;
/// First id of every sentence.
pub const START_OF_TEXT: i64 = 49406;
/// Last id of every sentence; the text tower reads the embedding at its place.
pub const END_OF_TEXT: i64 = 49407;

/// Token ids of a sentence, `context` of them: start, the sentence, end, then zeros. A sentence that is too long is cut and
/// its last id replaced by the end.
///
/// The ids are those of open_clip 3.3 (`SimpleTokenizer` with its default `lower` cleaning) for everything but the few
/// kinds of text listed at [`clean`].
pub fn tokenise(text: &str, context: usize) -> Vec<i64> {
    // Reading the vocabulary takes far longer than a sentence does.
    static TOKENIZER: OnceLock<Tokenizer> = OnceLock::new();
    let tokenizer = TOKENIZER.get_or_init(Tokenizer::new);

    let mut tokens = vec![tokenizer.start_of_text()];
    tokenizer.encode(&clean(text), &mut tokens);
    tokens.push(tokenizer.end_of_text());
    if tokens.len() > context {
        tokens.truncate(context);
        if let Some(last) = tokens.last_mut() {
            *last = tokenizer.end_of_text();
        }
    }
    let mut ids: Vec<i64> = tokens.into_iter().map(|token| i64::from(Token::to_u16(token))).collect();
    ids.resize(context, 0);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_padded_with_zeros() {
        assert_eq!(tokenise("Hi there", 6), [START_OF_TEXT, 1883, 997, END_OF_TEXT, 0, 0]);
        assert_eq!(tokenise("", 3), [START_OF_TEXT, END_OF_TEXT, 0]);
    }

    #[test]
    fn long_text_is_cut_and_keeps_its_end() {
        let ids = tokenise(&"photo ".repeat(200), CONTEXT);
        assert_eq!(ids.len(), CONTEXT);
        assert_eq!(ids[0], START_OF_TEXT);
        assert_eq!(ids[75], ids[1]);
        assert_eq!(ids[76], END_OF_TEXT);
        assert_eq!(tokenise("photo", 2), [START_OF_TEXT, END_OF_TEXT]);
        assert!(tokenise("photo", 0).is_empty());
    }
}
