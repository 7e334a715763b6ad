"""A generated set in MVTec AD 2's layout under several lights, attacked by condition and submitted.

    python export/benchmarks/lights.py --askance target/release/askance --out results/lights

Needs numpy, Pillow and tifffile. Every scene is taken under four lights, made on linear light as docs/perturbations.md says: as it is
(`regular`), a stop more (`overexposed`), a stop less (`underexposed`), and half a stop to a stop more on the right than in the middle
(`shift_1`). The script prints what `askance attack` says by condition, and checks the submission that `askance submit` writes with readers
other than its own.
"""

import argparse
import shutil
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

LIGHTS = {
    "regular": (0.0, 0.0),
    "overexposed": (1.0, 0.0),
    "underexposed": (-1.0, 0.0),
    "shift_1": (0.0, 0.75),
}


def lit(picture, exposure, across):
    """An sRGB picture (height, width, 3) of 8 bits with its light changed by stops."""
    value = picture / 255.0
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    width = picture.shape[1]
    place = (2 * np.arange(width) + 1) / width - 1
    light = np.clip(light * 2.0**exposure * 2.0 ** (across * place)[None, :, None], 0, 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * value).astype(np.uint8)


def write(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def generate(askance, out, category, scenes, size):
    """Public, private and validation pictures of one category."""
    for part, seed in (("public", 1), ("private", 2)):
        flags = ["--category", category, "--seed", str(seed), "--size", str(size), "--train", "4"]
        flags += ["--good", str(scenes), "--defective", str(scenes)]
        subprocess.run([askance, "synth", "--out", out / part, *flags, "--quiet"], check=True)
    root = out / "data" / category
    test = out / "public" / category / "test"
    kinds = sorted(path for path in test.iterdir() if path.is_dir())
    number = {"good": 0, "bad": 0}
    for kind in kinds:
        part = "good" if kind.name == "good" else "bad"
        for path in sorted(kind.iterdir()):
            picture = np.asarray(Image.open(path).convert("RGB"))
            scene = f"{number[part]:03d}"
            number[part] += 1
            for light, change in LIGHTS.items():
                write(root / "test_public" / part / f"{scene}_{light}.png", lit(picture, *change))
                if part == "bad":
                    mask = out / "public" / category / "ground_truth" / kind.name / f"{path.stem}_mask.png"
                    target = root / "test_public/ground_truth/bad" / f"{scene}_{light}_mask.png"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(mask, target)
    for number, path in enumerate(sorted((out / "private" / category / "test").glob("*/*.png"))):
        picture = np.asarray(Image.open(path).convert("RGB"))
        change = list(LIGHTS.values())[number % len(LIGHTS)]
        write(root / "test_private" / f"{number:03d}_regular.png", picture)
        write(root / "test_private_mixed" / f"{number:03d}_mixed.png", lit(picture, *change))
    for number, path in enumerate(sorted((out / "public" / category / "train/good").iterdir())):
        write(root / "validation/good" / f"{number:03d}_regular.png", np.asarray(Image.open(path).convert("RGB")))


def check(folder, data):
    """The submission by Pillow, tifffile and tarfile: kinds, sizes, values, names."""
    maps = sorted((folder / "anomaly_images").rglob("*.*"))
    for path in maps:
        inside = path.relative_to(folder / "anomaly_images").with_suffix("")
        size = Image.open(data / inside.with_suffix(".png")).size
        scores = tifffile.imread(path)
        assert scores.dtype == np.float16 and scores.shape == size[::-1], path
        assert np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 1, path
        called = np.asarray(Image.open(folder / "anomaly_images_thresholded" / inside.with_suffix(".png")))
        assert called.dtype == np.uint8 and called.shape == scores.shape, path
        assert set(np.unique(called)) <= {0, 255}, path
        if called.any() and not called.all():
            # One order of scores: what is called lies above what is not, but for the rounding to 16 bits.
            assert scores[called == 255].min() >= scores[called == 0].max() - 2**-10, path
    with tarfile.open(f"{folder}.tar.gz") as archive:
        names = sorted(member.name for member in archive.getmembers())
    files = sorted(str(path.relative_to(folder.parent)) for path in folder.rglob("*.*"))
    assert names == files and len(files) == 2 * len(maps), "the archive holds the folder"
    print(f"checked: {len(maps)} maps, {len(files)} files in the archive")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--askance", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--category", default="hex_nut")
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--budget", type=int, default=20)
    args = parser.parse_args()
    generate(args.askance, args.out, args.category, args.scenes, args.size)
    data = args.out / "data"

    def run(*words):
        subprocess.run([args.askance, *map(str, words), "--quiet"], check=True)

    flags = ["--axes", "exposure", "--attacks", "exposure", "--budget", args.budget]
    run("attack", "--data", data, *flags, "--out", args.out / "attack", "--operating-points")
    run("eval", "--data", data, "--layout", "mvtec-ad-2-private", "--out", args.out / "eval")
    run("submit", args.out / "eval", "--out", args.out / "mine", "--partial")
    run("submit", args.out / "eval", "--out", args.out / "same", "--partial", "--threshold-from", args.out / "attack")
    check(args.out / "mine", data)


if __name__ == "__main__":
    main()
