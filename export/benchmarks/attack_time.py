"""How long Askance's search takes to be as strong as the authors' attack (100 steps of Adam in torch), on the same samples.

    python benchmarks/attack_time.py reach --data DIR --model ../models/pocket --search cma-es --out reach.csv
    python benchmarks/attack_time.py full --data DIR --model ../models/b16plus-random --architecture ViT-B-16-plus-240 \\
        --reach reach.csv --limit 1 --category NAME

reach: category by category, in rounds with a seed each, the two take turns on the same machine and threads (who begins alternates
by round). Of each sample: the wall time of the authors' attack, and what Askance takes until its best loss is as low as
theirs ended: evaluations, counted in its trace (a coarse one for its cost), times the seconds of an evaluation in the same run.
Those are the whole wall time, decoding and text embedding included (the torch side's exclude both), over all evaluations. A sample
that Askance does not bring so far within its budget counts as never: in medians it is the worst.

full: the seconds of one evaluation and of one torch step (forward, backward, optimiser) of the same objective on a full-size
model, in turns; with the median evaluations of `reach` they say how long each attack takes there. That median is the small
model's, an assumption where backbones differ; random weights time, but do not search, like real ones. Each --model
and --stride is timed; torch has the weights of the first, and stride 1.

Both first check that the objectives agree (authors_attack.py).
"""

import argparse
import csv
import dataclasses
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from askance_export import versions

versions.demand(("torch",))  # before what is imported next

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
from authors_attack import POCKET, attack_batch, common_arguments, parity, selection  # noqa: E402

from askance_export import askance_run  # noqa: E402
from askance_export.errors import ExportError  # noqa: E402
from askance_export.torch_segmenter import TorchSegmenter  # noqa: E402

# The authors' attack lowers a loss, and is compared by it.
LOWEST = ["--select", "loss"]


@dataclasses.dataclass(frozen=True)
class Row:
    """One sample in one round; infinite where a loss was not reached. Seconds are of one sample, evaluations full ones."""

    round: int
    sample: str
    authors_loss: float
    askance_loss: float
    authors_seconds: float
    step_seconds: float
    evaluation_seconds: float
    evaluations_to_reach: float
    steps_to_reach: float

    @property
    def ratio(self) -> float:
        """Time of the authors' attack over Askance's to the same loss; 0 where it does not get there."""
        return self.authors_seconds / (self.evaluations_to_reach * self.evaluation_seconds)


def first_at_most(losses: np.ndarray, target: float) -> float:
    """The number of the first loss that is at most the target, counted from 1; infinite if there is none."""
    hits = np.flatnonzero(losses <= target)
    return float(hits[0] + 1) if len(hits) else math.inf


def one_round(a: argparse.Namespace, segmenter: TorchSegmenter, samples: list[askance_run.Sample], number: int) -> list[Row]:
    """Both attacks on the samples of one category."""
    now = argparse.Namespace(**{**vars(a), "seed": a.seed + number, "category": [samples[0].category]})

    def authors() -> dict[str, tuple[np.ndarray, float]]:
        done = {}
        for at in range(0, len(samples), a.batch):
            batch = samples[at : at + a.batch]
            steps = attack_batch(now, segmenter, batch)
            done |= {s.name: (steps.losses[:, i], steps.seconds[-1] / len(batch)) for i, s in enumerate(batch)}
        return done

    def askance() -> askance_run.Run:
        options = ["--search", a.search, "--budget", str(a.budget), "--seed", str(now.seed), "--batch", str(a.batch)]
        with tempfile.TemporaryDirectory() as folder:
            return askance_run.attack(a.askance, a.data, a.model, Path(folder) / "run", options + LOWEST + selection(now))

    theirs, run = (authors(), askance()) if number % 2 == 0 else reversed((askance(), authors()))
    evaluation_seconds = run.summary["wall_seconds"] / sum(trace[:, 4].sum() for trace in run.traces)
    names = {sample.name for sample in samples}
    rows = []
    for sample, trace in zip(run.samples, run.traces, strict=True):
        if sample.name not in names:
            continue
        steps, seconds = theirs[sample.name]
        # Losses of coarse evaluations are not comparable; what they cost counts.
        losses, spent = np.where(trace[:, 4] < 1, np.inf, trace[:, 3]), trace[:, 4].cumsum()
        at = first_at_most(losses, np.nanmin(steps) + a.slack)
        reached = float(spent[int(at) - 1]) if math.isfinite(at) else math.inf
        backwards = first_at_most(steps, losses.min() + a.slack)
        best = (float(np.nanmin(steps)), float(losses.min()))
        rows.append(
            Row(number, sample.name, *best, seconds, seconds / a.steps, evaluation_seconds, reached, backwards)
        )
    return rows


def reach(a: argparse.Namespace) -> None:
    torch.set_num_threads(a.threads)
    segmenter = TorchSegmenter(a.model, a.architecture)
    samples = parity(a, segmenter)
    categories = list(dict.fromkeys(sample.category for sample in samples))
    rows: list[Row] = []
    with open(a.out, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(field.name for field in dataclasses.fields(Row))
        for number in range(a.rounds):
            for category in categories:
                part = [sample for sample in samples if sample.category == category]
                found = one_round(a, segmenter, part, number)
                table.writerows(dataclasses.astuple(row) for row in found)
                file.flush()
                rows += found
            print(f"round {number}: {describe([row for row in rows if row.round == number])}", flush=True)
    print(f"{len(samples)} samples, {a.rounds} rounds, batch {a.batch}, {a.threads} threads, {a.search} of {a.budget} evaluations")
    print(f"all: {describe(rows)}")
    losses = [statistics.mean(row.authors_loss for row in rows), statistics.mean(row.askance_loss for row in rows)]
    print(f"mean loss: authors {losses[0]:.4f} after {a.steps} steps, askance {losses[1]:.4f} after {a.budget} evaluations")


def describe(rows: list[Row]) -> str:
    median = lambda values: statistics.median(list(values))
    reached = sum(math.isfinite(row.evaluations_to_reach) for row in rows)
    back = sum(math.isfinite(row.steps_to_reach) for row in rows)
    return (
        f"torch {1e3 * median(r.step_seconds for r in rows):.1f} ms a step, askance "
        f"{1e3 * median(r.evaluation_seconds for r in rows):.1f} ms an evaluation; askance gets as far as the authors in "
        f"{reached} of {len(rows)}, in the median after {median(r.evaluations_to_reach for r in rows):.0f} evaluations, ratio of "
        f"times {median(r.ratio for r in rows):.1f}; the authors get as far as askance in {back} of {len(rows)}"
    )


def full(a: argparse.Namespace) -> None:
    torch.set_num_threads(a.threads)
    with open(a.reach, newline="") as file:
        table = list(csv.DictReader(file))
    evaluations = statistics.median(float(row["evaluations_to_reach"]) for row in table)
    models, a.model = a.model, a.model[0]
    a.batch = 1
    segmenter = TorchSegmenter(a.model, a.architecture)
    sample = parity(a, segmenter)[0]
    once = argparse.Namespace(**{**vars(a), "steps": a.torch_steps + 1})
    seconds: dict[str, list[float]] = {}
    for number in range(a.rounds):
        start = time.perf_counter()
        steps = attack_batch(once, segmenter, [sample])
        # The first step warms up.
        seconds.setdefault("torch step", []).append((steps.seconds[-1] - steps.seconds[0]) / a.torch_steps)
        print(f"round {number}: torch step {seconds['torch step'][-1]:.2f} s ({time.perf_counter() - start:.0f} s)", flush=True)
        for model in models:
            for stride in a.stride:
                options = ["--search", "random", "--budget", str(a.evaluations), "--stride", str(stride), "--batch", "1"]
                with tempfile.TemporaryDirectory() as folder:
                    out = Path(folder) / "run"
                    done = askance_run.attack(a.askance, a.data, model, out, options + LOWEST + selection(a)).summary
                name = f"askance {model.name} stride {stride}"
                each = (done["model_seconds"] + done["pixel_seconds"]) / done["evaluations"]
                seconds.setdefault(name, []).append(each)
                print(f"round {number}: {name} {each:.2f} s an evaluation", flush=True)
    step = statistics.median(seconds.pop("torch step"))
    print(f"authors' attack: {a.steps} steps of {step:.2f} s, {a.steps * step:.0f} s a sample")
    for name, values in seconds.items():
        each = statistics.median(values)
        print(
            f"{name}: {each:.2f} s an evaluation, a step takes {step / each:.2f} times that; {evaluations:.0f} evaluations "
            f"{evaluations * each:.0f} s a sample, ratio {a.steps * step / (evaluations * each):.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    small = commands.add_parser("reach", help="time until the authors' loss is reached, sample by sample")
    common_arguments(small)
    small.add_argument("--model", type=Path, default=POCKET, help="bundle (default: %(default)s)")
    small.add_argument("--search", default="cma-es", help="strategy of askance (default: %(default)s)")
    small.add_argument("--budget", type=int, default=100)
    small.add_argument("--batch", type=int, default=1, help="samples or candidates in one model call (default: 1)")
    small.add_argument("--rounds", type=int, default=3)
    small.add_argument("--slack", type=float, default=1e-5, help="losses so near are the same (default: %(default)s)")
    small.add_argument("--out", type=Path, required=True, help="CSV with a row per sample and round")
    small.set_defaults(command=reach)
    large = commands.add_parser("full", help="seconds of a step and of an evaluation on a full-size model")
    common_arguments(large)
    large.add_argument("--model", type=Path, nargs="+", required=True, help="bundles: precisions of the same weights")
    large.set_defaults(command=full, parity_budget=2)
    large.add_argument("--reach", type=Path, required=True, help="CSV of `reach`")
    large.add_argument("--stride", type=int, nargs="+", default=[1])
    large.add_argument("--rounds", type=int, default=3)
    large.add_argument("--evaluations", type=int, default=5, help="of askance in one round (default: %(default)s)")
    large.add_argument("--torch-steps", type=int, default=2, help="in one round, a first one aside (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        arguments.command(arguments)
    except (ExportError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
