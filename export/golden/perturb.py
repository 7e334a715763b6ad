"""Golden values for the room `perturb`: what kornia, torch_rotation and torch say about small pictures and maps.

Peers: torch 2.11.0, kornia 0.9.0, torch_rotation 0.1.2, numpy 2.4.6 (other versions should agree to 1e-5).
Run from the repository root; seeded, writes the same files each time:

    python export/golden/perturb.py [tests/golden/perturb]

Written:
  cases.json           one entry per case; `index` counts within the output file of its picture
  picture_<name>.npy   u16 (3, H, W); value / 65535 is the picture
  output_<name>.npy    u16 (cases, 3, H, W), the same scale: rounding costs 8e-6
  patches_<name>.npy   f32 (h, w) patch-level maps
  maps_<name>.npy      f32 (cases, H, W), turned back by kornia
  three_pass_<name>.npy  the same, turned back by torch_rotation with zeros outside
  mask.npy, masks.npy  bool (H, W) and (cases, H, W)

The peers run in double precision, so that only the rounding of the code under test counts. Angles are written as
Askance has them, clockwise; both peers count counter-clockwise, hence the minus signs here.
"""

import json
import math
import sys
from pathlib import Path

import kornia
import numpy as np
import torch
import torch.nn.functional as F
from kornia.color import hsv_to_rgb, rgb_to_hsv
from torch_rotation import rotate_three_pass

ANGLES = [90.0, -90.0, 30.0, -7.5, 45.0, 137.0]
COLOURS = [(math.pi, 0.0), (-math.pi, 0.0), (1.0, 0.0), (-2.5, 0.0), (0.0, 0.5), (0.0, -0.5), (0.0, 0.2)]
COMBINATIONS = [(30.0, 1.0, 0.2), (-7.5, -2.5, -0.5), (137.0, math.pi, 0.5)]
KORNIA_PADDING = {"replicate": "border", "zeros": "zeros", "reflect": "reflection"}
TORCH_PADDING = {"replicate": "replicate", "zeros": "constant", "reflect": "reflect"}
LEVELS = 65535.0


def smooth(size, rng):
    """A random picture without sharp edges, well away from grey for the most part."""
    coarse = torch.from_numpy(rng.random((1, 3, 6, 6)))
    picture = F.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=True)[0]
    return picture.clamp(0, 1).numpy()


def structured(size):
    """Blocks of pure, dark, grey and tied colours, with a bright line: sharp edges and every special case of HSV."""
    palette = np.array(
        [
            [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 1],
            [0.5, 0.5, 0.5], [0.25, 0.5, 0.5], [0.75, 0.25, 0.75], [0.125, 0.125, 0.5],
            [0.6, 0.4, 0.2], [0.05, 0.02, 0.01], [0.9, 0.95, 1.0], [0.3, 0.7, 0.1],
        ]
    )  # fmt: skip
    rows, columns = np.indices((size, size)) * 4 // size
    picture = palette[rows * 4 + columns].transpose(2, 0, 1)
    picture[:, size // 3, :] = np.array([0.9, 0.6, 0.1])[:, None]
    return picture


def rotate(picture, rotation, fill, angle):
    if angle == 0.0:
        return picture
    if rotation == "bilinear":
        turn = torch.tensor([-angle], dtype=torch.float64)
        return kornia.geometry.transform.rotate(picture, turn, padding_mode=KORNIA_PADDING[fill])
    return rotate_three_pass(picture.clone(), math.radians(-angle), padding_mode=TORCH_PADDING[fill])


def shift_colour(picture, hue, saturation):
    h, s, v = rgb_to_hsv(picture).unbind(1)
    h = torch.remainder(h + hue, 2 * math.pi)
    s = (s + saturation).clamp(0, 1)
    return hsv_to_rgb(torch.stack((h, s, v), dim=1))


def plan():
    """(picture, rotation, fill, angle, hue, saturation) of every case."""
    for rotation in ["bilinear", "three-pass"]:
        for name, usual in [("smooth", "replicate"), ("structured", "zeros"), ("odd", "reflect")]:
            for angle in ANGLES:
                yield name, rotation, usual, angle, 0.0, 0.0
            for fill in KORNIA_PADDING:
                if fill != usual:
                    yield name, rotation, fill, 30.0, 0.0, 0.0
        for angle, hue, saturation in COMBINATIONS:
            yield "smooth", rotation, "replicate", angle, hue, saturation
    for hue, saturation in COLOURS:
        yield "smooth", "bilinear", "replicate", 0.0, hue, saturation
        yield "structured", "bilinear", "replicate", 0.0, hue, saturation
    yield "large", "bilinear", "replicate", -64.0, 2.0, 0.3
    yield "large", "three-pass", "replicate", -64.0, 2.0, 0.3


def write_pictures(out, rng):
    pictures = {
        "smooth": smooth(20, rng),
        "structured": structured(20),
        "odd": smooth(21, rng),
        "large": smooth(48, rng),
    }
    for name, picture in pictures.items():
        stored = np.round(picture * LEVELS).astype("<u2")
        np.save(out / f"picture_{name}.npy", stored)
        # What the code under test reads: single-precision values.
        pictures[name] = torch.from_numpy((stored / LEVELS).astype(np.float32)).double()[None]
    cases, outputs = [], {name: [] for name in pictures}
    for name, rotation, fill, angle, hue, saturation in plan():
        picture = rotate(pictures[name], rotation, fill, angle)
        if (hue, saturation) != (0.0, 0.0):
            picture = shift_colour(picture, hue, saturation)
        cases.append(
            dict(
                picture=name, index=len(outputs[name]), rotation=rotation, fill=fill,
                angle_deg=angle, hue_rad=hue, saturation=saturation,
            )  # fmt: skip
        )
        outputs[name].append(np.round(picture[0].numpy() * LEVELS).astype("<u2"))
    for name, output in outputs.items():
        np.save(out / f"output_{name}.npy", np.stack(output))
    return cases


def write_maps(out, rng):
    cases = []
    for name, shape, size in [("square", (6, 6), (24, 24)), ("oblong", (3, 5), (14, 19)), ("smaller", (9, 7), (5, 6))]:
        patches = rng.normal(size=shape).astype("<f4")
        np.save(out / f"patches_{name}.npy", patches)
        map = F.interpolate(torch.from_numpy(patches).double()[None, None], size=size, mode="bilinear", align_corners=False)
        outputs = []
        for angle in [0.0, *ANGLES]:
            cases.append(dict(patches=name, index=len(outputs), size=size, angle_deg=angle))
            # The picture was turned clockwise by `angle`; the way back is counter-clockwise, kornia's positive sense.
            back = kornia.geometry.transform.rotate(map, torch.tensor([angle], dtype=torch.float64)) if angle else map
            outputs.append(back[0, 0].numpy().astype("<f4"))
        np.save(out / f"maps_{name}.npy", np.stack(outputs))
    return cases


def write_maps_by_three_passes(out):
    # A generator of its own, so that the files above stay as they are.
    rng = np.random.default_rng(20240523)
    cases = []
    for name, grid, size in [("even", 6, 24), ("uneven", 5, 19)]:
        patches = rng.random((grid, grid)).astype("<f4")
        np.save(out / f"patches_{name}.npy", patches)
        map = F.interpolate(torch.from_numpy(patches).double()[None, None], size=size, mode="bilinear", align_corners=False)
        outputs = []
        for angle in ANGLES:
            cases.append(dict(patches=name, index=len(outputs), size=size, angle_deg=angle))
            back = rotate_three_pass(map.clone(), math.radians(angle), N=-1, padding_mode="constant")
            outputs.append(back[0, 0].numpy().astype("<f4"))
        np.save(out / f"three_pass_{name}.npy", np.stack(outputs))
    return cases


def write_masks(out, rng):
    mask = smooth(24, rng)[0, :, :20] > 0.5
    np.save(out / "mask.npy", mask)
    turned = [
        kornia.geometry.transform.rotate(
            torch.from_numpy(mask).double()[None, None], torch.tensor([-angle], dtype=torch.float64), mode="nearest"
        )[0, 0].numpy()
        > 0.5
        for angle in ANGLES
    ]
    np.save(out / "masks.npy", np.stack(turned))
    return ANGLES


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/perturb")
    out.mkdir(parents=True, exist_ok=True)
    torch.set_default_dtype(torch.float64)
    rng = np.random.default_rng(20240513)
    cases = {
        "pictures": write_pictures(out, rng),
        "maps": write_maps(out, rng),
        "maps_by_three_passes": write_maps_by_three_passes(out),
        "mask_angles_deg": write_masks(out, rng),
    }
    (out / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
