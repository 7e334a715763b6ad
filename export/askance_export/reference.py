"""WinCLIP through open_clip's own modules in torch: the reference that every exported graph is compared with.

Straightforward on purpose. The tokens of a window are gathered before ln_pre, and each window goes through ln_pre, the
transformer, ln_post and the projection as a sequence of its own; the text comes from `encode_text`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TorchWinClip:
    """An open_clip vision transformer, embedding pictures and their windows."""

    def __init__(self, model: nn.Module, mean, std):
        self.model, self.visual = model, model.visual
        if not self.visual.transformer.batch_first:
            raise RuntimeError("open_clip's transformer is not batch-first: windows would attend to one another")
        self.size, self.grid = self.visual.image_size[0], self.visual.grid_size[0]
        self.mean, self.std = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, std))

    def windows(self, k: int) -> Tensor:
        """Row-major patch indices of every k x k window, [windows, k * k], by counting."""
        corners = [(r, c) for r in range(self.grid - k + 1) for c in range(self.grid - k + 1)]
        cells = [(dr, dc) for dr in range(k) for dc in range(k)]
        return torch.tensor([[(r + dr) * self.grid + c + dc for dr, dc in cells] for r, c in corners])

    @torch.no_grad()
    def tokens(self, pixels: Tensor) -> Tensor:
        """Pixels [batch, 3, S, S] in [0, 1] -> class token and patches with their positions, before ln_pre."""
        visual = self.visual
        patches = visual.conv1((pixels - self.mean) / self.std).flatten(2).transpose(1, 2)
        first = visual.class_embedding.view(1, 1, -1).expand(len(pixels), 1, -1)
        return torch.cat([first, patches], dim=1) + visual.positional_embedding

    @torch.no_grad()
    def embed(self, tokens: Tensor) -> Tensor:
        """Sequences before ln_pre [sequences, tokens, width] -> embeddings of length 1 [sequences, embed]."""
        x = self.visual.transformer(self.visual.ln_pre(tokens))
        return F.normalize(self.visual.ln_post(x)[:, 0] @ self.visual.proj, dim=-1)

    def embed_windows(self, tokens: Tensor, windows: Tensor, at_once: int = 64) -> Tensor:
        """Embeddings [batch, windows, embed] of windows given by patch indices [windows, k * k]."""
        rows = []
        for picture in tokens:
            sequences = torch.cat([picture[:1].expand(len(windows), 1, -1), picture[1:][windows]], dim=1)
            rows.append(torch.cat([self.embed(part) for part in sequences.split(at_once)]))
        return torch.stack(rows)

    @torch.no_grad()
    def text(self, ids: Tensor, at_once: int = 64) -> Tensor:
        """Embeddings of token ids [prompts, context], not normalised."""
        return torch.cat([self.model.encode_text(part) for part in ids.split(at_once)])

    @staticmethod
    def classes(normal: Tensor, anomalous: Tensor) -> Tensor:
        """Prompt embeddings of both classes -> [2, embed]: mean, then length 1."""
        return torch.stack([F.normalize(e.mean(0), dim=0) for e in (normal, anomalous)])

    @staticmethod
    def score(embedding: Tensor, text: Tensor, temperature: float = 0.07) -> Tensor:
        """Anomalous probability [..] of embeddings [.., embed] against [2, embed]."""
        return (embedding @ text.T / temperature).softmax(-1)[..., 1]
