"""Pixel metrics: AUPRO by exact sorting, as MVTec's evaluation code defines it; pAUROC from scikit-learn."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from sklearn.metrics import roc_auc_score


def pauroc(maps: np.ndarray, masks: np.ndarray) -> float:
    """Pooled over all pixels of [n, H, W]."""
    return float(roc_auc_score(masks.ravel(), maps.ravel()))


def aupro(maps: np.ndarray, masks: np.ndarray, limit: float = 0.3) -> float:
    """Mean overlap of the ground truth's 8-connected regions against the false-positive rate, integrated exactly up to
    `limit` (interpolated there) and divided by it. Pooled over [n, H, W]."""
    weight = np.zeros(maps.shape)
    regions = 0
    for w, mask in zip(weight, masks, strict=True):
        labels, count = ndimage.label(mask, np.ones((3, 3)))
        sizes = np.bincount(labels.ravel(), minlength=count + 1).astype(float)
        sizes[0] = np.inf
        w[:] = 1 / sizes[labels]
        regions += count
    order = np.argsort(-maps.ravel(), kind="stable")
    score = maps.ravel()[order]
    negative = ~masks.ravel()[order]
    last = np.append(np.flatnonzero(np.diff(score)), score.size - 1)
    fpr = np.append(0.0, np.cumsum(negative)[last] / negative.sum())
    pro = np.append(0.0, np.cumsum(weight.ravel()[order])[last] / regions)
    cut = np.searchsorted(fpr, limit, side="right")
    x, y = np.append(fpr[:cut], limit), np.append(pro[:cut], np.interp(limit, fpr, pro))
    return float(np.trapezoid(y, x) / limit)
