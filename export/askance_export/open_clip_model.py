"""From a choice of architecture and weights to a bundle on disk."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import checkpoint, random_weights, storage
from .agreement import Agreement, compare
from .attention import Batched
from .catalogue import Choice, Download, build, download_of, tag_entry
from .errors import ExportError
from .half_tower import HalfTower
from .manifest import Manifest
from .reference import TorchWinClip
from .towers import Tower, image_graph, text_graph

# Of the largest difference of any value, and of the mean difference of scores. In float16 the largest alone would let
# GELU pass for QuickGELU.
TOLERANCE = {"fp32": 1e-4, "fp16": 2e-2}
MEAN_TOLERANCE = {"fp32": 2e-5, "fp16": 1.5e-3}
SCALES = (2, 3)
# Beyond this many weights of the image tower only every seventh window is compared.
LARGE = 150_000_000


@dataclass
class Loaded:
    """An open_clip model with its weights, and what the manifest says of them."""

    model: torch.nn.Module
    choice: Choice
    source: str


def from_seed(choice: Choice, seed: int) -> Loaded:
    """Random weights whose scores spread."""
    model = build(choice)
    random_weights.fill(model, seed, choice.mean, choice.std)
    return Loaded(model, choice, f"random weights, seed {seed}: recognises nothing")


def from_weights(choice: Choice, weights: Path | None = None, base: str | None = None) -> Loaded:
    """Weights of a file, or else of the choice's tag. `base` is a file or tag for the text tower of visual-only
    weights."""
    by_hand = "no weights were named: give --pretrained TAG, --weights FILE or --random-seed N"
    if weights is None and choice.download is None:
        raise ExportError(f"architecture {choice.architecture}", "has no weights of its own", by_hand)
    if weights is None:
        option = f"--pretrained {choice.tag} " if choice.tag else ""
        weights = checkpoint.fetch(choice.download, fetch_by_hand(choice.download, f"{option}--weights FILE"))
        origin = f"{choice.download}, "
    else:
        origin = ""
    found = checkpoint.read(weights)
    state, source = found.state, f"{origin}{found.source}"
    if found.visual_only:
        under = text_tower(choice, found, base)
        state, source = checkpoint.overlay(found, under), f"{source}, text tower of {under.source}"
        found.openai = under.openai
    elif base is not None:
        raise ExportError(f"--base {base}", f"is of no use: {found.file} has both towers", "leave --base out")
    if found.openai:
        choice = quick_gelu(choice, "OpenAI's archive")
    model = build(choice)
    checkpoint.fit(model, state, choice, found.file)
    tag = f" tag {choice.tag}" if choice.tag else ""
    return Loaded(model, choice, f"{choice.architecture}{tag}: {source}")


def text_tower(choice: Choice, visual: checkpoint.Checkpoint, base: str | None) -> checkpoint.Checkpoint:
    """The checkpoint whose text tower goes with a visual-only one."""
    base = base or choice.base
    if base is None:
        raise ExportError(
            visual.file,
            "holds the visual tower only, and nothing says which text tower belongs to it",
            "give --base FILE or --base TAG, a checkpoint with both towers (for FARE and TeCoA: --pretrained fare2, "
            "fare4, tecoa2 or tecoa4 beside --weights, whose base is OpenAI's)",
        )
    if Path(base).is_file():
        return checkpoint.read(base)
    entry = tag_entry(choice.architecture, base)
    if entry.get("quick_gelu", False) != (choice.activation == "quick_gelu"):
        raise ExportError(
            f"--base {base}",
            f"has another activation than {choice.architecture} with {choice.activation_from}",
            f"name the architecture with or without -quickgelu, as {visual.file} was trained",
        )
    download = download_of(choice.architecture, base.lower().replace("-", "_"))
    return checkpoint.read(checkpoint.fetch(download, fetch_by_hand(download, "--base FILE beside --weights")))


def quick_gelu(choice: Choice, why: str) -> Choice:
    return dataclasses.replace(choice, config=choice.config | {"quick_gelu": True}, activation_from=why)


def fetch_by_hand(download: Download, option: str) -> str:
    where = f"https://huggingface.co/{download.repository}" if download.repository else download.url
    file = f"{download.file} (or its .safetensors form) from {where}" if download.repository else where
    return f"check the connection; or download {file} on another machine and give it with {option}"


def write(
    loaded: Loaded,
    out: Path,
    name: str,
    precision: str = "fp32",
    licence: str = "that of the weights' source",
    limit: int = storage.LIMIT,
    attention=Batched,
) -> Agreement:
    """Writes the bundle, if ONNX Runtime computes what open_clip does. Graphs are built, checked in a folder of their
    own and moved to `out` only then; the manifest comes last. An earlier bundle in `out` stays if anything fails."""
    choice, model = loaded.choice, loaded.model
    state = {k: v.numpy() for k, v in model.state_dict().items() if k not in checkpoint.NOT_NEEDED}
    ways = attention(half=precision == "fp16")
    unchecked = out / ".unchecked"
    shutil.rmtree(unchecked, ignore_errors=True)
    unchecked.mkdir(parents=True)
    try:
        heads = [tower.resblocks[0].attn.num_heads for tower in (model.visual.transformer, model.transformer)]
        constants = [np.asarray(values, np.float32) for values in (choice.mean, choice.std)]
        tower = HalfTower if ways.half else Tower
        image = image_graph(state, heads[0], choice.activation, *constants, SCALES, ways, tower=tower)
        files = storage.save(image, unchecked / "image.onnx", limit)
        del image  # its float16 weights are copies
        files += storage.save(text_graph(state, heads[1], choice.activation, ways), unchecked / "text.onnx", limit)
        reference = TorchWinClip(model, choice.mean, choice.std)
        large = sum(p.numel() for p in model.visual.parameters()) > LARGE
        agreement = compare(unchecked, reference, model.context_length, SCALES, every=7 if large else 1)
        most, mean = TOLERANCE[precision], MEAN_TOLERANCE[precision]
        if not (agreement.largest < most and agreement.mean_score < mean):
            limits = f"{most:.0e}, or {mean:.1e} in the mean score"
            raise ExportError(
                name,
                f"ONNX Runtime and open_clip disagree by more than {limits}, so nothing was written: {agreement}",
                "report this with the versions of torch, open_clip_torch and onnxruntime",
            )
        (out / "bundle.toml").unlink(missing_ok=True)
        for file in files:
            (unchecked / file).replace(out / file)
    finally:
        shutil.rmtree(unchecked, ignore_errors=True)
    manifest = Manifest(
        name=name,
        description=f"CLIP {choice.architecture} for zero-shot WinCLIP",
        precision=precision,
        source=loaded.source,
        licence=licence,
        size=model.visual.image_size[0],
        grid=model.visual.grid_size[0],
        mean=choice.mean,
        std=choice.std,
        activation=choice.activation,
        context=model.context_length,
        embedding=model.visual.output_dim,
        scales=SCALES,
    )
    manifest.write(out, files)
    return agreement
