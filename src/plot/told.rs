//! Runs put together where their settings are equal, and told apart by the settings in which they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, PathBuf};

use super::words::{BUNDLE, PRECISION, SAMPLES, rank, words};
use crate::error::{Error, Result};
use crate::record::{RunDir, RunInfo, Status, decisive};
use crate::types::{Attack, Axis};

/// Largest number of settings in a name.
const NAMED: usize = 3;

/// Settings that decide which worst case a search finds.
const OF_SEARCH: [&str; 7] = ["attacks", "axes", "budget", "loss", "loss_frame", "search", "select"];

/// Settings beside those of the search that change no unperturbed picture.
const OF_PERTURBATIONS: [&str; 5] = ["bounds", "border", "frame", "map_rotation", "perturb"];

/// A run whose records are to be drawn.
pub(super) struct Run<'r> {
    pub(super) dir: &'r RunDir,
    pub(super) info: RunInfo,
}

/// Runs to be drawn, and those left out, each with the reason.
type Chosen<'r> = (Vec<Run<'r>>, Vec<(String, String)>);

/// Reads what the runs are. Runs that are unfinished or repeat another one, seed included, are left out.
///
/// # Errors
/// A run that cannot be read; runs whose pictures came to the models in different ways, so that their metrics are of other pixels.
pub(super) fn choose(runs: &[RunDir]) -> Result<Chosen<'_>> {
    let mut chosen: Vec<Run<'_>> = Vec::new();
    let mut left_out = Vec::new();
    for dir in runs {
        let info = RunInfo::read(dir.info_path())?;
        let same =
            |other: &&Run<'_>| decisive(&other.info) == decisive(&info) && other.info.dataset == info.dataset;
        let reason = if info.status != Status::Finished {
            Some("unfinished: the command that began it goes on with it".to_owned())
        } else {
            let first = chosen.iter().find(same);
            first.map(|other| format!("repeats {}: same settings, data and seed", other.dir.path().display()))
        };
        match reason {
            Some(reason) => left_out.push((dir.path().display().to_string(), reason)),
            None => chosen.push(Run { dir, info }),
        }
    }
    refuse_other_fits(&chosen)?;
    Ok((chosen, left_out))
}

fn refuse_other_fits(runs: &[Run<'_>]) -> Result<()> {
    let [first, others @ ..] = runs else { return Ok(()) };
    let fit = first.info.fit()?;
    for run in others {
        let other = run.info.fit()?;
        if !fit.has_canvases_of(&other) {
            let there = first.dir.path().display();
            let problem = format!(
                "was made with {}, and {there} with {}: their metrics are of other pixels",
                other.in_words(),
                fit.in_words()
            );
            let fix = "draw runs of one fit together, and the others by themselves";
            return Err(Error::usage(run.dir.path().display().to_string(), problem, fix));
        }
    }
    Ok(())
}

/// What a figure shows: it decides which settings tell runs apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// Worst cases of each sample, and the clean pictures.
    WorstCases,
    /// Worst cases that samples share, beside those of each sample.
    Uniform,
    /// A sweep of one axis.
    Sweep(Axis),
    /// Flips of the decision.
    Tolerance,
    /// Searches of one loss, compared with each other.
    Searches,
}

impl Shows {
    fn depends_on(self, key: &str) -> bool {
        let (first, rest) = key.split_once('.').unwrap_or((key, ""));
        match first {
            "seed" | "command" | "models" | "dataset" => false,
            "sweep" => matches!(self, Self::Sweep(_)) && rest != "axes",
            "tolerance" => self == Self::Tolerance && rest != "axes",
            "uniform" => self == Self::Uniform,
            "bounds" => !matches!(self, Self::Sweep(axis) if rest != axis.column()),
            "attacks" | "axes" | "loss" | "loss_frame" | "search" | "budget" | "select" => match self {
                Self::WorstCases | Self::Uniform => true,
                Self::Searches => ["axes", "loss", "loss_frame"].contains(&first),
                Self::Sweep(_) | Self::Tolerance => false,
            },
            // The sliding windows are settings of the run too.
            "provider" => !rest.starts_with("options.winclip."),
            _ => true,
        }
    }

    fn depends_on_seed(self) -> bool {
        !matches!(self, Self::Sweep(_) | Self::Tolerance)
    }
}

/// A run under the name that tells it from the others of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Number of the run among those that were told apart.
    pub(super) at: usize,
    pub(super) seed: u64,
    /// In what it differs from others: `budget 50`; empty where all runs agree.
    label: String,
    /// Shortest end of its path that no other run has.
    folder: String,
    /// Number of seeds that runs of its settings, models and data have.
    seeds: usize,
}

impl Told {
    /// The name of a model of this run in a figure that shows all seeds of a setting together.
    pub(super) fn name(&self, model: &str) -> String {
        let seeds = (self.seeds > 1).then(|| format!("{} seeds", self.seeds));
        self.joined(model, seeds)
    }

    /// The name of a model of this run in a figure of this run alone.
    pub(super) fn own_name(&self, model: &str) -> String {
        self.joined(model, (self.seeds > 1).then(|| format!("seed {}", self.seed)))
    }

    /// The part of a file's name that stands for a model of this run.
    pub(super) fn file(&self, model: &str) -> String {
        if self.label.is_empty() { model.to_owned() } else { format!("{model}_{}", self.folder) }
    }

    fn joined(&self, model: &str, seeds: Option<String>) -> String {
        let label = (!self.label.is_empty()).then(|| self.label.clone());
        [Some(model.to_owned()), label, seeds].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Runs of equal settings.
struct Group {
    runs: Vec<usize>,
    /// Runs of the same data and settings that have clean pictures alone.
    clean: Vec<usize>,
}

/// Puts runs of equal settings together, whatever their seed, and names them by what differs between them in a figure. Runs of clean
/// pictures alone join all those that agree on what decides these.
pub(super) fn tell(runs: &[&Run<'_>], shows: Shows) -> Vec<Told> {
    let settings: Vec<Settings> = runs.iter().map(|run| Settings::of(&run.info, shows)).collect();
    let mut groups: Vec<Group> = Vec::new();
    let (clean, attacked): (Vec<usize>, Vec<usize>) =
        (0..runs.len()).partition(|&at| settings[at].clean_only);
    for at in attacked {
        let equal =
            |group: &&mut Group| group.runs.iter().all(|&other| settings[other].equals(&settings[at]));
        match groups.iter_mut().find(equal) {
            Some(group) => group.runs.push(at),
            None => groups.push(Group { runs: vec![at], clean: Vec::new() }),
        }
    }
    for at in clean {
        let own = &settings[at];
        let agrees = |other: &usize| {
            let other = &settings[*other];
            let data = other.clean_only || other.fingerprint == own.fingerprint;
            data && other.shares(own) && other.equals(own)
        };
        let mut joined = false;
        for group in groups.iter_mut().filter(|group| group.runs.iter().any(agrees)) {
            group.clean.push(at);
            joined = true;
        }
        if !joined {
            groups.push(Group { runs: vec![at], clean: Vec::new() });
        }
    }
    groups.sort_by_key(|group| group.runs[0]);
    let folders = folders(&groups.iter().map(|group| runs[group.runs[0]].dir).collect::<Vec<_>>());
    let first = |group: &Group| &settings[group.runs[0]];
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for (at, one) in groups.iter().enumerate() {
        keys.extend(groups[..at].iter().flat_map(|other| first(one).differences(first(other))));
    }
    let keys = telling(keys);
    let labels: Vec<Option<String>> = groups.iter().map(|group| first(group).label(&keys)).collect();
    let mut told = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let alike = |other: usize| {
            other != at && labels[other] == labels[at] && first(&groups[other]).shares(first(group))
        };
        let label = match &labels[at] {
            Some(label) if !(0..groups.len()).any(alike) => label.clone(),
            _ => folders[at].clone(),
        };
        let every = group.runs.iter().map(|&run| (run, run));
        // Clean pictures do not depend on the seed: they are those of a seed that is there.
        for (run, seeded) in every.chain(group.clean.iter().map(|&run| (run, group.runs[0]))) {
            let sharing = group.runs.iter().filter(|&&other| settings[other].shares(&settings[run]));
            let seeds = sharing.map(|&other| runs[other].info.seed).collect::<BTreeSet<_>>().len();
            told.push(Told {
                at: run,
                seed: runs[seeded].info.seed,
                label: label.clone(),
                folder: folders[at].clone(),
                seeds: if shows.depends_on_seed() && !first(group).clean_only { seeds } else { 1 },
            });
        }
    }
    told
}

/// The shortest end of each path that no other one has.
pub(super) fn folders(runs: &[&RunDir]) -> Vec<String> {
    let paths: Vec<PathBuf> = runs
        .iter()
        .map(|run| fs::canonicalize(run.path()).unwrap_or_else(|_| run.path().to_owned()))
        .collect();
    let end = |path: &PathBuf, parts: usize| -> String {
        let names = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        let names: Vec<String> = names.collect();
        names[names.len().saturating_sub(parts)..].join("/")
    };
    let alone = |path: &PathBuf, parts: usize| {
        paths.iter().filter(|other| end(other, parts) == end(path, parts)).count() <= 1
    };
    let most = paths.iter().map(|path| path.components().count()).max().unwrap_or(1);
    paths.iter().map(|path| end(path, (1..most).find(|&parts| alone(path, parts)).unwrap_or(most))).collect()
}

/// The names of settings that say what differs, the weightiest first: none that follow from another one.
fn telling(keys: BTreeSet<String>) -> Vec<String> {
    let any = |names: &[&str]| names.iter().any(|name| keys.contains(*name));
    let follows = |key: &str| {
        let of_provider = key.starts_with("provider.options.") || key.starts_with("runtime.");
        (of_provider && any(&["provider.active", PRECISION]))
            || (key.starts_with("prompts.") && key != "prompts.name" && any(&["prompts.name"]))
            || (key == BUNDLE && any(&[PRECISION]))
    };
    let mut keys: Vec<String> = keys.iter().filter(|key| !follows(key)).cloned().collect();
    keys.sort_by_key(|key| rank(key));
    keys
}

/// What decides the results of a run that a figure shows, by name, without its seed.
#[derive(Clone, Debug, PartialEq)]
struct Settings {
    values: BTreeMap<String, toml::Value>,
    /// Names of its models with their hashes.
    models: BTreeMap<String, String>,
    data: String,
    categories: BTreeSet<String>,
    /// Number of samples, and what tells them from others.
    fingerprint: (usize, String),
    clean_only: bool,
}

impl Settings {
    fn of(info: &RunInfo, shows: Shows) -> Self {
        let mut values = BTreeMap::new();
        flatten("", &decisive(info), &mut values);
        let attacks: Option<Vec<Attack>> = read(&values, "attacks");
        let axes: Vec<Axis> = read(&values, "axes").unwrap_or_else(|| Axis::PAPER.to_vec());
        let clean_only = attacks.as_ref().is_some_and(|attacks| attacks[..] == [Attack::Clean])
            && matches!(shows, Shows::WorstCases | Shows::Uniform);
        let set = |attacks: Vec<Attack>| attacks.into_iter().collect::<BTreeSet<_>>();
        if attacks.is_some_and(|attacks| set(attacks) == set(Attack::over(&axes))) {
            // The axes say it.
            values.remove("attacks");
        }
        values.retain(|key, _| {
            let part = key.split('.').next().unwrap_or_default();
            let unseen = OF_SEARCH.contains(&part) || OF_PERTURBATIONS.contains(&part);
            shows.depends_on(key) && !(clean_only && unseen)
        });
        let precisions: BTreeSet<&str> = info
            .models
            .iter()
            .map(|model| model.precision.as_str())
            .filter(|name| !name.is_empty())
            .collect();
        if !precisions.is_empty() {
            let precisions = precisions.into_iter().collect::<Vec<_>>().join("+");
            values.insert(PRECISION.to_owned(), precisions.into());
        }
        Self {
            values,
            models: info
                .models
                .iter()
                .map(|model| (model.name.clone(), model.bundle_sha256.clone()))
                .collect(),
            data: info.dataset.name.clone(),
            categories: info.dataset.categories.iter().cloned().collect(),
            fingerprint: (info.dataset.samples, info.dataset.fingerprint.clone()),
            clean_only,
        }
    }

    /// Whether both have rows of one model on one data set.
    fn shares(&self, other: &Self) -> bool {
        self.data == other.data && self.models.keys().any(|name| other.models.contains_key(name))
    }

    fn equals(&self, other: &Self) -> bool {
        self.differences(other).is_empty()
    }

    /// The names of what differs. Provider options and data are compared only where both are of one model and one data set; parts of
    /// a data set without a common category are no different data. Runs with clean pictures alone are compared by what both have.
    fn differences(&self, other: &Self) -> Vec<String> {
        let shared = self.shares(other);
        let alike = self.clean_only == other.clean_only;
        let keys: BTreeSet<&String> = self.values.keys().chain(other.values.keys()).collect();
        let differs = |key: &&String| {
            let detail =
                key.starts_with("provider.options.") || key.starts_with("runtime.") || **key == PRECISION;
            let (one, other) = (self.values.get(*key), other.values.get(*key));
            let comparable = (alike && **key != PRECISION) || (one.is_some() && other.is_some());
            comparable && one != other && (shared || !detail)
        };
        let mut names: Vec<String> = keys.into_iter().filter(differs).cloned().collect();
        if shared && self.fingerprint != other.fingerprint && !self.categories.is_disjoint(&other.categories)
        {
            names.push(SAMPLES.to_owned());
        }
        let other_files =
            |(name, hash): (&String, &String)| other.models.get(name).is_some_and(|one| one != hash);
        if shared && self.models.iter().any(other_files) {
            names.push(BUNDLE.to_owned());
        }
        names
    }

    /// The settings of these names in words; none where they are too many or one has no words.
    fn label(&self, keys: &[String]) -> Option<String> {
        if keys.len() > NAMED {
            return None;
        }
        let mut parts: Vec<String> = Vec::new();
        for key in keys {
            let value = match key.as_str() {
                SAMPLES => Some(format!("{} samples", self.fingerprint.0).into()),
                BUNDLE => {
                    let hashes = self.models.values().map(|hash| hash.chars().take(8).collect::<String>());
                    Some(hashes.collect::<Vec<_>>().join("+").into())
                }
                key => self.values.get(key).cloned(),
            };
            // A setting without a value is not named; those who have one are.
            let none = |value: &toml::Value| {
                value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
            };
            if let Some(value) = value.filter(|value| !none(value)) {
                parts.push(words(key, &value)?);
            }
        }
        Some(parts.join(", "))
    }
}

fn read<T: serde::de::DeserializeOwned>(values: &BTreeMap<String, toml::Value>, key: &str) -> Option<T> {
    values.get(key)?.clone().try_into().ok()
}

/// The values of a table by their dotted names, bounds as one value, the settings without their first word.
fn flatten(prefix: &str, table: &toml::Table, values: &mut BTreeMap<String, toml::Value>) {
    for (key, value) in table {
        let name = match prefix {
            "" | "settings" => key.clone(),
            _ => format!("{prefix}.{key}"),
        };
        match value {
            toml::Value::Table(inner) if !inner.contains_key("low") => flatten(&name, inner, values),
            value => {
                values.insert(name, value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{DatasetInfo, ModelInfo};

    const SETTINGS: &str = "command = 'attack'\nattacks = ['clean', 'angle', 'hue', 'joint']\naxes = ['angle', 'hue']\n\
        budget = 50\nloss = 'contrast'\nsearch = 'auto'\nselect = 'loss'\nframe = 'derotated'\nborder = 'zeros'\n\
        [bounds.angle_deg]\nlow = -90.0\nhigh = 90.0";

    struct Made {
        folder: tempfile::TempDir,
        runs: Vec<(RunDir, RunInfo)>,
    }

    impl Made {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), runs: Vec::new() }
        }

        /// A run of the usual settings but for those of `changes`.
        fn run(mut self, name: &str, seed: u64, changes: &str) -> Self {
            let mut settings: toml::Table = SETTINGS.parse().unwrap();
            for (key, value) in changes.parse::<toml::Table>().unwrap() {
                settings.insert(key, value);
            }
            let mut info = RunInfo::start("askance attack", None, seed, settings);
            info.status = Status::Finished;
            info.models = vec![ModelInfo { name: "pocket".into(), ..ModelInfo::default() }];
            let categories = vec!["key".to_owned()];
            info.dataset =
                DatasetInfo { name: "toys".into(), categories, samples: 4, ..DatasetInfo::default() };
            let dir = RunDir::create(self.folder.path().join(name)).unwrap();
            self.runs.push((dir, info));
            self
        }

        fn names(&self, shows: Shows) -> Vec<String> {
            let runs: Vec<Run<'_>> =
                self.runs.iter().map(|(dir, info)| Run { dir, info: info.clone() }).collect();
            let told = tell(&runs.iter().collect::<Vec<_>>(), shows);
            told.iter().map(|told| told.name("m").split_off(1)).collect()
        }
    }

    const OTHER: &str = "budget = 8\nloss = 'auroc'\nborder = 'ignore'\nframe = 'rotated-mask'";

    #[test]
    fn seeds_stay_together_whatever_another_run_differs_in() {
        let made = Made::new().run("a", 0, "").run("b", 1, "").run("c", 0, OTHER);
        assert_eq!(made.names(Shows::WorstCases), [", a, 2 seeds", ", a, 2 seeds", ", c"]);
        let few = Made::new().run("a", 0, "").run("b", 1, "").run("c", 0, "budget = 8");
        assert_eq!(
            few.names(Shows::WorstCases),
            [", budget 50, 2 seeds", ", budget 50, 2 seeds", ", budget 8"]
        );
    }

    #[test]
    fn labels_say_in_what_runs_differ_the_weightiest_first() {
        let of = |changes: &str| Made::new().run("a", 0, "").run("b", 0, changes).names(Shows::WorstCases);
        assert_eq!(
            of("border = 'ignore'\nloss = 'auroc'"),
            [", loss contrast, border zeros", ", loss auroc, border ignore"]
        );
        assert_eq!(of("axes = ['hue']\nattacks = ['clean', 'hue']"), [", axes angle+hue", ", axes hue"]);
        assert_eq!(of("attacks = ['clean', 'joint']")[1], ", attacks joint");
        let angles = of("[bounds.angle_deg]\nlow = -5.0\nhigh = 5.0");
        assert_eq!(angles, [", angle -90\u{b0} to 90\u{b0}", ", angle -5\u{b0} to 5\u{b0}"]);
        // Words that are equal, too long or missing leave the folders.
        assert_eq!(of("[bounds.angle_deg]\nlow = -90.1\nhigh = 90.0"), [", a", ", b"]);
        assert_eq!(of("unheard_of = 3"), ["", ", b"]);
    }

    #[test]
    fn only_what_a_figure_shows_tells_runs_apart() {
        let made = |changes: &str| Made::new().run("a", 0, "").run("b", 0, changes);
        let tolerance = made("[tolerance]\naxes = ['hue']\nsteps = 3");
        assert_eq!(tolerance.names(Shows::WorstCases), ["", ""]);
        assert_eq!(tolerance.names(Shows::Tolerance), ["", ", tolerance steps 3"]);
        let uniform = made("[uniform]\nbudget = 7");
        assert_eq!(uniform.names(Shows::WorstCases), ["", ""]);
        assert_eq!(uniform.names(Shows::Uniform), ["", ", uniform budget 7"]);
        let sweep = Made::new().run("a", 0, "[sweep]\naxes = ['hue']\nsteps = 5").run(
            "b",
            3,
            "[sweep]\naxes = ['angle', 'hue']\nsteps = 5",
        );
        assert_eq!(sweep.names(Shows::Sweep(Axis::Hue)), ["", ""]);
        assert_eq!(made("budget = 8").names(Shows::Sweep(Axis::Hue)), ["", ""]);
        assert_eq!(made("budget = 8").names(Shows::Searches), ["", ""]);
    }

    #[test]
    fn clean_pictures_join_the_attacks_of_their_settings() {
        let made = Made::new().run("a", 0, "").run("b", 1, "").run("c", 0, "budget = 8").run(
            "d",
            0,
            "command = 'eval'\nattacks = ['clean']\nbudget = 1",
        );
        let names = made.names(Shows::WorstCases);
        let expected = [
            ", budget 50, 2 seeds",
            ", budget 50, 2 seeds",
            ", budget 50, 2 seeds",
            ", budget 8",
            ", budget 8",
        ];
        assert_eq!(names, expected);
        let apart = Made::new().run("a", 0, "stride = 1").run("d", 0, "attacks = ['clean']\nstride = 2");
        assert_eq!(apart.names(Shows::WorstCases), [", window stride 1", ", window stride 2"]);
    }

    #[test]
    fn folders_of_one_name_are_told_by_those_above() {
        let made = Made::new().run("x/run", 0, "").run("y/run", 0, OTHER);
        assert_eq!(made.names(Shows::WorstCases), [", x/run", ", y/run"]);
    }
}
