"""Compares two commits by their criterion benches. Needs git, cargo and nothing but Python.

Run:  python export/benchmarks/compare_commits.py A B [--bench NAME]... [--filter TEXT] [--rounds 5]

Both commits are checked out beside each other in a temporary folder and built there; then their benches take turns, A B A B ..., so
that whatever else the machine does hits both alike. For each benchmark that both have: the median over the rounds of criterion's own
medians, the ratio B / A (median of the ratios of the rounds, with the lowest and the highest), and a verdict. "same within noise"
means that the ratios of the rounds lie on both sides of 1, or that their median differs from 1 by less than --threshold.

Only benches in `benches/` that both commits have can be compared. The working tree is not looked at: commit first.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True).stdout.strip()


def benches_of(tree: Path) -> set[str]:
    return {path.stem for path in (tree / "benches").glob("*.rs")}


def build(tree: Path, target: Path, benches: list[str]) -> dict[str, Path]:
    """The built bench programs by name."""
    chosen = [flag for bench in benches for flag in ("--bench", bench)]
    command = ["cargo", "bench", "--no-run", "--message-format=json", *chosen]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    done = subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {
        message["target"]["name"]: Path(message["executable"])
        for message in messages
        if message.get("executable") and "bench" in message["target"]["kind"]
    }


def measure(program: Path, tree: Path, text: str | None) -> dict[str, float]:
    """Seconds of each benchmark: criterion's medians of one run."""
    with tempfile.TemporaryDirectory() as home:
        command = [str(program), "--bench", *([text] if text else [])]
        environment = {**os.environ, "CRITERION_HOME": home}
        subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = {}
        for path in Path(home).glob("**/new/estimates.json"):
            name = json.loads((path.parent / "benchmark.json").read_text())["full_id"]
            found[name] = json.loads(path.read_text())["median"]["point_estimate"] * 1e-9
        return found


def verdict(ratios: list[float], threshold: float) -> str:
    median = statistics.median(ratios)
    if min(ratios) < 1 < max(ratios) or abs(median - 1) < threshold:
        return "same within noise"
    return f"B {100 * (median - 1):.1f} % slower" if median > 1 else f"B {100 * (1 - median):.1f} % faster"


def human(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="A", help="commit")
    parser.add_argument("b", metavar="B", help="commit")
    parser.add_argument("--bench", action="append", default=[], help="only this file of benches/; may be repeated")
    parser.add_argument("--filter", help="only benchmarks whose name contains this")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--target", type=Path, default=ROOT / "target/compare", help="where cargo builds; kept for the next time")
    parser.add_argument("--threshold", type=float, default=0.02, help="a smaller difference is called noise")
    arguments = parser.parse_args()
    commits = [git("rev-parse", "--verify", f"{commit}^{{commit}}") for commit in (arguments.a, arguments.b)]

    with tempfile.TemporaryDirectory() as folder:
        trees = [Path(folder) / name for name in ("a", "b")]
        try:
            for tree, commit in zip(trees, commits):
                git("worktree", "add", "--detach", str(tree), commit)
            common = benches_of(trees[0]) & benches_of(trees[1])
            chosen = sorted(arguments.bench or common)
            if missing := set(chosen) - common:
                parser.error(f"not in both commits: --bench {', '.join(sorted(missing))}; both have {', '.join(sorted(common))}")
            # What the commits depend on is built once; the programs of the first must not be replaced by those of the second.
            programs = []
            for tree in trees:
                built = build(tree, arguments.target.resolve(), chosen)
                kept = Path(folder) / f"programs-{tree.name}"
                kept.mkdir()
                programs.append({name: Path(shutil.move(path, kept / name)) for name, path in built.items()})
            rounds: list[tuple[dict[str, float], dict[str, float]]] = []
            for number in range(arguments.rounds):
                taken = tuple(
                    {name: time for bench in chosen for name, time in measure(of_tree[bench], tree, arguments.filter).items()}
                    for tree, of_tree in zip(trees, programs)
                )
                rounds.append(taken)
                print(f"round {number + 1} of {arguments.rounds} done", flush=True)
        finally:
            for tree in trees:
                subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)], capture_output=True)

    names = sorted(set(rounds[0][0]) & set(rounds[0][1]))
    if not names:
        parser.error("no benchmark is in both commits; see --filter")
    width = max(map(len, names))
    for label, commit in zip("AB", commits):
        print(f"{label}: {git('log', '-1', '--format=%h %s', commit)}")
    print(f"{'benchmark':{width}}  {'A':>9}  {'B':>9}  B / A (lowest to highest)")
    for name in names:
        a, b = ([taken[side][name] for taken in rounds] for side in (0, 1))
        ratios = [after / before for before, after in zip(a, b)]
        print(
            f"{name:{width}}  {human(statistics.median(a)):>9}  {human(statistics.median(b)):>9}  "
            f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})  {verdict(ratios, arguments.threshold)}"
        )


if __name__ == "__main__":
    main()
