"""Compares the graphs of a bundle, run by ONNX Runtime from disk, with open_clip in torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .model import window_indices
from .pictures_for_check import check_pictures
from .reference import TorchWinClip
from .tokeniser import tokenise

TEMPERATURE = 0.07
NORMAL = ["a photo of a flawless hex_nut.", "leather", "a bright photo of the perfect bottle for visual inspection."]
ANOMALOUS = [
    "a photo of a damaged hex_nut.",
    "a dark photo of a cable with flaw for anomaly detection.",
    "grid with damage",
]


@dataclass(frozen=True)
class Agreement:
    """Largest differences, the mean one of scores, and the range of the scores that were compared."""

    embeddings: float
    texts: float
    scores: float
    mean_score: float
    lowest: float
    highest: float

    @property
    def largest(self) -> float:
        return max(self.embeddings, self.texts, self.scores)

    def __str__(self) -> str:
        return (
            f"largest difference from open_clip: image and window embeddings {self.embeddings:.1e}, text embeddings "
            f"{self.texts:.1e}, scores {self.scores:.1e}, {self.mean_score:.1e} on average "
            f"(scores from {self.lowest:.3f} to {self.highest:.3f})"
        )


def session(path: Path, threads: int = 0):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(path: Path, feeds: dict, threads: int = 0) -> dict[str, np.ndarray]:
    """All outputs of a graph."""
    graph = session(path, threads)
    return dict(zip([o.name for o in graph.get_outputs()], graph.run(None, feeds), strict=True))


def compare(folder: Path, reference: TorchWinClip, context: int, scales=(2, 3), every: int = 1) -> Agreement:
    """Two pictures in one call: of the first, each scale's windows 0, `every`, 2 * `every`, ... are compared, of the
    second about a dozen, so that a picture's results cannot be another's."""
    ids = tokenise(NORMAL + ANOMALOUS, context)
    wanted_text = reference.text(ids)
    got_text = torch.from_numpy(run(folder / "text.onnx", {"tokens": ids.numpy()})["embedding"])
    texts = difference(F.normalize(got_text, dim=-1), F.normalize(wanted_text, dim=-1))
    text = reference.classes(*wanted_text.split(len(NORMAL)))

    pixels = check_pictures(2, reference.size, seed=1)
    feeds = {
        "pixels": pixels.numpy(),
        "text": text.repeat(2, 1, 1).numpy(),
        "temperature": np.array(TEMPERATURE, np.float32),
        **{f"windows_{k}": window_indices(reference.grid, k) for k in scales},
    }
    got = {name: torch.from_numpy(value) for name, value in run(folder / "image.onnx", feeds).items()}
    tokens = reference.tokens(pixels)
    whole = reference.embed(tokens)
    pairs = [(got["image_embedding"], got["image_score"], whole)]
    for k in scales:
        windows = reference.windows(k)
        for picture, step in ((0, every), (1, max(every, len(windows) // 12))):
            wanted = reference.embed_windows(tokens[picture : picture + 1], windows[::step])[0]
            found = (got[f"window_{what}_{k}"][picture, ::step] for what in ("embedding", "score"))
            pairs.append((*found, wanted))
    scores = torch.cat([reference.score(wanted, text, TEMPERATURE) for _, _, wanted in pairs])
    found_scores = torch.cat([score for _, score, _ in pairs])
    return Agreement(
        embeddings=max(difference(embedding, wanted) for embedding, _, wanted in pairs),
        texts=texts,
        scores=difference(found_scores, scores),
        mean_score=float((found_scores - scores).abs().mean()),
        lowest=float(scores.min()),
        highest=float(scores.max()),
    )


def difference(a: torch.Tensor, b: torch.Tensor) -> float:
    """Largest absolute difference; infinite if the shapes differ or anything is not a number."""
    if a.shape != b.shape:
        return float("inf")
    worst = float((a - b).abs().max())
    return worst if math.isfinite(worst) else float("inf")
