//! `askance data` and what the data arguments of runs say, as a user gives them.

use std::fs;
use std::path::Path;
use std::process::Output;

use askance::record::RunInfo;

use crate::program::{self, on, output, run, said};
use crate::trees::Folder;

fn askance(arguments: &[&str], data: &Path) -> Output {
    output(program::askance().args(arguments).arg(data))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Two of MVTec AD's categories, nearly empty but for the good test pictures of one.
fn parts() -> Folder {
    let folder = Folder::new();
    for category in ["bottle", "cable"] {
        for name in ["test/good/000", "test/dent/000", "test/scratch/000", "train/good/000", "train/good/001"]
        {
            folder.picture(&format!("{category}/{name}.png"));
        }
        folder.masks(&[&format!("{category}/ground_truth/dent/000_mask.png")]);
        folder.masks(&[&format!("{category}/ground_truth/scratch/000_mask.png")]);
    }
    for number in 1..20 {
        folder.picture(&format!("bottle/test/good/{number:03}.png"));
    }
    folder
}

#[test]
fn the_report_tells_layout_counts_sizes_masks_and_what_is_missing() {
    let folder = parts();
    let output = askance(&["data", "--category", "bottle", "--"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let row: Vec<&str> =
        said.lines().find(|line| line.starts_with("bottle ")).unwrap().split_whitespace().collect();
    let cells = ["bottle", "20", "2", "of", "63", "12", "8", "33.33", "(33.33..33.33)", "2"];
    assert_eq!(row, cells, "{said}");
    for part in [
        "layout mvtec-ad, MVTec AD",
        "defects of bottle: dent 1, scratch 1",
        "not looked at: cable, capsule",
        "warning: bottle: 20 of 20 good and 2 of 63 anomalous test images: 61 missing",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn every_bad_file_is_listed_and_the_status_is_1() {
    let folder = parts();
    fs::remove_file(folder.path().join("cable/ground_truth/dent/000_mask.png")).unwrap();
    folder.write("bottle/test/good/000.png", "").write("bottle/ground_truth/dent/000_mask.png", "x");
    for flags in [&["data"][..], &["data", "--json"]] {
        let output = askance(flags, folder.path());
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("3 problems were found"), "{}", text(&output.stderr));
        let said = text(&output.stdout);
        for file in
            ["bottle/test/good/000.png", "bottle/ground_truth/dent/000_mask.png", "cable/ground_truth/dent"]
        {
            assert!(said.contains(file), "{file}\n{said}");
        }
    }
}

#[test]
fn the_json_report_holds_the_same() {
    let folder = parts();
    let output = askance(&["data", "--json"], folder.path());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["layout"], &report["official"]), (&"mvtec-ad".into(), &"mvtec-ad".into()));
    let bottle = &report["categories"][0];
    assert_eq!((&bottle["normal"], &bottle["official"]["normal"]), (&20.into(), &20.into()));
    assert_eq!((&bottle["defects"]["dent"], &bottle["width"]["max"]), (&1.into(), &12.into()));
    assert!((bottle["marked"]["mean"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(report["absent"].as_array().unwrap().len(), 13);
    assert_eq!(
        (&report["not_evaluated"][0]["pictures"], &report["not_evaluated"][0]["why"]),
        (&2.into(), &"other-split".into())
    );
    assert_eq!(report["warnings"].as_array().unwrap().len(), 2);
    assert_eq!(report["problems"], serde_json::json!([]));
}

#[test]
fn the_report_tells_how_far_from_square_pictures_are_and_what_each_fit_would_cost() {
    let folder = parts();
    let said = text(&askance(&["data", "--category", "bottle", "--size", "24", "--"], folder.path()).stdout);
    let lines: Vec<&str> = said.lines().skip_while(|line| !line.starts_with("shape: ")).take(5).collect();
    let expected = [
        "shape: 22 of 22 pictures are not square; width / height 1.50",
        "what the model sees of them at 24 x 24, by --fit:",
        "  squeeze  1 picture per evaluation; one side squeezed 1.50 times",
        "  pad      1 picture per evaluation; 33 % of it padding",
        "  tile     2 pictures per evaluation",
    ];
    assert_eq!(lines, expected, "{said}");
    let output = askance(&["data", "--json"], folder.path());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let shapes = &report["shapes"];
    assert_eq!((&shapes["not_square"], &shapes["size"]), (&25.into(), &240.into()));
    assert_eq!((&shapes["aspect"]["max"], &shapes["fits"][2]["fit"]), (&1.5.into(), &"tile".into()));
    assert_eq!(shapes["fits"][2]["pieces"]["mean"], 2.0);
}

#[test]
fn an_unknown_layout_is_a_usage_error_and_an_ambiguous_folder_names_the_flag() {
    let folder = parts();
    let output = askance(&["data", "--layout", "mvtec"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("mvtec-loco"), "{}", text(&output.stderr));
    folder.write("manifest.csv", "category,split,image,mask\nnut,test,bottle/test/good/000.png,\n");
    let output = askance(&["data"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--layout"), "{}", text(&output.stderr));
    let output = askance(&["data", "--layout", "manifest"], folder.path());
    assert!(output.status.success() && text(&output.stdout).contains("layout manifest"));
}

#[test]
fn a_run_warns_once_and_records_the_layout_and_all_masks() {
    let folder = Folder::new();
    let out = folder.path().join("run");
    let data = folder.path().join("data");
    let kind = "logical_anomalies/000";
    folder.pictures(&["data/pushpins/test/good/000.png", &format!("data/pushpins/test/{kind}.png")]);
    for mask in ["000", "001"] {
        folder.mask(&format!("data/pushpins/ground_truth/{kind}/{mask}.png"));
    }
    folder.write("data/screw_bag/train/good/notes.txt", "").picture("data/screw_bag/train/good/000.png");
    let said = said(&run(on("eval", &data, &out).args(["--limit", "1", "--layout", "mvtec-loco"])));
    assert_eq!(said.matches("no test folder").count(), 1, "{said}");
    assert_eq!(RunInfo::read(out.join("run.toml")).unwrap().dataset.layout, "mvtec-loco");
    let rows = fs::read_to_string(out.join("samples.csv")).unwrap();
    assert!(rows.contains("000/000.png;") && rows.contains("000/001.png"), "{rows}");
}
