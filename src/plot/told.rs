//! Runs put together where their settings are equal, and told apart by the settings in which they differ.

use std::collections::BTreeSet;

use super::chosen::{Run, folders};
use super::differing::{Settings, Shows};
use super::words::{BUNDLE, PRECISION, rank};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{DatasetInfo, ModelInfo, RunDir, RunInfo, Status};
    use crate::types::Axis;

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
