"""The two graphs of a bundle, written node by node from a state_dict in open_clip's names.

Speed, without changing a result:
* ln_pre, ln_1 and the query-key-value product of the first block work on single tokens, so they are computed once per
  token of the image and then gathered into the windows;
* in the last block only the class token's output is wanted: keys and values of all tokens, the rest for one token;
* linear layers see all tokens of all windows of a scale as one matrix;
* the text tower computes as many tokens as the longest prompt has: under its causal mask, later ones reach nothing.

In float16 (`half`) the weights of the linear layers, their products and those of attention are float16; the residual
stream, layer norms, the softmax and everything after the projection are float32, and so are inputs and outputs. So it is for
text; image towers go further (half_tower.py).
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from .attention import PerHead
from .graph import Graph

PER_HEAD = PerHead()


class Tower:
    """Emits transformer blocks of one tower (`prefix` is "visual." or "")."""

    def __init__(self, graph: Graph, state: dict[str, np.ndarray], prefix: str, heads: int, activation: str, attention):
        self.g, self.state, self.prefix, self.heads, self.activation = graph, state, prefix, heads, activation
        self.attention, self.half = attention, attention.half
        self.width = state[f"{prefix}transformer.resblocks.0.ln_1.weight"].shape[0]
        self.layers = len({k for k in state if k.startswith(f"{prefix}transformer.") and k.endswith("ln_1.weight")})
        self.head = self.width // heads

    def w(self, name: str) -> str:
        return self.g.weight(self.prefix + name, self.state[self.prefix + name])

    def matrix(self, name: str) -> str:
        """A weight of the tower's precision."""
        name = self.prefix + name
        if name in self.g.initialisers:
            return name
        value = self.state[name]
        return self.g.weight(name, value.astype(np.float16) if self.half else value)

    def enter(self, x: str) -> str:
        """From the residual stream's float32 to the precision of the products."""
        return self.g.half(x) if self.half else x

    def leave(self, x: str) -> str:
        return self.g.single(x) if self.half else x

    def layer_norm(self, x: str, name: str) -> str:
        return self.g.op(
            "LayerNormalization", x, self.w(f"{name}.weight"), self.w(f"{name}.bias"), axis=-1, epsilon=1e-5
        )

    def linear(self, x: str, weight: str, bias: str, rows: tuple[int, int] | None = None) -> str:
        """`x` two-dimensional; torch's [out, in] weight under that name, all of it or some rows; the bias, if the model
        has one (a Gemm with a bias costs ONNX Runtime's CPU provider half as much again, so the pocket models have
        none)."""
        inputs = [self.matrix(weight)] + ([self.matrix(bias)] if self.prefix + bias in self.state else [])
        if rows:
            inputs = [self.g.slice(i, 0, *rows) for i in inputs]
        return self.g.op("Gemm", x, *inputs, transB=1)

    def gelu(self, x: str) -> str:
        g = self.g
        const = lambda value: g.const(value, np.float16 if self.half else np.float32)
        if self.activation == "quick_gelu":
            return g.op("Mul", x, g.op("Sigmoid", g.op("Mul", x, const(1.702))))
        # The shape of this pattern is what ONNX Runtime fuses into one kernel.
        erf = g.op("Erf", g.op("Div", x, const(np.sqrt(2.0))))
        return g.op("Mul", g.op("Mul", x, g.op("Add", erf, const(1.0))), const(0.5))

    def patchify(self, x: str, weight: str, bias: str | None = None) -> str:
        """Convolution whose stride is its kernel size."""
        k = self.state[self.prefix + weight].shape[-1]
        inputs = [self.matrix(weight)] + ([self.matrix(bias)] if bias else [])
        return self.g.op("Conv", x, *inputs, kernel_shape=[k, k], strides=[k, k])

    def qkv(self, x: str, block: int) -> str:
        """[rows, width] -> [rows, 3 * width] of the block, its ln_1 included."""
        name = f"transformer.resblocks.{block}"
        x = self.enter(self.layer_norm(x, f"{name}.ln_1"))
        return self.linear(x, f"{name}.attn.in_proj_weight", f"{name}.attn.in_proj_bias")

    def after_attention(self, residual: str, y: str, block: int) -> str:
        g, name = self.g, f"transformer.resblocks.{block}"
        y = self.linear(y, f"{name}.attn.out_proj.weight", f"{name}.attn.out_proj.bias")
        x = g.op("Add", residual, self.leave(y))
        h = self.enter(self.layer_norm(x, f"{name}.ln_2"))
        h = self.gelu(self.linear(h, f"{name}.mlp.c_fc.weight", f"{name}.mlp.c_fc.bias"))
        return g.op("Add", x, self.leave(self.linear(h, f"{name}.mlp.c_proj.weight", f"{name}.mlp.c_proj.bias")))

    def project(self, x: str, norm: str, name: str) -> str:
        """Norm and projection: [rows, width] -> [rows, embed]."""
        return self.leave(self.g.op("MatMul", self.enter(self.layer_norm(x, norm)), self.matrix(name)))

    def block(self, x: str, qkv: str, block: int, tokens: int | str, mask: str | None = None) -> str:
        """All tokens: `x` and `qkv` of [rows, ..] -> [rows, width]."""
        y = self.attention.whole(self.g, qkv, self.heads, self.head, tokens, mask)
        return self.after_attention(x, y, block)

    def class_block(self, x: str, block: int, tokens: int) -> str:
        """The last block, class token only: [sequences * tokens, width] -> [sequences, width]."""
        g, name = self.g, f"transformer.resblocks.{block}"
        weight, bias, w = f"{name}.attn.in_proj_weight", f"{name}.attn.in_proj_bias", self.width
        h = self.enter(self.layer_norm(x, f"{name}.ln_1"))
        first = lambda t: g.every(t, tokens)
        q = self.linear(first(h), weight, bias, (0, w))
        kv = self.linear(h, weight, bias, (w, 3 * w))
        y = self.attention.first(g, q, kv, self.heads, self.head, tokens)
        return self.after_attention(first(x), y, block)


def one_by_one(t: Tower, groups: list[tuple[str, str, int]]) -> list[str]:
    """Groups of sequences of one length (tokens after ln_pre, first query-key-value, length) -> the class tokens after
    the transformer. One pass for each group, so that a caller who asks for one output pays for that alone."""
    results = []
    for x, qkv, length in groups:
        for block in range(t.layers - 1):
            x = t.block(x, qkv if block == 0 else t.qkv(x, block), block, length)
        results.append(t.class_block(x, t.layers - 1, length))
    return results


def image_graph(
    state: dict[str, np.ndarray],
    heads: int,
    activation: str,
    mean,
    std,
    scales=(2, 3),
    attention=PER_HEAD,
    passes=one_by_one,
    tower=Tower,
) -> Graph:
    """`image.onnx`: pixels and text embeddings in, embeddings and scores of the full image and of the windows out."""
    g = Graph("askance-image")
    t = tower(g, state, "visual.", heads, activation, attention)
    w = t.width
    stem = sorted(k for k in state if k.startswith("visual.stem.") and k.endswith("weight"))
    patch = int(np.prod([state[k].shape[-1] for k in (*stem, "visual.conv1.weight")]))
    tokens = state["visual.positional_embedding"].shape[0]
    size = round((tokens - 1) ** 0.5) * patch
    embed = state["visual.proj"].shape[1]

    pixels = g.input("pixels", TensorProto.FLOAT, ["batch", 3, size, size])
    text = g.input("text", TensorProto.FLOAT, ["batch", 2, embed])
    temperature = g.input("temperature", TensorProto.FLOAT, [])
    windows = {k: g.input(f"windows_{k}", TensorProto.INT64, [f"n{k}", k * k]) for k in scales}

    channel = lambda v: g.const(np.asarray(v, np.float32).reshape(1, 3, 1, 1))
    x = g.op("Div", g.op("Sub", pixels, channel(mean)), channel(std))
    x = g.half(x) if t.half else x
    for name in stem:
        name = name.removeprefix("visual.").removesuffix(".weight")
        x = t.gelu(t.patchify(x, f"{name}.weight", f"{name}.bias"))
    x = t.leave(t.patchify(x, "conv1.weight"))
    x = g.transpose(g.reshape(x, 0, w, -1), 0, 2, 1)
    batch = g.op("Slice", g.op("Shape", pixels), g.ints(0), g.ints(1))
    shape = g.op("Concat", batch, g.ints(1, w), axis=0)
    x = g.op("Concat", g.op("Expand", t.w("class_embedding"), shape), x, axis=1)
    x = g.op("Add", x, t.w("positional_embedding"))
    x = g.reshape(t.layer_norm(x, "ln_pre"), -1, w)
    qkv = t.qkv(x, 0)

    text_t = g.transpose(text, 0, 2, 1)

    def score(embedding: str) -> str:
        """[batch, n, embed] -> anomalous probability [batch, n]."""
        logits = g.op("Div", g.op("MatMul", embedding, text_t), temperature)
        p = g.op("Softmax", logits, axis=-1)
        return g.op("Squeeze", g.slice(p, 2, 1, 2), g.ints(2))

    groups = [(x, qkv, tokens)]
    x3, qkv3 = g.reshape(x, -1, tokens, w), g.reshape(qkv, -1, tokens, 3 * w)
    for k in scales:
        # The class token's 0 before each window's patches; a Pad of integers would leave the card.
        some = g.slice(windows[k], 1, 0, 1)
        index = g.op("Concat", g.op("Sub", some, some), g.op("Add", windows[k], g.ints(1)), axis=1)
        index = g.reshape(index, -1)
        rows = g.reshape(g.op("Gather", x3, index, axis=1), -1, w)
        groups.append((rows, g.reshape(g.op("Gather", qkv3, index, axis=1), -1, 3 * w), k * k + 1))
    full, *of_windows = (g.normalise(t.project(x, "ln_post", "proj")) for x in passes(t, groups))
    g.output("image_embedding", full, TensorProto.FLOAT, ["batch", embed])
    s = score(g.op("Unsqueeze", full, g.ints(1)))
    g.output("image_score", g.op("Squeeze", s, g.ints(1)), TensorProto.FLOAT, ["batch"])
    for k, e in zip(scales, of_windows, strict=True):
        e = g.op("Reshape", e, g.op("Concat", batch, g.ints(-1, embed), axis=0))
        g.output(f"window_embedding_{k}", e, TensorProto.FLOAT, ["batch", f"n{k}", embed])
        g.output(f"window_score_{k}", score(e), TensorProto.FLOAT, ["batch", f"n{k}"])
    return g


def text_graph(state: dict[str, np.ndarray], heads: int, activation: str, attention=PER_HEAD) -> Graph:
    """`text.onnx`: token ids in, embeddings (not normalised) out. End token = largest id of the row."""
    g = Graph("askance-text")
    t = Tower(g, state, "", heads, activation, attention)
    w, context = t.width, state["positional_embedding"].shape[0]
    embed = state["text_projection"].shape[1]
    tokens = g.input("tokens", TensorProto.INT64, ["prompts", context])

    end = g.op("ArgMax", tokens, axis=1, keepdims=1)
    length = g.op("Add", g.reshape(g.op("ReduceMax", end, keepdims=0), 1), g.ints(1))
    used = g.op("Slice", tokens, g.ints(0), length, g.ints(1))
    table = state["token_embedding.weight"]
    half_table = t.half or table.dtype == np.float16
    x = g.op(
        "Gather", g.weight("token_embedding.weight", table.astype(np.float16) if half_table else table), used, axis=0
    )
    if half_table:
        x = g.single(x)
    if "token_projection.weight" in state:
        x = t.linear(g.reshape(x, -1, table.shape[1]), "token_projection.weight", "token_projection.bias")
        x = g.reshape(x, -1, length, w)
    positions = g.op("Slice", t.w("positional_embedding"), g.ints(0), length, g.ints(0))
    x = g.reshape(g.op("Add", x, positions), -1, w)
    mask = g.const(np.triu(np.full((context, context), -1e9, np.float32), 1))
    both = g.op("Concat", length, length, axis=0)
    mask = g.op("Slice", mask, g.ints(0, 0), both, g.ints(0, 1))
    for block in range(t.layers):
        x = t.block(x, t.qkv(x, block), block, length, mask)
    x = g.op("GatherND", g.reshape(x, -1, length, w), end, batch_dims=1)
    g.output("embedding", t.project(x, "ln_final", "text_projection"), TensorProto.FLOAT, ["prompts", embed])
    return g
