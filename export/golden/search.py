"""Golden values of the room `search`, for tests/library/search_golden.rs and src/search/.

Writes into tests/golden/search/:
  cma.json          pycma's CMA-ES: per function and number of axes over 51 seeds the quartiles of the number of evaluations after
                    which a loss below 1e-8 was seen (`evaluations`), or of the best loss after a number of evaluations (`best`)
  restarts.json     pycma's restarts (same population, IPOP, BIPOP) on a function with a thousand optima and more: quartiles of the
                    number of evaluations until the best of them was found
  nelder_mead.json  every point that scipy's adaptive Nelder-Mead evaluates
  sobol.json        points of scipy's Sobol sequence in 32 dimensions, not scrambled

Protocol of cma.json, the same in the test: box [-1, 1]^n, start and first step as written in the file, default population, no
restarts, no early stops. Of restarts.json: the same box, a first step of 0.6, a run over at a standard deviation of 1e-3 on
every axis (pycma's other criteria as they are). Of nelder_mead.json: the box again, points beyond it mirrored; the first
simplex has its further vertices 0.5 from the start, towards the farther end of each axis.

Peers: cma 4.5.0 (active CMA-ES, its default bound handling), numpy 2.4.6, scipy 1.17.1. Seeded; run from anywhere, for all
files (some minutes) or those named:

    python export/golden/search.py [sobol.json nelder_mead.json cma.json restarts.json]
"""

import json
import math
import sys
from pathlib import Path

import cma
import numpy as np
from scipy.optimize import minimize
from scipy.stats import qmc

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "search"
SEEDS = 51
SIGMA = 0.3
TARGET = 1e-8
MOST = 20_000
RESTART_TARGET = 0.1


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


def plain_rows():
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
    return rows


class Found(Exception):
    pass


def run_with_restarts(how, n, seed):
    """Evaluations until Rastrigin's best optimum is found, MOST if it is not."""
    count = 0

    def loss(x):
        nonlocal count
        count += 1
        value = rastrigin(np.asarray(x))
        if value < RESTART_TARGET or count >= MOST:
            raise Found
        return value

    rng = np.random.default_rng(seed)
    options = {"seed": seed, "bounds": [-1, 1], "verbose": -9, "tolx": 1e-3, "maxfevals": MOST}
    ways = {"same": {"incpopsize": 1}, "ipop": {"incpopsize": 2}, "bipop": {"incpopsize": 2, "bipop": True}}
    try:
        cma.fmin2(loss, lambda: rng.uniform(-1, 1, n), 0.6, options, restarts=1000, **ways[how])
    except Found:
        pass
    return count


def restart_rows():
    n = 3
    return [
        {
            "restarts": how,
            "axes": n,
            "target": RESTART_TARGET,
            "most": MOST,
            "seeds": SEEDS,
            "evaluations": quartiles([run_with_restarts(how, n, seed) for seed in range(1, SEEDS + 1)]),
        }
        for how in ("same", "ipop", "bipop")
    ]


def simplex_rows():
    rows = []
    for function, n in ((rosenbrock, 3), (ellipsoid, 2), (rastrigin, 5), (sphere, 1)):
        start = np.array(START[function.__name__][:n])
        seen = []

        def loss(x):
            x = 1 - np.abs(np.mod(x + 1, 4) - 2)
            seen.append(x.tolist())
            return function(x)

        simplex = np.vstack([start, start + np.diag(np.where(start > 0, -0.5, 0.5))])
        # One axis takes the coefficients for two, which are the usual ones.
        options = {"adaptive": n > 1, "xatol": 0, "fatol": 0, "maxfev": 60 if n > 1 else 15, "initial_simplex": simplex}
        minimize(loss, start, method="Nelder-Mead", options=options)
        rows.append({"function": function.__name__, "axes": n, "start": start.tolist(), "points": seen[1:]})
    return rows


def sobol_rows():
    points = qmc.Sobol(32, scramble=False, bits=32).random(1008)
    return [[index, points[index].tolist()] for index in (*range(8), *range(1000, 1008))]


FILES = {
    "sobol.json": sobol_rows,
    "nelder_mead.json": simplex_rows,
    "cma.json": plain_rows,
    "restarts.json": restart_rows,
}
OUT.mkdir(parents=True, exist_ok=True)
for name in sys.argv[1:] or FILES:
    rows = FILES[name]()
    (OUT / name).write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n", encoding="ascii")
