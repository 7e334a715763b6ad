//! Worst cases that samples share.

use askance::record::{UniformRow, read_rows};
use askance::study::{Plan, Scope, Uniform};
use askance::types::{Attack, Axis, Over};

use super::{Bench, files};

fn plan() -> Plan {
    let scopes = vec![Scope::Category, Scope::Dataset];
    let uniform = Uniform { scopes, budget: 5 };
    Plan::attack().axes([Axis::Hue, Axis::Saturation]).budget(3).uniform(uniform)
}

#[test]
fn a_shared_worst_case_is_never_above_clean_and_the_joint_one_never_above_one_axis() {
    let bench = Bench::new();
    let outcome = bench.run(&plan().check().unwrap(), "run");
    let rows: Vec<UniformRow> = read_rows(bench.out("run/uniform.csv")).unwrap();
    assert_eq!(rows, outcome.uniform);
    assert_eq!(rows.len(), 4 * 4, "four attacks on two categories, on all, and in the mean");
    let category = |name: &str| Over::Category(name.to_owned());
    for over in [category("nut"), category("plate"), Over::All] {
        let of = |attack| {
            let row = rows.iter().find(|row| row.over == over && row.attack == attack).unwrap();
            row.metrics.pixel_auroc.unwrap()
        };
        let (clean, joint) = (of(Attack::Clean), of(Attack::Joint));
        for axis in [Axis::Hue, Axis::Saturation].map(Attack::Single) {
            assert!(of(axis) <= clean && joint <= of(axis), "{over} {axis}");
        }
    }
    let all = rows.iter().find(|row| row.over == Over::All && row.attack == Attack::Joint).unwrap();
    assert_eq!((all.samples, all.evaluations), (10, 10 * 5));
}

#[test]
fn a_search_that_is_stopped_goes_on_with_the_rows_that_are_there() {
    let bench = Bench::new();
    let checked = plan().check().unwrap();
    bench.run(&checked, "whole");
    assert!(bench.run_with_stops(&checked, "stopped", 9) > 1);
    assert_eq!(files(&bench.out("stopped")), files(&bench.out("whole")));
}
