use std::collections::VecDeque;

use super::candidates::{KeptCandidate, trim};
use super::objective::Evaluation;
use super::settings::{Select, Settings};
use crate::error::Result;
use crate::model::Segmentation;
use crate::search::{self, Dimension, Space, Strategy};
use crate::stats::derive_seed;
use crate::types::{Attack, Axis, Bounds, Detail, Perturbation};

/// The worst case that one attack found on one sample.
#[derive(Clone, Debug)]
pub struct WorstCase {
    /// The attack.
    pub attack: Attack,
    /// The perturbation found; identity if nothing was worse.
    pub perturbation: Perturbation,
    /// The loss of the perturbed picture.
    pub loss: f64,
    /// The rank for which the perturbation was kept: [`Objective::rank`](super::Objective::rank).
    pub rank: f64,
    /// The model's answer to the perturbed picture.
    pub segmentation: Segmentation,
    /// Number of full model evaluations of the attack, that of the unchanged picture included.
    pub evaluations: usize,
    /// Number of coarse model evaluations; each counts for [`Segmenter::coarse_cost`](crate::model::Segmenter::coarse_cost) of the
    /// budget.
    pub coarse: usize,
    /// By how much the most promising further evaluation is expected to lower the loss; `None` from a strategy without a model of
    /// the loss.
    pub expected_gain: Option<f64>,
    /// All evaluations, in order: first the unchanged picture.
    pub trace: Vec<Probe>,
    /// The candidates that a later choice may pick from, with [`Select::Pooled`]: first the unchanged picture, then what was kept of
    /// the search and what it was offered. Full evaluations only.
    pub candidates: Vec<KeptCandidate>,
}

/// One evaluation of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// The perturbation of the picture.
    pub perturbation: Perturbation,
    /// The loss, which the search was told, alone or beside the sample's pixel AUROC.
    pub loss: f64,
    /// The cost of the evaluation in the budget: 1, or less for a coarse one, whose loss is not that of a full one.
    pub cost: f64,
}

impl WorstCase {
    /// Whether a candidate is to be kept instead.
    fn yields_to(&self, rank: f64, loss: f64) -> bool {
        rank < self.rank || (rank == self.rank && loss < self.loss)
    }
}

/// The search of one attack on one sample.
struct Search {
    strategy: Box<dyn Strategy>,
    /// How closely the points of this round are evaluated.
    detail: Detail,
    best: WorstCase,
    /// Points that are evaluated before the strategy is asked for any.
    starts: Vec<Vec<f64>>,
    asked: Vec<Vec<f64>>,
    losses: Vec<[f64; 2]>,
    next: usize,
}

/// All attacks on one sample, one after the other; the engine takes candidates from it and brings their evaluations back
/// in the same order.
pub(super) struct SampleAttack<'s> {
    settings: &'s Settings,
    /// Cost of a coarse evaluation.
    coarse_cost: f64,
    name: String,
    starts: Vec<(Attack, Vec<Perturbation>)>,
    started: bool,
    waiting: VecDeque<Attack>,
    current: Option<Search>,
    outcomes: Vec<WorstCase>,
}

impl<'s> SampleAttack<'s> {
    /// `starts` are what each attack evaluates first.
    pub(super) fn new(
        settings: &'s Settings,
        coarse_cost: f64,
        name: String,
        starts: Vec<(Attack, Vec<Perturbation>)>,
    ) -> Self {
        let waiting = settings.attacks.iter().copied().filter(|&attack| attack != Attack::Clean).collect();
        let (current, outcomes) = (None, Vec::new());
        Self { settings, coarse_cost, name, starts, started: false, waiting, current, outcomes }
    }

    /// The next candidate, or `None` while evaluations are outstanding or when all is done.
    pub(super) fn next(&mut self) -> Option<Perturbation> {
        if !self.started {
            self.started = true;
            return Some(Perturbation::IDENTITY);
        }
        let search = self.current.as_mut()?;
        let point = search.asked.get(search.next)?;
        search.next += 1;
        Some(to_perturbation(self.settings.axes_of(search.best.attack), point))
    }

    /// How closely the candidates are to be evaluated that [`SampleAttack::next`] hands out now.
    pub(super) fn detail(&self) -> Detail {
        self.current.as_ref().map_or(Detail::Full, |search| search.detail)
    }

    /// Takes the evaluation of the oldest candidate without one.
    ///
    /// # Errors
    /// A search cannot be built from the settings.
    pub(super) fn tell(&mut self, perturbation: Perturbation, evaluation: Evaluation) -> Result<()> {
        let kept =
            (self.settings.select == Select::Pooled).then(|| KeptCandidate::new(perturbation, &evaluation));
        let Evaluation { segmentation, loss, rank, sample_auroc } = evaluation;
        let losses = self.losses(loss, sample_auroc);
        if let Some(search) = &mut self.current {
            search.losses.push(losses);
            let full = search.detail == Detail::Full;
            search.best.trace.push(Probe {
                perturbation,
                loss,
                cost: if full { 1.0 } else { self.coarse_cost },
            });
            if full {
                search.best.evaluations += 1;
            } else {
                search.best.coarse += 1;
            }
            search.best.candidates.extend(kept.filter(|_| full));
            if full && search.best.yields_to(rank, loss) {
                let best = &mut search.best;
                (best.perturbation, best.loss, best.rank, best.segmentation) =
                    (perturbation, loss, rank, segmentation);
            }
            if search.losses.len() < search.asked.len() {
                return Ok(());
            }
            trim(&mut search.best.candidates, self.settings.candidates());
            search.strategy.tell_both(&search.asked, &search.losses);
        } else {
            self.outcomes.push(WorstCase {
                attack: Attack::Clean,
                perturbation,
                loss,
                rank,
                segmentation,
                evaluations: 1,
                coarse: 0,
                expected_gain: None,
                trace: vec![Probe { perturbation, loss, cost: 1.0 }],
                candidates: kept.into_iter().collect(),
            });
        }
        self.advance()
    }

    /// The model's answer to the unchanged picture, once it is known.
    pub(super) fn clean(&self) -> Option<&Segmentation> {
        self.outcomes.first().map(|outcome| &outcome.segmentation)
    }

    /// What a search lowers: the loss and, where candidates are chosen for pooled metrics later, the sample's pixel AUROC. A sample
    /// that has none has the loss twice; a candidate that has lost it is as good for the model as any.
    fn losses(&self, loss: f64, sample_auroc: Option<f64>) -> [f64; 2] {
        let clean = self.outcomes.first().and_then(|clean| clean.candidates.first());
        let has_auroc = clean.is_some_and(|clean| clean.sample_auroc.is_some());
        [loss, if has_auroc { sample_auroc.unwrap_or(1.0) } else { loss }]
    }

    fn losses_of(&self, outcome: &WorstCase) -> [f64; 2] {
        let same = |kept: &&KeptCandidate| kept.perturbation == outcome.perturbation;
        let kept = outcome.candidates.iter().find(same);
        self.losses(outcome.loss, kept.and_then(|kept| kept.sample_auroc))
    }

    pub(super) fn finished(&self) -> bool {
        self.started && self.current.is_none() && !self.outcomes.is_empty()
    }

    pub(super) fn into_outcomes(self) -> Vec<WorstCase> {
        self.outcomes
    }

    /// Asks the current search for more, and goes on to the next attack when it has no more.
    fn advance(&mut self) -> Result<()> {
        loop {
            if let Some(search) = &mut self.current {
                if search.starts.is_empty() {
                    search.asked = search.strategy.ask(usize::MAX);
                    search.detail = search.strategy.detail();
                } else {
                    search.asked = std::mem::take(&mut search.starts);
                }
                search.losses.clear();
                search.next = 0;
                if !search.asked.is_empty() {
                    return Ok(());
                }
            }
            self.outcomes.extend(self.current.take().map(|mut search| {
                // A strategy that has seen the unchanged picture alone has no idea of what a search would find.
                let searched = search.best.evaluations + search.best.coarse > 1;
                let expected_gain = if searched { search.strategy.expected_gain() } else { None };
                WorstCase { expected_gain, ..search.best }
            }));
            match self.waiting.pop_front() {
                Some(attack) => self.current = Some(self.begin(attack)?),
                None => return Ok(()),
            }
        }
    }

    /// Begins an attack from identity and from what earlier attacks found on its axes, so that it is never weaker than they.
    fn begin(&self, attack: Attack) -> Result<Search> {
        let axes = self.settings.axes_of(attack);
        let remaining = self.settings.searched(attack) - 1;
        let seed = derive_seed(self.settings.seed, &format!("{}/{attack}", self.name));
        let space = space_of(self.settings, attack)?;
        let known: Vec<&WorstCase> = self
            .outcomes
            .iter()
            .filter(|outcome| self.settings.axes_of(outcome.attack).iter().all(|axis| axes.contains(axis)))
            .collect();
        let points: Vec<Vec<f64>> =
            known.iter().map(|outcome| to_point(axes, &outcome.perturbation)).collect();
        let starts = self.starts_of(attack, &points, remaining);
        let mut strategy =
            self.settings.search.build(&space, remaining - starts.len(), seed, self.coarse_cost);
        let losses: Vec<[f64; 2]> = known.iter().map(|outcome| self.losses_of(outcome)).collect();
        strategy.tell_both(&points, &losses);
        let mut best = known[0];
        for outcome in &known[1..] {
            if best.yields_to(outcome.rank, outcome.loss) {
                best = outcome;
            }
        }
        let trace = known[0].trace.clone();
        // Candidates of one axis have been kept for their loss or sample AUROC already; what is among them twice does no harm.
        let mut candidates = known[0].candidates.clone();
        candidates.extend(known[1..].iter().flat_map(|outcome| outcome.candidates.iter().skip(1).cloned()));
        trim(&mut candidates, self.settings.candidates());
        let best = WorstCase {
            attack,
            evaluations: 1,
            coarse: 0,
            expected_gain: None,
            trace,
            candidates,
            ..best.clone()
        };
        let (asked, losses) = (Vec::new(), Vec::new());
        Ok(Search { strategy, detail: Detail::Full, best, starts, asked, losses, next: 0 })
    }

    /// The points that an attack evaluates first, of which the search knows none yet: at most half of its evaluations. A scan in even steps
    /// has none: it would be no such scan any more, and passes close to them.
    fn starts_of(&self, attack: Attack, known: &[Vec<f64>], evaluations: usize) -> Vec<Vec<f64>> {
        let scans = [search::Kind::Grid, search::Kind::Exhaustive].map(search::Kind::name);
        if scans.contains(&self.settings.strategy_of(attack)) {
            return Vec::new();
        }
        let axes = self.settings.axes_of(attack);
        let given = self.starts.iter().filter(|(of, _)| *of == attack).flat_map(|(_, starts)| starts);
        let mut points: Vec<Vec<f64>> = Vec::new();
        for point in given.map(|start| to_point(axes, start)) {
            if !known.contains(&point) && !points.contains(&point) {
                points.push(point);
            }
        }
        points.truncate(evaluations / 2);
        points
    }
}

/// The space that an attack searches: its axes within their bounds.
///
/// # Errors
/// The attack has no axes, or its bounds make no box.
pub(super) fn space_of(settings: &Settings, attack: Attack) -> Result<Space> {
    let axes = settings.axes_of(attack);
    match axes {
        // The unchanged picture is known.
        &[axis] if axis.is_list() && settings.bounds.get(axis).high > 0.0 => {
            let mut others = settings.bounds.values(axis).unwrap_or_default();
            others.retain(|&value| value != 0.0);
            let (low, high) = (others[0], others[others.len() - 1]);
            Ok(Space::new(vec![Dimension { low, high, circular: false }])?.with_lists(vec![Some(others)]))
        }
        _ => box_of(axes, &settings.bounds),
    }
}

/// The space of these axes within their bounds.
///
/// # Errors
/// There are no axes, or their bounds make no box.
pub(super) fn box_of(axes: &[Axis], bounds: &Bounds) -> Result<Space> {
    let dimensions = axes
        .iter()
        .map(|&axis| {
            let interval = bounds.get(axis);
            Dimension { low: interval.low, high: interval.high, circular: bounds.is_circular(axis) }
        })
        .collect();
    Ok(Space::new(dimensions)?
        .with_rough(axes.iter().map(|axis| axis.is_geometric()).collect())
        .with_lists(axes.iter().map(|&axis| bounds.values(axis)).collect()))
}

pub(super) fn to_perturbation(axes: &[Axis], point: &[f64]) -> Perturbation {
    Perturbation::of(axes.iter().copied().zip(point.iter().copied()))
}

pub(super) fn to_point(axes: &[Axis], perturbation: &Perturbation) -> Vec<f64> {
    axes.iter().map(|&axis| perturbation.get(axis)).collect()
}
