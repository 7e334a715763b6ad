"""The model, its export, and the parts of training that can go wrong without failing."""

import math
import random

import numpy as np
import onnx
import pytest
import torch

from askance_export.augment import PLAIN, ROBUST, augment, hue_saturation
from askance_export.bundle import load_model, load_state_dict, numpy_state, parity, write_bundle
from askance_export.captions import caption, random_noun, winclip_prompts
from askance_export.evaluate import WinClip
from askance_export.metrics import aupro, pauroc
from askance_export.model import Clip, Config, window_indices
from askance_export.muon import Muon
from askance_export.pictures import Pictures
from askance_export.tokeniser import tokenise
from askance_export.towers import image_graph
from askance_export.train import Pool, Recipe, contrastive_loss, train


@pytest.fixture(scope="module")
def model() -> Clip:
    return Clip(Config(), seed=3).eval()


@pytest.fixture(scope="module")
def bundle(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles") / "tiny"
    assert write_bundle(model, out, "tiny", "test", "random weights") < 1e-4
    return out


def pictures(n: int, size: int = 192) -> torch.Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(0))


def test_window_indices():
    two = window_indices(12, 2)
    assert two.shape == (121, 4) and two.dtype == np.int64
    assert two[0].tolist() == [0, 1, 12, 13] and two[1].tolist() == [1, 2, 13, 14] and two[11].tolist() == [12, 13, 24, 25]
    assert window_indices(12, 3).shape == (100, 9)
    assert window_indices(12, 2, stride=2).shape == (36, 4)


def test_shapes_and_norms(model):
    with torch.no_grad():
        out = model.winclip(pictures(2))
    assert {k: tuple(v.shape) for k, v in out.items()} == {1: (2, 64), 2: (2, 121, 64), 3: (2, 100, 64)}
    for v in out.values():
        assert torch.allclose(v.norm(dim=-1), torch.ones(v.shape[:-1]), atol=1e-5)


def test_patch_embedding_is_the_convolutions(model):
    x = pictures(2)
    with torch.no_grad():
        slow = model.visual.conv1(model.visual.stem(x)).flatten(2).transpose(1, 2)
        assert torch.allclose(model.visual.patch_embed(x), slow, atol=1e-5)


def test_class_only_is_the_same_value(model):
    with torch.no_grad():
        x = model.visual.ln_pre(model.visual.tokens(pictures(1)))
        assert torch.allclose(model.visual.transformer(x)[:, :1], model.visual.transformer(x, class_only=True), atol=1e-5)


def test_windows_are_independent_and_differ(bundle):
    clip = WinClip(bundle)
    before = pictures(1).numpy()
    after = before.copy()
    after[:, :, 160:, 160:] = 0.1  # the last 2 x 2 patches
    names = ["window_embedding_2", "window_embedding_3", "image_embedding"]

    def run(pixels):
        feeds = {"pixels": pixels, "text": clip.prompts("object")[None], "temperature": clip.temperature}
        return clip.image.run(names, feeds | {f"windows_{k}": w for k, w in clip.windows.items()})

    changed_patches = {r * 12 + c for r in (10, 11) for c in (10, 11)}
    old, new = run(before), run(after)
    for k, a, b in zip((2, 3), old, new, strict=False):
        touched = np.array([bool(changed_patches & set(w)) for w in window_indices(12, k).tolist()])
        difference = np.abs(a - b).max(-1)[0]
        assert difference[~touched].max() < 1e-6
        assert difference[touched].min() > 1e-4
        assert np.linalg.norm(a[0, 0] - a[0, 1]) > 1e-3
    assert np.abs(old[2] - new[2]).max() > 1e-5


def test_coarser_stride_uses_the_same_graph(bundle):
    clip = WinClip(bundle)
    feeds = {"pixels": pictures(2).numpy(), "text": clip.prompts("object")[None].repeat(2, 0), "temperature": clip.temperature}
    index = {k: window_indices(12, k, stride=2) for k in (2, 3)}
    out = clip.image.run(["window_score_2", "window_score_3"], feeds | {f"windows_{k}": w for k, w in index.items()})
    assert [o.shape for o in out] == [(2, 36), (2, 25)]


def test_weights_come_back_exactly(model, bundle):
    stored = load_state_dict(bundle)
    expected = {k: v for k, v in model.state_dict().items() if k != "logit_scale"}
    assert stored.keys() == expected.keys()
    for k, v in expected.items():
        assert torch.equal(stored[k], v), k
    again = load_model(bundle)
    with torch.no_grad():
        assert torch.equal(again.encode_text(tokenise(["a photo of a key."])), model.encode_text(tokenise(["a photo of a key."])))


def test_parity_notices_a_changed_weight(model):
    state = numpy_state(model)
    state["visual.proj"] = state["visual.proj"] * np.linspace(0.99, 1.01, 64, dtype=np.float32)
    from askance_export.towers import text_graph

    text = text_graph(numpy_state(model), model.config.text_heads, "gelu").model().SerializeToString()
    bad = image_graph(state, model.config.heads, "gelu", (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
    assert parity(model, bad.model().SerializeToString(), text) > 1e-4


def test_graph_is_plain_onnx(bundle):
    for name in ("image.onnx", "text.onnx"):
        graph = onnx.load(bundle / name)
        assert [(o.domain, o.version) for o in graph.opset_import] == [("", 17)]


def test_shortened_context_is_the_same(model):
    ids = tokenise(["a key", "a photo of a flawless hex nut for visual inspection."])
    with torch.no_grad():
        both = model.encode_text(ids)
        alone = model.encode_text(ids[:1])
    assert torch.allclose(both[:1], alone, atol=1e-5)


def test_prompts():
    normal, anomalous = winclip_prompts("hex_nut")
    assert (len(normal), len(anomalous), len(set(normal + anomalous))) == (154, 88, 242)
    rng = random.Random(0)
    nouns = {random_noun(rng) for _ in range(50)}
    assert len(nouns) > 30
    assert "gizmo" in caption(rng, "gizmo", True)


def test_hue_shift_matches_colorsys():
    import colorsys

    x = pictures(1, 8)
    got = hue_saturation(x, torch.tensor([1.3]), torch.tensor([-0.2]))
    for r in range(8):
        h, s, v = colorsys.rgb_to_hsv(*x[0, :, r, r].tolist())
        want = colorsys.hsv_to_rgb((h + 1.3 / (2 * math.pi)) % 1, min(max(s - 0.2, 0), 1), v)
        assert np.allclose(got[0, :, r, r].numpy(), want, atol=1e-5)
    assert torch.allclose(hue_saturation(x, torch.zeros(1), torch.zeros(1)), x, atol=1e-5)


def test_augmentation_moves_mask_with_picture():
    rng = np.random.default_rng(1)
    mask = np.zeros((64, 64), bool)
    mask[10:30, 20:35] = True
    image = np.where(mask[..., None], 200, 50).astype(np.uint8).repeat(3, -1)
    for strength in (PLAIN, ROBUST):
        for _ in range(8):
            out, moved = augment(image, mask, strength, rng)
            assert out.shape == image.shape and out.dtype == np.uint8 and moved.any() and not np.array_equal(moved, mask)
            assert out[moved].mean() > out[~moved].mean() + 80


def test_crops_are_aimed_at_damage():
    images = np.zeros((4, 192, 192, 3), np.uint8)
    masks = np.zeros((4, 192, 192), bool)
    masks[1, 50:60, 70:90] = True
    images[masks] = 255
    pool = Pool(Pictures(images, masks, list("aabb"), list("aabb")), PLAIN, 0)
    crops, part, index = pool.crops(32, 40, 0.5)
    assert crops.shape == (40, 32, 32, 3) and part.shape == (40, 32, 32)
    assert (index[:20] == 1).all() and part[:20].any((1, 2)).all()
    assert np.array_equal(crops[..., 0] > 0, part)
    pool.renew(10)
    assert all(np.array_equal(np.argwhere(m), d) for m, d in zip(pool.masks, pool.damaged, strict=True))


def test_contrastive_loss_prefers_the_right_pairs():
    e = torch.eye(4)[:, :3]
    text = torch.eye(3)
    right = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=torch.bool)
    scale = torch.tensor(20.0)
    assert contrastive_loss(e, text, right, scale) < 0.01
    assert contrastive_loss(e, text, right.roll(1, 1), scale) > 5


def test_muon_step_is_orthogonal_whatever_the_gradient():
    p = torch.nn.Parameter(torch.zeros(8, 16))
    p.grad = torch.randn(8, 16, generator=torch.Generator().manual_seed(0)) * 1e3
    Muon([p], lr=1.0, weight_decay=0.0).step()
    singular = torch.linalg.svdvals(p.detach())
    assert singular.min() > 0.5 and singular.max() < 1.5


def test_training_is_repeatable_and_saves(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(90, 110, (12, 192, 192, 3)).astype(np.uint8)
    masks = np.zeros((12, 192, 192), bool)
    for n in range(6):
        r, c = rng.integers(20, 140, 2)
        masks[n, r : r + 30, c : c + 30] = True
    images[masks] = 230
    pictures = Pictures(images, masks, ["plate"] * 12, ["plate"] * 12)
    recipe = Recipe(steps=(6, 3), rate=(0.02, 0.01), adam_rate=(3e-3, 1e-3), common_steps=3, warmup=2, windows=((2, 24), (3, 16)), full=2, text_steps=4, random_nouns=8, checkpoint=6)
    runs = [train(pictures, tmp_path / n, recipe, True, seed=5).state_dict() for n in "ab"]
    assert all(torch.equal(runs[0][k], runs[1][k]) for k in runs[0])
    assert (tmp_path / "a" / "checkpoint.pt").is_file()


def test_aupro_by_hand():
    mask = np.zeros((1, 4, 5), bool)
    mask[0, 0, 0] = mask[0, 2, 2:4] = True
    score = np.zeros((1, 4, 5))
    score[mask] = 1.0
    assert aupro(score, mask) == pytest.approx(1.0) and pauroc(score, mask) == 1.0
    score[0, 0, 0] = 0.0  # one of two regions is found only at the last threshold: PRO 1/2 at FPR 0, 1 at FPR 1
    assert aupro(score, mask) == pytest.approx(0.5 + 0.5 * 0.3 / 2)
    assert aupro(np.zeros_like(score), mask) == pytest.approx(0.15)


def test_upsampling_keeps_constant_maps(bundle):
    clip = WinClip(bundle)
    assert np.allclose(clip.full(np.full((1, 12, 12), 0.3)), 0.3)
    maps, scores = clip.segment(pictures(3).numpy(), ["key"] * 3, batch=2)
    one, score = clip.segment(pictures(3)[2:].numpy(), ["key"])
    assert np.allclose(maps[2:], one, atol=1e-6) and np.allclose(scores[2:], score, atol=1e-6)
    swapped, _ = clip.segment(pictures(3).numpy(), ["key"] * 3, swap=True)
    assert not np.allclose(maps, swapped)
