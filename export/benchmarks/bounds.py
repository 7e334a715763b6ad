"""Counts where a worst case is better for the model than something that it must not exceed (docs/bounds.md).

Runs `askance attack` with all single axes, the joint attack and uniform worst cases, for both pocket models with each budget, on ten
generated categories with each seed, or with --data on the data sets given. Then it holds every pAUROC and AUPRO of `summary.csv` and `uniform.csv` against
what bounds it: clean, every attack on fewer of its axes, and the uniform worst case of the same attack.

    python export/benchmarks/bounds.py --out DIR --limit 2
    python export/benchmarks/bounds.py --out DIR --data DIR ...
    python export/benchmarks/bounds.py --runs DIR ...           # runs that were made, such as results/demo

A run that is finished in --out is not made again. Prints a row for each data set, budget and rule; exits with 1 where the default rule
(`pooled`) is broken anywhere.
"""

import argparse
import csv
import subprocess
import sys
from pathlib import Path

MODELS = ("pocket", "pocket-robust")
METRICS = ("pixel_auroc", "aupro")
UNIFORM = ["--uniform=category,dataset", "--uniform-budget", "12"]


def read(path: Path) -> list[dict]:
    if not path.is_file():
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def bounds(summary: dict, uniform: dict, key: tuple) -> list[dict]:
    """The rows that the row of this key must not exceed."""
    model, over, category, attack = key
    same = [(of, row) for of, row in summary.items() if of[:3] == key[:3] and of != key]
    lower = [row for of, row in same if of[3] == "clean" or attack == "joint"]
    lower += [uniform[key]] if key in uniform else []
    # A uniform worst case of the whole data set is held against the mean.
    lower += [uniform[model, "all", "", attack]] if over == "mean" and (model, "all", "", attack) in uniform else []
    return lower


def count(run: Path) -> tuple[list[str], int]:
    """What is broken in a run, in words, and how many values were looked at."""
    keyed = [
        {(row["model"], row["over"], row["category"], row["attack"]): row for row in read(run / name)}
        for name in ("summary.csv", "uniform.csv")
    ]
    summary, uniform = keyed
    broken, values = [], 0
    for table in keyed:
        for key, row in table.items():
            if key[3] == "clean":
                continue
            against = bounds(summary, uniform, key) if table is summary else bounds(uniform, {}, key)
            for metric in METRICS:
                held = [other for other in against if row[metric] and other[metric]]
                if not held:
                    continue
                values += 1
                least = min(float(other[metric]) for other in held)
                if float(row[metric]) > least:
                    name = "uniform " * (table is uniform) + " ".join(key)
                    broken.append(f"{name}: {metric} {row[metric]} is above {least}")
    return broken, values


def attack(a: argparse.Namespace, data: Path, budget: int, seed: int, select: str) -> Path:
    out = a.out / f"{data.name}-{budget}-{seed}-{select}"
    command = [str(a.askance.resolve()), "--quiet", "attack", "--data", str(data), "--out", str(out)]
    command += [word for model in MODELS for word in ("--model", model)]
    command += ["--budget", str(budget), "--seed", str(seed), "--select", select, *UNIFORM]
    command += ["--limit", str(a.limit)] if a.limit else []
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(command)}\n{done.stderr}")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--askance", type=Path, default=Path("target/release/askance"))
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path)
    where.add_argument("--runs", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="data sets in place of the generated one, seed 0 alone")
    parser.add_argument("--limit", type=int, help="the first N good and the first N defective samples of each category")
    parser.add_argument("--budgets", type=int, nargs="+", default=[12, 24, 100])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--select", nargs="+", default=["pooled"])
    a = parser.parse_args()
    if a.runs:
        found = [count(run) for run in a.runs]
        broken = [line for lines, _ in found for line in lines]
        print("\n".join([*broken, f"{len(broken)} of {sum(values for _, values in found)} values are broken"]))
        sys.exit(bool(broken))
    generated = a.out / "generated"
    if not a.data and not generated.is_dir():
        sizes = ["--seed", "200", "--train", "0", "--good", "8", "--defective", "12"]
        subprocess.run([str(a.askance.resolve()), "--quiet", "synth", *sizes, "--out", str(generated)], check=True)
    print("| data | `--select` | budget | values | broken |\n|---|---|---|---|---|", flush=True)
    promise = []
    for data in a.data or [generated]:
        seeds = [0] if a.data else a.seeds
        for select in a.select:
            for budget in a.budgets:
                found = [count(attack(a, data, budget, seed, select)) for seed in seeds]
                broken = [line for lines, _ in found for line in lines]
                values = sum(values for _, values in found)
                print(f"| {data.name} | `{select}` | {budget} | {values} | {len(broken)} |", flush=True)
                promise += broken if select == "pooled" else []
    if promise:
        sys.exit("\n".join(promise))


if __name__ == "__main__":
    main()
