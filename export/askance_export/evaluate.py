"""WinCLIP over a bundle with ONNX Runtime: clean metrics, exchanged prompts, worst-case hue."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

from .augment import hue_saturation
from .captions import winclip_prompts
from .metrics import aupro, pauroc
from .model import window_indices
from .pictures import Pictures
from .tokeniser import tokenise


class WinClip:
    """A bundle as a zero-shot segmenter."""

    def __init__(self, bundle: str | Path, threads: int = 2):
        bundle = Path(bundle)
        self.threads = threads
        self.manifest = tomllib.loads((bundle / "bundle.toml").read_text())
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        open_ = lambda f: ort.InferenceSession(str(bundle / f), options, providers=["CPUExecutionProvider"])
        self.image, self.text = open_("image.onnx"), open_("text.onnx")
        self.size, (self.grid, _) = self.manifest["image"]["size"], self.manifest["image"]["patch_grid"]
        self.temperature = np.array(self.manifest["winclip"]["temperature"], np.float32)
        self.windows = {k: window_indices(self.grid, k) for k in self.manifest["winclip"]["scales"]}
        self.cache: dict[str, np.ndarray] = {}

    def prompts(self, noun: str) -> np.ndarray:
        """[2, embed]: mean over the prompts of a class, L2-normalised; normal first."""
        if noun not in self.cache:
            rows = [self.text.run(None, {"tokens": tokenise(p).numpy()})[0].mean(0) for p in winclip_prompts(noun)]
            self.cache[noun] = np.stack([r / np.linalg.norm(r) for r in rows]).astype(np.float32)
        return self.cache[noun]

    def feeds(self, pixels: np.ndarray, nouns: list[str], swap: bool = False) -> dict[str, np.ndarray]:
        """Inputs of the image graph for one batch."""
        text = np.stack([self.prompts(n)[:: -1 if swap else 1] for n in nouns])
        windows = {f"windows_{k}": w for k, w in self.windows.items()}
        return {"pixels": pixels, "text": text, "temperature": self.temperature, **windows}

    def segment(self, pixels: np.ndarray, nouns: list[str], swap: bool = False, batch: int = 8) -> tuple[np.ndarray, np.ndarray]:
        """`pixels` float32 [n, 3, S, S] -> patch maps [n, grid, grid] and image scores [n]."""
        maps, scores = [], []
        for at in range(0, len(pixels), batch):
            feeds = self.feeds(pixels[at : at + batch], nouns[at : at + batch], swap)
            image, *windows = self.image.run(["image_score"] + [f"window_score_{k}" for k in self.windows], feeds)
            inverse = 1 / image[:, None].repeat(self.grid**2, 1)
            for (_, index), score in zip(self.windows.items(), windows, strict=True):
                total, count = np.zeros_like(inverse), np.zeros(self.grid**2)
                np.add.at(count, index, 1)
                for column in index.T:
                    total[:, column] += 1 / score
                inverse = inverse + total / count
            maps.append(((1 + len(self.windows)) / inverse).reshape(-1, self.grid, self.grid))
            scores.append(image)
        return np.concatenate(maps), np.concatenate(scores)

    def full(self, maps: np.ndarray) -> np.ndarray:
        """Bilinear upsampling to the input size."""
        return F.interpolate(torch.from_numpy(maps)[:, None].float(), self.size, mode="bilinear", align_corners=False)[:, 0].numpy()


def contrast(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Per sample mean(map inside) - mean(map outside); an empty mask leaves the second term."""
    return np.array([(m[k].mean() if k.any() else 0.0) - m[~k].mean() for m, k in zip(maps, masks, strict=True)])


def evaluate(bundle: str | Path, pictures: Pictures, hues: int = 12, threads: int = 2) -> dict[str, dict[str, float]]:
    """Per category and `mean`: pauroc, aupro, image_auroc, swapped (pAUROC with exchanged prompts), hue_pauroc and
    hue_aupro (per-sample worst of `hues` shifts, the identity among them; 0: left out)."""
    model = WinClip(bundle, threads)
    rows: dict[str, dict[str, float]] = {}
    for category in dict.fromkeys(pictures.categories):
        part = pictures.subset([c == category for c in pictures.categories])
        pixels = np.ascontiguousarray(part.images.transpose(0, 3, 1, 2), np.float32) / 255
        maps, scores = model.segment(pixels, part.objects)
        up = model.full(maps)
        row = rows[category] = {"pauroc": pauroc(up, part.masks), "aupro": aupro(up, part.masks)}
        bad = part.masks.reshape(len(part), -1).any(1)
        row["image_auroc"] = float(roc_auc_score(bad, scores)) if 0 < bad.sum() < len(bad) else math.nan
        row["swapped"] = pauroc(model.full(model.segment(pixels, part.objects, swap=True)[0]), part.masks)
        if hues:
            worst, loss = up.copy(), contrast(up, part.masks)
            for i in range(1, hues):
                shift = torch.full((len(part),), 2 * math.pi * i / hues)
                turned = hue_saturation(torch.from_numpy(pixels), shift, torch.zeros(len(part))).numpy()
                candidate = model.full(model.segment(turned, part.objects)[0])
                value = contrast(candidate, part.masks)
                better = value < loss
                worst[better], loss[better] = candidate[better], value[better]
            row["hue_pauroc"], row["hue_aupro"] = pauroc(worst, part.masks), aupro(worst, part.masks)
    rows["mean"] = {k: float(np.nanmean([r[k] for r in rows.values()])) for k in next(iter(rows.values()))}
    return rows
