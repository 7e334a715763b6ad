"""What squeezing, padding and tiling do to pictures that are not square: metrics of unchanged pictures and of their worst turns with 95 %
intervals, seconds and peak memory of `askance attack` under each `--fit`, as Markdown tables.

The pictures are generated at the sizes of VisA (1500 x 1000, 1404 x 1070) and of MVTec AD 2 (4224 x 1056) by `askance synth --aspect`; folders of
real pictures with masks may be added. Everything is seeded: metrics are the same each time, times are of this machine.

    python fits.py [FOLDER ...] [--askance FILE] [--model pocket] [--attack angle] [--budget 9] [--good 2] [--defective 8] [--limit 8]
        [--keep DIR]

Needs no package. About five minutes on two cores.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHAPES = [("1500 x 1000 (VisA)", "3:2", 1000), ("1404 x 1070 (VisA)", "1404:1070", 1070), ("4224 x 1056 (MVTec AD 2)", "4:1", 1056)]
CATEGORIES = ["leather", "hex_nut"]
FITS = ["squeeze", "pad", "tile"]


def run(command):
    """What a command prints, its seconds and its peak resident memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return said, time.perf_counter() - start, usage.ru_maxrss / 1024


def means(path):
    """The rows over all categories by attack, those of the one category where there is one."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["attack"]: row for row in rows if row["over"] == "mean"} or {row["attack"]: row for row in rows}


def cell(row, metric):
    value, low, high = (row[f"{metric}{end}"] for end in ("", "_low", "_high"))
    if not value:
        return ""
    ends = f" ({100 * float(low):.1f}..{100 * float(high):.1f})" if low else ""
    return f"{100 * float(value):.1f}{ends}"


def table(options, title, data, limit, folder):
    print(f"\n**{title}**\n")
    print("| `--fit` | pAUROC clean | worst | AUPRO clean | worst | pieces | seconds | peak MB |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for fit in FITS:
        command = [options.askance, "attack", "-q", "--json", "--data", data, "--model", options.model, "--fit", fit, *limit]
        command += ["--attacks", options.attack, "--budget", options.budget, "--out", folder / fit]
        said, seconds, memory = run(command)
        json.loads(said)
        rows = means(folder / fit / "summary.csv")
        cells = [cell(rows[attack], metric) for metric in ("pixel_auroc", "aupro") for attack in ("clean", options.attack)]
        with open(folder / fit / "samples.csv", newline="") as file:
            pieces = sorted({int(row["pieces"]) for row in csv.DictReader(file)})
        cells += [" to ".join(map(str, sorted({pieces[0], pieces[-1]}))), f"{seconds:.1f}", f"{memory:.0f}"]
        print(f"| `{fit}` | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--askance", type=Path, default=ROOT / "target/release/askance")
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--attack", default="angle", help="one attack; the joint one leaves an AUPRO of about 0 under every fit")
    parser.add_argument("--budget", type=int, default=9)
    parser.add_argument("--good", type=int, default=2)
    parser.add_argument("--defective", type=int, default=8, help="fewer than 8 of a category have no intervals")
    parser.add_argument("--limit", type=int, default=8, help="good and defective pictures of each category of a folder")
    parser.add_argument("--keep", type=Path, help="where pictures and runs stay; a temporary folder if none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for title, aspect, size in SHAPES:
            name = aspect.replace(":", "-")
            data = folder / "data" / name
            synth = [options.askance, "synth", "-q", "--out", data, "--aspect", aspect, "--size", size, "--seed", 11]
            synth += ["--train", 0, "--good", options.good, "--defective", options.defective, "--category", *CATEGORIES]
            run(synth)
            table(options, title, data, [], folder / "runs" / name)
        for data in options.folders:
            table(options, data.name, data, ["--limit", options.limit], folder / "runs" / data.name)


if __name__ == "__main__":
    main()
