//! The settings of a run as `run.toml` has them: one schema, written and read.

use serde::{Deserialize, Serialize};

use super::plan::{Command, Points, Random, Replayed, Sweep, Tolerance, Uniform};
use crate::attack::Settings;
use crate::error::{Error, Result};
use crate::metric::MetricOptions;
use crate::prompt::PromptSet;
use crate::record::{RunInfo, in_full, to_table};
use crate::types::{Axis, Shard};

/// Everything that decides the numbers of a run, beside its models and data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSettings {
    /// The kind of the study.
    pub command: Command,
    /// The prompt set with all that it says; none where no model takes text.
    pub prompts: Option<PromptSet>,
    /// Softmax temperature; the bundle's where none was given.
    pub temperature: Option<f32>,
    /// Whether underscores in category names become spaces in the prompts.
    pub underscores_to_spaces: bool,
    /// Step between windows, in patches.
    pub stride: usize,
    /// How metrics are computed.
    pub metric: MetricOptions,
    /// Where one decides.
    #[serde(default, skip_serializing_if = "Points::is_usual")]
    pub points: Points,
    /// The part of the samples that the run has; all where none is named.
    pub shard: Option<Shard>,
    /// What is done with the samples.
    #[serde(flatten)]
    pub work: Work,
}

/// What is done with the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// What decides the numbers of the attacks.
    #[serde(flatten)]
    pub settings: Settings,
    /// Uniform sweeps.
    pub sweep: Option<Sweep>,
    /// The scan for flips of decisions.
    pub tolerance: Option<Tolerance>,
    /// The search for perturbations that samples share.
    pub uniform: Option<Uniform>,
    /// Random draws from the box.
    pub random: Option<Random>,
    /// Worst cases of another run in place of searches.
    pub replay: Option<Replayed>,
    /// SHA-256 of the rows of the run whose worst cases are tried first, lower-case hexadecimal.
    pub start_from_sha256: Option<String>,
}

impl Work {
    /// Whether the map of a turned picture is ever brought back.
    pub(super) fn turns_maps_back(&self) -> bool {
        let attacked = self.settings.attacks.iter().flat_map(|&attack| self.settings.axes_of(attack));
        let swept = self.sweep.iter().flat_map(|sweep| &sweep.axes);
        attacked.chain(swept).any(|&axis| axis == Axis::Angle) && self.settings.brings_maps_back()
    }
}

impl RunSettings {
    pub(super) fn to_table(&self) -> Result<toml::Table> {
        to_table(self)
    }

    /// The settings in a record.
    ///
    /// # Errors
    /// A usage error that names the setting that is missing or makes no sense.
    pub(super) fn of(info: &RunInfo) -> Result<Self> {
        toml::Value::Table(info.settings.clone()).try_into().map_err(|e: toml::de::Error| {
            let problem = format!("has settings that cannot be read ({})", e.message());
            Error::usage("run.toml", problem, "restore the file").caused_by(e)
        })
    }

    /// The settings in a record, each of which this version knows.
    ///
    /// # Errors
    /// A usage error that names the setting that is missing, makes no sense, or is unknown.
    pub fn known(info: &RunInfo) -> Result<Self> {
        let settings = Self::of(info)?;
        let mut known = in_full(settings.to_table()?);
        for key in LEFT_OUT {
            if let Some(usual) = info.settings.get(key) {
                known.entry(key).or_insert_with(|| usual.clone());
            }
        }
        match unknown("", &info.settings, &known) {
            None => Ok(settings),
            Some(key) => Err(Error::usage(
                "run.toml",
                format!("has the setting settings.{key}, which this version does not know"),
                "use the version that made the run, or give its settings as flags",
            )),
        }
    }
}

/// Keys that are not written where they have their usual value, beside those that [`in_full`] adds.
const LEFT_OUT: [&str; 2] = ["adaptive", "points"];

/// The first key of a table that another does not have.
fn unknown(prefix: &str, table: &toml::Table, known: &toml::Table) -> Option<String> {
    table.iter().find_map(|(key, value)| match (value, known.get(key)) {
        (toml::Value::Table(table), Some(toml::Value::Table(known))) => {
            unknown(&format!("{prefix}{key}."), table, known)
        }
        (_, Some(_)) => None,
        (_, None) => Some(format!("{prefix}{key}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::ThresholdRule;
    use crate::perturb::Resampling;
    use crate::study::plan::Scope;
    use crate::types::{Fit, Fitting, Frame, Glare};

    /// Settings with everything that can be set.
    fn full() -> RunSettings {
        RunSettings {
            command: Command::Attack,
            prompts: PromptSet::builtin("winclip"),
            temperature: Some(0.07),
            underscores_to_spaces: true,
            stride: 2,
            metric: MetricOptions::default(),
            points: Points {
                threshold: ThresholdRule::Deviations(3.0),
                reference: Some("dark".into()),
                group_by: vec!["lamp=warm".parse().unwrap()],
            },
            shard: Some("2/3".parse().unwrap()),
            work: Work {
                settings: Settings {
                    seed: 7,
                    budget: 12,
                    fit: Fitting::of(Fit::Tile),
                    perturb: Resampling {
                        glare: Glare { x: 0.25, y: 0.75, size: 0.05 },
                        ..Resampling::default()
                    },
                    loss_frame: Some(Frame::RotatedMask),
                    ..Settings::default()
                },
                sweep: Some(Sweep { axes: vec![Axis::Hue], steps: 5 }),
                tolerance: Some(Tolerance { axes: vec![Axis::Angle], decision: Some(0.25), steps: 30 }),
                uniform: Some(Uniform { scopes: vec![Scope::Dataset], budget: 9 }),
                random: Some(Random { draws: 20, decision: None, certify: None }),
                replay: Some(Replayed { found_under: "pocket".into(), rows_sha256: "00".into(), all: true }),
                start_from_sha256: Some("00".into()),
            },
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let settings = full();
        let info = RunInfo::start("", None, 7, settings.to_table().unwrap());
        assert_eq!(RunSettings::of(&info).unwrap(), settings);
        assert_eq!(info.settings["command"].as_str(), Some("attack"));
        assert_eq!(info.settings["shard"].as_str(), Some("2/3"));

        let mut damaged = info.clone();
        damaged.settings.insert("budget".into(), "many".into());
        let error = RunSettings::of(&damaged).unwrap_err();
        assert!(error.subject == "run.toml" && error.problem.contains("\"many\""), "{error}");
    }

    #[test]
    fn a_setting_of_another_version_is_told_wherever_it_stands() {
        let info = RunInfo::start("", None, 7, full().to_table().unwrap());
        assert_eq!(RunSettings::known(&info).unwrap(), full());
        let mut usual = info.clone();
        usual.settings.insert("adaptive".into(), false.into());
        usual.settings["perturb"]["glare"] = toml::Table::try_from(Glare::default()).unwrap().into();
        RunSettings::known(&usual).unwrap();
        let refused = |change: &dyn Fn(&mut toml::Table)| {
            let mut info = info.clone();
            change(&mut info.settings);
            RunSettings::known(&info).unwrap_err().problem
        };
        let said = refused(&|settings| drop(settings.insert("wobble".into(), 3.into())));
        assert!(said.contains("settings.wobble,"), "{said}");
        for table in ["tolerance", "uniform", "random", "perturb", "metric"] {
            let said = refused(&|settings| {
                drop(settings[table].as_table_mut().unwrap().insert("wobble".into(), 3.into()));
            });
            // Some tables refuse what they do not know when they are read.
            let read = said.contains("unknown field") && said.contains("wobble");
            assert!(read || said.contains(&format!("settings.{table}.wobble,")), "{said}");
        }
    }

    #[cfg(feature = "plot")]
    #[test]
    fn settings_that_figures_name_are_those_of_a_record() {
        /// Names that stand outside the settings in `run.toml`.
        const BESIDE: [&str; 3] = ["provider.active", "version", "runtime.version"];
        let table = toml::Value::Table(full().to_table().unwrap());
        for name in crate::plot::named_settings().filter(|name| !BESIDE.contains(name)) {
            let found = name.split('.').try_fold(&table, |table, key| table.get(key));
            assert!(found.is_some(), "{name}");
        }
    }
}
