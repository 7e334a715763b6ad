//! The worst cases of one model under another one, journalled sample by sample.

use std::collections::HashSet;

use super::found::{Found, Points};
use super::rows_of;
use crate::attack::{Clock, Evaluator, KeptCandidate, Objective, Work, answers};
use crate::dataset::Sample;
use crate::error::Result;
use crate::model::{Segmentation, Segmenter};
use crate::record::{Journal, Opened, Parameters, RunDir, SampleRow, write_npy};
use crate::study::belonging::Belonging;
use crate::study::choose;
use crate::study::run::{Run, load};
use crate::study::session::Session;
use crate::study::stored::Stored;
use crate::study::worst_cases::{masks, pieces};
use crate::types::{Attack, Detail, Perturbation, SampleKey};

/// Opens the journal of a replay and keeps the rows of samples that are complete.
pub(super) fn take_up(session: &Session<'_>, run: &Run) -> Result<(Journal<SampleRow>, Vec<SampleRow>)> {
    let belonging = Belonging::new(session.settings, session.data.dataset(), run.model_infos()).replayed();
    let check =
        |row: &SampleRow| belonging.sample(row).or_else(|| belonging.known(&row.category, &row.sample));
    let attacks = |rows: &[&SampleRow]| rows.iter().map(|row| row.attack).collect::<HashSet<_>>().len();
    let stored = Stored::of_replay(&run.dir);
    let there = |rows: &[&SampleRow]| rows.iter().filter(|row| stored.is_there(row)).count() == rows.len();
    let whole = |rows: &[&SampleRow]| attacks(rows) == session.settings.attacks.len() && there(rows);
    let Opened { journal, rows, .. } =
        Journal::take_up(run.dir.samples_path(), SampleRow::key, whole, check)?;
    stored.told(session.observe)?;
    Ok((journal, rows))
}

/// What is replayed under a model.
pub(super) struct Target<'a> {
    pub session: &'a Session<'a>,
    pub found: &'a Found,
    /// The model that it was found under.
    pub origin: &'a str,
    pub all: bool,
}

impl Target<'_> {
    /// Evaluates every sample that has no rows yet.
    pub fn evaluate(
        &self,
        model: &mut dyn Segmenter,
        run: &mut Run,
        journal: &mut Journal<SampleRow>,
        rows: &mut Vec<SampleRow>,
    ) -> Result<Clock> {
        let Session { settings, observe, data, .. } = *self.session;
        let (name, size) = (model.name().to_owned(), model.input_size());
        let finished: HashSet<SampleKey> = rows_of(rows, &name).map(SampleRow::key).collect();
        let all: Vec<&Sample> = data.samples().collect();
        let is_pending = |sample: &&&Sample| !finished.contains(&SampleKey::new(&name, &sample.id));
        let pending: Vec<&Sample> = all.iter().filter(is_pending).copied().collect();
        let points = |sample: &&Sample| self.found.points(self.origin, &sample.id, self.all);
        let points: Vec<Points> = pending.iter().map(points).collect::<Result<_>>()?;
        let planned = points.iter().map(|points| points.perturbations.len()).sum();
        let stage = self.session.stage(&format!("replay {} under", self.origin), &name, planned);

        model.prepare(&data.categories())?;
        let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
        let recorder = Recorder {
            target: self,
            dir: &run.dir.clone(),
            model: &name,
            objective: Objective::new(settings, size),
        };
        let source = pending.iter().zip(&points).enumerate().map(|(index, (sample, points))| {
            Ok((load(index, sample, settings.input(size))?, points.perturbations.clone()))
        });
        let mut completed = finished.len();
        let mut done = |work: Work, _: &[Perturbation], answers: Vec<Segmentation>| {
            completed += 1;
            let (sample, points) = (pending[work.index], &points[work.index]);
            recorder.rows(sample, &work, points, &answers)?.into_iter().try_for_each(|row| {
                journal.append(&row)?;
                rows.push(row);
                Ok(())
            })
        };
        let stop = || observe.stop();
        let result = answers(&mut evaluator, source, &mut done, Detail::Full, "replay", &stop, &|cost| {
            stage.advance(cost)
        });
        let (clock, batch) = (evaluator.clock(), evaluator.batch());
        run.keep_batch(&name, batch, observe)?;
        result.map_err(|error| self.session.stopped(error, completed, 1))?;
        stage.complete();
        Ok(clock)
    }
}

/// From the answers to a sample to what is kept of it.
struct Recorder<'a> {
    target: &'a Target<'a>,
    dir: &'a RunDir,
    model: &'a str,
    objective: Objective,
}

impl Recorder<'_> {
    /// Writes the maps and gives the rows of one sample.
    fn rows(
        &self,
        sample: &Sample,
        work: &Work,
        points: &Points,
        answers: &[Segmentation],
    ) -> Result<Vec<SampleRow>> {
        points
            .places
            .iter()
            .map(|(attack, places)| self.row(sample, work, *attack, places, points, answers))
            .collect()
    }

    fn row(
        &self,
        sample: &Sample,
        work: &Work,
        attack: Attack,
        places: &[usize],
        points: &Points,
        answers: &[Segmentation],
    ) -> Result<SampleRow> {
        let Target { session, found, origin, all } = *self.target;
        let (id, settings) = (&work.id, session.settings);
        let original = found.row(origin, id, attack)?;
        let kept = places.iter().map(|&place| {
            let (perturbation, answer) = (points.perturbations[place], &answers[place]);
            let ((_, height, width), mask) = (work.image.dim(), work.mask.as_ref());
            let loss =
                self.objective.loss_of(answer, (height, width), mask, answers.first(), perturbation)?;
            let auroc =
                mask.and_then(|mask| self.objective.sample_auroc(answer.map.view(), mask, perturbation));
            Ok(KeptCandidate { perturbation, loss, sample_auroc: auroc, segmentation: answer.clone() })
        });
        let kept: Vec<KeptCandidate> = kept.collect::<Result<_>>()?;
        let searched = attack != Attack::Clean;
        let lowest =
            |best: usize, place: usize| if kept[place].loss < kept[best].loss { place } else { best };
        let chosen = if all { (1..kept.len()).fold(0, lowest) } else { 0 };
        let by_auroc = &kept[chosen];
        self.dir.save_patch_map(self.model, id, attack, by_auroc.segmentation.map.view())?;
        let mut aupro = Parameters::default();
        if searched && all {
            choose::save(self.dir, self.model, id, attack, &kept)?;
        } else if searched && original.aupro != Parameters::default() {
            aupro = original.aupro;
            write_npy(self.dir.aupro_map_path(self.model, id, attack), kept[1].segmentation.map.view())?;
        }
        let evaluated: HashSet<usize> = places.iter().copied().chain([0]).collect();
        Ok(SampleRow {
            model: self.model.to_owned(),
            label: sample.label,
            parameters: Parameters::new(&by_auroc.perturbation, &settings.all_axes()),
            loss: by_auroc.loss,
            sample_auroc: by_auroc.sample_auroc,
            evaluations: evaluated.len(),
            coarse: 0,
            expected_gain: None,
            image_score: f64::from(by_auroc.segmentation.image_score),
            search: if searched { "replay".to_owned() } else { original.search.clone() },
            budget: evaluated.len(),
            image: sample.image.display().to_string(),
            mask: masks(sample),
            aupro,
            fit: settings.fit.fit,
            pieces: pieces(&self.objective, work),
            clipped: None,
            clipped_defect: None,
            ..original.clone()
        })
    }
}
