//! The tables of the paper's protocol.

use std::collections::BTreeSet;

use super::cell::{Cell, Column};
use super::published::published;
use super::table::Table;
use crate::dataset::Official;
use crate::record::SummaryRow;
use crate::stats::distinct;
use crate::types::{Attack, Interval, Over};

/// A metric, its drop from clean and the intervals of both.
struct Metric {
    name: &'static str,
    value: fn(&SummaryRow) -> Option<f64>,
    interval: fn(&SummaryRow) -> Option<Interval>,
    of_drop: fn(&SummaryRow) -> Option<Interval>,
}

const METRICS: [Metric; 2] = [
    Metric {
        name: "pAUROC",
        value: |row| row.metrics.pixel_auroc,
        interval: |row| row.intervals.pixel_auroc(),
        of_drop: |row| row.drops.pixel_auroc(),
    },
    Metric {
        name: "AUPRO",
        value: |row| row.metrics.aupro,
        interval: |row| row.intervals.aupro(),
        of_drop: |row| row.drops.aupro(),
    },
];

/// What the word for the joint attack stands for.
const JOINT: &str = "joint: all parameters attacked together; the paper calls it 3D.";

/// The numbers behind the paper's figure 4: one table per backbone with its name, a row for each dataset and metric, a column
/// for each attack, means over categories; the last columns are the largest drop from clean in points and the attack that it is under, `none` where no attack lowers it.
pub fn backbone_tables(rows: &[SummaryRow]) -> Vec<(String, Table)> {
    let means: Vec<&SummaryRow> = rows.iter().filter(|row| row.over == Over::Mean).collect();
    let attacks = attacks_of(&means);
    let numbers = attacks.iter().map(|attack| attack.name()).chain(["largest drop"]).map(Column::sure);
    let words = ["dataset", "metric"].map(Column::words).into_iter().chain([Column::numbers("samples")]);
    let columns: Vec<Column> = words.chain(numbers).chain([Column::words("under")]).collect();
    distinct(means.iter().map(|row| row.model.as_str()))
        .into_iter()
        .map(|model| {
            let own: Vec<&SummaryRow> = means.iter().copied().filter(|row| row.model == model).collect();
            let mut lines = Vec::new();
            for dataset in distinct(own.iter().map(|row| row.dataset.as_str())) {
                for Metric { name, value, interval, of_drop } in METRICS {
                    let of = |attack: Attack| {
                        own.iter().copied().find(|row| row.dataset == dataset && row.attack == attack)
                    };
                    let lowest = attacks
                        .iter()
                        .filter(|attack| **attack != Attack::Clean)
                        .filter_map(|&attack| Some((of(attack)?, value(of(attack)?)?)))
                        .min_by(|one, other| one.1.total_cmp(&other.1));
                    let clean = of(Attack::Clean);
                    let drop =
                        clean.and_then(value).zip(lowest).map(|(clean, (row, low))| (row, clean - low));
                    let samples = Cell::Count(clean.map(|row| row.samples));
                    let mut line = vec![Cell::text(dataset), Cell::text(name), samples];
                    line.extend(attacks.iter().map(|&attack| {
                        let row = of(attack);
                        Cell::sure(row.and_then(value), row.and_then(interval))
                    }));
                    line.extend(match drop {
                        Some((row, drop)) if drop > 0.0 => {
                            [Cell::sure(Some(drop), of_drop(row)), Cell::text(row.attack.name())]
                        }
                        Some(_) => [Cell::text("none"), Cell::text("-")],
                        None => [Cell::Share(None), Cell::text("-")],
                    });
                    lines.push(line);
                }
            }
            let title = format!("{model}: clean and per-sample worst case, means over categories in %");
            (model.to_owned(), explained(Table::new(title, columns.clone(), lines), &attacks))
        })
        .collect()
}

/// Every category of every dataset and backbone, clean and under each attack.
pub fn category_table(rows: &[SummaryRow]) -> Table {
    let all: Vec<&SummaryRow> = rows.iter().collect();
    let attacks = attacks_of(&all);
    let numbers = attacks
        .iter()
        .flat_map(|&attack| METRICS.map(|metric| Column::sure(format!("{attack} {}", metric.name))));
    let words = ["backbone", "dataset", "category"].map(Column::words).into_iter();
    let columns = words.chain([Column::numbers("samples")]).chain(numbers).collect();
    let mut keys = distinct(rows.iter().map(|row| (row.model.as_str(), row.dataset.as_str(), &row.over)));
    keys.sort_by_key(|&(model, dataset, over)| {
        let place = |name: &str, of: fn(&SummaryRow) -> &str| rows.iter().position(|row| of(row) == name);
        (place(model, |row| &row.model), place(dataset, |row| &row.dataset), *over == Over::Mean)
    });
    let lines = keys
        .into_iter()
        .map(|(model, dataset, over)| {
            let same = |row: &&SummaryRow| {
                (row.model.as_str(), row.dataset.as_str(), &row.over) == (model, dataset, over)
            };
            let samples = Cell::Count(rows.iter().filter(same).map(|row| row.samples).max());
            let mut line =
                vec![Cell::text(model), Cell::text(dataset), Cell::text(over.to_string()), samples];
            for &attack in &attacks {
                let row = rows.iter().find(|row| {
                    (row.model.as_str(), row.dataset.as_str(), &row.over, row.attack)
                        == (model, dataset, over, attack)
                });
                line.extend(METRICS.map(|Metric { value, interval, .. }| {
                    Cell::sure(row.and_then(value), row.and_then(interval))
                }));
            }
            line
        })
        .collect();
    explained(Table::new("Every category, in %", columns, lines), &attacks)
}

/// The table with a note about the joint attack where it has a column.
fn explained(table: Table, attacks: &[Attack]) -> Table {
    let notes = attacks.contains(&Attack::Joint).then(|| JOINT.to_owned()).into_iter().collect();
    Table { notes, ..table }
}

/// Clean numbers beside published ones where backbone and category match; `comparable` tells which model is a ViT-B/16+, the one
/// that the numbers are of, and `official` which published set a dataset of the rows is, by their names there. Means are compared
/// only where all categories of the set are there. `None` where nothing matches.
pub fn published_table(
    rows: &[SummaryRow],
    comparable: &dyn Fn(&str) -> bool,
    official: &dyn Fn(&str) -> Option<Official>,
) -> Option<Table> {
    let clean: Vec<&SummaryRow> =
        rows.iter().filter(|row| row.attack == Attack::Clean && comparable(&row.model)).collect();
    let mut lines = Vec::new();
    for row in &clean {
        let Some(set) = official(&row.dataset) else { continue };
        let complete = || {
            let there = |name: &&str| {
                clean.iter().any(|other| {
                    (&other.model, &other.dataset, other.over.category())
                        == (&row.model, &row.dataset, Some(*name))
                })
            };
            set.categories().iter().all(there)
        };
        if row.over == Over::Mean && !complete() {
            continue;
        }
        for known in published(set, &row.over) {
            let difference = |own: Option<f64>, known: f64| Cell::Points(own.map(|own| own - known));
            lines.push(vec![
                Cell::text(&row.model),
                Cell::text(&row.dataset),
                Cell::text(row.over.to_string()),
                Cell::text(row.samples.to_string()),
                Cell::Share(row.metrics.pixel_auroc),
                Cell::Share(Some(known.pixel_auroc)),
                difference(row.metrics.pixel_auroc, known.pixel_auroc),
                Cell::Share(row.metrics.aupro),
                Cell::Share(Some(known.aupro)),
                difference(row.metrics.aupro, known.aupro),
                Cell::text(known.source),
            ]);
        }
    }
    if lines.is_empty() {
        return None;
    }
    let words = ["backbone", "dataset", "category", "samples"].map(Column::words);
    let numbers = [
        "pAUROC",
        "published pAUROC",
        "pAUROC difference",
        "AUPRO",
        "published AUPRO (200 thresholds)",
        "AUPRO difference",
    ]
    .map(Column::numbers);
    Some(Table::new(
        "Clean numbers beside published ones of WinCLIP with ViT-B/16+ (LAION-400M, 240 pixels), in % and points",
        words.into_iter().chain(numbers).chain([Column::words("source")]).collect(),
        lines,
    ))
}

fn attacks_of(rows: &[&SummaryRow]) -> Vec<Attack> {
    rows.iter().map(|row| row.attack).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::mean_rows;
    use crate::types::Metrics;

    fn row(dataset: &str, category: &str, attack: Attack, pixel_auroc: f64) -> SummaryRow {
        SummaryRow {
            model: "b16".into(),
            dataset: dataset.into(),
            over: Over::Category(category.into()),
            attack,
            samples: 2,
            metrics: Metrics { pixel_auroc: Some(pixel_auroc), ..Metrics::default() },
            mean_loss: None,
            evaluations: 2,
            intervals: Default::default(),
            drops: Default::default(),
        }
    }

    fn rows() -> Vec<SummaryRow> {
        let mut rows = vec![
            row("mv", "bottle", Attack::Clean, 0.9),
            row("mv", "bottle", Attack::Joint, 0.5),
            row("mv", "cable", Attack::Clean, 0.7),
            row("mv", "cable", Attack::Joint, 0.6),
            row("own", "bottle", Attack::Clean, 0.4),
        ];
        rows.extend(mean_rows(&rows));
        rows
    }

    #[test]
    fn a_backbone_has_a_row_for_each_dataset_and_metric() {
        let tables = backbone_tables(&rows());
        let [(name, table)] = &tables[..] else { panic!("one backbone") };
        assert_eq!(name, "b16");
        assert_eq!(
            table.heads(),
            ["dataset", "metric", "samples", "clean", "joint", "largest drop", "under"]
        );
        assert_eq!(table.rows.len(), 4);
        assert_eq!(table.rows[0][5].short(), "25.0");
        assert_eq!((&table.rows[0][2], &table.rows[0][6]), (&Cell::count(4), &Cell::text("joint")));
        assert!(table.rows[1][3..].iter().all(|cell| cell.short() == "-"), "{:?}", table.rows[1]);
        assert_eq!(table.rows[2][4].short(), "-");
        assert!(table.notes[0].starts_with("joint: all parameters"));
    }

    #[test]
    fn intervals_are_in_csv_and_where_they_are_asked_for() {
        let mut rows = rows();
        for row in rows.iter_mut().filter(|row| row.dataset == "mv" && row.over == Over::Mean) {
            (row.intervals.pixel_auroc_low, row.intervals.pixel_auroc_high) = (Some(0.25), Some(0.875));
            if row.attack == Attack::Joint {
                (row.drops.pixel_auroc_drop_low, row.drops.pixel_auroc_drop_high) = (Some(0.125), Some(0.5));
            }
        }
        let table = &backbone_tables(&rows)[0].1;
        let csv = table.to_csv();
        assert!(
            csv.starts_with("dataset,metric,samples,clean,clean low,clean high,joint,joint low,"),
            "{csv}"
        );
        assert!(csv.contains(",0.25,0.875,") && csv.contains(",0.125,0.5,joint"), "{csv}");
        assert!(!table.to_latex("t").contains(" to "), "{}", table.to_latex("t"));
        let latex = table.with_intervals().to_latex("t");
        assert!(latex.contains("80.0 (25.0 to 87.5)") && latex.contains("25.0 (12.5 to 50.0)"), "{latex}");
        assert!(latex.contains("In brackets: 95 \\% interval over samples."), "{latex}");
        let csv = category_table(&rows).to_csv();
        assert!(csv.contains("joint pAUROC,joint pAUROC low,joint pAUROC high,joint AUPRO"), "{csv}");
    }

    #[test]
    fn a_gain_is_no_drop() {
        let mut rows = vec![row("mv", "nut", Attack::Clean, 0.5), row("mv", "nut", Attack::Joint, 0.75)];
        rows.extend(mean_rows(&rows));
        let table = &backbone_tables(&rows)[0].1;
        assert_eq!(table.rows[0][5..], [Cell::text("none"), Cell::text("-")]);
    }

    #[test]
    fn categories_keep_their_order_with_the_mean_last() {
        let table = category_table(&rows());
        let names: Vec<_> = table.rows.iter().map(|row| row[2].clone()).collect();
        assert_eq!(names, ["bottle", "cable", "mean", "bottle", "mean"].map(Cell::text));
        assert_eq!(table.columns.len(), 4 + 2 * 2);
    }

    #[test]
    fn a_category_called_mean_is_no_mean() {
        let mut rows = vec![row("mv", "mean", Attack::Clean, 0.25), row("mv", "nut", Attack::Clean, 0.75)];
        rows.extend(mean_rows(&rows));
        let table = &backbone_tables(&rows)[0].1;
        assert_eq!(table.rows[0][3], Cell::sure(Some(0.5), None));
        let table = category_table(&rows);
        let lines: Vec<_> = table.rows.iter().map(|row| (row[2].clone(), row[4].clone())).collect();
        let expected = [("`mean`", 0.25), ("nut", 0.75), ("mean", 0.5)];
        assert_eq!(lines, expected.map(|(name, value)| (Cell::text(name), Cell::sure(Some(value), None))));
    }

    #[test]
    fn published_numbers_stand_beside_the_same_category_of_the_same_set() {
        let table = published_table(&rows(), &|model| model == "b16", &|dataset| {
            (dataset == "mv").then_some(Official::MvtecAd)
        })
        .unwrap();
        // The mean over two of fifteen categories is not the published one.
        assert_eq!(table.rows.len(), 2);
        let Cell::Points(Some(difference)) = table.rows[0][6] else { panic!("{:?}", table.rows[0]) };
        assert!((difference - (0.9 - 0.857)).abs() < 1e-12);
        assert!(published_table(&rows(), &|_| true, &|_| None).is_none());
        assert!(published_table(&rows(), &|_| false, &|_| Some(Official::MvtecAd)).is_none());
    }
}
