"""Runs `askance attack`, and reads what it leaves: the samples, the traces of its searches, and where the time went."""

from __future__ import annotations

import csv
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .errors import ExportError


@dataclass(frozen=True)
class Sample:
    """A test picture: `name` is category/defect/stem."""

    dataset: str
    category: str
    name: str
    image: Path
    masks: tuple[Path, ...]

    @classmethod
    def of(cls, row: dict[str, str]) -> Sample:
        """The sample of a row of `samples.csv`."""
        masks = tuple(Path(mask) for mask in row["mask"].split(";") if mask)
        name = f"{row['category']}/{row['sample']}"
        return cls(row["dataset"], row["category"], name, Path(row["image"]), masks)

    def load(self, size: int) -> tuple[Tensor, Tensor]:
        """Picture [3, size, size] in [0, 1] and mask [size, size], as Askance brings them to the model's size: Pillow's
        antialiased bicubic at 8 bits, and the pixel at the centre (Pillow's nearest rounds a centre between two pixels
        either way); several masks are one."""
        picture = Image.open(self.image).convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
        mask = np.zeros((size, size), bool)
        for path in self.masks:
            truth = Image.open(path)
            # Colours count: not the number of a colour in a palette, and not transparency.
            truth = truth.convert("RGB") if truth.mode in ("P", "PA", "LA", "RGBA") else truth
            marked = np.asarray(truth).reshape(truth.height, truth.width, -1).any(-1)
            rows, columns = ((2 * np.arange(size) + 1) * side // (2 * size) for side in marked.shape)
            mask |= marked[np.ix_(rows, columns)]
        pixels = torch.from_numpy(np.asarray(picture, np.float32) / 255).permute(2, 0, 1)
        return pixels.contiguous(), torch.from_numpy(mask)


@dataclass(frozen=True)
class Run:
    """A finished run of the joint attack: samples in order, per sample its trace [evaluations, 5] (angle in degrees, hue in
    radians, saturation, loss, cost; the unchanged picture first), and the summary that `--json` prints. A cost below 1 is that of
    a coarse evaluation, whose loss is not the full one's."""

    model: str
    samples: list[Sample]
    traces: list[np.ndarray]
    summary: dict


def attack(askance: Path, data: Path, model: Path, out: Path, options: list[str]) -> Run:
    """Runs `askance attack --attacks joint --keep-traces` into `out`, a new folder."""
    # A bare name would be looked for in the search path.
    command = [str(askance.resolve()), "attack", "-q", "--json", "--data", str(data), "--model", str(model)]
    command += ["--out", str(out), "--attacks", "joint", "--keep-traces", *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ExportError(" ".join(command), f"failed:\n{done.stderr.strip()}", "see what it says")
    with open(out / "samples.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["attack"] == "joint"]
    samples = [Sample.of(row) for row in rows]
    name = rows[0]["model"]
    traces = [trace(out / "traces" / name / f"{sample.name}.joint.npy") for sample in samples]
    return Run(name, samples, traces, json.loads(done.stdout))


def trace(path: Path) -> np.ndarray:
    """Angle, hue, saturation, loss and cost; columns of further axes must be at rest, as the rival has none."""
    table = np.load(path)
    if np.any(table[:, 3:-2] != 0):
        raise ExportError(str(path), "moves axes beside angle, hue and saturation", "attack those three only")
    return table[:, [0, 1, 2, -2, -1]]
