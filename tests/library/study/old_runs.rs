//! Runs of an older version are still read, merged and plotted.

use std::path::{Path, PathBuf};

use askance::record::{
    RunDir, RunInfo, SampleRow, StabilityRow, Status, SummaryRow, SweepRow, UniformRow, read_rows,
};
use askance::study::{Merge, Quiet, draw};
use askance::types::{Attack, Over};

fn old(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/old_run").join(name)
}

#[test]
fn rows_without_the_column_over_say_what_they_are_over() {
    let summary: Vec<SummaryRow> = read_rows(old("whole/summary.csv")).unwrap();
    let overs: Vec<&Over> = summary.iter().step_by(3).map(|row| &row.over).collect();
    let category = |name: &str| Over::Category(name.to_owned());
    assert_eq!(overs, [&category("slate"), &category("tablet"), &Over::Mean]);
    assert!(summary.iter().all(|row| row.metrics.pixel_auroc.is_some() && row.metrics.image_ap.is_some()));

    let uniform: Vec<UniformRow> = read_rows(old("attack/uniform.csv")).unwrap();
    assert_eq!(uniform.iter().filter(|row| row.over == Over::All).count(), 2);
    assert_eq!(uniform.iter().filter(|row| row.over == Over::Mean).count(), 2);
    let sweep: Vec<SweepRow> = read_rows(old("sweep/sweep.csv")).unwrap();
    assert_eq!(sweep.len(), 3 * 3);
    assert!(sweep.iter().all(|row| row.metrics.pixel_auroc.is_some() && row.metrics.image_ap.is_none()));
    assert_eq!(read_rows::<StabilityRow>(old("attack/stability.csv")).unwrap().len(), 8);
    assert_eq!(RunInfo::read(old("attack/run.toml")).unwrap().status, Status::Finished);
}

#[test]
fn shards_become_the_run_that_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let merge =
        Merge { shards: vec![old("shard-1"), old("shard-2")], data: Some(old("data")), ..Merge::default() };
    let outcome = merge.run(folder.path().join("merged"), &Quiet).unwrap();
    let without_drops = |row: &SummaryRow| SummaryRow { drops: Default::default(), ..row.clone() };
    let summary: Vec<SummaryRow> = outcome.summary.iter().map(without_drops).collect();
    assert_eq!(summary, read_rows::<SummaryRow>(old("whole/summary.csv")).unwrap());
    let rows: Vec<SampleRow> = read_rows(outcome.dir.samples_path()).unwrap();
    assert!(rows.iter().all(|row| row.clipped.is_some() == (row.attack != Attack::Clean)));
    let without_clipped = |row: SampleRow| SampleRow { clipped: None, clipped_defect: None, ..row };
    let rows: Vec<SampleRow> = rows.into_iter().map(without_clipped).collect();
    assert_eq!(rows, read_rows::<SampleRow>(old("whole/samples.csv")).unwrap());
}

#[cfg(feature = "plot")]
#[test]
fn figures_are_drawn_from_their_records() {
    let folder = tempfile::tempdir().unwrap();
    let runs = [old("attack"), old("sweep")].map(|run| RunDir::open(run).unwrap());
    let drawn = draw(&runs, folder.path()).unwrap();
    for name in ["bars.png", "bounds.png", "tolerance.png", "sweep_hue.png", "histograms.png"] {
        assert!(drawn.written.contains(&folder.path().join(name)), "{name}: {drawn:?}");
    }
}
