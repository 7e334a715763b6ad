//! A figure of how far groups of pictures fall under attacks.

use std::collections::BTreeSet;
use std::path::Path;

use super::axes::{choices, decimal_ticks};
use super::bars::Value;
use super::lanes::{Lanes, Panel};
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::{Grouping, OperatingRow};
use crate::stats::{self, distinct, grouped};
use crate::types::{Attack, Interval, Over};

/// What a row lost since the clean one, as a share, and its interval.
type Fall = fn(&OperatingRow, &OperatingRow) -> (Option<f64>, Option<Interval>);

const OF_PICTURES: [(&str, Fall); 2] = [
    ("pAUROC drop (points)", |_, row| (row.drops.pixel_auroc_drop, row.drops.pixel_auroc_interval())),
    ("image AUROC drop (points)", |_, row| (row.drops.image_auroc_drop, row.drops.image_auroc_interval())),
];
const OF_REGIONS: [(&str, Fall); 1] = [("regions lost (points)", |clean, row| {
    let share = |row: &OperatingRow| row.pixels.region_recall;
    (share(clean).zip(share(row)).map(|(before, after)| before - after), None)
})];

/// Words about the lines of intervals.
const INTERVALS: &str = "line: 95 % interval over samples or scenes, the same ones clean and attacked";

/// Draws how far the groups of one grouping lie below the same pictures unchanged, in points: a row for all pictures and for each group, and in it
/// a dot for each attack, on a line as long as its interval where there is one. Conditions, columns and kinds of defects lose pixel and
/// image AUROC, sizes regions that are found. Of several categories it shows means, or, of kinds of defects, each by itself. With several seeds
/// the dot is their mean, on a line from the lowest to the highest. The rows are of one model on one data set, the clean ones among them.
///
/// # Errors
/// A file error when no group has a drop, or the file cannot be written.
pub fn groups(rows: &[OperatingRow], grouping: &Grouping, page: Page, out: &Path) -> Result<()> {
    let lines = lines(rows, grouping);
    let metrics: &[(&'static str, Fall)] =
        if *grouping == Grouping::Size { &OF_REGIONS } else { &OF_PICTURES };
    let attacks: BTreeSet<Attack> =
        rows.iter().map(|row| row.attack).filter(|&of| of != Attack::Clean).collect();
    let attacks: Vec<Attack> = attacks.into_iter().collect();
    let several_seeds = lines.iter().any(|line| line.most_of_one_attack() > 1);
    let panels: Vec<Panel> = metrics
        .iter()
        .map(|&(heading, fall)| {
            let row = |line: &Line| {
                attacks.iter().map(|&attack| line.value(attack, fall, several_seeds)).collect::<Vec<_>>()
            };
            panel(heading, lines.iter().map(row).collect())
        })
        .filter(|panel| panel.values.iter().skip(1).flatten().any(Option::is_some))
        .collect();
    let Some(first) = rows.first().filter(|_| !panels.is_empty()) else {
        return Err(Error::file(out, "has nothing to show: no group with a drop", "run askance attack"));
    };
    let sure = !several_seeds
        && panels
            .iter()
            .flat_map(|panel| panel.values.iter().flatten().flatten())
            .any(|value| value.low < value.high);
    let samples = lines[0].pictures();
    let heading = format!(
        "Worst-case drop by {}: {} on {}, {}",
        noun(grouping),
        first.model,
        first.dataset,
        style::counted([samples])
    );
    let names: Vec<String> = lines.iter().map(|line| line.name.clone()).collect();
    let lanes = Lanes {
        heading: &heading,
        names: &names,
        attacks: &attacks,
        apart: sure,
        note: if several_seeds { Some(super::bars::SPREAD) } else { sure.then_some(INTERVALS) },
        panels,
    };
    lanes.draw(page, out)
}

/// The groupings of rows of which there is something to draw: those with two groups or more that fell.
pub(super) fn groupings(rows: &[OperatingRow]) -> Vec<Grouping> {
    let fallen = |row: &&OperatingRow| {
        let measured = if row.grouping == Grouping::Size {
            row.pixels.region_recall.is_some()
        } else {
            row.drops.pixel_auroc_drop.or(row.drops.image_auroc_drop).is_some()
        };
        row.attack != Attack::Clean && measured && row.grouping != Grouping::All
    };
    let all = distinct(rows.iter().filter(fallen).map(|row| &row.grouping));
    let groups = |grouping: &Grouping| {
        let own = rows.iter().filter(fallen).filter(|row| row.grouping == *grouping);
        distinct(own.map(|row| (row.over.category(), row.group.as_deref()))).len()
    };
    all.into_iter().filter(|grouping| groups(grouping) > 1).cloned().collect()
}

/// What a grouping is by, in words and in the name of a file.
pub(super) fn noun(grouping: &Grouping) -> &str {
    match grouping {
        Grouping::All => "all",
        Grouping::Defect => "kind of defect",
        Grouping::Size => "size of defect",
        Grouping::Condition => "condition",
        Grouping::Column(name) => name,
    }
}

/// The rows of one group: the clean ones and those of all attacks, of each seed.
struct Line {
    name: String,
    rows: Vec<OperatingRow>,
}

impl Line {
    fn of(&self, attack: Attack) -> impl Iterator<Item = &OperatingRow> {
        self.rows.iter().filter(move |row| row.attack == attack)
    }

    fn most_of_one_attack(&self) -> usize {
        let attacks = distinct(self.rows.iter().map(|row| row.attack));
        attacks.into_iter().map(|attack| self.of(attack).count()).max().unwrap_or(0)
    }

    fn pictures(&self) -> usize {
        self.rows.iter().map(|row| row.normal + row.anomalous).max().unwrap_or(0)
    }

    fn value(&self, attack: Attack, fall: Fall, several_seeds: bool) -> Option<Value> {
        let clean = self.of(Attack::Clean).next()?;
        Value::of_each(self.of(attack).map(|row| fall(clean, row)), several_seeds)
    }
}

/// The lines of a figure: all pictures first.
fn lines(rows: &[OperatingRow], grouping: &Grouping) -> Vec<Line> {
    let several = distinct(rows.iter().filter_map(|row| row.over.category())).len() > 1;
    let all = Line { name: "all pictures".to_owned(), rows: over_categories(rows, several, &Grouping::All) };
    let own: Vec<OperatingRow> = if *grouping == Grouping::Defect {
        rows.iter()
            .filter(|row| row.grouping == *grouping && row.over.category().is_some())
            .cloned()
            .collect()
    } else {
        over_categories(rows, several, grouping)
    };
    let groups = grouped(&own, |row| (row.over.category(), row.group.as_deref()));
    let of_group = |rows: Vec<&OperatingRow>| {
        let group = rows[0].group.clone().unwrap_or_default();
        let name = match rows[0].over.category().filter(|_| several) {
            Some(category) => format!("{category}: {group}"),
            None => group,
        };
        Line { name, rows: rows.into_iter().cloned().collect() }
    };
    [all].into_iter().chain(groups.into_iter().map(of_group)).collect()
}

/// The rows of a grouping over all categories: those of the only one, or the means that are of all that have the group. Where the
/// categories are of several runs nobody has taken the mean, and there are no intervals of it.
fn over_categories(rows: &[OperatingRow], several: bool, grouping: &Grouping) -> Vec<OperatingRow> {
    let own: Vec<&OperatingRow> = rows.iter().filter(|row| row.grouping == *grouping).collect();
    let (of_categories, means): (Vec<&OperatingRow>, Vec<&OperatingRow>) =
        own.into_iter().partition(|row| row.over.category().is_some());
    if !several {
        return of_categories.into_iter().cloned().collect();
    }
    let size = |row: &OperatingRow| row.normal + row.anomalous;
    let groups = grouped(of_categories, |row| (row.group.as_deref(), row.attack));
    let of_group = |group: Vec<&OperatingRow>| -> Vec<OperatingRow> {
        let first = group[0];
        let same = |row: &&&OperatingRow| (&row.group, row.attack) == (&first.group, first.attack);
        // With several seeds each category is there as often as there are seeds.
        let categories = distinct(group.iter().map(|row| row.over.category())).len();
        let whole = categories * group.iter().map(|row| size(row)).sum::<usize>() / group.len().max(1);
        let known: Vec<OperatingRow> =
            means.iter().filter(same).filter(|row| size(row) == whole).map(|row| (*row).clone()).collect();
        if known.is_empty() { vec![mean_of(&group)] } else { known }
    };
    groups.into_iter().flat_map(of_group).collect()
}

/// The mean of what is shown.
fn mean_of(group: &[&OperatingRow]) -> OperatingRow {
    let mean = |value: fn(&OperatingRow) -> Option<f64>| {
        stats::mean(&group.iter().filter_map(|row| value(row)).collect::<Vec<_>>())
    };
    let mut row = group[0].clone();
    row.over = Over::Mean;
    (row.normal, row.anomalous) =
        (group.iter().map(|row| row.normal).sum(), group.iter().map(|row| row.anomalous).sum());
    row.pixels.region_recall = mean(|row| row.pixels.region_recall);
    row.drops = Default::default();
    row.drops.pixel_auroc_drop = mean(|row| row.drops.pixel_auroc_drop);
    row.drops.image_auroc_drop = mean(|row| row.drops.image_auroc_drop);
    row
}

/// A panel as wide as what it shows, nothing lost among it.
fn panel(heading: &'static str, values: Vec<Vec<Option<Value>>>) -> Panel {
    /// Room at an end, as a part of the whole.
    const ROOM: f64 = 0.04;
    let all = || values.iter().flatten().flatten();
    let low = 100.0 * all().map(|value| value.low).fold(0.0, f64::min);
    let high = 100.0 * all().map(|value| value.high).fold(0.0, f64::max);
    let room = ROOM * (high - low).max(1.0);
    let (low, high) = (if low < 0.0 { low - room } else { low }, high + room);
    Panel { heading, low, high, ticks: choices(6, |most| decimal_ticks(low, high, most)), values }
}
