//! Recognising a graph that came without a manifest.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array4, ArrayD};
use ort::session::Session;
use ort::value::TensorRef;

use super::contract::fixed_batch;
use crate::error::{Error, Result};
use crate::model::bundle::{
    Bundle, Channels, FOREIGN_ARCHITECTURE, FOREIGN_GRAPH, ForeignManifest, Graph, InputSection,
    OutputSection, Polarity, Resize, TensorLayout, external_weights,
};
use crate::model::contract::{ANY, show};
use crate::model::memory::require_room;
use crate::model::provider::Engine;
use crate::model::session::{self, SessionOptions};
use crate::runtime::{Runtime, sha256_of_file};
use crate::types::senseless_side;

/// Side of the picture that shows what a graph of free size returns.
const PROBE: usize = 256;
pub(super) const MAP: &str = "anomaly_map";
pub(super) const SCORE: &str = "pred_score";

/// Recognises an `.onnx` file without a manifest and makes a bundle of it. Known are the exports of anomalib 2: one picture in,
/// RGB in [0, 1], resized and normalised by the graph itself; `anomaly_map` and `pred_score` out, brought to [0, 1] by anomalib's
/// post-processor, or without a range where a probe shows that they are not. The working size is the graph's own; where that is
/// free, the longer side of its maps: the graph resizes without antialiasing, so it is better given what it needs.
///
/// # Errors
/// The file cannot be read or loaded; the graph is no such export (the error lists its inputs and outputs); the graph cuts out the
/// middle of its pictures.
pub fn recognise(path: &Path, runtime: &Runtime) -> Result<Bundle> {
    let stem = path.file_stem().map_or_else(|| "graph".into(), |stem| stem.to_string_lossy());
    if stem.contains(char::is_control) {
        let problem = "would name the model with a line break or another control character";
        return Err(Error::file(path, problem, "rename it"));
    }
    let mut files = BTreeMap::from([(FOREIGN_GRAPH.to_owned(), sha256_of_file(path)?)]);
    files.extend(external_weights(path)?);
    let file = path.display().to_string();
    let graph = Graph::File(path.to_path_buf());
    let built = session::build(runtime, &SessionOptions::default(), &graph, &file, &Engine::default())?;
    let mut session = built.session;
    let [input] = session.inputs() else { return Err(unknown(&session, &file)) };
    let name = input.name().to_owned();
    let outputs: Vec<&str> = session.outputs().iter().map(|output| output.name()).collect();
    if !outputs.contains(&MAP) || !outputs.contains(&SCORE) {
        return Err(unknown(&session, &file));
    }
    if let Some(shape) =
        input.dtype().tensor_shape().filter(|shape| shape.first().is_some_and(|&batch| batch > 1))
    {
        return Err(fixed_batch(&file, &name, shape));
    }
    let (size, resize) = match input.dtype().tensor_shape().map(|shape| &**shape) {
        Some(&[_, 3, height, width]) if height == width && height > 0 => (height as usize, Resize::Askance),
        Some(&[_, 3, height, width]) if height > 0 && width > 0 => return Err(oblong(&file, width, height)),
        Some(&[_, 3, ANY, ANY]) => {
            let (map, _) = answer(&mut session, &name, &grain(PROBE), &file)?;
            let (height, width) = sides(&map, &file)?;
            let resize = if height == width { Resize::Askance } else { Resize::Graph };
            (height.max(width), resize)
        }
        _ => return Err(unknown(&session, &file)),
    };
    if let Some(problem) = senseless_side(size) {
        return Err(Error::model(
            &file,
            format!("takes pictures whose side {problem}"),
            "export it for smaller pictures",
        ));
    }
    require_room(&file, None, size, 1)?;
    let normalised = probe(&mut session, &name, size, &file)?;
    let range = normalised.then_some([0.0, 1.0]);
    let values = if normalised { "" } else { "; its values are not normalised" };
    let manifest = ForeignManifest {
        format: 1,
        name: stem.into_owned(),
        architecture: FOREIGN_ARCHITECTURE.to_owned(),
        description: format!("Export of anomalib, recognised by its outputs{values}"),
        precision: None,
        source: "anomalib".to_owned(),
        licence: "unknown".to_owned(),
        input: InputSection {
            name,
            size,
            layout: TensorLayout::Nchw,
            channels: Channels::Rgb,
            range: [0.0, 1.0],
            mean: [0.0; 3],
            std: [1.0; 3],
            resize,
        },
        text: None,
        fit: None,
        output: OutputSection {
            map: MAP.to_owned(),
            channel: None,
            score: Some(SCORE.to_owned()),
            polarity: Polarity::Anomalous,
            range,
            score_range: range,
        },
        files,
    };
    Ok(Bundle::of_graph(path, manifest))
}

type Answer = (ArrayD<f32>, ArrayD<f32>);

/// The map and the score that a graph returns for one picture.
fn answer(session: &mut Session, input: &str, picture: &Array4<f32>, file: &str) -> Result<Answer> {
    let failed = |error: ort::Error| {
        let size = picture.dim().3;
        Error::model(file, format!("fails on a picture of {size} pixels: {error}"), MANIFEST).caused_by(error)
    };
    let tensor = TensorRef::from_array_view(picture).map_err(failed)?;
    let outputs = session.run(ort::inputs![input => tensor]).map_err(failed)?;
    let take = |name: &str| Ok(outputs[name].try_extract_array::<f32>().map_err(failed)?.to_owned());
    Ok((take(MAP)?, take(SCORE)?))
}

/// Height and width of a map.
fn sides(map: &ArrayD<f32>, file: &str) -> Result<(usize, usize)> {
    match map.shape() {
        &[.., height, width] if height > 0 && width > 0 => Ok((height, width)),
        other => Err(Error::model(file, format!("returns {MAP:?} of shape {other:?}, no map"), MANIFEST)),
    }
}

/// The error of a graph whose pictures are not square.
fn oblong(file: &str, width: i64, height: i64) -> Error {
    Error::model(
        file,
        format!("takes pictures of {width} x {height} pixels, and is given squares"),
        "export it with free height and width, so that it brings squares to that shape itself, or for square pictures",
    )
}

fn grain(size: usize) -> Array4<f32> {
    let value = |(_, c, y, x): (usize, usize, usize, usize)| ((7 * c + 31 * y + 17 * x) % 64) as f32 / 63.0;
    Array4::from_shape_fn((1, 3, size, size), value)
}

/// Whether map and score of a few pictures all lie in [0, 1].
///
/// # Errors
/// The graph fails, or what lies at the edge of a picture never matters: then it cuts out the middle, and its maps would be held
/// against the ground truth of the whole.
fn probe(session: &mut Session, input: &str, size: usize, file: &str) -> Result<bool> {
    let shape = (1, 3, size, size);
    let ramp = Array4::from_shape_fn(shape, |(_, _, y, x)| (x + 2 * y) as f32 / (3 * size) as f32);
    let ring = (size / 32).max(1);
    let (mut normalised, mut varies, mut edge_matters) = (true, false, false);
    // None of them is uniform, on which a graph may divide 0 by 0.
    for picture in [grain(size), ramp] {
        let (map, score) = answer(session, input, &picture, file)?;
        normalised &= map.iter().chain(&score).all(|value| value.is_nan() || (0.0..=1.0).contains(value));
        varies |= map.iter().any(|value| Some(value) != map.first());
        let mut other = picture;
        for ((_, _, y, x), value) in other.indexed_iter_mut() {
            if y.min(x).min(size - 1 - y).min(size - 1 - x) < ring {
                *value = 0.9 - 0.8 * *value;
            }
        }
        edge_matters |= answer(session, input, &other, file)?.0 != map;
    }
    if varies && !edge_matters {
        let fix = "export it from anomalib with a pre-processor that only resizes, without CenterCrop";
        let problem = "does not see the edge of its pictures: it cuts out the middle, and its maps do not cover the rest";
        return Err(Error::model(file, problem, fix));
    }
    Ok(normalised)
}

const MANIFEST: &str = "begin a bundle of it with `askance models init`, complete its bundle.toml \
                        (docs/foreign-models.md), and give its folder to `model`";

fn unknown(session: &Session, file: &str) -> Error {
    let words = |outlets: &[ort::value::Outlet]| {
        let one =
            |outlet: &ort::value::Outlet| match (outlet.dtype().tensor_type(), outlet.dtype().tensor_shape())
            {
                (Some(kind), Some(shape)) => format!("{:?} {}", outlet.name(), show(kind, shape)),
                _ => format!("{:?}", outlet.name()),
            };
        outlets.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let problem = format!(
        "is no graph that is known without a manifest: it takes {} and returns {}",
        words(session.inputs()),
        words(session.outputs())
    );
    Error::model(file, problem, MANIFEST)
}
