"""bundle.toml."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .checkpoint import sha256_of


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself; the hashes are those of the files at the time of writing."""

    name: str
    description: str
    precision: str
    source: str
    licence: str
    size: int
    grid: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    activation: str
    context: int
    embedding: int
    scales: tuple[int, ...] = (2, 3)
    temperature: float = 0.07

    def write(self, folder: Path, files: list[str]) -> None:
        """Writes bundle.toml for `files` of `folder`."""
        hashes = "".join(f'"{name}" = "{sha256_of(folder / name)}"\n' for name in files)
        # A JSON string is a TOML basic string.
        text = lambda value: json.dumps(value, ensure_ascii=False)
        numbers = lambda values: "[" + ", ".join(repr(v) for v in values) + "]"
        (folder / "bundle.toml").write_text(
            f"""format = 1
name = {text(self.name)}
architecture = "clip-vit"
description = {text(self.description)}
precision = "{self.precision}"
source = {text(self.source)}
licence = {text(self.licence)}

[image]
size = {self.size}
patch_grid = [{self.grid}, {self.grid}]
mean = {numbers(self.mean)}
std = {numbers(self.std)}
activation = "{self.activation}"

[text]
context = {self.context}

[winclip]
embedding = {self.embedding}
scales = {numbers(self.scales)}
temperature = {self.temperature}

[files]
{hashes}""",
            encoding="utf-8",
        )
