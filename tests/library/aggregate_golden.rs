//! WinCLIP's aggregation against values of an implementation in torch; `export/golden/winclip.py` writes them.

use std::fs;
use std::path::Path;

use askance::model::{aggregate, windows::windows};
use ndarray::{Array1, Array2};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    grid: (usize, usize),
    image_score: f32,
    window_score_2: Vec<f32>,
    window_score_3: Vec<f32>,
    harmonic_2: Vec<Vec<f64>>,
    harmonic_3: Vec<Vec<f64>>,
    map: Vec<Vec<f64>>,
}

#[test]
fn aggregation_agrees_with_torch() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/winclip"));
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Case = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let scale = |k: usize, scores: &[f32], golden: &[Vec<f64>]| {
            let patches = windows(case.grid, k, 1);
            assert_eq!(patches.nrows(), scores.len(), "{path:?}");
            let map = aggregate::per_patch(case.grid, patches.view(), Array1::from(scores.to_vec()).view());
            let worst = worst_relative(&map, golden);
            assert!(worst < 1e-12, "{path:?}, {k} x {k}: {worst:e}");
            map
        };
        let maps = [
            scale(2, &case.window_score_2, &case.harmonic_2),
            scale(3, &case.window_score_3, &case.harmonic_3),
        ];
        let map = aggregate::over_scales(case.image_score, &maps).mapv(f64::from);
        let worst = worst_relative(&map, &case.map);
        assert!(worst < 1e-7, "{path:?}: {worst:e}");
        cases += 1;
    }
    assert!(cases >= 4, "only {cases} cases in {}", folder.display());
}

fn worst_relative(map: &Array2<f64>, golden: &[Vec<f64>]) -> f64 {
    let golden: Vec<f64> = golden.concat();
    assert_eq!(map.len(), golden.len());
    map.iter().zip(golden).map(|(a, b)| (a - b).abs() / b.abs().max(1e-30)).fold(0.0, f64::max)
}
