"""Tiles made by hand against `askance eval --fit tile`: Pillow brings each picture to its canvas and cuts it, the program answers to every tile
as to a picture of its own, and numpy puts the maps together. Both maps must agree to 1e-5. Then what each fit costs: seconds and memory of
`askance attack` on the same pictures.

Needs numpy and Pillow 13 alone. DATA is in MVTec AD layout, for example VisA-shaped pictures; the first defective pictures of it are taken.

    python check_fit.py DATA [--model pocket] [--side 192] [--pictures 4] [--askance FILE]
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
TOLERANCE = 1e-5
OVERLAP, NEARLY_SQUARE = 0.2, 1.05


def starts(length, side):
    """Where tiles of `side` begin along `length` pixels, evenly and to the borders."""
    if length <= side:
        return [0]
    steps = max(1, int(np.ceil((length - side) / ((1 - OVERLAP) * side))))
    return [int(np.floor(at * (length - side) / steps + 0.5)) for at in range(steps + 1)]


def canvas(picture, side):
    """The picture with its shorter side at `side` pixels."""
    short = min(picture.size)
    if max(picture.size) <= NEARLY_SQUARE * short:
        return picture.resize((side, side), Image.BICUBIC)
    return picture.resize([int(np.floor(length * side / short + 0.5)) for length in picture.size], Image.BICUBIC)


def enlarged(patches, side):
    """[rows, columns] to [side, side]: bilinear, pixel areas aligned."""

    def along(values, axis):
        length = values.shape[axis]
        at = np.maximum((np.arange(side) + 0.5) * length / side - 0.5, 0)
        first = np.minimum(at.astype(int), length - 1)
        weight = np.expand_dims(at - first, 1 - axis)
        low, high = values.take(first, axis), values.take(np.minimum(first + 1, length - 1), axis)
        return low + weight * (high - low)

    return along(along(patches.astype(np.float64), 1), 0)


def run(options, *arguments):
    subprocess.run([str(options.askance), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def check(options, folder):
    samples = sorted(path for path in Path(options.data).glob("*/test/*/*.png") if path.parent.name != "good")[: options.pictures]
    names = {}
    for number, path in enumerate(samples):
        image = canvas(Image.open(path).convert("RGB"), options.side)
        category = path.parts[-4]
        for top in starts(image.height, options.side):
            for left in starts(image.width, options.side):
                name = f"{number}-{top}-{left}"
                tile = folder / "tiles" / category / "test" / "good" / f"{name}.png"
                tile.parent.mkdir(parents=True, exist_ok=True)
                image.crop((left, top, left + options.side, top + options.side)).save(tile)
                names.setdefault(path, []).append((name, category, top, left, image.size))
    run(options, "eval", "-q", "--data", folder / "tiles", "--layout", "unlabelled", "--model", options.model, "--out", folder / "by-hand")
    run(options, "eval", "-q", "--data", options.data, "--model", options.model, "--fit", "tile", "--save-maps", "--out", folder / "tiled")
    worst = 0.0
    for path, tiles in names.items():
        width, height = tiles[0][4]
        total, weight = np.zeros((height, width)), np.zeros((height, width))
        for name, category, top, left, _ in tiles:
            found = next((folder / "by-hand" / "patch_maps").rglob(f"{name}.clean.npy"))
            here = np.s_[top : top + options.side, left : left + options.side]
            total[here] += enlarged(np.load(found), options.side)
            weight[here] += 1
        kind, stem, category = path.parent.name, path.stem, path.parts[-4]
        ours = next(p for p in (folder / "tiled" / "maps").rglob(f"{stem}.clean.npy") if {kind, category} <= set(p.parts))
        off = float(np.abs(np.load(ours) - total / weight).max())
        worst = max(worst, off)
        print(f"{category}/{kind}/{stem}: {width} x {height}, {len(tiles)} tiles, maps differ by {off:.1e}")
    print(f"largest difference: {worst:.1e}")
    if worst > TOLERANCE:
        sys.exit(f"that is more than {TOLERANCE:.0e}")


def cost(options, folder):
    print("\nfit      pAUROC clean  worst  AUPRO clean  worst  seconds  peak MB  pictures to the model")
    for fit in ("squeeze", "pad", "tile"):
        out = folder / fit
        command = [options.askance, "attack", "-q", "--json", "--data", options.data, "--model", options.model, "--fit", fit]
        command += ["--attacks", "joint", "--budget", options.budget, "--out", out]
        start = time.perf_counter()
        process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE)
        said = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            sys.exit(f"askance attack --fit {fit} failed")
        with open(out / "summary.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        mean = {row["attack"]: row for row in rows if row["over"] == "mean"} or {row["attack"]: row for row in rows}
        cells = [100 * float(mean[attack][metric]) for metric in ("pixel_auroc", "aupro") for attack in ("clean", "joint")]
        print(
            f"{fit:8} {cells[0]:12.1f} {cells[1]:6.1f} {cells[2]:12.1f} {cells[3]:6.1f} {seconds:8.1f} {usage.ru_maxrss / 1024:8.0f}"
            f"  {said['model_pictures']}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--side", type=int, default=192, help="side of the model's input")
    parser.add_argument("--pictures", type=int, default=4)
    parser.add_argument("--budget", type=int, default=24)
    parser.add_argument("--askance", type=Path, default=ROOT / "target/release/askance")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check(options, Path(folder))
        cost(options, Path(folder))


if __name__ == "__main__":
    main()
