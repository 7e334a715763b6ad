//! The answer, in sentences.

use super::html::{escape, percent, points, sure};
use super::{PageRun, Subject, words};
use crate::record::{DifferenceRow, PairedRow, StabilityRow, SummaryRow};
use crate::report::paired_answer;
use crate::types::{Attack, Interval, Over, PooledMetric};

/// Most models that are held against the first one in a paragraph.
const FEW: usize = 2;
/// Evaluations a picture and attack below which a search is called short.
const SHORT: i64 = 50;

/// What a page is about, in two sentences where metrics are known; then what a line may have, where that was looked for.
pub(super) fn answer(
    subjects: &[Subject<'_>],
    differences: &[&DifferenceRow],
    paired: &[PairedRow],
    tolerated: &str,
    verdicts: &[String],
) -> String {
    let mut html = String::new();
    if let Some(first) = subjects.first() {
        html += &format!("<p class=\"answer\">{}</p>", first_sentence(first));
        let second = match subjects {
            [only] => format!("<p class=\"answer\">{}</p>", costliest(only)),
            [_, others @ ..] => {
                let is_paired = |other: &&Subject<'_>| paired.iter().any(|row| row.b == other.worst.model);
                let alone: Vec<&Subject<'_>> = others.iter().filter(|other| !is_paired(other)).collect();
                against_the_first(first, &alone, differences)
            }
            [] => String::new(),
        };
        html += &second;
    }
    for said in paired_answer(paired) {
        html += &format!("<p class=\"answer\">{}</p>", lines(&said, " "));
    }
    html += tolerated;
    html + &verdicts.iter().map(|verdict| format!("<p>{}</p>", lines(verdict, "<br>"))).collect::<String>()
}

/// The lines of a text, each escaped by itself: a line break is a letter that is written out.
fn lines(text: &str, between: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join(between)
}

/// How far a model falls: `Under the worst angle, hue and saturation within bounds, pixel AUROC of m falls from 93.1 to 74.2 % ...`.
fn first_sentence(subject: &Subject<'_>) -> String {
    let model = escape(&subject.worst.model);
    let over = if subject.worst.over == Over::Mean { ", mean over categories," } else { "" };
    let fall = |metric: PooledMetric| {
        let (clean, worst) = (metric.of(&subject.clean.metrics)?, metric.of(&subject.worst.metrics)?);
        let drop = subject.worst.drops.of(metric).unwrap_or(clean - worst);
        let sure = sure(words::drop_interval(subject.worst, metric));
        Some(format!(
            "from {} to {} % (a drop of {} points{sure})",
            percent(clean),
            percent(worst),
            percent(drop)
        ))
    };
    if subject.worst.attack == Attack::Clean {
        return unchanged(subject, &model, over);
    }
    let moved = words::moved(subject.worst.attack, subject.axes);
    let dataset = escape(&subject.worst.dataset);
    let Some(auroc) = fall(PooledMetric::PixelAuroc) else {
        let image = subject.clean.metrics.image_auroc.zip(subject.worst.metrics.image_auroc);
        return match image {
            Some((clean, worst)) => format!(
                "Under the worst {moved} within the bounds, image AUROC of {model} on {dataset}{over} goes from {} to {} %.",
                percent(clean),
                percent(worst)
            ),
            None => format!("{model} on {dataset}: there is no ground truth, so that no metric is known."),
        };
    };
    let aupro = fall(PooledMetric::Aupro).map_or_else(String::new, |aupro| format!(", and AUPRO {aupro}"));
    let unsure = match words::drop_interval(subject.worst, PooledMetric::PixelAuroc) {
        Some(_) => "",
        None => " There are too few samples for an interval.",
    };
    format!(
        "Under the worst {moved} within the bounds, pixel AUROC of <b>{model}</b> on {dataset}{over} falls <b>{auroc}</b>{aupro}.{unsure}"
    )
}

/// What is known where nothing was attacked.
fn unchanged(subject: &Subject<'_>, model: &str, over: &str) -> String {
    let (metrics, intervals) = (&subject.clean.metrics, &subject.clean.intervals);
    let of = |name: &str, value: Option<f64>, ends: Option<Interval>| {
        value.map(|value| format!("{name} of {model}{over} is {} %{}", percent(value), sure(ends)))
    };
    let known = of("pixel AUROC", metrics.pixel_auroc, intervals.pixel_auroc())
        .or_else(|| of("image AUROC", metrics.image_auroc, intervals.image_auroc()));
    match known {
        Some(known) => format!("On unchanged pictures {known}; no worst case was searched for."),
        None => format!(
            "Nothing says how good {model} is: there is no ground truth, and no worst case was searched for."
        ),
    }
}

/// Which attack on fewer axes costs most.
fn costliest(subject: &Subject<'_>) -> String {
    let drop = |row: &&&SummaryRow| row.drops.of(PooledMetric::PixelAuroc).unwrap_or(f64::NEG_INFINITY);
    let parts =
        subject.parts.iter().filter(|row| row.attack != subject.worst.attack && row.attack != Attack::Clean);
    let Some(most) = parts.max_by(|a, b| drop(a).total_cmp(&drop(b))) else { return String::new() };
    let Some(value) = most.drops.of(PooledMetric::PixelAuroc) else { return String::new() };
    format!(
        "Alone, {} costs most: {} points of pixel AUROC{}.",
        words::moved(most.attack, subject.axes),
        percent(value),
        sure(most.drops.pixel_auroc())
    )
}

/// The other models beside the first one: a sentence for each of a few, a list of many with those that keep most in front.
fn against_the_first(first: &Subject<'_>, others: &[&Subject<'_>], differences: &[&DifferenceRow]) -> String {
    let mut said: Vec<(f64, String)> = others
        .iter()
        .map(|other| {
            let kept = PooledMetric::PixelAuroc.of(&other.worst.metrics).unwrap_or(f64::NEG_INFINITY);
            (kept, compared(first, other, differences))
        })
        .filter(|(_, said)| !said.is_empty())
        .collect();
    if said.len() <= FEW {
        let said: Vec<String> = said.into_iter().map(|(_, said)| said).collect();
        return if said.is_empty() {
            String::new()
        } else {
            format!("<p class=\"answer\">{}</p>", said.join(" "))
        };
    }
    said.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let items: String = said.iter().map(|(_, said)| format!("<li>{said}</li>")).collect();
    format!(
        "<p class=\"answer\">The others at their worst cases, the most robust first:</p><ul class=\"answer\">{items}</ul>"
    )
}

/// Another model beside the first one.
fn compared(first: &Subject<'_>, other: &Subject<'_>, differences: &[&DifferenceRow]) -> String {
    let metric = PooledMetric::PixelAuroc;
    let values = metric.of(&first.worst.metrics).zip(metric.of(&other.worst.metrics));
    let Some((of_first, of_other)) = values else { return String::new() };
    if first.worst.dataset != other.worst.dataset || first.worst.samples != other.worst.samples {
        return format!(
            "<b>{}</b> keeps {} % on other pictures ({}), which are not comparable.",
            escape(&other.worst.model),
            percent(of_other),
            escape(&other.worst.dataset)
        );
    }
    let recorded = differences.iter().find(|row| {
        (row.model.as_str(), row.against.as_str()) == (other.worst.model.as_str(), first.worst.model.as_str())
            && row.over == other.worst.over
            && (row.attack, row.metric) == (other.worst.attack, metric)
    });
    let difference = recorded.map_or(of_other - of_first, |row| row.difference);
    let interval = recorded.and_then(|row| row.interval());
    let unlike = first.worst.attack != other.worst.attack;
    if difference == 0.0 && !unlike {
        return format!(
            "<b>{}</b> keeps {} %, the same as {}.",
            escape(&other.worst.model),
            percent(of_other),
            escape(&first.worst.model)
        );
    }
    let certain = match interval {
        Some(ends) if ends.low > 0.0 => ": it is the more robust of the two",
        Some(ends) if ends.high < 0.0 => ": it is the less robust of the two",
        Some(_) => ": these samples do not tell which is better",
        None if unlike => ", under another attack",
        None => ", with no interval",
    };
    format!(
        "<b>{}</b> keeps {} %, {} points against {}{}{certain}.",
        escape(&other.worst.model),
        percent(of_other),
        points(difference),
        escape(&first.worst.model),
        sure(interval),
    )
}

/// What to do next, by what a run does not tell yet. Settings are in backticks.
pub(super) fn next_steps(
    subjects: &[Subject<'_>],
    (runs, paired): (&[PageRun], &[PairedRow]),
    stability: &[StabilityRow],
) -> Vec<String> {
    let Some(first) = subjects.first() else { return Vec::new() };
    let metric = PooledMetric::PixelAuroc;
    let mut steps = Vec::new();
    let mut measured =
        runs.iter().filter(|run| !run.summary.is_empty()).map(|run| &run.info.dataset.fingerprint);
    let is_one_data_set = measured.next().is_some_and(|first| measured.any(|other| other == first));
    if is_one_data_set && paired.is_empty() {
        steps.push(
            "Be sure of the difference: give the folder of the pictures with `data`, so that both runs are redrawn together."
                .to_owned(),
        );
    }
    if first.worst.attack == Attack::Clean {
        steps.push("Search for the worst cases: askance attack with the same `data` and `model`.".to_owned());
    }
    let unsure = |subject: &Subject<'_>| {
        metric.of(&subject.worst.metrics).is_some() && words::drop_interval(subject.worst, metric).is_none()
    };
    if subjects.iter().any(unsure) {
        steps.push(
            "Give more pictures: from 8 defective ones in each category on, numbers have intervals and models can be told apart."
                .to_owned(),
        );
    }
    let budget = |run: &PageRun| run.info.settings.get("budget").and_then(toml::Value::as_integer);
    if let Some(least) = runs.iter().filter_map(budget).min().filter(|budget| *budget < SHORT) {
        steps.push(format!(
            "Search longer: with {least} evaluations for each picture and attack, worse cases are likely to be missed (`budget`)."
        ));
    }
    if stability.iter().all(|row| !row.is_scanned()) {
        steps.push(
            "Ask how far each axis of your line may move before a decision changes: the same command with `tolerance`.".to_owned(),
        );
    }
    if subjects.len() == 1 {
        steps.push(
            "Hold something against it: the same command with a second `model`, or with a `defence` around this one.".to_owned(),
        );
    }
    steps
}
