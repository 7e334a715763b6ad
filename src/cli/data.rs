//! `askance data`: what a data set holds, and everything that is wrong with it.

use serde_json::{Value, json};

use askance::dataset::{
    self, Category, Census, Counts, Dataset, Official, Range, Selection, Survey, Unused, Why,
};
use askance::error::{Error, Result};

use super::args::{Global, SurveyArgs};
use super::table::render;
use super::terminal::bar;
use super::wording::error_in_flags;

/// Measures the data and prints what was found; fails after that when a file cannot be used.
pub fn run(global: &Global, args: &SurveyArgs) -> Result<()> {
    let selection = Selection { categories: args.category.clone(), layout: args.layout, limit: None };
    let Survey { dataset, mut problems } = dataset::survey(&args.dir, &selection)?;
    let samples = dataset.categories.iter().map(|category| category.samples.len()).sum();
    let bar = bar("data", samples, global.quiet);
    let censuses: Vec<Census> =
        dataset.categories.iter().map(|category| dataset::census(category, &|| bar.inc(1))).collect();
    bar.finish_and_clear();
    problems.extend(censuses.iter().flat_map(|census| census.problems.clone()));
    let mut warnings = dataset.warnings();
    warnings.extend(dataset::sum_up(censuses.iter().flat_map(|census| &census.remarks)));
    let problems: Vec<Error> = problems.into_iter().map(error_in_flags).collect();
    let report = Report { dataset: &dataset, censuses: &censuses, warnings: &warnings, problems: &problems };
    if global.json {
        println!("{:#}", report.json());
    } else {
        report.print();
    }
    match problems.len() {
        0 => Ok(()),
        count => Err(Error::file(
            &args.dir,
            format!("{count} {} found", if count == 1 { "problem was" } else { "problems were" }),
            "repair the files listed above; runs can leave bad samples out with --skip-bad",
        )),
    }
}

struct Report<'a> {
    dataset: &'a Dataset,
    censuses: &'a [Census],
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
        println!("{}: layout {layout}{known}\n", root.display());
        println!("{}\n", self.table());
        for (category, census) in self.rows().filter(|(_, census)| !census.defects.is_empty()) {
            let kinds: Vec<String> =
                census.defects.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
            println!("defects of {}: {}", category.name, kinds.join(", "));
        }
        let absent = self.absent();
        if !absent.is_empty() {
            println!("not looked at: {}", absent.join(", "));
        }
        for warning in self.warnings {
            println!("warning: {warning}");
        }
        for problem in self.problems {
            println!("problem: {problem}");
        }
    }

    fn table(&self) -> String {
        if !self.dataset.is_labelled() {
            return self.unlabelled_table();
        }
        let rows: Vec<Vec<String>> = self
            .rows()
            .map(|(category, census)| {
                let official = self.official(category);
                let count = |found: usize, official: Option<usize>| match official {
                    Some(official) if official != found => format!("{found} of {official}"),
                    _ => found.to_string(),
                };
                vec![
                    category.name.clone(),
                    count(category.found.normal, official.map(|counts| counts.normal)),
                    count(category.found.anomalous, official.map(|counts| counts.anomalous)),
                    range(census.width),
                    range(census.height),
                    census.coverage.map_or_else(
                        || "-".to_owned(),
                        |share| {
                            format!(
                                "{} ({}..{})",
                                percent(share.mean),
                                percent(share.min),
                                percent(share.max)
                            )
                        },
                    ),
                    self.other_splits(&category.name).to_string(),
                ]
            })
            .collect();
        let header = ["category", "normal", "anomalous", "width", "height", "marked %", "not tested"];
        render(&header, &rows, 1)
    }

    fn unlabelled_table(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .rows()
            .map(|(category, census)| {
                let pictures = category.samples.len().to_string();
                vec![category.name.clone(), pictures, range(census.width), range(census.height)]
            })
            .collect();
        render(&["category", "pictures", "width", "height"], &rows, 1)
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
            "root": self.dataset.root,
            "name": self.dataset.name,
            "layout": self.dataset.layout,
            "official": self.dataset.official,
            "categories": categories,
            "absent": self.absent(),
            "not_evaluated": unused,
            "warnings": self.warnings,
            "problems": problems,
        })
    }
}

fn range(range: Option<Range>) -> String {
    match range {
        None => "-".to_owned(),
        Some(Range { min, max }) if min == max => min.to_string(),
        Some(Range { min, max }) => format!("{min}..{max}"),
    }
}

/// Two digits; the little that they cannot show must not read as nothing.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent < 0.01 { "<0.01".to_owned() } else { format!("{percent:.2}") }
}
