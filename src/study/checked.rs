//! A plan that was checked, and what it becomes on data without masks.

use super::data::Data;
use super::models::Models;
use super::plan::{Command, Plan, Random, Tolerance, Uniform};
use super::settings::{RunSettings, Work};
use super::unused::{refuse_metric, refuse_points, refuse_unused};
use crate::attack::{Goal, SearchChoice, Select, Settings, sweep_values};
use crate::error::{Error, Result, at_most};
use crate::search;
use crate::stats;
use crate::types::{Attack, Axis, Frame};

/// The most steps of a tolerance's scan: more than a picture has grey levels or a turn has tenths of a degree.
const MOST_STEPS: usize = 10_000;

/// A plan that makes sense: the one thing that runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub(super) plan: Plan,
    settings: Settings,
}

impl Plan {
    /// Refuses what makes no sense whatever the data and models are. Only a checked plan runs.
    ///
    /// # Errors
    /// A usage error that names the setting.
    pub fn check(self) -> Result<Checked> {
        Checked::new(self)
    }
}

impl Checked {
    fn new(plan: Plan) -> Result<Self> {
        let settings = settings(&plan);
        settings.validate()?;
        plan.metric_options().validate()?;
        for &axis in plan.sweep.iter().flat_map(|sweep| &sweep.axes) {
            sweep_values(&settings.bounds, axis, plan.sweep.as_ref().map_or(0, |sweep| sweep.steps))?;
        }
        if let Some(decision) = plan.decision.filter(|decision| !decision.is_finite()) {
            return Err(Error::usage(decision_setting(decision), "is not finite", "give a number"));
        }
        if let Some(axes) = &plan.tolerance {
            refuse_scan_of_list(if axes.is_empty() { &plan.axes } else { axes }, axes.is_empty())?;
        }
        if let Some(steps) = plan.tolerance_steps.filter(|steps| !(1..=MOST_STEPS).contains(steps)) {
            let fix = format!("give 1 to {MOST_STEPS}");
            return Err(Error::setting("tolerance_steps", steps, "is out of range", fix));
        }
        if plan.shard.is_some() && plan.sweep.is_some() {
            return Err(refused_with_shard("`sweep`"));
        }
        if settings.attacks.is_empty() {
            refuse_what_needs_attacks(&plan)?;
        }
        if settings.adaptive {
            refuse_with_adaptive(&plan, &settings)?;
        }
        let might_scan = plan.command == Command::Attack || plan.tolerance.is_some();
        refuse_unused(&plan, &settings, if might_scan { &plan.axes } else { &[] })?;
        refuse_taken_name(plan.search)?;
        if let Some(uniform) = &plan.uniform {
            refuse_empty_search(uniform)?;
        }
        if let Some(draws) = plan.random {
            if draws == 0 {
                return Err(Error::setting("random", 0, "draws nothing", "give at least 1"));
            }
            at_most("random", draws, Random::MOST)?;
        }
        if let Some(share) = plan.certify {
            refuse_uncertain(share, plan.random)?;
        }
        let checked = Self { plan, settings };
        if checked.settings.loss == Goal::Drift && checked.plan.uniform.is_some() {
            return Err(Error::usage(
                "`uniform`",
                "lowers metrics, and `loss = drift` is for what has none",
                "use another `loss`, or leave one of the two out",
            ));
        }
        Ok(checked)
    }

    /// What decides the numbers of its attacks, on data with ground truth.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The kind of the study.
    pub fn command(&self) -> Command {
        self.plan.command
    }

    /// Whether all samples are worked on; a shard has no metrics and no figures.
    pub fn is_whole(&self) -> bool {
        self.plan.shard.is_none()
    }

    /// Whether the plan can be carried out on these data: what it needs and they do not have is an error, found before a model is
    /// loaded.
    ///
    /// # Errors
    /// A usage error that names the setting, and what to use instead.
    pub fn suits(&self, data: &Data) -> Result<()> {
        self.work(data).map(drop)
    }

    /// What is done with the samples of these data.
    pub(super) fn work(&self, data: &Data) -> Result<Work> {
        let Plan { sweep, uniform, random, decision, tolerance, .. } = &self.plan;
        let mut work = Work {
            settings: self.settings.clone(),
            sweep: sweep.clone(),
            tolerance: tolerance.as_deref().map(|axes| self.tolerance(axes)),
            uniform: uniform.clone(),
            random: random.map(|draws| Random { draws, decision: *decision, certify: self.plan.certify }),
            replay: None,
            start_from_sha256: None,
        };
        refuse_points(&self.plan.points, data)?;
        if !data.has_masks() {
            refuse_metric(&self.plan)?;
            self.suit_unmasked(&mut work, data.is_labelled())?;
        }
        refuse_unused(
            &self.plan,
            &self.settings,
            work.tolerance.as_ref().map_or(&[][..], |tolerance| &tolerance.axes),
        )?;
        let steps = self.plan.tolerance_steps.map(|steps| format!("`tolerance_steps = {steps}`"));
        match (decision.map(decision_setting), steps) {
            (Some(setting), _) if work.tolerance.is_none() && work.random.is_none() => Err(Error::usage(
                setting,
                "is used for the tolerance and for random draws only, and neither was asked for",
                "add `tolerance` or `random`",
            )),
            (_, Some(setting)) if work.tolerance.is_none() => Err(Error::usage(
                setting,
                "is used for the tolerance only, which was not asked for",
                "add `tolerance`",
            )),
            _ => Ok(work),
        }
    }

    fn tolerance(&self, axes: &[Axis]) -> Tolerance {
        let axes = if axes.is_empty() { &self.plan.axes } else { axes };
        let steps = self.plan.tolerance_steps.unwrap_or(Tolerance::STEPS);
        // No value of a list is further from 0 than another.
        let axes = axes.iter().copied().filter(|axis| !axis.is_list()).collect();
        Tolerance { axes, decision: self.plan.decision, steps }
    }

    /// Lets the work do without masks: drift is the loss, and without labels an attack tells how stable the answers are. What the user
    /// asked for and cannot be had is an error.
    fn suit_unmasked(&self, work: &mut Work, labelled: bool) -> Result<()> {
        let (select, frame) = (self.plan.select, work.settings.frame);
        let chosen = self.plan.loss.filter(|loss| loss.needs_truth());
        let refused = [
            (
                work.sweep.is_some(),
                "sweep".to_owned(),
                "use askance attack, which tells how far the answers move",
            ),
            (
                chosen.is_some(),
                chosen.map_or_else(String::new, |loss| format!("`loss = {loss}`")),
                "use `loss = drift`, or leave it out",
            ),
            (
                select == Some(Select::SampleAuroc),
                "`select = sample-auroc`".to_owned(),
                "use `select = loss` (with `preset = authors` too)",
            ),
            (select == Some(Select::Pooled), "`select = pooled`".to_owned(), "use `select = loss`"),
            (work.settings.adaptive, "`adaptive`".to_owned(), "leave it out"),
            (work.uniform.is_some(), "`uniform`".to_owned(), "leave it out"),
            (
                frame == Frame::RotatedMask,
                "`frame = rotated-mask`".to_owned(),
                "use `frame = derotated` (with `preset = authors` too)",
            ),
        ];
        let refused = refused.into_iter().chain([(
            self.plan.of_moves.iter().any(|setting| setting == "loss_frame"),
            "`loss_frame`".to_owned(),
            "leave it out",
        )]);
        if let Some((_, setting, fix)) = refused.into_iter().find(|(asked, ..)| *asked) {
            let problem = if labelled {
                "needs masks, and these data have image labels only"
            } else {
                "needs ground truth, and these data are read without any"
            };
            return Err(Error::usage(setting, problem, fix));
        }
        (work.settings.loss, work.settings.loss_frame, work.settings.select) =
            (Goal::Drift, None, Select::Loss);
        if !labelled && self.plan.command == Command::Attack && work.tolerance.is_none() {
            work.tolerance = Some(self.tolerance(&[]));
        }
        Ok(())
    }

    /// What `run.toml` says of a run of this plan.
    pub(super) fn recorded(&self, work: Work, models: &Models) -> RunSettings {
        let text = models.text.clone();
        RunSettings {
            command: self.plan.command,
            prompts: text.prompts,
            temperature: text.temperature,
            underscores_to_spaces: text.underscores_to_spaces,
            stride: text.stride,
            metric: self.plan.metric_options(),
            points: self.plan.points.clone(),
            shard: self.plan.shard,
            work,
        }
    }
}

/// Refuses a share that cannot be certified with so many draws.
fn refuse_uncertain(share: f64, draws: Option<usize>) -> Result<()> {
    if !(share > 0.0 && share <= 0.5) {
        let fix = "give a share of the box above 0 and up to 0.5, such as 0.01";
        return Err(Error::setting("certify", share, "is no share that can be certified", fix));
    }
    let needed = stats::tolerance_draws(share, Random::CONFIDENCE);
    let draws = draws.unwrap_or(0);
    if draws < needed {
        let problem = format!("takes {needed} random draws of each sample, and there are {draws}");
        return Err(Error::setting(
            "certify",
            share,
            problem,
            format!("give `random = {needed}` or more, or a larger share"),
        ));
    }
    Ok(())
}

fn settings(plan: &Plan) -> Settings {
    let exhaustive = plan.search == SearchChoice::Named(search::Kind::Exhaustive);
    let default = if exhaustive { Settings::EXHAUSTIVE } else { Settings::default().budget };
    let mut settings = Settings {
        attacks: plan.attacks.clone().unwrap_or_else(|| Attack::over(&plan.axes)),
        axes: plan.axes.clone(),
        bounds: plan.bounds,
        fit: plan.fit.unwrap_or_default(),
        perturb: plan.perturb,
        map_rotation: plan.map_rotation,
        frame: plan.frame,
        loss_frame: plan.loss_frame.filter(|&frame| frame != plan.frame),
        border: plan.border,
        loss: plan.loss.unwrap_or_default(),
        select: plan.select.unwrap_or_default(),
        search: plan.search,
        budget: plan.budget.unwrap_or(default),
        adaptive: plan.adaptive,
        seed: plan.seed,
    };
    if !settings.attacks.is_empty() {
        settings.normalise();
    }
    settings
}

fn decision_setting(decision: f64) -> String {
    format!("`decision = {decision}`")
}

/// What comes with attacks only.
fn refuse_what_needs_attacks(plan: &Plan) -> Result<()> {
    let asked = [
        ("`tolerance`", plan.tolerance.is_some()),
        ("`uniform`", plan.uniform.is_some()),
        ("`random`", plan.random.is_some()),
        ("`save_maps`", plan.save_maps),
        ("`keep_traces`", plan.keep_traces),
    ];
    match asked.into_iter().find(|(_, asked)| *asked) {
        Some((setting, _)) => Err(Error::usage(
            setting,
            "goes with attacks, and this plan makes none",
            "leave it out, or make an attack",
        )),
        None => Ok(()),
    }
}

/// What does not go with evaluations that follow the metrics of all samples.
fn refuse_with_adaptive(plan: &Plan, settings: &Settings) -> Result<()> {
    if plan.shard.is_some() {
        return Err(refused_with_shard("`adaptive`"));
    }
    let refused = [
        (
            settings.select != Select::Pooled,
            format!("`select = {}`", settings.select),
            "chooses by each sample alone, and `adaptive` follows the metrics of all",
        ),
        (
            settings.loss == Goal::Drift,
            "`loss = drift`".to_owned(),
            "needs no masks, and `adaptive` follows metrics that do",
        ),
        (
            settings.search != SearchChoice::Auto,
            format!("`search = {}`", settings.search),
            "is one strategy, and `adaptive` has its own for each attack",
        ),
        (
            plan.keep_traces,
            "`keep_traces`".to_owned(),
            "keeps searches, and `adaptive` goes on after them; it keeps every full evaluation in candidates/ as it is",
        ),
    ];
    match refused.into_iter().find(|(asked, ..)| *asked) {
        Some((_, setting, problem)) => Err(Error::usage(setting, problem, "leave one of the two out")),
        None => Ok(()),
    }
}

/// Records tell strategies apart by their names.
fn refuse_taken_name(search: SearchChoice) -> Result<()> {
    let SearchChoice::Own(own) = search else { return Ok(()) };
    let taken = search::Kind::ALL.map(search::Kind::name);
    if taken.contains(&own.name) || ["auto", "none", "adaptive", "replay", ""].contains(&own.name) {
        return Err(Error::setting(
            "search",
            own.name,
            "is a name that records use for something else",
            "give your strategy another one",
        ));
    }
    Ok(())
}

fn refuse_empty_search(uniform: &Uniform) -> Result<()> {
    if uniform.budget == 0 {
        return Err(Error::setting("uniform_budget", 0, "leaves no evaluation", "give at least 1"));
    }
    at_most("uniform_budget", uniform.budget, Settings::MOST_EVALUATIONS)?;
    let repeated = stats::distinct(uniform.scopes.iter().copied()).len() < uniform.scopes.len();
    if uniform.scopes.is_empty() || repeated {
        return Err(Error::usage(
            "`uniform`",
            "names no scope, or one twice",
            "name category, dataset or both",
        ));
    }
    Ok(())
}

/// The refusal of what looks at all samples at once.
pub(super) fn refused_with_shard(setting: &str) -> Error {
    let fix = "leave it out, or run without `shard`";
    Error::usage(setting, "needs all samples, and `shard` is a part of them", fix)
}

/// Refuses a tolerance along a list that was asked for by name, or along nothing else.
fn refuse_scan_of_list(axes: &[Axis], is_usual: bool) -> Result<()> {
    let mut lists = axes.iter().filter(|axis| axis.is_list());
    match lists.next() {
        Some(axis) if !is_usual || axes.iter().all(|axis| axis.is_list()) => Err(Error::usage(
            "`tolerance`",
            format!(
                "cannot be told along {axis}: it is a list, of which no value is further from 0 than another"
            ),
            format!("name axes other than {axis}"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::{Border, Preset};
    use crate::metric::MetricOptions;
    use crate::perturb;
    use crate::study::plan::Scope;
    use crate::types::{Glare, Interval};

    #[test]
    fn the_exhaustive_search_gets_what_it_can_use() {
        let budget = |plan: Plan| plan.check().unwrap().settings().budget;
        let exhaustive = Plan::attack().search(SearchChoice::Named(search::Kind::Exhaustive));
        assert_eq!(budget(Plan::attack()), 100);
        assert_eq!(budget(exhaustive.clone()), Settings::EXHAUSTIVE);
        assert_eq!(budget(exhaustive.budget(40)), 40);
    }

    fn uniform(budget: usize, scopes: Vec<Scope>) -> Uniform {
        Uniform { scopes, budget }
    }

    fn own(name: &'static str) -> SearchChoice {
        let build =
            |space: &search::Space, budget, seed| search::build(search::Kind::Random, space, budget, seed);
        SearchChoice::Own(search::Own { name, build })
    }

    #[test]
    fn axes_and_attacks_are_settings_of_their_own() {
        let attacks = |plan: Plan| plan.check().unwrap().settings().attacks.clone();
        let both = [Axis::Hue, Axis::Blur];
        assert_eq!(
            attacks(Plan::attack().attacks([Attack::Joint]).axes(both)),
            [Attack::Clean, Attack::Joint]
        );
        assert_eq!(attacks(Plan::attack().axes(both)), Attack::over(&both));
        assert_eq!(attacks(Plan::eval().axes(both)), [Attack::Clean]);
    }

    #[test]
    fn a_glare_lies_where_it_is_put_whatever_else_is_said_and_only_scanned_too() {
        let glare = |plan: Plan| plan.check().unwrap().settings().perturb.glare;
        let aside = Glare { x: 0.2, y: 0.3, size: 0.05 };
        let put = |plan: Plan| plan.glare_size(0.05).glare_at(0.2, 0.3);
        assert_eq!(glare(put(Plan::attack().axes([Axis::Glare])).preset(Preset::Paper)), aside);
        assert_eq!(glare(put(Plan::sweep([Axis::Glare], 3))), aside);
        assert_eq!(glare(put(Plan::attack().tolerance([Axis::Glare]))), aside);
        assert_eq!(glare(Plan::attack().axes([Axis::Glare])), Glare::default());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_the_name_of_its_setting() {
        let upside_down = Interval { low: 10.0, high: -10.0 };
        for (plan, setting) in [
            (Plan::attack().budget(0), "`budget"),
            (
                Plan::attack().bounds(Axis::Brightness, Interval { low: -0.1, high: 0.1 }),
                "`bounds.brightness`",
            ),
            (Plan::attack().axes([Axis::Shadow]).glare_at(0.2, 0.3), "`glare_at`"),
            (Plan::sweep([Axis::Hue], 3).glare_size(0.2), "`glare_size`"),
            (Plan::attack().axes([Axis::Glare]).glare_at(0.2, f64::NAN), "`glare_at = 0.2,NaN`"),
            (Plan::sweep([Axis::Glare], 3).glare_size(0.0), "`glare_size = 0`"),
            (Plan::attack().axes([Axis::Hue]).frame(Frame::RotatedMask), "`frame`"),
            (Plan::attack().axes([Axis::Hue]).loss_frame(Frame::RotatedMask), "`loss_frame`"),
            (Plan::sweep([Axis::Angle], 3).loss_frame(Frame::RotatedMask), "`loss_frame`"),
            (Plan::attack().loss(Goal::Drift).loss_frame(Frame::RotatedMask), "`loss_frame`"),
            (Plan::attack().axes([Axis::Blur]).map_rotation(perturb::Rotation::ThreePass), "`map_rotation`"),
            (Plan::attack().axes([Axis::Scale]).map_rotation(perturb::Rotation::ThreePass), "`map_rotation`"),
            (
                Plan::attack().frame(Frame::RotatedMask).map_rotation(perturb::Rotation::ThreePass),
                "`map_rotation`",
            ),
            (Plan::attack().axes([Axis::Hue]).rotation(perturb::Rotation::ThreePass), "`rotation`"),
            (Plan::sweep([Axis::Hue], 3).fill(perturb::Fill::Zeros), "`fill`"),
            (Plan::attack().axes([Axis::Blur]).border(Border::Ignore), "`border`"),
            (
                Plan::sweep([Axis::Hue], 3).bounds(Axis::Angle, Interval { low: -1.0, high: 1.0 }),
                "`bounds.angle`",
            ),
            (Plan::attack().budget(usize::MAX), "`budget"),
            (Plan::attack().uniform(uniform(usize::MAX, vec![Scope::Category])), "`uniform_budget"),
            (Plan::sweep([Axis::Hue], usize::MAX), "steps"),
            (Plan::attack().bounds(Axis::Angle, upside_down), "bounds"),
            (Plan::attack().tolerance([]).decision(f64::NAN), "`decision"),
            (Plan::attack().tolerance([Axis::Angle, Axis::Mirror]), "`tolerance`"),
            (Plan::attack().axes([Axis::Mirror]).tolerance([]), "`tolerance`"),
            (
                Plan::attack().axes([Axis::Mirror]).bounds(Axis::Mirror, Interval { low: 0.0, high: 1.5 }),
                "`bounds.mirror",
            ),
            (Plan::sweep([Axis::Hue], 3).tolerance([]), "`tolerance`"),
            (Plan::sweep([Axis::Hue], 3).keep_traces(true), "`keep_traces`"),
            (Plan::attack().random(0), "`random"),
            (Plan::attack().random(usize::MAX), "`random"),
            (Plan::attack().attacks([Attack::Clean]).random(3), "`random`"),
            (Plan::sweep([Axis::Hue], 3).random(3), "`random`"),
            (Plan::attack().uniform(uniform(0, vec![Scope::Category])), "`uniform_budget"),
            (Plan::attack().uniform(uniform(5, Vec::new())), "`uniform`"),
            (Plan::attack().uniform(uniform(5, vec![Scope::Dataset; 2])), "`uniform`"),
            (Plan::attack().search(own("grid")), "`search = grid`"),
            (Plan::sweep([Axis::Hue], 1), "steps"),
            (Plan::attack().metric(MetricOptions { fpr_limit: 0.0, ..MetricOptions::default() }), "fpr"),
            (Plan::sweep([Axis::Hue], 3).shard("1/2".parse().unwrap()), "`sweep`"),
        ] {
            let error = plan.check().unwrap_err();
            assert!(error.subject.contains(setting), "{setting}: {error}");
        }
    }
}
