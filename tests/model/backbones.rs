//! Full-size backbones against open_clip in torch, picture files in, maps out.
//!
//! `export/parity.py FOLDER` writes a bundle, pictures and the expected values; the environment variable `ASKANCE_PARITY`
//! names that folder.

use std::path::{Path, PathBuf};

use askance::dataset::{self, Selection};
use askance::model::{Bundle, Embeddings, Precision, Segmenter, SessionOptions, WinClip, WinClipOptions};
use ndarray::{Array1, Array2, Array4, ArrayView, ArrayView1, ArrayView2, Axis, Dimension};
use ndarray_npy::read_npy;

use crate::needs;
use crate::pocket::runtime;

/// Largest difference of each kind.
#[derive(Debug, Default)]
struct Worst {
    text: f32,
    embedding: f32,
    window_score: f32,
    map: f32,
    image_score: f32,
    samples: usize,
}

fn keep<D: Dimension>(worst: &mut f32, found: ArrayView<f32, D>, expected: ArrayView<f32, D>, what: &str) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    let largest = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest.is_finite(), "{what} is not finite");
    *worst = worst.max(largest);
}

/// Anomalous probability of each embedding, at the paper's temperature.
fn scores(embeddings: ArrayView2<f32>, text: ArrayView2<f32>) -> Array1<f32> {
    let cosines = embeddings.dot(&text.t());
    cosines.outer_iter().map(|cosine| 1.0 / (1.0 + ((cosine[0] - cosine[1]) / 0.07).exp())).collect()
}

fn compare_windows(
    worst: &mut Worst,
    found: &Embeddings,
    row: usize,
    text: ArrayView2<f32>,
    file: &dyn Fn(&str) -> PathBuf,
) {
    let image: Array1<f32> = read_npy(file("image_embedding")).unwrap();
    let found_image: ArrayView1<f32> = found.images.row(row);
    keep(&mut worst.embedding, found_image, image.view(), "image embedding");
    for (scale, windows) in [2, 3].into_iter().zip(&found.windows) {
        let windows = windows.index_axis(Axis(0), row);
        let expected: Array2<f32> = read_npy(file(&format!("window_embedding_{scale}"))).unwrap();
        keep(&mut worst.embedding, windows, expected.view(), "window embeddings");
        let expected: Array1<f32> = read_npy(file(&format!("window_score_{scale}"))).unwrap();
        let spread =
            expected.iter().copied().fold(0.0, f32::max) - expected.iter().copied().fold(1.0, f32::min);
        assert!(spread > 0.05, "expected scores are too much alike to tell anything: {spread}");
        keep(&mut worst.window_score, scores(windows, text).view(), expected.view(), "window scores");
    }
}

fn measure(folder: &Path, bundle: &Bundle) -> Worst {
    let session = SessionOptions { threads: Some(2), ..SessionOptions::default() };
    let mut model = WinClip::load(bundle, &runtime(), session, WinClipOptions::default()).unwrap();
    let size = model.input_size();
    let data = dataset::open(folder.join("data"), &Selection::default()).unwrap();
    let samples: Vec<_> = data.categories.iter().flat_map(|category| &category.samples).collect();
    let mut pixels = Array4::zeros((samples.len(), 3, size, size));
    for (sample, mut slot) in samples.iter().zip(pixels.outer_iter_mut()) {
        slot.assign(&dataset::load(sample, size).unwrap().image);
    }
    // Pictures of different categories share a call.
    let categories: Vec<&str> = samples.iter().map(|sample| sample.id.category.as_str()).collect();
    let segmented = model.segment(pixels.view(), &categories).unwrap();
    let embeddings = model.embeddings(pixels.view()).unwrap();

    let mut worst = Worst { samples: samples.len(), ..Worst::default() };
    for (row, (sample, found)) in samples.iter().zip(&segmented).enumerate() {
        let expected = folder.join("expected");
        let text: Array2<f32> = read_npy(expected.join(format!("{}.text.npy", sample.id.category))).unwrap();
        keep(&mut worst.text, model.text_embedding(&sample.id.category).unwrap().view(), text.view(), "text");
        let file =
            |name: &str| expected.join(format!("{}.{}.{name}.npy", sample.id.category, sample.id.stem));
        compare_windows(&mut worst, &embeddings, row, text.view(), &file);
        let map: Array2<f32> = read_npy(file("map")).unwrap();
        keep(&mut worst.map, found.map.view(), map.view(), "map");
        let score: Array1<f32> = read_npy(file("image_score")).unwrap();
        keep(&mut worst.image_score, ArrayView1::from(&[found.image_score]), score.view(), "image score");
    }
    worst
}

#[test]
#[ignore = "needs a full-size model: ASKANCE_PARITY, a folder that `export/parity.py FOLDER` wrote"]
fn a_full_size_backbone_agrees_with_open_clip() {
    let folder = needs::folder("ASKANCE_PARITY", "a folder that `export/parity.py FOLDER` wrote");
    let bundle = Bundle::open(folder.join("bundle")).unwrap();
    let tolerance = match bundle.clip().unwrap().precision {
        Precision::Fp32 => 1e-4,
        Precision::Fp16 => 2e-2,
        other => panic!("no tolerance for {other}"),
    };
    let worst = measure(&folder, &bundle);
    eprintln!("{}: {worst:?}", bundle.clip().unwrap().precision);
    assert!(worst.samples >= 4, "{} pictures", worst.samples);
    for difference in [worst.text, worst.embedding, worst.window_score, worst.map, worst.image_score] {
        assert!(difference <= tolerance, "{worst:?} is beyond {tolerance}");
    }
}
