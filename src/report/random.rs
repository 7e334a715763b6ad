//! The average case beside the worst.

use super::cell::{Cell, Column};
use super::table::Table;
use crate::record::{RandomRow, SummaryRow};
use crate::stats::distinct;
use crate::types::{Attack, Metrics, Over};

/// From `random.csv` and `summary.csv`: one table for each model, a row for each category with clean metrics, those under random draws
/// and the worst case, and the share of decisions that flip under the draws. Without ground truth it has the flips alone.
pub fn random_tables(rows: &[RandomRow], summary: &[SummaryRow]) -> Vec<Table> {
    let models = distinct(rows.iter().map(|row| row.model.as_str()));
    let table = |model| {
        let rows: Vec<&RandomRow> = rows.iter().filter(|row| row.model == model).collect();
        let summary = summary.iter().filter(|row| row.model == model).collect();
        Model { name: model, rows, summary }.table()
    };
    models.into_iter().map(table).collect()
}

/// The rows of one model.
struct Model<'a> {
    name: &'a str,
    rows: Vec<&'a RandomRow>,
    summary: Vec<&'a SummaryRow>,
}

/// The two metrics that a table shows.
#[derive(Clone, Copy)]
enum Shown {
    Pixels,
    Images,
}

impl Shown {
    const fn names(self) -> [&'static str; 2] {
        match self {
            Self::Pixels => ["pixel AUROC", "AUPRO"],
            Self::Images => ["image AUROC", "image AP"],
        }
    }

    const fn of(self, metrics: &Metrics) -> [Option<f64>; 2] {
        match self {
            Self::Pixels => [metrics.pixel_auroc, metrics.aupro],
            Self::Images => [metrics.image_auroc, metrics.image_ap],
        }
    }
}

impl Model<'_> {
    fn table(&self) -> Table {
        let shown = if self.rows.iter().any(|row| row.metrics.has_pixels()) {
            Some(Shown::Pixels)
        } else {
            self.rows.iter().any(|row| row.metrics.image_auroc.is_some()).then_some(Shown::Images)
        };
        let draws = self.rows.first().map_or(0, |row| row.draws);
        let title = match shown {
            Some(shown) => format!(
                "{}: how rare the worst case is: {} in % at random draws from the box, and decisions that flip there",
                self.name,
                shown.names().join(" / ")
            ),
            None => format!("{}: decisions that flip at random draws from the box", self.name),
        };
        let of_metrics = shown.into_iter().flat_map(|shown| self.columns(shown));
        let of_flips = [
            Column::numbers("flips").named(["flips", "decisions"]),
            Column::numbers("in %").named(["flip share"]),
            Column::numbers("95 % interval").named(["flip share from", "flip share to"]),
        ];
        let columns = [Column::words("category")].into_iter().chain(of_metrics).chain(of_flips).collect();
        // The mean over one category says nothing new.
        let shown_rows = self.rows.iter().filter(|row| row.over != Over::Mean || self.rows.len() > 2);
        let lines: Vec<Vec<Cell>> = shown_rows.map(|row| self.line(row, shown)).collect();
        let uncounted = self.rows.iter().any(|row| row.flips.is_none());
        let mut notes = Vec::new();
        if shown.is_some() {
            notes.push(format!(
                "random: every picture under a draw of its own, all axes at once; mean over {draws} draws, and the lowest of them"
            ));
        }
        if let Some((share, rank)) = self.certified().filter(|_| shown.is_some()) {
            notes.push(format!(
                "certified: with 95 % confidence, at most {} % of further random draws of these pictures give a lower value (draw {rank} from \
                 the lowest of {draws}); each row and metric by itself. It says how rare lower values are, not how low they get: that is the \
                 worst case",
                100.0 * share
            ));
        }
        notes.push(format!(
            "flips: of {draws} draws of each picture those whose decision is not that on the unchanged picture; in the mean of all \
             categories together"
        ));
        notes.push(
            "95 % interval (Clopper-Pearson): for the share of the box under which decisions on these pictures flip; draws of one \
             picture tell nothing about others"
                .to_owned(),
        );
        if uncounted {
            notes.push(
                "- in flips: no threshold could be chosen for that category; give `decision`".to_owned(),
            );
        }
        notes.extend(shown.and_then(|shown| self.below(shown)));
        Table { notes, ..Table::new(title, columns, lines) }
    }

    fn columns(&self, shown: Shown) -> Vec<Column> {
        let head =
            |head: &str| Column::numbers(head).named(shown.names().map(|name| format!("{head} {name}")));
        let mut columns = vec![head("clean"), head("random")];
        if matches!(shown, Shown::Pixels) {
            columns.push(head("lowest draw"));
        }
        if self.certified().is_some() {
            columns.push(head("certified"));
        }
        columns.extend(self.worst_name().map(head));
        columns
    }

    /// The share that is certified, and the rank of the draw by which it is.
    fn certified(&self) -> Option<(f64, usize)> {
        self.rows.iter().find_map(|row| row.certified_share.zip(row.certified_rank))
    }

    /// Name of the column of worst cases: the attack whose box the draws are from, or single axes where there is none.
    fn worst_name(&self) -> Option<&'static str> {
        let made = |attack| self.summary.iter().any(|row| row.attack == attack);
        if made(Attack::Joint) {
            return Some(Attack::Joint.name());
        }
        self.summary.iter().any(|row| row.attack != Attack::Clean).then_some("worst single axis")
    }

    /// What is measured of the unchanged pictures.
    fn clean(&self, over: &Over, shown: Shown) -> [Option<f64>; 2] {
        let row = self.summary.iter().find(|row| row.over == *over && row.attack == Attack::Clean);
        row.map_or([None; 2], |row| shown.of(&row.metrics))
    }

    /// The joint worst case, or for each metric the lowest of all axes.
    fn worst(&self, over: &Over, shown: Shown) -> [Option<f64>; 2] {
        let joint = self.worst_name() == Some(Attack::Joint.name());
        let counts = |row: &&&SummaryRow| {
            row.over == *over && if joint { row.attack == Attack::Joint } else { row.attack != Attack::Clean }
        };
        let rows = || self.summary.iter().filter(counts);
        [0, 1].map(|metric| rows().filter_map(|row| shown.of(&row.metrics)[metric]).min_by(f64::total_cmp))
    }

    fn line(&self, row: &RandomRow, shown: Option<Shown>) -> Vec<Cell> {
        let pair = |[first, second]: [Option<f64>; 2]| Cell::shares(first, second);
        let mut cells = vec![Cell::text(row.over.to_string())];
        if let Some(shown) = shown {
            cells.push(pair(self.clean(&row.over, shown)));
            cells.push(pair(shown.of(&row.metrics)));
            if matches!(shown, Shown::Pixels) {
                cells.push(pair([row.pixel_auroc_min, row.aupro_min]));
            }
            if self.certified().is_some() {
                cells.push(match shown {
                    Shown::Pixels => pair([row.certified_pixel_auroc, row.certified_aupro]),
                    Shown::Images => pair([row.certified_image_auroc, None]),
                });
            }
            cells.extend(self.worst_name().map(|_| pair(self.worst(&row.over, shown))));
        }
        cells.push(match (row.flips, row.decisions) {
            (Some(flips), Some(decisions)) => Cell::part(flips, decisions),
            _ => Cell::Count(None),
        });
        cells.push(Cell::Share(row.flip_share));
        cells.push(match (row.flip_low, row.flip_high) {
            (None, None) => Cell::Share(None),
            (low, high) => Cell::Several(" to ", vec![Cell::Share(low), Cell::Share(high)]),
        });
        cells
    }

    /// Where the search was beaten by chance: its worst case is none.
    fn below(&self, shown: Shown) -> Option<String> {
        if !matches!(shown, Shown::Pixels) || self.worst_name() != Some(Attack::Joint.name()) {
            return None;
        }
        let beaten = self.rows.iter().filter(|row| row.over != Over::Mean).flat_map(|row| {
            let lowest = [row.pixel_auroc_min, row.aupro_min];
            let both = lowest.into_iter().zip(self.worst(&row.over, shown)).zip(shown.names());
            both.filter(|((lowest, worst), _)| {
                lowest.zip(*worst).is_some_and(|(lowest, worst)| lowest < worst)
            })
            .map(|(_, name)| format!("{} ({name})", row.over))
        });
        let beaten: Vec<String> = beaten.collect();
        (!beaten.is_empty()).then(|| {
            format!(
                "warning: a random draw lies below the worst case that the search found, which is then none: {}; give more `budget`",
                beaten.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Drops, Intervals};

    fn row(over: Over, flips: Option<(usize, usize)>) -> RandomRow {
        RandomRow {
            model: "m".into(),
            dataset: "d".into(),
            over,
            draws: 20,
            samples: 5,
            metrics: Metrics { pixel_auroc: Some(0.75), aupro: Some(0.5), ..Metrics::default() },
            pixel_auroc_min: Some(0.625),
            pixel_auroc_max: Some(0.875),
            aupro_min: Some(0.375),
            aupro_max: Some(0.5),
            threshold: None,
            rule: None,
            flips: flips.map(|flips| flips.0),
            decisions: flips.map(|flips| flips.1),
            flip_share: flips.map(|flips| flips.0 as f64 / flips.1 as f64),
            flip_low: flips.map(|_| 0.0625),
            flip_high: flips.map(|_| 0.25),
            certified_share: None,
            certified_rank: None,
            certified_pixel_auroc: None,
            certified_aupro: None,
            certified_image_auroc: None,
        }
    }

    fn worst(attack: Attack, pixel_auroc: f64, aupro: f64) -> SummaryRow {
        SummaryRow {
            model: "m".into(),
            dataset: "d".into(),
            over: nut(),
            attack,
            samples: 5,
            metrics: Metrics { pixel_auroc: Some(pixel_auroc), aupro: Some(aupro), ..Metrics::default() },
            mean_loss: None,
            evaluations: 5,
            intervals: Intervals::default(),
            drops: Drops::default(),
        }
    }

    fn nut() -> Over {
        Over::Category("nut".into())
    }

    #[test]
    fn the_average_case_stands_between_clean_and_worst() {
        let summary = [worst(Attack::Clean, 0.875, 0.75), worst(Attack::Joint, 0.5, 0.25)];
        let tables = random_tables(&[row(nut(), Some((10, 100))), row(Over::Mean, None)], &summary);
        assert_eq!(
            tables[0].to_csv(),
            "category,clean pixel AUROC,clean AUPRO,random pixel AUROC,random AUPRO,lowest draw pixel AUROC,lowest draw AUPRO,\
             joint pixel AUROC,joint AUPRO,flips,decisions,flip share,flip share from,flip share to\n\
             nut,0.875,0.75,0.75,0.5,0.625,0.375,0.5,0.25,10,100,0.1,0.0625,0.25\n",
            "the mean over one category is left out"
        );
        let text = tables[0].to_text();
        for part in ["87.5 / 75.0", "10 of 100", "10.0", "6.2 to 25.0", "mean over 20 draws"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("warning"), "{text}");
    }

    #[test]
    fn a_draw_below_the_worst_case_is_told() {
        let summary = [worst(Attack::Clean, 0.875, 0.75), worst(Attack::Joint, 0.5, 0.4)];
        let notes = random_tables(&[row(nut(), None)], &summary).remove(0).notes;
        assert!(notes.iter().any(|note| note.contains("nut (AUPRO); give more `budget`")), "{notes:?}");
        assert!(notes.iter().any(|note| note.contains("give `decision`")), "{notes:?}");
    }

    #[test]
    fn without_the_joint_attack_the_lowest_of_the_axes_stands_there() {
        let [hue, angle] = [crate::types::Axis::Hue, crate::types::Axis::Angle].map(Attack::Single);
        let summary = [worst(Attack::Clean, 0.875, 0.75), worst(hue, 0.7, 0.6), worst(angle, 0.8, 0.5)];
        let table = random_tables(&[row(nut(), Some((10, 100)))], &summary).remove(0);
        assert!(
            table.to_csv().contains("worst single axis AUPRO") && table.to_csv().contains(",0.7,0.5,10,")
        );
        assert!(!table.to_text().contains("warning"), "all axes at once may well be worse than each alone");
    }

    #[test]
    fn without_ground_truth_there_are_flips_alone() {
        let bare = |over, flips| RandomRow {
            metrics: Metrics::default(),
            pixel_auroc_min: None,
            pixel_auroc_max: None,
            aupro_min: None,
            aupro_max: None,
            ..row(over, flips)
        };
        let table = random_tables(&[bare(nut(), Some((3, 100)))], &[]).remove(0);
        assert_eq!(
            table.to_csv(),
            "category,flips,decisions,flip share,flip share from,flip share to\nnut,3,100,0.03,0.0625,0.25\n"
        );
    }
}
