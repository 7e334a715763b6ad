"""int8 bundles: the integers, the graph, what a picture's company does to its map, and what is refused."""

import tomllib
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from askance_export.bundle import write_bundle
from askance_export.checkpoint import sha256_of
from askance_export.errors import ExportError
from askance_export.evaluate import WinClip
from askance_export.int8 import Range, linear_layers, quantised, weight_grid
from askance_export.model import Clip, Config
from askance_export.pictures_for_check import check_pictures
from askance_export.quantise import compare, quantise

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Twelve pictures of one category in MVTec layout."""
    folder = tmp_path_factory.mktemp("data") / "part" / "test" / "good"
    folder.mkdir(parents=True)
    for i, picture in enumerate(check_pictures(12, 96, seed=7).numpy()):
        Image.fromarray((255 * picture).astype(np.uint8).transpose(1, 2, 0)).save(folder / f"{i:02}.png")
    return folder.parents[2]


@pytest.fixture(scope="module")
def bundles(data, tmp_path_factory):
    """An fp32 bundle of random weights and the int8 one that was made of it."""
    folder = tmp_path_factory.mktemp("bundles")
    write_bundle(Clip(Config(), seed=3), folder / "tiny", "tiny", "test", "random weights")
    quantise(folder / "tiny", folder / "tiny-int8", "tiny-int8", data, count=6, threads=1)
    return folder / "tiny", folder / "tiny-int8"


@pytest.mark.parametrize("low, high", [(-3.0, 3.0), (-0.17, 12.0), (0.0, 5.0), (-4.0, 0.0)])
def test_activation_steps_span_the_range_and_hold_zero(low, high):
    scale, zero = Range(low, high).grid()
    steps = (np.arange(256) - float(zero)) * float(scale)
    assert steps[0] == pytest.approx(low, abs=float(scale)) and steps[-1] == pytest.approx(high, abs=float(scale))
    assert 0.0 in steps


def test_ranges_join_and_never_leave_zero_out():
    assert Range().joined(Range(2.0, 3.0)).joined(Range(1.0, 4.0)) == Range(0.0, 4.0)


def test_weights_are_off_by_half_a_step_at_most():
    weight = np.random.default_rng(0).standard_normal((5, 40)).astype(np.float32) * 10.0 ** np.arange(-2, 3)[:, None]
    weight[3] = 0
    integers, scales = weight_grid(weight.astype(np.float32))
    assert integers.dtype == np.int8 and integers.min() >= -127 and not integers[3].any()
    assert (np.abs(integers * scales[:, None] - weight) <= 0.5001 * scales[:, None]).all()


def test_every_linear_layer_is_int8_and_no_fp32_weight_of_one_is_left(bundles):
    before, after = (onnx.load(bundle / "image.onnx").graph for bundle in bundles)
    made = {output: node.op_type for node in after.node for output in node.output}
    gemms = [node for node in after.node if node.op_type == "Gemm"]
    assert len(gemms) == len(linear_layers(before)) == 37
    assert all(made[name] == "DequantizeLinear" for node in gemms for name in node.input)
    largest = max(np.prod(t.dims) for t in after.initializer if t.data_type == onnx.TensorProto.FLOAT and "proj" in t.name)
    assert largest <= Config().width * Config().embed


def test_maps_stay_close_and_outputs_are_the_same_kind(bundles):
    fp32, int8 = (WinClip(bundle, 1) for bundle in bundles)
    difference = compare(fp32, int8, check_pictures(4, fp32.size, seed=1).numpy())
    assert 0 < difference.mean < 0.02
    assert [o.name for o in fp32.image.get_outputs()] == [o.name for o in int8.image.get_outputs()]


def test_a_bias_is_kept():
    """The pocket towers have none, so the smallest graph that has one."""
    helper, weights = onnx.helper, np.array([[1.0, 0.0], [0.5, -1.0]], np.float32)
    info = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["rows", 2])
    constants = [onnx.numpy_helper.from_array(v, k) for k, v in (("w", weights), ("b", np.float32([3.0, -2.0])))]
    gemm = helper.make_node("Gemm", ["x", "w", "b"], ["y"], name="layer", transB=1)
    graph = helper.make_graph([gemm], "g", [info("x")], [info("y")], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    import onnxruntime

    made = quantised(model, {"layer": Range(-1.0, 1.0)}).SerializeToString()
    session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    x = np.float32([[0.5, -0.25], [1.0, 1.0]])
    assert np.abs(session.run(None, {"x": x})[0] - (x @ weights.T + [3.0, -2.0])).max() < 0.02


@pytest.mark.parametrize("threads", [1, 2])
def test_a_map_is_bit_for_bit_the_same_alone_and_in_company(bundles, threads):
    int8 = WinClip(bundles[1], threads)
    pixels = check_pictures(5, int8.size, seed=2).numpy()
    pixels[3] *= 0.1
    alone = int8.segment(pixels, ["nut"] * 5, batch=1)
    together = int8.segment(pixels, ["nut"] * 5, batch=5)
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


def test_the_manifest_says_int8_and_pins_the_files(bundles):
    manifest = tomllib.loads((bundles[1] / "bundle.toml").read_text())
    assert (manifest["name"], manifest["precision"]) == ("tiny-int8", "int8")
    assert manifest["files"] == {file: sha256_of(bundles[1] / file) for file in ("image.onnx", "text.onnx")}
    assert (bundles[0] / "text.onnx").read_bytes() == (bundles[1] / "text.onnx").read_bytes()


def test_refusals_name_the_fix_and_leave_an_earlier_bundle_alone(bundles, data, monkeypatch):
    source, made = bundles
    before = (made / "bundle.toml").read_bytes()
    with pytest.raises(ExportError, match="give the fp32 bundle"):
        quantise(made, made.with_name("again"), "again", data, 6, 1)
    with pytest.raises(ExportError, match="has 12 pictures and 14 are needed"):
        quantise(source, made, "tiny-int8", data, 7, 1)
    with pytest.raises(ExportError, match="own folder"):
        quantise(source, source, "tiny", data, 6, 1)
    monkeypatch.setattr("askance_export.quantise.TOLERANCE", 1e-9)
    with pytest.raises(ExportError, match="nothing was written"):
        quantise(source, made, "tiny-int8", data, 6, 1)
    assert (made / "bundle.toml").read_bytes() == before and not (made / ".unchecked").exists()


def test_the_committed_bundle_is_pocket():
    fp32, int8 = (WinClip(MODELS / name, 1) for name in ("pocket", "pocket-int8"))
    assert int8.manifest["files"]["text.onnx"] == fp32.manifest["files"]["text.onnx"]
    difference = compare(fp32, int8, check_pictures(4, fp32.size, seed=1).numpy())
    assert 0 < difference.mean < 0.01
