"""Contrastive training of a pocket CLIP on captioned procedural pictures, in two stages.

1. Text tower. Captions that share state and noun attract each other (InfoNCE within the batch), and the state decides on
   which side of a fixed direction a caption lies. Most nouns are random words, so the state is read for any noun.
2. Image tower, text tower locked. Every step cuts some hundred windows of 2 x 2 and 3 x 3 patches out of the pictures, at
   any pixel, gives each a random place's positional embeddings, and embeds it as WinCLIP does a window; and a few full
   pictures. Each is normal or damaged by its own part of the mask, and is matched with captions:
   * image-text InfoNCE with several positives (as in UniCL), both ways, learned temperature: a caption fits a sequence if
     the states agree and its noun is the picture's own or a random one (which says nothing about the object);
   * WinCLIP's own decision: per noun, the normalised mean of the normal and of the anomalous captions, the softmax of
     cos / 0.07 against the sequence's state;
   * an auxiliary head, dropped afterwards, that reads damage off every single patch token before the transformer.
"""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .augment import PLAIN, ROBUST, Strength, augment
from .captions import caption, random_noun
from .model import Clip, Config, window_indices
from .muon import Muon
from .pictures import Pictures
from .tokeniser import tokenise

TEMPERATURE = 0.07


@dataclass(frozen=True)
class Recipe:
    """Everything that training depends on besides the pictures and the seed."""

    # Cycles of warm-up and cosine, each from the averaged weights of the one before.
    steps: tuple[int, ...] = (4000, 5000, 3200)
    rate: tuple[float, ...] = (0.02, 0.014, 0.014)
    adam_rate: tuple[float, ...] = (3e-3, 2e-3, 2e-3)
    # Of the first cycle's steps, the first ones without the robust augmentation: both models share their beginning.
    common_steps: int = 2000
    warmup: int = 60
    decay: float = 0.02
    average: float = 0.998
    # Windows per step and side length in patches; full pictures per step; pictures augmented anew per step.
    windows: tuple[tuple[int, int], ...] = ((2, 128), (3, 96))
    full: int = 3
    renewed: int = 3
    damaged_share: float = 0.42
    # Of a window's area; below it (but not clean) a window is ambiguous and left out.
    damaged_area: float = 0.05
    damaged_patch: float = 0.08
    brightness: float = 0.12
    contrast: float = 0.2
    # Nouns per step (the first ones the pictures' own) and captions per noun and state.
    groups: int = 6
    own_groups: int = 3
    captions: int = 6
    contrastive: float = 0.1
    auxiliary: float = 0.5
    text_steps: int = 600
    text_rate: float = 2e-3
    text_nouns: int = 12
    random_nouns: int = 256
    checkpoint: int = 250


class Pool:
    """The pictures in memory, augmented anew a few at a time; crops of them."""

    def __init__(self, pictures: Pictures, strength: Strength, seed: int):
        self.pictures, self.strength = pictures, strength
        self.rng = np.random.default_rng(seed)
        self.images, self.masks = pictures.images.copy(), pictures.masks.copy()
        self.damaged = [np.argwhere(m) for m in self.masks]
        self.bad = np.flatnonzero(pictures.masks.reshape(len(pictures), -1).any(1))

    def renew(self, count: int) -> None:
        """Replaces `count` random pictures by fresh augmentations of the originals."""
        for i in self.rng.integers(len(self.images), size=count):
            self.put(i)

    def renew_all(self) -> None:
        """Augments every picture once."""
        for i in range(len(self.images)):
            self.put(i)

    def put(self, i: int) -> None:
        """Replaces picture `i` by a fresh augmentation of the original."""
        self.images[i], self.masks[i] = augment(self.pictures.images[i], self.pictures.masks[i], self.strength, self.rng)
        self.damaged[i] = np.argwhere(self.masks[i])

    def crops(self, side: int, count: int, damaged_share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Flipped crops uint8 [count, side, side, 3], their masks, their pictures' numbers. The first `damaged_share` of them
        hold a random damaged pixel at a random place."""
        rng, size = self.rng, self.images.shape[1]
        index = rng.integers(len(self.images), size=count)
        corner = rng.integers(size - side + 1, size=(count, 2))
        aimed = round(count * damaged_share)
        index[:aimed] = rng.choice(self.bad, aimed)
        for n in range(aimed):
            spots = self.damaged[index[n]]
            if len(spots):
                corner[n] = np.clip(spots[rng.integers(len(spots))] - rng.integers(side, size=2), 0, size - side)
        offset = np.arange(side)
        rows, columns = corner[:, :1] + offset, corner[:, 1:] + offset
        flip = rng.random((count, 2)) < 0.5
        rows = np.where(flip[:, :1], rows[:, ::-1], rows)[:, :, None]
        columns = np.where(flip[:, 1:], columns[:, ::-1], columns)[:, None]
        which = index[:, None, None]
        return self.images[which, rows, columns], self.masks[which, rows, columns], index


def contrastive_loss(image: Tensor, text: Tensor, positive: Tensor, scale: Tensor) -> Tensor:
    """InfoNCE in both directions; the target of a row is uniform over its positives. Embeddings L2-normalised."""
    logits = scale * image @ text.T
    weight = positive.float()

    def one_way(logits: Tensor, weight: Tensor) -> Tensor:
        total = weight.sum(1)
        rows = total > 0
        target = weight[rows] / total[rows, None]
        return -(target * logits[rows].log_softmax(1)).sum(1).mean()

    return 0.5 * (one_way(logits, weight) + one_way(logits.T, weight.T))


def one_cycle(step: int, steps: int, warmup: int, peak: float) -> float:
    """Linear warm-up, then a cosine down to a hundredth."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))))


def train_text(model: Clip, objects: list[str], recipe: Recipe, seed: int) -> dict[str, float]:
    """Stage 1, in place. Returns the last losses."""
    rng = random.Random(seed)
    table = model.token_embedding.weight
    dense = [p for n, p in model.named_parameters() if not n.startswith("visual.") and p is not table]
    # The token table's gradient touches a few hundred of its rows; only those are updated.
    optimisers = (
        torch.optim.AdamW(dense, lr=recipe.text_rate, betas=(0.9, 0.98), weight_decay=0.02, fused=True),
        torch.optim.SparseAdam([table], lr=recipe.text_rate, betas=(0.9, 0.98)),
    )
    axis = torch.zeros(model.config.embed)
    axis[0] = 1.0
    n = recipe.text_nouns
    state = torch.tensor([0.0, 0.0, 1.0, 1.0]).repeat(n)
    group = torch.arange(2 * n).repeat_interleave(2)
    itself = torch.eye(4 * n, dtype=torch.bool)
    positive = (group[:, None] == group) & ~itself
    same = contrast = torch.tensor(0.0)
    for step in range(recipe.text_steps):
        rate = one_cycle(step, recipe.text_steps, 50, recipe.text_rate)
        for g in (g for o in optimisers for g in o.param_groups):
            g["lr"] = rate
        nouns = [rng.choice(objects) if rng.random() < 0.25 else random_noun(rng) for _ in range(n)]
        texts = [caption(rng, noun, bad) for noun in nouns for bad in (False, False, True, True)]
        e = F.normalize(model.encode_text(tokenise(texts)), dim=-1)
        same = F.binary_cross_entropy_with_logits(e @ axis * 2 / TEMPERATURE, state)
        # Every caption of a state lies at about the same cosine to the axis, which leaves the rest of the space to nouns.
        level = ((e @ axis) - (2 * state - 1) * 0.7).square().mean()
        logits = (e @ e.T / TEMPERATURE).masked_fill(itself, -1e4)
        contrast = -logits.log_softmax(1)[positive].mean()
        loss = same + 10 * level + 0.3 * contrast
        for o in optimisers:
            o.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(dense, 1.0)
        for o in optimisers:
            o.step()
    return {"state": same.item(), "level": level.item(), "contrast": contrast.item()}


class Trainer:
    """One cycle of stage 2; `step()` until done."""

    def __init__(self, model: Clip, pictures: Pictures, recipe: Recipe, strength: Strength, seed: int, cycle: int = 0):
        self.model, self.recipe, self.steps = model, recipe, recipe.steps[cycle]
        self.common_steps = recipe.common_steps if cycle == 0 else 0
        self.pool = Pool(pictures, PLAIN, seed)
        if cycle > 0:
            self.pool.strength = strength
            self.pool.renew_all()
        self.final_strength = strength
        self.random = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        width = model.config.width
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 64), nn.GELU(), nn.Linear(64, 1))
        learned = dict(model.visual.named_parameters())
        self.average = {k: v.detach().clone() for k, v in learned.items()}
        self.learned = [*learned.values(), model.logit_scale, *self.head.parameters()]
        named = {**{f"visual.{k}": v for k, v in learned.items()}, **{f"head.{k}": v for k, v in self.head.named_parameters()}}
        # Adam for vectors, for what is no linear map, and for the maps in and out; Muon for the matrices between.
        rest = ("positional_embedding", "visual.proj", "head.3.weight", "stem.0.weight")
        hidden = [v for k, v in named.items() if v.ndim >= 2 and not k.endswith(rest)]
        other = [v for k, v in named.items() if v.ndim < 2 or k.endswith(rest)] + [model.logit_scale]
        self.optimisers = (
            (Muon(hidden, recipe.rate[cycle], weight_decay=recipe.decay), recipe.rate[cycle]),
            (torch.optim.AdamW(other, betas=(0.9, 0.98), weight_decay=0.0, fused=True), recipe.adam_rate[cycle]),
        )
        self.nouns = [c.replace("_", " ") for c in pictures.categories]
        self.bank = {n: self.texts(n) for n in sorted(set(self.nouns))}
        self.random_bank = [self.texts(random_noun(self.random)) for _ in range(recipe.random_nouns)]
        self.indices = {k: torch.from_numpy(window_indices(model.config.grid, k)) for k, _ in recipe.windows}
        self.done = 0

    def texts(self, noun: str) -> Tensor:
        """L2-normalised embeddings [2, captions, embed] of captions for a noun, from the locked tower."""
        texts = [caption(self.random, noun, bad) for bad in (False, True) for _ in range(self.recipe.captions)]
        with torch.no_grad():
            return F.normalize(self.model.encode_text(tokenise(texts)), dim=-1).view(2, self.recipe.captions, -1)

    def pixels(self, crops: np.ndarray) -> Tensor:
        """uint8 [n, s, s, 3] -> float [n, 3, s, s] in [0, 1], with some brightness and contrast of its own each."""
        r, n = self.recipe, len(crops)
        gain = 1 + (torch.rand(n, 1, 1, 1, generator=self.generator) * 2 - 1) * r.contrast
        offset = 0.5 * (1 - gain) + (torch.rand(n, 1, 1, 1, generator=self.generator) * 2 - 1) * r.brightness
        x = torch.from_numpy(crops).float()
        return (x * (gain / 255)).add_(offset).clamp_(0, 1).permute(0, 3, 1, 2)

    def sequences(self, k: int, count: int) -> tuple[Tensor, Tensor, np.ndarray, Tensor]:
        """Embeddings of windows of k x k patches (k = 0: full pictures), their states and pictures, and the auxiliary loss."""
        r, visual, grid = self.recipe, self.model.visual, self.model.config.grid
        side = 16 * (k or grid)
        crops, masks, picture = self.pool.crops(side, count, r.damaged_share)
        masks = torch.from_numpy(masks)
        share = masks.float().mean((1, 2))
        keep = (share == 0) | (share >= (r.damaged_area if k else 40 / side**2))
        x = visual.patch_embed((self.pixels(crops)[keep] - visual.mean) / visual.std)
        count = len(x)
        place = torch.randint(len(self.indices[k]), (count,), generator=self.generator) if k else None
        patches = self.indices[k][place] if k else torch.arange(grid * grid).expand(count, -1)
        x = x + visual.positional_embedding[patches + 1]
        first = (visual.class_embedding + visual.positional_embedding[0]).expand(count, 1, -1)
        e = visual.embed(torch.cat([first, x], dim=1))

        n = side // 16
        cover = masks[keep].view(count, n, 16, n, 16).float().mean((2, 4)).flatten(1)
        weight = ((cover == 0) | (cover >= r.damaged_patch)).float() * torch.where(cover > 0, 2.0, 1.0)
        hint = self.head(visual.ln_pre(x))[..., 0]
        auxiliary = F.binary_cross_entropy_with_logits(hint, (cover > 0).float(), weight, reduction="sum") / weight.sum()
        return F.normalize(e, dim=-1), share[keep] > 0, picture[keep.numpy()], auxiliary

    def step(self) -> dict[str, float]:
        r, model = self.recipe, self.model
        for optimiser, rate in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = one_cycle(self.done, self.steps, r.warmup, rate)
            optimiser.zero_grad(set_to_none=True)
        if self.done >= self.common_steps:
            self.pool.strength = self.final_strength
        self.pool.renew(r.renewed)
        parts = [self.sequences(k, n) for k, n in (*r.windows, (0, r.full))]
        e, damaged = torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])
        objects = [self.nouns[i] for p in parts for i in p[2]]
        auxiliary = sum(p[3] for p in parts[: len(r.windows)]) / len(r.windows)

        nouns = self.random.sample(objects, k=r.own_groups) + [None] * (r.groups - r.own_groups)
        text = torch.stack([self.bank[n] if n else self.random.choice(self.random_bank) for n in nouns])
        own = torch.tensor([[n is None or n == o for n in nouns] for o in objects])
        state = torch.tensor([False, True]).view(1, 1, 2, 1)
        positive = (own[:, :, None, None] & (damaged.view(-1, 1, 1, 1) == state)).expand(-1, -1, -1, r.captions)
        scale = model.logit_scale.exp().clamp(max=100)
        contrast = contrastive_loss(e, text.flatten(0, 2), positive.flatten(1), scale)

        prompts = F.normalize(text.mean(2), dim=-1)
        difference = (e @ (prompts[:, 1] - prompts[:, 0]).T) / TEMPERATURE
        target = damaged[:, None].float().expand_as(difference)
        decision = F.binary_cross_entropy_with_logits(difference, target, reduction="none")
        decision = ((decision * own).sum(1) / own.sum(1)).split([len(p[0]) for p in parts])
        decision = [d.mean() if len(d) else e.sum() * 0 for d in decision]
        loss = (sum(decision[:-1]) + 0.3 * decision[-1]) / len(r.windows) + r.contrastive * contrast + r.auxiliary * auxiliary

        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learned, 1.0)
        for optimiser, _ in self.optimisers:
            optimiser.step()
        self.done += 1
        with torch.no_grad():
            keep = min(r.average, (1 + self.done) / (10 + self.done))
            now = dict(model.visual.named_parameters())
            torch._foreach_lerp_(list(self.average.values()), [now[k] for k in self.average], 1 - keep)
        row = {"contrast": contrast.item(), "patch": auxiliary.item()}
        return row | {n: d.item() for n, d in zip(("2x2", "3x3", "full"), decision, strict=True)}

    def state(self) -> dict[str, Tensor]:
        """The state_dict with the running mean of the image tower's weights."""
        return self.model.state_dict() | {f"visual.{k}": v for k, v in self.average.items()}


def train(pictures: Pictures, work: Path, recipe: Recipe, robust: bool, seed: int, config: Config = Config()) -> Clip:
    """Trains, logging to `work/log.jsonl` and saving `work/checkpoint.pt` (averaged weights) regularly."""
    work.mkdir(parents=True, exist_ok=True)
    start, sums, window = time.time(), {}, 50
    model = Clip(config, seed)
    text = train_text(model, sorted(set(pictures.objects)), recipe, seed)
    print(json.dumps({"text": text, "seconds": round(time.time() - start, 1)}), flush=True)
    with open(work / "log.jsonl", "w") as log:
        for cycle, steps in enumerate(recipe.steps):
            trainer = Trainer(model, pictures, recipe, ROBUST if robust else PLAIN, seed + cycle, cycle)
            while trainer.done < steps:
                for k, v in trainer.step().items():
                    sums[k] = sums.get(k, 0.0) + v
                if trainer.done % window == 0:
                    row = {"cycle": cycle, "step": trainer.done, "seconds": round(time.time() - start, 1)}
                    row |= {k: round(v / window, 4) for k, v in sums.items()}
                    print(json.dumps(row), flush=True)
                    print(json.dumps(row), file=log, flush=True)
                    sums = {}
                if trainer.done % recipe.checkpoint == 0:
                    torch.save(trainer.state(), work / "checkpoint.tmp")
                    (work / "checkpoint.tmp").replace(work / "checkpoint.pt")
            model.load_state_dict(trainer.state())
    return model.eval()
