"""The records of a run: CSV files as pandas frames, maps as numpy arrays, run.toml as a dictionary.

docs/records.md of the program says what every column means. pandas and numpy are imported when something is read.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .names import file_name, text_of

if TYPE_CHECKING:
    import numpy
    import pandas

# Columns that hold text; all others hold numbers. The tests hold these sets to the types of the program's rows.
TEXT = {
    "a", "against", "attack", "axis", "b", "caption", "category", "checksum", "clean_map", "dataset", "defect", "defects", "fit", "fix",
    "found_under", "gemm_reason", "group", "grouping", "image", "label", "mask", "metric", "model", "object", "over", "parity_reason", "part",
    "precision", "provider", "ran", "reason", "reference", "rule", "sample", "scope", "search", "sha256", "split", "started", "state",
    "status", "strategy", "verdict", "worst_map",
}  # fmt: skip
# Columns of TEXT that hold numbers in tables which have the other column: a reference is a name in operating.csv, a loss in search.csv.
NUMBER_BESIDE = {"reference": "strategy"}
# Columns of whole numbers that may be empty.
WHOLE = {
    "anomalous", "batch", "budget", "calls", "certified_rank", "coarse", "decisions", "draws", "evaluations", "flips", "nodes",
    "nodes_elsewhere", "normal", "normal_pixels", "pieces", "regions", "round", "rounds", "samples", "scenes", "seed", "seeds", "size", "warm_up_calls",
}  # fmt: skip
LOGICAL = {"true": True, "false": False}


def read(folder: str | Path) -> Run:
    """The run in a folder.

    Raises FileNotFoundError where the folder holds no run.toml.
    """
    return Run(folder)


class Run:
    """A run. Every CSV file `<name>.csv` in its folder is an attribute: `run.summary`, `run.samples`, `run.sweep`, `run.bench`."""

    def __init__(self, folder: str | Path, json: dict[str, Any] | None = None):
        self.folder = Path(folder)
        self.json = json
        if not (self.folder / "run.toml").is_file():
            raise FileNotFoundError(f"{self.folder} holds no run.toml: give the folder of a run (what `--out` named)")
        self._frames: dict[str, pandas.DataFrame] = {}

    def __repr__(self) -> str:
        return f"<askance.Run {self.folder}: {', '.join(self.names)}>"

    @property
    def names(self) -> list[str]:
        """Names of the CSV files that are there."""
        return sorted(path.stem for path in self.folder.glob("*.csv"))

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.names]

    def __getattr__(self, name: str) -> pandas.DataFrame:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._frames:
            path = self.folder / f"{name}.csv"
            if not path.is_file():
                there = ", ".join(self.names) or "none"
                raise AttributeError(f"{self.folder} has no {name}.csv (there are: {there})")
            self._frames[name] = frame(path)
        return self._frames[name]

    @cached_property
    def info(self) -> dict[str, Any]:
        """What run.toml holds: settings, models, provider, versions, machine."""
        import tomllib

        return tomllib.loads((self.folder / "run.toml").read_text(encoding="utf-8"))

    def map(self, row: pandas.Series, aupro: bool = False) -> numpy.ndarray:
        """The model's anomaly map of a row of `samples`: float32, (rows, columns) of patches. Higher is more anomalous.

        With `aupro` that of the candidate chosen by AUPRO, which an attack with pooled selection keeps beside the one chosen by pixel AUROC.
        Raises FileNotFoundError where the run kept none.
        """
        import numpy

        return numpy.load(self.map_path(row, aupro))

    def map_path(self, row: pandas.Series, aupro: bool = False) -> Path:
        """Path of the file of `map`."""
        defect, _, stem = row["sample"].partition("/")
        folder = self.folder / "patch_maps"
        for part in (row["model"], row["category"], defect):
            folder /= file_name(part)
        return folder / f"{file_name(stem)}.{row['attack']}{'-aupro' if aupro else ''}.npy"


def frame(path: str | Path) -> pandas.DataFrame:
    """One CSV file of a run. Names stay text, whatever they look like; an empty cell of a number is missing (NaN or NA).

    Raises ValueError where a column of numbers holds something else.
    """
    import pandas

    table = pandas.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    for name in table.columns:
        column = table[name]
        if name in TEXT and NUMBER_BESIDE.get(name) not in table.columns:
            table[name] = column.map(text_of)
        elif column.isin(["true", "false", ""]).all() and column.isin(["true", "false"]).any():
            table[name] = column.map(LOGICAL).astype("boolean")
        else:
            try:
                numbers = pandas.to_numeric(column.replace("", None))
            except ValueError as error:
                raise ValueError(f"{path}, column {name}: {error}") from error
            table[name] = numbers.astype("Int64") if name in WHOLE else numbers.astype("float64")
    return table
