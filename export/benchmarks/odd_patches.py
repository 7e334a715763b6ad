"""A detector that nobody trained, as a foreign bundle: patches that are unlike the rest of their picture.

Seeded random filters of 7 x 7 pixels and the mean colours, rectified and averaged over 32 x 32 pixels, are the features of a patch. Its score
is the root mean square of how many standard deviations they lie from their mean over the picture. Such a detector finds blemishes of
textures and little on objects; it is here because it has nothing in common with CLIP.

    python benchmarks/odd_patches.py --out DIR
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE, FILTERS, WIDTH, SEED = 256, 61, 7, 0
MANIFEST = """format = 1
name = "odd-patches"
architecture = "image-to-map"

[input]
name = "image"
size = {size}
range = [0.0, 1.0]

[output]
map = "map"

[files]
"model.onnx" = "{digest}"
"""


def graph() -> onnx.ModelProto:
    """float32 (batch, 3, SIZE, SIZE) in [0, 1] to (batch, 1, SIZE / 16 - 1, SIZE / 16 - 1)."""
    filters = np.random.default_rng(SEED).normal(size=(FILTERS, 3, WIDTH, WIDTH))
    filters -= filters.mean((2, 3), keepdims=True)
    filters /= np.sqrt(np.square(filters).sum((1, 2, 3), keepdims=True))
    colours = np.eye(3)[:, :, None, None] * np.full((WIDTH, WIDTH), WIDTH**-2)
    constants = {
        "filters": np.concatenate([filters, colours]).astype(np.float32),
        "space": np.array([2, 3]),
        "channels": np.array([1]),
        "least": np.float32(1e-6),
    }
    nodes = [
        helper.make_node("Conv", ["image", "filters"], ["edges"], strides=[4, 4], pads=[3, 3, 3, 3]),
        helper.make_node("Relu", ["edges"], ["rectified"]),
        helper.make_node("AveragePool", ["rectified"], ["features"], kernel_shape=[8, 8], strides=[4, 4]),
        helper.make_node("ReduceMean", ["features", "space"], ["mean"]),
        helper.make_node("Sub", ["features", "mean"], ["off"]),
        helper.make_node("Mul", ["off", "off"], ["squared"]),
        helper.make_node("ReduceMean", ["squared", "space"], ["variance"]),
        helper.make_node("Add", ["variance", "least"], ["some"]),
        helper.make_node("Div", ["squared", "some"], ["odd"]),
        helper.make_node("ReduceMean", ["odd", "channels"], ["oddness"]),
        helper.make_node("Sqrt", ["oddness"], ["map"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])
    odd = helper.make_tensor_value_info("map", TensorProto.FLOAT, ["batch", 1, SIZE // 16 - 1, SIZE // 16 - 1])
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    made = helper.make_graph(nodes, "odd_patches", [image], [odd], weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    write(parser.parse_args().out)


def write(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(graph(), out / "model.onnx")
    digest = hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest()
    (out / "bundle.toml").write_text(MANIFEST.format(size=SIZE, digest=digest))


if __name__ == "__main__":
    main()
