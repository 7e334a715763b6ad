//! Two runs compared: the answer in sentences, then tables.

use super::cell::{Cell, Column, percent};
use super::metric::metric_name;
use super::table::Table;
use crate::record::PairedRow;
use crate::stats::grouped;
use crate::types::{Attack, Interval, Over, PooledMetric};

/// A paragraph for each pair of models: the strongest attack that both runs have, how much farther one falls to there than the other,
/// and unchanged pictures.
pub fn paired_answer(rows: &[PairedRow]) -> Vec<String> {
    grouped(overall(rows), |row| (&row.a, &row.b)).iter().map(|pair| answer(pair)).collect()
}

fn answer(rows: &[&PairedRow]) -> String {
    let worst = rows.iter().map(|row| row.attack).max().unwrap_or(Attack::Clean);
    let of = |attack: Attack| rows.iter().filter(|row| row.attack == attack).copied().collect::<Vec<_>>();
    let mut sentences = Vec::new();
    if worst != Attack::Clean {
        sentences.extend(said(&format!("Under the worst of attack {worst}"), &of(worst)));
        sentences.extend(fall(&of(worst)));
    }
    sentences.extend(said("On unchanged pictures", &of(Attack::Clean)));
    if rows.iter().all(|row| row.chance.is_none()) {
        let why = "fewer than 8 defective pictures in a category do not tell a difference from chance";
        sentences.push(format!("There are no intervals: {why}."));
    }
    sentences.join("\n")
}

/// Where B lies: what is beyond chance, then what is not.
fn said(when: &str, rows: &[&PairedRow]) -> Option<String> {
    let first = rows.first()?;
    let of = |beyond: Option<bool>, up: bool| -> Vec<String> {
        let rows = rows.iter().filter(|row| row.beyond_chance == beyond && !is_equal(row));
        rows.filter(|row| (row.difference >= 0.0) == up)
            .map(|row| by(row.difference, row.interval(), row.metric))
            .collect()
    };
    let (a, mut clauses) = (&first.a, Vec::new());
    for (beyond, sure) in [(Some(true), "lies"), (None, "was found")] {
        for (up, side) in [(true, "above"), (false, "below")] {
            let found = of(beyond, up);
            if !found.is_empty() {
                clauses.push(format!("{sure} {side} {a} by {}", found.join(" and by ")));
            }
        }
    }
    let equal: Vec<&str> =
        rows.iter().filter(|row| is_equal(row)).map(|row| metric_name(row.metric)).collect();
    if !equal.is_empty() {
        clauses.push(format!("has the {} of {a}", equal.join(" and the ")));
    }
    let unsure: Vec<String> = rows
        .iter()
        .filter(|row| row.beyond_chance == Some(false))
        .map(|row| {
            let ends = row.interval().map_or_else(String::new, |ends| format!(", {}", between(ends)));
            // One of many may lie apart by chance.
            let alone = row.interval().is_some_and(|ends| ends.low > 0.0 || ends.high < 0.0);
            let counted = if alone { ", which is not beyond chance among all the rows compared" } else { "" };
            format!("{} ({:+.1} points{ends}{counted})", metric_name(row.metric), percent(row.difference))
        })
        .collect();
    if !unsure.is_empty() {
        clauses.push(format!("cannot be told from {a} in {}", unsure.join(" and ")));
    }
    Some(format!("{when}, {} {}.", first.b, clauses.join(", and ")))
}

/// Whether two values without an interval are the same in the figures that readers see.
fn is_equal(row: &PairedRow) -> bool {
    row.beyond_chance.is_none() && percent(row.difference) == 0.0
}

/// How much farther B falls than A.
fn fall(rows: &[&PairedRow]) -> Option<String> {
    let row = rows.iter().find(|row| row.metric == PooledMetric::PixelAuroc).or(rows.first())?;
    let fall = row.fall?;
    let ends = row.fall_interval();
    if let Some(ends) = ends.filter(|ends| ends.low <= 0.0 && 0.0 <= ends.high) {
        let name = metric_name(row.metric);
        return Some(format!(
            "From unchanged pictures to there both lose as much {name}, as far as can be told ({:+.1} points, {}).",
            percent(fall),
            between(ends)
        ));
    }
    let more = if fall >= 0.0 { "more" } else { "less" };
    let by = by(fall, ends, row.metric);
    Some(format!("From unchanged pictures to there it loses {more} than {}, by {by}.", row.a))
}

/// A difference without its sign.
fn by(difference: f64, ends: Option<Interval>, metric: PooledMetric) -> String {
    let turned = |ends: Interval| match difference < 0.0 {
        true => Interval { low: -ends.high, high: -ends.low },
        false => ends,
    };
    let ends = ends.map(turned).map_or_else(String::new, |ends| format!(" ({})", between(ends)));
    format!("{:.1} points of {}{ends}", 100.0 * difference.abs(), metric_name(metric))
}

fn between(Interval { low, high }: Interval) -> String {
    format!("95 % interval {:.1} to {:.1}", percent(low), percent(high))
}

/// For each pair of models and metric a table of attacks, and one of categories under the strongest attack where there are several.
pub fn paired_tables(rows: &[PairedRow]) -> Vec<Table> {
    let mut tables = Vec::new();
    for pair in grouped(rows, |row| (&row.a, &row.b)) {
        for metric in PooledMetric::ALL {
            let own: Vec<&PairedRow> = pair.iter().filter(|row| row.metric == metric).copied().collect();
            let whole = overall_of(&own);
            let Some(first) = whole.first() else { continue };
            let over = if first.over == Over::Mean { ", means over categories" } else { "" };
            let title = format!("{} in percent{over}; B minus A in points", metric_name(metric));
            tables.push(table(title, "attack", &whole, |row| row.attack.to_string()));
            let worst = whole.iter().map(|row| row.attack).max().unwrap_or(Attack::Clean);
            let categories: Vec<&PairedRow> = own
                .iter()
                .filter(|row| row.attack == worst && row.over.category().is_some())
                .copied()
                .collect();
            if categories.len() > 1 {
                let title =
                    format!("{} in percent, attack {worst}; B minus A in points", metric_name(metric));
                tables.push(table(title, "category", &categories, |row| row.over.to_string()));
            }
        }
    }
    let is_sure = rows.iter().any(|row| row.interval().is_some());
    if let Some(last) = tables.last_mut().filter(|_| is_sure) {
        last.notes.push(
            "in brackets: 95 % interval over samples, both runs in the same redraws; beyond chance: at 5 % for all rows of a kind \
             together (Holm), those over categories or those over their mean"
                .to_owned(),
        );
    }
    tables
}

fn table(title: String, head: &str, rows: &[&PairedRow], place: impl Fn(&PairedRow) -> String) -> Table {
    let cells = rows.iter().map(|row| {
        let difference = Cell::Sure {
            value: Box::new(Cell::Points(Some(row.difference))),
            interval: row.interval(),
            shown: true,
        };
        vec![
            Cell::text(place(row)),
            Cell::count(row.samples),
            Cell::Share(Some(row.value_a)),
            Cell::Share(Some(row.value_b)),
            difference,
            Cell::text(verdict(row)),
        ]
    });
    let numbers = ["samples", "A", "B"].map(Column::numbers);
    let columns = std::iter::once(Column::words(head)).chain(numbers);
    let columns = columns.chain([Column::sure("difference"), Column::words("beyond chance")]);
    let first = rows.first().map(|row| format!("A: {}; B: {}", row.a, row.b));
    Table { notes: first.into_iter().collect(), ..Table::new(title, columns.collect(), cells.collect()) }
}

fn verdict(row: &PairedRow) -> String {
    let Some((chance, beyond)) = row.chance.zip(row.beyond_chance) else { return "-".to_owned() };
    let chance = if chance < 0.001 { "p < 0.001".to_owned() } else { format!("p = {chance:.3}") };
    format!("{}, {chance}", if beyond { "yes" } else { "no" })
}

/// The rows over the mean, or over the only category, of each pair of models.
fn overall(rows: &[PairedRow]) -> Vec<&PairedRow> {
    grouped(rows, |row| (&row.a, &row.b)).iter().flat_map(|pair| overall_of(pair)).collect()
}

fn overall_of<'r>(rows: &[&'r PairedRow]) -> Vec<&'r PairedRow> {
    let has_mean = rows.iter().any(|row| row.over == Over::Mean);
    rows.iter().filter(|row| !has_mean || row.over == Over::Mean).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Axis;

    fn row(
        over: Over,
        attack: Attack,
        metric: PooledMetric,
        difference: f64,
        beyond: Option<bool>,
    ) -> PairedRow {
        let sure = beyond.is_some();
        PairedRow {
            a: "pocket".into(),
            b: "robust".into(),
            dataset: "d".into(),
            over,
            samples: 20,
            attack,
            metric,
            value_a: 0.75,
            value_b: 0.75 + difference,
            difference,
            low: sure.then_some(difference - 0.03),
            high: sure.then_some(difference + 0.03),
            chance: beyond.map(|beyond| if beyond { 0.000_2 } else { 0.3 }),
            beyond_chance: beyond,
            fall: (attack != Attack::Clean).then_some(-0.05),
            fall_low: sure.then_some(-0.06),
            fall_high: sure.then_some(-0.04),
        }
    }

    #[test]
    fn the_answer_begins_with_the_strongest_attack() {
        let nut = || Over::Category("nut".into());
        let rows = [
            row(nut(), Attack::Clean, PooledMetric::PixelAuroc, -0.01, Some(false)),
            row(nut(), Attack::Joint, PooledMetric::PixelAuroc, 0.125, Some(true)),
        ];
        let said = paired_answer(&rows);
        assert_eq!(
            said,
            [
                "Under the worst of attack joint, robust lies above pocket by 12.5 points of pixel AUROC (95 % interval 9.5 to 15.5).\n\
              From unchanged pictures to there it loses less than pocket, by 5.0 points of pixel AUROC (95 % interval 4.0 to 6.0).\n\
              On unchanged pictures, robust cannot be told from pocket in pixel AUROC (-1.0 points, 95 % interval -4.0 to 2.0)."
            ]
        );
        let both = [
            row(nut(), Attack::Single(Axis::Hue), PooledMetric::PixelAuroc, -0.125, Some(true)),
            row(nut(), Attack::Single(Axis::Hue), PooledMetric::Aupro, -0.01, Some(false)),
        ];
        let said = paired_answer(&both).join("");
        let expected = "robust lies below pocket by 12.5 points of pixel AUROC (95 % interval 9.5 to 15.5), and cannot be told from pocket in AUPRO (-1.0";
        assert!(said.contains(expected), "{said}");
        let few = [row(nut(), Attack::Clean, PooledMetric::Aupro, -0.01, None)];
        let said = paired_answer(&few).join("");
        assert!(
            said.starts_with("On unchanged pictures, robust was found below pocket by 1.0 points of AUPRO."),
            "{said}"
        );
        assert!(said.ends_with("do not tell a difference from chance."), "{said}");
        let same = PooledMetric::ALL.map(|metric| row(nut(), Attack::Clean, metric, -0.0004, None));
        let said = paired_answer(&same).join("");
        assert!(
            said.starts_with("On unchanged pictures, robust has the pixel AUROC and the AUPRO of pocket."),
            "{said}"
        );
    }

    #[test]
    fn means_come_first_and_categories_under_the_strongest_attack() {
        let metric = PooledMetric::Aupro;
        let of = |name: &str, attack| row(Over::Category(name.into()), attack, metric, 0.0, None);
        let rows = [
            of("a", Attack::Clean),
            of("a", Attack::Joint),
            of("b", Attack::Joint),
            row(Over::Mean, Attack::Clean, metric, 0.0, Some(false)),
            row(Over::Mean, Attack::Joint, metric, -0.5, Some(true)),
        ];
        let tables = paired_tables(&rows);
        let first = |table: &Table| table.rows.iter().map(|row| row[0].short()).collect::<Vec<_>>();
        assert_eq!(tables.iter().map(first).collect::<Vec<_>>(), [["clean", "joint"], ["a", "b"]]);
        assert_eq!(tables[0].rows[1][4].short(), "-50.0 (-53.0 to -47.0)");
        assert_eq!(tables[0].rows[1][5].short(), "yes, p < 0.001");
        assert_eq!(tables[0].rows[0][5].short(), "no, p = 0.300");
        assert_eq!(tables[1].rows[0][5].short(), "-");
        assert!(tables.iter().all(|table| table.width() <= 80), "{}", tables[0].to_text());
    }
}
