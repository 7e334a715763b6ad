"""Turns an fp32 bundle into an int8 bundle for processors.

    askance synth --world train --train 0 --good 1 --defective 1 --size 240 --out calibration
    python -m askance_export.quantise ../models/b16plus --data calibration --out ../models/b16plus-int8

The ranges of activations are those seen on the pictures of --data, each as it is and once more turned, shifted in hue and
saturation, zoomed and with noise. What the int8 graph answers on other pictures of that folder is compared with the fp32
graph before anything is written. The text graph is copied as it is: it runs once for each category.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import versions

if __name__ == "__main__":
    versions.demand(("torch", "onnx"))  # before what is imported next

import numpy as np
import onnx
import onnxruntime as ort

from .augment import ROBUST, augment
from .errors import ExportError
from .evaluate import WinClip
from .int8 import Range, observations, observe, quantised
from .manifest import Manifest
from .pictures import load_mvtec

# Of the mean difference of maps, which lie in [0, 1]. fp32 weights rounded to int8 stay an order of magnitude below it.
TOLERANCE = 0.02


@dataclass(frozen=True)
class Difference:
    """Between the maps of two bundles, and the spread of the first one's: its standard deviation."""

    mean: float
    largest: float
    spread: float

    def __str__(self) -> str:
        return (
            f"maps of int8 and fp32 differ by {self.mean:.1e} on average and by {self.largest:.1e} at most "
            f"(fp32's have a standard deviation of {self.spread:.1e})"
        )


def pictures(data: Path, size: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures [n, 3, size, size] in [0, 1] to calibrate on, `count` of the folder's with a perturbed copy of each, and
    up to `count` others to check with, half of them perturbed."""
    found = load_mvtec(data, size)
    if len(found) < 2 * count:
        raise ExportError(
            str(data), f"has {len(found)} pictures and {2 * count} are needed", "give more, or lower --pictures"
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(found))
    perturbed = lambda index: augment(found.images[index], found.masks[index], ROBUST, rng)[0]
    calibration = [x for i in order[:count] for x in (found.images[i], perturbed(i))]
    check = [perturbed(i) if n % 2 else found.images[i] for n, i in enumerate(order[count : 2 * count])]
    planes = lambda images: np.stack(images).transpose(0, 3, 1, 2).astype(np.float32) / 255
    return planes(calibration), planes(check)


def activation_ranges(image_graph: Path, fp32: WinClip, pixels: np.ndarray) -> dict[str, Range]:
    """Of the input of every linear layer, over all pictures."""
    model = onnx.load(image_graph)
    ranges = {layer: Range() for layer in observe(model.graph)}
    options = ort.SessionOptions()
    options.intra_op_num_threads = fp32.threads
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    del model  # for a large bundle half a gigabyte
    names = [name for layer in ranges for name in observations(layer)]
    for picture in pixels:
        seen = iter(session.run(names, fp32.feeds(picture[None], ["object"])))
        for layer, (low, high) in zip(ranges, zip(seen, seen, strict=True), strict=True):
            ranges[layer] = ranges[layer].joined(Range(float(low), float(high)))
    return ranges


def compare(fp32: WinClip, int8: WinClip, pixels: np.ndarray) -> Difference:
    nouns = ["object"] * len(pixels)
    wanted, got = (bundle.segment(pixels, nouns, batch=1)[0] for bundle in (fp32, int8))
    off = np.abs(got - wanted)
    return Difference(float(off.mean()), float(off.max()), float(wanted.std()))


def quantise(source: Path, out: Path, name: str, data: Path, count: int, threads: int, seed: int = 0) -> Difference:
    """Writes the int8 bundle, if its maps are those of `source` within the tolerance. It is built and checked in a folder of
    its own and moved to `out` only then, the manifest last. An earlier bundle in `out` stays if anything fails."""
    manifest = Manifest.read(source)
    if manifest.precision != "fp32":
        raise ExportError(str(source), f"is in {manifest.precision}", "give the fp32 bundle")
    if source.resolve() == out.resolve():
        raise ExportError(f"--out {out}", "is the fp32 bundle's own folder", "name another one")
    calibration, check = pictures(data, manifest.size, count, seed)
    fp32 = WinClip(source, threads)
    image_graph = source / "image.onnx"
    unchecked = out / ".unchecked"
    shutil.rmtree(unchecked, ignore_errors=True)
    unchecked.mkdir(parents=True)
    try:
        ranges = activation_ranges(image_graph, fp32, calibration)
        onnx.save(quantised(onnx.load(image_graph), ranges), unchecked / "image.onnx")
        text = [file.name for file in source.glob("text.onnx*")]
        for file in text:
            shutil.copy(source / file, unchecked / file)
        files = ["image.onnx", *text]
        dataclasses.replace(
            manifest, name=name, description=f"{manifest.description}; linear layers in int8", precision="int8"
        ).write(unchecked, files)
        difference = compare(fp32, WinClip(unchecked, threads), check)
        if not difference.mean < TOLERANCE:
            raise ExportError(
                name,
                f"{difference}: more than {TOLERANCE} on average, so nothing was written",
                "calibrate on pictures like those that it is meant for (--data), or stay with fp32",
            )
        (out / "bundle.toml").unlink(missing_ok=True)
        for file in (*files, "bundle.toml"):
            (unchecked / file).replace(out / file)
    finally:
        shutil.rmtree(unchecked, ignore_errors=True)
    return difference


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m askance_export.quantise",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("bundle", metavar="BUNDLE", type=Path, help="folder of the fp32 bundle")
    p.add_argument("--data", metavar="DIR", type=Path, required=True, help="pictures in MVTec layout to calibrate on")
    p.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the int8 bundle")
    p.add_argument("--name", help="name of the int8 bundle (default: that of the folder)")
    p.add_argument(
        "--pictures", metavar="N", type=int, default=16, help="to calibrate on, and to check (default: %(default)s)"
    )
    p.add_argument("--threads", type=int, default=0, help="of ONNX Runtime (default: its own choice)")
    return p


def main() -> None:
    a = parser().parse_args()
    try:
        start = time.perf_counter()
        difference = quantise(a.bundle, a.out, a.name or a.out.resolve().name, a.data, a.pictures, a.threads)
        size = sum(file.stat().st_size for file in a.out.glob("*.onnx*")) / 1e6
        print(difference)
        print(f"wrote {a.out} (int8, {size:.1f} MB) in {time.perf_counter() - start:.0f} s")
    except (ExportError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
