//! Graphs that anomalib exported, attacked. `export/foreign.py --out FOLDER` writes them; the environment
//! variable `ASKANCE_FOREIGN` names that folder.

use askance::record::{SampleRow, SummaryRow, read_rows};
use askance::types::{self, Attack, Over, PooledMetric};

use crate::needs;
use crate::program::{on, run, synth};

#[test]
#[ignore = "needs exports of anomalib: ASKANCE_FOREIGN, a folder that `export/foreign.py --out` wrote"]
fn an_export_is_attacked_end_to_end() {
    let folder = needs::folder("ASKANCE_FOREIGN", "a folder that `export/foreign.py --out` wrote");
    let work = tempfile::tempdir().unwrap();
    let data = synth(work.path().join("parts"), "--category slate --good 1 --defective 2 --size 64");
    for kind in ["padim_dynamic", "stfpm"] {
        let model = folder.join(kind).join("model.onnx");
        let out = work.path().join(kind);
        run(on("attack", &data, &out).arg("--model").arg(model).args(["--budget", "8"]));
        let rows: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
        assert_eq!(rows.len(), 3 * Attack::over(&types::Axis::PAPER).len());
        let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
        let slate = Over::Category("slate".to_owned());
        let slate: Vec<&SummaryRow> = summary.iter().filter(|row| row.over == slate).collect();
        let values = |metric: PooledMetric| -> Vec<f64> {
            slate.iter().map(|row| metric.of(&row.metrics).unwrap()).collect()
        };
        let falls = PooledMetric::ALL.map(|metric| {
            let [clean, .., joint] = values(metric)[..] else { panic!("{kind}: no rows") };
            let bounded = |value: &f64| *value <= clean && joint <= *value;
            assert!(values(metric).iter().all(bounded), "{kind}, {metric}");
            joint < clean
        });
        assert!(falls.contains(&true), "{kind}: nothing was found");
    }
}
