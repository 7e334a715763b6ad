//! `askance submit` as a user gives it, from a run on private test sets.

use std::fs;

use askance::record::read_half_tiff;
use tempfile::TempDir;

use crate::program::{askance, fail, on, run, synth};

#[test]
fn a_run_on_private_sets_becomes_an_archive() {
    let folder = TempDir::new().unwrap();
    let flags = "--category tablet --seed 5 --good 2 --defective 2 --size 96";
    let parts = synth(folder.path().join("parts"), flags).join("tablet");
    let data = folder.path().join("data");
    let good = fs::read_dir(parts.join("test/good")).unwrap().map(|entry| entry.unwrap().path());
    let mut good: Vec<_> = good.collect();
    good.sort();
    for (from, to) in [
        (&good[0], "test_private/000_regular.png"),
        (&good[0], "test_private_mixed/000_mixed.png"),
        (&good[1], "validation/good/000_regular.png"),
    ] {
        let target = data.join("tablet").join(to);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(from, target).unwrap();
    }
    let (out, mine) = (folder.path().join("run"), folder.path().join("mine"));
    run(&mut on("eval", &data, &out));

    let submit = || {
        let mut command = askance();
        command.arg("submit").arg(&out).arg("--out").arg(&mine);
        command
    };
    let error = fail(&mut submit(), 1);
    assert!(error.contains("can is missing") && error.contains("--partial"), "{error}");
    let output = run(submit().args(["--partial", "--threshold", "quantile-0.99"]));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("test_private_mixed") && said.contains("mine.tar.gz"), "{said}");
    let map = read_half_tiff(&mine.join("anomaly_images/tablet/test_private/000_regular.tiff"), "").unwrap();
    assert_eq!(map.dim(), (96, 96));
    assert!(folder.path().join("mine.tar.gz").is_file());
}
