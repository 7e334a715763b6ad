"""The authors' attack in torch: that it attacks Askance's objective, goes downhill, and stays in the box."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from askance_export import open_clip_model
from askance_export.adam_attack import attack, objective, starts
from askance_export.askance_run import Sample
from askance_export.catalogue import choose
from askance_export.evaluate import WinClip
from askance_export.semantic import HIGH, LOW, contrast, perturb, restore, turn
from askance_export.torch_segmenter import TorchSegmenter

POCKET = Path(__file__).resolve().parents[2] / "models" / "pocket"
CATEGORIES = ["hex_nut", "battery"]
# Away from every kink, and one corner of the box.
PERTURBATIONS = torch.tensor([[17.3, 1.1, 0.11], [-90.0, -math.pi, 0.5]])


@pytest.fixture(scope="module")
def segmenter() -> TorchSegmenter:
    return TorchSegmenter(POCKET)


@pytest.fixture(scope="module")
def parts() -> tuple[torch.Tensor, torch.Tensor]:
    """A ring with a bright streak and the same without it, and their masks. No pixel is near grey, where hue is undefined, and
    none is saturated."""
    y, x = torch.meshgrid(torch.arange(192.0), torch.arange(192.0), indexing="ij")
    radius = torch.hypot(x - 96, y - 92)
    colour = lambda *rgb: torch.tensor(rgb).view(3, 1, 1)
    ground = colour(0.72, 0.68, 0.55) + 0.03 * torch.sin(x / 9)
    good = torch.where((radius < 60) & (radius > 22), colour(0.35, 0.45, 0.55) + 0.05 * torch.cos(y / 13), ground)
    mask = ((x - y).abs() < 5) & (radius < 50) & (radius > 26) & (x > 96)
    bad = torch.where(mask, colour(0.85, 0.6, 0.5), good)
    return torch.stack([bad, good]), torch.stack([mask, torch.zeros_like(mask)])


@pytest.fixture(scope="module")
def pictures(parts) -> torch.Tensor:
    return parts[0]


@pytest.fixture(scope="module")
def masks(parts) -> torch.Tensor:
    return parts[1]


def test_the_perturbation_is_kornias(pictures):
    kornia = pytest.importorskip("kornia")
    for perturbation in PERTURBATIONS:
        angle, hue, saturation = perturbation
        wanted = kornia.geometry.transform.rotate(pictures, -angle.view(1), padding_mode="border")
        # Positions in single precision: 2e-5 of a pixel, at edges of 0.4.
        assert (turn(pictures, angle.expand(2), "border") - wanted).abs().max() < 3e-5
        h, s, v = kornia.color.rgb_to_hsv(wanted).unbind(1)
        h, s = torch.remainder(h + hue, 2 * math.pi), (s + saturation).clamp(0, 1)
        wanted = kornia.color.hsv_to_rgb(torch.stack((h, s, v), dim=1))
        found = perturb(pictures, perturbation.expand(2, 3))
        assert (found - wanted).abs().max() < 5e-5
    grey = perturb(torch.full((1, 3, 4, 4), 0.5), torch.tensor([[0.0, 0.0, 0.5]]))
    assert torch.allclose(grey[0, :, 1, 1], torch.tensor([0.5, 0.25, 0.25])), "grey turns red"


def test_a_quarter_turn_is_clockwise_and_comes_back(pictures):
    quarter = torch.tensor([90.0])
    turned = turn(pictures[:1], quarter, "border")
    assert torch.allclose(turned, torch.rot90(pictures[:1], -1, (2, 3)), atol=1e-4)
    patches = torch.rand(1, 12, 12)
    upright = restore(patches, 192, torch.zeros(1))
    assert torch.allclose(restore(torch.rot90(patches, -1, (1, 2)), 192, quarter), upright, atol=1e-4)


def test_the_objective_is_that_of_the_committed_graph(segmenter, pictures, masks):
    perturbed = perturb(pictures, PERTURBATIONS)
    maps, _ = WinClip(POCKET).segment(perturbed.numpy(), CATEGORIES)
    with torch.no_grad():
        found = segmenter(perturbed, CATEGORIES)
        losses = objective(segmenter, pictures, masks, CATEGORIES, PERTURBATIONS)
    assert np.abs(found.numpy() - maps).max() < 1e-5
    for i, (angle, _, _) in enumerate(PERTURBATIONS):
        full = restore(torch.from_numpy(maps[i : i + 1]).float(), 192, angle.view(1))[0].numpy().astype(float)
        inside = full[masks[i]].mean() if masks[i].any() else 0.0
        assert abs(float(losses[i]) - (inside - full[~masks[i].numpy()].mean())) < 1e-5
    assert losses.max() - losses.min() > 0.05, "the losses are too much alike to tell anything"


def test_a_class_without_pixels_counts_nothing():
    maps = torch.full((1, 4, 4), 0.25)
    assert contrast(maps, torch.zeros(1, 4, 4, dtype=torch.bool)) == -0.25
    assert contrast(maps, torch.ones(1, 4, 4, dtype=torch.bool)) == 0.25


def test_the_derivative_points_uphill(segmenter, pictures, masks):
    at = PERTURBATIONS[:1].clone().requires_grad_()
    loss = objective(segmenter, pictures[:1], masks[:1], CATEGORIES[:1], at)
    loss.sum().backward()
    for axis, step in enumerate((0.2, 0.01, 0.005)):
        with torch.no_grad():
            ends = at.detach().repeat(2, 1)
            ends[:, axis] += torch.tensor([step, -step])
            pair = [objective(segmenter, pictures[:1], masks[:1], CATEGORIES[:1], end[None]) for end in ends]
        slope = float(pair[0] - pair[1]) / (2 * step)
        assert slope == pytest.approx(float(at.grad[0, axis]), rel=0.15), f"axis {axis}"


def test_steps_stay_in_the_box_begin_at_identity_and_restart(segmenter, pictures, masks):
    names = ["a", "b"]
    # Steps as long as the box: most of them end beyond it.
    done = attack(segmenter, pictures, masks, CATEGORIES, names, 3, 7, 4, learning_rates=(200.0, 7.0, 1.1))
    assert done.perturbations.shape == (7, 2, 3) and done.losses.shape == (7, 2)
    low, high = LOW.numpy(), HIGH.numpy()
    # Adding the clipped part back costs a rounding.
    assert (done.perturbations >= low - 1e-5).all() and (done.perturbations <= high + 1e-5).all()
    assert (done.perturbations == low).any() or (done.perturbations == high).any(), "nothing was clipped"
    assert (done.perturbations[0] == 0).all()
    begins = starts(3, names, 2).numpy()
    assert np.allclose(done.perturbations[4], begins[1], atol=1e-5)
    assert (np.diff(done.seconds) > 0).all()


def test_it_goes_downhill_and_samples_do_not_see_each_other(segmenter, pictures, masks):
    names = ["a", "b"]
    both = attack(segmenter, pictures, masks, CATEGORIES, names, 0, 5, 3)
    assert (both.losses[1:3].min(axis=0) < both.losses[0] - 1e-3).all()
    alone = attack(segmenter, pictures[1:], masks[1:], CATEGORIES[1:], names[1:], 0, 5, 3)
    assert np.abs(alone.perturbations[:, 0] - both.perturbations[:, 1]).max() < 1e-2
    assert not np.array_equal(both.perturbations[3, 0], both.perturbations[3, 1]), "two samples, one start"
    other = attack(segmenter, pictures[1:], masks[1:], CATEGORIES[1:], names[1:], 1, 4, 3)
    assert not np.array_equal(other.perturbations[3], alone.perturbations[3]), "the seed decides the starts"


def test_an_exported_backbone_is_read_back(tmp_path):
    open_clip_model.write(open_clip_model.from_seed(choose("tiny"), 0), tmp_path, "tiny")
    segmenter = TorchSegmenter(tmp_path, "tiny")
    pictures = torch.rand(2, 3, 80, 80, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        maps = segmenter(pictures, CATEGORIES)
    wanted, _ = WinClip(tmp_path).segment(pictures.numpy(), CATEGORIES)
    assert np.abs(maps.numpy() - wanted).max() < 1e-5 and np.ptp(wanted) > 0.05


def test_several_masks_and_a_palette_are_one_mask(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "picture.png")
    grey = np.zeros((4, 4), np.uint8)
    grey[0, 0] = 1
    Image.fromarray(grey).save(tmp_path / "grey.png")
    indices = np.zeros((4, 4), np.uint8)
    indices[1, 1], indices[2, 2] = 1, 2
    palette = Image.fromarray(indices).convert("P")
    palette.putpalette([0, 0, 0, 0, 0, 0, 9, 0, 0] + [0] * 759)
    palette.save(tmp_path / "palette.png")
    masks = (tmp_path / "grey.png", tmp_path / "palette.png")
    _, mask = Sample("data", "part", "part/cut/0", tmp_path / "picture.png", masks).load(4)
    assert mask.nonzero().tolist() == [[0, 0], [2, 2]]
