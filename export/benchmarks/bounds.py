"""Which loss and which choice give the lowest pooled metrics at the same budget.

Runs `askance attack` on one data set with each loss and each way of choosing a candidate, and prints the mean over categories of the
pooled metrics at the joint worst case.

    python export/benchmarks/bounds.py --askance target/release/askance --data DIR --limit 4 --budget 50
"""

import argparse
import csv
import subprocess
import tempfile
import time
from pathlib import Path

LOSSES = ["contrast", "bce", "focal", "dice", "auroc"]
SELECTS = ["loss", "sample-auroc", "pooled"]


def measure(args, out, flags):
    """Metrics per model and attack in percent, and the seconds that the run took."""
    command = [args.askance, "--quiet", "attack", "--data", args.data, "--limit", str(args.limit), "--out", str(out)]
    command += ["--attacks", "joint", "--budget", str(args.budget), "--seed", str(args.seed), *flags]
    command += ["--threads", str(args.threads)] if args.threads else []
    for model in args.model:
        command += ["--model", model]
    if args.category:
        command += ["--category", *args.category]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    with open(out / "summary.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["over"] == "mean"]
    values = {
        (row["model"], row["attack"]): (100 * float(row["pixel_auroc"]), 100 * float(row["aupro"])) for row in rows
    }
    return values, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--askance", default="target/release/askance")
    parser.add_argument("--data", required=True)
    parser.add_argument("--category", nargs="*", default=[])
    parser.add_argument("--limit", type=int, default=4)
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="inside one model call (default: all cores)")
    parser.add_argument("--model", nargs="*", default=["pocket", "pocket-robust"])
    parser.add_argument("--what", choices=["select", "loss", "both"], default="both")
    args = parser.parse_args()
    variants = []
    if args.what != "loss":
        variants += [(f"--select {name}", ["--select", name]) for name in SELECTS]
    if args.what != "select":
        losses = LOSSES if args.what == "loss" else LOSSES[1:]
        variants += [(f"--loss {name}", ["--loss", name]) for name in losses]
    print("| | " + " | ".join(f"{model} pAUROC | AUPRO" for model in args.model) + " | seconds |")
    print("|---|" + "---|---|" * len(args.model) + "---|")
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, flags) in enumerate(variants):
            values, seconds = measure(args, Path(folder) / str(number), flags)
            if number == 0:
                print_row("clean", [values[model, "clean"] for model in args.model], "")
            print_row(f"`{name}`", [values[model, "joint"] for model in args.model], f"{seconds:.0f}")


def print_row(name, values, seconds):
    cells = " | ".join(f"{auroc:.2f} | {aupro:.2f}" for auroc, aupro in values)
    print(f"| {name} | {cells} | {seconds} |", flush=True)


if __name__ == "__main__":
    main()
