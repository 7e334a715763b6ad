//! The answer, in sentences.

use super::html::{escape, percent, points, sure};
use super::{Subject, words};
use crate::record::{DifferenceRow, StabilityRow, SummaryRow};
use crate::report::axis::distance_on_axis;
use crate::report::{StabilitySummary, Tolerated, stability_summary};
use crate::stats::distinct;
use crate::types::{Attack, Axis, Over, PooledMetric};

/// What a page is about, in two sentences where metrics are known; then what a line may have, where that was looked for.
pub(super) fn answer(
    subjects: &[Subject<'_>],
    differences: &[&DifferenceRow],
    stability: &[StabilityRow],
    verdicts: &[String],
) -> String {
    let mut html = String::new();
    if let Some(first) = subjects.first() {
        html += &format!("<p class=\"answer\">{}</p>", first_sentence(first));
        let second = match subjects {
            [only] => costliest(only),
            [_, others @ ..] => {
                others.iter().map(|other| compared(first, other, differences)).collect::<Vec<_>>().join(" ")
            }
            [] => String::new(),
        };
        if !second.is_empty() {
            html += &format!("<p class=\"answer\">{second}</p>");
        }
    }
    let summary = stability_summary(stability);
    for model in distinct(summary.iter().map(|row| row.model.as_str())) {
        let said: Vec<String> =
            summary.iter().filter(|row| row.model == model).filter_map(allowed(&summary)).collect();
        if !said.is_empty() {
            html += &format!("<p>What a line may have with {}: {}.</p>", escape(model), said.join("; "));
        }
    }
    html + &verdicts
        .iter()
        .map(|verdict| format!("<p>{}</p>", escape(verdict).replace("\\n", "<br>")))
        .collect::<String>()
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
        let value = PooledMetric::PixelAuroc.of(&subject.clean.metrics).or(subject.clean.metrics.image_auroc);
        let value = value.map_or_else(|| "not known".to_owned(), |value| format!("{} %", percent(value)));
        return format!(
            "On unchanged pictures the AUROC of {model} is {value}; no worst case was searched for."
        );
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

/// What the scan of an axis allows, of all categories where there are several.
fn allowed(summary: &[StabilitySummary]) -> impl Fn(&StabilitySummary) -> Option<String> {
    let has_all = summary.iter().any(|row| row.over == Over::All);
    move |row| {
        let axis: Axis = row.attack.axis().filter(|_| row.scanned > 0)?;
        if has_all && row.over != Over::All {
            return None;
        }
        let at = |tolerated: &Tolerated| distance_on_axis(axis, tolerated.flipped);
        let mistakes = [
            (&row.false_alarms, "the first good part is rejected"),
            (&row.escapes, "the first bad part passes"),
        ];
        let mut said: Vec<String> = mistakes
            .iter()
            .filter_map(|(mistakes, what)| {
                let min = mistakes.as_ref()?.min.as_ref()?;
                Some(format!("{what} at {}", at(min)))
            })
            .collect();
        said.extend(row.median.as_ref().map(|half| format!("half of all decisions flip by {}", at(half))));
        if said.is_empty() {
            let flips = row.min.as_ref().map_or_else(
                || "no decision flips within the bounds".to_owned(),
                |min| format!("the first decision flips at {}", at(min)),
            );
            said.push(flips);
        }
        Some(format!("<b>{axis}</b>: {}", said.join(", ")))
    }
}
