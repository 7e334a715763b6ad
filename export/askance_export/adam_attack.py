"""The attack of arXiv 2405.07969 as its authors' code has it: Adam by back-propagation on angle, hue and saturation."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .semantic import HIGH, LOW, contrast, perturb, restore, straight_through

# Degrees, radians and a share: the step of each coordinate.
LEARNING_RATES = (5.0, 0.1, 0.1)


@dataclass(frozen=True)
class Steps:
    """What was evaluated, step by step: perturbations [steps, batch, 3] within the box, patch-level maps
    [steps, batch, rows, columns], losses [steps, batch], and the wall time in seconds from the start to the end of each step
    [steps]."""

    perturbations: np.ndarray
    maps: np.ndarray
    losses: np.ndarray
    seconds: np.ndarray


def objective(segmenter: Callable, pictures: Tensor, masks: Tensor, categories: list[str], perturbation: Tensor) -> Tensor:
    """The loss of each picture [batch], lower is worse: perturb, segment, turn the map back, contrast."""
    return score(segmenter(perturb(pictures, perturbation), categories), masks, perturbation)


def score(patch_maps: Tensor, masks: Tensor, perturbation: Tensor) -> Tensor:
    """The loss of each picture [batch] from its patch-level map: turn the map back, contrast."""
    return contrast(restore(patch_maps, masks.shape[-1], perturbation[:, 0]), masks)


def starts(seed: int, names: list[str], count: int) -> Tensor:
    """`count` starts of each sample [count, batch, 3]: identity, then uniform in the box. A sample's own, whatever else is in
    the batch."""
    rows = []
    for name in names:
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        rows.append(torch.from_numpy(rng.random((count, 3), np.float32)))
    starts = LOW + torch.stack(rows, dim=1) * (HIGH - LOW)
    starts[0] = 0
    return starts


def attack(
    segmenter: Callable,
    pictures: Tensor,
    masks: Tensor,
    categories: list[str],
    names: list[str],
    seed: int = 0,
    steps: int = 100,
    restart_every: int = 20,
    learning_rates: tuple[float, float, float] = LEARNING_RATES,
) -> Steps:
    """Attacks a batch, one model evaluation per sample and step. Adam works value by value and losses are summed, so that
    samples do not see each other. Values beyond the box are clipped, straight through. A restart begins with a new
    Adam at the sample's next start."""
    begins = starts(seed, names, -(-steps // restart_every))
    perturbations, maps, losses, seconds = [], [], [], []
    for category in dict.fromkeys(categories):
        segmenter.text(category)
    start = time.perf_counter()
    for step in range(steps):
        if step % restart_every == 0:
            values = [column.clone().requires_grad_() for column in begins[step // restart_every].unbind(1)]
            optimiser = torch.optim.Adam(
                [{"params": value, "lr": rate} for value, rate in zip(values, learning_rates, strict=True)]
            )
        free = torch.stack(values, dim=1)
        perturbation = straight_through(torch.clamp(free, LOW, HIGH), free)
        patch_maps = segmenter(perturb(pictures, perturbation), categories)
        loss = score(patch_maps, masks, perturbation)
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
        perturbations.append(perturbation.detach().numpy())
        maps.append(patch_maps.detach().numpy())
        losses.append(loss.detach().numpy())
        seconds.append(time.perf_counter() - start)
    return Steps(np.stack(perturbations), np.stack(maps), np.stack(losses), np.array(seconds))
