//! The charts of a page, each from rows.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::svg::{Frame, SERIES, Scale, legend};
use super::{html, words};
use crate::record::{RandomRow, SampleRow, StabilityRow, SummaryRow, SweepRow, Trace};
use crate::report::metric::metric_name;
use crate::stats::distinct;
use crate::types::{Attack, Axis, Bounds, Interval, Over, PooledMetric};

/// Bins of a histogram.
const BINS: usize = 18;

/// Clean, average (where random draws were made) and worst cases, a bar for each model, with whiskers for intervals; a chart for each
/// metric. `means` has one row for each model and attack.
pub(super) fn bars(means: &[&SummaryRow], random: &[RandomRow]) -> String {
    let models = distinct(means.iter().map(|row| row.model.as_str()));
    let attacks = distinct(means.iter().map(|row| row.attack));
    let mut html = String::new();
    for metric in PooledMetric::ALL {
        let mut groups: Vec<Bars> = Vec::new();
        let average = |model: &str| {
            let own: Vec<&RandomRow> = random.iter().filter(|row| row.model == model).collect();
            let row = own.iter().find(|row| row.over == Over::Mean).or(own.first())?;
            Some((metric.of(&row.metrics)?, None))
        };
        for &attack in &attacks {
            let of = |model: &&str| {
                let row = means.iter().find(|row| row.model == *model && row.attack == attack)?;
                Some((metric.of(&row.metrics)?, words::interval(row, metric)))
            };
            groups.push((words::short(attack), models.iter().map(of).collect()));
            if attack == Attack::Clean && !random.is_empty() {
                groups.push(("average".to_owned(), models.iter().map(|model| average(model)).collect()));
            }
        }
        if groups.iter().all(|(_, values)| values.iter().all(Option::is_none)) {
            continue;
        }
        html += &bar_chart(metric_name(metric), &models, &groups);
    }
    if html.is_empty() { html } else { legend(&models) + "<div class=\"charts wide\">" + &html + "</div>" }
}

type Bars = (String, Vec<Option<(f64, Option<Interval>)>>);

fn bar_chart(metric: &str, models: &[&str], groups: &[Bars]) -> String {
    let ticks = groups.iter().enumerate().map(|(at, (name, _))| (at as f64 + 0.5, name.clone())).collect();
    let says = groups.iter().map(|(name, values)| {
        let each = values.iter().zip(models).filter_map(|(value, model)| {
            value.map(|(value, _)| format!("{model} {} %", html::percent(value)))
        });
        format!("{name}: {}", each.collect::<Vec<_>>().join(", "))
    });
    let frame = Frame {
        width: 90.0 + (24.0 + 11.0 * models.len() as f64).clamp(64.0, 120.0) * groups.len() as f64,
        height: 260.0,
        x: Scale { low: 0.0, high: groups.len() as f64, ticks, title: String::new() },
        y: Scale::percent(format!("{metric} (%)")),
        title: format!("{metric}, clean and at the worst cases"),
        says: says.collect::<Vec<_>>().join("; "),
    };
    let mut body = String::new();
    let width = 0.8 / models.len().max(1) as f64;
    for (at, (name, values)) in groups.iter().enumerate() {
        for (place, value) in values.iter().enumerate() {
            let Some((value, interval)) = value else { continue };
            let left = at as f64 + 0.1 + place as f64 * width;
            let says = format!("{}, {name}: {} %", models[place], html::percent(*value));
            body += &frame.bar((left, left + 0.94 * width), *value, &format!("b{}", place % SERIES), &says);
            let x = frame.x(left + 0.47 * width);
            if let Some(Interval { low, high }) = interval {
                let _ = write!(
                    body,
                    "<line class=\"whisker\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
                    frame.y(*low),
                    frame.y(*high)
                );
            }
            if models.len() <= 3 {
                let _ = write!(
                    body,
                    "<text class=\"value\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{:.0}</text>",
                    (frame.y(interval.map_or(*value, |ends| ends.high)) - 3.0).max(10.0),
                    100.0 * value
                );
            }
        }
    }
    frame.svg(&body)
}

/// Which values the worst cases have: small multiples, one for each model, attack and axis that the attack moves.
pub(super) fn histograms(samples: &[SampleRow], bounds: &Bounds) -> String {
    let groups = distinct(
        samples.iter().filter(|row| row.attack != Attack::Clean).map(|row| (&row.model, row.attack)),
    );
    let mut html = String::new();
    for (model, attack) in groups {
        let rows: Vec<&SampleRow> =
            samples.iter().filter(|row| &row.model == model && row.attack == attack).collect();
        let mut axes: Vec<Axis> = rows.iter().flat_map(|row| row.parameters.axes()).collect();
        axes.sort_unstable();
        axes.dedup();
        for &axis in attack.axes(&axes) {
            let values: Vec<f64> = rows.iter().filter_map(|row| row.parameters.get(axis)).collect();
            html += &histogram(
                &format!("{model}, {}: {axis}", words::short(attack)),
                axis,
                bounds.get(axis),
                &values,
            );
        }
    }
    if html.is_empty() { html } else { format!("<div class=\"charts\">{html}</div>") }
}

fn histogram(title: &str, axis: Axis, within: Interval, values: &[f64]) -> String {
    if within.width() <= 0.0 || values.is_empty() {
        return String::new();
    }
    let mut counts = [0_usize; BINS];
    for value in values {
        let share = (value - within.low) / within.width();
        counts[((share * BINS as f64).max(0.0) as usize).min(BINS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1);
    let mut y = Scale::round(0.0, most as f64, 3, "samples");
    y.ticks.retain(|(value, _)| value.fract() == 0.0);
    let at_bound = counts[0] + counts[BINS - 1];
    let frame = Frame {
        width: 250.0,
        height: 170.0,
        x: Scale::round(within.low, within.high, 4, words::unit(axis)),
        y,
        title: title.to_owned(),
        says: format!(
            "{} samples within {} and {}, {at_bound} of them in the outermost bins",
            values.len(),
            within.low,
            within.high
        ),
    };
    let width = within.width() / BINS as f64;
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, &count)| {
        let left = within.low + at as f64 * width;
        let says = format!("{left:.3} to {:.3}: {count}", left + width);
        frame.bar((left, left + 0.92 * width), count as f64, "b0", &says)
    });
    frame.svg(&bars.collect::<String>())
}

/// Metrics against one perturbation of all samples, a chart for each axis and metric, a line for each model.
pub(super) fn sweeps(rows: &[SweepRow]) -> String {
    let has_mean = rows.iter().any(|row| row.over == Over::Mean);
    let shown: Vec<&SweepRow> = rows.iter().filter(|row| !has_mean || row.over == Over::Mean).collect();
    let models = distinct(shown.iter().map(|row| row.model.as_str()));
    let mut html = String::new();
    for axis in distinct(shown.iter().map(|row| row.axis)) {
        for metric in PooledMetric::ALL {
            let line = |model: &&str| -> Vec<(f64, f64)> {
                let own = shown.iter().filter(|row| row.model == *model && row.axis == axis);
                own.filter_map(|row| Some((row.value, metric.of(&row.metrics)?))).collect()
            };
            let lines: Vec<Vec<(f64, f64)>> = models.iter().map(line).collect();
            let chart = if axis.is_list() { list_chart } else { lines_chart };
            html +=
                &chart(&format!("{} against {axis}", metric_name(metric)), metric_name(metric), axis, &lines);
        }
    }
    if html.is_empty() { html } else { legend(&models) + "<div class=\"charts\">" + &html + "</div>" }
}

/// How many decisions hold up to which distance from the unchanged picture, a chart for each scanned axis, a line for each model.
pub(super) fn tolerance(rows: &[StabilityRow], bounds: &Bounds) -> String {
    let scanned: Vec<&StabilityRow> = rows.iter().filter(|row| row.is_scanned()).collect();
    let models = distinct(scanned.iter().map(|row| row.model.as_str()));
    let mut html = String::new();
    for axis in distinct(scanned.iter().filter_map(|row| row.attack.axis())) {
        let within = bounds.get(axis);
        let end = within.high.max(-within.low);
        let line = |model: &&str| -> Vec<(f64, f64)> {
            let own = scanned.iter().filter(|row| row.model == *model && row.attack == Attack::Single(axis));
            stairs(&own.map(|row| row.tolerance).collect::<Vec<_>>(), end)
        };
        let lines: Vec<Vec<(f64, f64)>> = models.iter().map(line).collect();
        html += &lines_chart(&format!("Decisions that hold, by {axis}"), "decisions that hold", axis, &lines);
    }
    if html.is_empty() { html } else { legend(&models) + "<div class=\"charts\">" + &html + "</div>" }
}

/// The share of samples whose decision was not yet seen flipped, against the distance.
fn stairs(flips: &[Option<f64>], end: f64) -> Vec<(f64, f64)> {
    let all = flips.len().max(1) as f64;
    let mut known: Vec<f64> = flips.iter().copied().flatten().collect();
    known.sort_by(f64::total_cmp);
    let mut points = vec![(0.0, 1.0)];
    for (before, &flip) in known.iter().enumerate() {
        let share = |flipped: usize| 1.0 - flipped as f64 / all;
        points.extend([(flip, share(before)), (flip, share(before + 1))]);
    }
    points.push((end, 1.0 - known.len() as f64 / all));
    points
}

fn lines_chart(title: &str, y: &str, axis: Axis, lines: &[Vec<(f64, f64)>]) -> String {
    let values = || lines.iter().flatten().map(|point| point.0);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    if low.partial_cmp(&high) != Some(Ordering::Less) {
        return String::new();
    }
    let frame = Frame {
        width: 330.0,
        height: 220.0,
        x: Scale::round(low, high, 5, words::unit(axis)),
        y: Scale::percent(format!("{y} (%)")),
        title: title.to_owned(),
        says: lowest(lines, |value| format!("{value:.3}")),
    };
    let body =
        lines.iter().enumerate().map(|(place, line)| frame.line(line, &format!("s{}", place % SERIES)));
    frame.svg(&body.collect::<String>())
}

/// Where each line is lowest.
fn lowest(lines: &[Vec<(f64, f64)>], named: impl Fn(f64) -> String) -> String {
    let says = lines.iter().filter_map(|line| {
        let lowest = line.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(format!("lowest {} % at {}", html::percent(lowest.1), named(lowest.0)))
    });
    says.collect::<Vec<_>>().join("; ")
}

/// Bars over the values of a list, of which none lies between two others.
fn list_chart(title: &str, y: &str, axis: Axis, lines: &[Vec<(f64, f64)>]) -> String {
    /// Share of the room of a value that its bars take.
    const FILLED: f64 = 0.7;
    let mut values: Vec<f64> = lines.iter().flatten().map(|point| point.0).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    if values.len() < 2 {
        return String::new();
    }
    let name = |value: f64| axis.value_name(value).map_or_else(|| value.to_string(), str::to_owned);
    let ticks = values.iter().enumerate().map(|(place, &value)| (place as f64, name(value)));
    let frame = Frame {
        width: 330.0,
        height: 220.0,
        x: Scale { low: -0.5, high: values.len() as f64 - 0.5, ticks: ticks.collect(), title: String::new() },
        y: Scale::percent(format!("{y} (%)")),
        title: title.to_owned(),
        says: lowest(lines, name),
    };
    let width = FILLED / lines.len() as f64;
    let of_line = |(place, line): (usize, &Vec<(f64, f64)>)| -> String {
        let bar = |&(value, share): &(f64, f64)| {
            let at = values.partition_point(|&other| other < value) as f64;
            let left = at - FILLED / 2.0 + place as f64 * width;
            let says = format!("{}: {} %", name(value), html::percent(share));
            frame.bar((left, left + 0.92 * width), share, &format!("b{}", place % SERIES), &says)
        };
        line.iter().map(bar).collect()
    };
    frame.svg(&lines.iter().enumerate().map(of_line).collect::<String>())
}

/// The lowest loss so far against the evaluations of one search.
pub(super) fn convergence(title: &str, trace: &Trace) -> String {
    let (mut spent, mut best) = (0.0, f64::INFINITY);
    let mut points: Vec<(f64, f64)> = Vec::new();
    for step in trace.steps() {
        spent += step.cost;
        if step.is_full() {
            points.extend(best.is_finite().then_some((spent, best)));
            best = best.min(step.loss);
            points.push((spent, best));
        }
    }
    let Some(&(_, first)) = points.first() else { return String::new() };
    let margin = 0.05 * (first - best).max(1e-6);
    let frame = Frame {
        width: 330.0,
        height: 220.0,
        x: Scale::round(0.0, spent, 5, "evaluations"),
        y: Scale::round(best - margin, first + margin, 5, "lowest loss so far"),
        title: format!("{title}: convergence"),
        says: format!("from {first:.3} on the unchanged picture to {best:.3} after {spent:.1} evaluations"),
    };
    frame.svg(&frame.line(&points, "s0"))
}

/// The evaluations of one search over its first two axes, darker where the loss is lower.
pub(super) fn landscape(title: &str, axes: &[Axis], bounds: &Bounds, trace: &Trace) -> String {
    let &[first, second, ..] = axes else { return String::new() };
    let losses = || trace.full().map(|step| step.loss);
    let (low, high) = (losses().fold(f64::INFINITY, f64::min), losses().fold(f64::NEG_INFINITY, f64::max));
    let scale = |axis: Axis| {
        let within = bounds.get(axis);
        Scale::round(within.low, within.high, 4, words::unit(axis))
    };
    let frame = Frame {
        width: 330.0,
        height: 220.0,
        x: scale(first),
        y: scale(second),
        title: format!("{title}: loss over {first} and {second}"),
        says: format!("{} evaluations, losses {low:.3} (worst case, darkest) to {high:.3}", losses().count()),
    };
    let mut body = String::new();
    for step in trace.full() {
        let depth = if high > low { (high - step.loss) / (high - low) } else { 0.0 };
        let ring = if step.loss == low { " ring" } else { "" };
        let _ = write!(
            body,
            "<circle class=\"point{ring}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\" fill-opacity=\"{:.2}\"><title>{:.3}</title></circle>",
            frame.x(step.point[0]),
            frame.y(step.point[1]),
            0.12 + 0.88 * depth,
            step.loss
        );
    }
    frame.svg(&body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Metrics;

    #[test]
    fn a_decision_that_never_flips_holds_to_the_end() {
        assert_eq!(stairs(&[Some(2.0), None], 9.0), [(0.0, 1.0), (2.0, 1.0), (2.0, 0.5), (9.0, 0.5)]);
    }

    #[test]
    fn every_value_of_a_histogram_is_counted_once() {
        let html = histogram("m", Axis::Angle, Interval::symmetric(90.0), &[-90.0, 0.0, 0.1, 90.0]);
        assert!(html.contains("4 samples") && html.contains("2 of them in the outermost bins"), "{html}");
        assert_eq!(html.matches("<rect").count(), 3);
        assert_eq!(histogram("m", Axis::Angle, Interval::symmetric(0.0), &[0.0]), "");
    }

    #[test]
    fn values_of_a_list_stand_under_their_names_and_no_line_joins_them() {
        let row = |axis, value| SweepRow {
            model: "pocket".into(),
            dataset: "parts".into(),
            over: Over::Category("can".into()),
            axis,
            value,
            samples: 2,
            metrics: Metrics { pixel_auroc: Some(0.9 - value / 10.0), ..Metrics::default() },
            intervals: Default::default(),
        };
        let html = sweeps(&[0.0, 1.0, 3.0].map(|value| row(Axis::Mirror, value)));
        let named = |name: &&str| html.contains(&format!(">{name}</text>"));
        assert!(["as it is", "left-right", "half turn"].iter().all(named), "{html}");
        assert!(html.contains("lowest 60.0 % at half turn") && html.matches("<rect").count() == 3, "{html}");
        assert!(!html.contains("<polyline") && !html.contains("upside down"), "{html}");
        assert!(sweeps(&[0.0, 1.0].map(|value| row(Axis::Hue, value))).contains("<polyline"));
    }
}
