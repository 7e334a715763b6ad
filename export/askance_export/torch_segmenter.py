"""WinCLIP of a bundle in torch, with derivatives: its weights read back from the graphs, window scores to patch-level map."""

from __future__ import annotations

import tomllib
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .bundle import load_model, load_state_dict
from .captions import winclip_prompts
from .catalogue import build, choose
from .errors import ExportError
from .model import window_indices
from .tokeniser import tokenise


class TorchSegmenter:
    """Pictures to patch-level maps, as `askance` with the prompts `winclip` and stride 1. The weights take no derivatives: the
    attacks want those of the pictures alone."""

    def __init__(
        self,
        bundle: str | Path,
        architecture: str | None = None,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        """`architecture` is open_clip's name of what was exported; without it the bundle must be one of the pocket models.
        `dtype` is that of the towers; scores and maps are float32 in any case."""
        manifest = tomllib.loads((Path(bundle) / "bundle.toml").read_text())
        self.name, self.size = manifest["name"], manifest["image"]["size"]
        self.context, self.grid = manifest["text"]["context"], manifest["image"]["patch_grid"][0]
        self.temperature = manifest["winclip"]["temperature"]
        self.scales = manifest["winclip"]["scales"]
        if architecture:
            model = open_clip_from(bundle, architecture)
            self.visual = OpenClipWindows(model.visual, manifest["image"]["mean"], manifest["image"]["std"])
        else:
            model = load_model(bundle)
            self.visual = PocketWindows(model.visual)
        self.model = model.requires_grad_(False).eval().to(device, dtype)
        self.device, self.dtype = device, dtype
        self.windows = {k: torch.from_numpy(window_indices(self.grid, k)).to(device) for k in self.scales}
        # [windows, patches]: 1 where a patch belongs to a window.
        self.members = {k: F.one_hot(w, self.grid**2).sum(1).float() for k, w in self.windows.items()}
        self.known: dict[str, Tensor] = {}

    @torch.no_grad()
    def text(self, category: str) -> Tensor:
        """[2, embed], normal and anomalous: mean over the prompts of a class, length 1."""
        if category not in self.known:
            rows = []
            for prompts in winclip_prompts(category):
                parts = tokenise(prompts, self.context).to(self.device).split(32)
                rows.append(F.normalize(torch.cat([self.model.encode_text(p) for p in parts]).float().mean(0), dim=0))
            self.known[category] = torch.stack(rows)
        return self.known[category]

    def __call__(self, pictures: Tensor, categories: list[str]) -> Tensor:
        """[batch, 3, S, S] in [0, 1] -> patch-level maps [batch, grid, grid]: harmonic means over the windows of a patch, then
        over scales."""
        text = torch.stack([self.text(category) for category in categories]).transpose(1, 2)
        embeddings = self.visual(pictures.to(self.dtype), self.windows).float()
        # [batch, sequences], the full picture's first
        scores = ((embeddings @ text) / self.temperature).softmax(-1)[..., 1]
        image, *windows = scores.split([1, *(len(w) for w in self.windows.values())], dim=1)
        inverse = 1 / image
        for members, score in zip(self.members.values(), windows, strict=True):
            inverse = inverse + (1 / score) @ members / members.sum(0)
        return ((1 + len(windows)) / inverse).view(-1, self.grid, self.grid)


class PocketWindows:
    """Embeddings of a pocket model."""

    def __init__(self, visual: nn.Module):
        self.visual = visual

    def __call__(self, pictures: Tensor, windows: dict[int, Tensor]) -> Tensor:
        """[batch, 1 + all windows, embed], of length 1."""
        tokens = self.visual.tokens(pictures)
        batch = len(pictures)
        rows = [self.visual.embed(tokens)[:, None]]
        for patches in windows.values():
            image = torch.arange(batch).repeat_interleave(len(patches))
            embedded = self.visual.windows(tokens, image, patches.repeat(batch, 1))
            rows.append(embedded.view(batch, len(patches), -1))
        return F.normalize(torch.cat(rows, dim=1), dim=-1)


class OpenClipWindows:
    """Embeddings by open_clip's own modules; each window goes through ln_pre and what follows as a sequence of its own."""

    def __init__(self, visual: nn.Module, mean, std):
        if not visual.transformer.batch_first:
            raise RuntimeError("open_clip's transformer is not batch-first: windows would attend to one another")
        self.visual = visual
        self.mean, self.std = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, std))

    def __call__(self, pictures: Tensor, windows: dict[int, Tensor]) -> Tensor:
        """[batch, 1 + all windows, embed], of length 1."""
        visual, batch = self.visual, len(pictures)
        mean, std = self.mean.to(pictures), self.std.to(pictures)
        patches = visual.conv1((pictures - mean) / std).flatten(2).transpose(1, 2)
        first = visual.class_embedding.view(1, 1, -1).expand(batch, 1, -1)
        tokens = visual.ln_pre(torch.cat([first, patches], dim=1) + visual.positional_embedding)
        rows = [self.embed(tokens)[:, None]]
        for index in windows.values():
            index = torch.cat([torch.zeros_like(index[:, :1]), index + 1], dim=1)
            rows.append(self.embed(tokens[:, index].flatten(0, 1)).view(batch, len(index), -1))
        return F.normalize(torch.cat(rows, dim=1), dim=-1)

    def embed(self, tokens: Tensor) -> Tensor:
        x = self.visual.transformer(tokens)
        return self.visual.ln_post(x[:, 0]) @ self.visual.proj


def open_clip_from(bundle: str | Path, architecture: str) -> nn.Module:
    """open_clip's model with a bundle's weights."""
    model = build(choose(architecture))
    missing, unexpected = model.load_state_dict(load_state_dict(bundle), strict=False)
    if unexpected or set(missing) - {"logit_scale"}:
        raise ExportError(
            str(bundle),
            f"has other weights than {architecture}: {len(missing)} are missing and {len(unexpected)} unknown",
            "name the architecture that was exported (QuickGELU models end in -quickgelu)",
        )
    return model
