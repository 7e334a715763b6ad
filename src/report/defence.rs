//! What defences win back and what they cost, from `summary.csv`.

use serde::Serialize;

use super::cell::{Cell, Column, Form};
use super::table::Table;
use crate::record::SummaryRow;
use crate::types::{Attack, Over};

/// One model of a run under one defence.
#[derive(Clone, Debug, PartialEq)]
pub struct DefendedModel {
    /// Its name in the rows.
    pub name: String,
    /// The model without the defence.
    pub model: String,
    /// The defence; `none` for the model itself.
    pub defence: String,
    /// Pictures that the model sees for each evaluation.
    pub pictures: usize,
    /// Time in the model for each evaluation; none where nothing ran.
    pub seconds: Option<f64>,
}

/// A model under one defence beside the same without any. Metrics are shares in [0, 1], means over categories.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DefenceSummary {
    /// The model without the defence.
    pub model: String,
    /// The defence.
    pub defence: String,
    /// Pictures that the model sees for each evaluation.
    pub pictures_per_evaluation: usize,
    /// Time in the model for each evaluation over that without a defence; none where it was not measured.
    pub times_slower: Option<f64>,
    /// Clean pixel AUROC.
    pub clean_pixel_auroc: Option<f64>,
    /// Clean AUPRO.
    pub clean_aupro: Option<f64>,
    /// The attack of the worst case: the last of the run, which is the joint one if it was made.
    pub attack: Option<Attack>,
    /// Pixel AUROC at its worst case.
    pub worst_pixel_auroc: Option<f64>,
    /// AUPRO there.
    pub worst_aupro: Option<f64>,
    /// Worst-case pixel AUROC above that without a defence.
    pub won_pixel_auroc: Option<f64>,
    /// The same of AUPRO.
    pub won_aupro: Option<f64>,
    /// Clean pixel AUROC below that without a defence.
    pub lost_pixel_auroc: Option<f64>,
    /// The same of AUPRO.
    pub lost_aupro: Option<f64>,
}

/// A line for each model in the order of the run. What is won and lost is known only where the model without a defence ran too.
pub fn defence_summary(rows: &[SummaryRow], models: &[DefendedModel]) -> Vec<DefenceSummary> {
    models.iter().map(|model| summarise(rows, model, models)).collect()
}

fn summarise(rows: &[SummaryRow], own: &DefendedModel, models: &[DefendedModel]) -> DefenceSummary {
    let plain = models.iter().find(|other| other.name == own.model && other.name != own.name);
    let worst = rows.iter().map(|row| row.attack).filter(|&attack| attack != Attack::Clean).max();
    let mean = |name: &str, attack: Attack| {
        rows.iter().find(|row| row.over == Over::Mean && row.model == name && row.attack == attack)
    };
    let value =
        |model: Option<&DefendedModel>, attack: Option<Attack>, metric: fn(&SummaryRow) -> Option<f64>| {
            mean(&model?.name, attack?).and_then(metric)
        };
    let minus = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
    let pixel_auroc: fn(&SummaryRow) -> Option<f64> = |row| row.metrics.pixel_auroc;
    let aupro: fn(&SummaryRow) -> Option<f64> = |row| row.metrics.aupro;
    let clean = Some(Attack::Clean);
    let won = |metric| minus(value(Some(own), worst, metric), value(plain, worst, metric));
    let lost = |metric| minus(value(plain, clean, metric), value(Some(own), clean, metric));
    DefenceSummary {
        model: own.model.clone(),
        defence: own.defence.clone(),
        pictures_per_evaluation: own.pictures,
        times_slower: plain.and_then(|plain| Some(own.seconds? / plain.seconds?)),
        clean_pixel_auroc: value(Some(own), clean, pixel_auroc),
        clean_aupro: value(Some(own), clean, aupro),
        attack: worst,
        worst_pixel_auroc: value(Some(own), worst, pixel_auroc),
        worst_aupro: value(Some(own), worst, aupro),
        won_pixel_auroc: won(pixel_auroc),
        won_aupro: won(aupro),
        lost_pixel_auroc: lost(pixel_auroc),
        lost_aupro: lost(aupro),
    }
}

/// A row for each model and defence; `None` where there are no rows.
pub fn defence_table(rows: &[DefenceSummary]) -> Option<Table> {
    let worst = rows.first()?.attack.map_or_else(|| "worst".to_owned(), |attack| attack.to_string());
    let points =
        |a: Option<f64>, b: Option<f64>| Cell::Several(" / ", vec![Cell::Points(a), Cell::Points(b)]);
    let lines = rows.iter().map(|row| {
        vec![
            Cell::text(&row.model),
            Cell::text(&row.defence),
            Cell::shares(row.clean_pixel_auroc, row.clean_aupro),
            Cell::shares(row.worst_pixel_auroc, row.worst_aupro),
            points(row.won_pixel_auroc, row.won_aupro),
            points(row.lost_pixel_auroc, row.lost_aupro),
            Cell::count(row.pictures_per_evaluation),
            Cell::Number(row.times_slower, Form::Decimals(2)),
        ]
    });
    let both = |head: &str| {
        Column::numbers(head).named(["pixel AUROC", "AUPRO"].map(|metric| format!("{head} {metric}")))
    };
    let columns = vec![
        Column::words("model"),
        Column::words("defence"),
        both("clean"),
        both(&worst),
        both("won back"),
        both("clean lost"),
        Column::numbers("pictures"),
        Column::numbers("times slower"),
    ];
    Some(Table::new(
        "defences: pixel AUROC / AUPRO in %, means over categories; differences in points to the same model without a defence",
        columns,
        lines.collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Axis, Metrics};

    fn row(model: &str, attack: Attack, pixel_auroc: f64) -> SummaryRow {
        SummaryRow {
            model: model.into(),
            dataset: "d".into(),
            over: Over::Mean,
            attack,
            samples: 1,
            metrics: Metrics { pixel_auroc: Some(pixel_auroc), ..Metrics::default() },
            mean_loss: None,
            evaluations: 1,
            intervals: Default::default(),
            drops: Default::default(),
        }
    }

    fn model(name: &str, defence: &str, pictures: usize) -> DefendedModel {
        DefendedModel {
            name: name.into(),
            model: "m".into(),
            defence: defence.into(),
            pictures,
            seconds: Some(0.25 * pictures as f64),
        }
    }

    #[test]
    fn a_category_called_mean_is_no_mean() {
        let category = SummaryRow { over: Over::Category("mean".into()), ..row("m", Attack::Clean, 0.25) };
        let found = defence_summary(&[category, row("m", Attack::Clean, 0.5)], &[model("m", "none", 1)]);
        assert_eq!(found[0].clean_pixel_auroc, Some(0.5));
    }

    #[test]
    fn won_and_lost_are_held_against_the_same_model_without_a_defence() {
        let rows = [
            row("m", Attack::Clean, 0.875),
            row("m", Attack::Joint, 0.25),
            row("m", Attack::Single(Axis::Angle), 0.5),
            row("m+rotate:4", Attack::Clean, 0.75),
            row("m+rotate:4", Attack::Joint, 0.625),
            row("m+rotate:4", Attack::Single(Axis::Angle), 0.625),
        ];
        let found = defence_summary(&rows, &[model("m", "none", 1), model("m+rotate:4", "rotate:4", 4)]);
        assert_eq!((found[0].won_pixel_auroc, found[0].times_slower), (None, None));
        assert_eq!((found[1].attack, found[1].worst_pixel_auroc), (Some(Attack::Joint), Some(0.625)));
        assert_eq!((found[1].won_pixel_auroc, found[1].lost_pixel_auroc), (Some(0.375), Some(0.125)));
        assert_eq!((found[1].times_slower, found[1].won_aupro), (Some(4.0), None));
        // Without the plain model nothing can be told.
        let alone = defence_summary(&rows, &[model("m+rotate:4", "rotate:4", 4)]);
        assert_eq!((alone[0].won_pixel_auroc, alone[0].clean_pixel_auroc), (None, Some(0.75)));
    }

    #[test]
    fn a_table_has_a_row_for_each_model_and_defence() {
        let rows = [
            row("m", Attack::Clean, 0.875),
            row("m", Attack::Joint, 0.25),
            row("m+rotate:4", Attack::Clean, 0.75),
            row("m+rotate:4", Attack::Joint, 0.625),
        ];
        let found = defence_summary(&rows, &[model("m", "none", 1), model("m+rotate:4", "rotate:4", 4)]);
        let table = defence_table(&found).unwrap();
        let csv = table.to_csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(
            lines[0],
            "model,defence,clean pixel AUROC,clean AUPRO,joint pixel AUROC,joint AUPRO,won back pixel AUROC,won back AUPRO,\
             clean lost pixel AUROC,clean lost AUPRO,pictures,times slower"
        );
        assert_eq!(lines[1..], ["m,none,0.875,,0.25,,,,,,1,", "m,rotate:4,0.75,,0.625,,0.375,,0.125,,4,4"]);
        let text = table.to_text();
        let line = "m      rotate:4  75.0 / -  62.5 / -  +37.5 / -   +12.5 / -         4          4.00";
        assert!(text.ends_with(line), "{text}");
        assert_eq!(defence_table(&[]), None);
    }
}
