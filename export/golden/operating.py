"""Golden values of what is measured where one decides, written into tests/golden/metric/operating.json.

Peers: scikit-learn (precision, recall, F1), numpy (thresholds), anomalib 2.7 (AUPIMO, PGn, PBn, AUPRO up to 0.05). The environment is that
of requirements-anomalib.txt with scikit-learn beside it, another than that of metric.py, whose maps and masks in tests/golden/metric/ are
read here. The pictures of AUPIMO are too large to be kept: both sides make them from the same integers (`pixels` below).

Run:  python export/golden/operating.py        (rewrites the same file: nothing is drawn without a seed)
Last written with anomalib 2.7.0, numpy 2.4.6, scikit-learn 1.9.1, torch 2.11.0.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn.metrics
import torch
from anomalib.metrics.aupro import _AUPRO
from anomalib.metrics.pg_pb import _PBn, _PGn
from anomalib.metrics.pimo.functional import aupimo_scores

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "metric"
STACKS = ["smooth", "ties", "diagonal", "sparse", "crowded", "valid"]
SHARES = [0.02, 0.05, 0.25]


def rates(truth, called):
    """Rates of decisions; null where what they are shares of is empty."""
    some = truth.any() or called.any()
    return {
        "precision": float(sklearn.metrics.precision_score(truth, called)) if called.any() else None,
        "recall": float(sklearn.metrics.recall_score(truth, called)) if truth.any() else None,
        "f1": float(sklearn.metrics.f1_score(truth, called)) if some else None,
        "false_alarms": float((called & ~truth).sum() / (~truth).sum()) if not truth.all() else None,
    }


def best_f1(scores, truth):
    precision, recall, _ = sklearn.metrics.precision_recall_curve(truth, scores)
    with np.errstate(invalid="ignore"):
        return float(np.nan_to_num(2 * precision * recall / (precision + recall)).max())


def fixed():
    """Rates of all pixels of a stack at thresholds from its good pictures, and at given ones."""
    found = {}
    for name in STACKS:
        maps, masks = np.load(OUT / f"{name}_maps.npy"), np.load(OUT / f"{name}_masks.npy")
        path = OUT / f"{name}_valid.npy"
        valid = np.load(path) if path.exists() else np.ones_like(masks)
        good = ~masks.any(axis=(1, 2))
        pixels = maps[good][valid[good]].astype(np.float64)
        scores, truth = maps[valid], masks[valid]
        thresholds = {
            "mean+3sd": pixels.mean() + 3 * pixels.std(),
            "mean+0.5sd": pixels.mean() + 0.5 * pixels.std(),
            "quantile-0.9": np.quantile(pixels, 0.9),
            "quantile-0.995": np.quantile(pixels, 0.995),
            "0.25": 0.25,
            "1e31": 1e31,
        }
        rows = []
        for rule, threshold in thresholds.items():
            called = scores.astype(np.float64) > threshold
            rows.append({"rule": rule, "threshold": float(threshold), **rates(truth, called)})
        aupro = None
        if valid.all():
            peer = _AUPRO(fpr_limit=0.05)
            peer.update(torch.tensor(maps), torch.tensor(masks.astype(np.int32)))
            aupro = float(peer.compute())
        found[name] = {"best_f1": best_f1(scores, truth), "rules": rows, "anomalib_aupro_05": aupro}
    return found


def lists():
    """PG and PB of lists of scores."""
    rng = np.random.default_rng(2503)
    found = []
    for good, bad, gap in [(40, 60, 1.5), (12, 7, 1.0), (90, 30, 3.0), (5, 5, 0.0)]:
        scores = np.concatenate([rng.normal(size=good), rng.normal(size=bad) + gap]).astype(np.float32)
        if good == 40:
            scores = np.round(scores, 1)
        labels = np.arange(good + bad) >= good
        shares = []
        for share in SHARES:
            values = {"share": share}
            for key, peer in {"pg": _PGn(fnr=share), "pb": _PBn(fpr=share)}.items():
                peer.update(torch.tensor(scores), torch.tensor(labels.astype(np.int64)))
                values[key] = float(peer.compute())
            shares.append(values)
        found.append({"scores": scores.tolist(), "labels": labels.tolist(), "shares": shares})
    return found


def hashed(picture, side):
    """32 bits for each pixel (the finaliser of MurmurHash3)."""
    bits = (np.arange(side * side, dtype=np.uint64) + np.uint64(picture * side * side)) & np.uint64(0xFFFFFFFF)
    for shift, factor in [(16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)]:
        bits = ((bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return bits


def pixels(picture, side, good):
    """Map and mask of a picture: one pixel of 16 anywhere in [0, 1), the others below 1/16; in a square of an anomalous one high."""
    bits = hashed(picture, side)
    whole = bits >> np.uint64(8)
    values = np.where(bits % np.uint64(16) == 0, whole, whole >> np.uint64(4))
    mask = np.zeros((side, side), dtype=bool)
    if picture >= good:
        place, edge = (picture * 37) % (side // 2), side // 8 + picture % 5
        mask[place : place + edge, place + 3 : place + 3 + edge] = True
        high = np.uint64(2**24 - 1) - (whole >> np.uint64(5 + picture % 6))
        values = np.where(mask.ravel(), high, values)
    return (values.astype(np.float32) / np.float32(2**24)).reshape(side, side), mask


def aupimo():
    found = []
    for good, bad, side in [(12, 8, 200), (20, 6, 256)]:
        pictures = [pixels(picture, side, good) for picture in range(good + bad)]
        maps, masks = (np.stack(part) for part in zip(*pictures))
        scores = aupimo_scores(torch.tensor(maps), torch.tensor(masks), force=True)[4]
        values = [float(score) for score in scores[good:]]
        checks = [float(maps.astype(np.float64).sum()), int(masks.sum())]
        found.append({"good": good, "bad": bad, "side": side, "checks": checks, "aupimo": values})
    return found


def main():
    warnings.simplefilter("ignore")
    values = {"fixed": fixed(), "lists": lists(), "aupimo": aupimo()}
    path = OUT / "operating.json"
    path.write_text(json.dumps(values, indent=None, separators=(",", ":")) + "\n")
    print(f"{path.stat().st_size} bytes in {path.relative_to(OUT.parents[2])}")


if __name__ == "__main__":
    main()
