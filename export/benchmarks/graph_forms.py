"""Which way of writing the image graph of a large tower is fastest on ONNX Runtime's CPU or OpenVINO provider.

    python benchmarks/graph_forms.py [--architecture ViT-B-16-plus-240] [--rounds 7] [--threads 2] [--forms a,b,..]
                                     [--provider cpu|openvino|openvino-bf16]

OpenVINO needs onnxruntime-openvino in place of onnxruntime.

Random weights, one picture, all windows. Each form has a session of its own; the forms take turns, so that whatever else
the machine does hits all of them. Prints, per form: nodes of the graph, seconds to create the session, resident memory
that the session added, fastest and median seconds of a picture, the processor seconds of all threads (which a busy machine
disturbs less), and the largest difference of scores from the first form.

Forms: `per-head`, `batched` (the package's own, see askance_export/attention.py), and the losers, which live here:
`contrib` (com.microsoft MultiHeadAttention), `standard` (ONNX's Attention of opset 23), `products` (window attention as
broadcast products and sums instead of many tiny matrix products), `together` (batched attention, the linear layers of all
groups of sequences as one matrix), `matmul-add` (batched, MatMul and Add in place of Gemm). And `batched` without one of
its savings: `own-first` (the first layer's query, key and value of every window, not gathered from the picture's),
`all-tokens` (the last block of all tokens, not of the class token alone), `plain` (without both).

A form that a provider refuses is reported with its error, and the others go on.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from askance_export import versions

versions.demand()  # before what is imported next

import numpy as np
import onnx

from askance_export.attention import Attention, Batched, PerHead
from askance_export.catalogue import build, choose
from askance_export.graph import Graph, opset
from askance_export.model import window_indices
from askance_export.storage import save
from askance_export.towers import Tower, image_graph, one_by_one

import sessions
from sessions import onnxruntime

OUTPUTS = ["image_score", "window_score_2", "window_score_3"]


class Fused(Attention):
    """One node for the attention of all heads."""

    def whole(self, g: Graph, qkv: str, heads: int, head: int, tokens, mask=None) -> str:
        q, k, v = g.split(qkv, 3)
        return self.attend(g, g.reshape(q, -1, tokens, heads * head), k, v, heads, head, tokens)

    def first(self, g: Graph, q: str, kv: str, heads: int, head: int, tokens) -> str:
        return self.attend(g, g.reshape(q, -1, 1, heads * head), *g.split(kv, 2), heads, head, tokens)

    def attend(self, g: Graph, q: str, k: str, v: str, heads: int, head: int, tokens) -> str:
        k, v = (g.reshape(x, -1, tokens, heads * head) for x in (k, v))
        return g.reshape(self.fused(g, q, k, v, heads), -1, heads * head)


class Contrib(Fused):
    def fused(self, g: Graph, q: str, k: str, v: str, heads: int) -> str:
        return g.op("MultiHeadAttention", q, k, v, domain="com.microsoft", num_heads=heads)


class Standard(Fused):
    def fused(self, g: Graph, q: str, k: str, v: str, heads: int) -> str:
        return g.op("Attention", q, k, v, q_num_heads=heads, kv_num_heads=heads)


class Products(Batched):
    """For short sequences only; the full image's are as in `batched`."""

    def whole(self, g: Graph, qkv: str, heads: int, head: int, tokens, mask=None) -> str:
        if tokens > 20:
            return super().whole(g, qkv, heads, head, tokens, mask)
        q, k, v = (g.reshape(x, -1, tokens, heads, head) for x in g.split(qkv, 3))
        q, k, v = (
            g.op("Unsqueeze", self.scaled(g, q, head), g.ints(2)),
            *(g.op("Unsqueeze", x, g.ints(1)) for x in (k, v)),
        )
        p = g.op("Softmax", g.op("ReduceSum", g.op("Mul", q, k), g.ints(4), keepdims=1), axis=2)
        return g.reshape(g.op("ReduceSum", g.op("Mul", p, v), g.ints(2), keepdims=0), -1, heads * head)


def together(t: Tower, groups: list[tuple[str, str, int]]) -> list[str]:
    """The linear layers of all groups as one matrix; attention group by group."""
    g = t.g
    rows = [g.op("Slice", g.op("Shape", x), g.ints(0), g.ints(1)) for x, _, _ in groups]
    sizes = g.op("Concat", *rows, axis=0)
    parts = lambda x: g.op("Split", x, sizes, axis=0, outputs=len(groups))
    x = g.op("Concat", *(x for x, _, _ in groups), axis=0)
    for block in range(t.layers - 1):
        qkv = [q for _, q, _ in groups] if block == 0 else parts(t.qkv(x, block))
        y = [
            t.attention.whole(g, part, t.heads, t.head, length)
            for part, (_, _, length) in zip(qkv, groups, strict=True)
        ]
        x = t.after_attention(x, g.op("Concat", *y, axis=0), block)
    return [t.class_block(part, t.layers - 1, length) for part, (_, _, length) in zip(parts(x), groups, strict=True)]


def own_first(t: Tower, groups: list[tuple[str, str, int]]) -> list[str]:
    """`one_by_one`; the first query, key and value are computed for every window."""
    return one_by_one(t, [(x, t.qkv(x, 0), length) for x, _, length in groups])


def all_tokens(t: Tower, groups: list[tuple[str, str, int]]) -> list[str]:
    """`one_by_one`; the last block computes every token, and all but the class token's are dropped."""

    def last(x: str, block: int, tokens: int) -> str:
        x = t.block(x, t.qkv(x, block), block, tokens)
        return t.g.reshape(t.g.slice(t.g.reshape(x, -1, tokens, t.width), 1, 0, 1), -1, t.width)

    t.class_block = last
    return one_by_one(t, groups)


def plain(t: Tower, groups: list[tuple[str, str, int]]) -> list[str]:
    """Neither saving."""
    return all_tokens(t, [(x, t.qkv(x, 0), length) for x, _, length in groups])


FORMS = {
    "per-head": (PerHead, one_by_one),
    "batched": (Batched, one_by_one),
    "contrib": (Contrib, one_by_one),
    "standard": (Standard, one_by_one),
    "products": (Products, one_by_one),
    "together": (Batched, together),
    "matmul-add": (Batched, one_by_one),
    "own-first": (Batched, own_first),
    "all-tokens": (Batched, all_tokens),
    "plain": (Batched, plain),
}

# OpenVINO's inference precision.
PROVIDERS = {"cpu": None, "openvino": "f32", "openvino-bf16": "bf16"}


def write(form: str, state: dict, heads: int, choice, path: Path) -> int:
    """Writes a form's graph and returns its number of nodes."""
    attention, passes = FORMS[form]
    kept = Tower.linear
    if form == "matmul-add":

        def linear(t, x, weight, bias, rows=None):
            w, b = t.matrix(weight), t.matrix(bias)
            if rows:
                w, b = t.g.slice(w, 0, *rows), t.g.slice(b, 0, *rows)
            return t.g.op("Add", t.g.op("MatMul", x, t.g.transpose(w, 1, 0)), b)

        Tower.linear = linear
    try:
        with opset(23, 10) if form == "standard" else nullcontext():
            graph = image_graph(
                state, heads, choice.activation, choice.mean, choice.std, attention=attention(), passes=passes
            )
            save(graph, path)
        return len(graph.nodes)
    finally:
        Tower.linear = kept


def resident() -> float:
    """Resident memory of this process in MB (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def create(path: Path, threads: int, form: str, openvino: str | None):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting is not to count as work
    # Or ONNX Runtime makes Gemms of it again.
    disabled = ["MatMulAddFusion"] if form == "matmul-add" else []
    return sessions.create(path, options, openvino, disabled_optimizers=disabled)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", default="ViT-B-16-plus-240")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--forms", default=",".join(FORMS))
    parser.add_argument("--provider", choices=PROVIDERS, default="cpu")
    a = parser.parse_args()
    choice = choose(a.architecture)
    model = build(choice)
    heads, size = model.visual.transformer.resblocks[0].attn.num_heads, model.visual.image_size[0]
    grid, embed = model.visual.grid_size[0], model.visual.output_dim
    state = {k: v.numpy() for k, v in model.state_dict().items() if k.startswith("visual.")}
    rng = np.random.default_rng(0)
    text = rng.standard_normal((1, 2, embed)).astype(np.float32)
    feeds = {
        "pixels": rng.random((1, 3, size, size), np.float32),
        "text": text / np.linalg.norm(text, axis=-1, keepdims=True),
        "temperature": np.array(0.07, np.float32),
        **{f"windows_{k}": window_indices(grid, k) for k in (2, 3)},
    }
    print(
        f"{a.architecture}, {a.provider}, {a.threads} threads, ONNX Runtime {onnxruntime.__version__}, "
        f"onnx {onnx.__version__}, {platform.machine()}"
    )
    made, lines, first = {}, {}, None
    for form in a.forms.split(","):
        with tempfile.TemporaryDirectory() as folder:
            nodes = write(form, state, heads, choice, Path(folder) / "image.onnx")
            before, start = resident(), time.perf_counter()
            try:
                session = create(Path(folder) / "image.onnx", a.threads, form, PROVIDERS[a.provider])
                created = time.perf_counter() - start
                out = session.run(OUTPUTS, feeds)
            except Exception as error:  # onnxruntime's errors have no common class
                print(f"{form:11} refused: {str(error).strip().splitlines()[-1]}")
                continue
        made[form] = session
        first = first or out
        worst = max(np.abs(x - y).max() for x, y in zip(out, first, strict=True))
        lines[form] = (
            f"{nodes:6} nodes, session {created:5.1f} s and {resident() - before:5.0f} MB, difference {worst:.0e}"
        )
    wall, work = ({form: [] for form in made} for _ in range(2))
    for _ in range(a.rounds):
        for form, session in made.items():
            start, used = time.perf_counter(), time.process_time()
            session.run(OUTPUTS, feeds)
            wall[form].append(time.perf_counter() - start)
            work[form].append(time.process_time() - used)
    for form in made:
        print(
            f"{form:11} fastest {min(wall[form]):5.2f} s, median {np.median(wall[form]):5.2f} s, "
            f"processor {min(work[form]):5.2f} to {max(work[form]):5.2f} s; {lines[form]}"
        )


if __name__ == "__main__":
    main()
