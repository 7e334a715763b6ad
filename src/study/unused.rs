//! Settings that a plan was given and that nothing in it takes.

use std::collections::BTreeSet;

use super::data::Data;
use super::group_by::GroupBy;
use super::plan::{Command, Plan, Points};
use crate::attack::{Goal, Settings};
use crate::error::{Error, Result, is_hidden};
use crate::metric::MetricOptions;
use crate::stats::distinct;
use crate::types::{Attack, Axis, counted, did_you_mean};

/// Refuses bounds and places of an axis that is neither attacked, swept nor scanned, settings of moves where no axis moves pixels, and
/// settings of searches where nothing is searched.
pub(super) fn refuse_unused(plan: &Plan, settings: &Settings, scanned: &[Axis]) -> Result<()> {
    let named = plan.tolerance.iter().flatten();
    let swept = plan.sweep.iter().flat_map(|sweep| &sweep.axes);
    let attacked = settings.attacks.iter().flat_map(|&attack| settings.axes_of(attack));
    let used: Vec<Axis> = named.chain(swept).chain(attacked).chain(scanned).copied().collect();
    let bounded = plan.bounded.iter().map(|&axis| (axis, format!("`bounds.{axis}`")));
    let placed = plan.of_glare.iter().map(|setting| (Axis::Glare, format!("`{setting}`")));
    if let Some((axis, setting)) = bounded.chain(placed).find(|(axis, _)| !used.contains(axis)) {
        return Err(Error::usage(
            setting,
            format!("has no effect, since nothing here changes the axis {axis}"),
            format!("leave it out, or add {axis} to `{}`", list_of(plan)),
        ));
    }
    let of_searches = plan.of_searches.iter().map(String::as_str);
    let of_searches = of_searches.chain(plan.uniform.as_ref().map(|_| "uniform"));
    let of_searches = of_searches.chain(plan.random.map(|_| "random"));
    let mut of_searches = of_searches.chain(plan.keep_traces.then_some("keep_traces"));
    if let Some(setting) = of_searches.next()
        && settings.attacks.iter().all(|&attack| attack == Attack::Clean)
    {
        return Err(Error::usage(
            format!("`{setting}`"),
            "has no effect, since nothing here is searched",
            if plan.command == Command::Attack {
                "leave it out, or name an attack other than clean in `attacks`"
            } else {
                "leave it out"
            },
        ));
    }
    let turned = used.contains(&Axis::Angle);
    let moved = used.iter().any(|axis| axis.is_geometric());
    if let Some(setting) =
        plan.of_moves.iter().find(|setting| if setting.ends_with("rotation") { !turned } else { !moved })
    {
        return Err(Error::usage(
            format!("`{setting}`"),
            "has no effect, since nothing here moves the picture",
            format!("leave it out, or add an axis that moves it, such as angle, to `{}`", list_of(plan)),
        ));
    }
    if plan.of_moves.iter().any(|setting| setting == "map_rotation") && !settings.brings_maps_back() {
        return Err(Error::usage(
            "`map_rotation`",
            "has no effect, since with `frame = rotated-mask` no map is turned back",
            "leave it out, or use `frame = derotated`",
        ));
    }
    if plan.of_moves.iter().any(|setting| setting == "loss_frame") && settings.loss == Goal::Drift {
        return Err(Error::usage(
            "`loss_frame`",
            "has no effect on `loss = drift`, which compares no mask",
            "leave one of the two out",
        ));
    }
    Ok(())
}

/// The list that takes an axis in: where attacks were named, axes alone add none.
fn list_of(plan: &Plan) -> &'static str {
    if plan.command == Command::Attack && plan.attacks.is_some() { "attacks" } else { "axes" }
}

/// Refuses options of metrics that need masks; the data have none.
pub(super) fn refuse_metric(plan: &Plan) -> Result<()> {
    let Some(given) = plan.metric else { return Ok(()) };
    let usual = MetricOptions::default();
    let subject = match (given.fpr_limit == usual.fpr_limit, given.aupro == usual.aupro) {
        (false, _) => format!("`fpr_limit = {}`", given.fpr_limit),
        (_, false) => format!("`aupro = {}`", given.aupro),
        _ => "`fpr_limit` or `aupro`".to_owned(),
    };
    Err(Error::usage(
        subject,
        "has no effect, since AUPRO needs masks and these data have none",
        "leave it out",
    ))
}

/// Refuses settings of decisions that the data leave without effect.
pub(super) fn refuse_points(points: &Points, data: &Data) -> Result<()> {
    if !points.threshold.is_usual() && !data.is_labelled() {
        let problem = "has no effect, since these data have no ground truth to count decisions against";
        return Err(Error::setting("threshold", points.threshold, problem, "leave it out"));
    }
    refuse_columns(&points.group_by, data)?;
    let Some(reference) = &points.reference else { return Ok(()) };
    let conditions = distinct(data.samples().filter_map(|sample| sample.circumstances.condition.as_deref()));
    if conditions.contains(&reference.as_str()) {
        return Ok(());
    }
    let problem = match conditions.as_slice() {
        [] => "is no condition of these data, of which none is known".to_owned(),
        known => format!("is no condition of these data, which have {}", known.join(", ")),
    };
    Err(Error::setting(
        "reference_condition",
        reference,
        problem,
        "name another, or tell them by `condition_pattern`",
    ))
}

/// Most values of a column that is grouped by: each is a row of every category and attack.
const MOST_VALUES: usize = 50;
/// Most values of a column of which each picture may have its own: a trial on a few pictures.
const FEW_VALUES: usize = 8;
/// Why a column of a list is none to group by, and what to do; none where it is one of the user's own.
fn known_column(column: &str) -> Option<(&'static str, &'static str)> {
    const LEAVE: &str = "leave it out";
    Some(match column {
        "category" => ("is no column of your own: categories have their rows anyway", LEAVE),
        "condition" => (
            "is no column of your own: conditions have their rows anyway",
            "leave it out, or name the one that others are compared with by `reference_condition`",
        ),
        "image" | "mask" => ("names files, each of which would be a group", LEAVE),
        "scene" => ("is no column to group by: scenes are what intervals redraw", LEAVE),
        "split" => ("is the same for all pictures, which are those to test", LEAVE),
        _ => return None,
    })
}

/// Refuses columns that the data do not have, or that make no groups.
fn refuse_columns(group_by: &[GroupBy], data: &Data) -> Result<()> {
    let refuse = |by: &GroupBy, problem: String, fix: &str| Err(Error::setting("group_by", by, problem, fix));
    for (at, by) in group_by.iter().enumerate() {
        if !data.is_labelled() {
            let problem = "has no effect, since these data have no ground truth to measure groups against";
            return refuse(by, problem.to_owned(), "leave it out");
        }
        if group_by[..at].iter().any(|other| other.column == by.column) {
            return refuse(by, "names a column twice".to_owned(), "name each column once");
        }
        if let Some((problem, fix)) = known_column(&by.column) {
            return refuse(by, problem.to_owned(), fix);
        }
        let all = || data.samples().map(|sample| &sample.circumstances.columns);
        let told: Vec<&str> = all().filter_map(|of| of.get(&by.column)).map(String::as_str).collect();
        let values: BTreeSet<&str> = told.iter().copied().collect();
        if values.is_empty() {
            let known: BTreeSet<&str> =
                all().flat_map(|columns| columns.keys()).map(String::as_str).collect();
            let problem = if known.is_empty() {
                "is no column of these data, which tell nothing of their pictures by columns of your own"
                    .to_owned()
            } else {
                let listed = known.iter().copied().collect::<Vec<_>>().join(", ");
                format!("is no column of these data in which anything stands; they have {listed}")
            };
            let meant = did_you_mean(&by.column, &known.into_iter().collect::<Vec<_>>());
            let fix = format!("{meant}name a column of the list, or a group of `condition_pattern`");
            return refuse(by, problem, &fix);
        }
        let each_its_own = values.len() == told.len() && values.len() > FEW_VALUES;
        if values.len() > MOST_VALUES || each_its_own {
            let problem = format!(
                "has {} for {}, and each value would be a group",
                counted(values.len(), "value", "values"),
                counted(told.len(), "picture", "pictures")
            );
            return refuse(by, problem, "name a column of at most 50 values that pictures share");
        }
        if [by.column.as_str()].iter().chain(&values).any(|text| text.contains(is_hidden)) {
            let problem = "has a name or value with a line break or another hidden character";
            return refuse(by, problem.to_owned(), "use plain names");
        }
        if let Some(reference) = by.reference.as_deref().filter(|value| !values.contains(value)) {
            let listed = values.iter().copied().collect::<Vec<_>>().join(", ");
            let problem =
                format!("compares with {reference}, which is no value of the column; it has {listed}");
            return refuse(by, problem, "name one of these behind the `=`");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::{SearchChoice, Select};
    use crate::study::plan::{Scope, Uniform};
    use crate::types::{Frame, Interval};

    #[test]
    fn settings_of_searches_are_refused_where_nothing_is_searched() {
        let uniform = Uniform { scopes: vec![Scope::Category], budget: 5 };
        let changes: [(&str, &dyn Fn(Plan) -> Plan); 8] = [
            ("budget", &|plan| plan.budget(50)),
            ("search", &|plan| plan.search(SearchChoice::Auto)),
            ("seed", &|plan| plan.seed(0)),
            ("select", &|plan| plan.select(Select::Loss)),
            ("loss", &|plan| plan.loss(Goal::Drift)),
            ("loss_frame", &|plan| plan.loss_frame(Frame::Derotated)),
            ("keep_traces", &|plan| plan.keep_traces(true)),
            ("uniform", &|plan| plan.uniform(uniform.clone())),
        ];
        for (setting, change) in changes {
            let error = change(Plan::attack().attacks([Attack::Clean])).check().unwrap_err();
            assert_eq!(error.subject, format!("`{setting}`"));
            assert!(error.fix.contains("`attacks`"), "{error}");
            let error = change(Plan::eval()).check().unwrap_err();
            assert_eq!((error.subject, error.fix.as_str()), (format!("`{setting}`"), "leave it out"));
        }
        for plan in [Plan::eval(), Plan::sweep([Axis::Hue], 3), Plan::attack().attacks([Attack::Clean])] {
            plan.check().unwrap();
        }
    }

    #[test]
    fn the_remedy_names_the_list_that_takes_the_axis_in() {
        let narrow = Interval { low: -3.0, high: 3.0 };
        let (angle, hue) = (Axis::Angle, Axis::Hue);
        for (plan, fix) in [
            (Plan::attack().axes([hue, angle]).attacks([Attack::Single(hue)]), "add angle to `attacks`"),
            (Plan::attack().axes([hue]), "add angle to `axes`"),
            (Plan::sweep([hue], 3), "add angle to `axes`"),
        ] {
            // The tolerance may scan any axis of an attack, and the data are not known yet.
            let checked = plan.bounds(angle, narrow).check();
            let used = checked.and_then(|it| refuse_unused(&it.plan, it.settings(), &[]));
            let error = used.unwrap_err();
            assert!(error.subject == "`bounds.angle`" && error.fix.ends_with(fix), "{error}");
        }
    }
}
