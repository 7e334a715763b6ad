"""Command line: train a pocket CLIP, write its bundle, measure a bundle.

    python -m askance_export.pocket train --data DIR --out ../models/pocket --seed 0
    python -m askance_export.pocket train --data DIR --out ../models/pocket-robust --robust --seed 0
    python -m askance_export.pocket eval --bundle ../models/pocket --data DIR
    python -m askance_export.pocket time --bundle ../models/pocket
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

from . import versions

if __name__ == "__main__":
    versions.demand(("torch", "onnx"))  # before what is imported next

import numpy as np
import torch

from .bundle import write_bundle
from .evaluate import WinClip, evaluate
from .model import Clip, Config
from .pictures import load_captioned, load_mvtec
from .train import Recipe, train

SOURCE = "trained from random weights on Askance's own procedural pictures; see README.md"


def describe(robust: bool) -> str:
    extra = ", with hue, saturation and rotation augmentation" if robust else ""
    return f"Small CLIP trained on procedural pictures{extra}; for demonstration, tests and development"


def run_train(a: argparse.Namespace) -> None:
    torch.set_num_threads(a.threads)
    config, out = Config(), Path(a.out)
    pictures = load_captioned(a.data, config.size)
    held = {c for c in a.hold_out.split(",") if c}
    if held:
        pictures = pictures.subset([c not in held for c in pictures.categories])
    print(f"{len(pictures)} pictures, {len(set(pictures.categories))} categories")
    recipe = Recipe()
    if a.steps is not None:
        recipe = dataclasses.replace(recipe, steps=(a.steps,), common_steps=a.steps // 2)
    work = Path(a.work or f"work/{out.name}")
    model = train(pictures, work, recipe, a.robust, a.seed, config)
    write_bundle(model, out, out.name, describe(a.robust), SOURCE)


def run_export(a: argparse.Namespace) -> None:
    model, out = Clip(Config()), Path(a.out)
    model.load_state_dict(torch.load(a.checkpoint, weights_only=True))
    write_bundle(model, out, out.name, describe(a.robust), SOURCE)


def run_eval(a: argparse.Namespace) -> None:
    size = WinClip(a.bundle).size
    captioned = (Path(a.data) / "captions.csv").is_file() and a.only
    pictures = load_captioned(a.data, size) if captioned else load_mvtec(a.data, size)
    if a.only:
        only = set(a.only.split(","))
        pictures = pictures.subset([c in only for c in pictures.categories])
    rows = evaluate(a.bundle, pictures, a.hues, a.threads)
    if a.json:
        print(json.dumps(rows, indent=1))
        return
    columns = list(rows["mean"])
    print(f"{'category':24}" + "".join(f"{c:>13}" for c in columns))
    for name, row in rows.items():
        print(f"{name:24}" + "".join(f"{row[c]:13.3f}" for c in columns))


def run_time(a: argparse.Namespace) -> None:
    model = WinClip(a.bundle, a.threads)
    pixels = np.random.default_rng(0).random((a.batch, 3, model.size, model.size), np.float32)
    nouns, times = ["object"] * a.batch, []
    for _ in range(20):
        start = time.perf_counter()
        model.segment(pixels, nouns, batch=a.batch)
        times.append((time.perf_counter() - start) / a.batch * 1e3)
    print(f"batch {a.batch}, {a.threads} threads: fastest {min(times):.2f} ms, median {np.median(times):.2f} ms per evaluation")


def main() -> None:
    parser = argparse.ArgumentParser(prog="askance_export.pocket", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    p = commands.add_parser("train", help="train on a captioned data set and write a bundle")
    p.add_argument("--data", required=True, help="folder with captions.csv, as `askance synth --world train` writes it")
    p.add_argument("--out", required=True, help="bundle folder; its name is the bundle's name")
    p.add_argument("--robust", action="store_true", help="augment hue, saturation and rotation over the protocol's whole range")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--steps", type=int, help="training steps (default: the recipe's)")
    p.add_argument("--hold-out", default="", help="categories to leave out, comma-separated, for development")
    p.add_argument("--work", help="folder for log and checkpoint (default: work/<bundle name>)")
    p.add_argument("--threads", type=int, default=1, help="torch's; one is fastest where cores are shared")
    p.set_defaults(run=run_train)

    p = commands.add_parser("export", help="write a bundle from a training checkpoint")
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--robust", action="store_true")
    p.set_defaults(run=run_export)

    p = commands.add_parser("eval", help="WinCLIP metrics of a bundle on a data set in MVTec layout")
    p.add_argument("--bundle", required=True)
    p.add_argument("--data", required=True)
    p.add_argument("--only", default="", help="categories, comma-separated; with captions.csv all their pictures are used")
    p.add_argument("--hues", type=int, default=12, help="points of the worst-case hue grid; 0 leaves it out")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--json", action="store_true")
    p.set_defaults(run=run_eval)

    p = commands.add_parser("time", help="milliseconds per WinCLIP evaluation")
    p.add_argument("--bundle", required=True)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--threads", type=int, default=2)
    p.set_defaults(run=run_time)

    a = parser.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()
