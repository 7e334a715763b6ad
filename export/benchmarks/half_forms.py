"""Which way of writing an image graph in fp16 is fastest on a graphics card.

    python benchmarks/half_forms.py [--architecture ViT-B-16-plus-240] [--batch 8,32] [--rounds 5] [--forms a,b,..] [--device cuda|cpu]

Random weights, pictures with all their windows, ONNX Runtime's CUDA provider with bound buffers; the forms take turns. Prints for each form
the median milliseconds of a call, pictures a second, nodes, and the largest and mean difference of scores from torch in fp32. A form that the
provider refuses is reported with its error, and the others go on.

Forms differ in what is float16 and in who fuses:

- `single-stream`: products are float16; residual stream, layer norms and softmax float32
- `half-stream`: the residual stream is float16 as well; plain nodes
- `standard`: half-stream with ONNX's Attention (opset 23)
- `contrib`: half-stream with com.microsoft's MultiHeadAttention
- `fused`: contrib, and com.microsoft's SkipLayerNormalization and BiasGelu (the package's own, askance_export/half_tower.py)
- `captured`: fused, as one CUDA graph
- `fused-flash`, `fused-efficient`, `fused-trt`, `fused-math`: fused, with one kind of attention kernel alone (`sdpa_kernel`)
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from askance_export import versions

versions.demand()  # before what is imported next

import numpy as np
import torch

from askance_export.attention import Batched
from askance_export.catalogue import choose
from askance_export.graph import Graph, opset
from askance_export.half_tower import HalfStream, HalfTower
from askance_export.model import window_indices
from askance_export.open_clip_model import from_seed
from askance_export.storage import save
from askance_export.torch_segmenter import OpenClipWindows
from askance_export.towers import Tower, image_graph

from sessions import onnxruntime

NAMES = ["image_score", "window_score_2", "window_score_3"]
TEMPERATURE = 0.07


class HalfSoftmax(Batched):
    def softmax(self, g: Graph, score: str, mask: str | None) -> str:
        return g.op("Softmax", score, axis=-1)


class Contrib(HalfTower):
    """Sums, norms and GELU as plain nodes."""

    after_attention = Tower.after_attention


class Standard(Contrib):
    def attention_of(self, q: str, k: str, v: str) -> str:
        return self.g.op("Attention", q, k, v, q_num_heads=self.heads, kv_num_heads=self.heads)


FORMS = {
    "single-stream": (Tower, Batched),
    "half-stream": (HalfStream, HalfSoftmax),
    "standard": (Standard, Batched),
    "contrib": (Contrib, Batched),
    "fused": (HalfTower, Batched),
    "captured": (HalfTower, Batched),
    "fused-flash": (HalfTower, Batched),
    "fused-efficient": (HalfTower, Batched),
    "fused-trt": (HalfTower, Batched),
    "fused-math": (HalfTower, Batched),
}


# Of ONNX Runtime's attention backends; 0 leaves the choice to it.
KERNELS = {"fused-flash": 1, "fused-efficient": 2, "fused-trt": 4 + 32, "fused-math": 16}


def write(form: str, state: dict, heads: int, choice, path: Path) -> int:
    """Writes a form's image graph; the number of its nodes."""
    tower, attention = FORMS[form]
    with opset(23, 10) if form == "standard" else nullcontext():
        halved = attention(half=True)
        graph = image_graph(state, heads, choice.activation, choice.mean, choice.std, attention=halved, tower=tower)
        save(graph, path)
    return len(graph.nodes)


class Runner:
    """A graph with its inputs and outputs on the device."""

    def __init__(self, path: Path, device: str, form: str, feeds: dict, shapes: list[list[int]]):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        tuned = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC", "sdpa_kernel": str(KERNELS.get(form, 0))}
        tuned["enable_cuda_graph"] = str(int(form == "captured"))
        cuda = [("CUDAExecutionProvider", tuned)]
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=cuda if device == "cuda" else ["CPUExecutionProvider"]
        )
        self.binding = self.session.io_binding()
        value = lambda array: onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), device, 0)
        self.kept = {name: value(array) for name, array in feeds.items()}
        for name, kept in self.kept.items():
            self.binding.bind_ortvalue_input(name, kept)
        make = onnxruntime.OrtValue.ortvalue_from_shape_and_type
        self.scores = [make(shape, np.float32, device, 0) for shape in shapes]
        for name, score in zip(NAMES, self.scores, strict=True):
            self.binding.bind_ortvalue_output(name, score)

    def run(self, pixels: np.ndarray) -> list[np.ndarray]:
        self.kept["pixels"].update_inplace(pixels)
        self.session.run_with_iobinding(self.binding)
        return [score.numpy() for score in self.scores]


def main() -> None:
    numbers = lambda text: [int(part) for part in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", default="ViT-B-16-plus-240")
    parser.add_argument("--batch", type=numbers, default=[8, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--forms", type=lambda text: text.split(","), default=list(FORMS))
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--keep", type=Path, help="folder to which each form's graph is written")
    a = parser.parse_args()
    loaded = from_seed(choose(a.architecture), 0)
    choice, visual = loaded.choice, loaded.model.visual
    heads, grid, embed = visual.transformer.resblocks[0].attn.num_heads, visual.grid_size[0], visual.output_dim
    state = {k: v.numpy() for k, v in loaded.model.state_dict().items() if k.startswith("visual.")}
    windows = {k: window_indices(grid, k) for k in (2, 3)}
    size = visual.image_size[0]
    random = np.random.default_rng(0)
    text = random.standard_normal((1, 2, embed)).astype(np.float32)
    text /= np.linalg.norm(text, axis=-1, keepdims=True)
    reference = OpenClipWindows(visual.to(a.device).eval(), choice.mean, choice.std)
    folder = a.keep or Path(tempfile.mkdtemp())
    nodes = {}
    for form in a.forms:
        (folder / form).mkdir(parents=True, exist_ok=True)
        nodes[form] = write(form, state, heads, choice, folder / form / "image.onnx")
    print(f"{a.architecture}, {a.device}, ONNX Runtime {onnxruntime.__version__}", flush=True)
    for batch in a.batch:
        pixels = random.random((batch, 3, size, size), np.float32)
        with torch.no_grad():
            found = reference(
                torch.from_numpy(pixels).to(a.device).split(8)[0],
                {k: torch.from_numpy(w).to(a.device) for k, w in windows.items()},
            )
            logits = found @ torch.from_numpy(text[0]).to(a.device).T / TEMPERATURE
            scores = logits.softmax(-1)[..., 1].cpu().numpy()
        feeds = {"pixels": pixels, "text": np.repeat(text, batch, 0), "temperature": np.array(TEMPERATURE, np.float32)}
        feeds |= {f"windows_{k}": w for k, w in windows.items()}
        shapes = [[batch], *([batch, len(w)] for w in windows.values())]
        runners, said = {}, {}
        for form in a.forms:
            try:
                start = time.perf_counter()
                runner = Runner(folder / form / "image.onnx", a.device, form, feeds, shapes)
                got = np.concatenate([part.reshape(batch, -1) for part in runner.run(pixels)], axis=1)[: len(scores)]
                off = np.abs(got - scores)
                said[form] = f"difference {off.max():.1e}, {off.mean():.1e} on average, ready after {time.perf_counter() - start:.1f} s"
                runners[form] = runner
            except Exception as error:  # onnxruntime's errors have no common class
                print(f"{form:14} batch {batch}: refused: {' '.join(str(error).split())[-300:]}", flush=True)
        seconds = {form: [] for form in runners}
        for _ in range(a.rounds):
            for form, runner in runners.items():
                runner.run(pixels)
                for _ in range(3):
                    start = time.perf_counter()
                    runner.run(pixels)
                    seconds[form].append(time.perf_counter() - start)
        for form, taken in seconds.items():
            median = statistics.median(taken)
            print(
                f"{form:14} batch {batch}: {median * 1e3:8.2f} ms, {batch / median:7.1f} pictures/s, {nodes[form]} nodes, {said[form]}",
                flush=True,
            )


if __name__ == "__main__":
    main()
