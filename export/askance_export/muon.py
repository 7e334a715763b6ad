"""Muon: momentum whose matrices are made nearly orthogonal before each step (after K. Jordan's description, 2024).

For a model this small and a budget of minutes it needs about half the steps of AdamW.
"""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor


def orthogonalise(g: Tensor, steps: int = 5) -> Tensor:
    """Newton-Schulz iteration on a stack of matrices [n, rows, columns], rows <= columns: singular values near 1."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g / (g.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        s = x @ x.transpose(1, 2)
        x = a * x + (b * s + c * (s @ s)) @ x
    return x


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions (flattened to [out, in]); a weight of three squares on top of each other, as
    `in_proj_weight` is, counts as three matrices."""

    def __init__(self, parameters: list[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            momentum, rate = group["momentum"], group["lr"]
            stacks = defaultdict(list)
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["average"] = torch.zeros_like(p)
                average = state["average"].lerp_(p.grad, 1 - momentum)
                update = p.grad.lerp(average, momentum).flatten(1)
                rows, columns = update.shape
                parts = 3 if rows == 3 * columns else 1
                for i, part in enumerate(update.chunk(parts)):
                    turned = part.shape[0] > part.shape[1]
                    matrix = part.T if turned else part
                    stacks[tuple(matrix.shape)].append((p, i, parts, turned, matrix))
            for entries in stacks.values():
                done = orthogonalise(torch.stack([e[4] for e in entries]))
                for (p, i, parts, turned, _), matrix in zip(entries, done, strict=True):
                    matrix = matrix.T if turned else matrix
                    target = p.view(p.shape[0], -1).chunk(parts)[i]
                    scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
                    target.mul_(1 - rate * group["weight_decay"]).add_(matrix, alpha=-rate * scale)
