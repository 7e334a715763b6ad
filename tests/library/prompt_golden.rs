//! Prompts and token ids against open_clip (golden values of export/golden/prompt.py).

use askance::prompt::{CONTEXT, PromptSet, clean, tokenise};
use rayon::prelude::*;
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
const PLANES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/prompt/planes.json"));
const BLOCK: u32 = 1024;

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
            for id in tokenise(prompt, CONTEXT).unwrap() {
                ids.update(id.to_le_bytes());
            }
        }
        assert_eq!(hex(Sha256::digest(prompts.join("\n"))), row.prompts, "{context}: prompts");
        assert_eq!(hex(ids.finalize()), row.ids, "{context}: ids");
    }
}

#[test]
fn ids_of_odd_texts_are_open_clips() {
    let golden: Vec<TextRow> = serde_json::from_str(TEXTS).unwrap();
    assert!(golden.len() >= 1000);
    let wrong: Vec<_> = golden
        .iter()
        .filter(|row| tokenise(&row.text, CONTEXT) != Ok(row.padded()))
        .map(|row| (&row.text, clean(&row.text)))
        .collect();
    assert!(wrong.is_empty(), "{} texts differ: {wrong:#?}", wrong.len());
}

#[derive(Deserialize)]
struct BlockRow {
    block: u32,
    known: usize,
    ids: String,
}

#[test]
fn ids_around_every_code_point_of_unicode_14_are_open_clips() {
    let golden: Vec<BlockRow> = serde_json::from_str(PLANES).unwrap();
    assert!(golden.iter().map(|row| row.known).sum::<usize>() > 140_000);
    let wrong: Vec<_> = golden
        .par_iter()
        .filter(|row| {
            let mut known = 0;
            let mut digest = Sha256::new();
            for character in (row.block * BLOCK..(row.block + 1) * BLOCK).filter_map(char::from_u32) {
                let text = format!("a{character}e \u{e9}{character} {character}");
                // Private use beyond the first plane is left out of the golden values.
                let Some(ids) =
                    (u32::from(character) < 0xf_0000).then(|| tokenise(&text, CONTEXT).ok()).flatten()
                else {
                    continue;
                };
                known += 1;
                for id in ids {
                    digest.update(id.to_le_bytes());
                }
            }
            known != row.known || hex(digest.finalize())[..16] != row.ids
        })
        .map(|row| format!("U+{:04X} to U+{:04X}", row.block * BLOCK, (row.block + 1) * BLOCK - 1))
        .collect();
    assert!(wrong.is_empty(), "{} blocks differ: {wrong:?}", wrong.len());
}
