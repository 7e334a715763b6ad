//! Studies in process, with a segmenter that needs no ONNX Runtime.

mod adaptive;
mod attack;
mod damage;
mod forecast;
mod groups;
mod intervals;
mod joined;
mod labels;
mod no_answer;
mod old_runs;
mod operating;
mod paper;
mod random;
mod records;
mod searches;
mod shared;
mod stability;
mod submission;
mod sweep;

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};

use askance::error::{Error, Kind, Result};
use askance::model::Fake;
use askance::study::{Checked, Data, Models, Observe, Outcome, Quiet, Source};
use image::{GrayImage, Luma, Rgb, RgbImage};
use tempfile::TempDir;

use crate::trees::every_file;

/// Side of the fake's pictures.
const SIZE: usize = 32;

/// Data in a folder of their own, and room for runs.
struct Bench {
    folder: TempDir,
}

impl Bench {
    /// Two categories, two good and three defective parts each: grey with a reddish square that is the defect.
    fn new() -> Self {
        let bench = Self { folder: TempDir::new().unwrap() };
        for (place, category) in ["nut", "plate"].into_iter().enumerate() {
            for number in 0..2 {
                part(&bench.data().join(category).join(format!("test/good/{number}.png")), None);
            }
            for number in 0..3 {
                let square = Some(number + 3 * place as u32);
                part(&bench.data().join(category).join(format!("test/red/{number}.png")), square);
                mask(
                    &bench.data().join(category).join(format!("ground_truth/red/{number}_mask.png")),
                    number + 3 * place as u32,
                );
            }
        }
        bench
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn open(&self) -> Data {
        Data::open(&Source::new(self.data()), &Quiet).unwrap()
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes or takes up a run over all data.
    fn run(&self, plan: &Checked, name: &str) -> Outcome {
        plan.run(self.out(name), &self.open(), &mut fake(), &Quiet).unwrap()
    }

    /// Starts a run again and again, each time with a stop after so many model calls, until it comes to its end; how many stops that
    /// were.
    fn run_with_stops(&self, plan: &Checked, name: &str, calls: usize) -> usize {
        let data = self.open();
        for stops in 0..100 {
            let observe = Listener::stopping_after(calls);
            match plan.run(self.out(name), &data, &mut fake(), &observe) {
                Ok(_) => return stops,
                Err(error) => assert_eq!(error.kind, Kind::Interrupted, "{error}"),
            }
        }
        panic!("no end after a hundred stops");
    }
}

fn fake() -> Models {
    Models::of(vec![Box::new(Fake::new(SIZE, (4, 4)))], 4).unwrap()
}

fn refusal<T>(result: Result<T>) -> Error {
    result.err().expect("this is to be refused")
}

/// Where a part's square lies.
fn is_marked(x: u32, y: u32, square: u32) -> bool {
    let (left, top) = (3 + 4 * (square % 4), 17 - 3 * (square % 5));
    (left..left + 9).contains(&x) && (top..top + 9).contains(&y)
}

fn part(path: &Path, square: Option<u32>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    RgbImage::from_fn(SIZE as u32, SIZE as u32, |x, y| match square {
        Some(square) if is_marked(x, y, square) => Rgb([170 + 9 * square as u8, 50, 60 + 5 * square as u8]),
        _ => Rgb([120 + (x % 5) as u8, 112, 104 + (y % 7) as u8]),
    })
    .save(path)
    .unwrap();
}

fn mask(path: &Path, square: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    GrayImage::from_fn(SIZE as u32, SIZE as u32, |x, y| {
        Luma([if is_marked(x, y, square) { 255 } else { 0 }])
    })
    .save(path)
    .unwrap();
}

/// Every file below a folder by its path in it, but for run.toml.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    every_file(folder).into_iter().filter(|(name, _)| name != Path::new("run.toml")).collect()
}

/// Keeps what it hears, and stops before a model call.
#[derive(Default)]
struct Listener {
    /// Model calls that are let through.
    calls: Option<usize>,
    asked: Cell<usize>,
    stages: RefCell<Vec<(String, usize, usize)>>,
    notes: RefCell<Vec<String>>,
    warnings: RefCell<Vec<String>>,
}

impl Listener {
    fn stopping_after(calls: usize) -> Self {
        Self { calls: Some(calls), ..Self::default() }
    }
}

impl Observe for Listener {
    fn begin(&self, stage: &str, evaluations: usize) {
        self.stages.borrow_mut().push((stage.to_owned(), evaluations, 0));
    }

    fn advance(&self, evaluations: usize) {
        if let Some((_, _, done)) = self.stages.borrow_mut().last_mut() {
            *done += evaluations;
        }
    }

    fn note(&self, text: &str) {
        self.notes.borrow_mut().push(text.to_owned());
    }

    fn warn(&self, warning: &str) {
        self.warnings.borrow_mut().push(warning.to_owned());
    }

    fn stop(&self) -> bool {
        self.asked.set(self.asked.get() + 1);
        self.calls.is_some_and(|calls| self.asked.get() > calls)
    }
}
