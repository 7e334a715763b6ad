"""Which way of writing the linear layers in int8 is fastest, and what each does to the maps.

    python benchmarks/int8_forms.py --bundle DIR --int8 DIR [--rounds 5] [--threads 2] [--forms a,b,..] [--batches 1,4]
    python benchmarks/int8_forms.py --bundle DIR --int8 DIR --openvino      (an environment with onnxruntime-openvino)

DIR are an fp32 bundle of ViT-B-16-plus-240 and the int8 one that askance_export.quantise made of it. Each form has a session of its
own, and the forms take turns. Printed per form: seconds to create the session, fastest and median seconds of a picture for each batch
size, resident memory that session and calls added, largest and mean difference of maps from the fp32 graph on the CPU provider, and
by how much a picture's map moves when it has three others for company.

Forms on the CPU: `fp32`; `static` (the int8 bundle: ranges fixed when it was made); and the losers, which live here: `dynamic`
(com.microsoft DynamicQuantizeMatMul: one range over the whole batch), `row` (a scale for each row, computed in the graph), `blocks-128`
(com.microsoft MatMulNBits with 8 bits: scales for blocks of each row, computed in the kernel). With --openvino: `fp32` and `static`,
each with the inference precisions f32 and bf16.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from askance_export import versions

versions.demand(("onnx",))  # before what is imported next

import numpy as np
import onnx
from onnx import helper, numpy_helper

from askance_export.int8 import linear_layers, needed, weight_grid  # noqa: E402
from peer_stack import aggregate, picture, windows  # noqa: E402
from sessions import create, onnxruntime  # noqa: E402

OUTPUTS = ["image_score", "window_score_2", "window_score_3"]


def dynamic(node, linear, tensors):
    weight, scales = weight_grid(linear.weight)
    names = put(tensors, node.name, w=np.ascontiguousarray(weight.T), s=scales, b=bias(linear))
    return [microsoft("DynamicQuantizeMatMul", [node.input[0], names["w"], names["s"], "", names["b"]], node)]


def row(node, linear, tensors):
    weight, scales = weight_grid(linear.weight)
    names = put(
        tensors,
        node.name,
        w=np.ascontiguousarray(weight.T),
        s=scales,
        b=bias(linear),
        full=np.float32(127),
        one=np.float32(1),
        middle=np.uint8(128),
        none=np.int8(0),
    )
    at = lambda part: f"{node.name}/{part}"
    product = [at("q"), names["w"], names["one"], names["s"], names["middle"], names["none"]]
    return [
        helper.make_node("Abs", [node.input[0]], [at("abs")]),
        helper.make_node("ReduceMax", [at("abs")], [at("most")], axes=[-1], keepdims=1),
        helper.make_node("Div", [at("most"), names["full"]], [at("step")]),
        helper.make_node("Div", [node.input[0], at("step")], [at("scaled")]),
        helper.make_node("QuantizeLinear", [at("scaled"), names["one"], names["middle"]], [at("q")]),
        helper.make_node("MatMulIntegerToFloat", product, [at("sum")], domain="com.microsoft"),
        helper.make_node("Mul", [at("sum"), at("step")], [at("product")]),
        helper.make_node("Add", [at("product"), names["b"]], list(node.output)),
    ]


def blocks_128(node, linear, tensors):
    outputs, inputs = linear.weight.shape
    blocked = linear.weight.reshape(outputs, inputs // 128, 128)
    scales = (np.abs(blocked).max(-1) / 127).astype(np.float32)
    integers = (np.round(blocked / scales[..., None]) + 128).astype(np.uint8)
    names = put(tensors, node.name, w=integers, s=scales, b=bias(linear))
    inputs_of = [node.input[0], names["w"], names["s"], "", "", names["b"]]
    shape = {"K": inputs, "N": outputs, "bits": 8, "block_size": 128, "accuracy_level": 4}
    return [microsoft("MatMulNBits", inputs_of, node, **shape)]


def bias(linear):
    return np.zeros(len(linear.weight), np.float32) if linear.bias is None else linear.bias


def put(tensors, layer, **values):
    """Adds constants of a layer; their names."""
    names = {part: f"{layer}/{part}" for part in values}
    tensors |= {names[part]: value for part, value in values.items()}
    return names


def microsoft(kind, inputs, node, **attributes):
    return helper.make_node(kind, inputs, list(node.output), name=node.name, domain="com.microsoft", **attributes)


LOSERS = {"dynamic": dynamic, "row": row, "blocks-128": blocks_128}


def rewritten(path, form, folder):
    """The fp32 graph with every linear layer in another form; its path."""
    model = onnx.load(path)
    layers, tensors, nodes = linear_layers(model.graph), {}, []
    for node in model.graph.node:
        nodes += LOSERS[form](node, layers[node.name], tensors) if node.name in layers else [node]
    nodes = needed(nodes, {output.name for output in model.graph.output})
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    made = [numpy_helper.from_array(value, name) for name, value in tensors.items()]
    graph = helper.make_graph(nodes, form, model.graph.input, model.graph.output, kept + made)
    opsets = [*model.opset_import, helper.make_opsetid("com.microsoft", 1)]
    out = folder / f"{form}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=model.ir_version), out)
    return out


def session(path, threads, openvino=None):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return create(path, options, openvino)


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def maps(graph, feeds):
    image, *scores = graph.run(OUTPUTS, feeds)
    masks = [feeds["windows_2"], feeds["windows_3"]]
    return np.stack([aggregate([image[[i]], *(s[[i]] for s in scores)], masks) for i in range(len(image))])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--int8", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", default="1,4")
    parser.add_argument("--forms", default=",".join(["fp32", "static", *LOSERS]))
    parser.add_argument("--openvino", action="store_true")
    a = parser.parse_args()
    text = np.random.default_rng(0).standard_normal((1, 2, 640)).astype(np.float32)
    text /= np.linalg.norm(text, axis=-1, keepdims=True)

    def feeds(numbers):
        pixels = np.stack([picture(number) for number in numbers])
        fixed = {"temperature": np.array(0.07, np.float32), "windows_2": windows(2), "windows_3": windows(3)}
        return {"pixels": pixels, "text": text.repeat(len(pixels), 0), **fixed}

    paths = {"fp32": a.bundle / "image.onnx", "static": a.int8 / "image.onnx"}
    print(f"ONNX Runtime {onnxruntime.__version__}, {a.threads} threads, batch sizes {a.batches}")
    wanted = maps(session(paths["fp32"], a.threads), feeds(range(4)))
    sessions, notes = {}, {}
    precisions = ["f32", "bf16"] if a.openvino else [None]
    forms = ["fp32", "static"] if a.openvino else a.forms.split(",")
    for form in forms:
        for precision in precisions:
            name = f"{form} {precision}" if precision else form
            with tempfile.TemporaryDirectory() as folder:
                path = paths.get(form) or rewritten(paths["fp32"], form, Path(folder))
                before, start = resident(), time.perf_counter()
                sessions[name] = session(path, a.threads, precision)
                created = time.perf_counter() - start
            found = maps(sessions[name], feeds(range(4)))
            alone = maps(sessions[name], feeds([0]))
            notes[name] = (
                f"session {created:4.1f} s, {resident() - before:5.0f} MB; maps off by {np.abs(found - wanted).max():.1e}, "
                f"{np.abs(found - wanted).mean():.1e} on average; company {np.abs(found[0] - alone[0]).max():.0e}"
            )
    for batch in map(int, a.batches.split(",")):
        times = {name: [] for name in sessions}
        for number in range(a.rounds):
            inputs = feeds(range(number * batch, (number + 1) * batch))
            for name, graph in sessions.items():
                start = time.perf_counter()
                graph.run(OUTPUTS, inputs)
                times[name].append((time.perf_counter() - start) / batch)
        for name in sessions:
            fastest, median = min(times[name]), np.median(times[name])
            print(f"batch {batch}: {name:12} fastest {fastest:5.2f} s, median {median:5.2f} s a picture")
    for name, note in notes.items():
        print(f"{name:12} {note}")


if __name__ == "__main__":
    main()
