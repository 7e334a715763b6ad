"""The Python package as `pip install` leaves it: the program runs, and its records are frames. Run by .ci/wheel."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import askance
import numpy
import pandas
import pytest
from askance.names import file_name, text_of
from askance.records import NUMBER_BESIDE, TEXT, WHOLE, frame

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
NUMBERS = {"bool", "f64", "u64", "usize"}
# Types that are several columns of numbers; `Over` is two of text, `over` and `category`.
OF_NUMBERS = {"Compared", "Curves", "Drops", "ImageRates", "Intervals", "Metrics", "OperatingDrops", "Parameters", "PixelRates"}


def columns():
    """Columns of the rows that the program writes: name of the row, of the column, its type without `Option`."""
    row = re.compile(r"^(?:pub )?struct ((?:\w*Row)|Compared) \{\n(.*?)^\}", re.M | re.S)
    field = re.compile(r"^    (?:pub )?(\w+): (?:Option<)?([^<>\n]+?)>?,$", re.M)
    sources = [*(ROOT / "src" / "record").glob("*.rs"), *(ROOT / "src" / name for name in ("study/contents.rs", "synth/writer.rs"))]
    for source in sources:
        for name, body in row.findall(source.read_text(encoding="utf-8")):
            if name == "CandidateRow":  # an array, no table
                continue
            for column, kind in field.findall(body):
                if kind == "Over":
                    yield name, "category", kind
                if kind not in OF_NUMBERS:
                    yield name, column, kind


def run_words(folder, out):
    return ["attack", "-q", "--data", folder / "parts", "--budget=6", "--tolerance=hue", "--tolerance-steps=5", "--out", out]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    parts = folder / "parts"
    category = "--category=tablet"
    subprocess.run([askance.command(), "synth", "-q", category, "--train=0", "--good=2", "--defective=2", "--out", parts], check=True)
    # A name that no file can have as it is, and too long for one of the records.
    (parts / "tablet").rename(parts / f"{'y' * 100}%")
    return askance.run(run_words(folder, folder / "run"))


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
    counts = {column for _, column, kind in columns() if kind in ("usize", "u64")}
    assert {"budget", "evaluations", "samples", "size"} <= counts
    assert counts - WHOLE == set()
    assert run.samples.pieces.dtype == run.samples.evaluations.dtype == run.stability.evaluations.dtype == "Int64"


def test_texts_of_the_program_are_text_and_its_numbers_are_not():
    texts = {column for _, column, kind in columns() if kind not in NUMBERS}
    assert {"category", "parity_reason", "reference", "sample", "sha256", "verdict", "a"} <= texts
    assert texts - TEXT == set()
    numbers = {(row, column) for row, column, kind in columns() if kind in NUMBERS}
    assert {(row, column) for row, column in numbers if column in TEXT} == {("SearchRow", "reference"), ("SearchMetricRow", "reference")}
    assert set(NUMBER_BESIDE) == {"reference"}


def test_the_same_name_may_be_text_in_one_table_and_a_number_in_another(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("strategy,loss,reference\ngrid,0.5,0.25\n")
    assert frame(path).reference.tolist() == [0.25]
    path.write_text("model,reference\na,007\n")
    assert frame(path).reference.tolist() == ["007"]


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*/*.csv")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_reference_runs_are_read(path):
    table = getattr(askance.read(path.parent), path.stem)
    assert len(table) > 0
    for name in table.columns:
        assert pandas.api.types.is_numeric_dtype(table[name]) == (name not in TEXT), name


def test_reference_tables_say_what_they_say():
    assert len(sorted(REFERENCE.glob("*/*.csv"))) >= 12
    bench = askance.read(REFERENCE / "bench").bench
    assert "stable" in set(bench.verdict) and bench.nodes.dtype == "Int64" and bench.p50_ms.min() > 0
    compared = askance.read(REFERENCE / "demo").compared
    assert set(compared.a) == {"pocket"} and compared.difference.dtype == "float64"


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


@pytest.mark.parametrize("arguments", ["providers --quiet", b"providers --quiet", Path("providers --quiet")])
def test_one_text_is_no_list_of_words(arguments):
    with pytest.raises(TypeError, match=r"give a list of words, such as \['providers', '--quiet'\]"):
        askance.run(arguments)


def test_commands_without_a_run_give_what_they_print(run, tmp_path):
    made = askance.run(["synth", "-q", "--category=tablet", "--train=0", "--good=1", "--defective=1", "--out", tmp_path / "parts"])
    assert made["images"] == 2 and made["out"] == str(tmp_path / "parts")
    captions = frame(tmp_path / "parts" / "captions.csv")
    assert set(captions.category) == {"tablet"} and captions.caption.str.len().gt(0).all()
    for out in [tmp_path / "none", run.folder]:
        forecast = askance.run([*run_words(run.folder.parent, out), "--dry-run"])
        assert forecast["dry_run"] and forecast["out"] == str(out)
    assert isinstance(askance.run(["providers"]), (dict, list))
    assert "askance" in askance.run(["completions", "bash"])


def test_a_comparison_is_told_and_its_table_read(run, tmp_path):
    other = shutil.copytree(run.folder, tmp_path / "other")
    compared = askance.run(["compare", run.folder, other])
    assert compared["out"] is None and compared["differences"]
    written = askance.run(["compare", run.folder, other, "--out", other / "against.csv"])
    assert written["out"] == str(other / "against.csv")
    table = askance.read(other).against
    assert len(table) > 0 and set(table.a).isdisjoint(table.b) and table.difference.eq(0).all()


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
