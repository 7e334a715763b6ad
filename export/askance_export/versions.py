"""Whether the libraries that the exporter stands on have the versions that its metadata ask for."""

from __future__ import annotations

import operator
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from .errors import ExportError

PACKAGE = "askance-export"
REQUIREMENT = re.compile(r"([A-Za-z0-9_]+)([^;]*)")
# What the exporter calls deep inside; a version that does not fit fails there with an error that says nothing.
CHECKED = ("open_clip_torch", "torch", "onnx")


def requirements() -> list[str]:
    """The package's dependencies: of `pyproject.toml` where the exporter runs from its folder, else of the installed package."""
    project = Path(__file__).parents[1] / "pyproject.toml"
    if project.is_file():
        return tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    return metadata.requires(PACKAGE) or []


def demand(names: tuple[str, ...] = CHECKED) -> None:
    """Ends the program with the error of `check`: for entry points, before they import what is checked."""
    try:
        check(names)
    except ExportError as error:
        sys.exit(f"error: {error}")


def check(names: tuple[str, ...] = CHECKED) -> None:
    """Raises an ExportError that names the first library that is missing or has a version out of range."""
    wanted = dict(REQUIREMENT.match(requirement).groups() for requirement in requirements())
    for name in names:
        versions = wanted[name]
        fix = f"pip install '{name}{versions}'"
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            raise ExportError(name, f"is not installed; {versions} is needed", fix) from None
        if not fits(found, versions):
            raise ExportError(name, f"has version {found}, and {versions} is needed", fix)


def fits(version: str, versions: str) -> bool:
    """Whether a version lies in a range such as `>=3.3,<4`; what follows its numbers does not count."""
    compare = {">=": operator.ge, "<": operator.lt, "==": operator.eq}
    bounds = (re.fullmatch(r"(>=|<|==)(.+)", bound.strip()).groups() for bound in versions.split(","))
    return all(compare[sign](numbers(version), numbers(bound)) for sign, bound in bounds)


def numbers(version: str) -> list[int]:
    """The numbers that a version begins with, without zeros at the end: of `2.11.0+cpu` 2 and 11."""
    found = [int(number) for number in re.match(r"[0-9.]*", version)[0].split(".") if number]
    while found and found[-1] == 0:
        found.pop()
    return found
