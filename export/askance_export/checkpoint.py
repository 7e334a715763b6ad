"""Reads checkpoints in the forms that people publish, and puts them into an open_clip model, or says why not."""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch

from .catalogue import Choice, Download, first_line
from .errors import ExportError, a_few

# Keys under which training programs keep the weights beside other things.
CONTAINERS = ("state_dict", "model_state_dict", "vision_encoder_state_dict", "model")
# What wrappers put in front of every name.
WRAPPERS = ("module.", "model.", "_orig_mod.")
# Carried by checkpoints, needed by no graph. The first three are OpenAI's, and only OpenAI's archives have them.
OPENAI_MARKS = ("input_resolution", "context_length", "vocab_size")
NOT_NEEDED = (*OPENAI_MARKS, "logit_scale", "attn_mask")


@dataclass
class Checkpoint:
    """Weights in open_clip's names, and what was learned about them on the way."""

    file: str
    state: dict[str, torch.Tensor]
    visual_only: bool
    openai: bool
    sha256: str

    @property
    def source(self) -> str:
        return f"{self.file} (SHA-256 {self.sha256[:16]})"


def read(path: str | Path) -> Checkpoint:
    """A state_dict, one inside a training checkpoint, a TorchScript archive, or a safetensors file. No code of the file
    is run: pickles are read with `weights_only`, of an archive only the tensors are taken."""
    path = Path(path)
    if not path.is_file():
        raise ExportError(str(path), "is not a file", "give --weights the path of a checkpoint")
    state = tensors(path, load(path))
    state = strip_wrappers(state)
    openai = all(mark in state for mark in OPENAI_MARKS)
    for name in NOT_NEEDED:
        state.pop(name, None)
    return Checkpoint(path.name, *as_open_clip(state), openai, sha256_of(path))


def load(path: Path):
    fix = "give a .pt, .pth, .bin or .safetensors file with a state_dict; if it was downloaded, fetch it again"
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise ExportError(str(path), "is empty", fix)
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except (SafetensorError, ValueError) as error:
            raise ExportError(str(path), f"is not a whole safetensors file ({first_line(error)})", fix) from error
    if head.startswith(b"PK"):
        if not zipfile.is_zipfile(path):
            raise ExportError(str(path), "is cut short: the archive has no directory at its end", fix)
        if is_torchscript(path):
            try:
                return dict(torch.jit.load(str(path), map_location="cpu").state_dict())
            except RuntimeError as error:
                raise ExportError(
                    str(path), f"is not a readable TorchScript archive ({first_line(error)})", fix
                ) from error
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        problem = f"is not a checkpoint of tensors alone ({first_line(error)})"
        raise ExportError(str(path), problem, fix) from error
    except (RuntimeError, EOFError, OSError, KeyError, ValueError) as error:
        raise ExportError(str(path), f"is not a checkpoint, or is cut short ({first_line(error)})", fix) from error


def is_torchscript(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def tensors(path: Path, found) -> dict[str, torch.Tensor]:
    """The named tensors, taken out of their containers."""
    while isinstance(found, dict):
        inner = next((found[key] for key in CONTAINERS if isinstance(found.get(key), dict)), None)
        if inner is None:
            break
        found = inner
    if not isinstance(found, dict) or not any(isinstance(value, torch.Tensor) for value in found.values()):
        what = (
            f"the keys {a_few([str(key) for key in found])}" if isinstance(found, dict) else f"a {type(found).__name__}"
        )
        fix = f"give a file with a state_dict, plain or under one of {', '.join(CONTAINERS)}"
        raise ExportError(str(path), f"holds no weights, but {what}", fix)
    return {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}


def strip_wrappers(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    while wrapper := next((w for w in WRAPPERS if all(name.startswith(w) for name in state)), None):
        state = {name.removeprefix(wrapper): value for name, value in state.items()}
    return state


def as_open_clip(state: dict[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], bool]:
    """The state in a full model's names, and whether it holds the visual tower alone."""
    if "class_embedding" in state and "token_embedding.weight" not in state:
        state = {f"visual.{name}": value for name, value in state.items()}
    return state, all(name.startswith("visual.") for name in state)


def overlay(visual: Checkpoint, base: Checkpoint) -> dict[str, torch.Tensor]:
    """The text tower of `base` with the visual tower of `visual`."""
    if base.visual_only:
        raise ExportError(base.file, "holds the visual tower only, too", "give --base a checkpoint with both towers")
    text = {name: value for name, value in base.state.items() if not name.startswith("visual.")}
    return text | visual.state


def fit(model: torch.nn.Module, state: dict[str, torch.Tensor], choice: Choice, subject: str) -> None:
    """Puts a state into the model as float32. Every tensor must be there in its shape, and nothing else."""
    wanted = {name: value for name, value in model.state_dict().items() if name not in NOT_NEEDED}
    missing = [name for name in wanted if name not in state]
    surplus = [name for name in state if name not in wanted]
    wrong = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    fix = f"give the checkpoint of a {choice.architecture}, or name the architecture that this one has"
    if wrong:
        shapes = [f"{name} is {list(state[name].shape)} where {list(wanted[name].shape)} is expected" for name in wrong]
        raise ExportError(subject, f"has another architecture than {choice.architecture}: {a_few(shapes, 2)}", fix)
    if missing or surplus:
        parts = [f"{len(missing)} tensors are missing ({a_few(missing)})"] * bool(missing)
        parts += [f"{len(surplus)} are surplus ({a_few(surplus)})"] * bool(surplus)
        if any(name.startswith(("vision_model.", "text_model.")) for name in surplus):
            fix = (
                "its names are those of Hugging Face transformers; give the open_clip or OpenAI form of the checkpoint"
            )
        raise ExportError(subject, f"does not fit {choice.architecture}: {'; '.join(parts)}", fix)
    strange = [name for name in wanted if not state[name].is_floating_point()]
    if strange:
        kinds = [f"{name} is {state[name].dtype}" for name in strange]
        raise ExportError(
            subject, f"has weights that are not floating point: {a_few(kinds)}", "give an unquantised checkpoint"
        )
    broken = [name for name in wanted if not torch.isfinite(state[name]).all()]
    if broken:
        raise ExportError(subject, f"has weights that are not finite: {a_few(broken)}", "fetch the checkpoint again")
    with torch.no_grad():
        parameters = dict(model.named_parameters())
        for name in wanted:
            parameters[name].copy_(state[name])


def fetch(download: Download, fix: str) -> Path:
    """Downloads weights through open_clip, into its cache."""
    from open_clip.pretrained import download_pretrained_from_hf, download_pretrained_from_url

    try:
        if download.repository:
            return Path(download_pretrained_from_hf(download.repository, filename=download.file))
        return Path(download_pretrained_from_url(download.url))
    except Exception as error:  # the hub client, urllib and open_clip raise many kinds
        raise ExportError("download", f"cannot fetch {download} ({first_line(error)})", fix) from error


def sha256_of(path: Path) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
