"""Makes the reference runs in results/reference/ again: the demo, a bench on this machine's processor and a tolerance study.

    python export/benchmarks/reference_runs.py PROGRAM [demo bench tolerance]

Needs Python 3.11 and a quiet machine, for the bench. Runs in a temporary folder beside models/, so that the records name no other; takes a few minutes on
two cores. What a command says goes into its README, after the command, commit, versions and processor from its run.toml.
"""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Not where the commands put their runs unless told otherwise: one of those would be taken up.
REFERENCE = ROOT / "results" / "reference"

RUNS = {
    "demo": (
        "The demo: generated parts of every kind, both embedded models, the paper's three axes",
        ["askance demo --out demo", "askance compare demo demo --pair pocket=pocket-robust --out demo/compared.csv"],
    ),
    "bench": (
        "Providers, precisions and batch sizes of the embedded model on a processor",
        [
            "askance synth --out parts --category hex_nut tablet --train 0 --good 8 --defective 8",
            "askance bench --providers cpu,openvino --model models/pocket --precision fp32,int8 --batch 1,8 --data parts --out bench",
        ],
    ),
    "tolerance": (
        "What light, position and camera may do to a line with an embedded model: generated tablets, half of them defective",
        [
            "askance synth --out line --category tablet --train 0 --good 24 --defective 24",
            "askance attack --data line --model pocket-robust --attacks clean --tolerance lighting,pose,camera --out tolerance",
        ],
    ),
}

# What is kept of a run: tables, settings, figures and the page; no pictures, maps or traces.
KEPT = ["run.toml", "report.html", "*.csv", "plots/*.png"]
# Of use for going on with a run alone; and figures of pictures, which the page has smaller.
LEFT = ["files.csv", "gallery.png", "examples_*.png"]


def said_by(program, command, folder):
    words = command.split()
    done = subprocess.run([program, *words[1:], "--quiet"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip()


def readme(title, commands, said, info):
    machine = info["machine"]
    lines = [
        f"# {title}",
        "",
        "```sh",
        *commands,
        "```",
        "",
        f"Askance {info['version']} at commit {info['commit'][:12]}, ONNX Runtime {info['runtime']['version'] or '(see bench.csv)'}, "
        f"{machine['cpu']} with {machine['cores']} cores and {machine['memory_mib'] // 1024} GiB, {machine['os']}, {info['started'][:10]}.",
        "Made by `export/benchmarks/reference_runs.py`. Columns are explained in [records.md](../../../docs/records.md).",
        "",
        "It said:",
        "",
        "```text",
        said,
        "```",
        "",
    ]
    return "\n".join(lines)


def make(program, name):
    title, commands = RUNS[name]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(ROOT / "models")
        said = [said_by(program, command, folder) for command in commands]
        run = Path(folder) / name
        report = f"askance report {name}"
        said_by(program, report, folder)
        out = REFERENCE / name
        shutil.rmtree(out, ignore_errors=True)
        for pattern in KEPT:
            for path in run.glob(pattern):
                if not any(path.match(left) for left in LEFT):
                    to = out / path.relative_to(run)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, to)
        info = tomllib.loads((run / "run.toml").read_text())
        told = "\n\n".join(part for part in said if part)
        (out / "README.md").write_text(readme(title, [*commands, report], told, info))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = str(Path(sys.argv[1]).resolve())
    for name in sys.argv[2:] or RUNS:
        make(program, name)
        print(f"results/reference/{name}")


if __name__ == "__main__":
    main()
