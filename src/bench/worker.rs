//! The worker: the child's side of the protocol.

use std::fs;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::Instant;

use ndarray::{Array4, ArrayView4, Axis, s, stack};

use super::Failure;
use super::protocol::{Job, Memory, PictureFile, Plane, Ready, Reply, Request, Setup};
use crate::dataset::{self, Circumstances, Sample};
use crate::error::{Error, Result};
use crate::model::{self, Gemm, NamedModel, Precision, Segmenter, SessionOptions, WinClipOptions};
use crate::perturb;
use crate::prompt::PromptSet;
use crate::runtime::{self, Runtime};
use crate::types::{Fitting, Image, Input, Label, Map, SampleId};

/// Answers requests until the input ends.
///
/// # Errors
/// The output cannot be written to. All other errors are told to the parent.
pub fn serve(input: impl BufRead, mut output: impl Write) -> Result<()> {
    let mut worker = None;
    for line in input.lines() {
        let Ok(line) = line else { break };
        let reply = serde_json::from_str(&line)
            .map_err(|error| {
                Failure::new(format!("unknown request: {error}"), "use one version of the program")
            })
            .and_then(|request| Ok(answer(&mut worker, request)?))
            .unwrap_or_else(Reply::Failed);
        let unwritable = |error: std::io::Error| {
            Error::file("standard output", &error, "run `askance bench` instead").caused_by(error)
        };
        let text = serde_json::to_string(&reply).map_err(|error| unwritable(error.into()))?;
        writeln!(output, "{text}").and_then(|()| output.flush()).map_err(unwritable)?;
    }
    Ok(())
}

fn answer(worker: &mut Option<Worker>, request: Request) -> Result<Reply> {
    match (request, worker) {
        (Request::Prepare(setup), worker) => {
            let (loaded, ready) = Worker::load(setup)?;
            *worker = Some(loaded);
            Ok(Reply::Ready(Box::new(ready)))
        }
        (Request::Memory, _) => Ok(Reply::Memory(Memory { host_mib: peak_mib(), device_mib: None })),
        (Request::Run { calls }, Some(worker)) => Ok(Reply::Ran { ms: worker.run(calls)? }),
        (Request::Maps, Some(worker)) => {
            Ok(Reply::Maps { maps: worker.maps()?.iter().map(Plane::of).collect() })
        }
        (_, None) => {
            Err(Error::usage("request", "came before the first one, prepare", "use `askance bench`"))
        }
    }
}

/// The job that a child has loaded.
enum Worker {
    Gemm(Box<Gemm>),
    Model(Box<Loaded>),
}

struct Loaded {
    segmenter: Box<dyn Segmenter>,
    /// Pictures of the comparison, or pieces of them, shape (pictures, 3, size, size).
    pictures: Array4<f32>,
    /// The file of each.
    files: Vec<PathBuf>,
    categories: Vec<String>,
    /// Pictures in one call.
    batch: usize,
}

impl Worker {
    fn load(setup: Setup) -> Result<(Self, Ready)> {
        let mut clock = Stopwatch::start();
        let options = runtime::Options {
            ort_lib: setup.ort_lib.clone(),
            offline: setup.offline,
            flavour: setup.provider.flavour(),
            ..runtime::Options::default()
        };
        let runtime = Runtime::acquire(&options, &|_| ())?;
        let library_ms = clock.lap();
        let session = SessionOptions {
            provider: setup.provider.clone(),
            precision: setup.precision,
            threads: setup.threads,
            strict: setup.strict,
            batch: Some(setup.batch),
            ..SessionOptions::default()
        };
        let (mut worker, mut ready) = match &setup.job {
            Job::Gemm => Self::load_gemm(&runtime, &session)?,
            Job::Model { model, prompts, stride, fit, pictures } => {
                Loaded::load(&runtime, &session, (model, prompts, *stride, *fit), pictures, setup.batch)?
            }
        };
        ready.library_ms = library_ms;
        ready.first_ms = worker.call()?;
        ready.warm_up_ms = (0..setup.warm_up).map(|_| worker.call()).collect::<Result<_>>()?;
        Ok((worker, ready))
    }

    fn load_gemm(runtime: &Runtime, session: &SessionOptions) -> Result<(Self, Ready)> {
        let mut clock = Stopwatch::start();
        let precision = session.precision.unwrap_or(Precision::Fp32);
        let gemm = Gemm::load(runtime, session, precision)?;
        let ready =
            Ready { session_ms: clock.lap(), flop: Some(gemm.flop()), ..Ready::of(gemm.provenance()) };
        Ok((Self::Gemm(Box::new(gemm)), ready))
    }

    /// Makes one call and returns its milliseconds.
    fn call(&mut self) -> Result<f64> {
        let mut clock = Stopwatch::start();
        match self {
            Self::Gemm(gemm) => gemm.run()?,
            Self::Model(loaded) => {
                let categories: Vec<&str> =
                    loaded.categories[..loaded.batch].iter().map(String::as_str).collect();
                let pictures = loaded.pictures.slice(s![..loaded.batch, .., .., ..]);
                let answers = loaded.segmenter.segment(pictures, &categories);
                answers.map_err(|error| of_file(error, |index| loaded.files.get(index)))?;
            }
        }
        Ok(clock.lap())
    }

    /// Makes timed calls. Where there are several, one more goes before: other processes have used caches and cores meanwhile.
    fn run(&mut self, calls: usize) -> Result<Vec<f64>> {
        if calls > 1 {
            self.call()?;
        }
        (0..calls).map(|_| self.call()).collect()
    }

    fn maps(&mut self) -> Result<Vec<Map>> {
        match self {
            Self::Gemm(_) => Ok(Vec::new()),
            Self::Model(loaded) => loaded.maps(),
        }
    }
}

impl Loaded {
    fn load(
        runtime: &Runtime,
        session: &SessionOptions,
        (model, prompts, stride, fit): (&str, &str, usize, Option<Fitting>),
        pictures: &[PictureFile],
        batch: usize,
    ) -> Result<(Worker, Ready)> {
        let mut clock = Stopwatch::start();
        let bundle = NamedModel::find(model)?.open(|| Ok(runtime.clone()))?;
        let options =
            WinClipOptions { prompts: PromptSet::resolve(prompts)?, stride, ..WinClipOptions::default() };
        let mut segmenter = model::load(&bundle, runtime, session.clone(), options)?;
        let session_ms = clock.lap();
        let named: Vec<&str> = pictures.iter().map(|picture| picture.category.as_str()).collect();
        clock.lap();
        segmenter.prepare(&named)?;
        let text_ms = clock.lap();
        let fitting = fit.or(segmenter.fit()).unwrap_or_default();
        let pieces = decode(pictures, Input { side: segmenter.input_size(), fitting }, batch)?;
        // Repeated until they fill a batch.
        let count = pieces.len().max(batch);
        let shown: Vec<(&PictureFile, &Image)> =
            pieces.iter().cycle().take(count).map(|(picture, piece)| (*picture, piece)).collect();
        let categories: Vec<String> = shown.iter().map(|(picture, _)| picture.category.clone()).collect();
        let views: Vec<_> = shown.iter().map(|(_, piece)| piece.view()).collect();
        let images = stack(Axis(0), &views).map_err(|error| {
            Error::usage("`data`", format!("gives no pictures: {error}"), "name a folder with pictures")
                .caused_by(error)
        })?;
        let one_by_one = one_by_one(segmenter.as_ref());
        let ready = Ready { session_ms, text_ms, one_by_one, ..Ready::of(segmenter.provenance()) };
        let files = shown.iter().map(|(picture, _)| picture.path.clone()).collect();
        Ok((Worker::Model(Box::new(Self { segmenter, pictures: images, files, categories, batch })), ready))
    }

    /// Maps of every picture, in batches of the size that is timed, the last one filled up with the first pictures.
    fn maps(&mut self) -> Result<Vec<Map>> {
        let count = self.categories.len();
        let mut maps = Vec::with_capacity(count);
        for start in (0..count).step_by(self.batch) {
            let places: Vec<usize> = (start..start + self.batch).map(|place| place % count).collect();
            let batch = self.pictures.select(Axis(0), &places);
            let categories: Vec<&str> = places.iter().map(|&place| self.categories[place].as_str()).collect();
            let found = self.segmenter.segment(ArrayView4::from(&batch), &categories);
            let found = found.map_err(|error| of_file(error, |index| self.files.get(*places.get(index)?)))?;
            maps.extend(found.into_iter().map(|segmentation| segmentation.map));
        }
        maps.truncate(count);
        Ok(maps)
    }
}

/// Why each picture of a batch has a call of its own; `None` where it has not.
fn one_by_one(segmenter: &dyn Segmenter) -> Option<String> {
    let remarks = segmenter.remarks();
    segmenter.is_one_by_one().then(|| {
        if remarks.is_empty() { "the graph takes one picture a call".to_owned() } else { remarks.join("; ") }
    })
}

/// Names the file of the picture of a batch that an error is about.
fn of_file<'f>(error: Error, file: impl FnOnce(usize) -> Option<&'f PathBuf>) -> Error {
    match error.picture.and_then(file) {
        Some(file) => Error { problem: format!("{} (for {})", error.problem, file.display()), ..error },
        None => error,
    }
}

/// The pieces of pictures that the model sees, each with its picture, for calls of `batch` of them.
fn decode(pictures: &[PictureFile], input: Input, batch: usize) -> Result<Vec<(&PictureFile, Image)>> {
    let mut places = Vec::new();
    for picture in pictures {
        let sample = sample(picture);
        let pieces = input.pieces(dataset::canvas_of(&sample, &input)?);
        places.push((picture, sample, pieces));
    }
    let count: usize = places.iter().map(|(.., pieces)| pieces.len()).sum();
    model::require_room("`batch`", None, input.side, count.max(batch))?;
    let mut found = Vec::with_capacity(count);
    for (picture, sample, pieces) in places {
        let canvas = dataset::load(&sample, input)?.image;
        found.extend(pieces.into_iter().map(|piece| {
            let mut image = Image::zeros((3, input.side, input.side));
            perturb::cut(canvas.view(), piece, image.view_mut());
            (picture, image)
        }));
    }
    Ok(found)
}

fn sample(picture: &PictureFile) -> Sample {
    let id = SampleId { category: picture.category.clone(), defect: String::new(), stem: String::new() };
    Sample {
        id,
        label: Label::Unknown,
        image: picture.path.clone(),
        masks: Vec::new(),
        masked: false,
        circumstances: Circumstances::default(),
    }
}

/// Largest resident set of this process so far, where the system tells it.
fn peak_mib() -> Option<f64> {
    parse_peak(&fs::read_to_string("/proc/self/status").ok()?)
}

fn parse_peak(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024.0)
}

struct Stopwatch(Instant);

impl Stopwatch {
    fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the last lap.
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        let ms = now.duration_since(self.0).as_secs_f64() * 1e3;
        self.0 = now;
        ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(requests: &str) -> Vec<Reply> {
        let mut output = Vec::new();
        serve(requests.as_bytes(), &mut output).unwrap();
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn what_it_does_not_understand_is_answered_and_not_a_crash() {
        let replies = said("hello\n{\"request\":\"run\",\"calls\":1}\n{\"request\":\"memory\"}\n");
        let Reply::Failed(first) = &replies[0] else { panic!("{replies:?}") };
        assert!(first.reason.contains("unknown request"), "{first:?}");
        let Reply::Failed(second) = &replies[1] else { panic!("{replies:?}") };
        assert!(second.reason.contains("prepare"), "{second:?}");
        assert!(matches!(replies[2], Reply::Memory(_)));
    }

    #[test]
    fn the_peak_is_read_from_the_systems_text() {
        assert_eq!(parse_peak("VmPeak:\t 9 kB\nVmHWM:\t    2048 kB\n"), Some(2.0));
        assert_eq!(parse_peak("VmRSS: 1 kB"), None);
    }
}
