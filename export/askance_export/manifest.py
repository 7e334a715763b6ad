"""bundle.toml."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .checkpoint import sha256_of
from .errors import ExportError

ARCHITECTURE = "clip-vit"


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

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """From bundle.toml of a bundle that this package wrote."""
        path = folder / "bundle.toml"
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        if table.get("format") != 1 or table.get("architecture") != ARCHITECTURE:
            raise ExportError(str(path), f"is not that of a {ARCHITECTURE}", "give a bundle that this package wrote")
        image, winclip = table["image"], table["winclip"]
        return cls(
            **{key: table[key] for key in ("name", "description", "precision", "source", "licence")},
            size=image["size"],
            grid=image["patch_grid"][0],
            mean=tuple(image["mean"]),
            std=tuple(image["std"]),
            activation=image["activation"],
            context=table["text"]["context"],
            embedding=winclip["embedding"],
            scales=tuple(winclip["scales"]),
            temperature=winclip["temperature"],
        )

    def write(self, folder: Path, files: list[str]) -> None:
        """Writes bundle.toml for `files` of `folder`."""
        hashes = "".join(f'"{name}" = "{sha256_of(folder / name)}"\n' for name in files)
        # A JSON string is a TOML basic string.
        text = lambda value: json.dumps(value, ensure_ascii=False)
        numbers = lambda values: "[" + ", ".join(repr(v) for v in values) + "]"
        (folder / "bundle.toml").write_text(
            f"""format = 1
name = {text(self.name)}
architecture = "{ARCHITECTURE}"
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
