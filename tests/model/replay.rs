//! Rows of `samples.csv` turned into pictures, and the pictures evaluated anew.

use std::fs;

use askance::attack::Objective;
use askance::dataset::load_mask;
use askance::model::{Bundle, Segmenter as _, WinClip, WinClipOptions};
use askance::record::{RunDir, SampleRow, read_rows};
use askance::study::{Data, Models, Plan, Quiet, Replay, Source};
use askance::synth;
use askance::types::{Attack, Map, Perturbation};
use ndarray::{Array3, Axis};
use ndarray_npy::ReadNpyExt as _;

use crate::pocket::load;

fn pocket() -> WinClip {
    load(&Bundle::embedded("pocket").unwrap(), WinClipOptions::default())
}

#[test]
fn ten_rows_turned_into_pictures_have_the_same_score_and_map_when_evaluated_anew() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("parts");
    let recipe = synth::Recipe {
        categories: vec!["slate".into(), "tablet".into()],
        train: 0,
        good: 1,
        defective: 2,
        ..synth::Recipe::default()
    };
    synth::write(&recipe, &data, &|_, _| {}).unwrap();
    let opened = Data::open(&Source::new(&data), &Quiet).unwrap();
    let checked = Plan::attack().budget(5).check().unwrap();
    let (run, out) = (folder.path().join("run"), folder.path().join("pictures"));
    let mut models = Models::of(vec![Box::new(pocket())], 4).unwrap();
    checked.run(&run, &opened, &mut models, &Quiet).unwrap();
    let replay = Replay { save_images: true, ..Replay::new(&run) };
    let written = replay.open().unwrap().run(&out, None, &Quiet).unwrap().images;
    // Six samples: unchanged, and what each metric chose of four attacks.
    assert_eq!(written, 6 * (1 + 2 * 4));

    let (mut model, dir) = (pocket(), RunDir::create(&out).unwrap());
    let size = model.input_size();
    let objective = Objective::new(checked.settings(), size);
    let rows: Vec<SampleRow> = read_rows(run.join("samples.csv")).unwrap();
    let perturbed: Vec<&SampleRow> =
        rows.iter().filter(|row| row.perturbation() != Perturbation::IDENTITY).collect();
    assert!(perturbed.len() >= 10);
    model.prepare(&["slate", "tablet"]).unwrap();
    for row in &perturbed[perturbed.len() - 10..] {
        let id = row.id().unwrap();
        let path = dir.image_path(&row.model, &id, row.attack, "", "npy");
        let picture = Array3::<f32>::read_npy(fs::File::open(&path).unwrap()).unwrap();
        let answer = model.segment(picture.view().insert_axis(Axis(0)), &[&row.category]).unwrap().remove(0);
        assert!((f64::from(answer.image_score) - row.image_score).abs() < 1e-6, "{row:?}");
        let kept: Map = RunDir::open(&run).unwrap().load_patch_map(&row.model, &id, row.attack).unwrap();
        let apart = (&answer.map - &kept).iter().fold(0.0_f32, |most, difference| most.max(difference.abs()));
        assert!(apart < 1e-6, "{apart} {row:?}");
        let sample = opened.samples().find(|sample| sample.id == id).unwrap();
        let mask = load_mask(sample, size).unwrap();
        let loss = objective.loss_of(&answer, (size, size), mask.as_ref(), None, row.perturbation()).unwrap();
        assert!((loss - row.loss).abs() < 1e-6, "{loss} {row:?}");
        // The PNG shows the same to 256 levels.
        let shown = image::open(path.with_extension("png")).unwrap().to_rgb8();
        let (x, y) = (size as u32 / 3, size as u32 / 2);
        for channel in 0..3 {
            let level = f32::from(shown.get_pixel(x, y)[channel]) / 255.0;
            let exact = picture[[channel, y as usize, x as usize]].clamp(0.0, 1.0);
            assert!((level - exact).abs() <= 0.5 / 255.0 + 1e-6);
        }
    }
    assert_ne!(perturbed[0].attack, Attack::Clean);
}
