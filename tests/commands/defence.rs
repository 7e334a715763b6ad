//! Defences compared, as a user asks for it.

use askance::record::{RunInfo, SampleRow, read_rows};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{fail, on, run_alone, synth};

#[test]
fn defences_are_compared_and_their_cost_is_counted() {
    let folder = TempDir::new().unwrap();
    let flags = "--category tablet --seed 5 --good 1 --defective 2 --size 96";
    let (data, out) = (synth(folder.path().join("parts"), flags), folder.path().join("run"));
    let flags = ["--attacks", "hue", "--budget", "5", "--json"];
    let defences = ["--defence", "none", "--defence", "rotate:2", "--defence", "rotate:1,desaturate"];
    let output = run_alone(on("attack", &data, &out).args(flags).args(defences));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();

    let rows: Vec<SampleRow> = read_rows(folder.path().join("run/samples.csv")).unwrap();
    let names = ["pocket", "pocket+rotate:2", "pocket+desaturate+rotate:1"];
    assert_eq!(rows.len(), 3 * 3 * 2);
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row.model, names[number / 6]);
    }
    assert_eq!(said["evaluations"], 3 * 3 * 5);
    assert_eq!(said["model_pictures"], (1 + 2 + 1) * 3 * 5);
    let table = said["defences"].as_array().unwrap();
    assert_eq!(table.len(), 3);
    assert_eq!((&table[1]["defence"], &table[1]["pictures_per_evaluation"]), (&"rotate:2".into(), &2.into()));
    assert!(table[1]["times_slower"].as_f64().unwrap() > 0.0);
    let won =
        table[1]["worst_pixel_auroc"].as_f64().unwrap() - table[0]["worst_pixel_auroc"].as_f64().unwrap();
    assert_eq!(table[1]["won_pixel_auroc"].as_f64().unwrap(), won);
    assert!(table[0]["won_aupro"].is_null());

    let info = RunInfo::read(folder.path().join("run/run.toml")).unwrap();
    assert_eq!(info.models[0].defence, None);
    let defence = info.models[1].defence.as_ref().unwrap();
    assert_eq!((info.models[1].name.as_str(), defence.name.as_str()), (names[1], "rotate:2"));
    assert_eq!(defence.pictures_per_evaluation, 2);

    let twice = ["--defence", "none", "--defence", "none"];
    assert!(fail(on("attack", &data, &out).args(flags).args(twice), 2).contains("given twice"));
}
