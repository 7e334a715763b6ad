//! Graphs that anomalib exported, attacked. `export/foreign.py --out FOLDER` writes them; the environment
//! variable `ASKANCE_FOREIGN` names that folder.

use askance::record::{SampleRow, read_rows};
use askance::types::{self, Attack};

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
        for sample in rows.chunks(Attack::over(&types::Axis::PAPER).len()) {
            assert!(
                sample.iter().all(|row| row.loss <= sample[0].loss && sample[4].loss <= row.loss),
                "{kind}"
            );
            assert!(sample[4].loss < sample[0].loss, "{kind}: nothing was found on {}", sample[0].sample);
        }
    }
}
