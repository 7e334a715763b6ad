"""Golden values for the room `dataset`: how Pillow resizes pictures and masks, and files that only Pillow writes easily.

Peers: Pillow 13.0.0 (earlier ones resize tall pictures in another order), torch 2.11.0, numpy 2.4.6.
Run from the repository root; seeded, writes the same files each time:

    python export/golden/dataset.py [tests/golden/dataset]

Written:
  picture_<name>.png       generated RGB pictures: smooth ground, hard edges, noise
  resized_<name>_<S>.png   the same after Image.resize((S, S), BICUBIC)
  mask_<name>.png          generated masks, 0 or 255
  nearest_<name>_<S>.png   the same after Image.resize((S, S), NEAREST); torch's nearest-exact is checked to agree
  palette_mask.png         a mask of palette indices: 0 black, 1 dark blue, 2 red
  palette.png, grey1.png   a picture with a palette, a picture of one bit per pixel
  read_<name>.png          what Pillow's convert("RGB") makes of these two
  cases.json               names and sizes
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

# Odd sizes: no output centre then falls exactly between two input pixels, where the peers' rounding errors would decide.
SIZES = {"wide": (97, 65), "tall": (91, 211), "square": (161, 161)}
TARGETS = [48, 96, 150]


def picture(rng, width, height):
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = [
        127 + 90 * np.sin(x / (7 + 5 * channel) + channel) * np.cos(y / (11 + 3 * channel)) for channel in range(3)
    ]
    pixels = np.stack(planes, axis=-1)
    pixels[height // 4 : height // 2, width // 3 : width // 2] = (250, 10, 30)
    pixels[::9, width // 2 :] = (0, 255, 255)
    pixels[height // 2 :, : width // 4] += rng.normal(0, 60, (height - height // 2, width // 4, 3))
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)


def mask(rng, width, height):
    y, x = np.mgrid[0:height, 0:width]
    inside = (x - width * 0.4) ** 2 + (y - height * 0.6) ** 2 < (min(width, height) * 0.23) ** 2
    return ((inside | (rng.random((height, width)) < 0.05)) * 255).astype(np.uint8)


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/dataset")
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20240514)

    def save(name, image):
        image.save(out / name, optimize=True)

    cases = []
    for name, (width, height) in SIZES.items():
        colour = Image.fromarray(picture(rng, width, height))
        truth = Image.fromarray(mask(rng, width, height))
        save(f"picture_{name}.png", colour)
        save(f"mask_{name}.png", truth)
        for size in TARGETS:
            save(f"resized_{name}_{size}.png", colour.resize((size, size), Image.BICUBIC))
            nearest = truth.resize((size, size), Image.NEAREST)
            tensor = torch.from_numpy(np.asarray(truth).copy())[None, None]
            exact = torch.nn.functional.interpolate(tensor, size=(size, size), mode="nearest-exact")[0, 0].numpy()
            assert np.array_equal(exact, np.asarray(nearest)), (name, size)
            save(f"nearest_{name}_{size}.png", nearest)
            cases.append({"name": name, "size": size})

    indices = np.zeros((20, 30), dtype=np.uint8)
    indices[3:8, 4:9] = 1
    indices[12:15, 20:29] = 2
    palette = Image.fromarray(indices).convert("P")
    palette.putpalette([0, 0, 0, 0, 0, 1, 255, 0, 0] + [9, 9, 9] * 253)
    palette.save(out / "palette_mask.png")
    colour = Image.open(out / "picture_wide.png")
    special = {"palette": colour.quantize(64, dither=Image.Dither.NONE), "grey1": colour.convert("1")}
    for name, image in special.items():
        save(f"{name}.png", image)
        save(f"read_{name}.png", image.convert("RGB"))
    (out / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
