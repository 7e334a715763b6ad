"""The image tower with all windows in torch and in ONNX Runtime, on the same weights and pictures, taking turns.

Each stack is timed from pixels in main memory to patch-level maps in main memory. A round visits every stack once and begins with another
one than the round before. A ratio is the geometric mean over rounds of that of the rounds' medians, with a 95 % interval by Student's t of
its logarithms.

    python turns.py --bundle DIR [--half DIR] [--architecture ARCH] --device cuda --batch 1,8,32 --out OUT

`calls.csv` has every timed call, `turns.csv` a row for each stack and batch size. Stacks:

    torch-eager      open_clip's modules, every window a sequence of its own, as anomalib's WinCLIP has it
    torch-compiled   the same under torch.compile, in the last batch size alone: it compiles for each shape
    graph            the bundle's graph, bound buffers: only pixels go up and scores come down, as `askance` runs it
    graph-unbound    the same graph, given all its inputs from main memory in each call
    graph-captured   the same graph as one CUDA graph
"""

import argparse
import csv
import math
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime reports to Microsoft from its import on

import numpy as np  # noqa: E402
import torch  # noqa: E402

import onnxruntime  # noqa: E402
from askance_export.torch_segmenter import TorchSegmenter  # noqa: E402

CATEGORY = "tablet"
# Student's t, two-sided 95 %, by degrees of freedom.
T = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26]


def pictures(batch, size):
    """[batch, 3, size, size] in [0, 1]: noise at every scale."""
    random = np.random.default_rng(batch)
    coarse = random.random((batch, 3, size // 8, size // 8), np.float32).repeat(8, 2).repeat(8, 3)
    return np.clip(0.7 * coarse + 0.3 * random.random((batch, 3, size, size), np.float32), 0, 1)


class Torch:
    def __init__(self, options, precision, compiled=False):
        dtype = torch.float16 if precision == "fp16" else torch.float32
        self.segmenter = TorchSegmenter(options.bundle, options.architecture, options.device, dtype)
        self.tf32, self.device = precision == "tf32", options.device
        if compiled:
            self.segmenter.visual = torch.compile(self.segmenter.visual.__call__, dynamic=False)

    @torch.no_grad()
    def run(self, pixels):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = self.tf32
        return self.segmenter(torch.from_numpy(pixels).to(self.device), [CATEGORY] * len(pixels)).cpu().numpy()


class Graph:
    def __init__(self, options, precision, bound=True, captured=False):
        self.device, self.bound = options.device, bound
        session = onnxruntime.SessionOptions()
        if options.threads:
            session.intra_op_num_threads = options.threads
        session.add_session_config_entry("session.force_spinning_stop", "1")
        if self.device == "cuda":
            asked = "CUDAExecutionProvider"
            tuned = {"use_tf32": str(int(precision == "tf32")), "cudnn_conv_algo_search": "HEURISTIC", "sdpa_kernel": "2"}
            providers = [(asked, tuned | {"enable_cuda_graph": str(int(captured))})]
        else:
            asked, providers = "CPUExecutionProvider", ["CPUExecutionProvider"]
        bundle = options.half if precision == "fp16" else options.bundle
        self.session = onnxruntime.InferenceSession(str(bundle / "image.onnx"), session, providers=providers)
        if asked not in self.session.get_providers():
            raise RuntimeError(f"{asked} could not be used")
        eager = options.known
        self.text = eager.text(CATEGORY).cpu().numpy()
        self.windows = {f"windows_{k}": w.cpu().numpy() for k, w in eager.windows.items()}
        self.members = {k: m.cpu().numpy() for k, m in eager.members.items()}
        self.temperature, self.grid = np.array(eager.temperature, np.float32), eager.grid
        self.names = ["image_score", *(f"window_score_{k}" for k in self.members)]
        self.batch = 0

    def inputs(self, batch):
        return {"text": np.repeat(self.text[None], batch, 0), "temperature": self.temperature, **self.windows}

    def bind(self, pixels):
        """Buffers for this batch size."""
        value = lambda array: onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), self.device, 0)
        self.batch, self.binding = len(pixels), self.session.io_binding()
        self.pixels = value(pixels)
        self.binding.bind_ortvalue_input("pixels", self.pixels)
        self.kept = [value(array) for array in self.inputs(self.batch).values()]
        for name, kept in zip(self.inputs(1), self.kept, strict=True):
            self.binding.bind_ortvalue_input(name, kept)
        shapes = [[self.batch], *([self.batch, len(m)] for m in self.members.values())]
        make = onnxruntime.OrtValue.ortvalue_from_shape_and_type
        self.scores = [make(shape, np.float32, self.device, 0) for shape in shapes]
        for name, score in zip(self.names, self.scores, strict=True):
            self.binding.bind_ortvalue_output(name, score)

    def run(self, pixels):
        if not self.bound:
            return self.maps(self.session.run(self.names, {"pixels": pixels, **self.inputs(len(pixels))}))
        if self.batch != len(pixels):
            self.bind(pixels)
        self.pixels.update_inplace(pixels)
        self.session.run_with_iobinding(self.binding)
        return self.maps([score.numpy() for score in self.scores])

    def maps(self, scores):
        """Harmonic means over the windows of a patch, then over scales: [batch, grid, grid]."""
        inverse = 1 / scores[0][:, None]
        for members, score in zip(self.members.values(), scores[1:], strict=True):
            inverse = inverse + (1 / score) @ members / members.sum(0)
        return (len(scores) / inverse).reshape(-1, self.grid, self.grid)


def ceiling(options, precision):
    """TFLOP/s of a square matrix product in torch, the median of ten."""
    side = 8192 if options.device == "cuda" else 1024
    dtype = torch.float16 if precision == "fp16" else torch.float32
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    a, b = (torch.randn(side, side, device=options.device, dtype=dtype) for _ in range(2))
    seconds = []
    for _ in range(13):
        start = time.perf_counter()
        c = a @ b
        c[0, 0].item()
        seconds.append(time.perf_counter() - start)
    return 2 * side**3 / statistics.median(seconds[3:]) / 1e12


def makers(options):
    """Function of each stack and precision that makes it, and the one batch size that it is for, if it is for one."""
    known = ["fp32", "tf32", "fp16"] if options.device == "cuda" else ["fp32", "fp16"]
    found = {}
    for p in [p for p in known if p in options.precisions and (p != "fp16" or options.half)]:
        if (options.device, p) != ("cpu", "fp16"):  # torch takes minutes for it
            found["torch-eager", p] = lambda p=p: Torch(options, p), None
        found["graph", p] = lambda p=p: Graph(options, p), None
    for p in options.compile:
        found["torch-compiled", p] = lambda p=p: Torch(options, p, True), options.batch[-1]
    last = "fp16" if options.half else "fp32"
    found["graph-unbound", last] = lambda: Graph(options, last, bound=False), None
    if options.device == "cuda":
        for batch in options.batch:
            found["graph-captured", last, batch] = lambda: Graph(options, last, captured=True), batch
    return found


def visit(stack, pixels, limit):
    """Seconds of the calls of one visit, an untimed one before them."""
    stack.run(pixels)
    seconds, start = [], time.perf_counter()
    while not seconds or (time.perf_counter() - start < limit and len(seconds) < 20):
        before = time.perf_counter()
        stack.run(pixels)
        seconds.append(time.perf_counter() - before)
    return seconds


def ratio(ours, theirs):
    """How many times as fast, with its interval: geometric mean of the rounds' ratios."""
    logs = [math.log(b / a) for a, b in zip(ours, theirs, strict=True)]
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(mean), None, None
    t = T[min(len(logs) - 2, len(T) - 1)]
    half = t * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def measure(options, batch, pixels, stacks, reference, calls):
    """Rows of `turns.csv` for one batch size. Stacks that cannot be made stay away from later sizes."""
    rows, alive = {}, {}
    for key, (make, only) in makers(options).items():
        if only not in (None, batch):
            continue
        name, precision = key[:2]
        row = {"model": options.bundle.name, "stack": name, "precision": precision, "batch": batch}
        start = time.perf_counter()
        try:
            stacks[key] = stacks.get(key) or make()
            found = stacks[key].run(pixels)
            row["ready_s"] = round(time.perf_counter() - start, 2)
            off = np.abs(found - reference.run(pixels))
            row |= {"map_max_difference": f"{off.max():.3g}", "map_mean_difference": f"{off.mean():.3g}"}
            alive[name, precision] = stacks[key]
        except Exception as error:  # noqa: BLE001: a stack that fails is a row that says so; the others go on
            row["reason"] = " ".join(str(error).split())[:300]
        rows[name, precision] = row
        print(f"  {name} {precision} batch {batch}: {row.get('reason') or row['ready_s']}", flush=True)
    seconds = {key: [] for key in alive}
    order = list(alive)
    for number in range(options.rounds):
        turn = number % max(1, len(order))
        for key in order[turn:] + order[:turn]:
            taken = visit(alive[key], pixels, options.fill)
            seconds[key].append(statistics.median(taken))
            for call, value in enumerate(taken):
                calls.writerow([options.bundle.name, *key, batch, number, call, f"{value:.6f}"])
    for key, medians in seconds.items():
        median = statistics.median(medians)
        rows[key] |= {"ms": f"{median * 1e3:.3f}", "images_per_s": f"{batch / median:.2f}"}
        against = seconds.get(("torch-eager", key[1]))
        if against:
            names = ("of_torch_eager", "low", "high")
            rows[key] |= {n: "" if v is None else f"{v:.3f}" for n, v in zip(names, ratio(medians, against), strict=True)}
    return list(rows.values())


COLUMNS = ["model", "stack", "precision", "batch", "ready_s", "ms", "images_per_s", "of_torch_eager", "low", "high"]
COLUMNS += ["map_max_difference", "map_mean_difference", "reason"]


def main():
    numbers = lambda text: [int(part) for part in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="fp32 bundle")
    parser.add_argument("--half", type=Path, help="fp16 bundle of the same weights")
    parser.add_argument("--architecture", help="open_clip's name of what was exported (default: a pocket model)")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--batch", type=numbers, default=[1, 8, 32])
    parser.add_argument("--precisions", nargs="+", default=["fp32", "tf32", "fp16"])
    parser.add_argument("--compile", nargs="*", default=["fp16"], help="precisions of torch-compiled")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--fill", type=float, default=0.2, help="seconds of a visit")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("error: torch sees no CUDA device: give a Python whose torch was built for CUDA, on a machine with its driver")
    options.out.mkdir(parents=True, exist_ok=True)
    reference = Torch(options, "fp32")
    options.known = reference.segmenter
    with open(options.out / "ceilings.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["precision", "tflop_per_s"])
        for precision in ["fp32", "tf32", "fp16"] if options.device == "cuda" else ["fp32"]:
            writer.writerow([precision, f"{ceiling(options, precision):.4g}"])
    with open(options.out / "calls.csv", "w", newline="") as file:
        calls = csv.writer(file, lineterminator="\n")
        calls.writerow(["model", "stack", "precision", "batch", "round", "call", "seconds"])
        rows, stacks = [], {}
        for batch in options.batch:
            rows += measure(options, batch, pictures(batch, reference.segmenter.size), stacks, reference, calls)
            file.flush()
            with open(options.out / "turns.csv", "w", newline="") as table:
                writer = csv.DictWriter(table, COLUMNS, lineterminator="\n", restval="")
                writer.writeheader()
                writer.writerows(rows)
    for row in rows:
        print({key: value for key, value in row.items() if value})


if __name__ == "__main__":
    main()
