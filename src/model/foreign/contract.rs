//! The manifest of a foreign graph, checked against the graph.

use ort::session::Session;
use ort::value::Outlet;

use crate::error::{Error, Result};
use crate::model::bundle::{ForeignManifest, Resize, TensorLayout};
use crate::model::contract::{ANY, FLOAT, mismatch, show};

/// How a foreign graph takes its batches, which the manifest does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calls {
    /// Whether the graph takes one picture, or one text, a call.
    pub single: bool,
    /// Whether the graph takes one text for all pictures of a call.
    pub shared_text: bool,
}

/// Checks names, kinds of value and shapes of a foreign graph's tensors.
///
/// # Errors
/// A tensor is not as the manifest says; the error names the file, the tensor, what was expected and what was found.
pub(super) fn check(session: &Session, manifest: &ForeignManifest, file: &str) -> Result<Calls> {
    let input = &manifest.input;
    let size = input.size as i64;
    let pixels = shape(session.inputs(), "input", &input.name, file)?;
    let [batch, a, b, c] = pixels[..] else {
        let found = show(FLOAT, pixels);
        return Err(mismatch(
            file,
            format!("has the input {:?} as {found}, which is no batch of pictures", input.name),
        ));
    };
    let (channels, height, width) = match input.layout {
        TensorLayout::Nchw => (a, b, c),
        TensorLayout::Nhwc => (c, a, b),
    };
    if batch > 1 {
        return Err(fixed_batch(file, &input.name, pixels));
    }
    let side_fits = |side: i64| side == ANY || (input.resize == Resize::Askance && side == size);
    if !matches!(batch, ANY | 1) || !matches!(channels, ANY | 3) || !side_fits(height) || !side_fits(width) {
        let wanted = match (input.layout, input.resize) {
            (TensorLayout::Nchw, Resize::Askance) => show(FLOAT, &[ANY, 3, size, size]),
            (TensorLayout::Nhwc, Resize::Askance) => show(FLOAT, &[ANY, size, size, 3]),
            (TensorLayout::Nchw, Resize::Graph) => show(FLOAT, &[ANY, 3, ANY, ANY]),
            (TensorLayout::Nhwc, Resize::Graph) => show(FLOAT, &[ANY, ANY, ANY, 3]),
        };
        let found = show(FLOAT, pixels);
        return Err(mismatch(
            file,
            format!("has the input {:?} as {found}, and the manifest means {wanted}", input.name),
        ));
    }
    let (single_text, shared_text) = match &manifest.text {
        None => (false, false),
        Some(text) => {
            let found = shape(session.inputs(), "input", &text.name, file)?;
            let embedding = text.embedding as i64;
            let fits = |d: i64, wanted: i64| d == ANY || d == wanted;
            match *found {
                [batch, two, e] if matches!(batch, ANY | 1) && fits(two, 2) && fits(e, embedding) => {
                    (batch == 1, false)
                }
                [two, e] if fits(two, 2) && fits(e, embedding) => (false, true),
                _ => {
                    let (found, wanted) = (show(FLOAT, found), show(FLOAT, &[ANY, 2, embedding]));
                    let problem =
                        format!("has the input {:?} as {found}, and the manifest means {wanted}", text.name);
                    return Err(mismatch(file, problem));
                }
            }
        }
    };
    let known =
        |name: &str| name == input.name || manifest.text.as_ref().is_some_and(|text| text.name == name);
    if let Some(unknown) = session.inputs().iter().find(|input| !known(input.name())) {
        return Err(mismatch(
            file,
            format!("has an input {:?} that the manifest gives nothing to", unknown.name()),
        ));
    }
    shape(session.outputs(), "output", &manifest.output.map, file)?;
    if let Some(score) = &manifest.output.score {
        shape(session.outputs(), "output", score, file)?;
    }
    Ok(Calls { single: batch == 1 || single_text, shared_text })
}

/// The error of a graph that takes several pictures and no other number.
pub(super) fn fixed_batch(file: &str, input: &str, shape: &[i64]) -> Error {
    let found = show(FLOAT, shape);
    let problem =
        format!("has the input {input:?} as {found}: it takes {} pictures and no other number", shape[0]);
    Error::model(
        file,
        problem,
        "export it with a free batch (dynamic axes for inputs and outputs), or with a batch of 1",
    )
}

/// Shape of a tensor of 32-bit floats.
fn shape<'s>(outlets: &'s [Outlet], side: &str, name: &str, file: &str) -> Result<&'s [i64]> {
    let Some(outlet) = outlets.iter().find(|outlet| outlet.name() == name) else {
        let names: Vec<&str> = outlets.iter().map(Outlet::name).collect();
        return Err(mismatch(file, format!("has no {side} {name:?}; it has {}", names.join(", "))));
    };
    match (outlet.dtype().tensor_type(), outlet.dtype().tensor_shape()) {
        (Some(FLOAT), Some(shape)) => Ok(shape),
        (Some(kind), Some(shape)) => {
            let found = show(kind, shape);
            Err(mismatch(file, format!("has the {side} {name:?} as {found}, and only {FLOAT} is understood")))
        }
        _ => Err(mismatch(file, format!("has the {side} {name:?}, which is no tensor"))),
    }
}
