"""How low the bound comes with how many evaluations (docs/search.md, docs/replay.md).

Runs `askance attack` for every model, way, budget and seed, and prints pAUROC and AUPRO in percent at the worst cases, means over
categories and seeds, with the evaluations that were really spent:

- plain: the default, every attack on every sample with the whole budget;
- adaptive: `--adaptive`;
- start: `--start-from` the plain run of the next model of the list with the same budget and another seed.

    python export/benchmarks/evaluations.py --out DIR --limit 8
    python export/benchmarks/evaluations.py --out DIR --data DIR ...

A run that is finished in --out is not made again. `+-` is half the distance between the largest and the smallest seed; in brackets stand the
means of the ends of the 95 % intervals over samples, where a category has enough of them. The last table tells how far each way lies from
the plain one with --against evaluations.
"""

import argparse
import csv
import itertools
import statistics
import subprocess
import sys
from pathlib import Path

METRICS = ("pixel_auroc", "aupro")


def read(path: Path) -> list[dict]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def askance(a: argparse.Namespace, words: list[str]) -> None:
    command = [str(a.askance.resolve()), "--quiet", *words]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(command)}\n{done.stderr}")


def attack(a: argparse.Namespace, data: Path, model: str, way: str, budget: int, seed: int) -> Path:
    out = a.out / f"{data.name}-{Path(model).name}-{way}-{budget}-{seed}"
    words = ["attack", "--data", str(data), "--model", model, "--out", str(out), "--budget", str(budget), "--seed", str(seed)]
    words += ["--limit", str(a.limit)] if a.limit else []
    words += ["--threads", str(a.threads)] if a.threads else []
    words += ["--adaptive"] if way == "adaptive" else []
    if way == "start":
        others = a.models[a.models.index(model) + 1 :] + a.models
        words += ["--start-from", str(attack(a, data, others[0], "plain", budget, seed + 100))]
    askance(a, words)
    return out


def mean_of(runs: list[Path], attack: str, column: str) -> list[float]:
    """The value of the mean over categories, one for each run that has it."""
    found = []
    for run in runs:
        rows = [row for row in read(run / "summary.csv") if row["attack"] == attack]
        row = next((row for row in rows if row["over"] == "mean"), rows[0])
        found += [100 * float(row[column])] if row[column] else []
    return found


def spent(runs: list[Path], coarse_cost: float) -> float:
    """Evaluations of an attack on a sample, the unchanged picture included, in full ones."""
    rows = [row for run in runs for row in read(run / "samples.csv") if row["attack"] != "clean"]
    return statistics.mean(float(row["evaluations"]) + coarse_cost * float(row["coarse"] or 0) for row in rows)


def cell(runs: list[Path], attack: str) -> str:
    parts = []
    for metric in METRICS:
        values = mean_of(runs, attack, metric)
        if not values:
            return "-"
        text = f"{statistics.mean(values):.1f}"
        text += f"+-{(max(values) - min(values)) / 2:.1f}" if len(values) > 1 else ""
        ends = [mean_of(runs, attack, f"{metric}_{end}") for end in ("low", "high")]
        text += f" ({statistics.mean(ends[0]):.1f} to {statistics.mean(ends[1]):.1f})" if all(ends) else ""
        parts.append(text)
    return " / ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--askance", type=Path, default=Path("target/release/askance"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="data sets in place of the generated one")
    parser.add_argument("--limit", type=int, help="the first N good and the first N defective samples of each category")
    parser.add_argument("--models", nargs="+", default=["pocket", "pocket-robust"])
    parser.add_argument("--ways", nargs="+", default=["plain", "adaptive"], choices=["plain", "adaptive", "start"])
    parser.add_argument("--budgets", type=int, nargs="+", default=[12, 24, 40, 60, 100, 200])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--against", type=int, default=100, help="budget of the plain runs that all are held against")
    parser.add_argument("--coarse-cost", type=float, default=0.28, help="of a coarse evaluation, in full ones")
    parser.add_argument("--threads", type=int)
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    data = a.data
    if not data:
        generated = a.out / "generated"
        if not generated.is_dir():
            askance(a, ["synth", "--train", "0", "--good", "8", "--defective", "8", "--out", str(generated)])
        data = [generated]
    lines, far = [], []
    for where, model in itertools.product(data, a.models):
        of = {
            (way, budget): [attack(a, where, model, way, budget, seed) for seed in a.seeds]
            for way, budget in itertools.product(a.ways, a.budgets)
        }
        attacks = list(dict.fromkeys(row["attack"] for row in read(next(iter(of.values()))[0] / "summary.csv")))
        for (way, budget), runs in of.items():
            cells = [cell(runs, attack) for attack in attacks if attack != "clean"]
            lines.append([where.name, model, way, str(budget), f"{spent(runs, a.coarse_cost):.1f}", *cells])
        base = of.get(("plain", a.against))
        for (way, budget), runs in of.items() if base else ():
            cells = []
            for attack_name, metric in itertools.product(attacks[1:], METRICS):
                values, held = mean_of(runs, attack_name, metric), mean_of(base, attack_name, metric)
                cells.append(f"{statistics.mean(values) - statistics.mean(held):+.1f}" if values and held else "-")
            pairs = [" / ".join(cells[at : at + 2]) for at in range(0, len(cells), 2)]
            far.append([where.name, model, way, str(budget), *pairs])
    heads = ["data", "model", "way", "budget"]
    print("pAUROC / AUPRO in % at the worst cases")
    table([heads + ["spent"] + attacks[1:], *lines])
    if far:
        print(f"\ndifference from plain with {a.against} evaluations, in points; below zero a lower bound was found")
        table([heads + attacks[1:], *far])


def table(rows: list[list[str]]) -> None:
    for row in rows:
        print("| " + " | ".join(row) + " |")
        if row is rows[0]:
            print("|" + "---|" * len(row))


if __name__ == "__main__":
    main()
