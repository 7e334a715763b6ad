"""Golden values for resizing at real sizes, for tests/library/dataset_golden.rs: how Pillow (bicubic, antialiased) resizes
pictures that are too large to commit. Digests and coarse samples only, no picture.

Peers: Pillow 13.0.0 and torchvision 0.26.0, whose Resize on a Pillow picture must give the same. (Pillow before 13 takes
the width first for every picture and gives other values for tall ones.) Run from the repository root; needs no seed:

    python export/golden/resize.py [FOLDER]

FOLDER is a category of photographs in MVTec AD layout; without it the recorded photographs stay as they are.
Written to tests/golden/dataset/:
  oblong.json        the same pictures resized to sizes that are not square, among them those on either side of the rule by
                     which Pillow takes the height first
  formula.json       SHA-256 of the 8-bit values of pictures that a formula makes (`formula` below), resized to
                     several sizes
  photographs.json   per photograph its file, size, and every 16th value across and down of the 240 x 240 result
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms.v2.functional import InterpolationMode, resize

OUT = Path("tests/golden/dataset")
# Width and height: reductions by up to 13, enlargements by up to 100, odd shapes.
SHAPES = [(1024, 768), (3111, 517), (640, 2000), (900, 900), (224, 240), (33, 47), (5, 3), (1, 400)]
SIZES = [224, 240, 336, 518]
# Width and height of a picture, and of what it becomes: canvases of `--fit pad` and `tile` (VisA, MVTec AD 2), each turned
# on its side too, one direction alone, enlargements, and reductions by the height's rule H - h > 2 (W - w) and one pixel short of it.
OBLONG = [
    ((1500, 1000), (360, 240)),
    ((1404, 1070), (315, 240)),
    ((2232, 1024), (240, 110)),
    ((4224, 1056), (960, 240)),
    ((1000, 700), (1000, 240)),
    ((1000, 700), (300, 700)),
    ((90, 60), (360, 240)),
    ((300, 800), (290, 779)),
    ((300, 800), (290, 780)),
    ((300, 800), (310, 779)),
    ((300, 801), (300, 800)),
    ((40, 900), (1, 22)),
]
PHOTOGRAPHS = 4


def formula(width, height):
    """Noise, edges and ramps without a random generator: the Rust test makes the same."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    planes = [
        (x * x * 7 + y * y * 13 + x * y * 3) // 5 % 256,
        ((x // 9 + y // 7) % 2) * 255,
        (x * 255 // width + y * 3) % 256,
    ]
    return Image.fromarray(np.stack(planes, -1).astype(np.uint8))


def pillow(image, size):
    return np.asarray(image.resize((size, size), Image.BICUBIC))


def oblong():
    rows = []
    for source, canvas in [pair for one, other in OBLONG for pair in ((one, other), (one[::-1], other[::-1]))]:
        image = formula(*source)
        resized = np.asarray(image.resize(canvas, Image.BICUBIC))
        torch = np.asarray(resize(image, list(canvas[::-1]), InterpolationMode.BICUBIC))
        assert (resized == torch).all(), (source, canvas)
        sha256 = hashlib.sha256(resized.tobytes()).hexdigest()
        rows.append({"source": source, "canvas": canvas, "sha256": sha256})
    (OUT / "oblong.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


def steps_to_torchvision(image, size):
    """Greatest difference in grey levels from torchvision's Resize of the same picture."""
    square = resize(image, [size, size], InterpolationMode.BICUBIC)
    return int(np.abs(pillow(image, size).astype(int) - np.asarray(square, int)).max())


def main():
    rows = []
    for width, height in SHAPES:
        image = formula(width, height)
        digests = {size: hashlib.sha256(pillow(image, size).tobytes()).hexdigest() for size in SIZES}
        assert max(steps_to_torchvision(image, size) for size in SIZES) == 0, (width, height)
        rows.append({"width": width, "height": height, "sha256": digests})
    (OUT / "formula.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    oblong()
    if len(sys.argv) > 1:
        root = Path(sys.argv[1])
        rows = []
        for label in sorted((root / "test").iterdir()):
            for path in sorted(label.iterdir())[:PHOTOGRAPHS]:
                with Image.open(path) as opened:
                    image = opened.convert("RGB")
                assert steps_to_torchvision(image, 240) == 0, path
                samples = pillow(image, 240)[8::16, 8::16].reshape(-1).tolist()
                rows.append(
                    {
                        "file": str(path.relative_to(root)),
                        "width": image.width,
                        "height": image.height,
                        "samples": samples,
                    }
                )
        (OUT / "photographs.json").write_text(
            "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"
        )


if __name__ == "__main__":
    main()
