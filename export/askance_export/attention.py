"""Ways of writing multi-head attention over many short sequences as ONNX nodes. All give the same numbers.

Each has `whole` (every token asks) and `first` (only the class token asks). Rows are tokens, sequence by sequence:
qkv [rows, 3 * width]; the result has one row per asking token, [.., width]. `tokens` is the length of a sequence: a
number, or the name of an int64 tensor of shape [1] if it is known only when the graph runs. Products are of the inputs'
precision; `half` says that it is float16. Masks and the softmax are float32 either way.
"""

from __future__ import annotations

import numpy as np

from .graph import Graph


class Attention:
    """What both ways share."""

    def __init__(self, half: bool = False):
        self.half = half

    def scaled(self, g: Graph, q: str, head: int) -> str:
        return g.op("Mul", q, g.const(head**-0.5, np.float16 if self.half else np.float32))

    def softmax(self, g: Graph, score: str, mask: str | None) -> str:
        score = g.single(score) if self.half else score
        score = g.op("Add", score, mask) if mask else score
        p = g.op("Softmax", score, axis=-1)
        return g.half(p) if self.half else p


class PerHead(Attention):
    """One Split into heads, then three-dimensional products per head. The fewest microseconds where a head's work is
    tiny (the pocket models), but about eight nodes for every head of every block."""

    def whole(self, g: Graph, qkv: str, heads: int, head: int, tokens: int | str, mask: str | None = None) -> str:
        pieces = self.pieces(g, qkv, 3 * heads, head, tokens)
        return self.attend(g, pieces[:heads], pieces[heads : 2 * heads], pieces[2 * heads :], head, mask)

    def first(self, g: Graph, q: str, kv: str, heads: int, head: int, tokens: int | str) -> str:
        pieces = self.pieces(g, kv, 2 * heads, head, tokens)
        return self.attend(g, self.pieces(g, q, heads, head, 1), pieces[:heads], pieces[heads:], head)

    @staticmethod
    def pieces(g: Graph, x: str, parts: int, head: int, tokens: int | str) -> list[str]:
        # In this order: OpenVINO's compiler fails on int8 graphs that split before they reshape.
        return g.split(g.reshape(x, -1, tokens, parts * head), parts, axis=2)

    def attend(self, g: Graph, q: list[str], k: list[str], v: list[str], head: int, mask: str | None = None) -> str:
        parts = []
        for qh, kh, vh in zip(q, k, v, strict=True):
            score = g.op("MatMul", self.scaled(g, qh, head), g.transpose(kh, 0, 2, 1))
            parts.append(g.reshape(g.op("MatMul", self.softmax(g, score, mask), vh), -1, head))
        return g.op("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]


class Batched(Attention):
    """All heads in one four-dimensional product: few nodes, one transpose of each of query, key and value."""

    def whole(self, g: Graph, qkv: str, heads: int, head: int, tokens: int | str, mask: str | None = None) -> str:
        q, k, v = g.split(qkv, 3)
        return self.attend(g, self.query(g, q, heads, head, tokens), k, v, heads, head, tokens, mask)

    def first(self, g: Graph, q: str, kv: str, heads: int, head: int, tokens: int | str) -> str:
        k, v = g.split(kv, 2)
        return self.attend(g, self.query(g, q, heads, head, 1), k, v, heads, head, tokens)

    def query(self, g: Graph, q: str, heads: int, head: int, tokens: int | str) -> str:
        return g.transpose(g.reshape(self.scaled(g, q, head), -1, tokens, heads, head), 0, 2, 1, 3)

    def attend(self, g: Graph, q: str, k: str, v: str, heads: int, head: int, tokens: int | str, mask=None) -> str:
        k = g.transpose(g.reshape(k, -1, tokens, heads, head), 0, 2, 3, 1)
        v = g.transpose(g.reshape(v, -1, tokens, heads, head), 0, 2, 1, 3)
        y = g.op("MatMul", self.softmax(g, g.op("MatMul", q, k), mask), v)
        return g.reshape(g.transpose(y, 0, 2, 1, 3), -1, heads * head)
