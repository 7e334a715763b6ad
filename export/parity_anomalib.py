"""Askance against anomalib's WinCLIP, end to end: the same picture files and weights in, anomaly maps and image scores
out.

Nothing is shared but the weights, so decoding, resizing, normalisation, prompts, tokeniser, both towers, windows,
temperature, aggregation and upsampling are all inside the comparison. Askance runs as its command (`askance eval
--prompts common21 --temperature 0.07 --save-maps`), anomalib as its WinClip pre-processor and WinClipModel on the
CPU.

Peers: requirements-anomalib.txt. anomalib's WinCLIP keeps the tokens of different windows apart only with open_clip
below 2.26.1; this script checks that before it compares, and stops with a newer one. Random weights do, and need no
download (they are spread so that scores differ; see askance_export/random_weights.py):

    python -m askance_export ViT-B-16-plus-240 --random-seed 0 --out DIR/b16plus     (the environment of
                                                                                     pyproject.toml)
    python parity_anomalib.py --bundle DIR/b16plus [--askance FILE] [--photographs DIR] [--break INGREDIENT]

Pictures are made here (sizes below); --photographs adds the first pictures of a category in MVTec AD layout,
rewritten as PNG since JPEG decoders may differ by a grey level. Exit status 1 where a map or a score is off by more
than 1e-3. --break changes one ingredient on one side and so must end with status 1.

anomalib's Resize is given the Pillow picture, of which torchvision makes 8-bit values, as the reference
implementations and Askance do. anomalib's own data loader gives it float tensors instead, whose values are neither
rounded nor kept within [0, 1]: up to half a grey level of another input, more at edges. What that does to the maps is
printed beside the comparison ("as float tensor"); it depends on the weights, and on random ones, which have no sense
of what is noise, it is far more than on trained ones.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import to_dtype, to_image

from askance_export.bundle import load_state_dict

ROOT = Path(__file__).resolve().parents[1]
TOLERANCE = 1e-3
ARCHITECTURE = "ViT-B-16-plus-240"
# Height and width; smaller, equal and larger than the model's 240, and not square.
SIZES = [(700, 512), (240, 240), (480, 901), (150, 260), (1024, 1024)]
BREAKS = {
    "resize": "anomalib resizes bilinearly",
    "normalisation": "anomalib normalises with ImageNet's mean and deviation",
    "class": "anomalib says 'metal nut' for 'metal_nut'",
    "prompts": "Askance takes the paper's 22 templates",
    "temperature": "Askance takes temperature 0.08",
}


def picture(height, width, rng, defect):
    """A generated part: smooth ground, rings, noise; a defect is a bright scratch. RGB and mask, uint8."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / width
    centre = rng.uniform(0.4, 0.6, 2)
    radius = np.hypot(y - centre[0], x - centre[1])
    tint = rng.uniform(0.5, 1.0, 3)
    grey = 110 + 60 * np.sin(rng.uniform(15, 40) * radius + rng.uniform(0, 6)) * np.exp(-3 * radius) + 40 * x
    pixels = grey[..., None] * tint + rng.normal(0, 5, (height, width, 3))
    mask = np.zeros((height, width), bool)
    if defect:
        slope, offset = rng.uniform(-0.5, 0.5), rng.uniform(0.4, 0.6)
        mask = (np.abs(y - offset - slope * (x - 0.5)) < 0.02) & (np.abs(x - 0.5) < 0.2)
        pixels[mask] = (230, 220, 190)
    return pixels.clip(0, 255).round().astype(np.uint8), mask


def write_pictures(root, sizes, photographs, rng):
    """Two categories in MVTec AD layout; an underscore in one name, since prompts keep it."""
    for index, (height, width) in enumerate(sizes):
        defect = index % 2 == 1
        pixels, mask = picture(height, width, rng, defect)
        add(root / "metal_nut", f"{index:02}", Image.fromarray(pixels), mask if defect else None)
    if photographs:
        category = photographs.name
        for label in sorted(p for p in (photographs / "test").iterdir() if p.is_dir()):
            for path in sorted(label.iterdir())[:2]:
                image = Image.open(path).convert("RGB")
                mask = None if label.name == "good" else np.ones((image.height, image.width), bool)
                if mask is not None:
                    mask[: image.height // 2] = False
                add(root / category, path.stem, image, mask)


def add(folder, stem, image, mask):
    label = "good" if mask is None else "bad"
    (folder / "test" / label).mkdir(parents=True, exist_ok=True)
    image.save(folder / "test" / label / f"{stem}.png")
    if mask is not None:
        (folder / "ground_truth" / "bad").mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / "ground_truth" / "bad" / f"{stem}_mask.png")


def askance(arguments, data, out):
    """(category, "label/stem") -> map (240, 240), image score."""
    prompts = "winclip" if arguments.broken == "prompts" else "common21"
    temperature = "0.08" if arguments.broken == "temperature" else "0.07"
    options = ["--prompts", prompts, "--temperature", temperature, "--threads", str(arguments.threads), "--batch", "2"]
    command = [
        arguments.askance,
        "-q",
        "eval",
        "--data",
        data,
        "--model",
        arguments.bundle,
        "--out",
        out,
        "--save-maps",
        *options,
    ]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    results = {}
    with (out / "samples.csv").open() as file:
        for row in csv.DictReader(file):
            anomaly_map = np.load(out / "maps" / row["category"] / f"{row['sample']}.clean.npy")
            results[row["category"], row["sample"]] = anomaly_map, float(row["image_score"])
    return results


def winclip_model(bundle):
    """anomalib's model with a bundle's weights; only the download of weights is left out."""
    from anomalib.models.image.winclip import torch_model

    create = torch_model.open_clip.create_model_and_transforms
    torch_model.open_clip.create_model_and_transforms = lambda name, pretrained: create(name, pretrained=None)
    try:
        model = torch_model.WinClipModel()
    finally:
        torch_model.open_clip.create_model_and_transforms = create
    if torch_model.BACKBONE != ARCHITECTURE:
        sys.exit(f"this anomalib's WinCLIP is made for {torch_model.BACKBONE}, not for {ARCHITECTURE}")
    missing, unexpected = model.clip.load_state_dict(load_state_dict(bundle), strict=False)
    if unexpected or set(missing) - {"logit_scale"}:
        sys.exit(f"the bundle's weights are not those of {ARCHITECTURE}: missing {missing}, unexpected {unexpected}")
    return model.eval()


@torch.no_grad()
def windows_are_apart(model):
    """Whether a window's embedding depends on its own tokens alone, as WinCLIP means it."""
    rows, columns = model.grid_size
    random = torch.Generator().manual_seed(0)
    tokens = torch.randn(1, 1 + rows * columns, model.clip.visual.conv1.out_channels, generator=random)
    changed = tokens.clone()
    changed[:, -1] = torch.randn(tokens.shape[-1], generator=random)
    masks = model.masks[0]
    before, after = (model._get_window_embeddings(t, masks)[0] for t in (tokens, changed))
    moved = (before - after).abs().amax(1) > 1e-4
    holds_it = (masks == rows * columns - 1).any(0)
    return bool((moved == holds_it).all())


def pre_processing(broken):
    """The pre-processor of anomalib's WinClip, file to tensor: of the Pillow picture, and as its data loader does."""
    from anomalib.data.utils import read_image
    from anomalib.models import WinClip

    transform = WinClip.configure_pre_processor().transform
    if broken == "resize":
        transform.transforms[0].interpolation = InterpolationMode.BILINEAR
    if broken == "normalisation":
        transform.transforms[1].mean, transform.transforms[1].std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    resize, normalise = transform.transforms

    def of_picture(path):
        return normalise(to_dtype(to_image(resize(Image.open(path).convert("RGB"))), torch.float32, scale=True))[None]

    return of_picture, lambda path: transform(read_image(path, as_tensor=True))[None]


def compare(theirs, anomaly_map, score):
    """Greatest difference of the maps, difference of the scores."""
    off = np.abs(theirs.anomaly_map.numpy().reshape(anomaly_map.shape) - anomaly_map).max()
    return float(off), abs(float(theirs.pred_score) - score)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="bundle of ViT-B-16-plus-240")
    parser.add_argument("--askance", type=Path, default=ROOT / "target/release/askance")
    parser.add_argument("--photographs", type=Path, help="one category in MVTec AD layout")
    parser.add_argument("--limit", type=int, default=len(SIZES), help="only the first N of the made pictures")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--break", dest="broken", choices=BREAKS, help="; ".join(f"{k}: {v}" for k, v in BREAKS.items())
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(", ".join(f"{p} {version(p)}" for p in ("anomalib", "open_clip_torch", "torch", "torchvision", "pillow")))

    model = winclip_model(arguments.bundle)
    if not windows_are_apart(model):
        found = version("open_clip_torch")
        sys.exit(
            f"open_clip {found} lets anomalib's windows attend to each other; install open_clip_torch below 2.26.1"
        )
    load, load_as_float = pre_processing(arguments.broken)
    differences = []
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data", Path(folder) / "run"
        write_pictures(data, SIZES[: arguments.limit], arguments.photographs, np.random.default_rng(0))
        category = None
        for (name, sample), (anomaly_map, score) in sorted(askance(arguments, data, out).items()):
            if name != category:
                model.setup(name.replace("_", " ") if arguments.broken == "class" else name)
                category = name
            path = data / name / "test" / f"{sample}.png"
            with Image.open(path) as image:
                size = f"{image.width}x{image.height}"
            row = [
                off
                for pixels in (load(path), load_as_float(path))
                for off in compare(model(pixels), anomaly_map, score)
            ]
            differences.append(row)
            print(
                f"{name}/{sample} {size}: map {anomaly_map.min():.3f} to {anomaly_map.max():.3f}, score {score:.3f}; "
                f"off by {row[0]:.1e} and {row[1]:.1e} (as float tensor {row[2]:.1e} and {row[3]:.1e})"
            )
    off, score_off, float_off, float_score_off = np.max(differences, axis=0)
    good = max(off, score_off) <= TOLERANCE
    print(
        f"{len(differences)} pictures: maps agree to {off:.1e}, image scores to {score_off:.1e} "
        f"(as float tensors {float_off:.1e} and {float_score_off:.1e}); {'pass' if good else 'FAIL'} at {TOLERANCE:.0e}"
    )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
