//! The settings of a run as `run.toml` has them: one schema, written and read.

use serde::{Deserialize, Serialize};

use super::plan::{Command, Points, Random, Replayed, Sweep, Tolerance, Uniform};
use crate::attack::Settings;
use crate::error::{Error, Result};
use crate::metric::MetricOptions;
use crate::prompt::PromptSet;
use crate::record::{RunInfo, to_table};
use crate::types::{Axis, Shard};

/// Everything that decides the numbers of a run, beside its models and data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RunSettings {
    pub command: Command,
    /// None where no model takes text.
    pub prompts: Option<PromptSet>,
    pub temperature: Option<f32>,
    pub underscores_to_spaces: bool,
    pub stride: usize,
    pub metric: MetricOptions,
    #[serde(default, skip_serializing_if = "Points::is_usual")]
    pub points: Points,
    pub shard: Option<Shard>,
    #[serde(flatten)]
    pub work: Work,
}

/// What is done with the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Work {
    #[serde(flatten)]
    pub settings: Settings,
    pub sweep: Option<Sweep>,
    pub tolerance: Option<Tolerance>,
    pub uniform: Option<Uniform>,
    pub random: Option<Random>,
    pub replay: Option<Replayed>,
    /// SHA-256 of the rows of the run whose worst cases are tried first, lower-case hexadecimal.
    pub start_from_sha256: Option<String>,
}

impl Work {
    /// Whether the map of a turned picture is ever brought back.
    pub fn turns_maps_back(&self) -> bool {
        let attacked = self.settings.attacks.iter().flat_map(|&attack| self.settings.axes_of(attack));
        let swept = self.sweep.iter().flat_map(|sweep| &sweep.axes);
        attacked.chain(swept).any(|&axis| axis == Axis::Angle) && self.settings.brings_maps_back()
    }
}

impl RunSettings {
    pub fn to_table(&self) -> Result<toml::Table> {
        to_table(self)
    }

    /// The settings in a record.
    ///
    /// # Errors
    /// A usage error that names the setting that is missing or makes no sense.
    pub fn of(info: &RunInfo) -> Result<Self> {
        toml::Value::Table(info.settings.clone()).try_into().map_err(|e: toml::de::Error| {
            let problem = format!("has settings that cannot be read ({})", e.message());
            Error::usage("run.toml", problem, "restore the file").caused_by(e)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::ThresholdRule;
    use crate::study::plan::Scope;
    use crate::types::{Fit, Fitting, Frame};

    /// Settings with everything that can be set.
    fn full() -> RunSettings {
        RunSettings {
            command: Command::Attack,
            prompts: PromptSet::builtin("winclip"),
            temperature: Some(0.07),
            underscores_to_spaces: true,
            stride: 2,
            metric: MetricOptions::default(),
            points: Points { threshold: ThresholdRule::Deviations(3.0), reference: Some("dark".into()) },
            shard: Some("2/3".parse().unwrap()),
            work: Work {
                settings: Settings {
                    seed: 7,
                    budget: 12,
                    fit: Fitting::of(Fit::Tile),
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
