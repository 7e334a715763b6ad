"""Search strategies and the authors' attack against the exhaustive optimum, on a fixed set of generated samples or on data of your own.

    python benchmarks/search_benchmark.py design --out DIR
    python benchmarks/search_benchmark.py held-out --out DIR
    python benchmarks/search_benchmark.py metrics --out DIR [--data DIR]

design: the samples on which the default search was designed. held-out: another seed and other categories, in the style of the embedded
models' training pictures (every third category by name, the first ten), on which nothing was tuned. Each has ten categories, one good and one
defective sample, both embedded models: 40 searches. Both sets compare losses (`--select loss`), with the authors' attack.

metrics: how much of the gap in pAUROC and AUPRO the default closes, worst cases chosen by each metric. The first two good and the first two
defective samples of two generated categories, or with --data the first three of either kind of each category there.

The data, the truth, the authors' attack and the comparison go into --out, and what is finished there is not done again. Everything takes
one to two hours on two cores, most of it the truth. Printed last: the mean loss of every strategy, over both models; the tables of `askance
attack --compare-search` are in compared/search.md.
"""

import argparse
import csv
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = ("pocket", "pocket-robust")
# World, seed, categories (none: all), evaluations of the exhaustive search under each model: a grid of 20, 18 or 16 values an axis.
SETS = {
    "design": ("test", 710, (), (8730, 8730)),
    "held-out": (
        "train",
        9310,
        tuple("bearing bottle_cap button carpet concrete domino honeycomb linen oak polka_dots".split()),
        (6364, 4470),
    ),
    "metrics": ("test", 4711, ("hex_nut", "slate"), (4470, 4470)),
}


def authors(a: argparse.Namespace, selection: list[str]) -> Path:
    """The steps of the authors' attack under both models in one file."""
    together = a.out / "authors.csv"
    if together.is_file():
        return together
    lines: list[str] = []
    for model in MODELS:
        out = a.out / f"authors-{model}"
        script = [sys.executable, str(ROOT / "export/benchmarks/authors_attack.py")]
        run([*script, "--model", str(ROOT / "models" / model), "--askance", str(a.askance), *selection, "--threads", str(a.threads), "--out", str(out)])
        header, *rows = (out / "steps.csv").read_text().splitlines()
        lines += rows if lines else [header, *rows]
    together.write_text("\n".join(lines) + "\n")
    return together


def run(command: list[str]) -> None:
    print("$", " ".join(command), flush=True)
    subprocess.run(command, check=True)


def mean_losses(path: Path) -> None:
    losses: dict[str, dict[int, list[float]]] = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            losses.setdefault(row["strategy"], {}).setdefault(int(row["budget"]), []).append(float(row["loss"]))
    budgets = sorted({budget for of in losses.values() for budget in of})
    print("| mean loss | " + " | ".join(map(str, budgets)) + " |")
    print("|---|" + "---|" * len(budgets))
    for name, of in losses.items():
        print(f"| {name} | " + " | ".join(f"{statistics.mean(of[budget]):.4f}" for budget in budgets) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="with `metrics`: other data than the generated")
    parser.add_argument("--askance", type=Path, default=ROOT / "target/release/askance")
    parser.add_argument("--threads", type=int, default=2, help="inside one model call (default: %(default)s)")
    parser.add_argument("--budgets", default="25,50,100,200", help="the authors' attack has 100 (default: %(default)s)")
    a = parser.parse_args()
    a.askance, a.out = a.askance.resolve(), a.out.resolve()
    world, seed, categories, exhaustive = SETS[a.set]
    metrics = a.set == "metrics"
    data = a.data.resolve() if a.data else a.out / "data"
    if not a.data and not data.is_dir():
        sizes = ["--train", "0", "--good", "8", "--defective", "12"]
        run([str(a.askance), "synth", "--world", world, "--seed", str(seed), *sizes, "--out", str(data)])
    limit = "3" if a.data else "2" if metrics else "1"
    selection = ["--data", str(data), "--limit", limit]
    selection += ["--category", *categories] if categories and not a.data else []
    attack = [str(a.askance), "attack", *selection, "--threads", str(a.threads)]
    attack += ["--select", "pooled" if metrics else "loss"]
    truth = []
    for model, budget in zip(MODELS, exhaustive, strict=True):
        out = a.out / f"truth-{model}"
        options = ["--attacks", "joint", "--search", "exhaustive", "--budget", str(budget), "--keep-traces"]
        run([*attack, "--model", model, *options, "--out", str(out)])
        truth += ["--truth", str(out)]
    models = [word for model in MODELS for word in ("--model", model)]
    compare = ["--compare-search=bayesian,grid,cma-es,random" if metrics else "--compare-search", "--budgets", a.budgets, *truth]
    compare += [] if metrics else ["--rival", f"authors={authors(a, selection)}"]
    run([*attack, *models, *compare, "--out", str(a.out / "compared")])
    if not metrics:
        mean_losses(a.out / "compared/search.csv")


if __name__ == "__main__":
    main()
