//! `askance paper` on generated parts that lie as the published sets do.

use std::fs;
use std::path::Path;
use std::process::Output;

use askance::record::{SweepRow, read_rows};

use crate::program::{self, on, output, run, synth, text};

fn askance(arguments: &[&str]) -> Output {
    output(program::askance().args(arguments))
}

#[test]
fn what_is_there_is_run_and_what_is_missing_is_listed_with_its_command() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let flags = "--category slate tablet key --good 1 --defective 2 --size 64";
    let source = synth(folder.path().join("parts"), flags);
    for (part, place) in
        [("slate", "mvtec_ad/toothbrush"), ("tablet", "mvtec_ad/screw"), ("key", "aaa_mine/bottle")]
    {
        let place = root.join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::rename(source.join(part), place).unwrap();
    }
    // MVTec AD's number of good toothbrushes.
    let good = root.join("mvtec_ad/toothbrush/test/good");
    let picture = fs::read_dir(&good).unwrap().next().unwrap().unwrap().path();
    for number in 1..12 {
        fs::copy(&picture, good.join(format!("copy-{number}.png"))).unwrap();
    }
    let out = folder.path().join("paper");
    let (root, out_text) = (root.to_str().unwrap(), out.to_str().unwrap());
    let arguments = [
        "paper",
        "--data-root",
        root,
        "--model",
        "pocket",
        "--budget",
        "2",
        "--steps",
        "2",
        "--out",
        out_text,
    ];
    let output = askance(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("not there: VisA: curl") && said.contains("-C ") && !said.contains("MVTec AD:"),
        "{said}"
    );

    let table = text(&out, "tables/backbone_pocket.csv");
    let lines: Vec<&str> = table.lines().collect();
    let cells = ["clean", "angle", "hue", "saturation", "joint", "largest drop"];
    let columns = cells.map(|name| format!("{name},{name} low,{name} high")).join(",");
    assert_eq!(lines[0], format!("dataset,metric,samples,{columns},under"));
    let starts = ["MVTec AD,pAUROC,", "MVTec AD,AUPRO,", "aaa_mine,pAUROC,", "aaa_mine,AUPRO,"];
    assert_eq!(lines.len(), 1 + starts.len(), "{table}");
    for start in starts {
        assert!(lines.iter().any(|line| line.starts_with(start)), "{start}: {table}");
    }
    assert!(text(&out, "tables/backbone_pocket.tex").contains("\\toprule"));
    // Published numbers are of another backbone.
    assert!(!out.join("tables/published.csv").exists());

    let sweep: Vec<SweepRow> = read_rows(out.join("sweep-mvtec-ad-pocket/sweep.csv")).unwrap();
    assert!(sweep.iter().all(|row| row.over.category().is_none_or(|name| name == "screw")));
    assert!(!out.join("sweep-aaa_mine-pocket").exists());
    let settings = text(&out, "attack-mvtec-ad-pocket/run.toml");
    for line in [
        "rotation = \"three-pass\"",
        "map_rotation = \"three-pass\"",
        "\nframe = \"derotated\"",
        "loss_frame = \"rotated-mask\"",
        "select = \"loss\"",
        "name = \"common21\"",
    ] {
        assert!(settings.contains(line), "{line}: {settings}");
    }
    let page = text(&out, "paper.md");
    for words in [
        "VisA",
        "| aaa_mine | AUPRO |",
        "2 of 15 categories, 17 pictures",
        "Preset paper, 2 evaluations",
        "of 4 samples above their clean pAUROC",
        "plots/bars.png",
        "plots/sweep_angle.png",
        "](plots/categories_MVTec%20AD_pocket.png)",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for figure in [
        "gallery",
        "bars",
        "histograms",
        "histograms_joint",
        "sweep_hue",
        "examples_pocket",
        "categories_MVTec AD_pocket",
    ] {
        assert!(out.join(format!("plots/{figure}.png")).is_file(), "{figure}");
    }

    // A second time there is nothing left to evaluate, and the tables are the same.
    let rows = fs::read(out.join("attack-aaa_mine-pocket/samples.csv")).unwrap();
    assert!(askance(&arguments).status.success());
    assert_eq!(fs::read(out.join("attack-aaa_mine-pocket/samples.csv")).unwrap(), rows);
    assert_eq!(text(&out, "tables/backbone_pocket.csv"), table);

    // A backbone that comes later leaves what is there as it is.
    let more = [&arguments[..], &["--model", "pocket-robust"]].concat();
    let output = askance(&more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(out.join("attack-aaa_mine-pocket/samples.csv")).unwrap(), rows);
    assert!(out.join("tables/backbone_pocket-robust.csv").is_file());

    // A bad file anywhere stops the run before the first attack.
    let picture =
        fs::read_dir(Path::new(root).join("mvtec_ad/screw/test/good")).unwrap().next().unwrap().unwrap();
    fs::write(picture.path(), b"no picture").unwrap();
    let elsewhere = folder.path().join("elsewhere");
    let output = askance(&[&arguments[..arguments.len() - 1], &[elsewhere.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(!elsewhere.exists());
}

/// A copy of the model `pocket` under another name.
fn bundle(folder: &Path, name: &str) -> String {
    let copy = folder.join(name);
    fs::create_dir_all(&copy).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/pocket");
    for file in ["image.onnx", "text.onnx"] {
        fs::copy(source.join(file), copy.join(file)).unwrap();
    }
    let manifest = text(&source, "bundle.toml").replace("name = \"pocket\"", &format!("name = \"{name}\""));
    fs::write(copy.join("bundle.toml"), manifest).unwrap();
    copy.to_str().unwrap().to_owned()
}

#[test]
fn backbones_whose_names_have_dots_have_runs_and_tables_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data/mine");
    let counts = ["--train", "0", "--good", "1", "--defective", "1", "--size", "64"];
    let synth = ["synth", "--category", "key", "--out", data.to_str().unwrap()];
    assert!(askance(&[&synth[..], &counts].concat()).status.success());
    let models = ["vit.1", "vit.2"].map(|name| bundle(&folder.path().join("m"), name));
    let (root, out) = (folder.path().join("data"), folder.path().join("paper"));
    let (root, out_text) = (root.to_str().unwrap(), out.to_str().unwrap());
    let paper = ["paper", "--data-root", root, "--budget", "1", "--out", out_text];
    let output = askance(&[&paper[..], &["--model", &models[0], "--model", &models[1]]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for name in ["vit.1", "vit.2"] {
        assert!(out.join(format!("attack-mine-{name}/summary.csv")).is_file(), "{name}");
        assert!(text(&out, &format!("tables/backbone_{name}.md")).contains(name));
    }
}

#[test]
fn without_backbones_or_data_the_commands_that_get_them_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let fail = |arguments: &[&str]| {
        let output = askance(arguments);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = fail(&["paper", "--data-root", root]);
    assert!(said.contains("no data set") && said.contains("mvtec_anomaly_detection.tar.xz"), "{said}");
    let part = folder.path().join("mine/key/test/good");
    fs::create_dir_all(&part).unwrap();
    image::RgbImage::new(32, 32).save(part.join("0.png")).unwrap();
    let said = fail(&["paper", "--data-root", root, "--models-dir", root]);
    assert!(said.contains("python -m askance_export ViT-L-14 --pretrained openai --out"), "{said}");
    for (flag, value) in [("--invariant", "spanner"), ("--steps", "1")] {
        let said = fail(&["paper", "--data-root", root, "--model", "pocket", flag, value]);
        assert!(said.contains(&format!("{flag} {value}")), "{said}");
    }
}

#[test]
fn a_preset_is_written_out_and_flags_override_it() {
    let folder = tempfile::tempdir().unwrap();
    let flags = "--category tablet --good 1 --defective 1 --size 64";
    let data = synth(folder.path().join("parts"), flags);
    let out = folder.path().join("run");
    let preset = ["--attacks", "angle", "--preset", "authors", "--fill", "reflect", "--budget", "3"];
    let output = run(on("attack", &data, &out).args(preset));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("0 of 1 samples above their clean pAUROC") && said.contains("--select pooled"),
        "{said}"
    );
    let settings = text(&out, "run.toml");
    for line in [
        "rotation = \"three-pass\"",
        "fill = \"reflect\"",
        "frame = \"rotated-mask\"",
        "select = \"sample-auroc\"",
        "loss = \"contrast\"",
        "budget = 3",
        "name = \"common21\"",
    ] {
        assert!(settings.contains(line), "{line}: {settings}");
    }
}
