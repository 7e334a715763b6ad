"""Which model is meant: open_clip's architectures and tags, and robust visual towers that were trained from OpenAI's.

Every number of an architecture comes from open_clip's model configuration, the constants of the picture's normalisation
and the activation from the configuration and the tag.
"""

from __future__ import annotations

import copy
import difflib
from dataclasses import dataclass, field

from .errors import ExportError

# Robust towers by Schlarmann et al. (ICML 2024, github.com/chs20/RobustVLM). The visual tower is fine-tuned from
# OpenAI's ViT-L/14, the text tower is OpenAI's. Published as full open_clip checkpoints on the Hugging Face hub, and as
# visual-only state_dicts (`fare_eps_2.pt`, ...) by the authors.
ROBUST = {
    "fare2": "chs20/fare2-clip",
    "fare4": "chs20/fare4-clip",
    "tecoa2": "chs20/tecoa2-clip",
    "tecoa4": "chs20/tecoa4-clip",
}
ROBUST_ARCHITECTURE = "ViT-L-14"
ROBUST_BASE = "openai"
HUB_WEIGHTS = "open_clip_pytorch_model.bin"
HUB_PREFIX = "hf-hub:"


@dataclass(frozen=True)
class Download:
    """Where the weights of a tag are: a repository of the Hugging Face hub with a file name, or an address."""

    repository: str = ""
    file: str = ""
    url: str = ""

    def __str__(self) -> str:
        return f"{self.file} from huggingface.co/{self.repository}" if self.repository else self.url


@dataclass(frozen=True)
class Choice:
    """An architecture and, if named, the weights' tag."""

    architecture: str
    config: dict
    mean: tuple[float, ...]
    std: tuple[float, ...]
    tag: str | None = None
    download: Download | None = None
    base: str | None = None
    activation_from: str = field(default="the architecture's configuration")

    @property
    def activation(self) -> str:
        return "quick_gelu" if self.config.get("quick_gelu") else "gelu"


def choose(architecture: str, tag: str | None = None) -> Choice:
    """Finds an architecture and tag by name, and refuses what the graphs cannot express."""
    from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

    if architecture.startswith(HUB_PREFIX):
        return from_hub(architecture, tag)
    name = architecture.replace("/", "-")
    config = configuration(name)
    refuse_unless_plain(name, config)
    if tag is None:
        return Choice(name, config, tuple(OPENAI_DATASET_MEAN), tuple(OPENAI_DATASET_STD))
    key = tag.lower().replace("-", "_")
    if key in ROBUST:
        return robust(name, config, key)
    entry = tag_entry(name, tag)
    if entry.get("quick_gelu"):
        config["quick_gelu"] = True
    return Choice(
        name,
        config,
        tuple(entry["mean"]),
        tuple(entry["std"]),
        tag=key,
        download=download_of(name, key),
        activation_from=f"tag {key} and the architecture's configuration",
    )


def configuration(name: str) -> dict:
    """open_clip's model configuration of that name."""
    from open_clip.factory import get_model_config, list_models

    if name not in list_models():
        near = nearest(name, list_models())
        raise ExportError(
            f"architecture {name}", "is not one of open_clip's", f"the nearest names are {', '.join(near)}"
        )
    return get_model_config(name)


def tag_entry(name: str, tag: str) -> dict:
    """open_clip's entry of a tag of an architecture."""
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

    entry = get_pretrained_cfg(name, tag)
    if entry:
        return entry
    tags = list_pretrained_tags_by_model(name)
    if name.removesuffix("-quickgelu") == ROBUST_ARCHITECTURE:
        tags = [*tags, *ROBUST]
    if not tags:
        fix = "open_clip lists no tag for this architecture; give a file with --weights"
    else:
        fix = f"its tags are {', '.join(nearest(tag, tags, len(tags)))}; or give a file with --weights alone"
    raise ExportError(f"--pretrained {tag}", f"is not a tag of {name}", fix)


def robust(name: str, config: dict, tag: str) -> Choice:
    from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

    if name.removesuffix("-quickgelu") != ROBUST_ARCHITECTURE:
        raise ExportError(
            f"--pretrained {tag}", f"is a {ROBUST_ARCHITECTURE}, not a {name}", f"use {ROBUST_ARCHITECTURE}"
        )
    config["quick_gelu"] = True
    return Choice(
        name,
        config,
        tuple(OPENAI_DATASET_MEAN),
        tuple(OPENAI_DATASET_STD),
        tag=tag,
        download=Download(ROBUST[tag], HUB_WEIGHTS),
        base=ROBUST_BASE,
        activation_from=f"tag {tag}, which was trained from OpenAI's weights",
    )


def from_hub(architecture: str, tag: str | None) -> Choice:
    """A repository of the hub that brings its own open_clip_config.json."""
    from open_clip.factory import _get_hf_config
    from open_clip.transform import PreprocessCfg

    repository = architecture.removeprefix(HUB_PREFIX)
    if tag is not None:
        raise ExportError(f"--pretrained {tag}", f"has no meaning beside {architecture}", "leave one of them out")
    try:
        found = _get_hf_config(repository)
    except Exception as error:  # the hub client raises many kinds
        raise ExportError(
            architecture,
            f"open_clip_config.json could not be fetched ({first_line(error)})",
            "check the name and the connection; or give an architecture by name and the weights with --weights",
        ) from error
    config, preprocess = found["model_cfg"], found.get("preprocess_cfg", {})
    refuse_unless_plain(architecture, config)
    mean, std = (tuple(preprocess.get(key, getattr(PreprocessCfg, key))) for key in ("mean", "std"))
    return Choice(architecture, config, mean, std, download=Download(repository, HUB_WEIGHTS))


def download_of(name: str, tag: str) -> Download:
    """Where open_clip's weights of a tag are. Two tags of one architecture sometimes name the same repository (in
    open_clip 3.3.0, laion400m_e32 of ViT-B-16-plus-240 names that of laion400m_e31). It holds the weights of one of
    them, the one it is called after; the other's are taken from their own address."""
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

    entry = get_pretrained_cfg(name, tag)
    hub, url = entry.get("hf_hub", ""), entry.get("url", "")
    others = [get_pretrained_cfg(name, other) for other in list_pretrained_tags_by_model(name) if other != tag]
    shared = any(other.get("hf_hub") == hub and other.get("url") != url for other in others)
    if hub and not (shared and url and not hub.strip("/").endswith(tag)):
        repository, _, file = hub.rpartition("/")
        return Download(repository, file or HUB_WEIGHTS)
    return Download(url=url)


def refuse_unless_plain(name: str, config: dict) -> None:
    """The graphs hold vision transformers with a class token, learned positions and a causal CLIP text tower. Whatever
    else a configuration asks for is refused, unknown keys included: a key that is overlooked would be a wrong model."""
    from open_clip.model import CLIPTextCfg, CLIPVisionCfg

    vision, text = config["vision_cfg"], config["text_cfg"]
    reasons = [
        (isinstance(vision.get("layers"), (list, tuple)), "its image tower is a ResNet"),
        ("timm_model_name" in vision, f"its image tower is timm's {vision.get('timm_model_name')}"),
        ("multimodal_cfg" in config, "it is a CoCa model, with a text decoder"),
        ("hf_model_name" in text, f"its text tower is Hugging Face's {text.get('hf_model_name')}"),
        ("hf_tokenizer_name" in text, "its tokeniser is not CLIP's byte-pair encoding"),
        (
            text.get("vocab_size", 49408) != 49408,
            f"its vocabulary has {text.get('vocab_size')} tokens, not CLIP's 49408",
        ),
        (bool(vision.get("attentional_pool")), "it pools patches by attention"),
        (bool(text.get("no_causal_mask")), "its text tower has no causal mask"),
        ("init_logit_bias" in config, "it is trained with a sigmoid loss (SigLIP)"),
        (config.get("custom_text", False), "it has a custom text tower"),
    ]
    for wrong, reason in reasons:
        if wrong:
            raise refusal(name, reason)
    image = vision.get("image_size", CLIPVisionCfg.image_size)
    patch = vision.get("patch_size", CLIPVisionCfg.patch_size)
    if isinstance(image, (list, tuple)) or isinstance(patch, (list, tuple)):
        raise refusal(name, "its pictures or patches are not given as squares")
    if image % patch:
        raise refusal(name, f"its patches of {patch} pixels do not fill {image} pixels")
    if image // patch < 3:
        raise refusal(name, "its grid of patches is smaller than WinCLIP's 3 x 3 window")
    allowed = {
        "model": (config, {"embed_dim", "vision_cfg", "text_cfg", "quick_gelu", "init_logit_scale"}, None),
        "vision_cfg": (
            vision,
            {"layers", "width", "head_width", "mlp_ratio", "patch_size", "image_size", "patch_dropout"},
            CLIPVisionCfg,
        ),
        "text_cfg": (text, {"context_length", "vocab_size", "heads", "width", "layers", "mlp_ratio"}, CLIPTextCfg),
    }
    for section, (values, known, defaults) in allowed.items():
        for key, value in values.items():
            harmless = key in known or (defaults is not None and value == getattr(defaults, key, object()))
            if not harmless:
                raise refusal(name, f"{section} asks for {key} = {value!r}")


def refusal(name: str, reason: str) -> ExportError:
    fix = "choose a plain CLIP vision transformer, such as ViT-B-16-plus-240, ViT-L-14 or ViT-B-32"
    return ExportError(f"architecture {name}", f"cannot be exported: {reason}", fix)


def nearest(name: str, names: list[str], most: int = 5) -> list[str]:
    """The names most like `name`, best first, whatever their case."""
    score = lambda other: difflib.SequenceMatcher(None, name.lower(), other.lower()).ratio()
    return sorted(names, key=score, reverse=True)[:most]


def first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def build(choice: Choice):
    """open_clip's model of a configuration, with weights of no meaning."""
    from open_clip.model import CLIP

    return CLIP(**copy.deepcopy(choice.config)).eval()
