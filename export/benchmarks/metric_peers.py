"""Speed of the pooled pixel metrics against scikit-learn, numpy, anomalib and adeval, on the same arrays, alternately in one run.

Build first:  cargo build --release --example metric_timing
Run:          python export/benchmarks/metric_peers.py [--rust target/release/examples/metric_timing] [--rounds 3]
              python export/benchmarks/metric_peers.py --libraries --images 80 --size 256 --no-loop

Arrays: 100 float32 maps of 240 x 240, 70 of the images with two to four disc-shaped defects. "smooth" maps are bilinear
upsamplings of 15 x 15 patch scores (what a CLIP segmenter gives); "noise" maps are independent per pixel (the hardest order
for anything that profits from neighbours being alike).

Timed, all on arrays in memory, no reading of files and no start of a process in it:
  python  sklearn.metrics.roc_auc_score on all pixels, plus exact AUPRO to an FPR of 0.3 in the straightforward numpy form:
          scipy.ndimage.label (8-connected), one stable argsort over all pixels, cumulative sums of false-positive and overlap
          changes, ties dropped, trapezoid with interpolation at the limit. This is how MVTec's evaluation code does it.
  loop    the other usual form: 200 equidistant thresholds, per threshold the mean overlap over regions (coordinates of the
          regions found once, beforehand within the timing) and the FPR. Approximate, and AUPRO only. Timed once per case.
  anomalib  (--libraries) its AUPRO, exact but in float32, plus scikit-learn's AUROC.
  adeval  (--libraries) its EvalAccumulator with the default 1000 strips between the least and the greatest score: AUROC and AUPRO
          (and average precision, which it always counts), approximate.
  rust    evaluate(): the same two values exactly, plus average precision and F1-max over pixels, AUROC and AP over images.

Each round runs python, then rust with one thread, then rust with two (each the median of five). A ratio is median over
median of the rounds; python is single-threaded in all of these functions. `ratio_processor` compares processor time, python
against rust with one thread; on a machine busy with other work it is the steadier number. The values of both sides must
agree to 1e-9, or the script fails; what anomalib and adeval differ by is printed. --libraries wants the environment of
requirements-anomalib.txt and in it `pip install --no-deps adeval==1.1.0` (it asks for another build of OpenCV).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.ndimage
import sklearn.metrics

EIGHT = np.ones((3, 3), dtype=int)
LIMIT = 0.3


def arrays(kind, images, size, seed):
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    masks = np.zeros((images, size, size), dtype=bool)
    for at in range(images * 3 // 10, images):
        for _ in range(rng.integers(2, 5)):
            y, x, radius = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(size / 60, size / 10)
            masks[at] |= (rows - y) ** 2 + (columns - x) ** 2 < radius**2
    if kind == "smooth":
        patches = rng.random((images, 15, 15))
        maps = scipy.ndimage.zoom(patches, (1, size / 15, size / 15), order=1)
    else:
        maps = rng.random((images, size, size))
    return (0.2 + 0.5 * maps + 0.15 * masks).astype(np.float32), masks


def aupro_sorted(maps, masks):
    scores = maps.ravel()
    false_alarm = np.zeros(masks.shape)
    overlap = np.zeros(masks.shape)
    regions = 0
    for at, mask in enumerate(masks):
        labels, count = scipy.ndimage.label(mask, structure=EIGHT)
        regions += count
        areas = np.bincount(labels.ravel())
        share = np.zeros(count + 1)
        share[1:] = 1 / areas[1:]
        overlap[at] = share[labels]
        false_alarm[at] = ~mask
    order = np.argsort(-scores, kind="stable")
    false_alarm, overlap, scores = false_alarm.ravel()[order], overlap.ravel()[order], scores[order]
    fpr = np.cumsum(false_alarm) / false_alarm.sum()
    pro = np.cumsum(overlap) / regions
    last_of_tie = np.append(scores[1:] != scores[:-1], True)
    fpr, pro = np.append(0, fpr[last_of_tie]), np.append(0, pro[last_of_tie])
    end = np.searchsorted(fpr, LIMIT, side="right")
    x, y = np.append(fpr[:end], LIMIT), np.append(pro[:end], np.interp(LIMIT, fpr, pro))
    return float(np.trapezoid(y, x) / LIMIT)


def aupro_loop(maps, masks):
    regions = []
    for at, mask in enumerate(masks):
        labels, count = scipy.ndimage.label(mask, structure=EIGHT)
        regions += [(at, *np.nonzero(labels == label)) for label in range(1, count + 1)]
    normal = ~masks
    fprs, pros = [], []
    for threshold in np.linspace(maps.min(), maps.max(), 200):
        flagged = maps > threshold
        pros.append(np.mean([flagged[at, y, x].mean() for at, y, x in regions]))
        fprs.append((flagged & normal).sum() / normal.sum())
    fprs, pros = np.array(fprs)[::-1], np.array(pros)[::-1]
    end = np.searchsorted(fprs, LIMIT, side="right")
    x, y = np.append(fprs[:end], LIMIT), np.append(pros[:end], np.interp(LIMIT, fprs, pros))
    return float(np.trapezoid(y, x) / LIMIT)


def anomalib_metrics(maps, masks):
    import torch
    from anomalib.metrics.aupro import _AUPRO

    aupro = _AUPRO(fpr_limit=LIMIT)
    aupro.update(torch.from_numpy(maps), torch.from_numpy(masks))
    return sklearn.metrics.roc_auc_score(masks.ravel(), maps.ravel()), float(aupro.compute())


def adeval_metrics(maps, masks):
    from adeval import EvalAccumulator

    accumulator = EvalAccumulator(float(maps.min()), float(maps.max()))
    accumulator.add_anomap_batch(maps, masks.astype(np.uint8))
    accumulator.add_image(maps.max((1, 2)), masks.any((1, 2)))
    accumulator.add_sample(maps.max((1, 2)), masks.any((1, 2)))
    found = accumulator.summary()
    return found["p_auroc"], found["p_aupro"]


LIBRARIES = {"anomalib": anomalib_metrics, "adeval": adeval_metrics}


def timed(function):
    start, busy = time.perf_counter(), time.process_time()
    value = function()
    return value, (time.perf_counter() - start) * 1e3, (time.process_time() - busy) * 1e3


def rust(binary, folder, threads, repeats):
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    done = subprocess.run([binary, folder, str(repeats)], env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--rust", default=str(root / "target/release/examples/metric_timing"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--size", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--libraries", action="store_true", help="time anomalib and adeval, too")
    parser.add_argument("--no-loop", action="store_true", help="leave out the slow loop over thresholds")
    options = parser.parse_args()

    libraries = LIBRARIES if options.libraries else {}
    if libraries:
        # numpy 2.4 has it under its new name only, and adeval 1.1.0 is older than that.
        np.trapz = np.trapezoid
    for metrics_of in libraries.values():
        metrics_of(*(array[-2:] for array in arrays("smooth", 10, 64, 0)))  # imports
    report, agreed = {}, True
    for kind in ("smooth", "noise"):
        maps, masks = arrays(kind, options.images, options.size, options.seed)
        library_times, found_by = {name: [] for name in libraries}, {}
        python_roc, python_pro, python_busy, rust_busy, rust_times = [], [], [], [], {1: [], 2: []}
        with tempfile.TemporaryDirectory() as folder:
            np.save(f"{folder}/maps.npy", maps)
            np.save(f"{folder}/masks.npy", masks)
            for _ in range(options.rounds):
                roc, milliseconds, roc_busy = timed(lambda: sklearn.metrics.roc_auc_score(masks.ravel(), maps.ravel()))
                python_roc.append(milliseconds)
                pro, milliseconds, pro_busy = timed(lambda: aupro_sorted(maps, masks))
                python_pro.append(milliseconds)
                python_busy.append(roc_busy + pro_busy)
                for name, metrics_of in libraries.items():
                    found_by[name], milliseconds, _ = timed(lambda f=metrics_of: f(maps, masks))
                    library_times[name].append(milliseconds)
                for threads, times in rust_times.items():
                    found = rust(options.rust, folder, threads, 5)
                    times.append(found["median_ms"])
                    if threads == 1 and found["processor_ms"] is not None:
                        rust_busy.append(found["processor_ms"])
        metrics = found["metrics"]
        difference = max(abs(metrics["pixel_auroc"] - roc), abs(metrics["aupro"] - pro))
        agreed &= difference < 1e-9
        python = np.median(np.add(python_roc, python_pro))
        report[kind] = {
            "pixels": int(masks.size),
            "anomalous": int(masks.sum()),
            "sklearn_roc_auc_ms": round(float(np.median(python_roc)), 1),
            "numpy_sorted_aupro_ms": round(float(np.median(python_pro)), 1),
            **{f"rust_{t}_threads_ms": round(float(np.median(times)), 2) for t, times in rust_times.items()},
            **{f"ratio_{t}_threads": round(float(python / np.median(times)), 1) for t, times in rust_times.items()},
            "largest_difference": difference,
        }
        for name, times in library_times.items():
            milliseconds = float(np.median(times))
            report[kind][name] = {
                "ms": round(milliseconds, 1),
                **{f"ratio_{t}_threads": round(milliseconds / np.median(ms), 1) for t, ms in rust_times.items()},
                "pixel_auroc_differs_by": abs(found_by[name][0] - metrics["pixel_auroc"]),
                "aupro_differs_by": abs(found_by[name][1] - metrics["aupro"]),
            }
        if rust_busy:
            report[kind]["python_processor_ms"] = round(float(np.median(python_busy)), 1)
            report[kind]["rust_processor_ms"] = round(float(np.median(rust_busy)), 1)
            report[kind]["ratio_processor"] = round(float(np.median(python_busy) / np.median(rust_busy)), 1)
        if not options.no_loop:
            _, milliseconds, _ = timed(lambda: aupro_loop(maps, masks))
            report[kind]["numpy_loop_200_aupro_ms"] = round(milliseconds, 1)
            for threads, times in rust_times.items():
                ratio = (np.median(python_roc) + milliseconds) / np.median(times)
                report[kind][f"ratio_with_loop_{threads}_threads"] = round(float(ratio), 1)
    print(json.dumps(report, indent=2))
    if not agreed:
        sys.exit("the values of the two sides differ by more than 1e-9")


if __name__ == "__main__":
    main()
