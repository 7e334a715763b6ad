//! Noun phrases and captions for one picture.

use super::dice::Dice;
use super::scene::Words;

const GOOD: &[&str] = &[
    "",
    "",
    "flawless ",
    "perfect ",
    "unblemished ",
    "intact ",
    "undamaged ",
    "normal ",
    "good ",
    "clean ",
    "faultless ",
];
const GOOD_AFTER: &[&str] = &[
    " without flaw",
    " without defect",
    " without damage",
    " without any defects",
    " in perfect condition",
    " with no flaws",
];
const BAD: &[&str] = &[
    "damaged ",
    "damaged ",
    "defective ",
    "broken ",
    "flawed ",
    "faulty ",
    "imperfect ",
    "blemished ",
    "spoiled ",
];
const BAD_AFTER: &[&str] =
    &[" with flaw", " with defect", " with damage", " with a defect", " with a flaw", " with visible damage"];
const BEFORE: &[&str] = &[
    "a photo of ",
    "a close-up photo of ",
    "a cropped photo of ",
    "an inspection photo of ",
    "a photograph showing ",
    "an image of ",
    "a picture of ",
    "a top view of ",
    "",
];
const AFTER: &[&str] =
    &[".", ".", "", " for visual inspection.", " on the inspection line.", " for anomaly detection."];

/// A noun phrase for one part, without an article.
pub(super) fn object(dice: &mut Dice, words: &Words) -> String {
    let noun = if dice.chance(0.55) { words.nouns[0] } else { *dice.pick(words.nouns) };
    // a colour may name its material already
    let metal = ["steel", "brass", "bronze", "copper"].iter().any(|m| words.colour.contains(m));
    let known =
        noun.contains(words.material) || noun.contains(words.colour) || (metal && words.material == "metal");
    match dice.int(0, 3) {
        0 => noun.to_owned(),
        1 if !noun.contains(words.colour) => format!("{} {noun}", words.colour),
        2 if !known => format!("{} {noun}", words.material),
        3 if !known => format!("{} {} {noun}", words.colour, words.material),
        _ => noun.to_owned(),
    }
}

/// A noun phrase with its article.
fn with_article(phrase: &str, definite: bool) -> String {
    if definite {
        return format!("the {phrase}");
    }
    let vowel = phrase.chars().next().is_some_and(|c| "aeiou".contains(c.to_ascii_lowercase()));
    format!("{} {phrase}", if vowel { "an" } else { "a" })
}

/// Name of a kind of defect in a sentence.
pub(super) fn spoken(defect: &str) -> String {
    match defect {
        "paint" | "discoloration" | "contamination" | "deformation" => defect.to_owned(),
        other => with_article(&other.replace('_', " "), false),
    }
}

/// The caption of a picture. `mood` is a word for the exposure or sharpness where it is remarkable.
pub(super) fn caption(dice: &mut Dice, object: &str, defects: &[&'static str], mood: Option<&str>) -> String {
    let phrase = if defects.is_empty() {
        if dice.chance(0.35) {
            format!("{object}{}", dice.pick(GOOD_AFTER))
        } else {
            format!("{}{object}", dice.pick(GOOD))
        }
    } else {
        let list = defects.iter().map(|d| spoken(d)).collect::<Vec<_>>().join(" and ");
        match dice.int(0, 4) {
            0 => format!("{}{object}", dice.pick(BAD)),
            1 => format!("{object}{}", dice.pick(BAD_AFTER)),
            2 | 3 => format!("{object} with {list}"),
            _ => format!("{}{object} with {list}", dice.pick(BAD)),
        }
    };
    let definite = dice.chance(0.3);
    let before = match mood {
        Some(word) if dice.chance(0.5) => format!("a {word} photo of "),
        _ => (*dice.pick(BEFORE)).to_owned(),
    };
    format!("{before}{}{}", with_article(&phrase, definite), dice.pick(AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_name_the_object_and_say_what_is_wrong() {
        let words = Words { colour: "amber", material: "oaken", nouns: &["stool", "seat"] };
        let mut seen = std::collections::BTreeSet::new();
        for k in 0..200 {
            let mut dice = Dice::new(k, "words");
            let object = object(&mut dice, &words);
            let good = caption(&mut dice, &object, &[], None);
            assert!(good.contains(&object));
            // whole words: "unblemished" says the opposite of "blemished"
            assert!(good.split([' ', '.']).all(|word| BAD.iter().all(|bad| bad.trim() != word)), "{good}");
            assert!(BAD_AFTER.iter().all(|words| !good.contains(words)), "{good}");
            let bad = caption(&mut dice, &object, &["missing_part", "burn"], Some("dark"));
            let told = bad.contains("with a missing part and a burn");
            assert!(told || BAD.iter().chain(BAD_AFTER).any(|word| bad.contains(word)), "{bad}");
            assert!(!bad.contains(" a amber") && !bad.contains(" a oaken"), "{bad}");
            seen.insert(object);
        }
        assert!(seen.len() >= 6, "{seen:?}");
    }
}
