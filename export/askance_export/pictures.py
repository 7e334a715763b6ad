"""Pictures and masks in memory: the generator's captioned set, or any data set in MVTec's layout."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp"}


@dataclass
class Pictures:
    """`images` uint8 [n, S, S, 3], `masks` bool [n, S, S]; one category, object noun and defect kind per picture."""

    images: np.ndarray
    masks: np.ndarray
    categories: list[str]
    objects: list[str]
    defects: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, keep) -> Pictures:
        index = np.flatnonzero(np.asarray(keep))
        pick = lambda values: [values[i] for i in index]
        return Pictures(self.images[index], self.masks[index], pick(self.categories), pick(self.objects), pick(self.defects))


def _read(job: tuple[Path, Path | None, int]) -> tuple[np.ndarray, np.ndarray]:
    image_path, mask_path, size = job
    image = Image.open(image_path).convert("RGB")
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    if mask_path is None:
        return np.asarray(image), np.zeros((size, size), bool)
    mask = Image.open(mask_path).convert("L")
    if mask.size != (size, size):
        mask = mask.resize((size, size), Image.Resampling.NEAREST)
    return np.asarray(image), np.asarray(mask) > 127


def _load(rows: list[tuple[Path, Path | None, str, str, str]], size: int) -> Pictures:
    if not rows:
        raise FileNotFoundError("no pictures found")
    images = np.empty((len(rows), size, size, 3), np.uint8)
    masks = np.empty((len(rows), size, size), bool)
    with ThreadPoolExecutor(2) as pool:
        for i, (image, mask) in enumerate(pool.map(_read, [(r[0], r[1], size) for r in rows])):
            images[i], masks[i] = image, mask
    return Pictures(images, masks, [r[2] for r in rows], [r[3] for r in rows], [r[4] for r in rows])


def load_captioned(root: str | Path, size: int) -> Pictures:
    """Every picture named in `captions.csv` (columns image, mask, category, defects, object; paths relative to `root`)."""
    root = Path(root)
    with open(root / "captions.csv", newline="") as file:
        table = list(csv.DictReader(file))
    rows = [(root / r["image"], root / r["mask"] if r["mask"] else None, r["category"], r["object"], r["defects"]) for r in table]
    return _load(rows, size)


def load_mvtec(root: str | Path, size: int) -> Pictures:
    """The test part of `root/<category>/{test,ground_truth}`, or of `root` itself if it is one category. Raw category
    names are the object nouns. A defective picture without a mask is an error."""
    root = Path(root)
    folders = [root] if (root / "test").is_dir() else sorted(p for p in root.iterdir() if (p / "test").is_dir())
    rows = []
    for folder in folders:
        for image in sorted(p for p in (folder / "test").glob("*/*") if p.suffix.lower() in SUFFIXES):
            kind, mask = image.parent.name, None
            if kind != "good":
                mask = folder / "ground_truth" / kind / f"{image.stem}_mask.png"
                if not mask.is_file():
                    raise FileNotFoundError(f"{image}: no mask {mask}")
            rows.append((image, mask, folder.name, folder.name, kind))
    return _load(rows, size)
