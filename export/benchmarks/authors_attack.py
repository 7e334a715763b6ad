"""The authors' attack (arXiv 2405.07969: Adam by back-propagation, 100 steps) in torch, on Askance's own objective.

First Askance attacks the same samples for a few evaluations (`--search random`); the losses in its traces must be those of
the torch objective at the same perturbations, or the script stops. Then every sample gets its 100 steps: one forward
pass is one evaluation, the first at identity; the backward pass is not counted, but takes its time.

    python benchmarks/authors_attack.py --data DIR --model ../models/pocket --out DIR [--limit N] [--batch 8]

Written to --out:
  steps.csv     a row per sample and step; `seconds` is the wall time so far of the whole batch in which the sample was attacked,
                forward, backward and optimiser; `batch` says how many samples shared it
  samples.csv   a row per sample: loss of the unchanged picture, the worst found, where and when
  maps/         with --maps, the patch-level maps of all steps, CATEGORY/DEFECT/STEM.npy [steps, rows, columns]

The authors' code also computes derivatives for the weights, per-step metrics and a three-pass rotation; here nothing but what
the attack needs is computed. Its own numbers of steps and rates are the defaults.
"""

import argparse
import csv
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from askance_export import versions

versions.demand(("torch",))  # before what is imported next

import numpy as np
import torch

from askance_export import askance_run  # noqa: E402
from askance_export.adam_attack import Steps, attack, objective  # noqa: E402
from askance_export.errors import ExportError  # noqa: E402
from askance_export.torch_segmenter import TorchSegmenter  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
POCKET = ROOT / "models/pocket"
STEP_COLUMNS = (
    "dataset,model,category,sample,step,angle_deg,hue_rad,saturation,loss,best_loss,seconds,batch".split(",")
)
SAMPLE_COLUMNS = (
    "dataset,model,category,sample,clean_loss,best_loss,best_step,angle_deg,hue_rad,saturation,steps,seconds,batch".split(",")
)  # fmt: skip


def common_arguments(parser: argparse.ArgumentParser) -> None:
    """What this script and attack_time.py share."""
    parser.add_argument("--data", type=Path, required=True, help="data in any layout that askance reads")
    parser.add_argument("--architecture", metavar="ARCH", help="open_clip's name, for a bundle that is no pocket model")
    parser.add_argument("--category", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--limit", type=int, help="the first N good and the first N defective samples of each category")
    parser.add_argument("--samples", nargs="+", metavar="CATEGORY/DEFECT/STEM", help="only these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--restart-every", type=int, default=20)
    parser.add_argument("--tolerance", type=float, default=1e-4, help="between the two objectives (default: %(default)s)")
    parser.add_argument("--parity-budget", type=int, default=4, help="evaluations a sample that are compared (default: 4)")
    parser.add_argument("--askance", type=Path, default=ROOT / "target/release/askance")


def selection(a: argparse.Namespace) -> list[str]:
    """The flags by which askance takes the same samples (all but --samples)."""
    options = ["--category", *a.category] if a.category else []
    options += ["--limit", str(a.limit)] if a.limit else []
    return options + ["--threads", str(a.threads)]


def chosen(a: argparse.Namespace, samples: list[askance_run.Sample]) -> list[int]:
    """Positions of the samples that are wanted."""
    if not a.samples:
        return list(range(len(samples)))
    names = [sample.name for sample in samples]
    unknown = sorted(set(a.samples) - set(names))
    if unknown:
        raise ExportError(f"--samples {unknown[0]}", "is not among the samples", f"write them as {names[0]}")
    return [names.index(name) for name in a.samples]


def parity(a: argparse.Namespace, segmenter: TorchSegmenter) -> list[askance_run.Sample]:
    """Askance's few evaluations against the torch objective; gives the samples.

    Raises ExportError where they differ by more than the tolerance."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--search", "random", "--budget", str(a.parity_budget), "--seed", str(a.seed), *selection(a)]
        run = askance_run.attack(a.askance, a.data, a.model, Path(folder) / "parity", options)
    worst, count = 0.0, 0
    positions = chosen(a, run.samples)
    for position in positions:
        sample, trace = run.samples[position], run.traces[position]
        picture, mask = sample.load(segmenter.size)
        for row in trace:
            with torch.no_grad():
                perturbation = torch.from_numpy(row[None, :3]).float()
                loss = objective(segmenter, picture[None], mask[None], [sample.category], perturbation)
            off = abs(float(loss) - row[3])
            # Also refuses what is not a number.
            if not off <= a.tolerance:
                raise ExportError(
                    f"{sample.name} at {row[:3]}",
                    f"has a loss of {float(loss):.6f} in torch and {row[3]:.6f} in askance",
                    "the two must compute the same: compare the model, the prompts and the resize",
                )
            worst, count = max(worst, off), count + 1
    print(f"objective: {count} evaluations of {len(positions)} samples agree with askance to {worst:.1e}", flush=True)
    return [run.samples[position] for position in positions]


def attack_batch(a: argparse.Namespace, segmenter: TorchSegmenter, batch: list[askance_run.Sample]) -> Steps:
    """The authors' attack on some samples at once."""
    pictures, masks = (torch.stack(part) for part in zip(*(s.load(segmenter.size) for s in batch), strict=True))
    categories, names = [s.category for s in batch], [s.name for s in batch]
    return attack(segmenter, pictures, masks, categories, names, a.seed, a.steps, a.restart_every)


def step_rows(model: str, batch: list[askance_run.Sample], done: Steps):
    for i, sample in enumerate(batch):
        best = np.fmin.accumulate(done.losses[:, i])
        for step, (p, loss) in enumerate(zip(done.perturbations[:, i], done.losses[:, i], strict=True)):
            yield (
                *(sample.dataset, model, sample.category, sample.name.split("/", 1)[1], step + 1),
                *map(float, p),
                *(float(loss), float(best[step]), f"{done.seconds[step]:.4f}", len(batch)),
            )


def sample_rows(model: str, batch: list[askance_run.Sample], done: Steps):
    for i, sample in enumerate(batch):
        losses = done.losses[:, i]
        best = int(np.nanargmin(losses))
        yield (
            *(sample.dataset, model, sample.category, sample.name.split("/", 1)[1]),
            *(float(losses[0]), float(losses[best]), best + 1, *map(float, done.perturbations[best, i])),
            *(len(losses), f"{done.seconds[-1]:.4f}", len(batch)),
        )


def save_maps(folder: Path, batch: list[askance_run.Sample], done: Steps) -> None:
    for i, sample in enumerate(batch):
        path = folder / f"{sample.name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, done.maps[:, i])


def run(a: argparse.Namespace) -> None:
    torch.set_num_threads(a.threads)
    segmenter = TorchSegmenter(a.model, a.architecture)
    samples = parity(a, segmenter)
    a.out.mkdir(parents=True, exist_ok=True)
    clean, worst, seconds = [], [], 0.0
    with open(a.out / "steps.csv", "w", newline="") as steps, open(a.out / "samples.csv", "w", newline="") as table:
        of_steps, of_samples = csv.writer(steps), csv.writer(table)
        of_steps.writerow(STEP_COLUMNS)
        of_samples.writerow(SAMPLE_COLUMNS)
        for at in range(0, len(samples), a.batch):
            batch = samples[at : at + a.batch]
            done = attack_batch(a, segmenter, batch)
            of_steps.writerows(step_rows(segmenter.name, batch, done))
            of_samples.writerows(sample_rows(segmenter.name, batch, done))
            if a.maps:
                save_maps(a.out / "maps", batch, done)
            steps.flush(), table.flush()
            clean.extend(done.losses[0])
            worst.extend(np.nanmin(done.losses, axis=0))
            seconds += done.seconds[-1]
            print(f"{at + len(batch)} of {len(samples)} samples, {done.seconds[-1] / len(batch):.2f} s each", flush=True)
    print(
        f"{len(samples)} samples, {a.steps} steps, batch {a.batch}, {a.threads} threads: mean loss {np.mean(clean):.4f} clean, "
        f"{np.mean(worst):.4f} attacked; {seconds / len(samples):.2f} s a sample, {1e3 * seconds / len(samples) / a.steps:.1f} ms a step"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common_arguments(parser)
    parser.add_argument("--model", type=Path, default=POCKET, help="bundle (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=8, help="samples in one forward pass (default: %(default)s)")
    parser.add_argument("--maps", action="store_true", help="keep the maps of all steps")
    parser.add_argument("--out", type=Path, required=True)
    try:
        run(parser.parse_args())
    except (ExportError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
