"""The Python package as `pip install` leaves it: the program runs, and its records are frames. Run by .ci/wheel."""

import re
import subprocess
import sys
from pathlib import Path

import askance
import numpy
import pandas
import pytest
from askance.names import file_name, text_of
from askance.records import TEXT, WHOLE, frame

# Sources of the rows that the program writes.
ROWS = ["bench", "operating", "paired", "random", "rows", "search", "seeds", "stability", "transfer", "uniform"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    parts = folder / "parts"
    category = "--category=tablet"
    subprocess.run([askance.command(), "synth", "-q", category, "--train=0", "--good=2", "--defective=2", "--out", parts], check=True)
    # A name that no file can have as it is, and too long for one of the records.
    (parts / "tablet").rename(parts / f"{'y' * 100}%")
    words = ["attack", "-q", "--data", parts, "--budget", "6", "--tolerance", "hue", "--tolerance-steps", "5", "--out", folder / "run"]
    return askance.run(words)


def test_import_is_cheap_and_brings_no_pandas():
    code = "import sys, askance; print('pandas' in sys.modules, 'numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.split() == ["False", "False"]


def test_frames_have_the_right_types(run):
    assert {"samples", "summary", "stability"} <= set(run.names)
    assert set(run.summary.attack) == {"clean", "angle", "hue", "saturation", "joint"}
    assert run.summary.pixel_auroc.dtype == "float64" and run.summary.samples.dtype == "Int64"
    assert len(run.samples) == 4 * 5 and run.samples.loss.notna().all()
    assert run.stability.flips.dtype == "boolean"
    clean = run.samples[run.samples.attack == "clean"]
    assert clean.angle_deg.eq(0).all()
    for name in run.names:
        table = getattr(run, name)
        numbers = table.select_dtypes(["number", "boolean"]).columns
        assert set(table.columns) - set(numbers) <= TEXT, name


def test_counts_of_the_program_are_whole_numbers(run):
    field = re.compile(r"^    pub (\w+): (?:Option<)?(?:usize|u64)\b", re.M)
    sources = Path(__file__).parents[2] / "src" / "record"
    counts = {name for source in ROWS for name in field.findall((sources / f"{source}.rs").read_text())}
    assert {"budget", "evaluations", "samples"} <= counts
    assert counts - WHOLE == set()
    assert run.samples.pieces.dtype == run.samples.evaluations.dtype == run.stability.evaluations.dtype == "Int64"


def test_numbers_are_those_of_the_command(run):
    mean = run.summary[(run.summary.over == "mean") & (run.summary.attack == "joint")].iloc[0]
    told = [row for row in run.json["summary"] if row["over"] == "mean" and row["attack"] == "joint"]
    assert len(told) == 1 and mean.pixel_auroc == pytest.approx(told[0]["pixel_auroc"], abs=1e-12)
    assert askance.read(run.folder).summary.equals(run.summary)


def test_maps_belong_to_rows(run):
    for _, row in run.samples.iterrows():
        map_ = run.map(row)
        assert map_.dtype == numpy.float32 and map_.shape == (12, 12)
    assert run.info["seed"] == 0


def test_faults_are_told(run, tmp_path):
    with pytest.raises(AttributeError, match="has no sweep.csv.*samples"):
        run.sweep
    with pytest.raises(FileNotFoundError, match="run.toml"):
        askance.read(tmp_path)
    with pytest.raises(askance.AskanceError, match="nowhere") as caught:
        askance.run(["eval", "--data", tmp_path / "nowhere", "--out", tmp_path / "out"])
    assert caught.value.status in (1, 2)


def test_names_stay_text(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text("model,category,sample,evaluations,sample_auroc,flips\nNA,007,'=bad/null,3,,true\n1.50,,nan,,0.25,\n")
    table = frame(path)
    assert list(table.model) == ["NA", "1.50"] and list(table.category) == ["007", ""]
    assert list(table["sample"]) == ["=bad/null", "nan"]
    assert table.evaluations.isna().tolist() == [False, True] and table.flips[0]
    assert pandas.isna(table.sample_auroc[0])
    path.write_text("loss\nhigh\n")
    with pytest.raises(ValueError, match="samples.csv, column loss"):
        frame(path)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ViT-B 16.2", "ViT-B 16.2"),
        ("models/vit:2", "models%2Fvit%3A2"),
        ("", "%"),
        (".a", "%2Ea"),
        ("y" * 100, "y" * 100),
        ("y" * 101, "y" * 66 + "%~" + "20b7e545c324ac23111aaf8502c69384"),
    ],
)
def test_names_of_files_are_those_of_the_program(name, file):
    assert file_name(name) == file


def test_formulas_read_back():
    assert text_of("'=cmd()") == "=cmd()" and text_of("-3.5") == "-3.5" and text_of("'a") == "'a"
