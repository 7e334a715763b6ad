"""Turns an open_clip vision transformer into a bundle that Askance reads.

    python -m askance_export ViT-B-16-plus-240 --pretrained laion400m_e31 --out ../models/b16plus
    python -m askance_export ViT-L-14 --pretrained openai --out ../models/l14
    python -m askance_export ViT-L-14 --pretrained fare2 --out ../models/l14-fare2

Without a connection, download the file that the message names and give it with --weights beside --pretrained.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from . import versions
from .errors import ExportError


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m askance_export", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "architecture", metavar="ARCH", help="open_clip's name, such as ViT-L-14, or hf-hub:OWNER/REPOSITORY"
    )
    p.add_argument(
        "--pretrained",
        metavar="TAG",
        help="tag of the weights in open_clip, or fare2, fare4, tecoa2, tecoa4; beside --weights: what the file is",
    )
    p.add_argument("--weights", metavar="FILE", type=Path, help="checkpoint on disk (.pt, .pth, .bin, .safetensors)")
    p.add_argument("--base", metavar="FILE|TAG", help="text tower for a checkpoint that holds the visual tower only")
    p.add_argument("--random-seed", metavar="N", type=int, help="random weights, for trying things out")
    p.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the bundle")
    p.add_argument("--name", help="name of the bundle (default: that of the folder)")
    p.add_argument(
        "--precision", choices=["fp32", "fp16"], default="fp32", help="fp16 is for GPUs (default: %(default)s)"
    )
    p.add_argument("--licence", default="that of the weights' source", help="licence of the weights, for the record")
    p.add_argument("--threads", type=int, help="threads of torch (default: its own choice)")
    return p


def export(a: argparse.Namespace) -> None:
    versions.check()  # before what is imported next

    import torch

    from . import open_clip_model
    from .catalogue import choose

    if a.random_seed is not None and (a.pretrained or a.weights or a.base):
        raise ExportError("--random-seed", "cannot be joined with weights", "leave one of them out")
    if a.threads:
        torch.set_num_threads(a.threads)
    start = time.perf_counter()
    choice = choose(a.architecture, a.pretrained)
    if a.random_seed is not None:
        loaded = open_clip_model.from_seed(choice, a.random_seed)
    else:
        loaded = open_clip_model.from_weights(choice, a.weights, a.base)
    choice = loaded.choice
    print(loaded.source)
    print(f"activation {choice.activation}, by {choice.activation_from}")
    if a.weights and not a.pretrained and choice.activation == "gelu":
        print(
            "  (for weights trained with QuickGELU, add -quickgelu to the architecture, or name them with --pretrained)"
        )
    name = a.name or a.out.resolve().name
    agreement = open_clip_model.write(loaded, a.out, name, a.precision, a.licence)
    size = sum(file.stat().st_size for part in ("image.onnx", "text.onnx") for file in a.out.glob(f"{part}*")) / 1e6
    print(agreement)
    print(f"wrote {a.out} ({a.precision}, {size:.0f} MB) in {time.perf_counter() - start:.0f} s")


def main() -> None:
    try:
        export(parser().parse_args())
    except (ExportError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
