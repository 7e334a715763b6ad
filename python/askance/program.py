"""The program `askance`, which comes with this package."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .records import Run


class AskanceError(RuntimeError):
    """A command that failed. `status` is its exit status, and the text what it printed about the fault and its remedy."""

    def __init__(self, arguments: Sequence[str], status: int, said: str):
        self.status = status
        super().__init__(f"askance {' '.join(arguments)} ended with status {status}:\n{said.strip()}")


def command() -> str:
    """Path of the program: that of this Python environment, else the first on PATH.

    Raises FileNotFoundError where there is none.
    """
    own = Path(sysconfig.get_path("scripts"), "askance")
    found = str(own) if own.is_file() else shutil.which("askance")
    if found is None:
        raise FileNotFoundError(f"there is no program `askance` in {own.parent} or on PATH: install the package askance again")
    return found


def run(arguments: Sequence[str | Path]) -> Run | Any:
    """Runs a command, such as `["attack", "--data", "parts", "--out", "results/parts"]`, and reads the run that it made. Progress and
    warnings go to standard error as the command says them.

    A command that makes no run, such as `data`, `compare`, `synth` or one with `--dry-run`, gives what it prints with `--json` as Python
    values; one that prints no JSON, such as `completions`, its text.

    Raises AskanceError where the command fails, and TypeError where the arguments are one text instead of a list.
    """
    if isinstance(arguments, (str, bytes, Path)):
        given = arguments.decode(errors="replace") if isinstance(arguments, bytes) else str(arguments)
        raise TypeError(f"arguments are one text, {given!r}: give a list of words, such as {_words(given)}")
    words = [str(argument) for argument in arguments]
    if "--json" not in words:
        words.append("--json")
    said = []
    with tempfile.TemporaryFile() as printed:
        with subprocess.Popen([command(), *words], stdout=printed, stderr=subprocess.PIPE) as process:
            for line in process.stderr:
                said.append(line.decode(errors="replace"))
                sys.stderr.write(said[-1])
        printed.seek(0)
        answer = printed.read()
    if process.returncode != 0:
        raise AskanceError(words, process.returncode, "".join(said))
    try:
        told = json.loads(answer)
    except ValueError:
        return answer.decode(errors="replace")
    return Run(told["out"], told) if _made_run(told) else told


def _made_run(told: Any) -> bool:
    """Whether a command that tells this made a run. A forecast (`--dry-run`) names the folder of a run that may be there from before."""
    if not isinstance(told, dict) or told.get("dry_run"):
        return False
    out = told.get("out")
    return isinstance(out, str) and Path(out, "run.toml").is_file()


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
