"""Expected values for the Rust test `tests/model/backbones.rs`: WinCLIP through open_clip in torch, picture files in, maps out.

    python export/parity.py FOLDER [--architecture ViT-B-16-plus-240] [--precision fp32] [--seed 0]
    ASKANCE_PARITY=FOLDER cargo test --release --test model backbones:: -- --ignored --nocapture

Writes, into FOLDER:
    bundle/                 a bundle with random weights (real ones with --pretrained or --weights)
    data/CATEGORY/test/good/*.png   pictures of several sizes, one of them grey
    expected/CATEGORY.STEM.{image_embedding,image_score,map,window_embedding_2,window_score_2,window_embedding_3,window_score_3}.npy
    expected/CATEGORY.text.npy      the two text embeddings

Pillow resizes, open_clip embeds each window as a sequence of its own, and the prompts, softmax and harmonic means are
written out here, after the WinCLIP paper; nothing of the exported graphs is used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from askance_export import versions

versions.demand()  # before what is imported next

import numpy as np
import torch
from PIL import Image

from askance_export import open_clip_model
from askance_export.catalogue import choose
from askance_export.errors import ExportError
from askance_export.reference import TorchWinClip
from askance_export.tokeniser import tokenise

TEMPERATURE = 0.07
# (category, stem, width, height, mode)
PICTURES = [
    ("bottle", "000", 320, 320, "RGB"),
    ("bottle", "001", 301, 187, "RGB"),
    ("metal_nut", "000", 200, 260, "L"),
    ("metal_nut", "001", 97, 90, "RGB"),
]
NORMAL = [
    "{}",
    "flawless {}",
    "perfect {}",
    "unblemished {}",
    "{} without flaw",
    "{} without defect",
    "{} without damage",
]
ANOMALOUS = ["damaged {}", "{} with flaw", "{} with defect", "{} with damage"]
TEMPLATES = [
    "a cropped photo of the {}.",
    "a cropped photo of a {}.",
    "a close-up photo of a {}.",
    "a close-up photo of the {}.",
    "a bright photo of a {}.",
    "a bright photo of the {}.",
    "a dark photo of the {}.",
    "a dark photo of a {}.",
    "a jpeg corrupted photo of a {}.",
    "a jpeg corrupted photo of the {}.",
    "a blurry photo of the {}.",
    "a blurry photo of a {}.",
    "a photo of a {}.",
    "a photo of the {}.",
    "a photo of a small {}.",
    "a photo of the small {}.",
    "a photo of a large {}.",
    "a photo of the large {}.",
    "a photo of the {} for visual inspection.",
    "a photo of a {} for visual inspection.",
    "a photo of the {} for anomaly detection.",
    "a photo of a {} for anomaly detection.",
]


def picture(index: int, width: int, height: int, mode: str) -> Image.Image:
    """Discs, stripes and grain; the same every time."""
    rng = np.random.default_rng(100 + index)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    channels = []
    for _ in range(3 if mode == "RGB" else 1):
        value = 110 + 60 * np.sin(x / rng.uniform(5, 25) + y / rng.uniform(-30, 30))
        for _ in range(7):
            cx, cy, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.04, 0.2) * max(width, height)
            value = np.where((x - cx) ** 2 + (y - cy) ** 2 < radius**2, rng.uniform(0, 255), value)
        channels.append(value + rng.normal(0, 25, value.shape) * (x > 0.4 * width))
    pixels = np.clip(np.stack(channels, -1), 0, 255).astype(np.uint8)
    return Image.fromarray(pixels if mode == "RGB" else pixels[..., 0])


def load(path: Path, size: int) -> torch.Tensor:
    """RGB, resized to a square by antialiased bicubic interpolation: [1, 3, size, size] in [0, 1]."""
    with Image.open(path) as image:
        image = image.convert("RGB")
        image = image.resize((size, size), Image.Resampling.BICUBIC)
        pixels = np.asarray(image, np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None]


def text_embeddings(model: TorchWinClip, category: str, context: int) -> torch.Tensor:
    """[2, embed], normal and anomalous, the category's name as it is."""
    classes = []
    for states in (NORMAL, ANOMALOUS):
        prompts = [template.format(state.format(category)) for state in states for template in TEMPLATES]
        mean = model.text(tokenise(prompts, context)).mean(0)
        classes.append(mean / mean.norm())
    return torch.stack(classes)


def probability(embeddings: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
    """Softmax of cosine / temperature, of the anomalous class."""
    normal, anomalous = (torch.exp(embeddings.double() @ t.double() / TEMPERATURE) for t in text)
    return anomalous / (normal + anomalous)


def harmonic_map(scores: torch.Tensor, windows: torch.Tensor, grid: int) -> torch.Tensor:
    """Per patch: n over the sum of 1 / score of the n windows that hold it."""
    result = torch.empty(grid * grid, dtype=torch.float64)
    for patch in range(grid * grid):
        inverse = [
            1 / score for score, window in zip(scores.tolist(), windows.tolist(), strict=True) if patch in window
        ]
        result[patch] = len(inverse) / sum(inverse)
    return result.view(grid, grid)


def expected(model: TorchWinClip, pixels: torch.Tensor, text: torch.Tensor) -> dict[str, torch.Tensor]:
    """Everything that is compared, of one picture."""
    tokens = model.tokens(pixels)
    image = model.embed(tokens)[0]
    score = probability(image, text)
    values, inverse = {"image_embedding": image, "image_score": score}, 1 / score
    for k in (2, 3):
        windows = model.windows(k)
        embeddings = model.embed_windows(tokens, windows)[0]
        scores = probability(embeddings, text)
        values |= {f"window_embedding_{k}": embeddings, f"window_score_{k}": scores}
        inverse = inverse + 1 / harmonic_map(scores, windows, model.grid)
    return values | {"map": 3 / inverse}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--architecture", default="ViT-B-16-plus-240")
    parser.add_argument("--precision", choices=["fp32", "fp16"], default="fp32")
    parser.add_argument("--seed", type=int, default=0, help="of the random weights (default: %(default)s)")
    parser.add_argument("--pretrained", help="real weights in place of random ones: a tag")
    parser.add_argument("--weights", type=Path, help="real weights in place of random ones: a file")
    parser.add_argument("--base", help="as of python -m askance_export")
    a = parser.parse_args()
    choice = choose(a.architecture, a.pretrained)
    if a.pretrained or a.weights:
        loaded = open_clip_model.from_weights(choice, a.weights, a.base)
    else:
        loaded = open_clip_model.from_seed(choice, a.seed)
    print(open_clip_model.write(loaded, a.folder / "bundle", "parity", a.precision), flush=True)
    model = TorchWinClip(loaded.model, loaded.choice.mean, loaded.choice.std)
    values = a.folder / "expected"
    values.mkdir(parents=True, exist_ok=True)
    texts = {c: text_embeddings(model, c, loaded.model.context_length) for c in sorted({c for c, *_ in PICTURES})}
    for category, text in texts.items():
        np.save(values / f"{category}.text.npy", text.numpy())
    for index, (category, stem, width, height, mode) in enumerate(PICTURES):
        path = a.folder / "data" / category / "test" / "good" / f"{stem}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(index, width, height, mode).save(path)
        for name, value in expected(model, load(path, model.size), texts[category]).items():
            np.save(values / f"{category}.{stem}.{name}.npy", np.atleast_1d(value.float().numpy()))
        print(f"{category} {stem}: done", flush=True)


if __name__ == "__main__":
    try:
        main()
    except ExportError as error:
        sys.exit(f"error: {error}")
