//! Names and shapes of a graph's weights, and the files that they are in, without the weights.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom};

/// Reads the shape of each initialiser by name; the data are skipped, not read.
///
/// # Errors
/// The source is no `ModelProto`, or reading fails.
pub fn initialisers<R: Read + Seek>(source: &mut R) -> io::Result<BTreeMap<String, Vec<usize>>> {
    let end = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    let mut found = BTreeMap::new();
    each_field(source, end, &mut |source, number, length| {
        const GRAPH: u64 = 7;
        if number != GRAPH {
            return skip(source, length);
        }
        let end = end_of(source, length)?;
        each_field(source, end, &mut |source, number, length| {
            const INITIALISER: u64 = 5;
            if number != INITIALISER {
                return skip(source, length);
            }
            let (name, shape) = tensor(source, length)?;
            found.insert(name, shape);
            Ok(())
        })
    })?;
    Ok(found)
}

/// Reads the names of the operators of a model's graph, without those of graphs inside it.
///
/// # Errors
/// The source is no `ModelProto`, or reading fails.
pub fn operators<R: Read + Seek>(source: &mut R) -> io::Result<BTreeSet<String>> {
    const GRAPH: u64 = 7;
    const NODE: u64 = 1;
    const OPERATOR: u64 = 4;
    let end = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    let mut found = BTreeSet::new();
    each_field(source, end, &mut |source, number, length| {
        if number != GRAPH {
            return skip(source, length);
        }
        let end = end_of(source, length)?;
        each_field(source, end, &mut |source, number, length| {
            if number != NODE {
                return skip(source, length);
            }
            let end = end_of(source, length)?;
            each_field(source, end, &mut |source, number, length| {
                if number != OPERATOR {
                    return skip(source, length);
                }
                let mut name = Vec::new();
                source.by_ref().take(length).read_to_end(&mut name)?;
                found.insert(String::from_utf8_lossy(&name).into_owned());
                Ok(())
            })
        })
    })?;
    Ok(found)
}

/// Reads the name and the dimensions of a `TensorProto`.
fn tensor<R: Read + Seek>(source: &mut R, length: u64) -> io::Result<(String, Vec<usize>)> {
    const DIMS: u64 = 1;
    const NAME: u64 = 8;
    let end = end_of(source, length)?;
    let (mut name, mut shape) = (String::new(), Vec::new());
    while source.stream_position()? < end {
        let (number, kind) = key(source)?;
        match (number, kind) {
            (DIMS, VARINT) => shape.push(size(source)?),
            (DIMS, LENGTH) => {
                // Packed.
                let length = varint(source)?;
                let end = end_of(source, length)?;
                while source.stream_position()? < end {
                    shape.push(size(source)?);
                }
            }
            (NAME, LENGTH) => {
                name = text(source)?;
            }
            (_, kind) => skip_value(source, kind)?,
        }
    }
    Ok((name, shape))
}

/// The messages of `onnx.proto` that lie between a model and the names of files with its weights.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Function,
    Graph,
    Node,
    Attribute,
    SparseTensor,
    Tensor,
}

impl Message {
    /// The message in a field of this one, where there may be a tensor in it.
    fn inner(self, field: u64) -> Option<Self> {
        match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Some(Self::Graph),
            (Self::Model, 25) => Some(Self::Function),
            (Self::Graph, 1) | (Self::Function, 7) => Some(Self::Node),
            (Self::Node, 5) | (Self::Function, 11) => Some(Self::Attribute),
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Some(Self::SparseTensor),
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::SparseTensor, 1 | 2) => Some(Self::Tensor),
            _ => None,
        }
    }
}

/// Most messages within each other that are looked into, more than ONNX Runtime takes.
const DEPTH: usize = 128;

/// Reads the names of the files in which a model keeps weights beside itself, as the model gives them: those of tensors anywhere in it.
///
/// # Errors
/// The source is no `ModelProto`, or reading fails.
pub fn external_files<R: Read + Seek>(source: &mut R) -> io::Result<BTreeSet<String>> {
    let end = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    let mut found = BTreeSet::new();
    find_external(source, Message::Model, end, DEPTH, &mut found)?;
    Ok(found)
}

fn find_external<R: Read + Seek>(
    source: &mut R,
    message: Message,
    end: u64,
    depth: usize,
    found: &mut BTreeSet<String>,
) -> io::Result<()> {
    let depth = depth.checked_sub(1).ok_or_else(damaged)?;
    each_field(source, end, &mut |source, number, length| match message.inner(number) {
        None => skip(source, length),
        Some(Message::Tensor) => {
            found.extend(location(source, length)?);
            Ok(())
        }
        Some(inner) => {
            let end = end_of(source, length)?;
            find_external(source, inner, end, depth, found)
        }
    })
}

/// The name of the file that holds the data of a `TensorProto`, where they are not in it.
fn location<R: Read + Seek>(source: &mut R, length: u64) -> io::Result<Option<String>> {
    const EXTERNAL_DATA: u64 = 13;
    const DATA_LOCATION: u64 = 14;
    const EXTERNAL: u64 = 1;
    let end = end_of(source, length)?;
    let (mut location, mut is_external) = (None, false);
    while source.stream_position()? < end {
        match key(source)? {
            (EXTERNAL_DATA, LENGTH) => {
                let length = varint(source)?;
                let end = end_of(source, length)?;
                let (mut name, mut value) = (String::new(), String::new());
                while source.stream_position()? < end {
                    match key(source)? {
                        (1, LENGTH) => name = text(source)?,
                        (2, LENGTH) => value = text(source)?,
                        (_, kind) => skip_value(source, kind)?,
                    }
                }
                if name == "location" {
                    location = Some(value);
                }
            }
            (DATA_LOCATION, VARINT) => is_external = varint(source)? == EXTERNAL,
            (_, kind) => skip_value(source, kind)?,
        }
    }
    Ok(location.filter(|_| is_external))
}

pub(super) fn end_of<R: Seek>(source: &mut R, length: u64) -> io::Result<u64> {
    source.stream_position()?.checked_add(length).ok_or_else(damaged)
}

fn size<R: Read>(source: &mut R) -> io::Result<usize> {
    usize::try_from(varint(source)?).map_err(|_| damaged())
}

pub(super) fn text<R: Read>(source: &mut R) -> io::Result<String> {
    let length = varint(source)?;
    let mut bytes = Vec::new();
    source.by_ref().take(length).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Wire types.
pub(super) const VARINT: u64 = 0;
pub(super) const LENGTH: u64 = 2;

/// Calls `visit` at the content of each field with a length, which `visit` must consume. Other fields are skipped.
pub(super) fn each_field<R: Read + Seek>(
    source: &mut R,
    end: u64,
    visit: &mut dyn FnMut(&mut R, u64, u64) -> io::Result<()>,
) -> io::Result<()> {
    while source.stream_position()? < end {
        match key(source)? {
            (number, LENGTH) => {
                let length = varint(source)?;
                visit(source, number, length)?;
            }
            (_, kind) => skip_value(source, kind)?,
        }
    }
    Ok(())
}

pub(super) fn key<R: Read>(source: &mut R) -> io::Result<(u64, u64)> {
    let key = varint(source)?;
    Ok((key >> 3, key & 7))
}

pub(super) fn varint<R: Read>(source: &mut R) -> io::Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let mut byte = [0];
        source.read_exact(&mut byte)?;
        value |= u64::from(byte[0] & 127) << shift;
        if byte[0] < 128 {
            return Ok(value);
        }
    }
    Err(damaged())
}

pub(super) fn skip_value<R: Read + Seek>(source: &mut R, kind: u64) -> io::Result<()> {
    match kind {
        VARINT => varint(source).map(|_| ()),
        1 => skip(source, 8),
        LENGTH => {
            let length = varint(source)?;
            skip(source, length)
        }
        5 => skip(source, 4),
        _ => Err(damaged()),
    }
}

pub(super) fn skip<R: Seek>(source: &mut R, length: u64) -> io::Result<()> {
    source.seek_relative(i64::try_from(length).map_err(|_| damaged())?)
}

pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not an ONNX model")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{Kind, Node, model, tensor as written, value};
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let weights =
            [written("a", Kind::Float, &[3, 300], &[0; 3600]), written("b", Kind::Int8, &[2], &[1, 2])];
        let bytes = model("g", &[], &weights, &value("x", &[1]), &value("y", &[1]));
        let found = initialisers(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(found, BTreeMap::from([("a".into(), vec![3, 300]), ("b".into(), vec![2])]));
    }

    #[test]
    fn operators_are_named() {
        let node = |operator| Node { operator, inputs: &["x"], output: "y", to: None };
        let nodes = [node("Neg"), node("DynamicQuantizeLinear"), node("Neg")];
        let bytes = model("g", &nodes, &[], &value("x", &[1]), &value("y", &[1]));
        let found = operators(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(Vec::from_iter(found), ["DynamicQuantizeLinear", "Neg"]);
    }

    /// A field with a length, of fewer than 16 numbers and 128 bytes.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, content.len() as u8], content].concat()
    }

    #[test]
    fn files_of_weights_are_found_wherever_a_tensor_may_be() {
        let tensor = |file: &str| {
            let entry = [field(1, b"location"), field(2, file.as_bytes())].concat();
            [field(13, &entry), vec![14 << 3, 1]].concat()
        };
        let in_node = field(5, &field(5, &tensor("constant.bin")));
        let in_branch = field(5, &field(6, &field(5, &tensor("branch.bin"))));
        let graph = [field(1, &in_node), field(1, &in_branch), field(5, &tensor("weights.bin"))].concat();
        let found = external_files(&mut Cursor::new(field(7, &graph))).unwrap();
        assert_eq!(Vec::from_iter(found), ["branch.bin", "constant.bin", "weights.bin"]);
    }

    #[test]
    fn lengths_beyond_all_numbers_are_an_error() {
        // A graph as long as 64 bits can say, at the second byte.
        let bytes = [&[7 << 3 | 2][..], &[0xff; 9], &[1]].concat();
        assert!(initialisers(&mut Cursor::new(&bytes)).is_err());
        assert!(external_files(&mut Cursor::new(&bytes)).is_err());
    }

    #[test]
    fn other_bytes_are_an_error() {
        assert!(initialisers(&mut Cursor::new(b"\xff\xff\xff not a model")).is_err());
    }

    #[test]
    fn changed_graphs_are_read_or_refused() {
        let nodes = [Node { operator: "DynamicQuantizeLinear", inputs: &["x"], output: "y", to: None }];
        let weights =
            [written("a", Kind::Float, &[3, 30], &[0; 360]), written("b", Kind::Int8, &[2], &[1, 2])];
        let whole = model("g", &nodes, &weights, &value("x", &[1]), &value("y", &[1]));
        let entry = [field(1, b"location"), field(2, b"weights.bin")].concat();
        let outside = field(7, &field(5, &[field(13, &entry), vec![14 << 3, 1]].concat()));
        crate::hostile::try_changed("onnx", "image.onnx", &[whole, outside], |path| {
            let mut source = io::BufReader::new(std::fs::File::open(path).unwrap());
            drop((initialisers(&mut source), operators(&mut source), external_files(&mut source)));
        });
    }
}
