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
        let attack = |select: &str| {
            let out = work.path().join(kind).join(select);
            let flags = ["--budget", "8", "--select", select];
            run(on("attack", &data, &out).arg("--model").arg(&model).args(flags));
            out
        };

        let rows: Vec<SampleRow> = read_rows(attack("loss").join("samples.csv")).unwrap();
        assert_eq!(rows.len(), 3 * Attack::over(&types::Axis::PAPER).len());
        for sample in rows.chunks(Attack::over(&types::Axis::PAPER).len()) {
            assert!(
                sample.iter().all(|row| row.loss <= sample[0].loss && sample[4].loss <= row.loss),
                "{kind}"
            );
            assert!(sample[4].loss < sample[0].loss, "{kind}: nothing was found on {}", sample[0].sample);
        }

        let summary: Vec<SummaryRow> = read_rows(attack("pooled").join("summary.csv")).unwrap();
        let slate = Over::Category("slate".to_owned());
        let slate: Vec<&SummaryRow> = summary.iter().filter(|row| row.over == slate).collect();
        assert_eq!(slate.len(), Attack::over(&types::Axis::PAPER).len());
        let falls = PooledMetric::ALL.map(|metric| {
            let values: Vec<f64> = slate.iter().map(|row| metric.of(&row.metrics).unwrap()).collect();
            let (clean, joint) = (values[0], values[4]);
            let bounded = |value: &f64| *value <= clean && joint <= *value;
            assert!(values.iter().all(bounded), "{kind}, {metric}");
            joint < clean
        });
        assert!(falls.contains(&true), "{kind}: nothing was found");
    }
}
