"""Golden values for the axes beyond the paper's three, and for all axes at once, in `perturb`.

Peers: torch 2.11.0, kornia 0.9.0, torchvision 0.26.0, Pillow 13.0.0, numpy 2.4.6, scipy 1.17.1.
Run from the repository root; seeded, writes the same files each time:

    python export/golden/axes.py [tests/golden/axes]

Written:
  cases.json           pictures, maps and masks, one entry per case; `index` counts within the output file of its picture
  picture_<name>.npy   u16 (3, H, W); value / 65535 is the picture; `bytes` holds whole 8-bit levels
  output_<name>.npy    u16 (cases, 3, H, W), the same scale: rounding costs 8e-6
  patches.npy          f32 (6, 6), a patch-level map, and maps.npy, f32 (cases, 24, 24)
  mask.npy, masks.npy  bool (24, 24) and (cases, 24, 24)

The peers run in double precision, but for Pillow. Where kornia and torchvision both have an operation, they are compared here.
Of a tilt, where the corners go is written here with rotations of scipy, and kornia makes the homography of them and resamples. Light
and camera on linear light have no peer: imagecorruptions, albumentations and kornia change encoded values. What is written follows the
formulas in double precision on the linear light of kornia, and integrates kernels by plain sums over many points.
The colour temperature has no peer of its own kind: what is written follows the formula in double precision, and the
chromaticities are compared here with Planck's law under the colour matching functions of Wyman, Sloan and Shirley (2013).
"""

import io
import json
import math
import sys
from pathlib import Path

import kornia
import numpy as np
import torch
import torch.nn.functional as F
import torchvision.transforms.v2.functional as tvf
from perturb import KORNIA_PADDING, LEVELS, rotate, shift_colour, smooth, structured
from PIL import Image
from scipy.spatial.transform import Rotation

GEOMETRIC = ("angle", "scale", "translate-x", "translate-y", "tilt-x", "tilt-y")
TILT = ("tilt-x", "tilt-y")
LINEAR = (
    "temperature", "tint", "light-x", "light-y", "shadow", "glare", "vignette", "defocus", "motion-x", "motion-y", "exposure", "noise",
)  # fmt: skip
MOVES = [
    {"scale": 0.3},
    {"scale": -0.4},
    {"translate-x": 0.13},
    {"translate-y": -0.2},
    {"angle": 25.0, "scale": -0.2, "translate-x": 0.1, "translate-y": -0.05},
    {"angle": -140.0, "scale": 0.5, "translate-x": -0.3, "translate-y": 0.2},
]
CAMERA = [
    {"temperature": 50.0}, {"temperature": -50.0}, {"temperature": 300.0}, {"temperature": -100.0},
    {"blur": 0.4}, {"blur": 1.0}, {"blur": 2.5}, {"blur": 6.0},
    {"brightness": 0.2}, {"brightness": -0.35}, {"contrast": 0.5}, {"contrast": -1.0}, {"gamma": 0.5}, {"gamma": -0.7},
]  # fmt: skip
COMBINED = {
    "angle": 12.0, "hue": 0.7, "saturation": -0.2, "scale": 0.15, "translate-x": -0.06, "translate-y": 0.08,
    "temperature": 40.0, "blur": 0.8, "brightness": 0.07, "contrast": 0.3, "gamma": -0.25,
}  # fmt: skip
TILTS = [
    {"tilt-x": 5.0},
    {"tilt-y": -5.0},
    {"tilt-x": -33.0, "tilt-y": 21.0},
    {"angle": 25.0, "scale": -0.2, "translate-x": 0.1, "translate-y": -0.05, "tilt-x": 12.0, "tilt-y": 8.0},
    {"angle": -140.0, "scale": 0.4, "translate-x": -0.1, "translate-y": 0.2, "tilt-x": -20.0, "tilt-y": 30.0},
]
LIGHT = [
    {"tint": 0.2}, {"tint": -0.7}, {"light-x": 0.5}, {"light-y": -0.5}, {"light-x": -2.0, "light-y": 1.5},
    {"glare": 0.3}, {"glare": 1.5}, {"vignette": 1.0}, {"vignette": -0.5}, {"vignette": 3.0},
    {"defocus": 0.3}, {"defocus": 1.0}, {"defocus": 2.7}, {"defocus": 6.0},
    {"motion-x": 0.5}, {"motion-x": 8.0}, {"motion-y": 3.3}, {"motion-x": -5.2, "motion-y": 2.1}, {"motion-x": 31.0, "motion-y": 17.0},
    {"exposure": 1.0}, {"exposure": -1.0}, {"exposure": 3.0}, {"noise": 1.0}, {"noise": 10.0}, {"noise": 64.0},
]  # fmt: skip
LIT = {
    "temperature": 40.0, "tint": -0.1, "light-x": 0.4, "light-y": -0.3, "glare": 0.5, "vignette": 0.6, "defocus": 1.4,
    "motion-x": 2.5, "motion-y": 1.0, "exposure": -0.4, "noise": 4.0,
}  # fmt: skip
MIRRORS = [{"mirror": 1.0}, {"mirror": 2.0}, {"mirror": 3.0}]
MIRRORED = [{**values, **TILTS[3]} for values in MIRRORS]
SHADES = [{"shadow": 0.4}, {"shadow": 2.0}, {"shadow": 6.0}]
GLARE = {"x": 0.5, "y": 0.5, "size": 0.1}
GLARES = [{"x": 0.25, "y": 0.25, "size": 0.05}, {"x": 1.0, "y": 0.3, "size": 0.4}, {"x": 0.12, "y": 0.87, "size": 2.0}]
LOSSES = [1.0, 20.0, 50.0, 85.0]


def kornia_matrix(values, size):
    """Where pixels go, (1, 2, 3): turned clockwise and zoomed about the centre, then shifted."""
    centre = torch.tensor([[(size - 1) / 2, (size - 1) / 2]])
    shift = torch.tensor([[values.get("translate-x", 0.0), values.get("translate-y", 0.0)]]) * size
    zoom = torch.full((1, 2), 2.0 ** values.get("scale", 0.0))
    matrix = kornia.geometry.transform.get_affine_matrix2d(
        shift, centre, zoom, torch.tensor([values.get("angle", 0.0)])
    )
    return matrix[:, :2]


def homography(values, size):
    """Where pixels go, (1, 3, 3): tilted, then as by `kornia_matrix`.

    The part lies in the plane z = 0 and is rotated about the vector (-x, y) of the two tilts in the order (about x, about y), y being
    down and z away from the pinhole camera, 1.2 lengths of the picture above it.
    """
    last, distance = size - 1.0, 1.2 * size
    corners = np.array([[0.0, 0.0], [last, 0.0], [last, last], [0.0, last]])
    x, y = math.radians(values.get("tilt-x", 0.0)), math.radians(values.get("tilt-y", 0.0))
    rotated = Rotation.from_rotvec([x, -y, 0.0]).apply(np.hstack([corners - last / 2, np.zeros((4, 1))]))
    seen = rotated[:, :2] * (distance / (distance + rotated[:, 2:])) + last / 2
    tilt = kornia.geometry.transform.get_perspective_transform(torch.from_numpy(corners)[None], torch.from_numpy(seen)[None])
    rest = torch.cat([kornia_matrix(values, size), torch.tensor([[[0.0, 0.0, 1.0]]])], dim=1)
    return rest @ tilt


def move(picture, values, rotation, fill):
    size = picture.shape[-1]
    if any(values.get(axis) for axis in TILT):
        assert rotation == "bilinear"
        matrix = homography(values, size)
        return kornia.geometry.transform.warp_perspective(
            picture, matrix, (size, size), padding_mode=KORNIA_PADDING[fill], align_corners=True
        )
    if rotation == "three-pass" and values.get("angle", 0.0):
        picture = rotate(picture, rotation, fill, values["angle"])
        values = {**values, "angle": 0.0}
    if not any(values.get(axis) for axis in GEOMETRIC):
        return picture
    return kornia.geometry.transform.warp_affine(
        picture, kornia_matrix(values, size), (size, size), padding_mode=KORNIA_PADDING[fill], align_corners=True
    )


def black_body(kelvin):
    """Chromaticity (x, y) of a black body after Kim et al. (US 7024034 B2)."""
    t = 1e3 / kelvin
    if kelvin <= 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif kelvin <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return x, y


def planck(kelvin):
    """The same by integration, good to about 0.003."""
    wave = np.arange(360.0, 831.0)

    def lobe(middle, left, right):
        return np.exp(-0.5 * ((wave - middle) * np.where(wave < middle, left, right)) ** 2)

    xyz = (
        1.056 * lobe(599.8, 0.0264, 0.0323) + 0.362 * lobe(442.0, 0.0624, 0.0374) - 0.065 * lobe(501.1, 0.0490, 0.0382),
        0.821 * lobe(568.8, 0.0213, 0.0247) + 0.286 * lobe(530.9, 0.0613, 0.0322),
        1.217 * lobe(437.0, 0.0845, 0.0278) + 0.681 * lobe(459.0, 0.0385, 0.0725),
    )
    radiance = wave**-5 / np.expm1(1.438777e7 / (wave * kelvin))
    x, y, z = ((radiance * curve).sum() for curve in xyz)
    return x / (x + y + z), y / (x + y + z)


def linear_rgb(xy):
    x, y = xy
    matrix = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return np.maximum(matrix @ np.array([x / y, 1.0, (1 - x - y) / y]), 0.0)


def tent(x):
    return np.maximum(0.0, 1.0 - np.abs(x))


def mean_over(light, ys, xs, weights):
    """The mean of a bilinear picture, (3, H, W), over points about each pixel."""
    down, across = (math.ceil(np.abs(values).max()) + 1 for values in (ys, xs))
    rows, columns = np.arange(-down, down + 1.0), np.arange(-across, across + 1.0)
    kernel = (tent(rows[:, None] - ys) * weights / weights.sum()) @ tent(columns[:, None] - xs).T
    padded = np.pad(light, ((0, 0), (down, down), (across, across)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape, axis=(1, 2))
    return (windows * kernel).sum(axis=(3, 4))


def motion(light, x, y):
    t = (np.arange(200_000) + 0.5) / 200_000 - 0.5
    return mean_over(light, t * y, t * x, np.ones_like(t))


def defocus(light, radius):
    r, angle = np.meshgrid((np.arange(1000) + 0.5) / 1000 * radius, (np.arange(2000) + 0.5) / 2000 * 2 * np.pi)
    return mean_over(light, (r * np.sin(angle)).ravel(), (r * np.cos(angle)).ravel(), r.ravel())


def normal_field(height, width):
    """SplitMix64 of channel, row and column to a standard normal number by Box and Muller."""
    channel, y, x = np.meshgrid(*(np.arange(n, dtype=np.uint64) for n in (3, height, width)), indexing="ij")
    counter = (channel << np.uint64(48)) | (y << np.uint64(24)) | x
    bits = counter * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x5EED0F119A7ED007)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    high = ((bits >> np.uint64(32)) + np.uint64(1)).astype(float) / 2**32
    low = (bits & np.uint64(0xFFFFFFFF)).astype(float) / 2**32
    return np.sqrt(-2 * np.log(high)) * np.cos(2 * np.pi * low)


def add_noise(light, levels):
    read, grey = 2.5, ((0.5 + 0.055) / 1.055) ** 2.4
    variance = (levels / 255 / (1.055 / 2.4 * grey ** (1 / 2.4 - 1))) ** 2
    full = 1 / max(np.roots([read**2, grey, -variance]))
    return light + normal_field(*light.shape[1:]) * np.sqrt(light / full + (read / full) ** 2)


def hidden(height, width):
    """The share of a round lamp that a straight edge hides: the area of its disc on one side of a chord, by plain sums.

    The edge runs at 45 degrees through the centre; its border is a tenth of the width wide.
    """
    y, x = ((np.arange(n) + 0.5) - n / 2 for n in (height, width))
    place = np.clip((x + y[:, None]) / math.sqrt(2) / (0.05 * width), -1, 1)
    angle = (np.arange(400_000) + 0.5) / 400_000 * np.pi
    # Chords at -cos(angle), half a length of sin(angle), and so thick.
    area = np.concatenate([[0.0], np.cumsum(np.sin(angle) ** 2)])
    edges = -np.cos(np.arange(400_001) / 400_000 * np.pi)
    return np.interp(place, edges, area / area[-1])


def mirror(picture, index):
    transform = kornia.geometry.transform
    return {1: transform.hflip, 2: transform.vflip, 3: transform.rot180}[int(index)](picture)


def relight(picture, values, glare):
    of = {axis: values.get(axis, 0.0) for axis in LINEAR}
    there, here = linear_rgb(black_body(1e6 / (1e6 / 6500 + of["temperature"]))), linear_rgb(black_body(6500))
    tint = np.array([2.0 ** of["tint"], 1.0, 2.0 ** of["tint"]])
    gains = (there / there[1]) / (here / here[1]) * tint
    light = kornia.color.rgb_to_linear_rgb(picture)[0].numpy() * gains[:, None, None]
    height, width = light.shape[1:]
    y, x = ((np.arange(n) + 0.5) - n / 2 for n in (height, width))
    y = y[:, None]
    light = light * 2.0 ** (of["light-x"] * x / (width / 2) + of["light-y"] * y / (height / 2))
    light = light * (1 - (1 - 2.0 ** -of["shadow"]) * hidden(height, width))
    across, down = x - (glare["x"] - 0.5) * width, y - (glare["y"] - 0.5) * height
    light = light + of["glare"] * np.exp(-(across**2 + down**2) / (2 * (glare["size"] * width) ** 2))
    light = light * 2.0 ** (-of["vignette"] * (x**2 + y**2) / ((width / 2) ** 2 + (height / 2) ** 2))
    if of["defocus"]:
        light = defocus(light, of["defocus"])
    if of["motion-x"] or of["motion-y"]:
        light = motion(light, of["motion-x"], of["motion-y"])
    light = light * 2.0 ** of["exposure"]
    if of["noise"]:
        light = add_noise(light, of["noise"])
    return kornia.color.linear_rgb_to_rgb(torch.from_numpy(light)[None].clamp(0, 1)).clamp(0, 1)


def blur(picture, sigma):
    side = 2 * math.ceil(3 * sigma) + 1
    blurred = kornia.filters.gaussian_blur2d(picture, (side, side), (sigma, sigma), border_type="reflect")
    assert (tvf.gaussian_blur(picture, [side, side], [sigma, sigma]) - blurred).abs().max() < 1e-9
    return blurred


def stretch(picture, log2):
    changed = kornia.enhance.adjust_contrast_with_mean_subtraction(picture, 2.0**log2)
    # torchvision rounds one weight of the luma to 0.2989.
    assert (tvf.adjust_contrast(picture, 2.0**log2) - changed).abs().max() < 2e-4
    return changed


def compress(picture, loss):
    levels = np.round(picture[0].numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=round(100 - loss), subsampling=0)
    decoded = np.asarray(Image.open(io.BytesIO(file.getvalue())))
    return torch.from_numpy(decoded.transpose(2, 0, 1) / 255.0)[None]


def perturbed(picture, values, rotation="bilinear", fill="replicate", glare=GLARE):
    steps = [
        (("mirror",), lambda p: mirror(p, values["mirror"])),
        (GEOMETRIC, lambda p: move(p, values, rotation, fill)),
        (("hue", "saturation"), lambda p: shift_colour(p, values.get("hue", 0.0), values.get("saturation", 0.0))),
        (LINEAR, lambda p: relight(p, values, glare)),
        (("blur",), lambda p: blur(p, values["blur"])),
        (("brightness",), lambda p: kornia.enhance.adjust_brightness(p, values["brightness"])),
        (("contrast",), lambda p: stretch(p, values["contrast"])),
        (("gamma",), lambda p: kornia.enhance.adjust_gamma(p, 2.0 ** values["gamma"])),
        (("jpeg",), lambda p: compress(p, values["jpeg"])),
    ]
    for axes, step in steps:
        if any(values.get(axis) for axis in axes):
            picture = step(picture)
    return picture


def plan():
    """(picture, values, rotation, fill) of every case."""
    for name, fill in [("smooth", "replicate"), ("structured", "zeros"), ("odd", "reflect")]:
        for values in MOVES:
            yield name, values, "bilinear", fill
    for values in MOVES[-2:]:
        yield "smooth", values, "three-pass", "replicate"
        yield "structured", values, "three-pass", "zeros"
    for values in CAMERA:
        yield "smooth", values, "bilinear", "replicate"
        yield "structured", values, "bilinear", "replicate"
    yield "large", COMBINED, "bilinear", "replicate"
    yield "large", COMBINED, "three-pass", "reflect"
    for loss in LOSSES:
        yield "bytes", {"jpeg": loss}, "bilinear", "replicate"
    yield "large", {**COMBINED, "jpeg": 40.0}, "bilinear", "replicate"
    for name, fill in [("smooth", "replicate"), ("structured", "zeros"), ("odd", "reflect")]:
        for values in TILTS:
            yield name, values, "bilinear", fill
    for values in LIGHT:
        yield "smooth", values, "bilinear", "replicate"
        yield "structured", values, "bilinear", "replicate"
    yield "large", LIT, "bilinear", "replicate"
    yield "large", {**COMBINED, **TILTS[-2], **LIT}, "bilinear", "replicate"
    for values in SHADES:
        yield "smooth", values, "bilinear", "replicate"
        yield "structured", values, "bilinear", "replicate"
    yield "odd", SHADES[1], "bilinear", "replicate"
    yield "large", {**LIT, "shadow": 1.3}, "bilinear", "replicate"
    for values in MIRRORS:
        yield "odd", values, "bilinear", "replicate"
    for values in MIRRORED:
        yield "structured", values, "bilinear", "zeros"
    yield "smooth", {**MIRRORS[0], **MOVES[-1]}, "three-pass", "replicate"


def glares():
    """(picture, values, rotation, fill, glare) of every case with a glare of another place and size."""
    for glare in GLARES:
        yield "smooth", {"glare": 1.5}, "bilinear", "replicate", glare
        yield "structured", {"glare": 0.3}, "bilinear", "replicate", glare
    yield "large", LIT, "bilinear", "replicate", GLARES[0]


def write_pictures(out, rng):
    pictures = {"smooth": smooth(20, rng), "structured": structured(20), "odd": smooth(21, rng), "large": smooth(48, rng)}
    pictures["bytes"] = np.round((0.7 * smooth(45, rng) + 0.3 * rng.random((3, 45, 45))) * 255) / 255
    for name, picture in pictures.items():
        stored = np.round(picture * LEVELS).astype("<u2")
        np.save(out / f"picture_{name}.npy", stored)
        pictures[name] = torch.from_numpy((stored / LEVELS).astype(np.float32)).double()[None]
    cases, outputs = [], {name: [] for name in pictures}
    for name, values, rotation, fill, *glare in [*plan(), *glares()]:
        picture = perturbed(pictures[name], values, rotation, fill, *glare)
        case = dict(picture=name, index=len(outputs[name]), rotation=rotation, fill=fill, values=list(values.items()))
        cases.append({**case, **({"glare": glare[0]} if glare else {})})
        outputs[name].append(np.round(picture[0].numpy() * LEVELS).astype("<u2"))
    for name, output in outputs.items():
        np.save(out / f"output_{name}.npy", np.stack(output))
    return cases


def write_maps(out, rng):
    patches = rng.normal(size=(6, 6)).astype("<f4")
    np.save(out / "patches.npy", patches)
    map = F.interpolate(
        torch.from_numpy(patches).double()[None, None], size=(24, 24), mode="bilinear", align_corners=False
    )
    outputs = []
    for values in MOVES:
        forward = torch.cat([kornia_matrix(values, 24), torch.tensor([[[0.0, 0.0, 1.0]]])], dim=1)
        back = torch.linalg.inv(forward)[:, :2]
        outputs.append(kornia.geometry.transform.warp_affine(map, back, (24, 24), align_corners=True)[0, 0].numpy())
    for values in TILTS:
        back = torch.linalg.inv(homography(values, 24))
        outputs.append(kornia.geometry.transform.warp_perspective(map, back, (24, 24), align_corners=True)[0, 0].numpy())
    for values in MIRRORED:
        back = torch.linalg.inv(homography(values, 24))
        tilted = kornia.geometry.transform.warp_perspective(map, back, (24, 24), align_corners=True)
        outputs.append(mirror(tilted, values["mirror"])[0, 0].numpy())
    np.save(out / "maps.npy", np.stack(outputs).astype("<f4"))


def write_masks(out, rng):
    mask = smooth(24, rng)[0] > 0.5
    np.save(out / "mask.npy", mask)
    soft = torch.from_numpy(mask).double()[None, None]
    outputs = [
        kornia.geometry.transform.warp_affine(soft, kornia_matrix(values, 24), (24, 24), mode="nearest", align_corners=True)
        for values in MOVES
    ]
    outputs += [
        kornia.geometry.transform.warp_perspective(soft, homography(values, 24), (24, 24), mode="nearest", align_corners=True)
        for values in TILTS
    ]
    outputs += [
        kornia.geometry.transform.warp_perspective(
            mirror(soft, values["mirror"]), homography(values, 24), (24, 24), mode="nearest", align_corners=True
        )
        for values in MIRRORED
    ]
    np.save(out / "masks.npy", np.stack([output[0, 0].numpy() > 0.5 for output in outputs]))


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/axes")
    out.mkdir(parents=True, exist_ok=True)
    torch.set_default_dtype(torch.float64)
    for kelvin in [1700, 2000, 2222, 2856, 4000, 5000, 6500, 8000, 12000, 20000]:
        difference = np.abs(np.subtract(black_body(kelvin), planck(kelvin))).max()
        assert difference < 4e-3, f"{kelvin} K: {difference}"
    rng = np.random.default_rng(20261018)
    cases = write_pictures(out, rng)
    write_maps(out, rng)
    write_masks(out, rng)
    moves = [list(values.items()) for values in MOVES + TILTS + MIRRORED]
    (out / "cases.json").write_text(json.dumps({"pictures": cases, "moves": moves}, indent=1) + "\n")


if __name__ == "__main__":
    main()
