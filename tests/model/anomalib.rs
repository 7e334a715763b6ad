//! Graphs that anomalib exported, against anomalib's own torch inference. `export/foreign.py --out FOLDER`
//! writes them; the environment variable `ASKANCE_FOREIGN` names that folder.

use std::path::Path;

use askance::dataset::{self, Circumstances, Sample};
use askance::model::{Bundle, Segmenter, SessionOptions, WinClipOptions, load, recognise};
use askance::types::{Label, SampleId};
use ndarray::{Array1, Array2, Axis};
use ndarray_npy::read_npy;

use crate::needs;
use crate::pocket::runtime;

fn graph(folder: &Path, kind: &str) -> (Bundle, Box<dyn Segmenter>) {
    let bundle = recognise(&folder.join(kind).join("model.onnx"), &runtime()).unwrap();
    let model = load(&bundle, &runtime(), SessionOptions::default(), WinClipOptions::default()).unwrap();
    (bundle, model)
}

#[test]
#[ignore = "needs exports of anomalib: ASKANCE_FOREIGN, a folder that `export/foreign.py --out` wrote"]
fn exports_are_recognised_and_give_the_maps_of_anomalib() {
    let folder = needs::folder("ASKANCE_FOREIGN", "a folder that `export/foreign.py --out` wrote");
    for kind in ["padim", "padim_dynamic", "padim_raw", "stfpm"] {
        let (bundle, mut model) = graph(&folder, kind);
        let expected: Array2<f32> = read_npy(folder.join(kind).join("square.map.npy")).unwrap();
        let score: Array1<f32> = read_npy(folder.join(kind).join("square.score.npy")).unwrap();
        assert_eq!((model.input_size(), model.grid()), (expected.nrows(), expected.dim()), "{kind}");
        assert_eq!(model.is_bounded(), kind != "padim_raw", "{}", bundle.describe().description);
        let sample = Sample {
            id: SampleId { category: "weave".into(), defect: "good".into(), stem: "square".into() },
            label: Label::Normal,
            image: folder.join("pictures/square.png"),
            masks: Vec::new(),
            masked: true,
            circumstances: Circumstances::default(),
        };
        let image = dataset::load(&sample, model.input_size()).unwrap().image.insert_axis(Axis(0));
        let found = model.segment(image.view(), &["weave"]).unwrap();
        let scale = expected.iter().copied().fold(1.0, f32::max);
        let difference = (&found[0].map - &expected).iter().fold(0.0_f32, |worst, d| worst.max(d.abs()));
        assert!(difference < 1e-4 * scale, "{kind}: {difference}");
        assert!((found[0].image_score - score[0]).abs() < 1e-4 * scale, "{kind}");
    }
}
