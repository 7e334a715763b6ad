//! One self-contained page about some runs: the answer in sentences, then what it stands on. No script, font or picture comes from
//! elsewhere, and the page forbids itself to ask for any.

mod answer;
mod categories;
mod charts;
mod gallery;
mod html;
mod paired;
mod picture;
mod settings;
mod svg;
mod tolerance;
mod words;

use html::{Words, escape, folded, line_below, section, tables, worded};

use super::{
    CameraScales, bench_notes, bench_tables, bench_verdict, difference_table, effort_table, efforts,
    operating_tables, paired_tables, random_tables, sweep_table, uniform_tables,
};
use crate::error::Result;
use crate::record::{
    BenchRow, DifferenceRow, OperatingRow, PairedRow, Parameters, RandomRow, RunInfo, SampleRow,
    StabilityRow, SummaryRow, SweepRow, Trace, UniformRow,
};
use crate::stats::{distinct, grouped};
use crate::types::{Attack, Axis, Bounds, Image, Over};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a page is made of.
#[derive(Clone, Copy)]
pub struct PageParts<'p> {
    /// The runs, of which the first is what the others are held against.
    pub runs: &'p [PageRun],
    /// The other runs held against the first, in the same redraws.
    pub paired: &'p [PairedRow],
    /// What else is unlike between the runs, or why they cannot be held against each other, in lines.
    pub remarks: &'p [String],
    /// How readers name settings: takes a text with settings in backticks.
    pub words: Words<'p>,
}

/// What a page shows of one run; what the run does not have is empty. Models have names that tell those of different runs apart.
#[derive(Clone, Debug)]
pub struct PageRun {
    /// Name of the run.
    pub name: String,
    /// What the run was.
    pub info: RunInfo,
    /// Bounds of its perturbations.
    pub bounds: Bounds,
    /// Axes of its joint attack.
    pub axes: Vec<Axis>,
    /// Rows of `samples.csv`.
    pub samples: Vec<SampleRow>,
    /// Rows of `summary.csv`.
    pub summary: Vec<SummaryRow>,
    /// Rows of `differences.csv`.
    pub differences: Vec<DifferenceRow>,
    /// Rows of `sweep.csv`.
    pub sweeps: Vec<SweepRow>,
    /// Rows of `stability.csv`.
    pub stability: Vec<StabilityRow>,
    /// Rows of `operating.csv`.
    pub operating: Vec<OperatingRow>,
    /// Rows of `uniform.csv`.
    pub uniform: Vec<UniformRow>,
    /// Rows of `random.csv`.
    pub random: Vec<RandomRow>,
    /// Rows of `bench.csv`.
    pub bench: Vec<BenchRow>,
    /// Samples as pictures.
    pub exhibits: Vec<Exhibit>,
    /// Searches of which every evaluation was kept.
    pub searches: Vec<Searched>,
}

/// One sample at the worst case of one attack.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Name of the model.
    pub model: String,
    /// Category of the sample.
    pub category: String,
    /// Name of the sample, `defect/stem`.
    pub sample: String,
    /// The attack.
    pub attack: Attack,
    /// Values of the worst perturbation.
    pub parameters: Parameters,
    /// The sample's pixel AUROC unperturbed, in [0, 1].
    pub clean_auroc: Option<f64>,
    /// Image score of the unperturbed picture.
    pub clean_score: f64,
    /// The sample's pixel AUROC at the worst case, in [0, 1].
    pub sample_auroc: Option<f64>,
    /// Image score at the worst case.
    pub image_score: f64,
    /// Clean picture, its map, worst picture, its map brought back; each (3, H, W) in [0, 1].
    pub tiles: [Image; 4],
}

/// One joint search with all its evaluations.
#[derive(Clone, Debug)]
pub struct Searched {
    /// Name of the model.
    pub model: String,
    /// Category and name of the sample.
    pub sample: String,
    /// The searched axes, as the columns of the trace.
    pub axes: Vec<Axis>,
    /// The evaluations.
    pub trace: Trace,
}

/// A model with what was found of it over all its categories.
struct Subject<'r> {
    clean: &'r SummaryRow,
    /// The attack on most axes, or the clean row where there was none.
    worst: &'r SummaryRow,
    /// Rows of all attacks.
    parts: Vec<&'r SummaryRow>,
    axes: &'r [Axis],
}

/// The page about some runs, as HTML.
///
/// # Errors
/// A file error when a picture cannot be encoded.
pub fn page(parts: &PageParts<'_>) -> Result<String> {
    let PageParts { runs, paired, words, .. } = *parts;
    let means: Vec<&SummaryRow> = runs.iter().flat_map(|run| overall(&run.summary)).collect();
    let subjects = subjects(runs);
    let differences: Vec<&DifferenceRow> = runs.iter().flat_map(|run| &run.differences).collect();
    let stability: Vec<StabilityRow> = runs.iter().flat_map(|run| run.stability.iter().cloned()).collect();
    let verdicts: Vec<String> =
        runs.iter().flat_map(|run| bench_verdict(&run.bench)).map(|verdict| words(&verdict)).collect();
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let title = format!("Askance: {}", names.join(", "));
    let camera = CameraScales::of_runs(runs.iter().map(|run| &run.info));
    let tolerated = tolerance::answer(&stability, &camera);
    let answer = answer::answer(&subjects, &differences, paired, &tolerated, &verdicts);
    let steps = answer::next_steps(&subjects, (runs, paired), &stability);
    let steps: String = steps.iter().map(|step| format!("<li>{}</li>", worded(step, words))).collect();
    let next = if steps.is_empty() { steps } else { format!("<h3>What next</h3><ul>{steps}</ul>") };
    let sections = sections(parts, &means, (&stability, &camera))?;
    let contents: String = sections
        .iter()
        .filter(|(.., body)| !body.is_empty())
        .map(|(id, heading, _)| format!("<li><a href=\"#{id}\">{}</a></li>", escape(heading)))
        .collect();
    let body: String = sections.iter().map(|(id, heading, body)| section(id, heading, body)).collect();
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body><a class=\"skip\" href=\"#answer\">To the answer</a>\
         <header><h1>{title}</h1></header><main><section id=\"answer\" aria-label=\"Answer\">{answer}{next}{}</section>\
         <nav aria-label=\"Contents\"><ul>{contents}</ul></nav>\n{body}</main><footer>Made by askance {} from {}.</footer>\
         <script>{SCRIPT}</script></body></html>\n",
        TERMS,
        env!("CARGO_PKG_VERSION"),
        if paired.is_empty() { "records alone" } else { "records, and the masks of the pictures" },
        title = escape(&title),
    ))
}

/// Words that the answer uses.
const TERMS: &str = "<details><summary>What these words mean</summary><dl class=\"terms\">\
<dt>pixel AUROC (pAUROC)</dt><dd>How well the anomaly map ranks defective pixels above good ones: 100 % is perfect, 50 % is chance, \
below 50 % is worse than chance. Pooled over the pixels of all pictures of a category.</dd>\
<dt>AUPRO</dt><dd>How much of each defect is found, small defects weighing as much as large ones, averaged over false alarm rates up to a limit \
(30 % unless the settings say otherwise). 100 % is perfect; chance is far below 50 %.</dd>\
<dt>worst case</dt><dd>For each picture, the change within the bounds that hurts most of those that were tried. Nothing guarantees that no worse one exists.</dd>\
<dt>joint</dt><dd>All axes of the attack moved together; every other attack moves the axis that it is named after, alone.</dd>\
<dt>drop</dt><dd>Clean value minus worst-case value, in points of percent.</dd>\
<dt>95 % interval</dt><dd>How far the number moves when the pictures are drawn anew. Where two models are compared on the same pictures, the interval is that of their difference.</dd>\
<dt>mean over categories</dt><dd>Every category weighs the same, however many pictures it has.</dd></dl></details>";

type Section = (&'static str, &'static str, String);

fn sections(
    parts: &PageParts<'_>,
    means: &[&SummaryRow],
    (stability, camera): (&[StabilityRow], &CameraScales),
) -> Result<Vec<Section>> {
    let PageParts { runs, words, .. } = *parts;
    let of_categories: Vec<&SummaryRow> =
        runs.iter().flat_map(|run| &run.summary).filter(|row| row.over.category().is_some()).collect();
    let random: Vec<RandomRow> = runs.iter().flat_map(|run| run.random.iter().cloned()).collect();
    let sweeps: Vec<SweepRow> = runs.iter().flat_map(|run| run.sweeps.iter().cloned()).collect();
    let exhibits: Vec<Exhibit> = runs.iter().flat_map(|run| run.exhibits.iter().cloned()).collect();
    let tables = |each: &dyn Fn(&PageRun) -> Vec<super::Table>| tables(runs.iter().flat_map(each), words);
    let drops = if means.is_empty() { String::new() } else { categories::drops(means) };
    let bounds = runs.first().map(|run| run.bounds).unwrap_or_default();
    let histograms: String = runs.iter().map(|run| charts::histograms(&run.samples, &run.bounds)).collect();
    let provenance: String = runs.iter().map(settings::settings).collect();
    let many = distinct(random.iter().map(|row| &row.model)).len() > 2;
    let random_tables = tables(&|run| random_tables(&run.random, &run.summary));
    let random_tables = if many { folded("A table of each model", &random_tables) } else { random_tables };
    Ok(vec![
        ("compared", "Models compared", compared(parts)),
        ("drops", "Drop per attack", drops),
        ("bars", "Clean, average and worst", charts::bars(means, &random)),
        ("by-category", "Every category", categories::categories(&of_categories)),
        ("gallery", "The worst falls in pictures", gallery::gallery(&exhibits)?),
        (
            "parameters",
            "Where the worst cases lie",
            folded("Histograms of the worst parameters, an axis each", &histograms),
        ),
        ("tolerance", "What the decision tolerates", tolerance::section((stability, camera), &bounds, words)),
        (
            "sweeps",
            "The same change for every picture",
            charts::sweeps(&sweeps)
                + &folded(
                    "Lowest points of the sweeps",
                    &tables(&|run| sweep_table(&run.sweeps).into_iter().collect()),
                ),
        ),
        ("shared", "One worst change shared by many pictures", tables(&|run| uniform_tables(&run.uniform))),
        ("random", "The average case", random_tables),
        (
            "operating",
            "Decisions at thresholds",
            folded("Tables of decisions", &tables(&|run| operating_tables(&run.operating))),
        ),
        (
            "searches",
            "The searches",
            searches(runs)
                + &tables(&|run| effort_table(&efforts(&run.samples, &run.bounds)).into_iter().collect()),
        ),
        ("providers", "Providers", providers(runs, words)),
        ("settings", "Settings and provenance", provenance),
    ])
}

/// Rows over all categories: the means where there are some, else those of the only category.
fn overall(summary: &[SummaryRow]) -> Vec<&SummaryRow> {
    let groups = grouped(summary, |row| (&row.model, &row.dataset));
    let of_group = |group: Vec<&'_ SummaryRow>| -> Vec<usize> {
        let categories = distinct(group.iter().filter_map(|row| row.over.category())).len();
        let wanted = |row: &SummaryRow| (row.over == Over::Mean) == (categories > 1) && row.over != Over::All;
        let place = |row: &SummaryRow| summary.iter().position(|other| std::ptr::eq(other, row));
        group.into_iter().filter(|row| wanted(row)).filter_map(place).collect()
    };
    groups.into_iter().flat_map(of_group).map(|place| &summary[place]).collect()
}

fn subjects(runs: &[PageRun]) -> Vec<Subject<'_>> {
    let mut subjects = Vec::new();
    for run in runs {
        for parts in grouped(overall(&run.summary), |row| (&row.model, &row.dataset)) {
            let Some(clean) = parts.iter().find(|row| row.attack == Attack::Clean).copied() else { continue };
            let worst = parts.iter().copied().max_by_key(|row| row.attack).unwrap_or(clean);
            subjects.push(Subject { clean, worst, parts, axes: &run.axes });
        }
    }
    subjects
}

/// Differences within each run, and those between runs: of the pooled metrics where they could be had, else of single samples.
fn compared(parts: &PageParts<'_>) -> String {
    let PageParts { runs, paired, remarks, words } = *parts;
    let within = tables(runs.iter().filter_map(|run| difference_table(&run.differences)), words);
    if runs.len() < 2 {
        return within;
    }
    let between = match paired {
        [] => {
            let samples: Vec<SampleRow> = runs.iter().flat_map(|run| run.samples.iter().cloned()).collect();
            tables(paired::table(&samples), words)
        }
        paired => tables(paired_tables(paired), words),
    };
    let remarks: String = remarks.iter().map(|remark| line_below(remark, words)).collect();
    within + &between + &remarks
}

/// One search of each model: the first whose evaluations were kept.
fn searches(runs: &[PageRun]) -> String {
    let mut html = String::new();
    for run in runs {
        for own in grouped(&run.searches, |one| &one.model) {
            let Some(first) = own.first() else { continue };
            let name = format!("{}, {}", first.model, first.sample);
            html += &charts::convergence(&name, &first.trace);
            html += &charts::landscape(&name, &first.axes, &run.bounds, &first.trace);
        }
    }
    if html.is_empty() { html } else { format!("<div class=\"charts\">{html}</div>") }
}

fn providers(runs: &[PageRun], words: Words<'_>) -> String {
    let benched = runs.iter().filter(|run| !run.bench.is_empty());
    benched
        .map(|run| {
            let notes = bench_notes(&run.bench);
            tables(bench_tables(&run.bench, true), words)
                + &notes.iter().map(|note| line_below(note, words)).collect::<String>()
        })
        .collect()
}
