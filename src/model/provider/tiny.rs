//! The smallest useful ONNX model, y = x + x on four numbers, written out as Protocol Buffers: enough to see whether a
//! provider works.

/// Field with a length: a string or a message.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("the model is smaller than 128 bytes per message");
    assert!(length < 128, "one byte holds a length below 128");
    [&[number << 3 | 2, length], content].concat()
}

/// Field with a number below 128.
fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

/// `ValueInfoProto`: a tensor of four f32.
fn value(name: &str) -> Vec<u8> {
    let shape = field(2, &field(1, &number(1, 4)));
    let tensor = field(1, &[number(1, 1), shape].concat());
    [field(1, name.as_bytes()), field(2, &tensor)].concat()
}

/// The model; input `x`, output `y`, both f32 of shape (4).
pub(super) fn model() -> Vec<u8> {
    let node = [field(1, b"x"), field(1, b"x"), field(2, b"y"), field(4, b"Add")].concat();
    let graph = [field(1, &node), field(2, b"tiny"), field(11, &value("x")), field(12, &value("y"))].concat();
    let opset = field(8, &number(2, 17));
    [number(1, 8), field(7, &graph), opset].concat()
}
