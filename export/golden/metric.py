"""Golden values of the metric room, written into tests/golden/metric/.

Peers: scikit-learn (ROC AUC, average precision, precision-recall curve), scipy (connected regions), torch and torchvision
(losses). The per-region overlap is written out here, independently of the Rust code and as plainly as possible: one pass
over all pixels per threshold and region.

Run:  python export/golden/metric.py        (rewrites the same files: everything is seeded)
Last written with numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1, torch 2.11.0, torchvision 0.26.0.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import scipy.ndimage
import sklearn.metrics
import torch
import torchvision

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "metric"
EIGHT = np.ones((3, 3), dtype=int)
LIMITS = [0.3, 0.05, 1.0]


def binary(scores, labels):
    """The three metrics of one list; null where a class is missing."""
    scores, labels = np.asarray(scores, dtype=np.float32), np.asarray(labels, dtype=bool)
    if labels.all() or not labels.any():
        return {"roc_auc": None, "average_precision": None, "f1_max": None}
    precision, recall, _ = sklearn.metrics.precision_recall_curve(labels, scores)
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    return {
        "roc_auc": float(sklearn.metrics.roc_auc_score(labels, scores)),
        "average_precision": float(sklearn.metrics.average_precision_score(labels, scores)),
        "f1_max": float(f1.max()),
    }


def regions_of(masks, valid):
    """Boolean stack per region; regions are found on the whole mask and then lose what does not count."""
    regions = []
    for at, mask in enumerate(masks):
        labels, count = scipy.ndimage.label(mask, structure=EIGHT)
        for label in range(1, count + 1):
            region = np.zeros_like(masks)
            region[at] = (labels == label) & valid[at]
            if region.any():
                regions.append(region)
    return regions


def curve(maps, masks, valid, thresholds, strict):
    """(FPR, PRO) at each threshold."""
    regions = regions_of(masks, valid)
    normal = ~masks & valid
    fprs, pros = [], []
    for threshold in thresholds:
        flagged = maps > threshold if strict else maps >= threshold
        fprs.append((flagged & normal).sum() / normal.sum())
        pros.append(np.mean([(flagged & region).sum() / region.sum() for region in regions]))
    return np.array(fprs), np.array(pros)


def aupro_exact(maps, masks, valid, limit):
    """Every distinct score is a threshold; trapezoids, the last one cut at the limit; divided by the limit."""
    if not (masks & valid).any() or not (~masks & valid).any():
        return None
    thresholds = np.unique(maps[valid])[::-1]
    fprs, pros = curve(maps, masks, valid, thresholds, strict=False)
    fprs, pros = np.concatenate([[0.0], fprs]), np.concatenate([[0.0], pros])
    area = 0.0
    for x0, x1, y0, y1 in zip(fprs[:-1], fprs[1:], pros[:-1], pros[1:]):
        if x0 >= limit:
            break
        if x1 > limit:
            y1 = y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
            x1 = limit
        area += (x1 - x0) * (y0 + y1) / 2
    return float(area / limit)


def aupro_thresholds_200(maps, masks, valid, limit):
    """200 equidistant thresholds, the points below the limit, their FPR axis stretched to [0, 1]."""
    if not (masks & valid).any() or not (~masks & valid).any():
        return None
    maps = maps.astype(np.float64)
    low, high = maps[valid].min(), maps[valid].max()
    if low == high:
        return None
    thresholds = np.arange(low, high, (high - low) / 200)
    fprs, pros = curve(maps, masks, valid, thresholds, strict=True)
    below = fprs < limit
    fprs, pros = fprs[below], pros[below]
    if len(fprs) == 0 or fprs.min() == fprs.max():
        return None
    return float(sklearn.metrics.auc((fprs - fprs.min()) / (fprs.max() - fprs.min()), pros))


def discs(rng, count, size, per_image):
    """Masks with a few overlapping discs each; the first third of the images has none."""
    rows, columns = np.mgrid[:size, :size]
    masks = np.zeros((count, size, size), dtype=bool)
    for at in range(count // 3, count):
        for _ in range(per_image):
            y, x, radius = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(0.7, size / 6)
            masks[at] |= (rows - y) ** 2 + (columns - x) ** 2 < radius**2
    return masks


def maps_for(rng, masks, strength, blur):
    noise = scipy.ndimage.gaussian_filter(rng.normal(size=masks.shape), (0, blur, blur))
    return (noise / noise.std() + strength * masks).astype(np.float32)


def pooled_cases():
    rng = np.random.default_rng(20240507)
    masks = discs(rng, 6, 24, 3)
    yield "smooth", maps_for(rng, masks, 1.5, 2.0), masks, None

    masks = discs(rng, 5, 20, 4)
    maps = maps_for(rng, masks, 1.0, 1.0)
    yield "ties", (np.round(maps * 2) / 4).astype(np.float32), masks, None

    # Diagonal contacts only, so that 4- and 8-connectivity differ.
    masks = np.zeros((4, 16, 16), dtype=bool)
    for at in range(1, 4):
        for start in range(0, 12, 4):
            for step in range(3):
                masks[at, start + step, (start * at + step) % 14] = True
                masks[at, start + step, 15 - step] = True
    yield "diagonal", maps_for(rng, masks, 1.0, 0.7), masks, None

    masks = np.zeros((5, 16, 16), dtype=bool)
    masks[3, 7, 2] = True
    masks[4, 0, 0] = masks[4, 15, 15] = True
    masks[4, 4:9, 4:9] = True
    yield "sparse", maps_for(rng, masks, 2.0, 1.0), masks, None

    # Two scores only: the curve is one ramp, which every limit cuts.
    masks = discs(rng, 4, 16, 2)
    maps = ((rng.random(masks.shape) < 0.4) | (masks & (rng.random(masks.shape) < 0.7))).astype(np.float32)
    yield "two_scores", maps, masks, None

    masks = discs(rng, 6, 20, 3)
    masks[5, :3, 17:] = True
    valid = np.ones_like(masks)
    rows, columns = np.mgrid[:20, :20]
    for at in range(6):
        valid[at] = (rows - 9.5) ** 2 + (columns - 9.5) ** 2 < (8 + at / 2) ** 2
    maps = maps_for(rng, masks, 1.0, 1.5)
    maps[~valid] = 50.0
    yield "valid", np.round(maps, 1), masks, valid

    # Scores crowded between 0.499 and 0.501, a few far away: hard for anything that assumes an even spread.
    masks = discs(rng, 5, 24, 3)
    maps = 0.5 + maps_for(rng, masks, 1.0, 1.0) * np.float32(2e-4)
    maps[0, 0, 0], maps[4, 23, 23], maps[2, 3, 4] = -1e30, 1e30, 1e-30
    yield "crowded", maps.astype(np.float32), masks, None

    # Nothing anomalous.
    masks = np.zeros((3, 8, 8), dtype=bool)
    yield "normal_only", maps_for(rng, masks, 0.0, 1.0), masks, None


def pooled():
    expected = {}
    for name, maps, masks, valid in pooled_cases():
        np.save(OUT / f"{name}_maps.npy", maps)
        np.save(OUT / f"{name}_masks.npy", masks)
        if valid is not None:
            np.save(OUT / f"{name}_valid.npy", valid)
        counted = np.ones_like(masks) if valid is None else valid
        image_scores = np.array([m[v].max() for m, v in zip(maps, counted)], dtype=np.float32)
        image_labels = masks.any(axis=(1, 2))
        pixels = binary(maps[counted], masks[counted])
        images = binary(image_scores, image_labels)
        expected[name] = {
            "valid": valid is not None,
            "image_scores": [float(score) for score in image_scores],
            "image_labels": [bool(label) for label in image_labels],
            "regions": len(regions_of(masks, counted)),
            "pixel_auroc": pixels["roc_auc"],
            "pixel_ap": pixels["average_precision"],
            "pixel_f1_max": pixels["f1_max"],
            "image_auroc": images["roc_auc"],
            "image_ap": images["average_precision"],
            "aupro": [
                {
                    "fpr_limit": limit,
                    "exact": aupro_exact(maps, masks, counted, limit),
                    "thresholds-200": aupro_thresholds_200(maps, masks, counted, limit),
                }
                for limit in LIMITS
            ],
        }
    return expected


def lists():
    rng = np.random.default_rng(7969)
    labels = rng.random(300) < 0.4
    scores = rng.normal(size=300) + labels
    rare = rng.random(2000) < 0.005
    cases = {
        "continuous": (scores, labels),
        "ties": (np.round(scores), labels),
        "imbalance": (np.round(rng.normal(size=2000) + 2 * rare, 2), rare),
        "mostly_anomalous": (np.round(rng.random(100), 1), rng.random(100) < 0.95),
        "all_equal": (np.full(10, 0.25), np.arange(10) < 3),
        "perfect": (np.arange(8) / 8, np.arange(8) >= 5),
        "inverted": (-np.arange(8) / 8, np.arange(8) >= 5),
        "signed_zero": ([0.0, -0.0, -0.0, 0.0, 1.0], [True, False, True, False, True]),
        "only_normal": ([0.1, 0.2], [False, False]),
        "only_anomalous": ([0.1, 0.2], [True, True]),
    }
    found = {}
    for name, (scores, labels) in cases.items():
        scores = np.asarray(scores, dtype=np.float32)
        found[name] = {
            "scores": [float(score) for score in scores],
            "labels": [bool(label) for label in labels],
            **binary(scores, labels),
        }
    return found


def labelled():
    """Random masks around the percolation threshold, where regions are long and branched."""
    rng = np.random.default_rng(8)
    masks = np.stack([rng.random((40, 53)) < density for density in (0.1, 0.25, 0.4, 0.5, 0.8)])
    labels = np.stack([scipy.ndimage.label(mask, structure=EIGHT)[0] for mask in masks]).astype(np.uint16)
    np.save(OUT / "components_masks.npy", masks)
    np.save(OUT / "components_labels.npy", labels)


def losses():
    rng = np.random.default_rng(405)
    found = {}
    for name, mask in {
        "anomalous": rng.random((9, 11)) < 0.3,
        "normal": np.zeros((9, 11), dtype=bool),
        "all": np.ones((9, 11), dtype=bool),
    }.items():
        p = rng.random((9, 11)).astype(np.float32)
        p[0, 0], p[0, 1] = 0.0, 1.0
        inner = p.clip(1e-4, 1 - 1e-4)
        tensor, inner_tensor = torch.tensor(p).double(), torch.tensor(inner).double()
        target = torch.tensor(mask).double()
        focal = torchvision.ops.sigmoid_focal_loss(torch.logit(inner_tensor), target, alpha=-1, gamma=2, reduction="mean")
        means = [p[mask].astype(np.float64).mean() if mask.any() else 0.0]
        means.append(p[~mask].astype(np.float64).mean() if not mask.all() else 0.0)
        contrast = means[0] - means[1]
        one_class = mask.all() or not mask.any()
        found[name] = {
            "map": [[float(value) for value in row] for row in p],
            "inner_map": [[float(value) for value in row] for row in inner],
            "mask": mask.tolist(),
            "contrast": contrast,
            "bce": -float(torch.nn.functional.binary_cross_entropy(tensor, target)),
            "focal_of_inner": -float(focal),
            "dice": float((2 * (tensor * target).sum() + 1) / (tensor.sum() + target.sum() + 1) - 1),
            "auroc": contrast if one_class else float(sklearn.metrics.roc_auc_score(mask.ravel(), p.ravel())),
        }
    return found


def main():
    warnings.simplefilter("error")
    OUT.mkdir(parents=True, exist_ok=True)
    labelled()
    for name, values in {"lists": lists(), "pooled": pooled(), "losses": losses()}.items():
        (OUT / f"{name}.json").write_text(json.dumps(values, indent=None, separators=(",", ":")) + "\n")
    total = sum(path.stat().st_size for path in OUT.iterdir())
    print(f"{len(list(OUT.iterdir()))} files, {total} bytes in {OUT.relative_to(OUT.parents[2])}")


if __name__ == "__main__":
    main()
