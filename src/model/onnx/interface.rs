//! What a graph takes and returns, read from its file without loading it.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use super::read::{
    LENGTH, VARINT, damaged, each_field, end_of, initialisers, key, skip, skip_value, text, varint,
};

/// A tensor that a graph takes or returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Kind of its values, a number of `TensorProto.DataType`; none where it is no tensor, or the file does not say.
    pub kind: Option<u64>,
    /// Its dimensions, `None` for one that is free or not said; none of them where not even their number is said.
    pub shape: Option<Vec<Option<usize>>>,
}

/// What a graph takes, without the weights that old graphs list there, and what it returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// What it takes.
    pub inputs: Vec<Tensor>,
    /// What it returns.
    pub outputs: Vec<Tensor>,
}

/// Kind of 32-bit floats.
pub const FLOAT: u64 = 1;

/// Most dimensions and most tensors that are read; ONNX Runtime takes fewer dimensions.
const MOST: usize = 4096;

/// Reads what a model's graph takes and returns.
///
/// # Errors
/// The source is no `ModelProto`, it ends early, or reading fails.
pub fn interface<R: Read + Seek>(source: &mut R) -> io::Result<Interface> {
    const GRAPH: u64 = 7;
    let end = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    let mut found = Interface::default();
    each_field(source, end, &mut |source, number, length| {
        let inner = within(source, length, end)?;
        if number != GRAPH {
            return skip(source, length);
        }
        each_field(source, inner, &mut |source, number, length| {
            const INPUT: u64 = 11;
            const OUTPUT: u64 = 12;
            let end = within(source, length, inner)?;
            let side = match number {
                INPUT => &mut found.inputs,
                OUTPUT => &mut found.outputs,
                _ => return skip(source, length),
            };
            if side.len() >= MOST {
                return Err(damaged());
            }
            side.push(tensor(source, end)?);
            Ok(())
        })
    })?;
    let weights: BTreeSet<String> = initialisers(source)?.into_keys().collect();
    found.inputs.retain(|input| !weights.contains(&input.name));
    Ok(found)
}

/// Where a field of this length ends, which lies within another that ends at `end`.
fn within<R: Seek>(source: &mut R, length: u64, end: u64) -> io::Result<u64> {
    let inner = end_of(source, length)?;
    if inner <= end { Ok(inner) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads a `ValueInfoProto`.
fn tensor<R: Read + Seek>(source: &mut R, end: u64) -> io::Result<Tensor> {
    const NAME: u64 = 1;
    const TYPE: u64 = 2;
    let mut found = Tensor { name: String::new(), kind: None, shape: None };
    while source.stream_position()? < end {
        match key(source)? {
            (NAME, LENGTH) => found.name = text(source)?,
            (TYPE, LENGTH) => {
                let length = varint(source)?;
                let inner = within(source, length, end)?;
                each_field(source, inner, &mut |source, number, length| {
                    const TENSOR: u64 = 1;
                    let end = within(source, length, inner)?;
                    if number == TENSOR { type_of(source, end, &mut found) } else { skip(source, length) }
                })?;
            }
            (_, kind) => skip_value(source, kind)?,
        }
    }
    Ok(found)
}

/// Reads a `TypeProto.Tensor`.
fn type_of<R: Read + Seek>(source: &mut R, end: u64, found: &mut Tensor) -> io::Result<()> {
    const KIND: u64 = 1;
    const SHAPE: u64 = 2;
    while source.stream_position()? < end {
        match key(source)? {
            (KIND, VARINT) => found.kind = Some(varint(source)?),
            (SHAPE, LENGTH) => {
                let length = varint(source)?;
                let inner = within(source, length, end)?;
                let mut shape = Vec::new();
                each_field(source, inner, &mut |source, number, length| {
                    const DIMENSION: u64 = 1;
                    let end = within(source, length, inner)?;
                    if number != DIMENSION {
                        return skip(source, length);
                    }
                    if shape.len() >= MOST {
                        return Err(damaged());
                    }
                    shape.push(dimension(source, end)?);
                    Ok(())
                })?;
                found.shape = Some(shape);
            }
            (_, kind) => skip_value(source, kind)?,
        }
    }
    Ok(())
}

/// Reads a dimension; none where it is free, or no number of anything.
fn dimension<R: Read + Seek>(source: &mut R, end: u64) -> io::Result<Option<usize>> {
    const VALUE: u64 = 1;
    let mut found = None;
    while source.stream_position()? < end {
        match key(source)? {
            (VALUE, VARINT) => {
                let value = i64::from_ne_bytes(varint(source)?.to_ne_bytes());
                found = usize::try_from(value).ok().filter(|&value| value > 0);
            }
            (_, kind) => skip_value(source, kind)?,
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{Kind, model, tensor as written, value};
    use super::*;

    fn read(bytes: &[u8]) -> io::Result<Interface> {
        interface(&mut Cursor::new(bytes))
    }

    #[test]
    fn inputs_and_outputs_have_names_kinds_and_shapes() {
        let weights = [written("w", Kind::Float, &[3, 300], &[0; 3600])];
        let bytes = model("g", &[], &weights, &value("x", &[1, 3, 300, 300]), &value("y", &[1]));
        let of = |name: &str, shape: &[usize]| Tensor {
            name: name.to_owned(),
            kind: Some(FLOAT),
            shape: Some(shape.iter().copied().map(Some).collect()),
        };
        let expected = Interface { inputs: vec![of("x", &[1, 3, 300, 300])], outputs: vec![of("y", &[1])] };
        assert_eq!(read(&bytes).unwrap(), expected);
        // Weights that stand among the inputs, as old graphs have them, are none.
        let listed = model("g", &[], &weights, &value("w", &[3, 300]), &value("y", &[1]));
        assert!(read(&listed).unwrap().inputs.is_empty());
    }

    #[test]
    fn whatever_is_cut_short_is_an_error() {
        let bytes = model(
            "g",
            &[],
            &[written("w", Kind::Float, &[2], &[0; 8])],
            &value("x", &[1, 3, 8, 8]),
            &value("y", &[1]),
        );
        let end_of_graph = bytes.len() - 4;
        for cut in 3..end_of_graph {
            assert!(read(&bytes[..cut]).is_err(), "{cut} of {}", bytes.len());
        }
        assert!(read(b"<!doctype html><html>").is_err());
    }

    #[test]
    fn changed_graphs_are_read_or_refused() {
        let whole = model("g", &[], &[], &value("x", &[1, 3, 8, 8]), &value("y", &[1]));
        crate::hostile::try_changed("onnx interface", "image.onnx", &[whole], |path| {
            drop(interface(&mut io::BufReader::new(std::fs::File::open(path).unwrap())));
        });
    }
}
