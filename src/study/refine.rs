//! The rounds of an adaptive run: after the searches, evaluations where they lower the metrics of a category. What they add is kept in a
//! file for each sample and attack, so that what was stopped goes on where it was.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::PathBuf;

use super::amount;
use super::belonging::Belonging;
use super::by_key::by_key;
use super::choose::{self, Chosen, Pool, Searches};
use super::run::{Run, load};
use super::session::Session;
use crate::attack::{
    Chooser, Clock, Evaluator, KeptCandidate, Objective, Refinement, Settings, Shares, Work, answers,
};
use crate::dataset::Sample;
use crate::error::{Error, Result};
use crate::file;
use crate::model::{Segmentation, Segmenter};
use crate::record::{Parameters, SampleRow};
use crate::types::{Attack, Detail, Perturbation, SampleId, SampleKey};

/// Makes with one model the rounds of every category and attack, as far as an earlier start has not, and counts them in `rows`.
pub(super) fn refine(
    session: &Session<'_>,
    model: &mut dyn Segmenter,
    run: &mut Run,
    rows: &mut [SampleRow],
) -> Result<Clock> {
    let settings = session.settings;
    let (name, size) = (model.name().to_owned(), model.input_size());
    let objective = Objective::new(settings, size);
    let (dir, infos) = (run.dir.clone(), run.model_infos().to_vec());
    let belonging = Belonging::new(settings, session.data.dataset(), &infos);
    let searches = Searches {
        session,
        belonging: &belonging,
        objective: &objective,
        dir: &dir,
        model: &name,
        shared: None,
        elsewhere: None,
    };
    let planned = amount::rounds(settings);
    let stage = session.stage(amount::ROUNDS, &name, planned * session.data.samples().count());
    model.prepare(&session.data.categories())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let mut made: HashMap<(SampleKey, Attack), [usize; 2]> = HashMap::new();
    let finished = Cell::new(0);
    let result = session.data.dataset().categories.iter().try_for_each(|category| {
        let there = by_key(rows);
        let has_rows =
            |sample: &Sample| there.contains_key(&(SampleKey::new(&name, &sample.id), Attack::Clean));
        let Some(pool) = Pool::load(category, &objective, &has_rows)? else { return Ok(()) };
        // Rows with a choice by AUPRO were written after all rounds, and count them. Where a file of rounds is not there, they are gone
        // through again, with the answers that are kept: it was lost, or the sample had none.
        let is_chosen = |sample: &&Sample| {
            searches.attacks().all(|attack| {
                let row = there.get(&(SampleKey::new(&name, &sample.id), attack));
                row.is_some_and(|row| row.aupro != Parameters::default())
                    && has_rounds(settings, &searches, &sample.id, attack)
            })
        };
        if pool.samples.iter().all(is_chosen) {
            stage.resume(planned * pool.samples.len());
            return Ok(());
        }
        let works =
            pool.samples.iter().enumerate().map(|(index, sample)| load(index, sample, settings.input(size)));
        let works: Vec<Work> = works.collect::<Result<_>>()?;
        let names: Vec<String> = pool.samples.iter().map(|sample| sample.id.to_string()).collect();
        let (mut earlier, mut saved): (Vec<Chosen>, f64) = (Vec::new(), 0.0);
        for (attack, shares) in shares(settings, &searches) {
            let rounds = Rounds { searches: &searches, pool: &pool, works: &works, names: &names, attack };
            let extra = if attack == Attack::Joint { saved } else { 0.0 };
            let watch: Watch<'_> = (&|| session.observe.stop(), &|cost| stage.advance(cost));
            let made_here = rounds.make((shares, extra), &earlier, &mut evaluator, watch)?;
            saved += made_here.saved;
            for (sample, count) in pool.samples.iter().zip(made_here.counts) {
                made.insert((SampleKey::new(&name, &sample.id), attack), count);
            }
            earlier.push(made_here.chosen);
        }
        finished.set(finished.get() + pool.samples.len());
        Ok(())
    });
    let (clock, batch) = (evaluator.clock(), evaluator.batch());
    run.keep_batch(&name, batch, session.observe)?;
    result.map_err(|error| session.stopped(error, finished.get(), 1))?;
    // Rows with a choice count their rounds already, where those of a sample that was lost are made again.
    for row in rows.iter_mut().filter(|row| row.model == name && row.aupro == Parameters::default()) {
        let [coarse, full] = made.get(&(row.key(), row.attack)).copied().unwrap_or_default();
        (row.coarse, row.evaluations) = (row.coarse + coarse, row.evaluations + full);
    }
    stage.complete();
    Ok(clock)
}

/// Whether the rounds of an attack on a sample have left the files that they can leave.
fn has_rounds(settings: &Settings, searches: &Searches<'_>, id: &SampleId, attack: Attack) -> bool {
    let Some(shares) = settings.shares(attack).filter(|shares| shares.rounds > 0) else { return true };
    let details = [Some(Detail::Full), (shares.coarse_round > 0).then_some(Detail::Coarse)];
    let is_there = |detail| file::is_there(&searches.dir.rounds_path(searches.model, id, attack, detail));
    details.into_iter().flatten().all(is_there)
}

/// The attacks that search, each with what it may spend.
fn shares<'a>(
    settings: &'a Settings,
    searches: &'a Searches<'a>,
) -> impl Iterator<Item = (Attack, Shares)> + 'a {
    searches.attacks().filter_map(|attack| Some((attack, settings.shares(attack)?)))
}

/// The rounds of one attack on the samples of one category.
struct Rounds<'a> {
    searches: &'a Searches<'a>,
    pool: &'a Pool<'a>,
    works: &'a [Work],
    names: &'a [String],
    attack: Attack,
}

/// What rounds have come to.
struct RoundsMade {
    chosen: Chosen,
    /// Coarse and full evaluations of each sample.
    counts: Vec<[usize; 2]>,
    /// What was not needed for each sample, in full evaluations.
    saved: f64,
}

/// Whether to stop, and who hears of progress.
type Watch<'a> = (&'a dyn Fn() -> bool, &'a dyn Fn(f64));

impl Rounds<'_> {
    fn make(
        &self,
        (shares, extra): (Shares, f64),
        earlier: &[Chosen],
        evaluator: &mut Evaluator<'_>,
        watch: Watch<'_>,
    ) -> Result<RoundsMade> {
        let Searches { session, objective, .. } = *self.searches;
        let found = self.searches.found(self.pool, self.attack)?;
        let (candidates, starts) = self.searches.with_offers(found, self.pool, self.attack, earlier)?;
        let choices = self.pool.choices(&candidates);
        let chooser = Chooser::new(objective, &choices, &starts, session.metric);
        let of = (self.attack, shares, extra);
        let coarse_cost = evaluator.coarse_cost();
        let mut refinement =
            Refinement::new(session.settings, of, coarse_cost, self.names, chooser, &starts)?;
        let rounds = |detail| self.searches.rounds(self.pool, self.attack, detail);
        let mut kept = [rounds(Detail::Coarse)?, rounds(Detail::Full)?];
        let mut counts = vec![[0; 2]; self.works.len()];
        while let Some((asked, detail)) = refinement.ask() {
            let of = usize::from(detail == Detail::Full);
            let first: Vec<usize> = counts.iter().map(|counts| counts[of]).collect();
            let answers = self.answers((&asked, detail), &first, &mut kept[of], evaluator, watch)?;
            counts.iter_mut().zip(&answers).for_each(|(counts, answers)| counts[of] += answers.len());
            refinement.tell(answers, detail);
        }
        for (detail, kept) in [Detail::Coarse, Detail::Full].into_iter().zip(&kept) {
            let counted =
                |sample: &usize| kept[*sample].len() == counts[*sample][usize::from(detail == Detail::Full)];
            if let Some(sample) = (0..kept.len()).find(|sample| !counted(sample)) {
                return Err(self.other_candidates(sample, detail));
            }
        }
        let [by_auroc, by_aupro] = refinement.chosen();
        let chosen = Chosen { attack: self.attack, by_auroc, by_aupro };
        Ok(RoundsMade { chosen, counts, saved: refinement.saved() })
    }

    /// The answers to one round: those that an earlier start has kept from the place `first` of each sample on, and the model's to the
    /// others, which are kept now.
    fn answers(
        &self,
        (asked, detail): (&[Vec<Perturbation>], Detail),
        first: &[usize],
        kept: &mut [Vec<KeptCandidate>],
        evaluator: &mut Evaluator<'_>,
        (stop, tick): Watch<'_>,
    ) -> Result<Vec<Vec<KeptCandidate>>> {
        let mut missing = Vec::new();
        for (sample, asked) in asked.iter().enumerate() {
            let there = &kept[sample][first[sample]..];
            if asked.is_empty() {
                continue;
            }
            if there.is_empty() {
                missing.push(sample);
            } else {
                self.require((sample, detail), asked, there)?;
                tick(
                    asked.len() as f64 * if detail == Detail::Coarse { evaluator.coarse_cost() } else { 1.0 },
                );
            }
        }
        let mut done = |work: Work, asked: &[Perturbation], answers: Vec<Segmentation>| {
            let more = self.judged(&work, asked, answers)?;
            let kept = &mut kept[work.index];
            kept.extend(more);
            choose::write(&self.path(work.index, detail), kept)
        };
        let source =
            missing.into_iter().map(|sample| Ok((self.works[sample].clone(), asked[sample].clone())));
        answers(evaluator, source, &mut done, detail, "attack", stop, tick)?;
        let of_round = asked.iter().zip(first).zip(kept);
        Ok(of_round.map(|((asked, &first), kept)| kept[first..first + asked.len()].to_vec()).collect())
    }

    fn path(&self, sample: usize, detail: Detail) -> PathBuf {
        let id = &self.pool.samples[sample].id;
        self.searches.dir.rounds_path(self.searches.model, id, self.attack, detail)
    }

    /// Refuses kept answers to other questions.
    fn require(
        &self,
        (sample, detail): (usize, Detail),
        asked: &[Perturbation],
        there: &[KeptCandidate],
    ) -> Result<()> {
        let found = there.iter().map(|kept| kept.perturbation).take(asked.len());
        if there.len() >= asked.len() && found.eq(asked.iter().copied()) {
            return Ok(());
        }
        Err(self.other_candidates(sample, detail))
    }

    fn other_candidates(&self, sample: usize, detail: Detail) -> Error {
        let problem = "holds other candidates than this run evaluates";
        let fix = "delete the file and give the same command again";
        Error::file(self.path(sample, detail), problem, fix)
    }

    fn judged(
        &self,
        work: &Work,
        asked: &[Perturbation],
        answers: Vec<Segmentation>,
    ) -> Result<Vec<KeptCandidate>> {
        let (objective, mask) = (self.searches.objective, work.mask.as_ref());
        let judge = |(&perturbation, segmentation): (&Perturbation, Segmentation)| {
            let (_, height, width) = work.image.dim();
            let loss = objective.loss_of(&segmentation, (height, width), mask, None, perturbation)?;
            let map = segmentation.map.view();
            let sample_auroc = mask.and_then(|mask| objective.sample_auroc(map, mask, perturbation));
            Ok(KeptCandidate { perturbation, loss, sample_auroc, segmentation })
        };
        asked.iter().zip(answers).map(judge).collect()
    }
}
