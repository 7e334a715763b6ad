//! Any Rust code as the model: a segmenter that calls unusual colours anomalous, attacked on generated parts, without ONNX Runtime.
#![allow(clippy::print_stdout, reason = "it prints what it finds")]

use std::error::Error;

use askance::error::Result;
use askance::model::{Provenance, Segmentation, Segmenter};
use askance::study::{Data, Models, Plan, Quiet, Source};
use askance::synth;
use ndarray::{Array2, ArrayView3, ArrayView4, Axis};

/// Height and width of the pictures that it is given.
const SIZE: usize = 64;
/// Height and width of the square of pixels behind each value of a map.
const CELL: usize = 4;

/// How far the colour of each cell is from the picture's mean colour.
struct OddColour;

impl Segmenter for OddColour {
    fn name(&self) -> &str {
        "odd-colour"
    }

    fn input_size(&self) -> usize {
        SIZE
    }

    fn grid(&self) -> (usize, usize) {
        (SIZE / CELL, SIZE / CELL)
    }

    fn segment(&mut self, images: ArrayView4<f32>, _categories: &[&str]) -> Result<Vec<Segmentation>> {
        Ok(images.outer_iter().map(odd_colours).collect())
    }

    fn provenance(&self) -> Provenance {
        Provenance { model: self.name().into(), provider: "cpu".into(), ..Provenance::default() }
    }
}

/// Maps one picture, of shape (3, SIZE, SIZE) and with values in [0, 1], to distances in [0, 1].
fn odd_colours(image: ArrayView3<f32>) -> Segmentation {
    let mean: Vec<f32> = image.outer_iter().map(|channel| channel.mean().unwrap_or_default()).collect();
    let mut map = Array2::zeros((SIZE / CELL, SIZE / CELL));
    for (channel, mean) in image.axis_iter(Axis(0)).zip(mean) {
        for (value, cell) in map.iter_mut().zip(channel.exact_chunks((CELL, CELL))) {
            *value += (cell.mean().unwrap_or_default() - mean).abs() / 3.0;
        }
    }
    let image_score = map.iter().copied().fold(0.0, f32::max);
    Segmentation { map, image_score }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let recipe = synth::Recipe {
        size: SIZE,
        categories: vec!["hex_nut".into(), "tablet".into()],
        good: 2,
        defective: 4,
        ..synth::Recipe::default()
    };
    synth::write(&recipe, &folder.join("parts"), &|_, _| ())?;

    let data = Data::open(&Source::new(folder.join("parts")), &Quiet)?;
    let mut models = Models::of(vec![Box::new(OddColour)], 8)?;
    let outcome = Plan::attack().budget(20).check()?.run(folder.join("run"), &data, &mut models, &Quiet)?;
    for table in outcome.tables() {
        println!("{}\n", table.to_text());
    }
    Ok(())
}
