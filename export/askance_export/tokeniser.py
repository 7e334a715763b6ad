"""CLIP's byte-pair tokeniser, as open_clip carries it."""

from __future__ import annotations

from functools import lru_cache

import torch


@lru_cache(maxsize=1)
def simple_tokeniser():
    """The `SimpleTokenizer` of open_clip (49408 ids, context 77, lower-case cleaning)."""
    from open_clip.tokenizer import SimpleTokenizer

    return SimpleTokenizer()


def tokenise(texts: list[str], context: int = 77) -> torch.Tensor:
    """Token ids, int64 [texts, context]."""
    return simple_tokeniser()(texts, context_length=context)
