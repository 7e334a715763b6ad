"""Captions: state phrase x template x object phrase, and the prompts of WinCLIP.

A model trained on a few dozen procedural objects must read the *state* of an object whose name it has never seen, so most
object phrases are nouns drawn from the tokeniser's own vocabulary.
"""

from __future__ import annotations

import random
from functools import lru_cache

from .tokeniser import simple_tokeniser

# WinCLIP's own state phrases and templates: the ones used at test.
NORMAL = ["{}", "flawless {}", "perfect {}", "unblemished {}", "{} without flaw", "{} without defect", "{} without damage"]
ANOMALOUS = ["damaged {}", "{} with flaw", "{} with defect", "{} with damage"]
TEMPLATES = ["a cropped photo of the {}.", "a cropped photo of a {}."] + [
    f"a {kind}photo of {article} {{}}{tail}."
    for kind, tail in (
        ("close-up ", ""),
        ("bright ", ""),
        ("dark ", ""),
        ("jpeg corrupted ", ""),
        ("blurry ", ""),
        ("", ""),
        ("", " for visual inspection"),
        ("", " for anomaly detection"),
    )
    for article in ("a", "the")
]
TEMPLATES += [f"a photo of {article} {size} {{}}." for size in ("small", "large") for article in ("a", "the")]

# Further ways to say the same, for training only.
MORE_NORMAL = ["intact {}", "clean {}", "new {}", "good {}", "pristine {}", "undamaged {}", "{} in perfect condition", "{} without blemish"]
MORE_ANOMALOUS = [
    "broken {}",
    "defective {}",
    "faulty {}",
    "flawed {}",
    "{} with a scratch",
    "{} with a stain",
    "{} with a crack",
    "{} with a hole",
    "{} with a blemish",
    "{} in bad condition",
]
MORE_TEMPLATES = ["{}", "a {}.", "the {}.", "a picture of {}.", "a good photo of the {}.", "a close-up of one {}.", "a rendering of a {}.", "a macro photo of {}."]
GENERIC = ["object", "thing", "part", "item", "surface", "product", "piece"]
STATE_WORDS = set(
    "flaw flaws flawless perfect unblemished without with damage damaged damages defect defects defective damaging broken scratch stain crack"
    " hole blemish clean new good bad intact pristine undamaged faulty flawed photo dark bright blurry the condition small large".split()
)


def winclip_prompts(noun: str) -> tuple[list[str], list[str]]:
    """The 7 x 22 normal and 4 x 22 anomalous prompts of the WinCLIP paper."""
    return tuple([t.format(s.format(noun)) for s in states for t in TEMPLATES] for states in (NORMAL, ANOMALOUS))


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Whole words of the tokeniser that can stand for a noun."""
    words = (w.removesuffix("</w>") for w in simple_tokeniser().encoder if w.endswith("</w>"))
    return tuple(w for w in words if w.isascii() and w.isalpha() and len(w) > 2 and w not in STATE_WORDS)


def random_noun(rng: random.Random) -> str:
    """One to three random words, as a phrase or as a folder name."""
    if rng.random() < 0.1:
        return rng.choice(GENERIC)
    words = rng.choices(vocabulary(), k=rng.choices((1, 2, 3), (0.45, 0.45, 0.1))[0])
    return rng.choice((" ", " ", "_")).join(words)


def caption(rng: random.Random, noun: str, anomalous: bool) -> str:
    """One random caption for a noun and a state; the phrases of the test are twice as likely as the others."""
    own, more = (ANOMALOUS, MORE_ANOMALOUS) if anomalous else (NORMAL, MORE_NORMAL)
    state = rng.choice(own if rng.random() < 0.67 else more)
    template = rng.choice(TEMPLATES if rng.random() < 0.67 else MORE_TEMPLATES)
    return template.format(state.format(noun))
