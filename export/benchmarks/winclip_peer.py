"""One WinCLIP evaluation: Askance's exported graph in ONNX Runtime against anomalib's WinClipModel in torch.

Same weights, threads and pictures, batch 1, on the CPU; the two take turns in one process, and the median of the
ratios of neighbouring rounds is what counts. Both go from the resized picture to the anomaly map of 240 x 240 pixels;
the maps must agree or the script stops. Text embeddings are made beforehand. Peak memory is that of each in a process
of its own, imports included; anomalib's holds the text tower as well (365 MB of the weights), which Askance keeps in
a graph of its own.

Peers: requirements-anomalib.txt. The bundle as in parity_anomalib.py:

    python benchmarks/winclip_peer.py --bundle DIR [--rounds 7] [--threads 2]
"""

import argparse
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from parity_anomalib import winclip_model, windows_are_apart  # noqa: E402

TEMPERATURE = np.array(0.07, np.float32)
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32).reshape(3, 1, 1)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32).reshape(3, 1, 1)
GRID = 15


def pictures(count):
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.random((count, 3, 12, 12), dtype=np.float32))
    smooth = torch.nn.functional.interpolate(coarse, size=240, mode="bicubic")
    return (smooth + torch.from_numpy(rng.normal(0, 0.03, smooth.shape).astype(np.float32))).clamp(0, 1).numpy()


def windows(side):
    corner = np.arange(GRID - side + 1)
    first = (corner[:, None] * GRID + corner).reshape(-1, 1)
    return (first + (np.arange(side)[:, None] * GRID + np.arange(side)).reshape(1, -1)).astype(np.int64)


def aggregate(outputs, masks):
    """Harmonic means over windows and scales, as both sides define them; map (240, 240)."""
    scales = [np.full(GRID * GRID, outputs[0][0], np.float64)]
    for scores, mask in zip(outputs[1:], masks, strict=True):
        inverse, count = np.zeros(GRID * GRID), np.zeros(GRID * GRID)
        np.add.at(inverse, mask, 1 / scores[0].astype(np.float64)[:, None])
        np.add.at(count, mask, 1)
        scales.append(count / inverse)
    patches = len(scales) / sum(1 / scale for scale in scales)
    tensor = torch.from_numpy(patches.astype(np.float32)).reshape(1, 1, GRID, GRID)
    return torch.nn.functional.interpolate(tensor, size=240, mode="bilinear")[0, 0].numpy()


def graph_side(bundle, threads, text):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(bundle / "image.onnx", options, providers=["CPUExecutionProvider"])
    masks = [windows(2), windows(3)]
    fixed = {"text": text, "temperature": TEMPERATURE, "windows_2": masks[0], "windows_3": masks[1]}
    names = ["image_score", "window_score_2", "window_score_3"]
    return lambda picture: aggregate(session.run(names, {"pixels": picture[None], **fixed}), masks)


def torch_side(bundle):
    model = winclip_model(bundle)
    if not windows_are_apart(model):
        sys.exit("this open_clip lets anomalib's windows attend to each other; install open_clip_torch below 2.26.1")
    model.setup("bottle")
    text = torch.nn.functional.normalize(model.text_embeddings, dim=-1)[None].numpy()
    return (
        lambda picture: model(torch.from_numpy((picture - MEAN) / STD)[None]).anomaly_map.numpy().reshape(240, 240),
        text,
    )


def measure_memory(side, bundle, threads):
    """Runs one side three times; prints the peak of this process in MB."""
    torch.set_num_threads(threads)
    if side == "graph":
        text = np.random.default_rng(0).normal(size=(1, 2, 640)).astype(np.float32)
        run = graph_side(bundle, threads, text / np.linalg.norm(text, axis=-1, keepdims=True))
    else:
        run = torch_side(bundle)[0]
    for picture in pictures(3):
        run(picture)
    # Linux: getrusage would give the parent's peak where that is larger.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / 1024)


def timed(run, picture):
    start = time.perf_counter()
    result = run(picture)
    return time.perf_counter() - start, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", choices=["graph", "torch"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        return measure_memory(arguments.memory, arguments.bundle, arguments.threads)
    torch.set_num_threads(arguments.threads)
    print(
        ", ".join(f"{p} {version(p)}" for p in ("anomalib", "open_clip_torch", "torch", "onnxruntime")),
        f"{arguments.threads} threads",
    )
    theirs, text = torch_side(arguments.bundle)
    ours = graph_side(arguments.bundle, arguments.threads, text)
    rows = []
    for number, picture in enumerate(pictures(arguments.rounds + 1)):
        (ours_s, ours_map), (theirs_s, theirs_map) = timed(ours, picture), timed(theirs, picture)
        off = float(np.abs(ours_map - theirs_map).max())
        if off > 1e-4:
            sys.exit(f"the maps differ by {off:.1e}")
        if number:  # the first round warms up
            rows.append((ours_s, theirs_s, off))
            print(f"round {number}: graph {ours_s:.2f} s, torch {theirs_s:.2f} s, maps differ by {off:.0e}")
    graph, peer = (statistics.median(row[i] for row in rows) for i in (0, 1))
    ratio = statistics.median(row[1] / row[0] for row in rows)
    print(f"median: graph in ONNX Runtime {graph:.2f} s, anomalib in torch {peer:.2f} s, ratio {ratio:.2f}")
    for side in ("graph", "torch"):
        command = [
            sys.executable,
            "-W",
            "ignore",
            __file__,
            "--bundle",
            str(arguments.bundle),
            "--threads",
            str(arguments.threads),
            "--memory",
            side,
        ]
        peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
        print(f"peak memory, {side}: {peak:.0f} MB")


if __name__ == "__main__":
    main()
