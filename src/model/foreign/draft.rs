//! The manifest of a graph as far as its file tells, with what it does not tell left to fill in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::recognise::{MAP, SCORE};
use crate::error::{Error, Result};
use crate::model::bundle::{FILL_IN, FOREIGN_ARCHITECTURE, TEXT_GRAPH};
use crate::model::onnx::{FLOAT, Interface, Tensor};
use crate::types::{counted, senseless_side};

/// A manifest as text, and what of it is not certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The text of `bundle.toml`.
    pub text: String,
    /// Fields that are guesses.
    pub guesses: Vec<String>,
}

/// How sure a value of a manifest is.
#[derive(Clone, Copy)]
enum Sure {
    /// The file says so.
    Certain,
    /// It is most likely, for this reason.
    Guess(&'static str),
}

/// Lines of a manifest in the making.
#[derive(Default)]
struct Lines {
    text: String,
    section: &'static str,
    guesses: Vec<String>,
}

impl Lines {
    fn section(&mut self, name: &'static str) {
        self.section = name;
        let _ = writeln!(self.text, "\n[{name}]");
    }

    fn remark(&mut self, text: &str) {
        let _ = writeln!(self.text, "# {text}");
    }

    /// A field with its value as TOML has it.
    fn set(&mut self, field: &str, value: &str, sure: Sure) {
        let _ = match sure {
            Sure::Certain => writeln!(self.text, "{field} = {value}"),
            Sure::Guess(why) => {
                self.guesses.push(format!("{}.{field}", self.section));
                writeln!(self.text, "{field} = {value}   # a guess: {why}")
            }
        };
    }

    /// A field whose value cannot be known, with words on what is wanted.
    fn leave(&mut self, field: &str, wanted: &str) {
        let _ = writeln!(self.text, "# fill in: {wanted}\n{field} = \"{FILL_IN}\"");
    }
}

/// What a tensor of pictures says about them.
struct Pictures<'t> {
    tensor: &'t Tensor,
    /// Whether channels come last; none where the shape does not tell.
    last: Option<bool>,
    side: Option<usize>,
}

/// Writes the manifest of a graph of this name, with the hash of each file of it and of its text tower, where that is there.
///
/// # Errors
/// A model error naming what the graph takes or returns, where no manifest makes it one from picture to map.
pub(super) fn draft(
    name: &str,
    file: &str,
    found: &Interface,
    files: &BTreeMap<String, String>,
) -> Result<Draft> {
    let (pictures, text) = inputs(found, file)?;
    let maps: Vec<&Tensor> = found.outputs.iter().filter(|output| may_be_map(output, &pictures)).collect();
    if maps.is_empty() {
        let problem = format!("returns no map: {}", listed(&found.outputs));
        let fix = "export it with an output of float32 and of shape (batch, H, W) or (batch, C, H, W)";
        return Err(Error::model(file, problem, fix));
    }
    let has = |name: &str| found.outputs.iter().any(|output| output.name == name);
    let anomalib = has(MAP) && has(SCORE) && maps.iter().any(|map| map.name == MAP);

    let mut lines = Lines::default();
    lines.remark("A graph that turns a picture into an anomaly map: docs/foreign-models.md has every field.");
    lines.remark(&format!("It takes {}.", listed(&found.inputs)));
    lines.remark(&format!("It returns {}.", listed(&found.outputs)));
    lines.set("format", "1", Sure::Certain);
    lines.set("name", &quoted(name), Sure::Certain);
    lines.set("architecture", &quoted(FOREIGN_ARCHITECTURE), Sure::Certain);
    lines.set("description", "\"\"", Sure::Certain);
    lines.set("source", "\"unknown\"", Sure::Certain);
    lines.set("licence", "\"unknown\"", Sure::Certain);
    write_input(&mut lines, &pictures, anomalib);
    if let Some(text) = text {
        write_text(&mut lines, text);
    }
    write_output(&mut lines, found, &maps, anomalib);
    lines.section("files");
    for (file, hash) in files {
        lines.set(&quoted(file), &quoted(hash), Sure::Certain);
    }
    if text.is_some() && !files.contains_key(TEXT_GRAPH) {
        let wanted = "the SHA-256 of the text tower, which goes beside this file: sha256sum text.onnx";
        lines.leave(&quoted(TEXT_GRAPH), wanted);
    }
    Ok(Draft { text: lines.text, guesses: lines.guesses })
}

fn write_input(lines: &mut Lines, pictures: &Pictures<'_>, anomalib: bool) {
    const OWN: &str = "outputs are those of an export of anomalib 2, which normalises by itself";
    lines.section("input");
    lines.set("name", &quoted(&pictures.tensor.name), Sure::Certain);
    match pictures.side {
        Some(side) => lines.set("size", &side.to_string(), Sure::Certain),
        None => lines.leave(
            "size",
            "side of the square pictures in pixels, such as 256; the graph takes any, so give the one that it was trained at",
        ),
    }
    match pictures.last {
        Some(last) => {
            lines.set("layout", if last { "\"nhwc\"" } else { "\"nchw\"" }, Sure::Certain);
        }
        None => lines.leave("layout", "\"nchw\" for (batch, 3, H, W), \"nhwc\" for (batch, H, W, 3)"),
    }
    if anomalib {
        lines.set("channels", "\"rgb\"", Sure::Guess(OWN));
        lines.set("range", "[0.0, 1.0]", Sure::Guess(OWN));
    } else {
        lines.set("channels", "\"rgb\"", Sure::Guess("\"bgr\" where pictures were read with OpenCV"));
        lines.leave(
            "range",
            "what black and white become, before mean and std: [0.0, 1.0], or [0.0, 255.0] for bytes",
        );
        lines.leave(
            "mean",
            "what is subtracted from each channel, such as [0.485, 0.456, 0.406]; [0.0, 0.0, 0.0] where the graph normalises by itself",
        );
        lines.leave(
            "std",
            "what each channel is then divided by, such as [0.229, 0.224, 0.225]; [1.0, 1.0, 1.0] where the graph normalises by itself",
        );
    }
    match pictures.side {
        Some(_) => lines.set("resize", "\"askance\"", Sure::Certain),
        None => lines.set(
            "resize",
            "\"askance\"",
            Sure::Guess("\"graph\" where the graph brings pictures to a shape of its own"),
        ),
    }
}

fn write_text(lines: &mut Lines, text: &Tensor) {
    lines.section("text");
    lines.set("name", &quoted(&text.name), Sure::Guess("it is the other input"));
    match text.shape.as_ref().and_then(|shape| *shape.last()?) {
        Some(embedding) => lines.set("embedding", &embedding.to_string(), Sure::Certain),
        None => lines.leave("embedding", "length of a text embedding, such as 640"),
    }
    lines.leave("context", "number of tokens of a prompt that text.onnx takes, such as 77");
}

fn write_output(lines: &mut Lines, found: &Interface, maps: &[&Tensor], anomalib: bool) {
    lines.section("output");
    let map = match maps {
        _ if anomalib => {
            lines.set("map", &quoted(MAP), Sure::Guess("by its name, that of an export of anomalib 2"));
            maps.iter().find(|map| map.name == MAP)
        }
        [map] => {
            // No other output can be one.
            lines.set("map", &quoted(&map.name), Sure::Certain);
            Some(map)
        }
        several => {
            let names: Vec<String> = several.iter().map(|map| format!("{:?}", map.name)).collect();
            lines.leave("map", &format!("which output is the anomaly map: {}", names.join(" or ")));
            None
        }
    };
    let channels = map.and_then(|map| channels(map));
    match (map, channels) {
        (Some(_), Some(several)) if several > 1 => {
            lines.leave("channel", &format!("which of its {several} channels, from 0"));
        }
        (Some(_), _) => {}
        (None, _) => lines.remark("channel = 1   # which channel, where the map has several"),
    }
    let scores: Vec<&Tensor> =
        found.outputs.iter().filter(|output| !maps.contains(output) && may_be_score(output)).collect();
    if anomalib {
        lines.set("score", &quoted(SCORE), Sure::Guess("by its name, that of an export of anomalib 2"));
        lines.set(
            "polarity",
            "\"anomalous\"",
            Sure::Guess("maps of anomalib are high where something is wrong"),
        );
    } else {
        for score in scores {
            let name = quoted(&score.name);
            lines.remark(&format!(
                "score = {name}   # where this is the score of the picture; left out: the map's maximum"
            ));
        }
        lines.leave(
            "polarity",
            "\"anomalous\" where a high value means anomalous, \"normal\" where it means normal",
        );
    }
    lines.remark("range = [0.0, 1.0]   # smallest and largest value of the map, where it has such; left out: unbounded");
}

/// The input that takes pictures, and one that takes text embeddings.
fn inputs<'f>(found: &'f Interface, file: &str) -> Result<(Pictures<'f>, Option<&'f Tensor>)> {
    let refuse = |problem: String, fix: &str| Err(Error::model(file, problem, fix));
    if found.inputs.is_empty() {
        return refuse(
            "takes nothing: it has no input".into(),
            "export it with its pictures as an input, float32 of shape (batch, 3, H, W)",
        );
    }
    let takes = format!("takes {}", listed(&found.inputs));
    let of_four = |one: &&Tensor| one.shape.as_ref().is_none_or(|shape| shape.len() == 4);
    let pictures: Vec<&Tensor> = found.inputs.iter().filter(of_four).collect();
    let [pictures] = pictures[..] else {
        let problem = if pictures.is_empty() {
            format!("{takes}: no batch of pictures, which has four dimensions")
        } else {
            format!("{takes}: more than one batch of pictures")
        };
        return refuse(problem, "export it with one input of pictures, float32 of shape (batch, 3, H, W)");
    };
    if pictures.kind != Some(FLOAT) {
        return refuse(
            format!("{takes}: pictures are given as float32"),
            "export it with an input of float32; for bytes, with a Cast inside",
        );
    }
    let others: Vec<&Tensor> = found.inputs.iter().filter(|one| *one != pictures).collect();
    let text = match others[..] {
        [] => None,
        [one] if may_be_text(one) => Some(one),
        _ => {
            let problem = format!(
                "{takes}: something beside pictures and the embeddings of two texts, (2, E) or (batch, 2, E)"
            );
            return refuse(problem, "export it with what else it needs inside, as constants");
        }
    };
    Ok((of_pictures(pictures, file)?, text))
}

fn of_pictures<'t>(tensor: &'t Tensor, file: &str) -> Result<Pictures<'t>> {
    let refuse = |problem: &str, fix: &str| {
        let problem = format!("has the input {}, {problem}", shown(tensor));
        Err(Error::model(file, problem, fix))
    };
    let Some(&[batch, a, b, c]) = tensor.shape.as_deref() else {
        return Ok(Pictures { tensor, last: None, side: None });
    };
    if batch.is_some_and(|batch| batch > 1) {
        return refuse(
            "so many pictures and no other number",
            "export it with a free batch (dynamic axes for inputs and outputs), or with a batch of 1",
        );
    }
    let last = match (a, c) {
        (Some(3), Some(3)) => None,
        (None, Some(3)) => Some(true),
        // Where one end has another number of sizes, channels are at the other.
        (Some(3), _) | (None, Some(_)) => Some(false),
        (_, Some(3)) | (Some(_), None) => Some(true),
        (None, None) => None,
        _ => return refuse("and pictures have three channels", "export it for RGB pictures"),
    };
    let (height, width) = match last {
        Some(true) => (a, b),
        Some(false) => (b, c),
        None => (None, None),
    };
    match (height, width) {
        (Some(height), Some(width)) if height != width => refuse(
            "and is given squares",
            "export it with free height and width, so that it brings squares to that shape itself, or for square pictures",
        ),
        (Some(side), _) | (_, Some(side)) => match senseless_side(side) {
            Some(problem) => refuse(&format!("and the side {problem}"), "export it for smaller pictures"),
            None => Ok(Pictures { tensor, last, side: Some(side) }),
        },
        (None, None) => Ok(Pictures { tensor, last, side: None }),
    }
}

/// Whether a tensor can be the embeddings of two texts.
fn may_be_text(tensor: &Tensor) -> bool {
    let two = |size: Option<usize>| size.is_none_or(|size| size == 2);
    let fits = match tensor.shape.as_deref() {
        Some(&[classes, _]) => two(classes),
        Some(&[batch, classes, _]) => batch.is_none_or(|batch| batch == 1) && two(classes),
        _ => false,
    };
    tensor.kind == Some(FLOAT) && fits
}

/// Whether a tensor can hold maps: those of squares are square, unless the graph resizes.
fn may_be_map(tensor: &Tensor, pictures: &Pictures<'_>) -> bool {
    let fits = |height: Option<usize>, width: Option<usize>| match (height, width) {
        (Some(1), _) | (_, Some(1)) => false,
        (Some(height), Some(width)) => height == width || pictures.side.is_none(),
        _ => true,
    };
    let of_shape = match tensor.shape.as_deref() {
        None => true,
        Some(&[_, height, width]) => fits(height, width),
        Some(&[_, a, b, c]) => fits(b, c) || fits(a, b),
        _ => false,
    };
    tensor.kind == Some(FLOAT) && of_shape
}

/// Whether a tensor can hold a score for each picture.
fn may_be_score(tensor: &Tensor) -> bool {
    let one = |size: &Option<usize>| size.is_none_or(|size| size == 1);
    tensor.kind == Some(FLOAT)
        && tensor.shape.as_ref().is_none_or(|shape| shape.len() <= 2 && shape.iter().skip(1).all(one))
}

/// Number of channels of a map, where its shape says so.
fn channels(map: &Tensor) -> Option<usize> {
    match map.shape.as_deref() {
        Some(&[_, Some(channels), b, c]) if b == c => Some(channels),
        Some(&[_, a, b, Some(channels)]) if a == b => Some(channels),
        _ => None,
    }
}

fn listed(tensors: &[Tensor]) -> String {
    match tensors {
        [] => "nothing".to_owned(),
        several => several.iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

fn shown(tensor: &Tensor) -> String {
    /// Most dimensions that are told.
    const MOST: usize = 8;
    let kind = tensor.kind.map_or_else(|| "no tensor".to_owned(), kind_name);
    let shape = match &tensor.shape {
        None => "of any shape".to_owned(),
        Some(shape) if shape.len() > MOST => counted(shape.len(), "dimension", "dimensions"),
        Some(shape) => {
            let sizes: Vec<String> = shape
                .iter()
                .map(|size| size.map_or_else(|| "any".to_owned(), |size| size.to_string()))
                .collect();
            format!("({})", sizes.join(", "))
        }
    };
    format!("{:?} {kind} {shape}", tensor.name)
}

fn kind_name(kind: u64) -> String {
    let names = [
        "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16",
        "float64",
    ];
    let place = usize::try_from(kind).ok().and_then(|kind| kind.checked_sub(1));
    place.and_then(|place| names.get(place)).map_or_else(|| format!("kind {kind}"), |name| (*name).to_owned())
}

/// A text as TOML has it, on one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::model::bundle::FOREIGN_GRAPH;

    fn of(name: &str, kind: u64, shape: &[usize]) -> Tensor {
        let shape = shape.iter().map(|&size| (size > 0).then_some(size)).collect();
        Tensor { name: name.to_owned(), kind: Some(kind), shape: Some(shape) }
    }

    fn made(inputs: &[Tensor], outputs: &[Tensor]) -> Result<Draft> {
        let found = Interface { inputs: inputs.to_vec(), outputs: outputs.to_vec() };
        let files = BTreeMap::from([(FOREIGN_GRAPH.to_owned(), "0".repeat(64))]);
        draft("m", "g.onnx", &found, &files)
    }

    fn table(draft: &Draft) -> toml::Table {
        draft.text.parse().unwrap_or_else(|error| panic!("{error}\n{}", draft.text))
    }

    fn left(draft: &Draft) -> Vec<String> {
        crate::model::bundle::to_fill_in(&draft.text).into_iter().map(|left| left.field).collect()
    }

    const STRING: u64 = 8;

    #[test]
    fn what_the_file_says_is_written_and_the_rest_is_left() {
        let draft = made(&[of("x", FLOAT, &[0, 3, 224, 224])], &[of("y", FLOAT, &[0, 1, 56, 56])]).unwrap();
        let table = table(&draft);
        assert_eq!(table["input"]["size"].as_integer(), Some(224));
        assert_eq!(table["input"]["layout"].as_str(), Some("nchw"));
        assert_eq!(table["output"]["map"].as_str(), Some("y"));
        assert_eq!(left(&draft), ["input.range", "input.mean", "input.std", "output.polarity"]);
        assert_eq!(draft.guesses, ["input.channels"]);
    }

    #[test]
    fn free_sizes_and_several_maps_and_channels_are_left() {
        let inputs = [of("x", FLOAT, &[0, 0, 0, 3])];
        let draft = made(&inputs, &[of("a", FLOAT, &[0, 0, 0]), of("b", FLOAT, &[0, 2, 64, 64])]).unwrap();
        assert_eq!(table(&draft)["input"]["layout"].as_str(), Some("nhwc"));
        assert!(
            left(&draft).contains(&"input.size".to_owned())
                && left(&draft).contains(&"output.map".to_owned())
        );
        assert!(draft.text.contains("which output is the anomaly map: \"a\" or \"b\""));
        let one = made(&inputs, &[of("b", FLOAT, &[0, 2, 64, 64]), of("s", FLOAT, &[0])]).unwrap();
        assert!(left(&one).contains(&"output.channel".to_owned()), "{}", one.text);
        assert!(one.text.contains("# score = \"s\""));
        let free = made(&[of("x", FLOAT, &[0, 0, 0, 0])], &[of("b", FLOAT, &[0, 0, 0])]).unwrap();
        assert!(left(&free).contains(&"input.layout".to_owned()));
    }

    #[test]
    fn an_export_of_anomalib_leaves_nothing() {
        let outputs = [
            of(SCORE, FLOAT, &[0]),
            of("pred_label", 9, &[0]),
            of(MAP, FLOAT, &[0, 1, 256, 256]),
            of("pred_mask", 9, &[0, 1, 256, 256]),
        ];
        let draft = made(&[of("input", FLOAT, &[0, 3, 256, 256])], &outputs).unwrap();
        assert!(left(&draft).is_empty(), "{}", draft.text);
        for guess in ["input.range", "output.map", "output.score", "output.polarity"] {
            assert!(draft.guesses.iter().any(|one| one == guess), "{guess}");
        }
    }

    #[test]
    fn text_embeddings_get_their_section() {
        let inputs = [of("x", FLOAT, &[0, 3, 64, 64]), of("t", FLOAT, &[0, 2, 640])];
        let draft = made(&inputs, &[of("y", FLOAT, &[0, 64, 64])]).unwrap();
        assert_eq!(table(&draft)["text"]["embedding"].as_integer(), Some(640));
        assert!(left(&draft).contains(&"text.context".to_owned()));
        assert!(left(&draft).contains(&"files.text.onnx".to_owned()), "{:?}", left(&draft));
    }

    #[test]
    fn what_no_manifest_makes_a_model_is_refused_by_what_it_takes_and_returns() {
        let (x, y) = (of("x", FLOAT, &[0, 3, 64, 64]), of("y", FLOAT, &[0, 64, 64]));
        let cases: [(&[Tensor], &[Tensor], &str); 12] = [
            (&[], from_ref(&y), "no input"),
            (&[x.clone(), of("z", FLOAT, &[0, 3, 64, 64])], from_ref(&y), "more than one batch of pictures"),
            (&[x.clone(), of("z", 7, &[1])], from_ref(&y), "something beside pictures"),
            (&[of("x", FLOAT, &[0, 64])], from_ref(&y), "no batch of pictures"),
            (&[of("x", 2, &[0, 3, 64, 64])], from_ref(&y), "uint8"),
            (&[of("x", FLOAT, &[8, 3, 64, 64])], from_ref(&y), "no other number"),
            (&[of("x", FLOAT, &[0, 1, 64, 64])], from_ref(&y), "three channels"),
            (&[of("x", FLOAT, &[0, 3, 64, 48])], from_ref(&y), "is given squares"),
            (&[of("x", FLOAT, &[0, 3, 100_000, 100_000])], from_ref(&y), "100000"),
            (from_ref(&x), &[], "returns no map: nothing"),
            (from_ref(&x), &[of("s", STRING, &[0, 64, 64])], "string (any, 64, 64)"),
            (from_ref(&x), &[of("logits", FLOAT, &[0, 1000])], "\"logits\" float32 (any, 1000)"),
        ];
        for (inputs, outputs, words) in cases {
            let error = made(inputs, outputs).unwrap_err();
            assert!(error.problem.contains(words), "{words}: {}", error.problem);
            assert_eq!(error.subject, "g.onnx");
        }
    }

    #[test]
    fn names_from_the_file_stay_names() {
        let name = "x\"\n[output]\nmap = \"z\u{7f}\\";
        let draft = made(&[of(name, FLOAT, &[0, 3, 64, 64])], &[of("y", FLOAT, &[0, 64, 64])]).unwrap();
        assert_eq!(table(&draft)["input"]["name"].as_str(), Some(name));
        assert!(!draft.text.contains('\u{7f}'));
    }
}
