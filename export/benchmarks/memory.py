"""How much memory a run takes, and whether it grows with the pictures: the largest resident set of each command.

    python export/benchmarks/memory.py --askance target/release/askance --out memory.csv

Makes pictures of 64 pixels in categories of one size, half of them defective, and evaluates them with the embedded model, each number of them in a
folder of its own; then attacks as many as MVTec AD has, with the paper's axes and every default but the budget. What the first line takes is the program
and the model. Busy machines change the seconds, not the memory.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MADE = 10  # categories that are made; others are copies of them


def peak(command: list[str]) -> tuple[float, float]:
    """Largest resident set of a command in MB, and its wall time in seconds."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_maxrss / 1000, time.monotonic() - begun


def pictures(askance: str, folder: Path, categories: int, each: int) -> Path:
    """A data set of so many categories of so many pictures each."""
    flags = ["--train", "0", "--good", str(each - each // 2), "--defective", str(each // 2), "--size", "64"]
    data = folder / f"parts-{categories}-{each}"
    subprocess.run([askance, "synth", "--quiet", *flags, "--out", data], check=True, stdout=subprocess.DEVNULL)
    made = sorted(path for path in data.iterdir() if path.is_dir())
    for copy in range(MADE, categories):
        shutil.copytree(made[copy % MADE], data / f"{made[copy % MADE].name}_{copy // MADE}")
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--askance", default="target/release/askance", help="the program")
    parser.add_argument("--out", type=Path, required=True, help="the table, csv")
    sizes = "10x2,10x10,10x100,100x100,10x1000"
    parser.add_argument("--evaluated", default=sizes, help=f"categories x pictures of each that are evaluated [{sizes}]")
    parser.add_argument("--attacked", default="10x173", help="the same of those that are attacked [10x173]")
    parser.add_argument("--budget", type=int, default=10, help="evaluations per picture and attack")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)

        def measure(command: str, size: str, flags: list[str]):
            categories, each = map(int, size.split("x"))
            data = pictures(given.askance, folder, categories, each)
            out = folder / f"{command}-{size}"
            mb, seconds = peak([given.askance, command, "--quiet", "--data", str(data), *flags, "--out", str(out)])
            made = {"command": " ".join([command, *flags]), "pictures": categories * each, "of a category": each}
            rows.append({**made, "mb": round(mb), "seconds": round(seconds, 1)})
            print(rows[-1], flush=True)
            shutil.rmtree(data)
            shutil.rmtree(out)

        for size in given.evaluated.split(","):
            measure("eval", size, [])
        measure("attack", given.attacked, ["--budget", str(given.budget)])
    with given.out.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
