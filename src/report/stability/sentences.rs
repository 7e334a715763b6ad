//! The scans in sentences for whoever sets up a line: how far each axis may move on either side, and which part fails first.

use crate::record::{DecisionRule, StabilityRow};
use crate::report::CameraScales;
use crate::report::axis::{distance_on_axis, in_daily_units, span_on_axis};
use crate::stats::{distinct, grouped};
use crate::types::{Axis, Interval, Label, counted};

/// A paragraph for each model and category with scanned axes: a line about the threshold, then each axis with a line for good and one for
/// bad parts. Where `camera` knows the scale, pixels are told as those of the camera too.
pub fn tolerance_sentences(rows: &[StabilityRow], camera: &CameraScales) -> Vec<String> {
    let groups = grouped(scanned(rows), |row| (&row.model, &row.dataset, &row.category));
    groups.iter().map(|group| paragraph(group, camera)).collect()
}

/// A paragraph for each model, as those of [`tolerance_sentences`], about all its categories together: how far an axis may move before
/// the first part of any of them fails.
pub fn tolerance_answers(rows: &[StabilityRow], camera: &CameraScales) -> Vec<String> {
    let groups = grouped(scanned(rows), |row| (&row.model, &row.dataset));
    groups.iter().map(|group| paragraph(group, camera)).collect()
}

fn scanned(rows: &[StabilityRow]) -> impl Iterator<Item = &StabilityRow> {
    rows.iter().filter(|row| row.is_scanned() && row.attack.axis().is_some())
}

/// What is said of these rows of one model.
fn paragraph(rows: &[&StabilityRow], camera: &CameraScales) -> String {
    let categories = distinct(rows.iter().map(|row| row.category.as_str()));
    let axes = grouped(rows.iter().copied(), |row| row.attack);
    let mut lines: Vec<String> = axes.first().map(|rows| threshold(rows, &categories)).into_iter().collect();
    lines.extend(axes.iter().filter_map(|rows| {
        let axis = rows[0].attack.axis()?;
        let kinds = [Label::Normal, Label::Anomalous, Label::Unknown];
        let said = kinds.into_iter().filter_map(|label| of_label(axis, label, (rows, &categories), camera));
        let step = rows[0].step.map_or_else(String::new, |step| {
            format!(" (scanned in steps of {})", distance_on_axis(axis, step))
        });
        Some(format!("  {axis}{step}\n    {}", said.collect::<Vec<_>>().join("\n    ")))
    }));
    lines.join("\n")
}

/// What the threshold is worth, and how many decisions are wrong before anything moves.
fn threshold(rows: &[&StabilityRow], categories: &[&str]) -> String {
    let rule = |rule: DecisionRule| match rule {
        DecisionRule::Given => "given".to_owned(),
        DecisionRule::BestF1 => {
            "that of the largest F1 of these same unchanged pictures, which flatters the model".to_owned()
        }
        DecisionRule::TopFivePercent => {
            let own = || rows.iter().filter(|row| row.rule == rule);
            let above = own().filter(|row| row.clean_score > row.threshold).count();
            format!(
                "a guess, which {above} of {} unchanged pictures exceed: it tells how scores move, not what a line will do",
                own().count()
            )
        }
    };
    let rules: Vec<String> = distinct(rows.iter().map(|row| row.rule)).into_iter().map(rule).collect();
    let rule = rules.join("; or ");
    let wrong = |label: Label| rows.iter().filter(|row| row.label == label && !row.is_right()).count();
    let known = rows.iter().filter(|row| row.label != Label::Unknown).count();
    let (rejected, passed) = (wrong(Label::Normal), wrong(Label::Anomalous));
    let already = match (known, rejected + passed) {
        (0, _) => String::new(),
        (known, 0) => format!("; all {known} decisions are right before anything moves"),
        (known, wrong) => format!(
            "; {wrong} of {known} decisions are wrong before anything moves ({} rejected, {} passed)",
            counted(rejected, "good part", "good parts"),
            counted(passed, "bad part", "bad parts")
        ),
    };
    let thresholds = || rows.iter().map(|row| row.threshold);
    let (low, high) =
        (thresholds().fold(f64::INFINITY, f64::min), thresholds().fold(f64::NEG_INFINITY, f64::max));
    let threshold = match low < high {
        true => format!("a threshold for each, {low:.4} to {high:.4}"),
        false => format!("threshold {low:.4}"),
    };
    let over = match categories {
        [only] => (*only).to_owned(),
        several => format!("all {} categories", several.len()),
    };
    format!("{}, {over}: {threshold} ({rule}){already}", rows[0].model)
}

/// How far an axis may move before the first of the samples of a label that are called rightly is called wrongly. Of several categories a
/// sample is told with its own.
fn of_label(
    axis: Axis,
    label: Label,
    (rows, categories): (&[&StabilityRow], &[&str]),
    camera: &CameraScales,
) -> Option<String> {
    let own: Vec<&StabilityRow> = rows.iter().filter(|row| row.label == label).copied().collect();
    if own.is_empty() {
        return None;
    }
    let (what, fails, none) = match label {
        Label::Normal => (
            "no further good part is rejected",
            "a further good part is rejected",
            "every good part is rejected already",
        ),
        Label::Anomalous => {
            ("no further bad part passes", "a further bad part passes", "every bad part passes already")
        }
        Label::Unknown => ("no decision flips", "a decision flips", ""),
    };
    let right: Vec<&StabilityRow> = own.into_iter().filter(|row| row.is_right()).collect();
    if right.is_empty() {
        return Some(none.to_owned());
    }
    let nearest = right
        .iter()
        .filter_map(|row| Some((row, row.tolerance?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(row, _)| row);
    let Some(span) = held(&right) else { return Some(format!("{what} as far as is known")) };
    let two_sided =
        right.iter().any(|row| row.below.is_some() || row.held_below.is_some_and(|held| held < 0.0));
    let daily = in_daily_units(axis, span, two_sided)
        .or_else(|| camera.told(&rows[0].model, categories, axis, (span, two_sided)));
    let daily = daily.map_or_else(String::new, |said| format!(" ({said})"));
    let Some(row) = nearest else {
        return Some(format!(
            "{what} in all that was scanned, {}{daily}",
            span_on_axis(axis, span, two_sided)
        ));
    };
    let sample = match categories.len() {
        1 => row.sample.clone(),
        _ => format!("{}/{}", row.category, row.sample),
    };
    // An end of the scan is no limit.
    let open =
        match (right.iter().any(|row| row.below.is_some()), right.iter().any(|row| row.above.is_some())) {
            (true, false) => "; above 0 none fails in all that was scanned",
            (false, true) if two_sided => "; below 0 none fails in all that was scanned",
            _ => "",
        };
    let first = format!("first to fail: {sample}{open}");
    Some(match row.resolution.filter(|_| span == Interval { low: 0.0, high: 0.0 }) {
        Some(least) => {
            format!(
                "{fails} by the smallest change that was tried, {}, {first}",
                distance_on_axis(axis, least)
            )
        }
        None => format!("{what} {}{daily}, {first}", span_on_axis(axis, span, two_sided)),
    })
}

/// Where every decision was seen to hold, around 0; `None` where records do not tell.
fn held(rows: &[&StabilityRow]) -> Option<Interval> {
    let below: Vec<f64> = rows.iter().filter_map(|row| row.held_below).collect();
    let above: Vec<f64> = rows.iter().filter_map(|row| row.held_above).collect();
    let flips = |side: fn(&StabilityRow) -> Option<f64>, held: fn(&StabilityRow) -> Option<f64>| {
        rows.iter().any(|row| side(row).is_some() && held(row).is_none())
    };
    if flips(|row| row.below, |row| row.held_below) || flips(|row| row.above, |row| row.held_above) {
        return None;
    }
    let (low, high) = (below.into_iter().reduce(f64::max), above.into_iter().reduce(f64::min));
    (low.is_some() || high.is_some()).then(|| Interval { low: low.unwrap_or(0.0), high: high.unwrap_or(0.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Attack;

    fn row(
        sample: &str,
        label: Label,
        clean_score: f64,
        flips: [Option<f64>; 2],
        held: [f64; 2],
    ) -> StabilityRow {
        let nearest = flips.into_iter().flatten().map(f64::abs).reduce(f64::min);
        StabilityRow {
            model: "m".into(),
            dataset: "d".into(),
            category: "nut".into(),
            sample: sample.into(),
            label,
            attack: Attack::Single(Axis::Exposure),
            threshold: 0.5,
            rule: DecisionRule::Given,
            clean_score,
            worst_score: None,
            drift: None,
            flips: None,
            below: flips[0],
            above: flips[1],
            tolerance: nearest,
            step: Some(0.1),
            resolution: Some(0.001),
            evaluations: Some(20),
            held_below: Some(held[0]),
            held_above: Some(held[1]),
        }
    }

    #[test]
    fn each_side_has_its_own_limit_and_errors_of_the_unchanged_pictures_are_told_apart() {
        let rows = [
            row("good/0", Label::Normal, 0.2, [None, Some(0.5009)], [-1.0, 0.4999]),
            row("good/1", Label::Normal, 0.4, [Some(-0.751), None], [-0.75, 1.0]),
            row("good/2", Label::Normal, 0.6, [Some(-0.1), None], [0.0, 1.0]),
            row("cut/0", Label::Anomalous, 0.9, [None, None], [-1.0, 1.0]),
        ];
        let said = tolerance_sentences(&rows, &CameraScales::default());
        assert_eq!(
            said,
            [
                "m, nut: threshold 0.5000 (given); 1 of 4 decisions are wrong before anything moves (1 good part rejected, 0 bad parts passed)\n  \
              exposure (scanned in steps of 0.10 stops)\n    \
              no further good part is rejected from -0.75 to +0.49 stops (60 to 141 % of the light), first to fail: good/0\n    \
              no further bad part passes in all that was scanned, from -1.00 to +1.00 stops (50 to 200 % of the light)"
            ]
        );
    }

    #[test]
    fn categories_together_hold_as_far_as_the_first_part_of_any() {
        let good = |category: &str, threshold, flips, held| StabilityRow {
            category: category.into(),
            threshold,
            ..row("good/0", Label::Normal, 0.2, flips, held)
        };
        let rows = [
            good("nut", 0.5, [None, Some(0.5)], [-1.0, 0.4999]),
            good("bolt", 0.625, [Some(-0.25), None], [-0.2499, 1.0]),
        ];
        assert_eq!(
            tolerance_answers(&rows, &CameraScales::default()),
            [
                "m, all 2 categories: a threshold for each, 0.5000 to 0.6250 (given); all 2 decisions are right before anything moves\n  \
              exposure (scanned in steps of 0.10 stops)\n    \
              no further good part is rejected from -0.24 to +0.49 stops (85 to 141 % of the light), first to fail: bolt/good/0"
            ]
        );
        assert_eq!(tolerance_sentences(&rows, &CameraScales::default()).len(), 2);
        assert_eq!(
            tolerance_answers(&rows[..1], &CameraScales::default()),
            tolerance_sentences(&rows[..1], &CameraScales::default()),
            "of one there is nothing else to say"
        );
    }

    #[test]
    fn a_guess_is_called_one_and_records_that_do_not_tell_give_no_limit() {
        let unknown = |held: Option<f64>| StabilityRow {
            rule: DecisionRule::TopFivePercent,
            held_above: held,
            ..row("a", Label::Unknown, 0.2, [None, Some(0.5)], [-1.0, 0.0])
        };
        let said = tolerance_sentences(&[unknown(Some(0.4))], &CameraScales::default()).join("");
        assert!(
            said.contains("a guess") && said.contains("no decision flips from -1.00 to +0.40 stops"),
            "{said}"
        );
        let said = tolerance_sentences(&[unknown(None)], &CameraScales::default()).join("");
        assert!(said.ends_with("no decision flips as far as is known"), "{said}");
        let at_once = [row("a", Label::Normal, 0.2, [Some(-0.001), Some(0.001)], [0.0, 0.0])];
        let said = tolerance_sentences(&at_once, &CameraScales::default()).join("");
        let expected = "a further good part is rejected by the smallest change that was tried, 0.0010 stops, first to fail: a";
        assert!(said.ends_with(expected), "{said}");
        let all_wrong = [row("good/2", Label::Normal, 0.6, [None, None], [-1.0, 1.0])];
        assert!(
            tolerance_sentences(&all_wrong, &CameraScales::default())[0]
                .ends_with("every good part is rejected already")
        );
    }
}
