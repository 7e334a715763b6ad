//! `askance data`: what a data set holds, and everything that is wrong with it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use askance::dataset::{
    self, Category, Census, Counts, Dataset, Official, Range, Selection, Survey, Unused, Why,
};
use askance::error::{Error, Result, shown};
use askance::report::{Cell, Column, Table};
use askance::study::pixel_warnings;
use askance::types::Fitting;

use super::args::{Global, SurveyArgs};
use super::say;
use super::shapes::Shapes;
use super::terminal::bar;
use super::wording::error_in_flags;

/// Measures the data and prints what was found; fails after that when a file cannot be used.
pub fn run(global: &Global, args: &SurveyArgs) -> Result<()> {
    let selection =
        Selection { categories: args.category.clone(), layout: args.layout, ..Selection::default() };
    let Survey { dataset, mut problems } = dataset::survey(&args.dir, &selection)?;
    let samples: usize = dataset.categories.iter().map(|category| category.samples.len()).sum();
    let bar = bar("data", 2 * samples, global.quiet);
    let censuses: Vec<Census> =
        dataset.categories.iter().map(|category| dataset::census(category, &|| bar.inc(1))).collect();
    let pixels = pixel_warnings(&dataset, (&BTreeSet::from([args.size]), Fitting::default()), &|| bar.inc(1));
    bar.finish_and_clear();
    problems.extend(censuses.iter().flat_map(|census| census.problems.clone()));
    let mut warnings = dataset.warnings();
    warnings.extend(dataset::sum_up(censuses.iter().flat_map(|census| &census.remarks)));
    warnings.extend(pixels);
    let problems: Vec<Error> = problems.into_iter().map(error_in_flags).collect();
    let report = Report {
        dataset: &dataset,
        censuses: &censuses,
        shapes: Shapes::of(&censuses, args.size),
        warnings: &warnings,
        problems: &problems,
    };
    if global.json {
        say::json(&report.json());
    } else {
        report.print();
    }
    match problems.as_slice() {
        [] => Ok(()),
        [first, others @ ..] => Err(Error::file(
            &args.dir,
            match others.len() {
                0 => format!("1 problem was found: {}: {}", first.subject, first.problem),
                more => format!(
                    "{} problems were found, the first: {}: {}",
                    more + 1,
                    first.subject,
                    first.problem
                ),
            },
            "repair the files listed above; runs can leave bad samples out with --skip-bad",
        )),
    }
}

struct Report<'a> {
    dataset: &'a Dataset,
    censuses: &'a [Census],
    shapes: Option<Shapes>,
    warnings: &'a [String],
    problems: &'a [Error],
}

impl Report<'_> {
    fn rows(&self) -> impl Iterator<Item = (&Category, &Census)> {
        self.dataset.categories.iter().zip(self.censuses)
    }

    /// Pictures of other splits, told as a number beside the category.
    fn other_splits(&self, category: &str) -> usize {
        let other = |unused: &&Unused| unused.category == category && unused.why == Why::OtherSplit;
        self.dataset.unused.iter().filter(other).map(|unused| unused.pictures).sum()
    }

    fn official(&self, category: &Category) -> Option<Counts> {
        self.dataset.official?.counts(&category.name)
    }

    /// Categories of the published set that were not found.
    fn absent(&self) -> Vec<&'static str> {
        let here = |name: &str| self.dataset.categories.iter().any(|category| category.name == name);
        let all = self.dataset.official.map(Official::categories).unwrap_or_default();
        all.into_iter().filter(|name| !here(name)).collect()
    }

    fn print(&self) {
        let Dataset { root, layout, official, .. } = self.dataset;
        let known = official.map_or_else(String::new, |official| format!(", {official}"));
        say::text(format_args!("{}: layout {layout}{known}\n", shown(root)));
        say::table(self.table());
        say::space();
        for (category, census) in self.rows().filter(|(_, census)| !census.defects.is_empty()) {
            let kinds: Vec<String> =
                census.defects.iter().map(|(kind, count)| format!("{} {count}", shown(kind))).collect();
            say::prose(format_args!("defects of {}: {}", shown(&category.name), kinds.join(", ")));
        }
        for line in self.shapes.iter().flat_map(Shapes::lines) {
            say::prose(line);
        }
        let absent = self.absent();
        if !absent.is_empty() {
            say::prose(format_args!("not looked at: {}", absent.join(", ")));
        }
        for warning in self.warnings {
            say::prose(format_args!("warning: {warning}"));
        }
        for problem in self.problems {
            say::prose(format_args!("problem: {problem}"));
        }
    }

    fn table(&self) -> Table {
        if !self.dataset.is_labelled() {
            return self.unlabelled_table();
        }
        let numbers = ["normal", "anomalous", "width", "height", "marked %", "not tested"];
        let rows = self.rows().map(|(category, census)| {
            let official = self.official(category);
            vec![
                Cell::text(&category.name),
                count(category.found.normal, official.map(|counts| counts.normal)),
                count(category.found.anomalous, official.map(|counts| counts.anomalous)),
                range(census.width),
                range(census.height),
                census.coverage.map_or(Cell::Count(None), |share| {
                    let [mean, min, max] = [share.mean, share.min, share.max].map(percent);
                    Cell::text(format!("{mean} ({min}..{max})"))
                }),
                Cell::count(self.other_splits(&category.name)),
            ]
        });
        listing(&numbers, rows.collect())
    }

    fn unlabelled_table(&self) -> Table {
        let rows = self.rows().map(|(category, census)| {
            let pictures = Cell::count(category.samples.len());
            vec![Cell::text(&category.name), pictures, range(census.width), range(census.height)]
        });
        listing(&["pictures", "width", "height"], rows.collect())
    }

    fn json(&self) -> Value {
        let categories: Vec<Value> = self
            .rows()
            .map(|(category, census)| {
                json!({
                    "name": category.name,
                    "normal": category.found.normal,
                    "anomalous": category.found.anomalous,
                    "unlabelled": category.samples.len() - category.found.normal - category.found.anomalous,
                    "official": self.official(category),
                    "defects": census.defects,
                    "width": census.width,
                    "height": census.height,
                    "marked": census.coverage,
                })
            })
            .collect();
        let unused: Vec<Value> = self
            .dataset
            .unused
            .iter()
            .map(|unused| {
                json!({
                    "category": unused.category,
                    "folder": unused.folder,
                    "pictures": unused.pictures,
                    "why": unused.why,
                })
            })
            .collect();
        let problems: Vec<Value> = self
            .problems
            .iter()
            .map(|error| json!({ "subject": error.subject, "problem": error.problem, "fix": error.fix }))
            .collect();
        json!({
            "root": say::path(&self.dataset.root),
            "name": self.dataset.name,
            "layout": self.dataset.layout,
            "official": self.dataset.official,
            "categories": categories,
            "shapes": self.shapes,
            "absent": self.absent(),
            "not_evaluated": unused,
            "warnings": self.warnings,
            "problems": problems,
        })
    }
}

/// Categories down, and what was counted of each.
fn listing(numbers: &[&str], rows: Vec<Vec<Cell>>) -> Table {
    let numbers = numbers.iter().map(|&head| Column::numbers(head));
    Table::new("", std::iter::once(Column::words("category")).chain(numbers).collect(), rows)
}

/// What was found, beside the published count where that is another.
fn count(found: usize, official: Option<usize>) -> Cell {
    match official {
        Some(official) if official != found => Cell::part(found, official),
        _ => Cell::count(found),
    }
}

fn range(range: Option<Range>) -> Cell {
    match range {
        None => Cell::Count(None),
        Some(Range { min, max }) if min == max => Cell::text(min.to_string()),
        Some(Range { min, max }) => Cell::text(format!("{min}..{max}")),
    }
}

/// Two digits; the little that they cannot show must not read as nothing.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent < 0.01 { "<0.01".to_owned() } else { format!("{percent:.2}") }
}
