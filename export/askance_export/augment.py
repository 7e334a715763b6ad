"""Augmentation of pictures and masks, and the hue and saturation shifts of the robustness protocol."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor


@dataclass(frozen=True)
class Strength:
    """Half-widths of the uniform draws (angles in degrees, hue in radians); zoom is a factor either way."""

    angle: float = 8.0
    zoom: float = 1.25
    shift: float = 0.05
    hue: float = 0.0
    saturation: float = 0.0
    noise: float = 0.02


PLAIN = Strength()
ROBUST = Strength(angle=90.0, hue=math.pi, saturation=0.5)


def hue_saturation(pixels: Tensor, hue: Tensor, saturation: Tensor) -> Tensor:
    """Hexcone HSV: hue + `hue` (radians, modulo 2 pi), then saturation + `saturation` clipped to [0, 1].
    `pixels` [batch, 3, H, W] in [0, 1]; the shifts [batch]."""
    r, g, b = pixels.unbind(1)
    v, low = pixels.amax(1), pixels.amin(1)
    delta = v - low
    safe = delta.clamp_min(1e-8)
    h = torch.where(v == r, (g - b) / safe, torch.where(v == g, 2 + (b - r) / safe, 4 + (r - g) / safe))
    h = h + (hue * (3 / math.pi)).view(-1, 1, 1)
    s = (delta / v.clamp_min(1e-8) + saturation.view(-1, 1, 1)).clamp_(0, 1)
    chroma = v * s
    out = torch.empty_like(pixels)
    for channel, n in enumerate((5, 3, 1)):
        k = torch.remainder(h + n, 6)
        out[:, channel] = v - chroma * torch.minimum(k, 4 - k).clamp_(0, 1)
    return out


def augment(image: np.ndarray, mask: np.ndarray, strength: Strength, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One picture uint8 [S, S, 3] and its mask bool [S, S], turned, zoomed and shifted (borders replicated), then shifted in
    hue and saturation, then with normal noise. In whole numbers and PIL, to cost about three milliseconds."""
    size, pad = len(image), len(image) // 4
    angle = math.radians(rng.uniform(-strength.angle, strength.angle))
    zoom = math.exp(rng.uniform(-1, 1) * math.log(strength.zoom))
    dx, dy = rng.uniform(-strength.shift, strength.shift, 2) * size
    cos, sin, middle = math.cos(angle) * zoom, math.sin(angle) * zoom, (size - 1) / 2
    centre = middle + pad
    matrix = (cos, -sin, centre + dx - cos * middle + sin * middle, sin, cos, centre + dy - sin * middle - cos * middle)

    def warp(array: np.ndarray, how: Image.Resampling) -> np.ndarray:
        widths = ((pad, pad), (pad, pad)) + ((0, 0),) * (array.ndim - 2)
        padded = Image.fromarray(np.pad(array, widths, mode="edge"))
        return np.asarray(padded.transform((size, size), Image.Transform.AFFINE, matrix, how))

    image = warp(image, Image.Resampling.BILINEAR)
    mask = warp(mask.astype(np.uint8), Image.Resampling.NEAREST) > 0
    if strength.hue or strength.saturation:
        hsv = np.array(Image.fromarray(image).convert("HSV"))
        hsv[..., 0] += np.uint8(int(rng.uniform(-strength.hue, strength.hue) * 128 / math.pi) % 256)
        shift = int(rng.uniform(-strength.saturation, strength.saturation) * 255)
        hsv[..., 1] = np.clip(hsv[..., 1].astype(np.int16) + shift, 0, 255)
        image = np.asarray(Image.fromarray(hsv, "HSV").convert("RGB"))
    sigma = rng.uniform(0, strength.noise) * 255
    noise = rng.standard_normal(image.shape, np.float32)
    return np.clip(image + noise * sigma + 0.5, 0, 255).astype(np.uint8), mask
