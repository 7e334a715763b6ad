"""Runs of Askance as pandas frames and numpy arrays, and the program itself from Python.

    import askance

    run = askance.run(["demo"])              # the command `askance demo`, then its records
    run = askance.read("results/demo")       # the records of a run that is there
    run.summary.pixel_auroc                  # a column of summary.csv
    run.map(run.samples.iloc[0])             # the anomaly map that belongs to a row of samples.csv
"""

from .program import AskanceError, command, run
from .records import Run, read

__all__ = ["AskanceError", "Run", "command", "read", "run"]
