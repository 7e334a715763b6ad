"""Real anomalib exports for the tests of foreign graphs ("image in, anomaly map out").

Trains two of anomalib's models for a moment on pictures made here (a woven texture; defects are pale and dark blobs),
exports them with anomalib's own `Engine.export`, and writes what anomalib's own torch inference (`Engine.predict`)
says about three pictures, so that whoever reads the graphs can be held against it. The backbones' weights are random:
nothing is downloaded, and the maps say little about defects; what matters is that they are the same everywhere.

    OUT/pictures/NAME.png                    square (the models' size), large (not square, larger than the models),
                                             small
    OUT/KIND/model.onnx                      padim, stfpm: input of the models' own size; padim_dynamic: anomalib's
                                             default, any size;
                                             padim_raw: without anomalib's normalisation to [0, 1]
    OUT/KIND/NAME.map.npy, NAME.score.npy    the map (h, w) and the image score (1,), float32, as Engine.predict gives
                                             them
    OUT/facts.json                           versions, sizes, and the greatest difference between the graph in ONNX
                                             Runtime and torch

anomalib resizes with an antialiased bilinear filter in training and in Engine.predict, but without antialiasing
inside an exported graph: a graph agrees with Engine.predict on `large` only if it is given the picture already
resized.

Peers: requirements-anomalib.txt (anomalib 2.7.0). Seeded; about a minute and a half on two cores:

    python foreign.py --out DIR
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from PIL import Image
from torchvision.transforms.v2.functional import resize

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime reports to Microsoft from its import on
import onnxruntime  # noqa: E402

SIDE = 64
SEED = 0
TOLERANCE = 1e-4
PICTURES = {"square": (SIDE, SIDE), "large": (150, 201), "small": (48, 40)}


def texture(height, width, rng, defect):
    """One picture (height, width, 3) and its mask, both uint8."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    phase = rng.uniform(0, 2 * np.pi, 2)
    weave = np.sin(0.7 * x + phase[0]) * np.sin(0.5 * y + phase[1])
    grey = 120 + 35 * weave + 15 * x / width + rng.normal(0, 6, (height, width))
    mask = np.zeros((height, width), bool)
    if defect:
        centre = rng.uniform(0.25, 0.75, 2) * (height, width)
        radii = rng.uniform(0.08, 0.2, 2) * (height, width)
        mask = ((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2 < 1
        grey = np.where(mask, grey * 0.3 + (200 if rng.random() < 0.5 else 10), grey)
    picture = grey[..., None] * np.array([1.0, 0.9, 0.75])
    return picture.clip(0, 255).round().astype(np.uint8), mask.astype(np.uint8) * 255


def write_data_set(root, rng):
    """A category `weave` in MVTec AD layout."""
    for split, label, count in (("train", "good", 12), ("test", "good", 6), ("test", "blob", 6)):
        for index in range(count):
            picture, mask = texture(SIDE, SIDE, rng, label == "blob")
            name = f"weave/{split}/{label}/{index:03}.png"
            save(root / name, picture)
            if label == "blob":
                save(root / f"weave/ground_truth/blob/{index:03}_mask.png", mask)


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def without_downloads():
    """timm makes every backbone with random weights from here on."""
    create = timm.create_model

    def random_weights(name, *args, **options):
        return create(name, *args, **(options | {"pretrained": False}))

    timm.create_model = random_weights


def models():
    """Name -> (model, traced input size or None for a dynamic one)."""
    from anomalib.models import Padim, Stfpm
    from anomalib.post_processing import PostProcessor

    fixed = (SIDE, SIDE)

    def padim(**options):
        torch.manual_seed(SEED)
        return Padim(pre_trained=False, n_features=24, pre_processor=Padim.configure_pre_processor(fixed), **options)

    def stfpm():
        torch.manual_seed(SEED)
        return Stfpm(pre_processor=Stfpm.configure_pre_processor(fixed))

    return {
        "padim": (padim, fixed),
        "padim_dynamic": (padim, None),
        "padim_raw": (
            lambda: padim(post_processor=PostProcessor(enable_normalization=False, enable_thresholding=False)),
            fixed,
        ),
        "stfpm": (stfpm, fixed),
    }


def predictions(engine, model, path):
    """anomalib's own map (h, w) and score (1,) of one picture file."""
    batch = engine.predict(model=model, data_path=path, return_predictions=True)[0]
    return batch.anomaly_map.squeeze().numpy().astype(np.float32), batch.pred_score.reshape(1).numpy().astype(
        np.float32
    )


def as_input(path):
    """The picture (1, 3, SIDE, SIDE) in [0, 1], resized as anomalib does before its models."""
    picture = torch.from_numpy(np.asarray(Image.open(path).convert("RGB")).copy()).permute(2, 0, 1)[None] / 255
    return resize(picture, [SIDE, SIDE], antialias=True).numpy()


def make(kind, build, size, data, out, work):
    from anomalib.data import MVTecAD
    from anomalib.engine import Engine

    torch.manual_seed(SEED)
    np.random.seed(SEED)
    model = build()
    module = MVTecAD(root=data, category="weave", train_batch_size=4, eval_batch_size=4, num_workers=0, seed=SEED)
    engine = Engine(
        max_epochs=2,
        accelerator="cpu",
        devices=1,
        default_root_dir=work / kind,
        logger=False,
        enable_progress_bar=False,
    )
    engine.fit(model, datamodule=module)
    # One file: anomalib would leave the weights in a second one beside it.
    written = engine.export(
        model, "onnx", export_root=work / kind, input_size=size, onnx_kwargs={"external_data": False}
    )
    folder = out / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(Path(written).read_bytes())
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    worst = {}
    for name in PICTURES:
        picture = out / "pictures" / f"{name}.png"
        anomaly_map, score = predictions(engine, model, picture)
        np.save(folder / f"{name}.map.npy", anomaly_map)
        np.save(folder / f"{name}.score.npy", score)
        from_graph = session.run(["anomaly_map", "pred_score"], {"input": as_input(picture)})
        scale = max(1.0, float(np.abs(anomaly_map).max()))
        worst[name] = max(
            float(np.abs(from_graph[0].squeeze() - anomaly_map).max()) / scale,
            float(np.abs(from_graph[1] - score).max()) / scale,
        )
        if anomaly_map.std() < 1e-3 * scale:
            sys.exit(f"{kind}: the map of {name} is flat, so it could not tell right from wrong")
    if max(worst.values()) > TOLERANCE:
        sys.exit(f"{kind}: the exported graph and anomalib's torch inference differ: {worst}")
    return {"input_size": size, "outputs": [o.name for o in session.get_outputs()], "difference_to_torch": worst}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    out = parser.parse_args().out.resolve()
    without_downloads()
    import anomalib

    rng = np.random.default_rng(SEED)
    facts = {
        "anomalib": anomalib.__version__,
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "onnxruntime": onnxruntime.__version__,
        "seed": SEED,
        "side": SIDE,
        "kinds": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_data_set(work / "data", rng)
        for name, (height, width) in PICTURES.items():
            save(out / "pictures" / f"{name}.png", texture(height, width, rng, defect=True)[0])
        for kind, (build, size) in models().items():
            facts["kinds"][kind] = make(kind, build, size, work / "data", out, work)
    (out / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
