//! What finding the worst cases took, and how far they can be trusted, from `samples.csv`.

use serde::Serialize;

use super::axis::{on_axis, units};
use super::cell::{Cell, Column, Form};
use super::table::Table;
use crate::record::SampleRow;
use crate::search::{Exhaustive, Kind};
use crate::stats;
use crate::types::{Attack, Bounds};

/// The searches of one attack of one model. Means are over samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effort {
    /// Name of the model bundle.
    pub model: String,
    /// The attack.
    pub attack: Attack,
    /// The strategy.
    pub search: String,
    /// Samples attacked.
    pub samples: usize,
    /// Mean number of full evaluations, the unchanged picture included.
    pub evaluations: f64,
    /// Mean number of coarse ones.
    pub coarse: f64,
    /// Distance of the values at which an attack on one axis has scanned it from end to end, in the axis' unit: on this grid (and at
    /// the unchanged picture) the worst case is exact. None where nothing was scanned: there may be lower losses.
    pub scan_step: Option<f64>,
    /// Mean of what one more evaluation is expected to lower the loss by; none where the strategy has no idea.
    pub expected_gain: Option<f64>,
}

/// One for each model and attack but the clean one, in the order of the rows. `bounds` are those of the run.
pub fn efforts(rows: &[SampleRow], bounds: &Bounds) -> Vec<Effort> {
    let attacked = rows.iter().filter(|row| row.attack != Attack::Clean);
    let groups = stats::grouped(attacked, |row| (&row.model, row.attack));
    groups.iter().map(|own| effort(own, bounds)).collect()
}

/// What one attack of one model took.
fn effort(own: &[&SampleRow], bounds: &Bounds) -> Effort {
    let first = own[0];
    let mean =
        |value: &dyn Fn(&SampleRow) -> f64| own.iter().map(|row| value(row)).sum::<f64>() / own.len() as f64;
    let gains: Vec<f64> = own.iter().filter_map(|row| row.expected_gain).collect();
    Effort {
        model: first.model.clone(),
        attack: first.attack,
        search: first.search.clone(),
        samples: own.len(),
        evaluations: mean(&|row| row.evaluations as f64),
        coarse: mean(&|row| row.coarse as f64),
        scan_step: scan_step(first, bounds),
        expected_gain: stats::mean(&gains),
    }
}

/// Distance of neighbours on the grid of an attack on one axis.
fn scan_step(row: &SampleRow, bounds: &Bounds) -> Option<f64> {
    let Attack::Single(axis) = row.attack else { return None };
    // The unchanged picture is evaluated beside the grid.
    let budget = row.budget.checked_sub(1)?;
    let values = match row.search.parse() {
        Ok(Kind::Grid) => budget,
        Ok(Kind::Exhaustive) => Exhaustive::grid_budget(budget),
        _ => return None,
    };
    if let Some(listed) = bounds.listed(axis) {
        return (values + 1 >= listed).then_some(1.0);
    }
    let steps = if bounds.is_circular(axis) { values } else { values.saturating_sub(1) };
    let width = bounds.get(axis).width();
    (steps > 0 && width > 0.0).then(|| width / steps as f64)
}

/// A row for each model and attack; `None` where nothing was attacked. In CSV the step is in the unit of the attack's axis.
pub fn effort_table(efforts: &[Effort]) -> Option<Table> {
    if efforts.is_empty() {
        return None;
    }
    let rows = efforts.iter().map(|effort| {
        vec![
            Cell::text(&effort.model),
            Cell::text(effort.attack.to_string()),
            Cell::text(&effort.search),
            Cell::Number(Some(effort.evaluations), Form::Decimals(1)),
            Cell::Number(Some(effort.coarse), Form::Decimals(1)),
            on_axis(effort.attack, effort.scan_step),
            Cell::Number(effort.expected_gain, Form::Decimals(4)),
        ]
    });
    let words = ["model", "attack", "search"].map(Column::words);
    let numbers =
        ["full evaluations", "coarse evaluations", "exact in steps of", "expected gain of one more"];
    let table = Table::new(
        "searches, means over samples: a grid over one axis is exact in steps of the size given; any other search may have missed lower \
         losses, and where it can it estimates by how much one more full evaluation would lower the loss",
        words.into_iter().chain(numbers.map(Column::numbers)).collect(),
        rows.collect(),
    );
    let scanned =
        efforts.iter().filter(|effort| effort.scan_step.is_some()).filter_map(|effort| effort.attack.axis());
    Some(Table { notes: units(scanned, "a factor").into_iter().collect(), ..table })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Parameters;
    use crate::types::{Axis, Label, Perturbation};

    fn row(attack: Attack, search: Kind, budget: usize) -> SampleRow {
        SampleRow {
            model: "m".into(),
            dataset: "d".into(),
            category: "nut".into(),
            sample: "good/000".into(),
            label: Label::Normal,
            attack,
            parameters: Parameters::new(&Perturbation::IDENTITY, &Axis::PAPER),
            loss: 0.0,
            sample_auroc: None,
            evaluations: budget,
            coarse: 0,
            expected_gain: None,
            image_score: 0.5,
            search: search.to_string(),
            budget,
            seed: 0,
            image: String::new(),
            mask: None,
            aupro: Parameters::default(),
            fit: Default::default(),
            pieces: 1,
            clipped: None,
            clipped_defect: None,
        }
    }

    fn step(attack: Attack, search: Kind, budget: usize) -> Option<f64> {
        efforts(&[row(attack, search, budget)], &Bounds::default())[0].scan_step
    }

    #[test]
    fn a_scan_knows_its_step_and_a_search_has_none() {
        let (angle, hue) = (Attack::Single(Axis::Angle), Attack::Single(Axis::Hue));
        // Both ends of 180 degrees, beside the unchanged picture.
        assert_eq!(step(angle, Kind::Grid, 20), Some(10.0));
        // A circle has no second end.
        assert_eq!(step(hue, Kind::Grid, 5), Some(std::f64::consts::TAU / 4.0));
        // A twelfth of what is left is for the polish.
        assert_eq!(step(angle, Kind::Exhaustive, 13), Some(18.0));
        assert_eq!(step(angle, Kind::CmaEs, 100), None);
        assert_eq!(step(Attack::Joint, Kind::Grid, 100), None);
        assert_eq!(step(angle, Kind::Grid, 2), None, "one value is no scan");
        let mirror = Attack::Single(Axis::Mirror);
        assert_eq!((step(mirror, Kind::Grid, 4), step(mirror, Kind::Grid, 3)), (Some(1.0), None));
        assert_eq!(step(angle, Kind::Grid, 1), None);
    }

    #[test]
    fn means_are_over_the_samples_of_a_model_and_an_attack() {
        let joint = row(Attack::Joint, Kind::Bayesian, 100);
        let rows = [
            SampleRow { attack: Attack::Clean, ..joint.clone() },
            SampleRow { evaluations: 40, coarse: 200, expected_gain: Some(0.25), ..joint.clone() },
            SampleRow { evaluations: 60, coarse: 100, expected_gain: Some(0.75), ..joint.clone() },
            SampleRow { model: "n".into(), ..joint },
        ];
        let found = efforts(&rows, &Bounds::default());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].samples, found[0].evaluations, found[0].coarse), (2, 50.0, 150.0));
        assert_eq!(found[0].expected_gain, Some(0.5));
        assert_eq!((found[1].model.as_str(), found[1].expected_gain), ("n", None));
    }

    #[test]
    fn a_table_has_a_row_for_each_model_and_attack() {
        let scanned = row(Attack::Single(Axis::Angle), Kind::Grid, 17);
        let joint = SampleRow { expected_gain: Some(0.03125), ..row(Attack::Joint, Kind::Bayesian, 100) };
        let table = effort_table(&efforts(&[scanned, joint], &Bounds::default())).unwrap();
        assert_eq!(
            table.to_csv(),
            "model,attack,search,full evaluations,coarse evaluations,exact in steps of,expected gain of one more\n\
             m,angle,grid,17,0,12,\nm,joint,bayesian,100,0,,0.03125\n"
        );
        let text = table.to_text();
        let line = "m      angle   grid                  17.0                 0.0          12.00 deg                          -";
        assert!(text.contains(line), "{text}");
        assert!(table.notes.is_empty(), "every value has its unit");
        assert_eq!(effort_table(&[]), None);
        let gamma =
            effort_table(&efforts(&[row(Attack::Single(Axis::Gamma), Kind::Grid, 12)], &Bounds::default()));
        let gamma = gamma.unwrap();
        assert!(gamma.to_text().contains("x1.07") && gamma.to_csv().contains(",0.1,"), "{}", gamma.to_text());
        assert_eq!(gamma.notes, ["values without a unit: gamma: a factor"]);
    }
}
