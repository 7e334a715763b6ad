"""How much memory a run takes, and whether it grows with the pictures: the largest resident set of each command.

    python export/benchmarks/memory.py --askance target/release/askance --out memory.csv

Makes pictures of 64 pixels in ten categories, half of them defective, and evaluates 20, 100, 1,000 and 10,000 of them with the embedded model, each
in a folder of its own; then attacks as many as MVTec AD has, with the paper's axes and every default but the budget. What the first line takes is the
program and the model. Busy machines change the seconds, not the memory.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CATEGORIES = 10


def peak(command: list[str]) -> tuple[float, float]:
    """Largest resident set of a command in MB, and its wall time in seconds."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_maxrss / 1000, time.monotonic() - begun


def pictures(askance: str, folder: Path, count: int) -> Path:
    """A data set of so many pictures."""
    each = count // CATEGORIES
    flags = ["--train", "0", "--good", str(each - each // 2), "--defective", str(each // 2), "--size", "64"]
    data = folder / f"parts-{count}"
    subprocess.run([askance, "synth", "--quiet", *flags, "--out", data], check=True, stdout=subprocess.DEVNULL)
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--askance", default="target/release/askance", help="the program")
    parser.add_argument("--out", type=Path, required=True, help="the table, csv")
    parser.add_argument("--counts", default="20,100,1000,10000", help="pictures that are evaluated")
    parser.add_argument("--attacked", type=int, default=1730, help="pictures that are attacked; 0 for none")
    parser.add_argument("--budget", type=int, default=10, help="evaluations per picture and attack")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)

        def measure(command: str, count: int, flags: list[str]):
            data = pictures(given.askance, folder, count)
            out = folder / f"{command}-{count}"
            mb, seconds = peak([given.askance, command, "--quiet", "--data", str(data), *flags, "--out", str(out)])
            rows.append({"command": " ".join([command, *flags]), "pictures": count, "mb": round(mb), "seconds": round(seconds, 1)})
            print(rows[-1], flush=True)

        for count in map(int, given.counts.split(",")):
            measure("eval", count, [])
        if given.attacked:
            measure("attack", given.attacked, ["--budget", str(given.budget)])
    with given.out.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
