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


if __name__ == "__main__":
    main()
