import ast
from importlib import metadata
from pathlib import Path

import pytest

from askance_export import versions
from askance_export.errors import ExportError

FITTING = {"open_clip_torch": "3.3.0", "torch": "2.11.0+cpu", "onnx": "1.23.2"}


def installed(monkeypatch, **found):
    def version(name):
        if (FITTING | found)[name] is None:
            raise metadata.PackageNotFoundError(name)
        return (FITTING | found)[name]

    monkeypatch.setattr(metadata, "version", version)


def test_versions_in_range_pass(monkeypatch):
    installed(monkeypatch)
    versions.check()


@pytest.mark.parametrize("name, version", [("open_clip_torch", "2.24.0"), ("torch", "1.13.1"), ("onnx", "1.10.0")])
def test_a_version_out_of_range_is_named_with_the_range(monkeypatch, name, version):
    installed(monkeypatch, **{name: version})
    with pytest.raises(ExportError) as error:
        versions.check()
    wanted = next(r for r in versions.requirements() if r.startswith(name)).removeprefix(name)
    assert error.value.subject == name
    assert version in error.value.problem
    assert all(part in error.value.problem for part in wanted.split(","))


def test_a_library_that_is_missing_is_named(monkeypatch):
    installed(monkeypatch, onnx=None)
    with pytest.raises(ExportError, match="onnx: is not installed"):
        versions.check()


EXPORT = Path(__file__).parents[1]
ENTRY_POINTS = [
    "askance_export/__main__.py",
    "askance_export/pocket.py",
    "askance_export/quantise.py",
    "parity.py",
    "benchmarks/attack_time.py",
    "benchmarks/authors_attack.py",
    "benchmarks/graph_forms.py",
    "benchmarks/int8_forms.py",
]


def test_an_entry_point_ends_with_the_error_and_no_traceback(monkeypatch):
    installed(monkeypatch, torch="1.13.1")
    with pytest.raises(SystemExit, match="error: torch: has version 1.13.1"):
        versions.demand()
    versions.demand(("onnx",))


def line(tree, wanted):
    return min((node.lineno for node in ast.walk(tree) if wanted(node)), default=None)


def checks(node):
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return is_call and ast.unparse(node.func) in ("versions.check", "versions.demand")


def imports_more(node):
    """Whether anything is imported that may need what is checked."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom):
        inner = node.level > 0 or (node.module or "").startswith("askance_export")
        names = ["torch"] if inner and {a.name for a in node.names} - {"versions", "ExportError"} else [node.module or ""]
    return any(name.split(".")[0] in ("torch", "onnx", "onnxruntime", "open_clip", "torchvision") for name in names)


@pytest.mark.parametrize("file", ENTRY_POINTS)
def test_every_entry_point_checks_before_it_imports_what_is_checked(file):
    tree = ast.parse((EXPORT / file).read_text(encoding="utf-8"))
    assert line(tree, checks) < line(tree, imports_more)
