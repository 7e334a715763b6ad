"""A small builder over onnx.helper: every method appends one node and returns the name of its result."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 9


@contextmanager
def opset(version: int, ir_version: int):
    """Graphs are written in another version of ONNX's operators."""
    global OPSET, IR_VERSION
    kept = OPSET, IR_VERSION
    OPSET, IR_VERSION = version, ir_version
    try:
        yield
    finally:
        OPSET, IR_VERSION = kept


class Graph:
    """Collects nodes, initialisers, inputs and outputs. Constants of the graph are named `const/...`, so that every
    other initialiser is a weight under its own name."""

    def __init__(self, name: str):
        self.name = name
        self.nodes: list = []
        self.initialisers: dict[str, np.ndarray] = {}
        self.inputs: list = []
        self.outputs: list = []
        self.domains: set[str] = set()

    def input(self, name: str, dtype, shape) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def output(self, name: str, source: str, dtype, shape) -> None:
        self.nodes.append(helper.make_node("Identity", [source], [name], name=name))
        self.outputs.append(helper.make_tensor_value_info(name, dtype, shape))

    def weight(self, name: str, value: np.ndarray) -> str:
        self.initialisers.setdefault(name, np.ascontiguousarray(value))
        return name

    def const(self, value, dtype=np.float32) -> str:
        array = np.asarray(value, dtype=dtype)
        tag = "x".join(map(str, array.shape)) or "scalar"
        name = f"const/{array.dtype}/{tag}/{'_'.join(map(str, array.ravel()[:8]))}"
        while name in self.initialisers and not np.array_equal(self.initialisers[name], array):
            name += "'"
        return self.weight(name, array)

    def ints(self, *values: int) -> str:
        return self.const(values, np.int64)

    def op(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes):
        base = f"{kind.lower()}_{len(self.nodes)}"
        names = [base] if outputs == 1 else [f"{base}.{i}" for i in range(outputs)]
        if domain:
            self.domains.add(domain)
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=base, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def reshape(self, x: str, *shape: int | str) -> str:
        """A size may be the name of an int64 tensor of shape [1]."""
        if all(isinstance(size, int) for size in shape):
            return self.op("Reshape", x, self.ints(*shape))
        parts = [size if isinstance(size, str) else self.ints(size) for size in shape]
        return self.op("Reshape", x, self.op("Concat", *parts, axis=0))

    def transpose(self, x: str, *perm: int) -> str:
        return self.op("Transpose", x, perm=list(perm))

    def split(self, x: str, parts: int, axis: int = 1) -> list[str]:
        """Equal parts of an axis, the second one of a matrix."""
        counted = {"num_outputs": parts} if OPSET >= 18 else {}
        return [x] if parts == 1 else self.op("Split", x, axis=axis, outputs=parts, **counted)

    def half(self, x: str) -> str:
        return self.op("Cast", x, to=TensorProto.FLOAT16)

    def single(self, x: str) -> str:
        return self.op("Cast", x, to=TensorProto.FLOAT)

    def slice(self, x: str, axis: int, start: int, end: int) -> str:
        return self.op("Slice", x, self.ints(start), self.ints(end), self.ints(axis))

    def every(self, x: str, step: int) -> str:
        """Rows 0, `step`, 2 `step`, ..."""
        return self.op("Slice", x, self.ints(0), self.ints(2**62), self.ints(0), self.ints(step))

    def normalise(self, x: str) -> str:
        """L2 over the last axis."""
        if OPSET >= 18:
            norm = self.op("ReduceL2", x, self.ints(-1), keepdims=1)
        else:
            norm = self.op("ReduceL2", x, axes=[-1], keepdims=1)
        return self.op("Div", x, norm)

    def bytes(self) -> int:
        """Size of all initialisers."""
        return sum(value.nbytes for value in self.initialisers.values())

    def model(self) -> onnx.ModelProto:
        model = self.proto([numpy_helper.from_array(v, k) for k, v in self.initialisers.items()])
        onnx.checker.check_model(model)
        return model

    def proto(self, tensors: list) -> onnx.ModelProto:
        """The model with given initialisers, unchecked."""
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, tensors)
        opsets = [helper.make_opsetid("", OPSET)] + [helper.make_opsetid(d, 1) for d in sorted(self.domains)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="askance-export")
        model.ir_version = IR_VERSION
        return model


__all__ = ["OPSET", "Graph", "TensorProto"]
