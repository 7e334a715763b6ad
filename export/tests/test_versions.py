from importlib import metadata

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
