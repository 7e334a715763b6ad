"""The stack that a torch user has, beside Askance: anomalib's WinClipModel with kornia's perturbation against the exported graph
in ONNX Runtime and against the whole program.

Same weights, pictures and threads, batch 1, on the CPU. Every stack is a process of its own; they take turns, round by round,
and wait without spinning. Each is timed from a picture of 240 px in memory to its map of 240 x 240, perturbation (turn, hue,
saturation) included on torch's side; Askance's own figure is the time of an evaluation within `askance attack`: perturbation, model,
back-rotation and loss. Ratios are medians of the ratios of neighbouring rounds; the processor time of all threads is what to read on
a busy machine. Also: peak memory of each process (imports and the text tower included), and seconds from the start of the process to
its first map, starts taking turns too: of torch with the text embeddings of one category, of Askance the whole command `askance
eval` on one picture. The bare graphs are given the text embeddings that torch made.

The maps of unperturbed pictures must agree to 1e-4 between torch and the fp32 graph, or the script stops; those of the other stacks
are compared and printed.

Peers: requirements-anomalib.txt. The bundle as in parity_anomalib.py, an int8 one of askance_export.quantise:

    python benchmarks/peer_stack.py --bundle DIR [--int8 DIR] [--openvino PYTHON] [--rounds 5] [--starts 3] [--threads 2] [--askance FILE]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "export"))
GRID, SIZE, CATEGORY = 15, 240, "tablet"
TOLERANCE = 1e-4
# Of the perturbed pictures: degrees, radians, shift.
ANGLE, HUE, SATURATION = 20.0, 1.0, -0.2


def picture(number):
    """[3, 240, 240] in [0, 1]: waves of every channel with grain."""
    rng = np.random.default_rng(number)
    row, column = np.mgrid[:SIZE, :SIZE] / SIZE
    waves = rng.uniform(-14, 14, (3, 6, 2, 1, 1)) * 2 * np.pi
    smooth = 0.5 + 0.12 * np.sin(waves[:, :, 0] * row + waves[:, :, 1] * column).sum(1)
    return np.clip(smooth + rng.normal(0, 0.03, smooth.shape), 0, 1).astype(np.float32)


def torch_stack(bundle, threads, bf16):
    """Function of a picture and whether it is perturbed -> map."""
    import kornia
    import torch
    from parity_anomalib import winclip_model, windows_are_apart

    torch.set_num_threads(threads)
    model = winclip_model(bundle)
    if not windows_are_apart(model):
        sys.exit("this open_clip lets anomalib's windows attend to each other; install open_clip_torch below 2.26.1")
    model.setup(CATEGORY)
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)

    def perturb(x):
        hue, saturation, value = kornia.color.rgb_to_hsv(x).unbind(1)
        shifted = torch.stack([hue + HUE, (saturation + SATURATION).clamp(0, 1), value], 1)
        turned = kornia.color.hsv_to_rgb(shifted)
        return kornia.geometry.rotate(turned, torch.tensor([ANGLE]), padding_mode="border")

    @torch.no_grad()
    def run(pixels, perturbed):
        x = torch.from_numpy(pixels)[None]
        x = ((perturb(x) if perturbed else x) - mean) / std
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            found = model(x).anomaly_map
        return found.float().numpy().reshape(SIZE, SIZE)

    text = torch.nn.functional.normalize(model.text_embeddings.float(), dim=-1)[None].numpy()
    return run, text


def graph_stack(kind, bundle, threads, text):
    """The bare image graph with numpy's aggregation; no perturbation."""
    from scipy.ndimage import map_coordinates
    from sessions import create, onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.force_spinning_stop", "1")
    openvino = ("bf16" if kind.endswith("bf16") else "f32") if kind.startswith("openvino") else None
    session = create(bundle / "image.onnx", options, openvino)
    masks = [windows(2), windows(3)]
    fixed = {"text": text, "temperature": np.array(0.07, np.float32), "windows_2": masks[0], "windows_3": masks[1]}
    names = ["image_score", "window_score_2", "window_score_3"]
    at = (np.arange(SIZE) + 0.5) * GRID / SIZE - 0.5
    where = np.meshgrid(at, at, indexing="ij")

    def run(pixels, _perturbed):
        patches = aggregate(session.run(names, {"pixels": pixels[None], **fixed}), masks)
        return map_coordinates(patches, where, order=1, mode="nearest").astype(np.float32)

    return run


def windows(side):
    corner = np.arange(GRID - side + 1)
    first = (corner[:, None] * GRID + corner).reshape(-1, 1)
    return (first + (np.arange(side)[:, None] * GRID + np.arange(side)).reshape(1, -1)).astype(np.int64)


def aggregate(outputs, masks):
    """Harmonic means over windows and scales, as both sides define them; [15, 15]."""
    scales = [np.full(GRID * GRID, outputs[0][0], np.float64)]
    for scores, mask in zip(outputs[1:], masks, strict=True):
        inverse, count = np.zeros(GRID * GRID), np.zeros(GRID * GRID)
        np.add.at(inverse, mask, 1 / scores[0].astype(np.float64)[:, None])
        np.add.at(count, mask, 1)
        scales.append(count / inverse)
    return (len(scales) / sum(1 / scale for scale in scales)).reshape(GRID, GRID)


def serve(kind, bundle, threads, folder):
    """A stack as a process: reads picture numbers, answers with seconds, processor seconds, peak memory and where the map is."""
    if kind.startswith("torch"):
        run, text = torch_stack(bundle, threads, kind == "torch bf16")
        np.save(folder / "text.npy", text)
    else:
        run = graph_stack(kind, bundle, threads, np.load(folder / "text.npy"))
    for line in sys.stdin:
        number, perturbed = json.loads(line)
        pixels = picture(number)
        start, busy = time.perf_counter(), time.process_time()
        found = run(pixels, perturbed)
        seconds, processor = time.perf_counter() - start, time.process_time() - busy
        file = folder / f"{kind}.npy"
        np.save(file, found)
        # Linux: getrusage would give the parent's peak where that is larger.
        peak = next(row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmHWM"))
        print(json.dumps([seconds, processor, int(peak.split()[1]) / 1024, str(file)]), flush=True)


class Stack:
    """The other end of `serve`."""

    def __init__(self, kind, bundle, options, folder):
        python = options.openvino if kind.startswith("openvino") else sys.executable
        command = [python, "-W", "ignore", __file__, "--serve", kind, "--bundle", bundle, "--folder", folder]
        command += ["--threads", options.threads]
        # An OpenMP thread that spins would take the core from the stack whose turn it is.
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
        start = time.perf_counter()
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.evaluate(0, False)
        self.to_first_map = time.perf_counter() - start

    def evaluate(self, number, perturbed=True):
        """Seconds, processor seconds of all threads, and map."""
        self.process.stdin.write(json.dumps([number, perturbed]) + "\n")
        self.process.stdin.flush()
        seconds, processor, self.peak, file = json.loads(self.process.stdout.readline())
        return seconds, processor, np.load(file)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Askance:
    """The program, one command a call."""

    def __init__(self, bundle, options, folder):
        self.bundle, self.options, self.folder, self.peak = bundle, options, folder, 0.0
        start = time.perf_counter()
        self.command("eval")
        self.to_first_map = time.perf_counter() - start

    def command(self, name, *extra):
        """Runs a command on the one picture; its summary."""
        run = tempfile.mkdtemp(dir=self.folder)
        command = [self.options.askance, name, "-q", "--json", "--data", self.folder / "parts", "--model", self.bundle]
        command += ["--out", run, "--threads", self.options.threads, "--batch", 1, *extra]
        # Every start encodes the prompts, as torch's do.
        environment = {**os.environ, "ASKANCE_TEXT_CACHE": "0"}
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, env=environment)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{' '.join(map(str, command))}: failed")
        self.peak = max(self.peak, usage.ru_maxrss / 1024)
        return json.loads(said)

    def evaluate(self, _number, _perturbed=True):
        done = self.command("attack", "--attacks", "joint", "--search", "random", "--budget", "4")
        return (done["model_seconds"] + done["pixel_seconds"]) / done["evaluations"], float("nan"), None

    def end(self):
        pass


def measure(options, folder):
    (folder / "parts").mkdir()
    synth = [options.askance, "synth", "-q", "--out", folder / "parts", "--category", CATEGORY]
    subprocess.run([*map(str, synth), "--size", "240", "--train", "0", "--good", "0", "--defective", "1"], check=True)
    print(
        ", ".join(f"{p} {version(p)}" for p in ("anomalib", "open_clip_torch", "torch", "kornia", "onnxruntime")),
        f"{options.threads} threads",
    )
    makers = {kind: partial(Stack, kind, options.bundle) for kind in ("torch fp32", "torch bf16")}
    for precision, bundle in (("fp32", options.bundle), ("int8", options.int8)):
        if bundle:
            makers[f"graph {precision}"] = partial(Stack, f"graph {precision}", bundle)
            makers[f"askance {precision}"] = partial(Askance, bundle)
    if options.openvino:
        bundles = {"fp32": options.bundle, "bf16": options.bundle, "int8": options.int8}
        for precision, bundle in bundles.items():
            if bundle:
                makers[f"openvino {precision}"] = partial(Stack, f"openvino {precision}", bundle)
    # Starts take turns as well, one stack alive at a time.
    starts = {kind: [] for kind in makers}
    for _ in range(options.starts):
        for kind, make in makers.items():
            stack = make(options, folder)
            starts[kind].append(stack.to_first_map)
            stack.end()
        print("starts: " + ", ".join(f"{kind} {seconds[-1]:.1f} s" for kind, seconds in starts.items()))
    stacks = {kind: make(options, folder) for kind, make in makers.items()}
    for kind in stacks:
        if not kind.startswith("askance"):
            off = np.abs(stacks[kind].evaluate(1, False)[2] - stacks["torch fp32"].evaluate(1, False)[2])
            print(f"{kind}: maps differ from torch fp32's by {off.max():.1e}, {off.mean():.1e} on average")
            if kind == "graph fp32" and off.max() > TOLERANCE:
                sys.exit(f"that is more than {TOLERANCE:.0e}")
    rounds = []
    for number in range(options.rounds):
        rounds.append({kind: stack.evaluate(2 + number)[:2] for kind, stack in stacks.items()})
        print(f"round {number}: " + ", ".join(f"{kind} {wall:.2f} s" for kind, (wall, _) in rounds[-1].items()))
    median = lambda values: statistics.median(list(values))
    of_torch = {kind: median(a / b for a, b in zip(own, starts["torch fp32"])) for kind, own in starts.items()}
    titles = ("s an image", "x torch fp32", "x torch bf16", "processor s", "peak MB", "first map s", "of torch's")
    print(" " * 14 + "".join(f"{title:>14}" for title in titles))
    for kind, stack in stacks.items():
        wall, processor = (median(row[kind][i] for row in rounds) for i in (0, 1))
        ratios = [median(row[f"torch {p}"][0] / row[kind][0] for row in rounds) for p in ("fp32", "bf16")]
        cells = [f"{value:14.2f}" for value in (wall, *ratios, processor)]
        cells += [f"{stack.peak:14.0f}", f"{median(starts[kind]):14.1f}", f"{of_torch[kind]:14.2f}"]
        print(f"{kind:14}" + "".join(cells))
        stack.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="fp32 bundle of ViT-B-16-plus-240")
    parser.add_argument("--int8", type=Path, help="int8 bundle of the same")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--askance", type=Path, default=ROOT / "target/release/askance")
    parser.add_argument("--openvino", help="Python with numpy, scipy and onnxruntime-openvino 1.24.1: its three precisions too")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options.serve, options.bundle, options.threads, options.folder)
    with tempfile.TemporaryDirectory() as folder:
        measure(options, Path(folder))


if __name__ == "__main__":
    main()
