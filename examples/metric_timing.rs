//! A measurement, not an example of use: times the metrics on arrays from disk, for `export/benchmarks/metric_peers.py`.
//!
//! `metric_timing FOLDER [REPEATS]` reads `maps.npy` (f32, images x rows x columns) and `masks.npy` (bool, same shape) and
//! prints one JSON object: milliseconds of each repeat and their median, the processor time of all threads in the median
//! repeat (Linux, else null; it says more than the clock on a busy machine), and the values. What is timed is the whole
//! `evaluate` on arrays in memory: region labelling, exact AUPRO (FPR up to 0.3), pixel AUROC, pixel average precision and
//! pixel F1-max. The number of threads is rayon's (RAYON_NUM_THREADS).
#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use askance::metric::{MetricOptions, ScoredSet, evaluate};
use askance::stats::median;
use ndarray::{Array3, ArrayView2, Axis};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("give a folder with maps.npy and masks.npy")?;
    let repeats: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;

    let maps: Array3<f32> = ndarray_npy::read_npy(Path::new(&folder).join("maps.npy"))?;
    let masks: Array3<bool> = ndarray_npy::read_npy(Path::new(&folder).join("masks.npy"))?;
    let maps: Vec<ArrayView2<f32>> = maps.axis_iter(Axis(0)).collect();
    let masks: Vec<ArrayView2<bool>> = masks.axis_iter(Axis(0)).collect();
    let image_scores: Vec<f32> =
        maps.iter().map(|map| map.iter().copied().fold(f32::MIN, f32::max)).collect();
    let image_labels: Vec<bool> = masks.iter().map(|mask| mask.iter().any(|&anomalous| anomalous)).collect();
    let set = ScoredSet {
        maps: &maps,
        masks: &masks,
        valid: None,
        image_scores: &image_scores,
        image_labels: &image_labels,
    };

    let mut milliseconds = Vec::new();
    let mut processor = Vec::new();
    let mut metrics = None;
    for _ in 0..repeats.max(1) {
        let (start, busy) = (Instant::now(), processor_ms());
        let found = evaluate(&set, &MetricOptions::default())?;
        milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
        processor.extend(processor_ms().zip(busy).map(|(after, before)| after - before));
        metrics = Some(found);
    }
    let report = serde_json::json!({
        "threads": rayon::current_num_threads(),
        "median_ms": median(&milliseconds),
        "processor_ms": median(&processor),
        "milliseconds": milliseconds,
        "metrics": metrics,
    });
    println!("{report}");
    Ok(())
}

/// Processor time of all threads so far.
fn processor_ms() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(nanoseconds / 1e6)
}
