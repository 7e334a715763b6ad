"""Pictures that the comparison of two implementations is made on."""

from __future__ import annotations

import numpy as np
import torch


def check_pictures(count: int, size: int, seed: int = 0) -> torch.Tensor:
    """[count, 3, size, size] in [0, 1]: waves, edges and grain whose strength varies over the picture, so that no two
    windows look alike and some are flat."""
    rng = np.random.default_rng(seed)
    row, column = np.meshgrid(np.linspace(0, 1, size), np.linspace(0, 1, size), indexing="ij")
    pictures = []
    for _ in range(count):
        channels = []
        for _ in range(3):
            wave = np.zeros((size, size))
            for _ in range(6):
                fr, fc, phase, strength = (
                    rng.uniform(-14, 14),
                    rng.uniform(-14, 14),
                    rng.uniform(0, 6.3),
                    rng.uniform(0.2, 1),
                )
                wave += strength * np.sin(2 * np.pi * (fr * row + fc * column) + phase)
            step = np.where(np.sin(9 * row + 7 * column + rng.uniform(0, 6.3)) > rng.uniform(-0.5, 0.5), 0.3, -0.3)
            grain = rng.standard_normal((size, size)) * 0.25 * (0.5 + 0.5 * np.sin(5 * row - 4 * column))
            channels.append(0.5 + 0.12 * wave + step * column + grain * row)
        pictures.append(np.stack(channels))
    return torch.from_numpy(np.clip(np.stack(pictures), 0, 1).astype(np.float32))
