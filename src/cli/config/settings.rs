//! What decides the numbers of a run as flags. A setting that is the usual one is no flag, for a flag that changes nothing is refused;
//! nor is one that decides nothing beside what the user gave.

use askance::attack::{Goal, Settings};
use askance::error::{Error, Result};
use askance::metric::MetricOptions;
use askance::perturb::Resampling;
use askance::prompt::PromptSet;
use askance::study::{Command, Points, Random, RunSettings, Sweep, Tolerance, Uniform, Work};
use askance::types::{Attack, Axis, Bounds, Fit, Fitting, Frame, Glare, Interval};

use super::super::args::{Axes, AxisRange};
use super::words::Words;

/// Adds every setting of a record.
///
/// # Errors
/// A usage error for what a record does not hold in full and no flag gives.
pub fn add(words: &mut Words<'_>, recorded: RunSettings) -> Result<()> {
    let RunSettings {
        command,
        prompts,
        temperature,
        underscores_to_spaces,
        stride,
        metric,
        points: Points { threshold, reference, group_by },
        // A part of the work, and what is repeated is the work.
        shard: _,
        work,
    } = recorded;
    add_prompts(words, prompts.as_ref())?;
    if let Some(temperature) = temperature {
        words.add("temperature", temperature);
    }
    if underscores_to_spaces {
        words.flag("spaces");
    }
    if stride != 1 {
        words.add("stride", stride);
    }
    let MetricOptions { fpr_limit, aupro } = metric;
    let usual = MetricOptions::default();
    if fpr_limit != usual.fpr_limit {
        words.add("fpr_limit", fpr_limit);
    }
    if aupro != usual.aupro {
        words.add("aupro", aupro);
    }
    if !threshold.is_usual() {
        words.add("threshold", threshold);
    }
    // Other data have other conditions and columns, and no flag takes one away.
    if !words.is_given("data") {
        if let Some(reference) = reference {
            words.add("reference_condition", reference);
        }
        if !group_by.is_empty() {
            words.add_all("group_by", &group_by);
        }
    }
    add_work(words, command, work)
}

fn add_prompts(words: &mut Words<'_>, prompts: Option<&PromptSet>) -> Result<()> {
    let Some(prompts) = prompts.filter(|_| !words.is_given("prompts")) else { return Ok(()) };
    if PromptSet::builtin(&prompts.name).as_ref() != Some(prompts) {
        let problem = format!("has the prompt set `{}` of a file, and does not say which file", prompts.name);
        return Err(Error::usage("run.toml", problem, "give the file with `prompts`"));
    }
    if prompts.name != PromptSet::BUILTIN_NAMES[0] {
        words.add("prompts", &prompts.name);
    }
    Ok(())
}

fn add_work(words: &mut Words<'_>, command: Command, work: Work) -> Result<()> {
    let Work { settings, sweep, tolerance, uniform, random, replay, start_from_sha256 } = work;
    if replay.is_some() || sweep.is_some() != (command == Command::Sweep) {
        let problem = format!("has settings that askance {} does not have", command.name());
        return Err(Error::usage("run.toml", problem, "give a run that the command made"));
    }
    if start_from_sha256.is_some() && !words.is_given("start_from") {
        let problem = "is of a run that first tried what another had found, and does not say which run";
        return Err(Error::usage("run.toml", problem, "give its folder with `start_from`"));
    }
    let now = Now::of(words, &settings, command, (sweep.as_ref(), tolerance.as_ref()));
    let Settings {
        attacks,
        axes,
        bounds,
        fit,
        perturb,
        map_rotation,
        frame,
        loss_frame,
        border,
        loss,
        select,
        search,
        budget,
        adaptive,
        seed,
    } = settings;
    let usual = Settings::default();
    if command != Command::Eval && axes != usual.axes {
        words.add_all("axes", &axes);
    }
    let over_axes = Settings { attacks: Attack::over(&axes), ..Settings::default() };
    if command == Command::Attack && !words.is_given("axes") && attacks != normalised(over_axes).attacks {
        words.add_all("attacks", &attacks);
    }
    if let Some(Sweep { axes: _, steps }) = sweep {
        words.add("steps", steps);
    }
    add_bounds(words, &bounds, &now);
    add_fit(words, fit);
    let Resampling { rotation, fill, glare } = perturb;
    if rotation != usual.perturb.rotation && now.is_turned() {
        words.add("rotation", rotation);
    }
    if fill != usual.perturb.fill && now.is_moved() {
        words.add("fill", fill);
    }
    if now.used.contains(&Axis::Glare) {
        let Glare { x, y, size } = glare;
        let usual = Glare::default();
        if (x, y) != (usual.x, usual.y) {
            words.add("glare_at", format_args!("{x},{y}"));
        }
        if size != usual.size {
            words.add("glare_size", size);
        }
    }
    if map_rotation != usual.map_rotation && now.is_turned() && now.settings.brings_maps_back() {
        words.add("map_rotation", map_rotation);
    }
    if frame != usual.frame && now.is_moved() {
        words.add("frame", frame);
    }
    if border != usual.border && now.is_moved() {
        words.add("border", border);
    }
    // What nothing is searched with says nothing: on data without masks every run has another loss.
    if now.is_searched() {
        if let Some(frame) = loss_frame.filter(|_| now.is_moved() && now.settings.loss != Goal::Drift) {
            words.add("loss_frame", frame);
        }
        if loss != usual.loss {
            words.add("loss", loss);
        }
        if select != usual.select {
            words.add("select", select);
        }
        if search != usual.search {
            words.add("search", search);
        }
        words.add("budget", budget);
        if adaptive {
            words.flag("adaptive");
        }
        if seed != usual.seed {
            words.add("seed", seed);
        }
    }
    add_questions(words, tolerance, uniform, random)
}

/// What the settings are with the flags of the user, as far as it decides which others say anything.
struct Now {
    settings: Settings,
    /// Axes that something is done with.
    used: Vec<Axis>,
}

impl Now {
    fn of(
        words: &Words<'_>,
        recorded: &Settings,
        command: Command,
        (sweep, tolerance): (Option<&Sweep>, Option<&Tolerance>),
    ) -> Self {
        let mut settings = recorded.clone();
        let axes = words.many::<Axes>("axes").map(|axes| Axes::all(&axes));
        if let Some(axes) = &axes {
            settings.axes.clone_from(axes);
            if command == Command::Attack {
                settings.attacks = Attack::over(axes);
            }
        }
        if let Some(attacks) = words.many::<Attack>("attacks") {
            settings.attacks = attacks;
        }
        if let Some(frame) = words.one::<Frame>("frame") {
            settings.frame = frame;
        }
        if let Some(frame) = words.one::<Frame>("loss_frame") {
            settings.loss_frame = Some(frame);
        }
        if let Some(loss) = words.one::<Goal>("loss") {
            settings.loss = loss;
        }
        let attacked = settings.attacks.iter().flat_map(|&attack| settings.axes_of(attack));
        let mut used: Vec<Axis> = attacked.copied().collect();
        used.extend(sweep.iter().flat_map(|sweep| axes.as_ref().unwrap_or(&sweep.axes)));
        match words.many::<Axes>("tolerance") {
            Some(scanned) if scanned.is_empty() => used.extend(&settings.axes),
            Some(scanned) => used.extend(Axes::all(&scanned)),
            None => used.extend(tolerance.iter().flat_map(|tolerance| &tolerance.axes)),
        }
        Self { settings, used }
    }

    fn is_turned(&self) -> bool {
        self.used.contains(&Axis::Angle)
    }

    fn is_moved(&self) -> bool {
        self.used.iter().any(|axis| axis.is_geometric())
    }

    fn is_searched(&self) -> bool {
        self.settings.attacks.iter().any(|&attack| attack != Attack::Clean)
    }
}

fn normalised(mut settings: Settings) -> Settings {
    settings.normalise();
    settings
}

/// Bounds that are not the usual ones, of the axes in use whose bounds the user did not give.
fn add_bounds(words: &mut Words<'_>, bounds: &Bounds, now: &Now) {
    let given: Vec<Axis> =
        words.many::<AxisRange>("bounds").into_iter().flatten().map(|given| given.axis).collect();
    for axis in Axis::ALL {
        let own = words.is_given(&format!("{axis}_bounds"));
        let Interval { low, high } = bounds.get(axis);
        let is_usual = if axis.is_list() {
            bounds.values(axis) == Bounds::default().values(axis)
        } else {
            bounds.get(axis) == axis.default_bounds()
        };
        if !is_usual && now.used.contains(&axis) && !own && !given.contains(&axis) {
            let told = match bounds.values(axis) {
                Some(_) => bounds.told(axis).replace(' ', ""),
                None => format!("{low},{high}"),
            };
            words.add_to("bounds", format_args!("{axis}={told}"));
        }
    }
}

/// How pictures come to the model, said in full: models have defaults of their own.
fn add_fit(words: &mut Words<'_>, fitting: Fitting) {
    let Fitting { fit, tile_size, tile_overlap, tile_blend, tile_score } = fitting;
    let has_tiles = words.one::<Fit>("fit").unwrap_or(fit) == Fit::Tile && fit == Fit::Tile;
    words.add("fit", fit);
    if has_tiles {
        tile_size.into_iter().for_each(|size| words.add("tile_size", size));
        words.add("tile_overlap", tile_overlap);
        words.add("tile_blend", tile_blend);
        words.add("tile_score", tile_score);
    }
}

/// What is asked beside the worst case.
fn add_questions(
    words: &mut Words<'_>,
    tolerance: Option<Tolerance>,
    uniform: Option<Uniform>,
    random: Option<Random>,
) -> Result<()> {
    let scans = tolerance.is_some() || words.is_given("tolerance");
    let draws = words.one("random").unwrap_or_else(|| random.as_ref().map_or(0, |random| random.draws));
    let decisions = [
        tolerance.as_ref().and_then(|tolerance| tolerance.decision),
        random.as_ref().and_then(|random| random.decision),
    ];
    let decision = decisions.into_iter().flatten().next();
    if let Some(decision) = decision.filter(|_| scans || draws > 0) {
        words.add("decision", decision);
    }
    if let Some(Tolerance { axes, decision: _, steps }) = tolerance {
        words.add_all("tolerance", &axes);
        words.add("tolerance_steps", steps);
    }
    if let Some(Uniform { scopes, budget }) = uniform {
        words.add_all("uniform", &scopes);
        words.add("uniform_budget", budget);
    }
    if let Some(Random { draws: recorded, decision: _, certify }) = random {
        words.add("random", recorded);
        if let Some(share) = certify.filter(|_| draws > 0) {
            words.add("certify", share);
        }
    }
    Ok(())
}
