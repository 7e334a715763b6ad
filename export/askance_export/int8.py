"""An fp32 image graph with its linear layers in int8, as standard ONNX QuantizeLinear and DequantizeLinear.

Weights are signed, one scale for each output; activations are unsigned with one scale and zero point for each layer, fixed
when the graph is written. With fixed scales a picture's result cannot depend on what else is in its batch. ONNX Runtime's
CPU provider makes one integer kernel of QuantizeLinear, DequantizeLinear and Gemm; so does OpenVINO. Everything else (patch
embedding, layer norms, attention, residual stream, last projections) stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


@dataclass(frozen=True)
class Range:
    """Least and greatest value of an activation; 0 lies within, so that it is kept exactly."""

    low: float = 0.0
    high: float = 0.0

    def joined(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high))

    def grid(self) -> tuple[np.float32, np.uint8]:
        """Scale and zero point of the 256 steps over the range."""
        scale = max(self.high - self.low, 1e-8) / 255
        return np.float32(scale), np.uint8(round(-self.low / scale))


@dataclass(frozen=True)
class Linear:
    """Weight [out, in] and, if there is one, bias [out] of a layer; whether its outputs begin with keys of attention."""

    weight: np.ndarray
    bias: np.ndarray | None
    keys: bool = False


def linear_layers(graph: onnx.GraphProto) -> dict[str, Linear]:
    """The Gemm nodes, by name. Their constants are initialisers, or rows of one."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    keys = set()
    for node in graph.node:
        if node.op_type == "Slice" and all(name in known for name in node.input):
            value, start, end, axis = (known[name] for name in node.input)
            known[node.output[0]] = value.take(np.arange(int(start[0]), int(end[0])), int(axis[0]))
            # Of a weight [3 width, width] of query, key and value, what begins with the keys.
            if start[0] == value.shape[-1]:
                keys.add(node.output[0])
    gemms = [node for node in graph.node if node.op_type == "Gemm"]
    return {
        node.name: Linear(known[node.input[1]], known.get((*node.input, "")[2]), node.input[1] in keys)
        for node in gemms
    }


def observe(graph: onnx.GraphProto) -> list[str]:
    """Gives `graph` two outputs more for each linear layer, the least and the greatest value of its input. The layers' names."""
    layers = [node for node in graph.node if node.op_type == "Gemm"]
    for node in layers:
        for kind, output in zip(("ReduceMin", "ReduceMax"), observations(node.name), strict=True):
            graph.node.append(helper.make_node(kind, [node.input[0]], [output], name=output, keepdims=0))
            graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, []))
    return [node.name for node in layers]


def observations(layer: str) -> tuple[str, str]:
    """Names of the outputs that `observe` adds for a layer."""
    return f"{layer}/least", f"{layer}/greatest"


def quantised(model: onnx.ModelProto, ranges: dict[str, Range]) -> onnx.ModelProto:
    """The graph with every linear layer of `ranges` in int8."""
    layers = linear_layers(model.graph)
    nodes, tensors = [], {}
    for node in model.graph.node:
        if node.name in ranges:
            nodes += integer_gemm(node, layers[node.name], ranges[node.name], tensors)
        else:
            nodes.append(node)
    nodes = needed(nodes, {output.name for output in model.graph.output})
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    made = [numpy_helper.from_array(value, name) for name, value in tensors.items()]
    graph = helper.make_graph(nodes, model.graph.name, model.graph.input, model.graph.output, kept + made)
    result = helper.make_model(graph, opset_imports=model.opset_import, producer_name=model.producer_name)
    result.ir_version = model.ir_version
    onnx.checker.check_model(result)
    return result


def integer_gemm(node: onnx.NodeProto, linear: Linear, span: Range, tensors: dict) -> list:
    """The nodes that take a Gemm's place; their constants go into `tensors`. Layers that share a weight share its
    integers."""
    layer, source = node.name, node.input[1]
    step, zero = span.grid()
    quantised_weight, scales = weight_grid(linear.weight)
    tensors |= {
        f"{layer}/step": np.array(step),
        f"{layer}/zero": np.array(zero),
        f"{source}/int8": quantised_weight,
        f"{source}/scales": scales,
        f"{source}/zeros": np.zeros(len(scales), np.int8),
    }
    x = [f"{layer}/{name}" for name in ("step", "zero")]
    nodes = [
        helper.make_node("QuantizeLinear", [node.input[0], *x], [f"{layer}/x8"], name=f"{layer}/quantise"),
        helper.make_node("DequantizeLinear", [f"{layer}/x8", *x], [f"{layer}/x"], name=f"{layer}/dequantise"),
        dequantised(f"{source}/int8", f"{source}/scales", f"{source}/zeros", f"{layer}/weight"),
    ]
    inputs = [f"{layer}/x", f"{layer}/weight"]
    bias = None if linear.bias is None else np.round(linear.bias / (step * scales)).astype(np.int32)
    if bias is None and linear.keys:
        # OpenVINO's compiler fails on this layer without a bias. One of keys changes nothing: it adds the same to all scores of a
        # query, and softmax takes that out.
        bias = np.zeros(len(scales), np.int32)
        bias[0] = 1
    if bias is not None:
        # Integer kernels add it to their sums, so it has the scale of those.
        tensors |= {
            f"{layer}/bias32": bias,
            f"{layer}/bias_scales": step * scales,
            f"{layer}/bias_zeros": np.zeros(len(scales), np.int32),
        }
        nodes.append(
            dequantised(f"{layer}/bias32", f"{layer}/bias_scales", f"{layer}/bias_zeros", f"{layer}/bias")
        )
        inputs.append(f"{layer}/bias")
    return [*nodes, helper.make_node("Gemm", inputs, node.output, name=layer, transB=1)]


def dequantised(values: str, scales: str, zeros: str, output: str) -> onnx.NodeProto:
    return helper.make_node("DequantizeLinear", [values, scales, zeros], [output], name=output, axis=0)


def weight_grid(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weight [out, in] -> int8 of the same shape in [-127, 127], and the scale of each output."""
    scales = np.maximum(np.abs(weight).max(1) / 127, 1e-12).astype(np.float32)
    return np.round(weight / scales[:, None]).astype(np.int8), scales


def needed(nodes: list, outputs: set[str]) -> list:
    """Nodes that an output depends on, in their order."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    return kept[::-1]
