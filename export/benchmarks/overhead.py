"""What Askance itself costs beside the model calls, and how fast the command starts. Needs nothing but Python.

Build first:  cargo build --release
Run:          python export/benchmarks/overhead.py [--askance target/release/askance] [--rounds 3]

Overhead: `askance attack` on generated parts with the embedded pocket model, budget 100. The wall time from the first decoded
sample to the last row, less the time inside model calls, over the latter: decoding, perturbation, back-rotation, loss, search,
records. Start-up: wall time of `askance --version` and of `askance attack --help`, median of 20.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--askance", type=Path, default=ROOT / "target/release/askance")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", default="8")
    arguments = parser.parse_args()
    askance = str(arguments.askance)

    for command in (["--version"], ["attack", "--help"]):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            subprocess.run([askance, *command], check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        print(f"askance {' '.join(command)}: median {1e3 * statistics.median(times):.1f} ms, slowest {1e3 * max(times):.1f} ms")

    with tempfile.TemporaryDirectory() as folder:
        parts = f"{folder}/parts"
        counts = ["--train", "0", "--good", "2", "--defective", "2"]
        subprocess.run([askance, "-q", "synth", "--out", parts, *counts], check=True, stdout=subprocess.DEVNULL)
        overheads = []
        for number in range(arguments.rounds):
            attack = ["attack", "-q", "--json", "--data", parts, "--out", f"{folder}/run{number}"]
            options = ["--category", "slate", "tablet", "key", "--budget", "100", "--batch", arguments.batch]
            done = json.loads(subprocess.run([askance, *attack, *options], check=True, capture_output=True).stdout)
            model, wall = done["model_seconds"], done["wall_seconds"]
            overheads.append((wall - model) / model)
            print(
                f"round {number}: {done['evaluations']} evaluations in {done['model_calls']} calls, "
                f"model {1e3 * model / done['evaluations']:.2f} ms and everything {1e3 * wall / done['evaluations']:.2f} ms "
                f"an evaluation, overhead {100 * overheads[-1]:.1f} % (pixels {100 * done['pixel_seconds'] / model:.1f} %)"
            )
        print(f"overhead: median {100 * statistics.median(overheads):.1f} % of the time of the model calls")


if __name__ == "__main__":
    main()
