//! The settings of the paper's protocol.

use std::path::PathBuf;

use crate::attack::{Preset, sweep_values};
use crate::dataset::Official;
use crate::error::{Error, Result};
use crate::metric::MetricOptions;
use crate::study::data::Source;
use crate::study::models::ModelSpec;
use crate::study::plan::{Origin, Plan};
use crate::types::{Axis, counted};

use super::inventory::Part;

/// The protocol, and where its data and backbones are.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// Folder that holds the data sets, each in a folder of its own.
    pub data_root: PathBuf,
    /// Folder that holds the backbones' bundles, where `spec` names no models.
    pub models_dir: PathBuf,
    /// The models, and how they run.
    pub spec: ModelSpec,
    /// How metrics are computed.
    pub metric: MetricOptions,
    /// Text or code of the paper.
    pub preset: Preset,
    /// Objects of MVTec AD without an upright position, for the uniform sweeps.
    pub invariant: Vec<String>,
    /// Values on each axis of the sweeps.
    pub steps: usize,
    /// Model evaluations per sample and attack.
    pub budget: usize,
    /// Seed of the searches.
    pub seed: u64,
    /// Only the first so many good and defective samples of each category.
    pub limit: Option<usize>,
    /// Whether samples that cannot be read are left out.
    pub skip_bad: bool,
    /// Whether LaTeX tables have the interval over samples behind each number.
    pub latex_intervals: bool,
    /// What records say of the program.
    pub origin: Origin,
}

impl Paper {
    /// The text of the paper over the data sets in a folder and the backbones in `models`: 100 evaluations, sweeps of 13 values on the
    /// objects of MVTec AD that have no upright position.
    pub fn new(data_root: impl Into<PathBuf>) -> Self {
        Self {
            data_root: data_root.into(),
            models_dir: "models".into(),
            spec: ModelSpec::default(),
            metric: MetricOptions::default(),
            preset: Preset::Paper,
            invariant: ["bottle", "hazelnut", "metal_nut", "screw"].map(str::to_owned).to_vec(),
            steps: 13,
            budget: 100,
            seed: 0,
            limit: None,
            skip_bad: false,
            latex_intervals: false,
            origin: Origin::default(),
        }
    }

    /// In what the runs are less than the protocol's; none where they are not.
    pub(super) fn rehearsal(&self) -> Option<String> {
        let limit = self.limit.map(|limit| {
            let defective = counted(limit, "defective sample", "defective samples");
            format!("only the first {limit} good and {defective} of each category")
        });
        let whole = self.preset.settings().budget;
        let budget = (self.budget < whole)
            .then(|| format!("{} instead of {whole} evaluations per sample and attack", self.budget));
        let less: Vec<String> = limit.into_iter().chain(budget).collect();
        (!less.is_empty()).then(|| format!("a rehearsal: {}", less.join(", ")))
    }

    /// Refuses what would fail after hours.
    ///
    /// # Errors
    /// A usage error that names the setting.
    pub(super) fn check(&self) -> Result<()> {
        self.metric.validate()?;
        let known = Official::MvtecAd.categories();
        if let Some(unknown) = self.invariant.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(Error::usage(
                format!("`invariant = {unknown}`"),
                "is no category of MVTec AD",
                format!("choose from {}", known.join(", ")),
            ));
        }
        sweep_values(&self.preset.settings().bounds, Axis::Angle, self.steps)?;
        self.attack().check().and(self.sweep().check()).map(drop)
    }

    pub(super) fn source(&self, part: &Part) -> Source {
        Source::new(&part.found.root)
            .layout(part.found.layout)
            .name(part.name.clone())
            .limit(self.limit)
            .skip_bad(self.skip_bad)
    }

    /// One of the models, as the others run.
    pub(super) fn spec_of(&self, model: &str) -> ModelSpec {
        ModelSpec { model: vec![model.to_owned()], preset: Some(self.preset), ..self.spec.clone() }
    }

    pub(super) fn attack(&self) -> Plan {
        let plan = Plan::attack().preset(self.preset).budget(self.budget).seed(self.seed);
        plan.metric(self.metric).origin(self.origin.clone())
    }

    pub(super) fn sweep(&self) -> Plan {
        let plan = Plan::sweep([Axis::Angle, Axis::Hue], self.steps).preset(self.preset);
        // The axes of the protocol, as its earlier runs have them.
        let plan = Plan { axes: Axis::PAPER.to_vec(), ..plan };
        plan.metric(self.metric).origin(self.origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_the_protocol_is_a_rehearsal() {
        let whole = Paper::new("data");
        assert_eq!(whole.rehearsal(), None);
        assert_eq!(Paper { budget: 200, ..whole.clone() }.rehearsal(), None);
        let said = |paper: Paper| paper.rehearsal().unwrap();
        let few = Paper { budget: 9, ..whole.clone() };
        assert_eq!(said(few.clone()), "a rehearsal: 9 instead of 100 evaluations per sample and attack");
        assert_eq!(
            said(Paper { limit: Some(1), ..few }),
            "a rehearsal: only the first 1 good and 1 defective sample of each category, 9 instead of 100 evaluations per sample and \
             attack"
        );
        assert!(
            said(Paper { limit: Some(2), ..whole })
                .ends_with("2 good and 2 defective samples of each category")
        );
    }
}
