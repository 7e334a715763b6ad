use serde::{Deserialize, Serialize};

use super::goal::Goal;
use super::search_choice::SearchChoice;
use super::shares::Shares;
use crate::error::{Error, Result, at_most};
use crate::types::{Attack, Axis, Bounds, Fitting, Frame, Input, named};
use crate::{perturb, search};

/// The settings of an attack: everything that decides its numbers, and so neither batch size nor threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The attacks to run; clean is always among them, because it is the identity candidate of all the others.
    pub attacks: Vec<Attack>,
    /// The axes that the joint attack searches.
    pub axes: Vec<Axis>,
    /// The bounds of each axis.
    pub bounds: Bounds,
    /// How pictures come to the model's square input.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub fit: Fitting,
    /// Interpolation and fill of the forward rotation, zoom and shift; place and size of the glare.
    pub perturb: perturb::Resampling,
    /// The interpolation with which a map is turned back.
    #[serde(default)]
    pub map_rotation: perturb::Rotation,
    /// The frame in which metrics compare map and mask.
    pub frame: Frame,
    /// The frame in which the loss compares them; none where it is that of the metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_frame: Option<Frame>,
    /// Treatment of pixels that a rotation, zoom or shift brought in from outside the picture.
    pub border: Border,
    /// The loss that the search minimises.
    pub loss: Goal,
    /// The rule by which one of the evaluated candidates is kept as the worst.
    pub select: Select,
    /// The search strategy that finds the candidates.
    pub search: SearchChoice,
    /// Model evaluations per sample and attack, the unchanged picture included.
    pub budget: usize,
    /// Whether the budget is an average: each axis alone gets what it needs, the joint attack the rest, and evaluations go on after the
    /// searches, driven by the pooled metrics ([`Shares`]).
    #[serde(default, skip_serializing_if = "is_no")]
    pub adaptive: bool,
    /// Seed of the run; each search gets one of its own from it, the sample's name and the attack.
    pub seed: u64,
}

impl Default for Settings {
    /// The paper's axes and bounds, alone and jointly, 100 evaluations: what the command line does unless told otherwise.
    fn default() -> Self {
        Self {
            attacks: Attack::over(&Axis::PAPER),
            axes: Axis::PAPER.to_vec(),
            bounds: Bounds::default(),
            fit: Fitting::default(),
            perturb: perturb::Resampling::default(),
            map_rotation: perturb::Rotation::default(),
            frame: Frame::default(),
            loss_frame: None,
            border: Border::default(),
            loss: Goal::default(),
            select: Select::default(),
            search: SearchChoice::default(),
            budget: 100,
            adaptive: false,
            seed: 0,
        }
    }
}

impl Settings {
    /// The usual budget of the exhaustive search: 20 values of each of three axes, and the polish.
    pub const EXHAUSTIVE: usize = 8730;
    /// The most model evaluations per sample that a budget may be.
    pub const MOST_EVALUATIONS: usize = 1_000_000;
    /// The most that the exhaustive search of one axis takes: steps of a third of a degree or of 0.01 rad.
    const EXHAUSTIVE_AXIS: usize = 600;

    /// Puts axes and attacks in their order, with clean in front and no repetition.
    pub fn normalise(&mut self) {
        self.axes.sort_unstable();
        self.axes.dedup();
        self.attacks.push(Attack::Clean);
        self.attacks.sort_unstable();
        self.attacks.dedup();
    }

    /// Refuses settings that make no sense, before anything is loaded.
    ///
    /// # Errors
    /// A usage error that names the setting.
    pub fn validate(&self) -> Result<()> {
        self.bounds.validate()?;
        self.fit.validate()?;
        self.perturb.glare.validate()?;
        if self.attacks.contains(&Attack::Joint) && self.axes.is_empty() {
            return Err(Error::usage("`axes`", "leaves the joint attack nothing to search", "name an axis"));
        }
        if self.budget == 0 {
            return Err(Error::setting("budget", 0, "leaves no model evaluation", "give at least 1"));
        }
        at_most("budget", self.budget, Self::MOST_EVALUATIONS)?;
        if i64::try_from(self.seed).is_err() {
            // run.toml, which records it, has signed integers of 64 bits.
            return Err(Error::setting("seed", self.seed, "is too large", "give a seed below 2^63"));
        }
        Ok(())
    }

    /// The input of a model of that side, and how pictures are fitted to it.
    pub fn input(&self, side: usize) -> Input {
        Input { side, fitting: self.fit }
    }

    /// Whether a picture may be more than one of the model's input.
    pub fn is_tiled(&self) -> bool {
        !self.fit.is_square()
    }

    /// Whether a map of a moved picture is ever brought back: for metrics, for the loss, or because drift is measured so.
    pub fn brings_maps_back(&self) -> bool {
        let frames = [self.frame, self.loss_frame.unwrap_or(self.frame)];
        self.loss == Goal::Drift || frames.contains(&Frame::Derotated)
    }

    /// The axes that an attack searches.
    pub fn axes_of(&self, attack: Attack) -> &[Axis] {
        attack.axes(&self.axes)
    }

    /// Every axis that some attack of the run searches, or the joint one would.
    pub fn all_axes(&self) -> Vec<Axis> {
        let searched = |axis: &Axis| {
            self.axes.contains(axis) || self.attacks.iter().any(|&attack| self.axes_of(attack).contains(axis))
        };
        Axis::ALL.into_iter().filter(searched).collect()
    }

    /// Model evaluations per sample that an attack may take, the unchanged picture included: the budget, but for the exhaustive
    /// search of one axis no more than are of use there, and of a list one for each value. In an adaptive run it is the share of the attack, and for the joint one also all
    /// that the others may save.
    pub fn budget_of(&self, attack: Attack) -> usize {
        if let Some(shares) = self.shares(attack) {
            return shares.all() + if attack == Attack::Joint { self.savings() } else { 0 };
        }
        match (self.axes_of(attack), self.search) {
            ([], _) => 1,
            (&[axis], _) if axis.is_list() => self.budget.min(self.bounds.listed(axis).unwrap_or_default()),
            ([_], SearchChoice::Named(search::Kind::Exhaustive)) => self.budget.min(Self::EXHAUSTIVE_AXIS),
            _ => self.budget,
        }
    }

    /// How an adaptive run divides its budget over one attack; `None` where nothing is searched, or the run is not adaptive.
    pub fn shares(&self, attack: Attack) -> Option<Shares> {
        let axes = self.axes_of(attack);
        if !self.adaptive || axes.is_empty() {
            return None;
        }
        let all = self.attacks.iter().map(|&attack| self.axes_of(attack));
        let attacks: Vec<&[Axis]> = all.filter(|axes| !axes.is_empty()).collect();
        Some(Shares::new(self.budget.saturating_sub(1) * attacks.len(), &attacks, axes, &self.bounds))
    }

    /// What other attacks may leave to the joint one in an adaptive run, at most.
    fn savings(&self) -> usize {
        let others = self.attacks.iter().filter(|&&attack| attack != Attack::Joint);
        others.filter_map(|&attack| self.shares(attack)).map(|shares| shares.rounds).sum()
    }

    /// Evaluations of the search of an attack itself, the unchanged picture included.
    pub(crate) fn searched(&self, attack: Attack) -> usize {
        self.shares(attack).map_or_else(|| self.budget_of(attack), |shares| shares.search)
    }

    /// Name of the strategy that searches for an attack, as records have it; `none` where nothing is searched.
    pub fn strategy_of(&self, attack: Attack) -> &'static str {
        match self.axes_of(attack) {
            [] => "none",
            [axis] if axis.is_list() => search::Kind::Grid.name(),
            _ if self.adaptive => "adaptive",
            axes => self.search.strategy(axes.len()),
        }
    }

    /// Candidates that a search keeps by each of loss and sample AUROC, for metrics to choose from: more where they stand for all that
    /// there are.
    pub(crate) fn candidates(&self) -> usize {
        match self.search {
            SearchChoice::Named(search::Kind::Exhaustive) => 256,
            _ => 32,
        }
    }

    /// Model calls (in pictures) that the searches of one sample cost, and the unchanged picture.
    pub fn evaluations_per_sample(&self) -> usize {
        1 + self.attacks.iter().map(|&attack| self.searched(attack) - 1).sum::<usize>()
    }
}

fn is_usual(fit: &Fitting) -> bool {
    *fit == Fitting::default()
}

fn is_no(flag: &bool) -> bool {
    !flag
}

/// Treatment of the border: the pixels of a map that lie outside the moved picture, once the map has been brought back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Border {
    /// Border pixels count, with an anomaly score of zero (the paper).
    #[default]
    Zeros,
    /// Border pixels count in no metric and no loss.
    Ignore,
}

named!(Border, "a treatment of the border", { Zeros = "zeros", Ignore = "ignore" });

/// The rule that makes one candidate of a search its worst case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Select {
    /// The candidate of lowest loss.
    Loss,
    /// The candidate of lowest pixel AUROC of the sample, the loss deciding between equals; of a normal sample the one of lowest
    /// loss (the authors' code). A candidate whose ground truth a rotation has carried out of the picture has no AUROC and is
    /// not kept.
    SampleAuroc,
    /// The candidate of lowest loss in the search; once all searches are done, by each of pixel AUROC and AUPRO the one that lowers
    /// what is pooled over the sample's category most ([`Chooser`](super::Chooser)). The worst case of a category is then never above
    /// the unchanged pictures, nor that of an attack above those on fewer of its axes. The choice depends on which samples are in the
    /// run.
    #[default]
    Pooled,
}

named!(Select, "a way to choose the worst case", {
    Loss = "loss",
    SampleAuroc = "sample-auroc",
    Pooled = "pooled",
});
