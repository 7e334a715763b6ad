"""What Askance itself costs beside the model calls, and how fast the command starts. Needs nothing but Python.

Build first:  cargo build --release --bins --examples
Run:          python export/benchmarks/overhead.py [--model pocket] [--batch 8] [--rounds 3] [--samples 12] [--budget 100]

Pipeline: images a second of `askance attack` (from the first decoded sample to the last row) over those of bare calls of the same
model with the same batch. The two take turns. Attacks on single axes only, since a joint one has coarse evaluations, which cost less.

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
    parser.add_argument("--timing", type=Path, default=ROOT / "target/release/examples/pipeline_timing")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="pocket", help="bundle")
    parser.add_argument("--batch", default="8")
    parser.add_argument("--budget", default="100")
    parser.add_argument("--samples", type=int, default=12, help="pictures to attack: 4 of each of so many / 4 categories")
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
        counts = ["--train", "0", "--good", "1", "--defective", "1"] if arguments.samples < 4 else ["--train", "0", "--good", "2", "--defective", "2"]
        subprocess.run([askance, "-q", "synth", "--out", parts, *counts], check=True, stdout=subprocess.DEVNULL)
        categories = ["slate", "tablet", "key"][: max(1, arguments.samples // 4)]
        rows = []
        for number in range(arguments.rounds):
            attack = ["attack", "-q", "--json", "--model", arguments.model, "--data", parts, "--out", f"{folder}/run{number}"]
            options = ["--attacks", "angle,hue,saturation", "--budget", arguments.budget, "--batch", arguments.batch]
            done = json.loads(
                subprocess.run([askance, *attack, *options, "--category", *categories], check=True, capture_output=True).stdout
            )
            evaluations = done["evaluations"]
            bare = [str(arguments.timing), arguments.model, arguments.batch, str(evaluations), "1"]
            line = subprocess.run(bare, check=True, capture_output=True, text=True).stdout.split()
            rate, model, wall = float(line[line.index("bare") + 1]), done["model_seconds"], done["wall_seconds"]
            rows.append((evaluations / wall / rate, (wall - model) / model))
            print(
                f"round {number}: {evaluations} evaluations in {done['model_calls']} calls; bare {rate:.2f}, attack {evaluations / wall:.2f} images a "
                f"second, {100 * rows[-1][0]:.1f} %; beside the model calls {100 * rows[-1][1]:.1f} % of their time "
                f"(pixels {100 * done['pixel_seconds'] / model:.1f} %)"
            )
        ratios, overheads = zip(*rows)
        print(
            f"attack: median {100 * statistics.median(ratios):.1f} % of the bare model's images a second "
            f"({100 * min(ratios):.1f} to {100 * max(ratios):.1f}); overhead {100 * statistics.median(overheads):.1f} %"
        )


if __name__ == "__main__":
    main()
