"""Golden statistics of pycma's CMA-ES, for tests/search_golden.rs.

Writes tests/golden/search/cma.json: per function and number of axes over 51 seeds the quartiles of the number of evaluations
after which a loss below 1e-8 was seen (`evaluations`), or of the best loss after a number of evaluations (`best`).

Protocol, the same in the test: box [-1, 1]^n, start and first step as written in the file, default population, no restarts,
no early stops.

Peer: cma 4.5.0 (active CMA-ES, its default bound handling), numpy 2.4.6. Seeded; run from anywhere:

    python export/golden/search.py
"""

import json
import math
from pathlib import Path

import cma
import numpy as np

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "search"
SEEDS = 51
SIGMA = 0.3
TARGET = 1e-8
MOST = 20_000


def sphere(x):
    return float(np.sum(x**2))


def ellipsoid(x):
    n = len(x)
    return float(sum(10 ** (6 * i / (n - 1)) * x[i] ** 2 for i in range(n)))


def rosenbrock(x):
    y = 2 * x
    return float(np.sum(100 * (y[1:] - y[:-1] ** 2) ** 2 + (1 - y[:-1]) ** 2))


def rastrigin(x):
    y = 5.12 * x
    return float(10 * len(x) + np.sum(y**2 - 10 * np.cos(2 * math.pi * y)))


START = {"sphere": [-0.6, 0.5, -0.4, 0.3, -0.2], "ellipsoid": [-0.6, 0.5, -0.4, 0.3, -0.2], "rosenbrock": [0.0] * 5, "rastrigin": [-0.6, 0.5, -0.4, 0.3, -0.2]}


def run(function, n, seed, budget):
    """Evaluations until the target, and the best loss within the budget."""
    name = function.__name__
    es = cma.CMAEvolutionStrategy(START[name][:n], SIGMA, {"seed": seed, "bounds": [-1, 1], "verbose": -9})
    count, best = 0, math.inf
    while count < budget:
        points = es.ask()
        losses = []
        for point in points:
            losses.append(function(np.asarray(point)))
            count += 1
            best = min(best, losses[-1])
            if count == budget or best < TARGET:
                return count, best
        es.tell(points, losses)
    return count, best


def quartiles(values):
    return [float(v) for v in np.quantile(values, [0.25, 0.5, 0.75])]


rows = []
for n in (3, 5):
    for function in (sphere, ellipsoid, rosenbrock):
        counts = [run(function, n, seed, MOST)[0] for seed in range(1, SEEDS + 1)]
        rows.append({"function": function.__name__, "axes": n, "target": TARGET, "most": MOST, "evaluations": quartiles(counts)})
    budget = 100 * n
    losses = [run(rastrigin, n, seed, budget)[1] for seed in range(1, SEEDS + 1)]
    rows.append({"function": "rastrigin", "axes": n, "budget": budget, "best": quartiles(losses)})
for row in rows:
    row.update(start=START[row["function"]][: row["axes"]], sigma=SIGMA, seeds=SEEDS)

OUT.mkdir(parents=True, exist_ok=True)
(OUT / "cma.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n", encoding="ascii")
