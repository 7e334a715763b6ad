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

/// Words about what has no interval.
const NO_INTERVAL: &str =
    "no interval below 8 defective pictures or scenes of a category (image AUROC: 8 good ones too)";
/// Samples below which there is none.
const FEWEST: usize = 8;

/// Draws how far the groups of one grouping lie below the same pictures unchanged, in points: a row for all pictures and for each group, and in it
/// a line for each attack with a dot, and its interval where there is one. Conditions, columns and kinds of defects lose pixel and
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
    let samples = lines[0].pictures();
    let heading = format!(
        "Worst-case drop by {}: {} on {}, {}",
        noun(grouping),
        first.model,
        first.dataset,
        style::counted([samples])
    );
    let names: Vec<String> = lines.iter().map(|line| line.name.clone()).collect();
    let sizes: Vec<String> = lines.iter().map(|line| line.size(grouping)).collect();
    let note = note(rows, grouping, &lines[0], several_seeds, &panels);
    let lanes = Lanes {
        heading: &heading,
        names: &names,
        attacks: &attacks,
        sizes: &sizes,
        apart: true,
        note: Some(&note),
        panels,
    };
    lanes.draw(page, out)
}

/// What a reader has to know of what is shown.
fn note(
    rows: &[OperatingRow],
    grouping: &Grouping,
    all: &Line,
    several_seeds: bool,
    panels: &[Panel],
) -> String {
    let values = || panels.iter().flat_map(|panel| panel.values.iter().flatten().flatten());
    let sure = !several_seeds && values().any(|value| value.low < value.high);
    let too_few = |row: &OperatingRow| {
        let drops = &row.drops;
        (drops.pixel_auroc_drop.is_some() && drops.pixel_auroc_interval().is_none() && row.anomalous < FEWEST)
            || (drops.image_auroc_drop.is_some()
                && drops.image_auroc_interval().is_none()
                && row.anomalous.min(row.normal) < FEWEST)
    };
    let mut shown = rows.iter().filter(|row| row.grouping == *grouping || row.grouping == Grouping::All);
    let unsure = !several_seeds && *grouping != Grouping::Size && shown.any(too_few);
    let below = values().any(|value| value.low < 0.0);
    let means = all.rows.iter().any(|row| row.over.category().is_none());
    let better = match grouping {
        // At a fixed threshold more is found where scores rise everywhere.
        Grouping::Size => "below 0: more found than clean, as where false alarms rise too",
        _ => "below 0: better than clean",
    };
    let counted = match grouping {
        Grouping::Defect => "in brackets: defective pictures",
        Grouping::Size => "in brackets: regions",
        _ => "in brackets: good + defective pictures",
    };
    let of_means = match grouping {
        Grouping::Defect => "all pictures: mean over categories",
        _ => "means over the categories that have the group",
    };
    let parts = [
        Some(counted),
        means.then_some(of_means),
        below.then_some(better),
        several_seeds.then_some(super::bars::SPREAD),
        sure.then_some(INTERVALS),
        unsure.then_some(NO_INTERVAL),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
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
        // Kinds of defects are shown category by category, all others once for all categories.
        let category = |row: &OperatingRow| -> Option<String> {
            let category = row.over.category().filter(|_| *grouping == Grouping::Defect);
            category.map(str::to_owned)
        };
        distinct(own.map(|row| (category(row), row.group.as_deref()))).len()
    };
    all.into_iter().filter(|grouping| groups(grouping) > 1).cloned().collect()
}

/// What a grouping is by, in words and in the name of a file.
pub(super) fn noun(grouping: &Grouping) -> String {
    match grouping {
        Grouping::All => "all".to_owned(),
        Grouping::Defect => "kind of defect".to_owned(),
        Grouping::Size => "size of defect".to_owned(),
        Grouping::Condition => "condition".to_owned(),
        Grouping::Column(name) => format!("column {name}"),
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

    /// How much it is about, in brackets.
    fn size(&self, grouping: &Grouping) -> String {
        let most = |count: fn(&OperatingRow) -> usize| self.rows.iter().map(count).max().unwrap_or(0);
        let (good, defective) = (most(|row| row.normal), most(|row| row.anomalous));
        match grouping {
            Grouping::Defect => format!("({defective})"),
            Grouping::Size => format!("({})", most(|row| row.pixels.regions.unwrap_or(0))),
            _ => format!("({good} + {defective})"),
        }
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
    let mut groups = grouped(&own, |row| (row.over.category(), row.group.as_deref()));
    if grouping.is_of_circumstances() {
        // Each category has its groups in order, but not all of them have all.
        let order = stats::in_order(own.iter().filter_map(|row| row.group.as_deref()));
        groups.sort_by_key(|rows| order.iter().position(|&name| Some(name) == rows[0].group.as_deref()));
    }
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
    // Seeds have the same pictures.
    let of_categories = grouped(group, |row| row.over.category());
    let sum = |count: fn(&OperatingRow) -> usize| of_categories.iter().map(|rows| count(rows[0])).sum();
    (row.normal, row.anomalous) = (sum(|row| row.normal), sum(|row| row.anomalous));
    row.pixels.regions = Some(sum(|row| row.pixels.regions.unwrap_or(0)));
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
    /// Least width, in points, where nothing falls.
    const LEAST: f64 = 1.0;
    let low = 100.0 * all().map(|value| value.low).fold(0.0, f64::min);
    let high = 100.0 * all().map(|value| value.high).fold(0.0, f64::max);
    let high = high.max(low + LEAST);
    let room = ROOM * (high - low);
    // Nothing lost is a line within, so that a dot on it is whole and the end of a panel is not taken for it.
    let (low, high) = (low - room, high + room);
    Panel { heading, low, high, ticks: choices(6, |most| decimal_ticks(low, high, most)), values }
}
