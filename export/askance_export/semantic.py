"""The objective of `askance attack` in torch, differentiable: rotation, hue and saturation shift, the map's way back, contrast.

Conventions are Askance's: angles in degrees, clockwise; pictures [batch, 3, S, S] in [0, 1], perturbations
[batch, 3] = (angle, hue in radians, saturation). Where a derivative is cut by clipping it is passed straight through, as
in the authors' code (`examples/anomalib_adversary` of IntelLabs/MART).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LOW = torch.tensor([-90.0, -math.pi, -0.5])
HIGH = -LOW


def straight_through(clipped: Tensor, value: Tensor) -> Tensor:
    """`clipped` with the derivative of `value`."""
    return value + (clipped - value).detach()


def turn(pictures: Tensor, angle_deg: Tensor, padding: str) -> Tensor:
    """Bilinear rotation, clockwise by `angle_deg` [batch], about ((S-1)/2, (S-1)/2); `padding` as of `grid_sample`."""
    size = pictures.shape[-1]
    at = torch.linspace(-1, 1, size)
    sin, cos = (f(torch.deg2rad(angle_deg)).view(-1, 1, 1) for f in (torch.sin, torch.cos))
    x, y = at.view(1, 1, -1), at.view(1, -1, 1)
    grid = torch.stack([cos * x + sin * y, cos * y - sin * x], dim=-1)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode=padding, align_corners=True)


def shift_colour(pictures: Tensor, hue: Tensor, saturation: Tensor) -> Tensor:
    """RGB -> HSV (hexcone), H + `hue` on the circle, S + `saturation` clipped to [0, 1] straight through, HSV -> RGB: the
    values of kornia's `rgb_to_hsv` and `hsv_to_rgb`, but without their gathers, which are slow backwards. Grey has hue 0."""
    r, g, b = pictures.unbind(1)
    value, largest = pictures.max(1)
    chroma = value - pictures.amin(1)
    safe = torch.where(chroma == 0, 1.0, chroma)
    h = torch.where(largest == 0, (g - b) / safe, torch.where(largest == 1, 2 + (b - r) / safe, 4 + (r - g) / safe))
    h = h + (hue * (3 / math.pi)).view(-1, 1, 1)
    s = chroma / (value + 1e-8) + saturation.view(-1, 1, 1)
    s = straight_through(s.clamp(0, 1), s)
    k = torch.remainder(h.unsqueeze(1) + torch.tensor([5.0, 3.0, 1.0]).view(1, 3, 1, 1), 6)
    return value.unsqueeze(1) - (value * s).unsqueeze(1) * torch.minimum(k, 4 - k).clamp(0, 1)


def perturb(pictures: Tensor, perturbation: Tensor) -> Tensor:
    """The forward transform with Askance's defaults: bilinear, borders replicated."""
    angle, hue, saturation = perturbation.unbind(1)
    return shift_colour(turn(pictures, angle, "border"), hue, saturation)


def restore(patch_maps: Tensor, size: int, angle_deg: Tensor) -> Tensor:
    """Patch-level maps [batch, rows, columns] of turned pictures -> maps [batch, size, size] in the frame of the untouched
    ones, zeros where they show nothing."""
    maps = F.interpolate(patch_maps[:, None], size, mode="bilinear", align_corners=False)
    return turn(maps, -angle_deg, "zeros")[:, 0]


def contrast(maps: Tensor, masks: Tensor) -> Tensor:
    """Per sample mean over anomalous pixels less mean over normal ones, [batch]; lower is worse. A class without pixels
    counts 0."""
    weight = masks.to(maps.dtype)
    inside = (maps * weight).sum((1, 2)) / weight.sum((1, 2)).clamp_min(1)
    outside = (maps * (1 - weight)).sum((1, 2)) / (1 - weight).sum((1, 2)).clamp_min(1)
    return inside - outside
