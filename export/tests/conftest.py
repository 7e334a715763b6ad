"""Tiny architectures in open_clip's registry, so that tests take the same way as the real ones in seconds."""

import json

import open_clip
import pytest

TINY = {
    "embed_dim": 48,
    "vision_cfg": {"image_size": 80, "layers": 3, "width": 96, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 2},
}


@pytest.fixture(scope="session", autouse=True)
def tiny_architectures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model_configs")
    for name, extra in (("tiny", {}), ("tiny-quickgelu", {"quick_gelu": True})):
        (folder / f"{name}.json").write_text(json.dumps(TINY | extra))
    open_clip.add_model_config(folder)
