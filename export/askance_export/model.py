"""A small CLIP in plain torch, with WinCLIP's window embeddings as a native forward path.

The parameter names are those of open_clip (`visual.conv1.weight`, `transformer.resblocks.0.attn.in_proj_weight`, ...),
so the exporter reads this model and open_clip's vision transformers alike. Three things are ours:

* three small convolutions before `conv1` (`visual.stem`), none of which looks past its patch: a window still sees its own
  patches only, and they run once per patch, not once per window, which makes them nearly free;
* no bias in the linear layers of the blocks (the bias of the layer norm before them does its work);
* the token table is factorised (`token_embedding.weight` [vocabulary, token_dim], `token_projection.weight`
  [width, token_dim]), because CLIP's vocabulary would otherwise be most of a small model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class Config:
    """Shape of both towers. Defaults are the `pocket` bundles'."""

    size: int = 192
    patch: int = 16
    stem: tuple[int, int, int] = (32, 64, 128)
    width: int = 64
    layers: int = 3
    heads: int = 2
    mlp: int = 192
    embed: int = 64
    vocabulary: int = 49408
    context: int = 77
    token_dim: int = 32
    text_width: int = 64
    text_layers: int = 2
    text_heads: int = 2
    text_mlp: int = 192

    @property
    def grid(self) -> int:
        """Patches along one side."""
        return self.size // self.patch


class Attention(nn.Module):
    """Multi-head self-attention with torch's parameter layout (`in_proj_weight`, `out_proj`)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.out_proj = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, causal: bool = False, class_only: bool = False) -> Tensor:
        """`x` [batch, tokens, width]; with `class_only` only token 0 asks, and the result has one token."""
        batch, tokens, width = x.shape
        head = width // self.heads
        if class_only:
            q = F.linear(x[:, :1], self.in_proj_weight[:width])
            kv = F.linear(x, self.in_proj_weight[width:])
            k, v = kv.view(batch, tokens, 2, self.heads, head).permute(2, 0, 3, 1, 4)
        else:
            qkv = F.linear(x, self.in_proj_weight)
            q, k, v = qkv.split(width, dim=-1)
            k = k.reshape(batch, tokens, self.heads, head).transpose(1, 2)
            v = v.reshape(batch, tokens, self.heads, head).transpose(1, 2)
        q = q.reshape(batch, -1, self.heads, head).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(y.transpose(1, 2).reshape(batch, -1, width))


class Mlp(nn.Module):
    """Two linear layers with an exact GELU between them."""

    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.c_fc = nn.Linear(width, hidden, bias=False)
        self.c_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    """Pre-norm residual attention block."""

    def __init__(self, width: int, heads: int, hidden: int):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, hidden)

    def forward(self, x: Tensor, causal: bool = False, class_only: bool = False) -> Tensor:
        kept = x[:, :1] if class_only else x
        x = kept + self.attn(self.ln_1(x), causal, class_only)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """A stack of blocks. With `class_only` the last block computes token 0 alone (the same value, less work)."""

    def __init__(self, width: int, layers: int, heads: int, hidden: int):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))

    def forward(self, x: Tensor, causal: bool = False, class_only: bool = False) -> Tensor:
        last = len(self.resblocks) - 1
        for i, block in enumerate(self.resblocks):
            x = block(x, causal, class_only and i == last)
        return x


def cosine_filters() -> Tensor:
    """First filters [32, 3, 4, 4] to start from: all 16 cosine patterns of brightness, the 8 coarsest of two opponent
    colours. Patterns are raised over flat colour, which is far stronger in pictures."""
    at = torch.arange(4).float()
    rows = torch.stack([torch.cos(math.pi * (at + 0.5) * f / 4) for f in range(4)])
    rows = F.normalize(rows, dim=1)
    order = sorted(range(16), key=lambda i: i // 4 + i % 4)
    patterns = [torch.outer(rows[i // 4], rows[i % 4]) * (1.0 if i == 0 else 3.0) for i in order]
    colours = F.normalize(torch.tensor([[1.0, 1.0, 1.0], [1.0, -1.0, 0.0], [0.5, 0.5, -1.0]]), dim=1)
    chosen = [(0, p) for p in patterns] + [(c, p) for c in (1, 2) for p in patterns[:8]]
    return torch.stack([colours[c].view(3, 1, 1) * p * (1.0 if c == 0 else 2.0) for c, p in chosen]) * 0.5


class Visual(nn.Module):
    """Vision transformer; embeds the full image or any set of its patches as a sequence of its own."""

    def __init__(self, c: Config):
        super().__init__()
        a, b, d = c.stem
        convolutions = (nn.Conv2d(3, a, 4, 4), nn.Conv2d(a, b, 2, 2), nn.Conv2d(b, d, 2, 2))
        self.stem = nn.Sequential(*(layer for conv in convolutions for layer in (conv, nn.GELU())))
        self.conv1 = nn.Conv2d(d, c.width, 1, bias=False)
        if a == 32:
            with torch.no_grad():
                self.stem[0].weight.copy_(cosine_filters())
        self.class_embedding = nn.Parameter(torch.randn(c.width) * c.width**-0.5)
        self.positional_embedding = nn.Parameter(torch.randn(c.grid**2 + 1, c.width) * c.width**-0.5)
        self.ln_pre = nn.LayerNorm(c.width)
        self.transformer = Transformer(c.width, c.layers, c.heads, c.mlp)
        self.ln_post = nn.LayerNorm(c.width)
        self.proj = nn.Parameter(torch.randn(c.width, c.embed) * c.width**-0.5)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def tokens(self, pixels: Tensor) -> Tensor:
        """Pixels [batch, 3, S, S] in [0, 1] -> tokens before ln_pre [batch, 1 + patches, width], class token first."""
        x = self.patch_embed((pixels - self.mean) / self.std)
        first = self.class_embedding.expand(x.shape[0], 1, -1)
        return torch.cat([first, x], dim=1) + self.positional_embedding

    def patch_embed(self, x: Tensor) -> Tensor:
        """`conv1(stem(x))`, [batch, patches, width]: strides equal kernels, so matrix products over pixels sorted patch by
        patch, then group by group, do the same at a fraction of the time in training. Any multiple of 16 pixels."""
        batch, _, height, width = x.shape
        x = x.view(batch, 3, height // 16, 2, 2, 4, width // 16, 2, 2, 4).permute(0, 2, 6, 3, 7, 4, 8, 5, 9, 1)
        x = x.reshape(-1, 48)
        for conv in self.stem[::2]:
            weight = conv.weight.permute(0, 2, 3, 1).flatten(1)
            x = F.gelu(F.linear(x.view(-1, weight.shape[1]), weight, conv.bias))
        return F.linear(x, self.conv1.weight.flatten(1)).view(batch, -1, self.conv1.out_channels)

    def embed(self, tokens: Tensor) -> Tensor:
        """Sequences before ln_pre [sequences, tokens, width], class token first -> [sequences, embed], not normalised."""
        x = self.transformer(self.ln_pre(tokens), class_only=True)
        return self.ln_post(x[:, 0]) @ self.proj

    def windows(self, tokens: Tensor, image: Tensor, patches: Tensor) -> Tensor:
        """Embeds sequence i = {class token, `patches[i]`} of image `image[i]`; `patches` [sequences, k*k], row-major."""
        index = torch.cat([torch.zeros_like(patches[:, :1]), patches + 1], dim=1)
        return self.embed(tokens[image[:, None], index])


class Clip(nn.Module):
    """Both towers and the learned temperature."""

    def __init__(self, config: Config = Config(), seed: int = 0):
        super().__init__()
        torch.manual_seed(seed)
        c = self.config = config
        self.visual = Visual(c)
        self.token_embedding = nn.Embedding(c.vocabulary, c.token_dim, sparse=True)
        self.token_projection = nn.Linear(c.token_dim, c.text_width, bias=False)
        self.positional_embedding = nn.Parameter(torch.randn(c.context, c.text_width) * 0.01)
        self.transformer = Transformer(c.text_width, c.text_layers, c.text_heads, c.text_mlp)
        self.ln_final = nn.LayerNorm(c.text_width)
        self.text_projection = nn.Parameter(torch.randn(c.text_width, c.embed) * c.text_width**-0.5)
        self.logit_scale = nn.Parameter(torch.tensor(np.log(1 / 0.07), dtype=torch.float32))
        nn.init.normal_(self.token_embedding.weight, std=0.5)
        for tower in (self.visual.transformer, self.transformer):
            for block in tower.resblocks:
                width = block.attn.out_proj.weight.shape[0]
                scale = (2 * len(tower.resblocks)) ** -0.5
                nn.init.normal_(block.attn.in_proj_weight, std=width**-0.5)
                nn.init.normal_(block.attn.out_proj.weight, std=width**-0.5 * scale)
                nn.init.normal_(block.mlp.c_fc.weight, std=(2 * width) ** -0.5)
                nn.init.normal_(block.mlp.c_proj.weight, std=width**-0.5 * scale)

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Token ids [prompts, context] -> [prompts, embed], not normalised. Columns after the last end token are not
        computed: under a causal mask they cannot reach it."""
        end = tokens.argmax(dim=-1)
        tokens = tokens[:, : int(end.max()) + 1]
        x = self.token_projection(self.token_embedding(tokens))
        x = self.transformer(x + self.positional_embedding[: tokens.shape[1]], causal=True)
        return self.ln_final(x[torch.arange(len(x)), end]) @ self.text_projection

    def winclip(self, pixels: Tensor, scales=(2, 3)) -> dict[int, Tensor]:
        """L2-normalised embeddings: key 1 the full image [batch, embed], key k the k x k windows [batch, n, embed]."""
        tokens = self.visual.tokens(pixels)
        batch = len(pixels)
        out = {1: F.normalize(self.visual.embed(tokens), dim=-1)}
        for k in scales:
            patches = torch.from_numpy(window_indices(self.config.grid, k)).to(pixels.device)
            image = torch.arange(batch).repeat_interleave(len(patches))
            e = self.visual.windows(tokens, image, patches.repeat(batch, 1))
            out[k] = F.normalize(e, dim=-1).view(batch, len(patches), -1)
        return out


def window_indices(grid: int, k: int, stride: int = 1) -> np.ndarray:
    """Row-major patch indices of every k x k window, int64 [windows, k*k]; windows in row-major order of their corner."""
    corner = np.arange(0, grid - k + 1, stride)
    row, column = np.meshgrid(corner, corner, indexing="ij")
    dr, dc = np.divmod(np.arange(k * k), k)
    return ((row.reshape(-1, 1) + dr) * grid + column.reshape(-1, 1) + dc).astype(np.int64)
