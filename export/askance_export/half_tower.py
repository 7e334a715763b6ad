"""An image tower in float16 as graphics cards want it: everything but the normalised embeddings and scores is float16, and nodes of
com.microsoft do at once what would each pass over all tokens of all windows: attention, bias with GELU, bias with residual and norm.

Softmax computes in float32 inside its kernels, and norms do where `enable_skip_layer_norm_strict_mode` is on, as Askance sets it. ONNX Runtime's CPU provider runs such a graph too, through float32 where it has no
kernel. benchmarks/half_forms.py holds it against other ways of writing it.
"""

from __future__ import annotations

from .towers import Tower

CONTRIB = "com.microsoft"


class HalfStream(Tower):
    """Everything float16 but what follows the projection."""

    def enter(self, x: str) -> str:
        return x

    def leave(self, x: str) -> str:
        return x

    def w(self, name: str) -> str:
        return self.matrix(name)

    def project(self, x: str, norm: str, name: str) -> str:
        return self.g.single(self.g.op("MatMul", self.layer_norm(x, norm), self.matrix(name)))


class HalfTower(HalfStream):
    """Blocks of one tower. Sequences have query, key and value apart, but for the first block's, which are gathered together."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        # Norms that came with a sum, by the name of the sum.
        self.normed: dict[str, str] = {}

    def product(self, x: str, weight: str) -> str:
        """`x` [.., in], torch's weight [out, in]; the bias is left to the node that follows."""
        return self.g.op("MatMul", x, self.g.transpose(self.matrix(weight), 1, 0))

    def layer_norm(self, x: str, name: str) -> str:
        return self.normed.pop(x, None) or super().layer_norm(x, name)

    def add_and_norm(self, y: str, bias: str, residual: str, norm: str) -> tuple[str, str]:
        """The sum of a product, its bias and the residual, and the norm of that sum."""
        inputs = (y, residual, self.w(f"{norm}.weight"), self.w(f"{norm}.bias"), self.matrix(bias))
        names = self.g.op("SkipLayerNormalization", *inputs, domain=CONTRIB, outputs=4, epsilon=1e-5)
        # Mean and deviation are outputs as well, and not wanted.
        self.g.nodes[-1].output[1] = self.g.nodes[-1].output[2] = ""
        return names[3], names[0]

    def bias_gelu(self, x: str, bias: str) -> str:
        if self.activation == "quick_gelu":
            return self.gelu(self.g.op("Add", x, self.matrix(bias)))
        return self.g.op("BiasGelu", x, self.matrix(bias), domain=CONTRIB)

    def after_attention(self, residual: str, y: str, block: int) -> str:
        name, last = f"transformer.resblocks.{block}", block == self.layers - 1
        y = self.product(y, f"{name}.attn.out_proj.weight")
        x, h = self.add_and_norm(y, f"{name}.attn.out_proj.bias", residual, f"{name}.ln_2")
        h = self.bias_gelu(self.product(h, f"{name}.mlp.c_fc.weight"), f"{name}.mlp.c_fc.bias")
        y = self.product(h, f"{name}.mlp.c_proj.weight")
        norm = "ln_post" if last else f"transformer.resblocks.{block + 1}.ln_1"
        x, h = self.add_and_norm(y, f"{name}.mlp.c_proj.bias", x, norm)
        self.normed[x] = h
        return x

    def qkv(self, x: str, block: int) -> str | tuple[str, ...]:
        if block == 0:
            return super().qkv(x, block)
        h = self.layer_norm(x, f"transformer.resblocks.{block}.ln_1")
        return tuple(self.projected(h, block, part) for part in range(3))

    def projected(self, h: str, block: int, part: int) -> str:
        """Query, key or value: part 0, 1 or 2 of the block's weights."""
        name = f"transformer.resblocks.{block}.attn.in_proj"
        return self.linear(h, f"{name}_weight", f"{name}_bias", (part * self.width, (part + 1) * self.width))

    def attend(self, q: str, k: str, v: str, asking: int, tokens: int) -> str:
        """Rows of all sequences -> [sequences * asking, width]."""
        g = self.g
        shaped = [g.reshape(q, -1, asking, self.width), *(g.reshape(x, -1, tokens, self.width) for x in (k, v))]
        return g.reshape(self.attention_of(*shaped), -1, self.width)

    def attention_of(self, q: str, k: str, v: str) -> str:
        """[sequences, tokens, width] each -> [sequences, asking, width]."""
        return self.g.op("MultiHeadAttention", q, k, v, domain=CONTRIB, num_heads=self.heads)

    def block(self, x: str, qkv: str | tuple[str, ...], block: int, tokens: int, mask: None = None) -> str:
        q, k, v = self.g.split(qkv, 3) if isinstance(qkv, str) else qkv
        return self.after_attention(x, self.attend(q, k, v, tokens, tokens), block)

    def class_block(self, x: str, block: int, tokens: int) -> str:
        h = self.layer_norm(x, f"transformer.resblocks.{block}.ln_1")
        first = lambda t: self.g.every(t, tokens)
        q, k, v = (self.projected(part, block, i) for i, part in enumerate((first(h), h, h)))
        return self.after_attention(first(x), self.attend(q, k, v, 1, tokens), block)
