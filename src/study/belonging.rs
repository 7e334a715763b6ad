//! Whether what a journal holds is of this run: rows are not believed because they lie in its folder.

use std::collections::HashMap;

use crate::attack::Settings;
use crate::dataset::Dataset;
use crate::record::{Fault, ModelInfo, Parameters, SampleRow, StabilityRow};
use crate::types::{Attack, Axis, Interval, Label, Perturbation};

/// What the rows of a run have in common.
pub(super) struct Belonging<'r> {
    settings: &'r Settings,
    dataset: &'r Dataset,
    models: &'r [ModelInfo],
    /// Whether the rows come from searches of this run, and not of others.
    searched: bool,
    labels: HashMap<(&'r str, String), Label>,
}

impl<'r> Belonging<'r> {
    pub fn new(settings: &'r Settings, dataset: &'r Dataset, models: &'r [ModelInfo]) -> Self {
        let samples = dataset.categories.iter().flat_map(|category| &category.samples);
        let labels = samples
            .map(|sample| ((sample.id.category.as_str(), sample.id.within_category()), sample.label))
            .collect();
        Self { settings, dataset, models, searched: true, labels }
    }

    /// Of a run whose worst cases other runs have found.
    pub fn replayed(self) -> Self {
        Self { searched: false, ..self }
    }

    /// The first cell of a row of `samples.csv` that no row of this run can have.
    pub fn sample(&self, row: &SampleRow) -> Option<Fault> {
        let settings = self.settings;
        self.of(&row.model, &row.dataset)
            .or_else(|| self.labelled((&row.category, &row.sample), row.label))
            .or_else(|| self.attacked(row.attack))
            .or_else(|| row.parameters.empty(&settings.all_axes()))
            .or_else(|| self.within_bounds(row.attack, &row.parameters, &Axis::COLUMNS))
            .or_else(|| self.within_bounds(row.attack, &row.aupro, &Axis::AUPRO_COLUMNS))
            .or_else(|| self.scored(row))
            .or_else(|| self.found(row).filter(|_| self.searched))
            .or_else(|| evaluated(row.evaluations, 1, row.budget))
            .or_else(|| other("coarse", &row.coarse, &0).filter(|_| settings.axes_of(row.attack).is_empty()))
            .or_else(|| other("seed", &row.seed, &settings.seed))
            .or_else(|| other("fit", &row.fit, &settings.fit.fit))
    }

    /// The fault of a row that says of the search what no search of this run is.
    fn found(&self, row: &SampleRow) -> Option<Fault> {
        other("search", &row.search.as_str(), &self.settings.strategy_of(row.attack))
            .or_else(|| other("budget", &row.budget, &self.settings.budget_of(row.attack)))
    }

    /// The fault of a row about a sample that is not among the data.
    pub fn known(&self, category: &str, sample: &str) -> Option<Fault> {
        let known = self.labels.contains_key(&(category, sample.to_owned()));
        let problem = || format!("{category}/{sample} is not in {}", self.dataset.root.display());
        (!known).then(|| ("sample", problem()))
    }

    /// The first cell of a row of `stability.csv` that no row of this run can have; `attacks` are those that have rows.
    pub fn stability(&self, row: &StabilityRow, attacks: &[Attack]) -> Option<Fault> {
        let unmade = !attacks.contains(&row.attack);
        self.of(&row.model, &row.dataset)
            .or_else(|| self.known(&row.category, &row.sample))
            .or_else(|| self.labelled((&row.category, &row.sample), row.label))
            .or_else(|| unmade.then(|| ("attack", format!("the run has no {}", row.attack))))
            .or_else(|| {
                let Attack::Single(axis) = row.attack else { return None };
                let ends = [("below", row.below), ("above", row.above)];
                ends.into_iter().find_map(|(column, value)| self.bounded(column, axis, value?))
            })
    }

    /// What is wrong with a candidate of an attack, which must lie within the bounds of the run.
    pub fn candidate(&self, attack: Attack, perturbation: &Perturbation) -> Option<Fault> {
        self.within_bounds(attack, &Parameters::new(perturbation, &Axis::ALL), &Axis::COLUMNS)
    }

    fn of(&self, model: &str, dataset: &str) -> Option<Fault> {
        let foreign = self.model(model).is_none();
        let fault = foreign.then(|| ("model", format!("the run has no model {model}")));
        fault.or_else(|| other("dataset", &dataset, &self.dataset.name.as_str()))
    }

    fn model(&self, name: &str) -> Option<&ModelInfo> {
        self.models.iter().find(|known| known.name == name)
    }

    /// All values that a loss under the model can have.
    fn losses(&self, model: &str) -> Interval {
        let is_bounded = self.model(model).and_then(|model| model.bounded_maps).unwrap_or(false);
        self.settings.loss.range(is_bounded)
    }

    /// The fault of a loss or an image score that the model cannot have given.
    fn scored(&self, row: &SampleRow) -> Option<Fault> {
        let has_bounded_scores =
            self.model(&row.model).is_some_and(|model| model.bounded_scores == Some(true));
        row.beyond(self.losses(&row.model), has_bounded_scores)
    }

    fn labelled(&self, (category, sample): (&str, &str), label: Label) -> Option<Fault> {
        let known = *self.labels.get(&(category, sample.to_owned()))?;
        let problem = || format!("the data say {known:?}, not {label:?}").to_lowercase();
        (known != label).then(|| ("label", problem()))
    }

    fn attacked(&self, attack: Attack) -> Option<Fault> {
        let made = self.settings.attacks.contains(&attack);
        (!made).then(|| ("attack", format!("the run makes no attack {attack}")))
    }

    /// The fault of values outside the bounds of the run, or on axes that the attack leaves alone. The joint attack is offered what
    /// the others have found.
    fn within_bounds(
        &self,
        attack: Attack,
        parameters: &Parameters,
        columns: &[&'static str; Axis::COUNT],
    ) -> Option<Fault> {
        let axes = match attack {
            Attack::Joint => self.settings.all_axes(),
            attack => self.settings.axes_of(attack).to_vec(),
        };
        parameters.axes().find_map(|axis| {
            let (value, column) = (parameters.get(axis)?, columns[axis as usize]);
            if axes.contains(&axis) {
                return self.bounded(column, axis, value);
            }
            (value != 0.0).then(|| (column, format!("{attack} does not change {axis}, but is {value}")))
        })
    }

    fn bounded(&self, column: &'static str, axis: Axis, value: f64) -> Option<Fault> {
        let bounds = &self.settings.bounds;
        let problem = || format!("{value} lies outside the bounds of the run, {}", bounds.told(axis));
        (!bounds.holds(axis, value)).then(|| (column, problem()))
    }
}

/// The fault of evaluations that are none, not so many for each of the samples, or beyond the budget.
fn evaluated(evaluations: usize, samples: usize, budget: usize) -> Option<Fault> {
    let possible = samples > 0
        && evaluations > 0
        && evaluations.is_multiple_of(samples)
        && evaluations / samples <= budget;
    let problem = || format!("{evaluations}, with {samples} samples and a budget of {budget}");
    (!possible).then(|| ("evaluations", problem()))
}

/// The fault of a cell that must be what the run has.
fn other<T: PartialEq + std::fmt::Display>(column: &'static str, found: &T, expected: &T) -> Option<Fault> {
    (found != expected).then(|| (column, format!("{found}, where the run has {expected}")))
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::dataset::{Category, Circumstances, Counts, Layout, Sample};
    use crate::types::{Fit, SampleId};

    fn data() -> Dataset {
        let id = SampleId { category: "key".into(), defect: "good".into(), stem: "0".into() };
        let sample = Sample {
            id,
            label: Label::Normal,
            image: PathBuf::from("0.png"),
            masks: Vec::new(),
            masked: true,
            circumstances: Circumstances::default(),
        };
        let category = Category { name: "key".into(), samples: vec![sample], found: Counts::default() };
        Dataset {
            name: "d".into(),
            root: PathBuf::from("d"),
            layout: Layout::MvtecAd,
            official: None,
            categories: vec![category],
            unused: Vec::new(),
            remarks: Vec::new(),
        }
    }

    fn models() -> [ModelInfo; 1] {
        let bounded = Some(true);
        [ModelInfo {
            name: "m".into(),
            bounded_maps: bounded,
            bounded_scores: bounded,
            ..ModelInfo::default()
        }]
    }

    pub(in crate::study) fn row(settings: &Settings) -> SampleRow {
        let attack = Attack::Single(Axis::Angle);
        SampleRow {
            model: "m".into(),
            dataset: "d".into(),
            category: "key".into(),
            sample: "good/0".into(),
            label: Label::Normal,
            attack,
            parameters: Parameters::new(&Perturbation::of([(Axis::Angle, 9.0)]), &settings.all_axes()),
            loss: 0.5,
            sample_auroc: None,
            evaluations: 4,
            coarse: 0,
            expected_gain: None,
            image_score: 0.5,
            search: settings.strategy_of(attack).to_owned(),
            budget: settings.budget,
            seed: settings.seed,
            image: "0.png".into(),
            mask: None,
            aupro: Parameters::default(),
            fit: Default::default(),
            pieces: 1,
            clipped: None,
            clipped_defect: None,
        }
    }

    #[test]
    fn a_row_of_another_run_is_told_by_its_column() {
        let (settings, data) = (Settings::default(), data());
        let models = models();
        let belonging = Belonging::new(&settings, &data, &models);
        let right = row(&settings);
        assert_eq!(belonging.sample(&right), None);
        assert_eq!(belonging.known("key", "good/0"), None);
        assert_eq!(belonging.known("key", "good/1").map(|fault| fault.0), Some("sample"));
        let values = |values: &[(Axis, f64)]| {
            Parameters::new(&Perturbation::of(values.iter().copied()), &settings.all_axes())
        };
        let of_one_axis = Parameters::new(&right.perturbation(), &[Axis::Angle]);
        let wrong = [
            ("model", SampleRow { model: "n".into(), ..right.clone() }),
            ("dataset", SampleRow { dataset: "e".into(), ..right.clone() }),
            ("label", SampleRow { label: Label::Anomalous, ..right.clone() }),
            ("attack", SampleRow { attack: Attack::Single(Axis::Blur), ..right.clone() }),
            ("angle_deg", SampleRow { parameters: values(&[(Axis::Angle, 91.0)]), ..right.clone() }),
            ("hue_rad", SampleRow { parameters: values(&[(Axis::Hue, 0.5)]), ..right.clone() }),
            ("hue_rad", SampleRow { parameters: of_one_axis, ..right.clone() }),
            ("loss", SampleRow { loss: 1.5, ..right.clone() }),
            ("image_score", SampleRow { image_score: -0.5, ..right.clone() }),
            ("search", SampleRow { search: "none".into(), ..right.clone() }),
            ("budget", SampleRow { budget: 3, ..right.clone() }),
            ("evaluations", SampleRow { evaluations: 0, ..right.clone() }),
            ("evaluations", SampleRow { evaluations: settings.budget + 1, ..right.clone() }),
            ("seed", SampleRow { seed: 3, ..right.clone() }),
            ("fit", SampleRow { fit: Fit::Pad, ..right.clone() }),
        ];
        for (column, row) in wrong {
            let found = belonging.sample(&row);
            assert_eq!(found.as_ref().map(|fault| fault.0), Some(column), "{found:?}");
        }
    }
}
