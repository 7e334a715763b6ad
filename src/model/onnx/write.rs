//! Small graphs written out as Protocol Buffers, after `onnx.proto`.

/// Element types of `TensorProto.DataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// float32.
    Float = 1,
    /// uint8.
    Uint8 = 2,
    /// int8.
    Int8 = 3,
    /// float16.
    Half = 10,
    /// bfloat16.
    Bfloat = 16,
}

/// One operator without a domain.
pub struct Node<'a> {
    /// The operator.
    pub operator: &'a str,
    /// Names of the operator's inputs.
    pub inputs: &'a [&'a str],
    /// Name of the operator's output.
    pub output: &'a str,
    /// The attribute `to` of a `Cast`.
    pub to: Option<Kind>,
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 128 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field with a length: a string, a message or raw bytes.
fn field(number: u64, content: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn integer(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

impl Node<'_> {
    fn encode(&self) -> Vec<u8> {
        let inputs = self.inputs.iter().map(|input| field(1, input.as_bytes()));
        let mut bytes: Vec<u8> = inputs.flatten().collect();
        bytes.extend(field(2, self.output.as_bytes()));
        bytes.extend(field(4, self.operator.as_bytes()));
        if let Some(kind) = self.to {
            const INT: u64 = 2;
            let attribute = [field(1, b"to"), integer(3, kind as u64), integer(20, INT)].concat();
            bytes.extend(field(5, &attribute));
        }
        bytes
    }
}

/// A `TensorProto`: an initialiser from little-endian bytes.
pub fn tensor(name: &str, kind: Kind, shape: &[usize], raw: &[u8]) -> Vec<u8> {
    let dims = shape.iter().flat_map(|&size| integer(1, size as u64)).collect();
    [dims, integer(2, kind as u64), field(8, name.as_bytes()), field(9, raw)].concat()
}

/// A `ValueInfoProto`: an input or output of float32.
pub fn value(name: &str, shape: &[usize]) -> Vec<u8> {
    let dims: Vec<u8> = shape.iter().flat_map(|&size| field(1, &integer(1, size as u64))).collect();
    let tensor = field(1, &[integer(1, Kind::Float as u64), field(2, &dims)].concat());
    [field(1, name.as_bytes()), field(2, &tensor)].concat()
}

/// A `ModelProto` of one graph with one input and one output, opset 17.
pub fn model(
    name: &str,
    nodes: &[Node<'_>],
    initialisers: &[Vec<u8>],
    input: &[u8],
    output: &[u8],
) -> Vec<u8> {
    let mut graph: Vec<u8> = nodes.iter().flat_map(|node| field(1, &node.encode())).collect();
    graph.extend(field(2, name.as_bytes()));
    for tensor in initialisers {
        graph.extend(field(5, tensor));
    }
    graph.extend(field(11, input));
    graph.extend(field(12, output));
    [integer(1, 8), field(7, &graph), field(8, &integer(2, 17))].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_more_than_seven_bits_take_more_bytes() {
        assert_eq!(varint(127), [127]);
        assert_eq!(varint(300), [0xac, 0x02]);
        assert_eq!(field(2, &[7; 200])[..3], [0x12, 0xc8, 0x01]);
    }
}
