"""How low the pooled metrics fall at the same number of model evaluations: searches that minimise each loss, and the authors' attack.

    python benchmarks/metric_bounds.py --out DIR [--data DIR ...]

Every search has the joint attack, on a generated data set of ten categories and on every one given, under both pocket models and under a
detector that has nothing in common with them (odd_patches.py). What it found is chosen by each metric, the rule of docs/bounds.md.

The authors' attack (Adam by back-propagation, authors_attack.py, the pocket models alone) is pooled twice: by its own selection (of an
anomalous sample the step of lowest pixel AUROC, of a normal one that of lowest loss), and chosen by each metric, like ours. For that the
maps of its steps take the place of the candidates of a short run of askance, which then chooses among them.

What is finished in --out is not done again. Printed: a table of each metric in %, with 95 % intervals; then in how many categories the
default search is at most the authors' attack.
"""

import argparse
import csv
import subprocess
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from askance_export import versions

versions.demand(("torch", "onnx"))  # before what is imported next

import numpy as np  # noqa: E402
import odd_patches  # noqa: E402
import torch  # noqa: E402
from askance_export import askance_run  # noqa: E402
from askance_export.semantic import restore  # noqa: E402
from scipy.stats import rankdata  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# Degrees, radians and a share, in double precision: the steps are in single.
BOX = np.array([90, np.pi, 0.5])
POCKETS = ("pocket", "pocket-robust")
DEFAULT = "askance"
METRICS = {"pixel_auroc": "pAUROC", "aupro": "AUPRO"}
# Between the losses of the two programs; photographs that are much reduced differ more than generated pictures.
TOLERANCE = 5e-3
OWN, SAME = "authors' attack, their selection", "authors' attack, chosen by metric"


def run(command: list) -> None:
    print("$", *command, flush=True, file=sys.stderr)
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def attack(a: argparse.Namespace, data: Path, model: str, out: Path, options: list) -> Path:
    """A run of the joint attack in `out`, made or taken up: the choice is made anew at its end."""
    command = [a.askance, "--quiet", "attack", "--data", data, "--attacks", "joint", "--out", out]
    command += ["--model", ROOT / "models" / model if model in POCKETS else a.out / model, *options]
    run(command + (["--limit", a.limit] if a.limit else []))
    return out


def pixel_auroc(maps: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Pixel AUROC of each map [steps, size, size] against one mask; NaN where that has one class only."""
    anomalous = mask.ravel()
    positive = int(anomalous.sum())
    pairs = positive * (anomalous.size - positive)
    if not pairs:
        return np.full(len(maps), np.nan)
    ranks = rankdata(maps.reshape(len(maps), -1), axis=1)
    return (ranks[:, anomalous].sum(1) - positive * (positive + 1) / 2) / pairs


def authors(a: argparse.Namespace, data: Path, model: str, out: Path) -> tuple[Path, Path]:
    """The authors' attack as two runs of askance: by its own selection, and chosen by each metric."""
    steps = out / "authors"
    if not (steps / "samples.csv").is_file() or not (out / "done").is_file():
        script = [sys.executable, Path(__file__).with_name("authors_attack.py"), "--maps", "--data", data]
        script += ["--model", ROOT / "models" / model, "--askance", a.askance, "--steps", a.budget, "--out", steps]
        script += ["--tolerance", TOLERANCE, "--threads", a.threads]
        run(script + (["--limit", a.limit] if a.limit else []))
        (out / "done").touch()
    few = ["--search", "random", "--budget", 2, "--keep-traces"]
    runs = [attack(a, data, model, out / name, few) for name in ("own", "same")]
    size = tomllib.loads((ROOT / "models" / model / "bundle.toml").read_text())["image"]["size"]
    found: dict[str, list[list[float]]] = {}
    with open(steps / "steps.csv", newline="") as file:
        for row in csv.DictReader(file):
            values = [float(row[name]) for name in ("angle_deg", "hue_rad", "saturation", "loss")]
            found.setdefault(f"{row['category']}/{row['sample']}", []).append(values)
    for sample in samples(runs[0]):
        table = np.array(found[sample.name])
        maps = np.load(steps / "maps" / f"{sample.name}.npy")
        path = runs[0] / "candidates" / model / f"{sample.name}.joint.npy"
        candidates, chosen = as_candidates(np.load(path)[0], sample.load(size)[1], table, maps)
        for folder, rows in zip(runs, (candidates[[chosen]], candidates), strict=True):
            np.save(folder / "candidates" / model / f"{sample.name}.joint.npy", rows)
    for folder in runs:
        attack(a, data, model, folder, few)
    return runs[0], runs[1]


def samples(folder: Path) -> list[askance_run.Sample]:
    with open(folder / "samples.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["attack"] == "joint"]
    return [askance_run.Sample.of(row) for row in rows]


def as_candidates(unchanged: np.ndarray, mask: torch.Tensor, table: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, int]:
    """The steps [steps, 4] (angle, hue, saturation, loss) with their maps as rows of a candidates file (docs/records.md) that has this row
    for the unchanged picture, and the step that the authors keep."""
    axes = len(unchanged) - maps[0].size - 4
    rows = np.tile(unchanged, (len(table), 1))
    rows[:, :3] = np.clip(table[:, :3], -BOX, BOX)
    restored = restore(torch.from_numpy(maps), mask.shape[-1], torch.from_numpy(table[:, 0]).float()).numpy()
    aurocs = pixel_auroc(restored, mask.numpy())
    rows[:, axes], rows[:, axes + 1] = table[:, 3], aurocs
    rows[:, axes + 4 :] = maps.reshape(len(maps), -1)
    return rows, int(np.argmin(table[:, 3] if np.isnan(aurocs).all() else aurocs))


def metrics(folder: Path) -> dict[str, dict]:
    """The rows of the joint attack by category; the mean over them has the name "mean"."""
    with open(folder / "summary.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["attack"] in ("joint", "clean")]
    return {(row["attack"], row["category"] or "mean"): row for row in rows}


def cell(row: dict | None, metric: str) -> str:
    if row is None:
        return ""
    value, low, high = (row[metric + end] for end in ("", "_low", "_high"))
    return f"{100 * float(value):.1f}" + (f" ({100 * float(low):.1f} to {100 * float(high):.1f})" if low else "")


def show(found: dict[tuple[str, str], dict[str, dict]], searches: list[str]) -> None:
    """A table of each metric: means over categories, a row for each data set and model."""
    for metric, name in METRICS.items():
        print(f"\n| {name} | model | clean | " + " | ".join(searches) + " |\n|---|---|---|" + "---|" * len(searches))
        for (data, model), rows in found.items():
            values = [rows[DEFAULT]["clean", "mean"], *(rows[search]["joint", "mean"] if search in rows else None for search in searches)]
            print(f"| {data} | `{model}` | " + " | ".join(cell(row, metric) for row in values) + " |")


def duel(found: dict[tuple[str, str], dict[str, dict]], rival: str) -> None:
    """In how many categories the default is at most a rival."""
    for metric, name in METRICS.items():
        pairs = [
            (float(rows[DEFAULT][key][metric]), float(rows[rival][key][metric]))
            for rows in found.values()
            if rival in rows
            for key in rows[rival]
            if key[0] == "joint" and key[1] != "mean"
        ]
        print(f"{name}: at most the {rival} in {sum(ours <= theirs for ours, theirs in pairs)} of {len(pairs)} categories")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--askance", type=Path, default=ROOT / "target/release/askance")
    parser.add_argument("--losses", nargs="+", default=["auroc"])
    parser.add_argument("--limit", type=int, help="the first N good and the first N defective samples of each category")
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2, help="of the authors' attack (default: %(default)s)")
    a = parser.parse_args()
    a.askance, a.out = a.askance.resolve(), a.out.resolve()
    generated = a.out / "generated"
    if not generated.is_dir():
        sizes = ["--seed", 200, "--train", 0, "--good", 2, "--defective", 8]
        run([a.askance, "--quiet", "synth", *sizes, "--out", generated])
    odd_patches.write(a.out / "odd-patches")
    found: dict[tuple[str, str], dict[str, dict]] = {}
    searches = {DEFAULT: ["--budget", a.budget]}
    searches |= {f"`--loss {loss}`": ["--budget", a.budget, "--loss", loss] for loss in a.losses}
    for data in [generated, *(data.resolve() for data in a.data)]:
        for model in (*POCKETS, "odd-patches"):
            out = a.out / data.name / model
            runs = {name: attack(a, data, model, out / f"{i}", options) for i, (name, options) in enumerate(searches.items())}
            if model in POCKETS:
                runs |= dict(zip((OWN, SAME), authors(a, data, model, out), strict=True))
            found[data.name, model] = {name: metrics(folder) for name, folder in runs.items()}
    show(found, [*searches, OWN, SAME])
    print()
    for rival in (OWN, SAME):
        duel(found, rival)


if __name__ == "__main__":
    main()
