//! How many worst cases are none by the sample's own pAUROC, where the rule that kept them does not rule that out.

use std::collections::HashMap;

use serde::Serialize;

use super::cell::{Cell, Column};
use super::table::Table;
use crate::record::SampleRow;
use crate::stats::{self, distinct};
use crate::types::Attack;

/// The samples of one attack of one model whose worst case has a higher pAUROC than the unchanged picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AboveClean {
    /// Name of the dataset.
    pub dataset: String,
    /// Name of the model bundle.
    pub model: String,
    /// The attack.
    pub attack: Attack,
    /// Samples whose worst case has the higher pAUROC.
    pub above: usize,
    /// Samples with a pAUROC of their own under the attack and without it.
    pub samples: usize,
}

/// From `samples.csv` of a run, one for each model and attack but the clean one, in the order of the rows; none where no sample has a pAUROC.
pub fn above_clean(rows: &[SampleRow]) -> Vec<AboveClean> {
    let clean: HashMap<_, f64> = rows
        .iter()
        .filter(|row| row.attack == Attack::Clean)
        .filter_map(|row| Some((row.key(), row.sample_auroc?)))
        .collect();
    if clean.is_empty() {
        return Vec::new();
    }
    let attacked = rows.iter().filter(|row| row.attack != Attack::Clean);
    let groups = stats::grouped(attacked, |row| (&row.model, row.attack));
    let count = |own: &Vec<&SampleRow>| {
        let both: Vec<(f64, f64)> =
            own.iter().filter_map(|row| Some((row.sample_auroc?, *clean.get(&row.key())?))).collect();
        AboveClean {
            dataset: own[0].dataset.clone(),
            model: own[0].model.clone(),
            attack: own[0].attack,
            above: both.iter().filter(|(worst, clean)| worst > clean).count(),
            samples: both.len(),
        }
    };
    groups.iter().map(count).collect()
}

/// A line for each model and attack, and each data set where there are several; `None` where there is none.
pub fn above_clean_table(found: &[AboveClean]) -> Option<Table> {
    if found.is_empty() {
        return None;
    }
    let several = distinct(found.iter().map(|above| &above.dataset)).len() > 1;
    let lines = found.iter().map(|AboveClean { dataset, model, attack, above, samples }| {
        let said = format!("{above} of {samples} samples above their clean pAUROC");
        let cells = [Cell::text(model), Cell::text(attack.to_string()), Cell::text(said)];
        several.then(|| Cell::text(dataset)).into_iter().chain(cells).collect()
    });
    let columns = ["model", "attack", "worst cases"].map(Column::words);
    let columns = several.then(|| Column::words("data set")).into_iter().chain(columns).collect();
    let mut table =
        Table::new("worst cases that are none by the sample's own pAUROC", columns, lines.collect());
    table.notes.push("the rule that kept them bounds no pooled metric; `select = pooled` does".into());
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Parameters;
    use crate::types::{Axis, Label, Perturbation};

    fn row(model: &str, sample: &str, attack: Attack, sample_auroc: Option<f64>) -> SampleRow {
        SampleRow {
            model: model.into(),
            dataset: "d".into(),
            category: "nut".into(),
            sample: sample.into(),
            label: Label::Anomalous,
            attack,
            parameters: Parameters::new(&Perturbation::IDENTITY, &Axis::PAPER),
            loss: 0.0,
            sample_auroc,
            evaluations: 1,
            coarse: 0,
            expected_gain: None,
            image_score: 0.5,
            search: "none".into(),
            budget: 1,
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

    #[test]
    fn samples_are_held_against_their_own_clean_row_of_the_same_model() {
        let (hue, joint) = (Attack::Single(Axis::Hue), Attack::Joint);
        let rows = [
            row("m", "cut/0", Attack::Clean, Some(0.75)),
            row("m", "cut/0", hue, Some(0.875)),
            row("m", "cut/0", joint, Some(0.75)),
            row("m", "cut/1", Attack::Clean, Some(0.5)),
            row("m", "cut/1", hue, Some(0.25)),
            row("m", "cut/1", joint, None),
            row("m", "good/0", Attack::Clean, None),
            row("m", "good/0", hue, None),
            row("n", "cut/0", Attack::Clean, Some(0.9375)),
            row("n", "cut/0", hue, Some(0.875)),
        ];
        let counted: Vec<_> =
            above_clean(&rows).iter().map(|it| (it.model.clone(), it.attack, it.above, it.samples)).collect();
        let expected = [("m", hue, 1, 2), ("m", joint, 0, 1), ("n", hue, 0, 1)];
        assert_eq!(counted, expected.map(|(model, attack, above, of)| (model.to_owned(), attack, above, of)));
    }

    #[test]
    fn each_attack_has_its_line_and_zero_is_said_too() {
        let rows =
            [row("m", "cut/0", Attack::Clean, Some(0.75)), row("m", "cut/0", Attack::Joint, Some(0.5))];
        let table = above_clean_table(&above_clean(&rows)).unwrap();
        assert!(
            table.to_text().contains("joint   0 of 1 samples above their clean pAUROC"),
            "{}",
            table.to_text()
        );
        assert!(table.notes[0].contains("`select = pooled`"));
    }

    #[test]
    fn several_data_sets_are_told_apart() {
        let found = above_clean(&[
            row("m", "cut/0", Attack::Clean, Some(0.75)),
            row("m", "cut/0", Attack::Joint, Some(0.875)),
        ]);
        let other = AboveClean { dataset: "e".into(), above: 0, ..found[0].clone() };
        let table = above_clean_table(&[found[0].clone(), other]).unwrap();
        let said = "samples above their clean pAUROC";
        assert_eq!(
            table.to_csv(),
            format!("data set,model,attack,worst cases\nd,m,joint,1 of 1 {said}\ne,m,joint,0 of 1 {said}\n")
        );
    }

    #[test]
    fn without_masks_nothing_is_said() {
        let rows = [row("m", "x/0", Attack::Clean, None), row("m", "x/0", Attack::Joint, None)];
        assert!(above_clean_table(&above_clean(&rows)).is_none());
    }
}
