"""Writes the page of a qualification: the answer, then tables, from the files that `qualify.sh` left.

    python page.py DIR
"""

import argparse
import csv
import json
from pathlib import Path


def rows(path):
    if not path.is_file():
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def number(text, digits=3):
    return f"{float(text):.{digits}g}" if text not in ("", None) else "-"


def table(heads, lines):
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in [heads, ["---"] * len(heads), *lines]) + "\n"


class Results:
    def __init__(self, folder):
        self.bench = {path.parent.name.removeprefix("bench-"): rows(path) for path in sorted(folder.glob("bench-*/bench.csv"))}
        self.turns = {path.parent.name.removeprefix("turns-"): rows(path) for path in sorted(folder.glob("turns-*/turns.csv"))}
        # Of the card: the fastest that any stage saw.
        self.ceilings = {}
        for path in sorted(folder.glob("turns-*/ceilings.csv")):
            for row in rows(path):
                self.ceilings[row["precision"]] = max(self.ceilings.get(row["precision"], 0.0), float(row["tflop_per_s"]))
        self.attacks = {}
        for path in sorted(folder.glob("attack-*.json")):
            if path.stat().st_size:
                self.attacks[path.stem.removeprefix("attack-")] = json.loads(path.read_text())
        self.stages = rows(folder / "stages.csv")
        machine = folder / "machine.txt"
        self.machine = machine.read_text().strip() if machine.is_file() else "not recorded"

    def fastest(self, model):
        """The row of `bench.csv` with the most pictures a second."""
        measured = [row for row in self.bench.get(model, []) if row["images_per_s"]]
        return max(measured, key=lambda row: float(row["images_per_s"]), default=None)

    def turn(self, model, stack, precision, batch):
        found = [row for row in self.turns.get(model, []) if (row["stack"], row["precision"], row["batch"]) == (stack, precision, batch)]
        return found[0] if found and found[0]["images_per_s"] else None

    def share_of_ceiling(self, row):
        """Of the fastest matrix product seen in the row's precision, in ONNX Runtime or torch; percent."""
        ceilings = [float(row["gemm_gflop_per_s"])] if row["gemm_gflop_per_s"] else []
        torch = self.ceilings.get(row["precision"])
        ceilings += [torch * 1e3] if torch else []
        return 100 * float(row["gflop_per_s"]) / max(ceilings) if ceilings and row["gflop_per_s"] else None

    def pipeline(self, name, model, precision, batch):
        """Pictures a second of an attack, share of the time in the model, and percent of the bare model's speed."""
        done = self.attacks.get(name)
        bare = [r for r in self.bench.get(model, []) if (r["precision"], r["batch"]) == (precision, batch) and r["images_per_s"]]
        if not done:
            return None
        speed = done["model_pictures"] / done["wall_seconds"]
        # Coarse evaluations are cheaper than what `bench` times.
        comparable = bare and not done["coarse_evaluations"]
        share = 100 * speed / float(bare[0]["images_per_s"]) if comparable else None
        return speed, 100 * done["model_seconds"] / done["wall_seconds"], share


def answer(results, provider):
    models = [name for name in results.bench if not name.endswith("-cpu")]
    said = []
    for model in models:
        best = results.fastest(model)
        if best is None:
            continue
        text = f"{model}: {best['ran']} in {best['precision']}, batch {best['batch']}, {float(best['images_per_s']):.3g} pictures a second"
        share = results.share_of_ceiling(best)
        text += f", {share:.0f} % of the fastest matrix product seen in {best['precision']}" if share else ""
        graph = results.turn(model, "graph", best["precision"], best["batch"])
        if graph and graph["of_torch_eager"]:
            low, high = graph["low"], graph["high"]
            text += f"; {number(graph['of_torch_eager'])} times torch eager in the same precision"
            text += f" ({number(low)} to {number(high)})" if low else ""
        eager = results.turn(model, "torch-eager", "fp32", best["batch"])
        if eager and best["precision"] != "fp32":
            text += f", {float(best['images_per_s']) / float(eager['images_per_s']):.3g} times torch eager in fp32"
        if best["map_max_difference"]:
            text += f"; maps differ from fp32 on the processor by at most {number(best['map_max_difference'], 2)}"
        said.append(f"- **{text}.**")
    for name in results.attacks:
        found = results.pipeline(name, *bare_of(results))
        if found:
            bare = f", {found[2]:.0f} % of the bare model" if found[2] else ""
            said.append(
                f"- **A whole attack ({name} search) makes {found[0]:.3g} pictures a second{bare}; "
                f"{found[1]:.0f} % of its time was in the model.**"
            )
    return "\n".join(said) or f"Nothing could be measured on {provider}: `stages.csv` and `logs/` say why."


def bare_of(results):
    """Model, precision and batch size of the attacks: the first model, in its lower precision, in the largest batches."""
    model = next((name for name, found in results.turns.items()), next(iter(results.bench), ""))
    first = [name for name in results.bench if any(row["worst_pixel_auroc"] for row in results.bench[name])]
    model = first[0] if first else model
    batches = [int(row["batch"]) for row in results.bench.get(model, [])]
    return model, "fp16", str(max(batches, default=0))


def bench_table(found, results):
    heads = ["provider", "precision", "batch", "ms", "pictures/s", "TFLOP/s", "of the ceiling, %", "first call ms", "session ms"]
    heads += ["card MiB", "map difference, max", "mean", "worst pAUROC, points", "verdict"]
    lines = []
    for row in found:
        if not row["images_per_s"]:
            lines.append([row["provider"], row["precision"], row["batch"], row["reason"] or row["status"]] + ["-"] * (len(heads) - 4))
            continue
        share = results.share_of_ceiling(row)
        flop = float(row["gflop_per_s"]) / 1e3 if row["gflop_per_s"] else ""
        line = [row["ran"], row["precision"], row["batch"], number(row["p50_ms"], 4), number(row["images_per_s"], 4), number(flop)]
        line += [f"{share:.0f}" if share else "-", number(row["first_ms"]), number(row["session_ms"]), number(row["device_mib"], 5)]
        line += [number(row[name], 2) for name in ("map_max_difference", "map_mean_difference", "worst_pixel_auroc")]
        lines.append([*line, row["verdict"] or "-"])
    return table(heads, lines)


def turns_table(found):
    heads = ["stack", "precision", "batch", "ms", "pictures/s", "times torch eager", "95 % interval", "ready after s", "map difference, max"]
    lines = []
    for row in found:
        cells = [row["stack"], row["precision"], row["batch"]]
        if not row["images_per_s"]:
            lines.append([*cells, row["reason"] or "not measured"] + ["-"] * (len(heads) - 4))
            continue
        interval = f"{number(row['low'])} to {number(row['high'])}" if row["low"] else "-"
        cells += [number(row["ms"], 4), number(row["images_per_s"], 4), number(row["of_torch_eager"]), interval]
        lines.append([*cells, number(row["ready_s"]), number(row["map_max_difference"], 2)])
    return table(heads, lines)


def page(folder, results, options):
    parts = [f"# Qualification of {options.provider}", answer(results, options.provider)]
    parts.append("Weights are random: speed and agreement are real, what is detected is not.")
    for name, found in results.bench.items():
        parts += [f"## `askance bench`: {name}", bench_table(found, results)]
        for plot in sorted((folder / f"bench-{name}" / "plots").glob("*.png")):
            parts.append(f"![{plot.stem} of {name}]({plot.relative_to(folder)})")
    for name, found in results.turns.items():
        parts += [f"## torch and the graph in turns: {name}", turns_table(found)]
    if results.ceilings:
        ceilings = ", ".join(f"{p} {value:.3g}" for p, value in results.ceilings.items())
        parts.append(f"Square matrix products in torch, TFLOP/s: {ceilings}.")
    if results.attacks:
        heads = ["search", "pictures to the model", "calls", "wall s", "in the model s", "pixels (all threads) s", "search s"]
        keys = ("model_pictures", "model_calls", "wall_seconds", "model_seconds", "pixel_seconds", "search_seconds")
        lines = [[name, *(number(done[key], 5) for key in keys)] for name, done in results.attacks.items()]
        parts += ["## A whole attack", table(heads, lines)]
    parts += ["## The machine", f"```text\n{results.machine}\n```"]
    parts += ["## What ran", table(["stage", "seconds", "outcome"], [list(row.values()) for row in results.stages])]
    if options.seconds:
        parts.append(f"All of it took {options.seconds} s. `logs/` has what each stage said.")
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", help="duration of the whole")
    parser.add_argument("--provider", default="cuda:0")
    options = parser.parse_args()
    (options.folder / "README.md").write_text(page(options.folder, Results(options.folder), options))


if __name__ == "__main__":
    main()
