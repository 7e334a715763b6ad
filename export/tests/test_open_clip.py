"""Export of open_clip models: that the graphs are right, that wrong ones are noticed, that every bad input is named."""

import dataclasses
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import onnx
import open_clip
import pytest
import torch
from onnx import TensorProto
from safetensors.torch import save_file

from askance_export import agreement, checkpoint, open_clip_model, towers
from askance_export.agreement import compare
from askance_export.attention import Batched, PerHead
from askance_export.bundle import load_state_dict
from askance_export.catalogue import ROBUST, Download, build, choose, download_of
from askance_export.errors import ExportError
from askance_export.open_clip_model import from_seed, from_weights, quick_gelu, write
from askance_export.pictures_for_check import check_pictures
from askance_export.reference import TorchWinClip
from askance_export.tokeniser import tokenise

REPOSITORY = Path(__file__).resolve().parents[2]


def seeded(architecture: str = "tiny", seed: int = 0):
    return from_seed(choose(architecture), seed)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in seeded().model.state_dict().items()}


def manifest(folder: Path) -> dict:
    return tomllib.loads((folder / "bundle.toml").read_text())


# Graphs


@pytest.mark.parametrize("architecture", ["tiny", "tiny-quickgelu"])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("attention", [Batched, PerHead])
def test_a_tiny_model_comes_out_right(tmp_path, architecture, precision, attention):
    loaded = seeded(architecture)
    found = write(loaded, tmp_path, "tiny", precision, attention=attention)
    assert found.largest < {"fp32": 1e-5, "fp16": 2e-2}[precision]
    assert found.highest - found.lowest > 0.3, "the scores are too much alike to tell anything"
    stated = manifest(tmp_path)
    assert (stated["name"], stated["precision"]) == ("tiny", precision)
    assert stated["image"]["activation"] == {"tiny": "gelu", "tiny-quickgelu": "quick_gelu"}[architecture]
    assert (stated["image"]["size"], stated["image"]["patch_grid"]) == (80, [5, 5])
    assert stated["image"]["mean"] == [0.48145466, 0.4578275, 0.40821073]
    assert (stated["winclip"]["embedding"], stated["text"]["context"]) == (48, 77)
    assert stated["files"] == {name: checkpoint.sha256_of(tmp_path / name) for name in ("image.onnx", "text.onnx")}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bundle.toml", "image.onnx", "text.onnx"]
    for name in ("image.onnx", "text.onnx"):
        graph = onnx.load(tmp_path / name)
        fused = (name, precision) == ("image.onnx", "fp16")
        domains = [("", 17), ("com.microsoft", 1)] if fused else [("", 17)]
        assert [(o.domain, o.version) for o in graph.opset_import] == domains, "plain ONNX, for every provider, but for cards"
        kinds = {i.data_type for i in graph.graph.initializer if i.name.endswith(("c_fc.weight", "in_proj_weight"))}
        assert kinds == {TensorProto.FLOAT16 if precision == "fp16" else TensorProto.FLOAT}
        norms = TensorProto.FLOAT16 if fused else TensorProto.FLOAT
        assert all(i.data_type == norms for i in graph.graph.initializer if ".ln_" in i.name)
        outside = [*graph.graph.input, *graph.graph.output]
        assert {v.type.tensor_type.elem_type for v in outside} <= {TensorProto.FLOAT, TensorProto.INT64}


def test_the_weights_of_a_bundle_are_the_models(tmp_path):
    loaded = seeded()
    write(loaded, tmp_path, "tiny")
    wanted = {k: v for k, v in loaded.model.state_dict().items() if k != "logit_scale"}
    found = load_state_dict(tmp_path)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[k], v) for k, v in wanted.items())


def test_a_seed_is_a_model():
    a, b, c = (seeded(seed=s).model.state_dict() for s in (1, 1, 2))
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert not torch.equal(a["visual.proj"], c["visual.proj"])


def test_reference_windows_are_sequences_of_their_own():
    loaded = seeded()
    reference = TorchWinClip(loaded.model, loaded.choice.mean, loaded.choice.std)
    pixels = check_pictures(2, 80)
    tokens = reference.tokens(pixels)
    for k in (2, 3):
        windows = reference.windows(k)
        together = reference.embed_windows(tokens, windows)
        alone = reference.embed_windows(tokens[1:], windows[3:4])
        assert torch.allclose(together[1, 3], alone[0, 0], atol=1e-6)
    whole = torch.nn.functional.normalize(loaded.model.encode_image((pixels - reference.mean) / reference.std), dim=-1)
    assert torch.allclose(reference.embed(tokens), whole, atol=1e-5)
    loaded.model.visual.transformer.batch_first = False
    with pytest.raises(RuntimeError, match="batch-first"):
        TorchWinClip(loaded.model, loaded.choice.mean, loaded.choice.std)


@pytest.mark.parametrize("longest", [3, 20, 77])
def test_a_prompt_does_not_depend_on_how_long_the_others_are(tmp_path, longest):
    loaded = seeded()
    write(loaded, tmp_path, "tiny")
    ids = tokenise(["a key", "word " * (longest - 2)])
    assert int(ids.argmax(-1).max()) == longest - 1 or longest == 3
    got = agreement.run(tmp_path / "text.onnx", {"tokens": ids.numpy()})["embedding"]
    with torch.no_grad():
        assert np.abs(got - loaded.model.encode_text(ids).numpy()).max() < 1e-4


# Wrong graphs


def column_major(grid: int, k: int) -> np.ndarray:
    windows = TorchWinClip.windows(type("Grid", (), {"grid": grid})(), k).numpy()
    side = grid - k + 1
    return windows.reshape(side, side, -1).swapaxes(0, 1).reshape(side * side, -1)


def break_window_order(monkeypatch):
    monkeypatch.setattr(agreement, "window_indices", column_major)


def break_ln_pre(monkeypatch):
    right = towers.Tower.layer_norm
    monkeypatch.setattr(towers.Tower, "layer_norm", lambda t, x, name: x if name == "ln_pre" else right(t, x, name))


def break_activation(monkeypatch):
    monkeypatch.setattr("askance_export.catalogue.Choice.activation", "quick_gelu")


def break_a_weight(monkeypatch):
    right, name = towers.Tower.matrix, "transformer.resblocks.1.attn.out_proj.weight"

    def transposed(tower, asked):
        if asked == name and tower.prefix == "visual.":
            tower.state = tower.state | {f"visual.{name}": tower.state[f"visual.{name}"].T}
        return right(tower, asked)

    monkeypatch.setattr(towers.Tower, "matrix", transposed)


BREAKAGES = [break_window_order, break_ln_pre, break_activation, break_a_weight]


def damage(architecture: str, folder: Path, monkeypatch, breakage, precision: str = "fp32") -> agreement.Agreement:
    """How far scores move, found by writing the broken bundle as if all were well."""
    seen = []

    def spy(*arguments, **named):
        seen.append(compare(*arguments, **named))
        return seen[-1]

    loaded = seeded(architecture)
    monkeypatch.setattr(open_clip_model, "compare", spy)
    breakage(monkeypatch)
    with pytest.raises(ExportError, match="disagree by more than"):
        write(loaded, folder, "broken", precision)
    assert not folder.exists() or not any(folder.iterdir()), "nothing is left of a bundle that was refused"
    return seen[0]


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_wrong_graph_is_refused(tmp_path, monkeypatch, breakage, precision):
    assert damage("tiny", tmp_path, monkeypatch, breakage, precision).scores > 20 * open_clip_model.TOLERANCE["fp32"]


def test_an_earlier_bundle_survives_a_refused_one(tmp_path, monkeypatch):
    write(seeded(), tmp_path, "first")
    before = manifest(tmp_path)
    break_ln_pre(monkeypatch)
    with pytest.raises(ExportError):
        write(seeded(seed=1), tmp_path, "second")
    assert manifest(tmp_path) == before
    assert before["files"]["image.onnx"] == checkpoint.sha256_of(tmp_path / "image.onnx")


# External data


def askance() -> Path:
    binary = Path(os.environ.get("ASKANCE_BINARY", REPOSITORY / "target" / "release" / "askance"))
    if not binary.is_file():
        pytest.skip(f"{binary} is not built (or set ASKANCE_BINARY)")
    return binary


def external_bundle(folder: Path) -> agreement.Agreement:
    return write(seeded(), folder, "external", limit=100_000)


def test_large_weights_lie_beside_the_graph(tmp_path):
    found = external_bundle(tmp_path)
    assert found.largest < 1e-5
    assert sorted(manifest(tmp_path)["files"]) == ["image.onnx", "image.onnx.data", "text.onnx", "text.onnx.data"]
    assert (tmp_path / "image.onnx").stat().st_size < 300_000 < (tmp_path / "image.onnx.data").stat().st_size
    graph = onnx.load(tmp_path / "image.onnx", load_external_data=False)
    offsets = [int(e.value) for i in graph.graph.initializer for e in i.external_data if e.key == "offset"]
    assert len(offsets) > 10 and not any(offset % 4096 for offset in offsets)
    assert torch.equal(load_state_dict(tmp_path)["visual.proj"], seeded().model.visual.proj)


def test_the_program_reads_external_data(tmp_path):
    binary, bundle, data = askance(), tmp_path / "bundle", tmp_path / "data"
    external_bundle(bundle)
    subprocess.run([binary, "models", bundle], check=True, capture_output=True)
    subprocess.run(
        [binary, "synth", "--out", data, "--size", "96", "--category", "key"], check=True, capture_output=True
    )
    done = subprocess.run(
        [binary, "eval", "--data", data, "--limit", "1", "--model", bundle, "--out", tmp_path / "run"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    weights = bundle / "image.onnx.data"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    refused = subprocess.run([binary, "models", bundle], check=False, capture_output=True, text=True)
    assert refused.returncode != 0 and "image.onnx.data" in refused.stderr and "SHA-256" in refused.stderr


# Forms of checkpoints


class Archive(torch.nn.Module):
    """A TorchScript module with OpenAI's extra entries."""

    def __init__(self, state: dict[str, torch.Tensor]):
        super().__init__()
        for name, value in state.items():
            holder = self
            *path, last = name.split(".")
            for part in path:
                if not hasattr(holder, part):
                    holder.add_module(part, torch.nn.Module())
                holder = getattr(holder, part)
            holder.register_buffer(last, value.half() if value.ndim > 1 else value)
        for mark in checkpoint.OPENAI_MARKS:
            self.register_buffer(mark, torch.tensor(80))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def wrapped(state, prefix):
    return {prefix + name: value for name, value in state.items()}


FORMS = {
    "plain.pt": lambda s, p: torch.save(s, p),
    "old.pt": lambda s, p: torch.save(s, p, _use_new_zipfile_serialization=False),
    "inside.pt": lambda s, p: torch.save({"epoch": 31, "name": "x", "state_dict": s}, p),
    "model.pt": lambda s, p: torch.save({"model": s, "optimizer": {"lr": 0.1}}, p),
    "parallel.pt": lambda s, p: torch.save({"state_dict": wrapped(s, "module.")}, p),
    "both.bin": lambda s, p: torch.save(wrapped(s, "module.model."), p),
    "plain.safetensors": lambda s, p: save_file({k: v.contiguous() for k, v in s.items()}, p),
    "marked.pt": lambda s, p: torch.save(s | {"logit_scale": torch.tensor([2.0])}, p),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_read(tmp_path, state, form):
    FORMS[form](state, tmp_path / form)
    loaded = from_weights(choose("tiny"), tmp_path / form)
    found = loaded.model.state_dict()
    assert all(torch.equal(found[k], v) for k, v in state.items() if k != "logit_scale")
    assert loaded.choice.activation == "gelu"
    assert form in loaded.source and checkpoint.sha256_of(tmp_path / form)[:16] in loaded.source
    assert str(tmp_path) not in loaded.source


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_openais_archive_is_read_and_has_quick_gelu(tmp_path, state):
    torch.jit.script(Archive(state)).save(str(tmp_path / "ViT.pt"))
    loaded = from_weights(choose("tiny"), tmp_path / "ViT.pt")
    assert loaded.choice.activation == "quick_gelu"
    assert isinstance(loaded.model.visual.transformer.resblocks[0].mlp.gelu, open_clip.transformer.QuickGELU)
    found = loaded.model.state_dict()
    assert all(
        torch.equal(found[k], v.half().float() if v.ndim > 1 else v) for k, v in state.items() if k != "logit_scale"
    )


def visual(state):
    return {k.removeprefix("visual."): v for k, v in state.items() if k.startswith("visual.")}


VISUAL_FORMS = {
    "fare.pt": lambda s: visual(s),
    "named.pt": lambda s: wrapped(visual(s), "visual."),
    "parallel.pt": lambda s: wrapped(visual(s), "module."),
    "wrapped.pt": lambda s: wrapped(visual(s), "model."),
    "tecoa.pt": lambda s: {"vision_encoder_state_dict": visual(s), "step": 3},
}


@pytest.mark.parametrize("form", VISUAL_FORMS)
def test_a_visual_tower_is_joined_with_a_base(tmp_path, state, form):
    base = {k: v.clone() for k, v in seeded(seed=7).model.state_dict().items()}
    torch.save(VISUAL_FORMS[form](state), tmp_path / form)
    torch.save(base, tmp_path / "base.pt")
    loaded = from_weights(choose("tiny-quickgelu"), tmp_path / form, str(tmp_path / "base.pt"))
    for name, value in loaded.model.state_dict().items():
        if name != "logit_scale":
            assert torch.equal(value, (state if name.startswith("visual.") else base)[name]), name
    assert form in loaded.source and "text tower of base.pt" in loaded.source
    assert loaded.choice.activation == "quick_gelu"


# Errors


def problem(call, *arguments) -> ExportError:
    with pytest.raises(ExportError) as caught:
        call(*arguments)
    return caught.value


def load_error(path: Path, content=None, architecture: str = "tiny", base: str | None = None) -> ExportError:
    if content is not None:
        torch.save(content, path)
    return problem(from_weights, choose(architecture), path, base)


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("should-not-be-made",))


def test_files_that_are_no_checkpoints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "is not a file" in load_error(tmp_path / "none.pt").problem
    (tmp_path / "empty.pt").touch()
    assert "is empty" in load_error(tmp_path / "empty.pt").problem
    (tmp_path / "page.pt").write_text("<!DOCTYPE html><p>Not found</p>")
    assert "not a checkpoint" in load_error(tmp_path / "page.pt").problem
    (tmp_path / "page.safetensors").write_text("<!DOCTYPE html><p>Not found</p>")
    assert "not a whole safetensors file" in load_error(tmp_path / "page.safetensors").problem
    assert "holds no weights, but the keys epoch" in load_error(tmp_path / "log.pt", {"epoch": 3}).problem
    assert "a list" in load_error(tmp_path / "list.pt", [1, 2]).problem
    assert "not a checkpoint of tensors alone" in load_error(tmp_path / "evil.pt", {"state_dict": Evil()}).problem
    assert not (tmp_path / "should-not-be-made").exists()


@pytest.mark.parametrize("form", ["plain.pt", "old.pt", "plain.safetensors"])
@pytest.mark.parametrize("kept", [0.3, 0.999])
def test_truncated_files(tmp_path, state, form, kept):
    path = tmp_path / form
    FORMS[form](state, path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    error = load_error(path)
    assert error.subject == str(path) and "fetch it again" in error.fix
    assert any(word in error.problem for word in ("cut short", "not a whole"))


def test_another_architecture_is_told_by_its_shapes(tmp_path, state):
    narrow = {k: v[..., :32] if k == "visual.proj" else v for k, v in state.items()}
    error = load_error(tmp_path / "narrow.pt", narrow)
    assert "visual.proj is [96, 32] where [96, 48] is expected" in error.problem and "tiny" in error.fix


def test_missing_and_surplus_tensors_are_counted(tmp_path, state):
    gone = [k for k in state if k.startswith("visual.transformer.resblocks.2.")]
    fewer = {k: v for k, v in state.items() if k not in gone}
    error = load_error(tmp_path / "fewer.pt", fewer)
    assert (
        f"{len(gone)} tensors are missing ({gone[0]}" in error.problem and f"and {len(gone) - 4} more" in error.problem
    )
    error = load_error(tmp_path / "more.pt", state | {"visual.extra": torch.zeros(2)})
    assert "1 are surplus (visual.extra)" in error.problem
    error = load_error(tmp_path / "hf.pt", {"vision_model.embeddings.class_embedding": torch.zeros(96)})
    assert "Hugging Face transformers" in error.fix


def test_weights_that_are_not_numbers(tmp_path, state):
    error = load_error(tmp_path / "int.pt", state | {"visual.proj": torch.zeros(96, 48, dtype=torch.int8)})
    assert "visual.proj is torch.int8" in error.problem
    error = load_error(tmp_path / "nan.pt", state | {"visual.proj": state["visual.proj"] * float("nan")})
    assert "not finite: visual.proj" in error.problem


def test_a_visual_tower_without_a_base(tmp_path, state):
    path = tmp_path / "visual.pt"
    error = load_error(path, visual(state))
    assert "visual tower only" in error.problem and "--base" in error.fix
    assert "visual tower only, too" in load_error(path, base=str(path)).problem
    assert "is not a tag of tiny" in load_error(path, base="openai").problem
    assert "is of no use" in load_error(tmp_path / "full.pt", state, base=str(path)).problem


def test_no_weights_at_all():
    assert "--random-seed" in problem(from_weights, choose("tiny")).fix


# Names


def test_unknown_names_are_answered_with_the_nearest():
    error = problem(choose, "ViT-B-16-plus-204")
    assert error.fix.startswith("the nearest names are ViT-B-16-plus-240")
    assert problem(choose, "vit-l-14").fix.startswith("the nearest names are ViT-L-14")
    error = problem(choose, "ViT-B-16-plus-240", "laion400m_e23")
    assert "laion400m_e32" in error.fix and "openai" not in error.fix
    assert "fare2" in problem(choose, "ViT-L-14", "fare3").fix
    assert "no tag" in problem(choose, "tiny", "openai").fix
    assert "not one of" in problem(choose, "local-dir:somewhere").problem


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("RN50", "ResNet"),
        ("coca_ViT-L-14", "CoCa"),
        ("ViT-B-16-SigLIP", "timm's vit_base"),
        ("convnext_base_w", "timm's convnext"),
        ("EVA02-L-14", "timm's eva"),
        ("roberta-ViT-B-32", "Hugging Face's roberta"),
        ("ViT-L-14-CLIPA", "tokeniser"),
        ("ViT-H-14-worldwide", "tokeniser"),
        ("ViT-M-16-alt", "ls_init_value"),
        ("MobileCLIP2-B", "timm's"),
    ],
)
def test_models_that_do_not_fit_are_refused_by_name(name, reason):
    error = problem(choose, name)
    assert error.subject == f"architecture {name}" and reason in error.problem


@pytest.mark.parametrize(
    ("section", "key", "value", "reason"),
    [
        ("vision_cfg", "attentional_pool", True, "attention"),
        ("vision_cfg", "pool_type", "avg", "pool_type"),
        ("vision_cfg", "no_ln_pre", True, "no_ln_pre"),
        ("vision_cfg", "qk_norm", True, "qk_norm"),
        ("vision_cfg", "norm_kwargs", {"eps": 1e-6}, "norm_kwargs"),
        ("vision_cfg", "image_size", [80, 96], "squares"),
        ("vision_cfg", "image_size", 90, "do not fill"),
        ("vision_cfg", "image_size", 32, "3 x 3"),
        ("text_cfg", "no_causal_mask", True, "causal"),
        ("text_cfg", "pool_type", "eos", "pool_type"),
        ("text_cfg", "vocab_size", 32000, "vocabulary"),
        ("text_cfg", "proj_bias", True, "proj_bias"),
        (None, "init_logit_bias", -10, "sigmoid"),
        (None, "new_key", 1, "new_key"),
    ],
)
def test_whatever_else_a_configuration_asks_for_is_refused(section, key, value, reason):
    from askance_export.catalogue import configuration, refuse_unless_plain

    config = configuration("tiny")
    (config[section] if section else config)[key] = value
    assert reason in problem(refuse_unless_plain, "changed", config).problem


def test_defaults_spelt_out_are_no_reason_to_refuse():
    from askance_export.catalogue import configuration, refuse_unless_plain

    config = configuration("tiny")
    config["vision_cfg"] |= {"pool_type": "tok", "ls_init_value": None, "patch_dropout": 0.5}
    config["text_cfg"] |= {"pool_type": "argmax", "no_causal_mask": False}
    refuse_unless_plain("spelt out", config)
    model = build(dataclasses.replace(choose("tiny"), config=config))
    assert not model.training


def test_the_papers_three_backbones():
    b16, l14, fare = (
        choose("ViT-B-16-plus-240", "laion400m_e31"),
        choose("ViT-L-14", "openai"),
        choose("ViT-L-14", "fare2"),
    )
    assert [c.activation for c in (b16, l14, fare)] == ["gelu", "quick_gelu", "quick_gelu"]
    assert b16.config["vision_cfg"]["width"] == 896 and b16.config["embed_dim"] == 640
    assert l14.mean == (0.48145466, 0.4578275, 0.40821073) and fare.mean == l14.mean
    assert fare.download == Download("chs20/fare2-clip", "open_clip_pytorch_model.bin") and fare.base == "openai"
    assert set(ROBUST) == {"fare2", "fare4", "tecoa2", "tecoa4"}
    assert "ViT-L-14" in problem(choose, "ViT-B-32", "fare2").fix
    assert choose("ViT-L-14-336", "openai").config["vision_cfg"]["image_size"] == 336
    assert choose("ViT-H-14", "laion2b_s32b_b79k").activation == "gelu"
    assert choose("ViT-L-14", "laion2b_s32b_b82k").mean == (0.5, 0.5, 0.5), "the tag's own constants"
    for name in ("ViT-B-32", "ViT-B-16", "ViT-g-14", "ViT-bigG-14", "ViT-L/14"):
        choose(name)


def test_a_repository_that_two_tags_name_is_used_for_one():
    e31, e32 = (download_of("ViT-B-16-plus-240", tag) for tag in ("laion400m_e31", "laion400m_e32"))
    assert e31.repository == "timm/vit_base_patch16_plus_clip_240.laion400m_e31"
    assert e32.repository == "" and "laion400m_e32" in e32.url
    assert download_of("ViT-L-14", "openai").repository == "timm/vit_large_patch14_clip_224.openai"


# Downloads


def no_hub(*_arguments, **_named):
    raise OSError("Name or service not known\nand a long trace")


def test_without_a_hub_the_file_to_fetch_is_named(monkeypatch, tmp_path, state):
    monkeypatch.setattr("open_clip.pretrained.download_pretrained_from_hf", no_hub)
    monkeypatch.setattr("open_clip.pretrained.download_pretrained_from_url", no_hub)
    monkeypatch.setattr("open_clip.factory.download_pretrained_from_hf", no_hub)
    error = problem(from_weights, choose("ViT-L-14", "fare2"))
    assert "Name or service not known" in error.problem and "trace" not in str(error)
    assert "open_clip_pytorch_model.bin" in error.fix and "https://huggingface.co/chs20/fare2-clip" in error.fix
    assert "--pretrained fare2 --weights FILE" in error.fix
    error = problem(from_weights, choose("ViT-B-16-plus-240", "laion400m_e32"))
    assert "vit_b_16_plus_240-laion400m_e32-699c4b84.pt" in error.fix
    torch.save(visual(state), tmp_path / "fare_eps_2.pt")
    error = problem(from_weights, choose("ViT-L-14", "fare2"), tmp_path / "fare_eps_2.pt")
    assert "timm/vit_large_patch14_clip_224.openai" in error.fix and "--base FILE beside --weights" in error.fix
    assert "open_clip_config.json" in problem(choose, "hf-hub:someone/model").problem
    assert "no meaning" in problem(choose, "hf-hub:someone/model", "openai").problem


def test_what_the_hub_gives_is_used(monkeypatch, tmp_path, state):
    import json

    from conftest import TINY

    asked = []

    def hub(repository, filename=None, **_named):
        asked.append((repository, filename))
        if filename == "open_clip_config.json":
            content = {
                "model_cfg": TINY | {"quick_gelu": True},
                "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3},
            }
            (tmp_path / filename).write_text(json.dumps(content))
        else:
            torch.save(state, tmp_path / filename)
        return str(tmp_path / filename)

    monkeypatch.setattr("open_clip.pretrained.download_pretrained_from_hf", hub)
    monkeypatch.setattr("open_clip.factory.download_pretrained_from_hf", hub)
    loaded = from_weights(choose("hf-hub:someone/tiny"))
    assert asked == [("someone/tiny", "open_clip_config.json"), ("someone/tiny", "open_clip_pytorch_model.bin")]
    write(loaded, tmp_path / "out", "tiny")
    stated = manifest(tmp_path / "out")
    assert stated["image"]["activation"] == "quick_gelu" and stated["image"]["mean"] == [0.5, 0.5, 0.5]
    assert stated["image"]["std"] == [0.25, 0.25, 0.25] and "huggingface.co/someone/tiny" in stated["source"]


# Command line


def command(*arguments) -> subprocess.CompletedProcess:
    line = [sys.executable, "-m", "askance_export", *map(str, arguments)]
    return subprocess.run(line, check=False, capture_output=True, text=True, cwd=REPOSITORY / "export")


def test_the_command_line_names_what_is_wrong(tmp_path):
    done = command("ViT-B-99", "--random-seed", 0, "--out", tmp_path / "x")
    assert done.returncode == 1 and done.stderr.startswith("error: architecture ViT-B-99") and "fix: " in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "x").exists()
    done = command("ViT-B-32", "--random-seed", 0, "--pretrained", "openai", "--out", tmp_path / "x")
    assert done.returncode == 1 and "--random-seed" in done.stderr


# Full size


@pytest.mark.full
def test_b16_plus_at_full_size(tmp_path):
    out = tmp_path / "b16plus"
    done = command("ViT-B-16-plus-240", "--random-seed", 0, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "largest difference from open_clip" in done.stdout
    stated = manifest(out)
    assert (stated["image"]["size"], stated["image"]["patch_grid"]) == (240, [15, 15])
    assert (stated["winclip"]["embedding"], stated["image"]["activation"]) == (640, "gelu")
    assert "random weights, seed 0" in stated["source"]
    weights = load_state_dict(out)
    assert sum(w.numel() for w in weights.values()) > 200e6
    loaded = seeded("ViT-B-16-plus-240")
    model = loaded.model.state_dict()
    assert all(torch.equal(weights[k], v) for k, v in model.items() if k != "logit_scale")
    again = compare(out, TorchWinClip(loaded.model, loaded.choice.mean, loaded.choice.std), 77, every=40)
    assert again.largest < 1e-4 and again.highest - again.lowest > 0.2


@pytest.mark.long
@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_wrong_graph_of_full_size_is_refused(tmp_path, monkeypatch, breakage):
    monkeypatch.setattr(open_clip_model, "LARGE", 0)
    found = damage("ViT-B-16-plus-240", tmp_path, monkeypatch, breakage)
    assert found.scores > 20 * open_clip_model.TOLERANCE["fp32"]


@pytest.mark.long
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_l14_at_full_size(tmp_path, precision):
    loaded = from_seed(quick_gelu(choose("ViT-L-14"), "the test"), 0)
    found = write(loaded, tmp_path, "l14", precision)
    assert found.largest < open_clip_model.TOLERANCE[precision] and found.highest - found.lowest > 0.2
    shutil.rmtree(tmp_path)
