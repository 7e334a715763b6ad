//! Names and shapes of a graph's weights, without the weights.

use std::collections::BTreeMap;
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
        let end = source.stream_position()? + length;
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

/// Reads the name and the dimensions of a `TensorProto`.
fn tensor<R: Read + Seek>(source: &mut R, length: u64) -> io::Result<(String, Vec<usize>)> {
    const DIMS: u64 = 1;
    const NAME: u64 = 8;
    let end = source.stream_position()? + length;
    let (mut name, mut shape) = (String::new(), Vec::new());
    while source.stream_position()? < end {
        let (number, kind) = key(source)?;
        match (number, kind) {
            (DIMS, VARINT) => shape.push(varint(source)? as usize),
            (DIMS, LENGTH) => {
                // Packed.
                let end = varint(source)? + source.stream_position()?;
                while source.stream_position()? < end {
                    shape.push(varint(source)? as usize);
                }
            }
            (NAME, LENGTH) => {
                let mut bytes = Vec::new();
                let length = varint(source)?;
                source.by_ref().take(length).read_to_end(&mut bytes)?;
                name = String::from_utf8_lossy(&bytes).into_owned();
            }
            (_, kind) => skip_value(source, kind)?,
        }
    }
    Ok((name, shape))
}

const VARINT: u64 = 0;
const LENGTH: u64 = 2;

/// Calls `visit` at the content of each field with a length, which `visit` must consume. Other fields are skipped.
fn each_field<R: Read + Seek>(
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

fn key<R: Read>(source: &mut R) -> io::Result<(u64, u64)> {
    let key = varint(source)?;
    Ok((key >> 3, key & 7))
}

fn varint<R: Read>(source: &mut R) -> io::Result<u64> {
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

fn skip_value<R: Read + Seek>(source: &mut R, kind: u64) -> io::Result<()> {
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

fn skip<R: Seek>(source: &mut R, length: u64) -> io::Result<()> {
    source.seek_relative(i64::try_from(length).map_err(|_| damaged())?)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not an ONNX model")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{Kind, model, tensor as written, value};
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
    fn other_bytes_are_an_error() {
        assert!(initialisers(&mut Cursor::new(b"\xff\xff\xff not a model")).is_err());
    }
}
