//! Prompts and token ids against open_clip (golden values of export/golden/prompt.py).

use askance::prompt::{CONTEXT, PromptSet, clean, tokenise};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct SetRow {
    set: String,
    object: String,
    label: String,
    count: usize,
    prompts: String,
    ids: String,
}

#[derive(Deserialize)]
struct Texts {
    texts: Vec<TextRow>,
    known: Vec<TextRow>,
}

#[derive(Deserialize)]
struct TextRow {
    text: String,
    ids: Vec<i64>,
}

impl TextRow {
    fn padded(&self) -> Vec<i64> {
        let mut ids = self.ids.clone();
        ids.resize(CONTEXT, 0);
        ids
    }
}

const SETS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/prompt/sets.json"));
const TEXTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/prompt/texts.json"));

fn hex(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn prompts_and_ids_of_the_built_in_sets_are_the_references() {
    let rows: Vec<SetRow> = serde_json::from_str(SETS).unwrap();
    assert_eq!(rows.len(), 36);
    for row in rows {
        let set = PromptSet::builtin(&row.set).unwrap();
        let prompts = set.prompts(&row.object);
        let prompts = if row.label == "normal" { prompts.normal } else { prompts.anomalous };
        let context = format!("{} {} {}", row.set, row.object, row.label);
        assert_eq!(prompts.len(), row.count, "{context}");

        let mut ids = Sha256::new();
        for prompt in &prompts {
            for id in tokenise(prompt, CONTEXT) {
                ids.update(id.to_le_bytes());
            }
        }
        assert_eq!(hex(Sha256::digest(prompts.join("\n"))), row.prompts, "{context}: prompts");
        assert_eq!(hex(ids.finalize()), row.ids, "{context}: ids");
    }
}

#[test]
fn ids_of_odd_texts_are_open_clips() {
    let golden: Texts = serde_json::from_str(TEXTS).unwrap();
    assert!(golden.texts.len() >= 300);
    let wrong: Vec<_> = golden
        .texts
        .iter()
        .filter(|row| tokenise(&row.text, CONTEXT) != row.padded())
        .map(|row| (&row.text, clean(&row.text)))
        .collect();
    assert!(wrong.is_empty(), "{} texts differ: {wrong:#?}", wrong.len());
}

/// The documentation of `clean` lists these kinds; if one of them comes to agree, it should leave the list.
#[test]
fn known_differences_are_still_differences() {
    let golden: Texts = serde_json::from_str(TEXTS).unwrap();
    assert!(!golden.known.is_empty());
    for row in golden.known {
        assert_ne!(tokenise(&row.text, CONTEXT), row.padded(), "{:?}", row.text);
    }
}
