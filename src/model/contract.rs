//! The contract of a graph, what it must take and return, checked against what it does.

use ort::session::Session;
use ort::value::{Outlet, TensorElementType};

use crate::error::{Error, Result};

/// Size of a dimension that must be free.
pub(super) const ANY: i64 = -1;
pub(super) const FLOAT: TensorElementType = TensorElementType::Float32;
pub(super) const INT: TensorElementType = TensorElementType::Int64;

/// A tensor that a graph must have, each free dimension being [`ANY`].
pub(super) struct Expected {
    name: String,
    kind: TensorElementType,
    shape: Vec<i64>,
}

/// The expectation of a tensor of this name, kind of value and shape.
pub(super) fn tensor(name: impl Into<String>, kind: TensorElementType, shape: &[i64]) -> Expected {
    Expected { name: name.into(), kind, shape: shape.to_vec() }
}

/// Checks that a graph has these inputs and no other, and these outputs.
///
/// # Errors
/// A tensor is missing, unexpected or of another kind or shape; the error names the file, the tensor, what was expected and what
/// was found.
pub(super) fn check(file: &str, session: &Session, inputs: &[Expected], outputs: &[Expected]) -> Result<()> {
    for expected in inputs {
        check_tensor(file, "input", expected, session.inputs())?;
    }
    for expected in outputs {
        check_tensor(file, "output", expected, session.outputs())?;
    }
    match session.inputs().iter().find(|input| inputs.iter().all(|expected| expected.name != input.name())) {
        Some(unknown) => {
            Err(mismatch(file, format!("has an input {:?} that nothing is given to", unknown.name())))
        }
        None => Ok(()),
    }
}

fn check_tensor(file: &str, side: &str, expected: &Expected, found: &[Outlet]) -> Result<()> {
    let wanted = show(expected.kind, &expected.shape);
    let Some(outlet) = found.iter().find(|outlet| outlet.name() == expected.name) else {
        let names: Vec<&str> = found.iter().map(Outlet::name).collect();
        let problem = format!("has no {side} {:?} ({wanted}); it has {}", expected.name, names.join(", "));
        return Err(mismatch(file, problem));
    };
    let kind = outlet.dtype().tensor_type();
    let shape: Option<&[i64]> = outlet.dtype().tensor_shape().map(|shape| &**shape);
    match (kind, shape) {
        (Some(kind), Some(shape)) if kind == expected.kind && fits(&expected.shape, shape) => Ok(()),
        (Some(kind), Some(shape)) => Err(mismatch(
            file,
            format!(
                "has the {side} {:?} as {}, and the manifest means {wanted}",
                expected.name,
                show(kind, shape)
            ),
        )),
        _ => Err(mismatch(
            file,
            format!("has the {side} {:?}, which is no tensor; it must be {wanted}", expected.name),
        )),
    }
}

/// Whether a shape fits the expected one: a free dimension of the graph takes any size, a fixed one must be the expected one.
fn fits(expected: &[i64], found: &[i64]) -> bool {
    expected.len() == found.len() && expected.iter().zip(found).all(|(e, f)| *f == ANY || e == f)
}

/// Kind and shape of a tensor in words.
pub(super) fn show(kind: TensorElementType, shape: &[i64]) -> String {
    let dims: Vec<String> =
        shape.iter().map(|d| if *d == ANY { "any".into() } else { d.to_string() }).collect();
    format!("{kind} [{}]", dims.join(", "))
}

/// The error of a graph that is not what its manifest says.
pub(super) fn mismatch(file: &str, problem: String) -> Error {
    Error::model(
        file,
        problem,
        "correct bundle.toml, or export the bundle again: the manifest and the graph must agree",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_dimension_fits_and_a_fixed_one_must_be_equal() {
        assert!(fits(&[ANY, 3], &[ANY, 3]));
        assert!(fits(&[ANY, 3], &[ANY, ANY]));
        assert!(!fits(&[ANY, 3], &[1, 3]), "a batch that is fixed cannot take any batch");
        assert!(!fits(&[ANY, 3], &[ANY, 4]));
        assert!(!fits(&[], &[1]), "a vector of one is no scalar");
        assert_eq!(show(FLOAT, &[ANY, 3]), "f32 [any, 3]");
    }
}
