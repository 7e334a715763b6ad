"""Weights from a seed, for trying a full-size graph without any download. They recognise nothing.

Plain random weights would make every window's score the same, and then a wrong graph would pass every comparison. Here
attention is far from uniform, every bias and gain differs from its neutral value, and the last norms are centred on
what they see, so that embeddings of windows and prompts point in all directions and scores spread.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .pictures_for_check import check_pictures
from .reference import TorchWinClip
from .tokeniser import tokenise

PROMPTS = [
    "a photo of a bottle.",
    "a cropped photo of a damaged cable with scratches",
    "the grid",
    "flawless leather for visual inspection, seen from far away on a dark table",
    "a jpeg corrupted photo of the metal_nut without damage.",
    "transistor",
    "hazelnut with a hole",
    "a bright photo of the perfect wood.",
]


def fill(model: nn.Module, seed: int, mean, std) -> None:
    """Replaces all weights of an open_clip model; the same seed gives the same weights."""
    random = torch.Generator().manual_seed(seed)
    visual = model.visual
    with torch.no_grad():
        for transformer in (visual.transformer, model.transformer):
            depth = (2 * len(transformer.resblocks)) ** -0.5
            for block in transformer.resblocks:
                fill_block(block, depth, random)
        for norm in (visual.ln_pre, visual.ln_post, model.ln_final):
            fill_norm(norm, random)
        # Neighbouring pixels are alike: a filter sees little beside the mean of its patch, so filters without one weigh
        # more.
        patch = visual.conv1.weight
        draw(patch, 6 * patch[0].numel() ** -0.5, random)
        patch -= 0.9 * patch.mean((2, 3), keepdim=True)
        draw(visual.class_embedding, 0.5, random)
        draw(visual.positional_embedding, 0.5, random)
        draw(visual.proj, visual.proj.shape[0] ** -0.5, random)
        draw(model.token_embedding.weight, 1.0, random)
        draw(model.positional_embedding, 0.5, random)
        draw(model.text_projection, model.text_projection.shape[0] ** -0.5, random)
        centre(model, mean, std)


def fill_block(block: nn.Module, depth: float, random: torch.Generator) -> None:
    width = block.ln_1.weight.shape[0]
    draw(block.attn.in_proj_weight, 1.5 * width**-0.5, random)
    draw(block.attn.in_proj_bias, 0.3, random)
    draw(block.attn.out_proj.weight, 2 * depth * width**-0.5, random)
    draw(block.attn.out_proj.bias, 0.1 * depth, random)
    draw(block.mlp.c_fc.weight, 1.5 * width**-0.5, random)
    draw(block.mlp.c_fc.bias, 0.3, random)
    draw(block.mlp.c_proj.weight, 2 * depth * block.mlp.c_proj.in_features**-0.5, random)
    draw(block.mlp.c_proj.bias, 0.1 * depth, random)
    fill_norm(block.ln_1, random)
    fill_norm(block.ln_2, random)


def fill_norm(norm: nn.Module, random: torch.Generator) -> None:
    norm.weight.copy_(0.6 + 0.8 * torch.rand(norm.weight.shape, generator=random))
    draw(norm.bias, 0.2, random)


def draw(parameter: Tensor, scale: float, random: torch.Generator) -> None:
    parameter.copy_(torch.randn(parameter.shape, generator=random) * scale)


def centre(model: nn.Module, mean, std) -> None:
    """Takes the mean over check pictures' windows, and over prompts, out of the last norms through their biases."""
    torch_clip = TorchWinClip(model, mean, std)
    tokens = torch_clip.tokens(check_pictures(2, torch_clip.size))
    seen = []
    hook = model.visual.ln_post.register_forward_hook(lambda _m, _i, out: seen.append(out[:, 0]))
    try:
        torch_clip.embed(tokens)
        for k in (2, 3):
            index = torch_clip.windows(k)
            torch_clip.embed_windows(tokens, index[:: max(1, len(index) // 16)])
    finally:
        hook.remove()
    model.visual.ln_post.bias -= torch.cat(seen).mean(0)
    ids = tokenise(PROMPTS, model.context_length)
    seen = []
    pooled = lambda _m, _i, out: seen.append(out[torch.arange(len(ids)), ids.argmax(-1)])
    hook = model.ln_final.register_forward_hook(pooled)
    try:
        model.encode_text(ids)
    finally:
        hook.remove()
    model.ln_final.bias -= torch.cat(seen).mean(0)
