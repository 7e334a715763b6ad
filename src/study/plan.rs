//! What a study does: built, checked once, written and read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::group_by::GroupBy;
use crate::attack::{Border, Goal, Preset, SearchChoice, Select, Settings};
use crate::metric::{MetricOptions, ThresholdRule};
use crate::perturb::{self, Fill, Rotation};
use crate::types::{Attack, Axis, Bounds, Fitting, Frame, Glare, Interval, Shard, named};

/// The kind of a study: names its records and its progress, and a run goes on under the same one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Command {
    /// Metrics of the unchanged pictures.
    Eval,
    /// The worst case of each sample.
    Attack,
    /// One perturbation for all samples, over a range.
    Sweep,
    /// All of them on generated parts.
    Demo,
    /// Worst cases of another run under other models.
    Replay,
}

impl Command {
    /// Name as records and progress have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eval => "eval",
            Self::Attack => "attack",
            Self::Sweep => "sweep",
            Self::Demo => "demo",
            Self::Replay => "replay",
        }
    }
}

/// Uniform sweeps: every sample under one perturbation, for evenly spaced values of each axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// The axes, one after the other.
    pub axes: Vec<Axis>,
    /// Values on each, at least 2.
    pub steps: usize,
}

/// A scan for the value of each axis from which on the decision about a sample flips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// The axes, each by itself.
    pub axes: Vec<Axis>,
    /// Image score above which a sample is called anomalous; chosen for each category where none is given.
    pub decision: Option<f64>,
    /// Even steps of the scan on each side of 0; the one with the flip is then halved six times.
    #[serde(default = "Tolerance::default_steps")]
    pub steps: usize,
}

impl Tolerance {
    /// The steps of a scan unless told otherwise: 3 degrees, 0.105 rad or 0.017 of saturation with the usual bounds.
    pub const STEPS: usize = 30;

    const fn default_steps() -> usize {
        Self::STEPS
    }
}

/// Evaluations of each sample under perturbations drawn from the box, which tell the average case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Random {
    /// Draws of each sample.
    pub draws: usize,
    /// Image score above which a sample is called anomalous; chosen for each category where none is given.
    pub decision: Option<f64>,
    /// Share of the box outside of which metrics are certified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certify: Option<f64>,
}

impl Random {
    /// The most draws of a sample: their answers are pooled in memory, category by category.
    pub const MOST: usize = 10_000;
    /// Confidence of the interval of flips, and of what is certified.
    pub const CONFIDENCE: f64 = 0.95;
}

/// Where one decides: how thresholds are chosen, which groups have rows, and what these are held against.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Points {
    /// The rule by which the thresholds of a category are chosen.
    #[serde(default)]
    pub threshold: ThresholdRule,
    /// The condition that others are compared with; the one called regular, same or test0 where none is named and there is one of that
    /// name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Columns of the data whose values are groups as conditions are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<GroupBy>,
}

impl Points {
    pub(super) fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Worst cases that another run has found, evaluated under other models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// The model that they were found under.
    pub found_under: String,
    /// SHA-256 of the rows that tell them, lower-case hexadecimal.
    pub rows_sha256: String,
    /// Whether all candidates that the run kept are evaluated, and one of each sample is chosen anew.
    pub all: bool,
}

/// A search for the one perturbation that hurts many samples together most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uniform {
    /// Which samples share a perturbation; all scopes are served by the same evaluations.
    pub scopes: Vec<Scope>,
    /// Perturbations tried for each attack, the identity included; each is a model evaluation of every sample.
    pub budget: usize,
}

/// Whose samples share one perturbation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scope {
    /// Those of each category.
    Category,
    /// Those of all categories.
    Dataset,
}

named!(Scope, "a scope", { Category = "category", Dataset = "dataset" });

/// What to do with data and models. Made by [`Plan::eval`], [`Plan::attack`] or [`Plan::sweep`] and the methods that change one
/// setting each; nothing is refused before [`Plan::check`].
///
/// ```
/// use askance::study::Plan;
/// use askance::types::{Attack, Axis};
///
/// let plan = Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(50).seed(3);
/// let checked = plan.check()?;
/// let attacks = [Attack::Clean, Attack::Single(Axis::Angle), Attack::Single(Axis::Hue), Attack::Joint];
/// assert_eq!(checked.settings().attacks, attacks);
/// # Ok::<(), askance::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub(super) command: Command,
    /// None: those over the axes ([`Attack::over`]).
    pub(super) attacks: Option<Vec<Attack>>,
    pub(super) axes: Vec<Axis>,
    pub(super) bounds: Bounds,
    /// Axes whose bounds were given one by one.
    #[serde(default)]
    pub(super) bounded: Vec<Axis>,
    /// Settings that were given one by one and are for axes that move pixels.
    #[serde(default)]
    pub(super) of_moves: Vec<String>,
    /// Settings that were given one by one and are for the glare.
    #[serde(default)]
    pub(super) of_glare: Vec<String>,
    /// Settings that were given one by one and are for searches.
    #[serde(default)]
    pub(super) of_searches: Vec<String>,
    /// The protocol that the other settings began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) preset: Option<Preset>,
    /// None: the preset's, or that of the models, or squeezed.
    #[serde(default)]
    pub(super) fit: Option<Fitting>,
    pub(super) perturb: perturb::Resampling,
    #[serde(default)]
    pub(super) map_rotation: Rotation,
    pub(super) frame: Frame,
    /// None: that of the metrics.
    #[serde(default)]
    pub(super) loss_frame: Option<Frame>,
    pub(super) border: Border,
    /// None: contrast, or drift where the data have no masks.
    pub(super) loss: Option<Goal>,
    pub(super) select: Option<Select>,
    pub(super) search: SearchChoice,
    /// None: 100, and as many as it can use for the exhaustive search.
    pub(super) budget: Option<usize>,
    #[serde(default)]
    pub(super) adaptive: bool,
    /// Folder of the run whose worst cases are tried first.
    #[serde(default)]
    pub(super) start_from: Option<PathBuf>,
    pub(super) seed: u64,
    /// None: the usual ones.
    #[serde(default)]
    pub(super) metric: Option<MetricOptions>,
    pub(super) sweep: Option<Sweep>,
    #[serde(default, skip_serializing_if = "Points::is_usual")]
    pub(super) points: Points,
    /// No axes: those of the plan.
    pub(super) tolerance: Option<Vec<Axis>>,
    pub(super) decision: Option<f64>,
    /// None: [`Tolerance::STEPS`].
    #[serde(default)]
    pub(super) tolerance_steps: Option<usize>,
    pub(super) uniform: Option<Uniform>,
    /// Draws of each sample.
    #[serde(default)]
    pub(super) random: Option<usize>,
    #[serde(default)]
    pub(super) certify: Option<f64>,
    pub(super) shard: Option<Shard>,
    pub(super) save_maps: bool,
    pub(super) keep_traces: bool,
    #[serde(skip)]
    pub(super) origin: Origin,
}

/// What started a study, for its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The command line; empty for a program of one's own.
    pub command: String,
    /// The commit of this project that the program was built from, where that is known.
    pub commit: Option<String>,
    /// Variables of a scheduler that said which shard to work on, with their values; none where nothing was read from them.
    pub shard_from: Option<String>,
}

impl Plan {
    fn of(command: Command, attacks: Option<Vec<Attack>>) -> Self {
        let Settings { axes, bounds, perturb, map_rotation, frame, loss_frame, border, search, seed, .. } =
            Settings::default();
        Self {
            command,
            attacks,
            axes,
            bounds,
            bounded: Vec::new(),
            of_moves: Vec::new(),
            of_glare: Vec::new(),
            of_searches: Vec::new(),
            preset: None,
            fit: None,
            perturb,
            map_rotation,
            frame,
            loss_frame,
            border,
            loss: None,
            select: None,
            search,
            budget: None,
            adaptive: false,
            start_from: None,
            seed,
            metric: None,
            sweep: None,
            points: Points::default(),
            tolerance: None,
            decision: None,
            tolerance_steps: None,
            uniform: None,
            random: None,
            certify: None,
            shard: None,
            save_maps: false,
            keep_traces: false,
            origin: Origin::default(),
        }
    }

    /// Metrics of the unchanged pictures.
    pub fn eval() -> Self {
        Self { budget: Some(1), ..Self::of(Command::Eval, Some(vec![Attack::Clean])) }
    }

    /// The worst case of each sample: each axis alone and all of them jointly, the paper's three where no others are named.
    pub fn attack() -> Self {
        Self::of(Command::Attack, None)
    }

    /// Every sample under one perturbation, for `steps` values on each of these axes.
    pub fn sweep(axes: impl IntoIterator<Item = Axis>, steps: usize) -> Self {
        let axes: Vec<Axis> = axes.into_iter().collect();
        let none = Self::of(Command::Sweep, Some(Vec::new()));
        let plan = Self { axes: axes.clone(), budget: Some(1), ..none };
        plan.and_sweep(axes, steps)
    }

    /// The same attacks and a sweep after them, under the name of a demonstration.
    #[must_use]
    pub fn demo(self, axes: impl IntoIterator<Item = Axis>, steps: usize) -> Self {
        Self { command: Command::Demo, ..self }.and_sweep(axes.into_iter().collect(), steps)
    }

    fn and_sweep(self, axes: Vec<Axis>, steps: usize) -> Self {
        Self { sweep: Some(Sweep { axes, steps }), ..self }
    }

    /// What a published protocol says of bounds, perturbation, the way back, frames, border and selection.
    #[must_use]
    pub fn preset(self, preset: Preset) -> Self {
        let Settings { bounds, fit, perturb, map_rotation, frame, loss_frame, border, select, .. } =
            preset.settings();
        let (fit, select) = (Some(fit), Some(select));
        // No protocol has a glare.
        let perturb = perturb::Resampling { glare: self.perturb.glare, ..perturb };
        let preset = Some(preset);
        Self { preset, bounds, fit, perturb, map_rotation, frame, loss_frame, border, select, ..self }
    }

    /// These axes, each attacked alone and all jointly.
    #[must_use]
    pub fn axes(self, axes: impl IntoIterator<Item = Axis>) -> Self {
        Self { axes: axes.into_iter().collect(), ..self }
    }

    /// Only these attacks, and the clean evaluation, which is always made.
    #[must_use]
    pub fn attacks(self, attacks: impl IntoIterator<Item = Attack>) -> Self {
        Self { attacks: Some(attacks.into_iter().collect()), ..self }
    }

    /// How far one axis may go, in its unit. Refused where nothing that the plan does takes that axis.
    #[must_use]
    pub fn bounds(self, axis: Axis, interval: Interval) -> Self {
        let bounded = self.bounded.into_iter().chain([axis]).collect();
        Self { bounds: self.bounds.with(axis, interval), bounded, ..self }
    }

    /// Only these values of an axis that is a list, and 0, which is always among them. Refused where nothing that the plan does takes that
    /// axis.
    #[must_use]
    pub fn values(self, axis: Axis, values: &[f64]) -> Self {
        let bounded = self.bounded.into_iter().chain([axis]).collect();
        Self { bounds: self.bounds.with_values(axis, values), bounded, ..self }
    }

    fn of_move(mut self, setting: &str) -> Self {
        self.of_moves.push(setting.to_owned());
        self
    }

    fn of_search(mut self, setting: &str) -> Self {
        self.of_searches.push(setting.to_owned());
        self
    }

    /// How pictures that are not square come to the model's square input, whatever the models' manifests say.
    #[must_use]
    pub fn fit(self, fit: Fitting) -> Self {
        Self { fit: Some(fit), ..self }
    }

    /// Interpolation of the rotation. Refused where nothing is turned.
    #[must_use]
    pub fn rotation(self, rotation: Rotation) -> Self {
        let this = self.of_move("rotation");
        Self { perturb: perturb::Resampling { rotation, ..this.perturb }, ..this }
    }

    /// What a rotation, zoom or shift brings in from outside the picture. Refused where nothing is moved.
    #[must_use]
    pub fn fill(self, fill: Fill) -> Self {
        let this = self.of_move("fill");
        Self { perturb: perturb::Resampling { fill, ..this.perturb }, ..this }
    }

    /// Where a glare lies: the place of its centre as shares of width and height, 0 to 1. Refused where nothing changes the axis glare.
    #[must_use]
    pub fn glare_at(self, x: f64, y: f64) -> Self {
        let glare = Glare { x, y, ..self.perturb.glare };
        self.of_glare("glare_at", glare)
    }

    /// How large a glare is: its standard deviation in widths of the picture. Refused where nothing changes the axis glare.
    #[must_use]
    pub fn glare_size(self, size: f64) -> Self {
        let glare = Glare { size, ..self.perturb.glare };
        self.of_glare("glare_size", glare)
    }

    fn of_glare(mut self, setting: &str, glare: Glare) -> Self {
        self.of_glare.push(setting.to_owned());
        Self { perturb: perturb::Resampling { glare, ..self.perturb }, ..self }
    }

    /// Interpolation with which maps are turned back. Refused where nothing is turned, or no map is brought back.
    #[must_use]
    pub fn map_rotation(self, map_rotation: Rotation) -> Self {
        Self { map_rotation, ..self.of_move("map_rotation") }
    }

    /// Where map and mask meet, for metrics and, unless [`Self::loss_frame`] says otherwise, for the loss. Refused where nothing is
    /// moved.
    #[must_use]
    pub fn frame(self, frame: Frame) -> Self {
        Self { frame, ..self.of_move("frame") }
    }

    /// Where map and mask meet for the loss, if elsewhere than for metrics. Refused where nothing is searched or moved, and with a loss
    /// that needs no mask.
    #[must_use]
    pub fn loss_frame(self, frame: Frame) -> Self {
        Self { loss_frame: Some(frame), ..self.of_search("loss_frame").of_move("loss_frame") }
    }

    /// What becomes of map pixels from outside the moved picture. Refused where nothing is moved.
    #[must_use]
    pub fn border(self, border: Border) -> Self {
        Self { border, ..self.of_move("border") }
    }

    /// What the search minimises. Where the data have no masks, a loss that needs them is refused. Refused where nothing is searched.
    #[must_use]
    pub fn loss(self, loss: impl Into<Goal>) -> Self {
        Self { loss: Some(loss.into()), ..self.of_search("loss") }
    }

    /// Which candidate of a search is kept. Refused where nothing is searched.
    #[must_use]
    pub fn select(self, select: Select) -> Self {
        Self { select: Some(select), ..self.of_search("select") }
    }

    /// How candidates are found. Refused where nothing is searched.
    #[must_use]
    pub fn search(self, search: SearchChoice) -> Self {
        Self { search, ..self.of_search("search") }
    }

    /// Model evaluations per sample and attack, the unchanged picture included. Refused where nothing is searched.
    #[must_use]
    pub fn budget(self, budget: usize) -> Self {
        Self { budget: Some(budget), ..self.of_search("budget") }
    }

    /// Takes the budget for an average over attacks, spent where it lowers the pooled metrics. Refused where nothing is searched, for a
    /// part of the samples, and with what does not follow these metrics: another search, selection or drift.
    #[must_use]
    pub fn adaptive(self) -> Self {
        Self { adaptive: true, ..self.of_search("adaptive") }
    }

    /// Tries first, within the budget, what another run found for the same samples and attacks, under whatever model. Refused where
    /// nothing is searched.
    #[must_use]
    pub fn start_from(self, run: impl Into<PathBuf>) -> Self {
        Self { start_from: Some(run.into()), ..self.of_search("start_from") }
    }

    /// Seed of the searches. Refused where nothing is searched.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self.of_search("seed") }
    }

    /// How metrics are computed. Refused where the data have no masks.
    #[must_use]
    pub fn metric(self, metric: MetricOptions) -> Self {
        Self { metric: Some(metric), ..self }
    }

    /// How the thresholds are chosen at which decisions are counted ([`OperatingRow`](crate::record::OperatingRow)).
    #[must_use]
    pub fn threshold(self, threshold: ThresholdRule) -> Self {
        Self { points: Points { threshold, ..self.points }, ..self }
    }

    /// The condition that all others are compared with; unless named the one called regular, same or test0, as data sets call that of
    /// their training pictures.
    #[must_use]
    pub fn reference_condition(self, condition: impl Into<String>) -> Self {
        Self { points: Points { reference: Some(condition.into()), ..self.points }, ..self }
    }

    /// Also rows for the pictures of each value of these columns of the data, as for each condition. Refused where the data have no such
    /// column.
    #[must_use]
    pub fn group_by(self, columns: impl IntoIterator<Item = GroupBy>) -> Self {
        Self { points: Points { group_by: columns.into_iter().collect(), ..self.points }, ..self }
    }

    /// Also from which value of these axes on decisions flip; of the plan's axes where none is named.
    #[must_use]
    pub fn tolerance(self, axes: impl IntoIterator<Item = Axis>) -> Self {
        Self { tolerance: Some(axes.into_iter().collect()), ..self }
    }

    /// Even steps of the tolerance's scan on each side of 0, [`Tolerance::STEPS`] unless given.
    #[must_use]
    pub fn tolerance_steps(self, steps: usize) -> Self {
        Self { tolerance_steps: Some(steps), ..self }
    }

    /// Image score above which a sample is called anomalous, for the tolerance and the average case.
    #[must_use]
    pub fn decision(self, threshold: f64) -> Self {
        Self { decision: Some(threshold), ..self }
    }

    /// Also the one perturbation that hurts many samples together most.
    #[must_use]
    pub fn uniform(self, uniform: Uniform) -> Self {
        Self { uniform: Some(uniform), ..self }
    }

    /// Also the average case: what so many perturbations do that are drawn evenly from the box for each sample, all axes of the joint
    /// attack together, or those of all attacks where it is not made.
    #[must_use]
    pub fn random(self, draws: usize) -> Self {
        Self { random: Some(draws), ..self }
    }

    /// Metrics that at most this share of the box lies below, with 95 % confidence, from the random draws. Refused where these are too few.
    #[must_use]
    pub fn certify(self, share: f64) -> Self {
        Self { certify: Some(share), ..self }
    }

    /// Only one part of the samples of each category.
    #[must_use]
    pub fn shard(self, shard: Shard) -> Self {
        Self { shard: Some(shard), ..self }
    }

    /// Whether each map is written at evaluation size.
    #[must_use]
    pub fn save_maps(self, save_maps: bool) -> Self {
        Self { save_maps, ..self }
    }

    /// Whether every evaluation of every search is kept.
    #[must_use]
    pub fn keep_traces(self, keep_traces: bool) -> Self {
        Self { keep_traces, ..self }
    }

    /// How metrics are computed.
    pub(super) fn metric_options(&self) -> MetricOptions {
        self.metric.unwrap_or_default()
    }

    /// What records say of the program that started the study.
    #[must_use]
    pub fn origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_written_and_read() {
        let plan = Plan::attack()
            .preset(Preset::Authors)
            .bounds(Axis::Hue, Interval { low: -1.0, high: 1.0 })
            .glare_at(0.25, 1.0)
            .glare_size(0.3)
            .tolerance([])
            .decision(0.5)
            .loss(Goal::Drift)
            .uniform(Uniform { scopes: vec![Scope::Dataset], budget: 5 })
            .random(20)
            .shard("1/2".parse().unwrap());
        let text = toml::to_string(&plan).unwrap();
        assert_eq!(toml::from_str::<Plan>(&text).unwrap(), plan);
        assert_eq!(serde_json::from_str::<Plan>(&serde_json::to_string(&plan).unwrap()).unwrap(), plan);
    }
}
