//! Uniform sweeps from plan to records.

use askance::record::{SweepRow, read_rows};
use askance::study::Plan;
use askance::types::{Axis, Over};

use super::{Bench, files};

#[test]
fn every_value_has_a_row_in_each_category_and_a_mean() {
    let bench = Bench::new();
    let outcome = bench.run(&Plan::sweep([Axis::Hue, Axis::Angle], 5).check().unwrap(), "run");
    let rows: Vec<SweepRow> = read_rows(bench.out("run/sweep.csv")).unwrap();
    assert_eq!(rows, outcome.sweep);
    assert_eq!(rows.len(), 5 * 2 * 3, "five values of two axes in two categories and their mean");
    for mean in rows.iter().filter(|row| row.over == Over::Mean) {
        let of = |row: &&SweepRow| (row.axis, row.value) == (mean.axis, mean.value) && row.over != Over::Mean;
        let values: Vec<f64> = rows.iter().filter(of).filter_map(|row| row.metrics.pixel_auroc).collect();
        assert_eq!(values.len(), 2);
        assert!((mean.metrics.pixel_auroc.unwrap() - (values[0] + values[1]) / 2.0).abs() < 1e-12);
    }
    let at = |value: f64| {
        let row =
            rows.iter().find(|row| row.axis == Axis::Hue && row.value == value && row.over == Over::Mean);
        row.unwrap().metrics.pixel_auroc.unwrap()
    };
    assert!(at(-std::f64::consts::PI) < at(0.0), "red that is turned to cyan is no longer seen");
}

#[test]
fn a_sweep_that_is_stopped_goes_on_from_its_maps() {
    let bench = Bench::new();
    let checked = Plan::sweep([Axis::Hue], 7).check().unwrap();
    bench.run(&checked, "whole");
    assert!(bench.run_with_stops(&checked, "stopped", 5) > 0);
    assert_eq!(files(&bench.out("stopped")), files(&bench.out("whole")));
    assert_eq!(bench.run(&checked, "whole").clock.evaluations, 0, "everything was there");
}
