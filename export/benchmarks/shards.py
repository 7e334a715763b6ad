"""What it costs to split a run, and how its cost grows: runs in turns, on as many cores as this machine has.

    python export/benchmarks/shards.py --askance target/release/askance --out shards.csv

Makes pictures, then attacks them in each round in 1, 2 and 4 shards of one thread each, as many at a time as there are cores, and merges
them. Processor seconds are those of all threads; a busy machine disturbs them less than wall time. The
runs must have the same rows, however they were split. Each round also makes a small run, and the same with twice the pictures, attacks and
evaluations.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median


def start(command: list[str]) -> subprocess.Popen:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def end(process: subprocess.Popen) -> float:
    """Processor seconds of a process that has ended well."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, process.args))} failed")
    return usage.ru_utime + usage.ru_stime


def split(attack: list[str], out: Path, shards: int, cores: int) -> dict:
    """Wall and processor seconds of a run in shards, and of their merge."""
    begun = time.monotonic()
    commands = [[*attack, "--threads", "1"] for _ in range(shards)]
    for index, command in enumerate(commands):
        command += ["--shard", f"{index + 1}/{shards}", "--out", str(out / f"part-{index + 1}")]
    parts, running = [], []
    for command in commands:
        if len(running) == cores:
            parts.append(end(running.pop(0)))
        running.append(start(command))
    parts += [end(process) for process in running]
    attacked = time.monotonic()
    merge = end(start([attack[0], "merge", "--quiet", str(out)]))
    return {
        "wall": attacked - begun,
        "parts": sum(parts),
        "longest": max(parts),
        "merge": merge,
        "merge_wall": time.monotonic() - attacked,
    }


GROWN = {
    "base": [],
    "pictures x 2": ["--limit", "4"],
    "attacks x 2": ["--attacks", "angle,hue,saturation,joint"],
    "budget x 2": ["--budget", "40"],
}


def grown(askance: str, data: Path, out: Path, name: str) -> float:
    """Processor seconds of a run of two pictures of each kind and category, two attacks and 20 evaluations, with one thing doubled."""
    flags = {"--limit": "2", "--attacks": "angle,hue", "--budget": "20", "--search": "random"}
    flags |= dict(zip(GROWN[name][::2], GROWN[name][1::2]))
    words = [word for pair in flags.items() for word in pair]
    return end(start([askance, "attack", "--quiet", "--threads", "1", "--data", str(data), "--out", str(out), *words]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--askance", required=True)
    parser.add_argument("--shards", default="1,2,4", help="numbers of shards, taken in turns [1,2,4]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--pictures", type=int, default=4, help="good ones and defective ones of each of two categories, at least 4 [4]")
    parser.add_argument("--out", type=Path, help="CSV file of all rounds")
    given = parser.parse_args()
    askance, cores = os.path.realpath(given.askance), os.cpu_count() or 1
    rows, growth = [], []
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        made = f"synth --quiet --category slate tablet --train 0 --good {given.pictures} --defective {given.pictures} --out".split()
        end(start([askance, *made, str(data)]))
        attack = [askance, "attack", "--quiet", "--data", str(data), "--budget", str(given.budget)]
        records = set()
        for number in range(given.rounds):
            growth.append({name: grown(askance, data, Path(folder) / f"{number}-{name}", name) for name in GROWN})
            for shards in map(int, given.shards.split(",")):
                out = Path(folder) / f"{number}-{shards}"
                out.mkdir()
                rows.append({"round": number + 1, "shards": shards, **split(attack, out, shards, cores)})
                records.add((out / "samples.csv").read_bytes() + (out / "summary.csv").read_bytes())
    if len(records) != 1:
        sys.exit("runs that were split otherwise differ")
    if given.out:
        with given.out.open("w", newline="") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows({name: round(value, 3) for name, value in row.items()} for row in rows)
    print(f"{cores} cores, {given.rounds} rounds, medians in seconds; ratios to one shard are medians over rounds\n")
    print("| shards | wall | processor, all parts | longest part | merge | parts to one shard | longest to one shard |")
    print("|---|---|---|---|---|---|---|")
    for shards in sorted({row["shards"] for row in rows}):
        own = [row for row in rows if row["shards"] == shards]
        one = [row for row in rows if row["shards"] == 1]
        ratio = {
            name: f"{median(row[name] / other['parts'] for row, other in zip(own, one)):.2f}" if one else "-"
            for name in ("parts", "longest")
        }
        middle = {name: f"{median(row[name] for row in own):.1f}" for name in ("wall", "parts", "longest", "merge")}
        print(f"| {shards} | {' | '.join(middle.values())} | {ratio['parts']} | {ratio['longest']} |")
    print()
    for name in GROWN:
        ratio = median(seconds[name] / seconds["base"] for seconds in growth)
        print(f"{name}: {median(seconds[name] for seconds in growth):.1f} processor seconds, {ratio:.2f} times the base")


if __name__ == "__main__":
    main()
