//! A measurement, not an example of use: images a second of the bare model and of an attack around it, taking turns in one process, which
//! `export/benchmarks/overhead.py` holds the command against.
//!
//! `pipeline_timing BUNDLE BATCH PICTURES ROUNDS [DEPTH...]` shows PICTURES pictures to the model in each turn: first in bare calls of
//! BATCH, then as an attack with each DEPTH of overlap. It prints a line for each turn.
#![allow(clippy::print_stdout, reason = "it is run for what it prints")]

use std::time::Instant;

use askance::attack::{Evaluator, Objective, Settings, Work, worst_cases};
use askance::error::{Error, Result};
use askance::model::{self, Bundle, Segmenter, SessionOptions, WinClipOptions};
use askance::runtime::{self, Runtime};
use askance::types::{Attack, Axis, Image, Mask, SampleId};
use ndarray::Array4;

/// Evaluations of each sample, the unchanged picture included; a grid on one axis, so that all are full ones.
const BUDGET: usize = 20;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, numbers @ ..] = arguments.as_slice() else { return Err(usage()) };
    let numbers: Vec<usize> =
        numbers.iter().map(|text| text.parse().map_err(|_| usage())).collect::<Result<_>>()?;
    let [batch, pictures, rounds, depths @ ..] = numbers.as_slice() else { return Err(usage()) };
    let runtime = Runtime::acquire(&runtime::Options::from_env(), &|event| println!("{event}"))?;
    let options = (SessionOptions::default(), WinClipOptions::default());
    let mut model = model::load(&Bundle::resolve(bundle)?, &runtime, options.0, options.1)?;
    model.prepare(&["part"])?;
    bare(model.as_mut(), *batch, *batch)?;
    for round in 0..*rounds {
        let rate = bare(model.as_mut(), *batch, *pictures)?;
        println!("round {round} bare {rate:.3}");
        for &depth in depths {
            let attacked = attack(model.as_mut(), *batch, *pictures, depth)?;
            println!("round {round} depth {depth} {attacked:.3} ratio {:.4}", attacked / rate);
        }
    }
    Ok(())
}

fn usage() -> Error {
    Error::usage("arguments", "are not BUNDLE BATCH PICTURES ROUNDS [DEPTH...]", "give them so")
}

/// Images a second of calls alone.
fn bare(model: &mut dyn Segmenter, batch: usize, pictures: usize) -> Result<f64> {
    let size = model.input_size();
    let pixels = Array4::from_shape_fn((batch, 3, size, size), |(n, c, y, x)| {
        ((n * 11 + c * 7 + y * 3 + x * 5) % 64) as f32 / 64.0
    });
    let calls = pictures.div_ceil(batch);
    let start = Instant::now();
    for _ in 0..calls {
        model.segment(pixels.view(), &vec!["part"; batch])?;
    }
    Ok((calls * batch) as f64 / start.elapsed().as_secs_f64())
}

/// Images a second of an attack on one axis.
fn attack(model: &mut dyn Segmenter, batch: usize, pictures: usize, depth: usize) -> Result<f64> {
    let size = model.input_size();
    let mut settings =
        Settings { attacks: vec![Attack::Single(Axis::Angle)], budget: BUDGET, ..Settings::default() };
    settings.normalise();
    let sample = |index: usize| {
        let image = Image::from_shape_fn((3, size, size), |(c, y, x)| {
            ((c * 7 + y * 3 + x * 5 + index) % 64) as f32 / 64.0
        });
        let mask = Mask::from_shape_fn((size, size), |(y, x)| y.abs_diff(90) < 12 && x.abs_diff(70) < 20);
        let id = SampleId { category: "part".into(), defect: "spot".into(), stem: index.to_string() };
        Ok(Work { index, id, image, mask: Some(mask) })
    };
    let samples: Vec<Result<Work>> = (0..pictures.div_ceil(BUDGET)).map(sample).collect();
    let mut evaluator = Evaluator::new(model, Objective::new(&settings, size), batch).with_depth(depth);
    let start = Instant::now();
    worst_cases(&mut evaluator, &settings, samples, &mut |_, _| Ok(()), &|| false, &|_| {})?;
    Ok(evaluator.clock().evaluations as f64 / start.elapsed().as_secs_f64())
}
