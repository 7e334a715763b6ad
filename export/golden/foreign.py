"""Small graphs that Askance did not design, for `tests/model/foreign.rs`: redness as an anomaly map, in several conventions.

    python golden/foreign.py

Needs onnx. Each graph averages max(0, red - (green + blue) / 2) over cells of 4 x 4 pixels of a picture of 24 x 24.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).resolve().parents[2] / "tests/golden/foreign"
SIZE, EMBEDDING = 24, 64


def constant(name: str, values) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, np.float32), name)


def value(name: str, shape: list) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def redness(source: str, order: str) -> tuple[list, list]:
    """Nodes from NCHW `source` to `cells` (batch, 1, 6, 6); `order` says which channel is red."""
    weights = {"rgb": [1.0, -0.5, -0.5], "bgr": [-0.5, -0.5, 1.0]}[order]
    nodes = [
        helper.make_node("Conv", [source, "weights"], ["difference"]),
        helper.make_node("Relu", ["difference"], ["red"]),
        helper.make_node("AveragePool", ["red"], ["cells"], kernel_shape=[4, 4], strides=[4, 4]),
    ]
    return nodes, [constant("weights", np.reshape(weights, (1, 3, 1, 1)))]


def save(name: str, nodes: list, inputs: list, outputs: list, constants: list) -> None:
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="golden/foreign.py")
    model.ir_version = 9
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, OUT / f"{name}.onnx")


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    image = value("image", ["batch", 3, SIZE, SIZE])
    cells = value("cells", ["batch", 1, 6, 6])

    nodes, constants = redness("image", "rgb")
    nodes.append(helper.make_node("ReduceMax", ["cells"], ["score"], axes=[1, 2, 3], keepdims=0))
    save("plain", nodes, [image], [cells, value("score", ["batch"])], constants)

    # Bytes, blue first, channels last, one picture a call, high is normal, no score.
    nodes, constants = redness("unit", "bgr")
    nodes = [
        helper.make_node("Transpose", ["bytes"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Mul", ["planes", "scale"], ["unit"]),
        *nodes,
        helper.make_node("Squeeze", ["cells", "one"], ["flat"]),
        helper.make_node("Sub", ["hundred", "flat"], ["normality"]),
    ]
    constants += [constant("scale", 1 / 255), constant("hundred", 100.0), numpy_helper.from_array(np.array([1]), "one")]
    save("bytes", nodes, [value("bytes", [1, SIZE, SIZE, 3])], [value("normality", [1, 6, 6])], constants)

    # Channel 1 is the anomaly map; the side is free.
    nodes, constants = redness("image", "rgb")
    nodes += [
        helper.make_node("Neg", ["cells"], ["normal"]),
        helper.make_node("Concat", ["normal", "cells"], ["both"], axis=1),
    ]
    free = value("image", ["batch", 3, "height", "width"])
    save("channels", nodes, [free], [value("both", ["batch", 2, "rows", "columns"])], constants)

    # What anomalib's exports look like from outside, whole and with a centre crop.
    for name, margin in (("anomalib", 0), ("anomalib_crop", 2)):
        side = (SIZE - 2 * margin) // 4
        nodes, constants = redness("middle", "rgb")
        nodes = [
            helper.make_node("Slice", ["input", "start", "stop", "axes"], ["middle"]),
            *nodes,
            helper.make_node("Identity", ["cells"], ["anomaly_map"]),
            helper.make_node("ReduceMax", ["cells"], ["pred_score"], axes=[2, 3], keepdims=0),
        ]
        ints = {"start": [margin, margin], "stop": [SIZE - margin, SIZE - margin], "axes": [2, 3]}
        constants += [numpy_helper.from_array(np.array(v), k) for k, v in ints.items()]
        outputs = [value("pred_score", ["batch", 1]), value("anomaly_map", ["batch", 1, side, side])]
        save(name, nodes, [value("input", ["batch", 3, SIZE, SIZE])], outputs, constants)

    # The same of pictures of any size, which the graph brings to 16 x 24, as its map is; and one that takes such pictures alone.
    nodes, constants = redness("small", "rgb")
    nodes = [
        helper.make_node("Resize", ["input", "", "", "small_shape"], ["small"], mode="linear"),
        *nodes,
        helper.make_node("Resize", ["cells", "", "", "map_shape"], ["anomaly_map"], mode="nearest"),
        helper.make_node("ReduceMax", ["cells"], ["pred_score"], axes=[2, 3], keepdims=0),
    ]
    shapes = {"small_shape": [1, 3, 16, SIZE], "map_shape": [1, 1, 16, SIZE]}
    ints = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in shapes.items()]
    outputs = [value("pred_score", [1, 1]), value("anomaly_map", [1, 1, 16, SIZE])]
    save("anomalib_wide", nodes, [value("input", [1, 3, "height", "width"])], outputs, [*constants, *ints])
    save("anomalib_oblong", nodes, [value("input", [1, 3, 16, SIZE])], outputs, [*constants, *ints])

    # Redness plus (anomalous - normal)[0] of the text, per picture and for all pictures of a call.
    shapes = {"text": ["batch", 2, EMBEDDING], "shared_text": [2, EMBEDDING], "single_text": [1, 2, EMBEDDING]}
    for name, shape in shapes.items():
        nodes, constants = redness("image", "rgb")
        rank = len(shape)
        nodes += [
            helper.make_node("Slice", ["text", "n", "a", "axis"], ["normal"]),
            helper.make_node("Slice", ["text", "a", "end", "axis"], ["anomalous"]),
            helper.make_node("Sub", ["anomalous", "normal"], ["direction"]),
            helper.make_node("Slice", ["direction", "n", "a", "last"], ["first"]),
            helper.make_node("Reshape", ["first", "column"], ["offset"]),
            helper.make_node("Add", ["cells", "offset"], ["map"]),
        ]
        constants += [
            numpy_helper.from_array(np.array([v]), k)
            for k, v in {"n": 0, "a": 1, "end": 2, "axis": rank - 2, "last": rank - 1}.items()
        ]
        constants.append(numpy_helper.from_array(np.array([-1, 1, 1, 1]), "column"))
        save(name, nodes, [image, value("text", shape)], [value("map", ["batch", 1, 6, 6])], constants)


    companies(image, cells)
    channels_last()
    senseless(image, cells)


def companies(image: onnx.ValueInfoProto, cells: onnx.ValueInfoProto) -> None:
    """Graphs whose answer to a picture is not its own, or not there for every picture."""
    red, weights = redness("image", "rgb")

    # The least and the greatest value of the batch become 0 and 1.
    over_batch = [
        helper.make_node("ReduceMin", ["cells"], ["least"], axes=[0, 1, 2, 3]),
        helper.make_node("ReduceMax", ["cells"], ["greatest"], axes=[0, 1, 2, 3]),
        helper.make_node("Sub", ["greatest", "least"], ["width"]),
        helper.make_node("Sub", ["cells", "least"], ["above"]),
        helper.make_node("Div", ["above", "width"], ["map"]),
    ]
    map_value = value("map", ["batch", 1, 6, 6])
    save("batch_minmax", red + over_batch, [image], [map_value], weights)
    # The same of each picture: 0/0 where it is of one value.
    over_picture = [helper.make_node(n.op_type, n.input, n.output, axes=[1, 2, 3]) for n in over_batch[:2]] + over_batch[2:]
    save("picture_minmax", red + over_picture, [image], [map_value], weights)

    # One scale for the bytes of all pictures of a batch.
    quantised = [
        helper.make_node("DynamicQuantizeLinear", ["image"], ["bytes", "step", "zero"]),
        helper.make_node("DequantizeLinear", ["bytes", "step", "zero"], ["near"]),
    ]
    nodes, constants = redness("near", "rgb")
    save("dynamic_int8", quantised + nodes, [image], [cells], constants)

    noise = [
        helper.make_node("RandomNormalLike", ["cells"], ["noise"], scale=0.01),
        helper.make_node("Add", ["cells", "noise"], ["map"]),
    ]
    save("random", red + noise, [image], [map_value], weights)

    # An export whose batch is free at the input only.
    one = numpy_helper.from_array(np.array([1, 1, 6, 6]), "shape")
    inside = [helper.make_node("Reshape", ["cells", "shape"], ["map"])]
    save("one_inside", red + inside, [image], [value("map", [1, 1, 6, 6])], [*weights, one])

    # Four pictures and no other number, with the outputs of anomalib.
    four = value("image", [4, 3, SIZE, SIZE])
    nodes = [
        *red,
        helper.make_node("Identity", ["cells"], ["anomaly_map"]),
        helper.make_node("ReduceMax", ["cells"], ["pred_score"], axes=[2, 3], keepdims=0),
    ]
    save("four", nodes, [four], [value("pred_score", [4, 1]), value("anomaly_map", [4, 1, 6, 6])], weights)


def senseless(image: onnx.ValueInfoProto, cells: onnx.ValueInfoProto) -> None:
    """A graph with one map for all pictures, and one that takes pictures too large for memory."""
    red, weights = redness("image", "rgb")
    lost = [helper.make_node("Mul", ["cells", "zero"], ["map"])]
    save("constant", red + lost, [image], [value("map", ["batch", 1, 6, 6])], [*weights, constant("zero", [0.0])])
    save("free", red, [value("image", ["batch", 3, "height", "width"])], [value("cells", ["batch", 1, "h", "w"])], weights)


def channels_last() -> None:
    """What comes from TensorFlow: channels last on both sides, one map or two."""
    image = value("image", ["batch", SIZE, SIZE, 3])
    nodes, constants = redness("planes", "rgb")
    nodes = [helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]), *nodes]
    turned = helper.make_node("Transpose", ["cells"], ["map"], perm=[0, 2, 3, 1])
    save("last", [*nodes, turned], [image], [value("map", ["batch", 6, 6, 1])], constants)
    two = [
        helper.make_node("Neg", ["cells"], ["normal"]),
        helper.make_node("Concat", ["normal", "cells"], ["both"], axis=1),
        helper.make_node("Transpose", ["both"], ["map"], perm=[0, 2, 3, 1]),
    ]
    save("last_of_two", nodes + two, [image], [value("map", ["batch", 6, 6, 2])], constants)
    # The map as a column, which is no map.
    column = numpy_helper.from_array(np.array([0, -1, 1]), "column")
    flat = helper.make_node("Reshape", ["cells", "column"], ["map"])
    save("column", [*nodes, flat], [image], [value("map", ["batch", 36, 1])], [*constants, column])


if __name__ == "__main__":
    main()
