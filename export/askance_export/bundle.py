"""Writes a bundle (image.onnx, text.onnx, bundle.toml), and reads its weights back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from .manifest import Manifest
from .model import MEAN, STD, Clip, Config, window_indices
from .tokeniser import tokenise
from .towers import image_graph, text_graph

TOLERANCE = 1e-4
SCALES = (2, 3)
PARITY_PROMPTS = ["a photo of a flawless hex nut.", "parquet", "a cropped photo of the damaged bottle for visual inspection."]


def numpy_state(model: Clip) -> dict[str, np.ndarray]:
    """The state_dict as numpy arrays, the token table in half precision. Training's `logit_scale` is left out: a bundle's
    temperature is an input of the graph."""
    state = {k: v.detach().cpu().numpy() for k, v in model.state_dict().items() if k != "logit_scale"}
    state["token_embedding.weight"] = state["token_embedding.weight"].astype(np.float16)
    return state


def load_state_dict(bundle_dir: str | Path) -> dict[str, torch.Tensor]:
    """The torch weights of a bundle, read from the initialisers of its two graphs (float32; the half-precision token
    table widened, which is exact)."""
    state = {}
    for name in ("image.onnx", "text.onnx"):
        for tensor in onnx.load(Path(bundle_dir) / name).graph.initializer:
            if not tensor.name.startswith("const/"):
                state[tensor.name] = torch.from_numpy(numpy_helper.to_array(tensor).astype(np.float32))
    return state


def load_model(bundle_dir: str | Path, config: Config = Config()) -> Clip:
    """A torch model with a bundle's weights."""
    model = Clip(config)
    missing, unexpected = model.load_state_dict(load_state_dict(bundle_dir), strict=False)
    if unexpected or set(missing) != {"logit_scale"}:
        raise ValueError(f"{bundle_dir}: weights do not fit: missing {missing}, unexpected {unexpected}")
    return model.eval()


def parity(model: Clip, image_onnx: bytes, text_onnx: bytes) -> float:
    """Largest difference between torch and ONNX Runtime over all embeddings and scores of random pictures and prompts."""
    import onnxruntime as ort

    config = model.config
    rng = np.random.default_rng(0)
    pixels = rng.random((3, 3, config.size, config.size), np.float32)
    pixels[0, :, :, : config.size // 2] *= 0.2
    ids = tokenise(PARITY_PROMPTS)

    def run(graph: bytes, feeds: dict) -> dict[str, np.ndarray]:
        session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
        return dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds), strict=True))

    with torch.no_grad():
        expected_text = model.encode_text(ids)
        expected = model.winclip(torch.from_numpy(pixels), SCALES)
    text = torch.nn.functional.normalize(expected_text[:2], dim=-1).repeat(3, 1, 1)
    got = run(
        image_onnx,
        {
            "pixels": pixels,
            "text": text.numpy(),
            "temperature": np.array(0.07, np.float32),
            **{f"windows_{k}": window_indices(config.grid, k) for k in SCALES},
        },
    )
    worst = np.abs(run(text_onnx, {"tokens": ids.numpy()})["embedding"] - expected_text.numpy()).max()
    for k, e in expected.items():
        name = "image" if k == 1 else "window"
        tail = "" if k == 1 else f"_{k}"
        s = ((e[:, None] if k == 1 else e) @ text.transpose(1, 2) / 0.07).softmax(-1)[..., 1]
        worst = max(worst, np.abs(got[f"{name}_embedding{tail}"] - e.numpy()).max())
        worst = max(worst, np.abs(got[f"{name}_score{tail}"] - (s[:, 0] if k == 1 else s).numpy()).max())
    return float(worst)


def write_bundle(model: Clip, out: str | Path, name: str, description: str, source: str) -> float:
    """Exports `model` to `out`. The manifest comes last, and only when ONNX Runtime agrees with torch to `TOLERANCE`.
    The model's token table is rounded to half precision in place. Returns the largest difference."""
    config = model.config
    model.eval()
    with torch.no_grad():
        table = model.token_embedding.weight
        table.copy_(table.half().float())
    state = numpy_state(model)
    files = {
        "image.onnx": image_graph(state, config.heads, "gelu", MEAN, STD, SCALES).model().SerializeToString(),
        "text.onnx": text_graph(state, config.text_heads, "gelu").model().SerializeToString(),
    }
    worst = parity(model, files["image.onnx"], files["text.onnx"])
    print(f"{name}: largest difference between torch and ONNX Runtime {worst:.2e}")
    if not worst < TOLERANCE:
        raise RuntimeError(f"{name}: torch and ONNX Runtime differ by {worst:.2e}, more than {TOLERANCE:.0e}; no manifest written")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "bundle.toml").unlink(missing_ok=True)
    for file, data in files.items():
        (out / file).write_bytes(data)
    manifest = Manifest(
        name=name,
        description=description,
        precision="fp32",
        source=source,
        licence="MIT OR Apache-2.0",
        size=config.size,
        grid=config.grid,
        mean=MEAN,
        std=STD,
        activation="gelu",
        context=config.context,
        embedding=config.embed,
        scales=SCALES,
    )
    manifest.write(out, list(files))
    return worst
