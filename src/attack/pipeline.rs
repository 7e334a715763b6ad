//! The pipeline that keeps the model busy: while the model works on one batch, on a thread of its own, the next one is perturbed
//! and the one before scored.

use std::collections::VecDeque;
use std::panic;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use ndarray::parallel::prelude::*;
use ndarray::{Array4, ArrayView4, ArrayViewMut3, Axis, s};

use super::clock::Clock;
use super::objective::{Candidate, Objective};
use crate::error::{Error, Kind, Result};
use crate::model::{Segmentation, Segmenter, require_room};
use crate::perturb;
use crate::types::{self, Detail, Image, Piece, TileScore, has_room};

/// A desk: the source of candidates, and the receiver of the answers to them.
pub(super) trait Desk {
    /// The memory of a batch while the model works on it.
    type Ticket;
    /// The product of the model's answer to one candidate.
    type Answer: Send;

    /// Picks one batch: between one and `room` candidates that are to be evaluated equally closely. `None` where there is nothing
    /// to ask, or nothing before more answers are there. What is picked may depend on answers, never on when they come.
    fn pick(&mut self, room: usize) -> Result<Option<Self::Ticket>>;

    /// The candidates of a batch.
    fn candidates<'a>(&'a self, ticket: &'a Self::Ticket) -> Vec<Candidate<'a>>;

    /// Makes something of one answer of the model; many at once, on the threads of the processor.
    fn judge(objective: &Objective, answer: Segmentation, candidate: &Candidate<'_>) -> Result<Self::Answer>;

    /// Takes what was made of the answers to a batch, in the order of its candidates. Batches come in the order of their picking.
    fn take(&mut self, ticket: Self::Ticket, answers: Vec<Self::Answer>) -> Result<()>;
}

/// Whom the user watches: `stop` is asked before each model call, `tick` gets the cost of each in full evaluations.
pub(super) struct Watch<'w> {
    /// Name of what is interrupted.
    pub what: &'static str,
    pub stop: &'w dyn Fn() -> bool,
    pub tick: &'w dyn Fn(f64),
}

impl Watch<'_> {
    /// A watch without a user.
    pub const NONE: Watch<'static> = Watch { what: "evaluation", stop: &|| false, tick: &|_| {} };
}

/// Batches on their way to the model and back.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// Buffers of pixels that no batch uses.
    spare: Vec<Array4<f32>>,
    /// The most pictures in one call; smaller once memory did not suffice for more.
    pub most: usize,
    /// Batches under way at once, the one that the model works on included.
    pub depth: usize,
    /// The most pieces that a canvas had so far.
    pieces: usize,
}

/// One batch for the model, whose pixels fill the front of a buffer that goes round. A candidate has as many pictures in it as its
/// canvas has pieces.
struct Batch {
    pixels: Array4<f32>,
    /// The category of each picture.
    categories: Vec<String>,
    detail: Detail,
}

/// The model's answers to one batch.
struct Answered {
    pixels: Array4<f32>,
    detail: Detail,
    segmentations: Result<Vec<Segmentation>>,
    calls: usize,
    time: Duration,
    most: usize,
}

impl Pipeline {
    pub fn new(most: usize, depth: usize) -> Self {
        assert!(most > 0, "a batch holds at least one picture");
        assert!(depth > 0, "the model has a batch to work on");
        Self { spare: Vec::new(), most, depth, pieces: 1 }
    }

    /// Works until the desk has nothing more to ask.
    ///
    /// # Errors
    /// Errors of desk and segmenter, an interrupted error where the user wants to stop. Batches under way are given up.
    pub fn run<D: Desk>(
        &mut self,
        segmenter: &mut dyn Segmenter,
        objective: &Objective,
        clock: &mut Clock,
        desk: &mut D,
        watch: &Watch<'_>,
    ) -> Result<()> {
        let (to_model, batches) = mpsc::channel();
        let (from_model, answers) = mpsc::channel();
        let (views, most) = ((segmenter.views(), segmenter.coarse_cost()), self.most);
        let name = segmenter.name().to_owned();
        thread::scope(|scope| {
            let model = scope.spawn(move || serve(segmenter, most, &batches, &from_model));
            let worked = self.drive((to_model, answers), (&name, objective), views, clock, desk, watch);
            // The end of the batches is the end of the thread; where it ended of itself, it panicked.
            model.join().unwrap_or_else(|cause| panic::resume_unwind(cause));
            worked
        })
    }

    fn drive<D: Desk>(
        &mut self,
        (to_model, answers): (Sender<Batch>, Receiver<Answered>),
        (name, objective): (&str, &Objective),
        (views, coarse_cost): (usize, f64),
        clock: &mut Clock,
        desk: &mut D,
        watch: &Watch<'_>,
    ) -> Result<()> {
        let mut under_way = VecDeque::with_capacity(self.depth);
        loop {
            while under_way.len() < self.depth {
                self.find_room(name, objective.size())?;
                let Some(ticket) = desk.pick((self.most / self.pieces).max(1))? else { break };
                if (watch.stop)() {
                    return Err(Error::interrupted(watch.what));
                }
                let start = Instant::now();
                let batch = self.perturb(objective, &desk.candidates(&ticket));
                clock.pixels += start.elapsed();
                // A thread that has ended left an error behind or panicked; both are met below.
                let _ = to_model.send(batch);
                under_way.push_back(ticket);
            }
            let Some(ticket) = under_way.pop_front() else { return Ok(()) };
            let Ok(answered) = answers.recv() else { return Ok(()) };
            self.spare.push(answered.pixels);
            self.most = self.most.min(answered.most);
            let candidates = desk.candidates(&ticket);
            let pieces: Vec<usize> =
                candidates.iter().map(|candidate| objective.pieces_of(candidate.image).len()).collect();
            let pictures = pieces.iter().sum::<usize>();
            let answers = answered.segmentations.map_err(|error| of_sample(error, &candidates, &pieces))?;
            let segmentations = joined(answers, &pieces, objective.input().fitting.tile_score);
            let evaluated = segmentations.len();
            match answered.detail {
                Detail::Full => clock.evaluations += evaluated,
                Detail::Coarse => clock.coarse += evaluated,
            }
            clock.pictures += pictures * views;
            clock.calls += answered.calls * views;
            clock.model += answered.time;
            let cost = if answered.detail == Detail::Coarse { coarse_cost } else { 1.0 };
            (watch.tick)(cost * evaluated as f64);
            let segmented = Instant::now();
            let judged = segmentations
                .into_par_iter()
                .zip(candidates.par_iter())
                .map(|(answer, candidate)| D::judge(objective, answer, candidate))
                .collect::<Result<Vec<_>>>();
            clock.pixels += segmented.elapsed();
            let judged = judged?;
            let start = Instant::now();
            desk.take(ticket, judged)?;
            clock.search += start.elapsed();
        }
    }

    /// Halves the batch until there is memory for a buffer of it, where none is spare.
    fn find_room(&mut self, name: &str, size: usize) -> Result<()> {
        if !self.spare.is_empty() {
            return Ok(());
        }
        while self.most > 1 && !has_room(self.most, (size, size)) {
            self.most /= 2;
        }
        require_room(name, None, size, self.most).map_err(without_hope)
    }

    fn perturb(&mut self, objective: &Objective, candidates: &[Candidate<'_>]) -> Batch {
        let size = objective.size();
        let pieces: Vec<Vec<Piece>> =
            candidates.iter().map(|candidate| objective.pieces_of(candidate.image)).collect();
        let pictures = pieces.iter().map(Vec::len).sum::<usize>();
        self.pieces = pieces.iter().map(Vec::len).fold(self.pieces, usize::max);
        let spare = self.spare.pop().filter(|pixels| pixels.dim().0 >= pictures);
        let mut pixels = spare.unwrap_or_else(|| Array4::zeros((self.most.max(pictures), 3, size, size)));
        let mut slots = pixels.axis_iter_mut(Axis(0));
        let slots: Vec<Vec<ArrayViewMut3<'_, f32>>> =
            pieces.iter().map(|pieces| slots.by_ref().take(pieces.len()).collect()).collect();
        slots
            .into_par_iter()
            .zip(candidates.par_iter())
            .zip(&pieces)
            .for_each(|((slots, candidate), pieces)| place(objective, candidate, pieces, slots));
        let of_pieces = |(candidate, pieces): (&Candidate<'_>, &Vec<Piece>)| {
            std::iter::repeat_n(candidate.category.to_owned(), pieces.len())
        };
        Batch {
            pixels,
            categories: candidates.iter().zip(&pieces).flat_map(of_pieces).collect(),
            detail: candidates.first().map_or(Detail::Full, |candidate| candidate.detail),
        }
    }
}

/// Writes the pieces of a perturbed canvas to their slots.
fn place(
    objective: &Objective,
    candidate: &Candidate<'_>,
    pieces: &[Piece],
    slots: Vec<ArrayViewMut3<'_, f32>>,
) {
    let (image, perturber) = (candidate.image, objective.perturber());
    let mut slots = slots.into_iter();
    if objective.input().is_square() {
        let Some(slot) = slots.next() else { return };
        return perturber.apply(image.view(), candidate.perturbation, slot);
    }
    let mut canvas = Image::zeros(image.dim());
    perturber.apply(image.view(), candidate.perturbation, canvas.view_mut());
    for (&piece, slot) in pieces.iter().zip(slots) {
        perturb::cut(canvas.view(), piece, slot);
    }
}

/// The answers to candidates, of those to their pieces: maps one below the other, and one image score.
fn joined(answers: Vec<Segmentation>, pieces: &[usize], score: TileScore) -> Vec<Segmentation> {
    let mut answers = answers.into_iter();
    pieces.iter().map(|&count| join(answers.by_ref().take(count).collect(), score)).collect()
}

fn join(mut answers: Vec<Segmentation>, score: TileScore) -> Segmentation {
    if answers.len() == 1 {
        return answers.remove(0);
    }
    let maps: Vec<_> = answers.iter().map(|answer| answer.map.view()).collect();
    let map = ndarray::concatenate(Axis(0), &maps).expect("maps of one model have one shape");
    let scores = answers.iter().map(|answer| answer.image_score);
    let image_score = match score {
        TileScore::Mean => scores.sum::<f32>() / answers.len() as f32,
        TileScore::Max => scores.fold(f32::NEG_INFINITY, f32::max),
    };
    Segmentation { map, image_score }
}

/// The thread of the model.
fn serve(
    segmenter: &mut dyn Segmenter,
    mut most: usize,
    batches: &Receiver<Batch>,
    answers: &Sender<Answered>,
) {
    for Batch { pixels, categories, detail } in batches {
        let categories: Vec<&str> = categories.iter().map(String::as_str).collect();
        let used = pixels.slice(s![..categories.len(), .., .., ..]);
        let start = Instant::now();
        let mut calls = 0;
        let segmentations = segment(segmenter, used, &categories, detail, &mut most, &mut calls);
        let time = start.elapsed();
        let failed = segmentations.is_err();
        let answered = Answered { pixels, detail, segmentations, calls, time, most };
        // Nobody listens any more, or what follows would be for nothing.
        if answers.send(answered).is_err() || failed {
            return;
        }
    }
}

/// Calls the model with at most `most` pictures at once, which is halved where memory does not suffice.
fn segment(
    segmenter: &mut dyn Segmenter,
    pixels: ArrayView4<f32>,
    categories: &[&str],
    detail: Detail,
    most: &mut usize,
    calls: &mut usize,
) -> Result<Vec<Segmentation>> {
    let mut segmentations = Vec::with_capacity(categories.len());
    while segmentations.len() < categories.len() {
        let from = segmentations.len();
        let part = from..categories.len().min(from + *most);
        let pictures = part.len();
        let (pixels, categories) = (pixels.slice(s![part.clone(), .., .., ..]), &categories[part]);
        let answers = match detail {
            Detail::Full => segmenter.segment(pixels, categories),
            Detail::Coarse => segmenter.segment_coarse(pixels, categories),
        };
        match answers {
            Ok(answers) => {
                *calls += 1;
                if let Some(index) = answers.iter().position(|answer| !is_finite(answer)) {
                    let fix = "look at that picture, or use a model that has an answer to it";
                    let problem = "returns values that are not finite";
                    return Err(Error::model(segmenter.name(), problem, fix).of_picture(from + index));
                }
                segmentations.extend(answers);
            }
            Err(error) if error.kind == Kind::Memory && pictures > 1 => *most = pictures / 2,
            Err(error) => return Err(without_hope(error.in_part_from(from))),
        }
    }
    Ok(segmentations)
}

fn is_finite(answer: &Segmentation) -> bool {
    answer.image_score.is_finite() && answer.map.iter().all(|value| value.is_finite())
}

/// Names the sample and the perturbation that an error about one picture of a batch is about; candidates have so many `pieces`.
fn of_sample(error: Error, candidates: &[Candidate<'_>], pieces: &[usize]) -> Error {
    let of_picture = |picture: usize| {
        let mut before = 0;
        let ends = pieces.iter().map(|count| {
            before += count;
            before
        });
        ends.zip(candidates).find(|(end, _)| picture < *end).map(|(_, candidate)| candidate)
    };
    let Some(candidate) = error.picture.and_then(of_picture) else { return error };
    let Candidate { category, sample, perturbation, .. } = candidate;
    let sample = sample.map_or_else(|| format!("a picture of {category}"), ToString::to_string);
    let values: Vec<String> = types::Axis::ALL
        .into_iter()
        .map(|axis| (axis, perturbation.get(axis)))
        .filter(|(_, value)| *value != 0.0)
        .map(|(axis, value)| format!("{axis} {value}"))
        .collect();
    let changed =
        if values.is_empty() { "unchanged".to_owned() } else { format!("with {}", values.join(", ")) };
    Error { problem: format!("{} (for {sample}, {changed})", error.problem), ..error }
}

/// A single picture is the smallest batch.
fn without_hope(error: Error) -> Error {
    if error.kind != Kind::Memory {
        return error;
    }
    let fix = "not even one picture fits: free memory (other processes on the same device?), or use a smaller model, a lower \
               precision or another `provider`";
    Error { fix: fix.to_owned(), ..error }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;
    use crate::attack::Settings;
    use crate::model::{Fake, Provenance};
    use crate::types::{Image, Perturbation};

    const SIZE: usize = 8;
    const BATCHES: usize = 6;

    /// What has happened so far, for those who wait for it.
    #[derive(Default)]
    struct Progress {
        picked_and_taken: Mutex<(usize, usize)>,
        changed: Condvar,
    }

    impl Progress {
        fn add(&self, picked: usize, taken: usize) {
            let mut counts = self.picked_and_taken.lock().unwrap();
            counts.0 += picked;
            counts.1 += taken;
            self.changed.notify_all();
        }

        /// Whether so much happens before patience ends.
        fn awaits(&self, picked: usize, taken: usize, patience: Duration) -> bool {
            let counts = self.picked_and_taken.lock().unwrap();
            let too_early = |counts: &mut (usize, usize)| counts.0 < picked || counts.1 < taken;
            !self.changed.wait_timeout_while(counts, patience, too_early).unwrap().1.timed_out()
        }
    }

    /// Answers to batch k only when batch k + `ahead` was picked, and so k + `ahead` - 1 perturbed, and all before k were taken.
    struct Patient<'p> {
        fake: Fake,
        progress: &'p Progress,
        ahead: usize,
        patience: Duration,
        overlapped: bool,
    }

    impl Segmenter for Patient<'_> {
        fn name(&self) -> &str {
            "patient"
        }
        fn input_size(&self) -> usize {
            SIZE
        }
        fn grid(&self) -> (usize, usize) {
            self.fake.grid()
        }
        fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
            let call = self.fake.calls();
            let picked = BATCHES.min(call + 1 + self.ahead);
            self.overlapped &= self.progress.awaits(picked, call, self.patience);
            self.fake.segment(images, categories)
        }
        fn provenance(&self) -> Provenance {
            self.fake.provenance()
        }
    }

    /// Hands out a picture at a time.
    struct Pictures<'p> {
        image: Image,
        left: usize,
        progress: &'p Progress,
    }

    impl Desk for Pictures<'_> {
        type Ticket = ();
        type Answer = Segmentation;

        fn pick(&mut self, _: usize) -> Result<Option<()>> {
            let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
            self.left = left;
            self.progress.add(1, 0);
            Ok(Some(()))
        }

        fn candidates<'a>(&'a self, (): &'a ()) -> Vec<Candidate<'a>> {
            let perturbation = Perturbation::IDENTITY;
            vec![Candidate {
                image: &self.image,
                mask: None,
                clean: None,
                sample: None,
                category: "part",
                perturbation,
                detail: Detail::Full,
            }]
        }

        fn judge(_: &Objective, answer: Segmentation, _: &Candidate<'_>) -> Result<Segmentation> {
            Ok(answer)
        }

        fn take(&mut self, (): (), _: Vec<Segmentation>) -> Result<()> {
            self.progress.add(0, 1);
            Ok(())
        }
    }

    fn overlaps(depth: usize, ahead: usize, patience: Duration) -> bool {
        let progress = Progress::default();
        let mut model =
            Patient { fake: Fake::new(SIZE, (2, 2)), progress: &progress, ahead, patience, overlapped: true };
        let mut desk = Pictures { image: Image::zeros((3, SIZE, SIZE)), left: BATCHES, progress: &progress };
        let objective = Objective::new(&Settings::default(), SIZE);
        let mut clock = Clock::default();
        let mut pipeline = Pipeline::new(1, depth);
        pipeline.run(&mut model, &objective, &mut clock, &mut desk, &Watch::NONE).unwrap();
        assert_eq!((clock.evaluations, clock.calls), (BATCHES, BATCHES));
        assert!(pipeline.spare.len() <= depth, "buffers go round");
        model.overlapped
    }

    #[test]
    fn the_processor_works_on_the_next_and_the_last_batch_while_the_model_has_one() {
        let long = Duration::from_secs(60);
        assert!(overlaps(2, 1, long), "the next batch is picked, the last one scored");
        assert!(
            overlaps(3, 2, long),
            "the next batch is perturbed, the one after it picked, the last one scored"
        );
    }

    #[test]
    fn a_batch_that_there_is_no_memory_for_is_halved_before_there_is_one() {
        let progress = Progress::default();
        let mut desk = Pictures { image: Image::zeros((3, SIZE, SIZE)), left: 2, progress: &progress };
        let objective = Objective::new(&Settings::default(), SIZE);
        let mut pipeline = Pipeline::new(usize::MAX, 2);
        let mut model = Fake::new(SIZE, (2, 2));
        pipeline.run(&mut model, &objective, &mut Clock::default(), &mut desk, &Watch::NONE).unwrap();
        assert!(model.images() == 2 && pipeline.most < usize::MAX / 2);
        let error = Pipeline::new(8, 1).find_room("m", usize::MAX).unwrap_err();
        assert!(error.kind == Kind::Memory && error.fix.contains("not even one picture"), "{error}");
    }

    #[test]
    fn alone_the_model_waits_for_nobody() {
        assert!(overlaps(1, 0, Duration::from_secs(60)));
        assert!(!overlaps(1, 1, Duration::from_millis(20)));
    }
}
