//! Figures of how far groups of pictures fall.

use std::path::Path;

use askance::plot::{self, Drawn, Page};
use askance::record::{
    Compared, Curves, Grouping, ImageRates, OperatingDrops, OperatingRow, PixelRates, RunDir, write_rows,
};
use askance::types::{Attack, Axis, Over};

use crate::figures::{Out, noise};
use crate::plot_figures::{assert_drawn, finished_info, run_settings, shows, summary_rows};

pub(super) const LONG_VALUE: &str =
    "diffuse ring light at 5600 K behind a polariser, second station of line 4";
const HUE: Attack = Attack::Single(Axis::Hue);

fn row(over: Over, grouping: &Grouping, group: Option<&str>, attack: Attack) -> OperatingRow {
    let drop = 0.3 * noise(&format!("{grouping}{group:?}{attack}"), 1) - 0.03;
    let sure = attack != Attack::Clean && *grouping != Grouping::Size;
    let known = |value: f64| sure.then_some(value);
    OperatingRow {
        model: "pocket".into(),
        dataset: "parts".into(),
        over,
        attack,
        grouping: grouping.clone(),
        group: group.map(str::to_owned),
        normal: 9,
        anomalous: 9,
        normal_pixels: Some(100),
        rule: "best-f1".into(),
        pixel_threshold: None,
        image_threshold: None,
        pixels: PixelRates {
            region_recall: Some(0.9 - if attack == Attack::Clean { 0.0 } else { drop }),
            ..PixelRates::default()
        },
        images: ImageRates::default(),
        curves: Curves::default(),
        compared: Compared::default(),
        drops: OperatingDrops {
            pixel_auroc_drop: known(drop),
            pixel_auroc_drop_low: known(drop - 0.05),
            pixel_auroc_drop_high: known(drop + 0.07),
            image_auroc_drop: known(1.5 * drop),
            image_auroc_drop_low: known(1.5 * drop - 0.1),
            image_auroc_drop_high: known(1.5 * drop + 0.1),
        },
    }
}

/// Rows of one category, of all pictures and of each group, clean and under these attacks.
pub(super) fn fallen(grouping: &Grouping, groups: &[&str], attacks: &[Attack]) -> Vec<OperatingRow> {
    let over = || Over::Category("can".into());
    let attacks = || [Attack::Clean].into_iter().chain(attacks.iter().copied());
    let of = |grouping: &Grouping, group: Option<&str>| -> Vec<OperatingRow> {
        attacks().map(|attack| row(over(), grouping, group, attack)).collect()
    };
    let own = groups.iter().flat_map(|&group| of(grouping, Some(group)));
    of(&Grouping::All, None).into_iter().chain(own).collect()
}

pub(super) fn lamp() -> Grouping {
    Grouping::Column("lamp".into())
}

#[test]
fn a_group_has_a_row_with_a_dot_for_each_attack() {
    let out = Out::new();
    let attacks = Attack::over(&Axis::PAPER);
    let attacks = &attacks[1..];
    let lots: Vec<String> = (0..12).map(|lot| format!("lot {lot}")).collect();
    let lots: Vec<&str> = lots.iter().map(String::as_str).collect();
    let mut heights = Vec::new();
    for (name, grouping, groups) in [
        ("two", lamp(), &["cold", "warm"][..]),
        ("six", Grouping::Condition, &["regular", "dark", "bright", LONG_VALUE, "shift_1", "shift_2"]),
        ("twelve", Grouping::Column("lot".into()), &lots),
        ("defects", Grouping::Defect, &["cut", "dent", "scratch"]),
        ("sizes", Grouping::Size, &["below 0.1 %", "0.1 to 1 %", "above 1 %"]),
    ] {
        let path = out.path(&format!("groups_{name}.png"));
        plot::groups(&fallen(&grouping, groups, attacks), &grouping, Page::default(), &path).unwrap();
        let picture = assert_drawn(&path);
        for colour in [[0, 114, 178], [230, 159, 0], [0, 158, 115], [213, 94, 0]] {
            assert!(shows(&picture, colour), "{name}: {colour:?}");
        }
        heights.push(picture.height());
    }
    assert!(heights[0] < heights[1] && heights[1] < heights[2], "{heights:?}");
    let clean = fallen(&lamp(), &["cold", "warm"], &[]);
    let error = plot::groups(&clean, &lamp(), Page::default(), &out.path("none.png")).unwrap_err();
    assert!(error.problem.contains("no group with a drop"), "{error}");
}

/// A finished run with these rows of groups.
fn run(folder: &Path, rows: &[OperatingRow]) -> RunDir {
    let run = RunDir::create(folder).unwrap();
    finished_info(run_settings()).write(run.info_path()).unwrap();
    write_rows(run.summary_path(), &summary_rows(&["pocket"], &["parts"])).unwrap();
    write_rows(run.operating_path(), rows).unwrap();
    run
}

fn of_groups(drawn: &Drawn) -> Vec<String> {
    let names = drawn.written.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("groups")).collect()
}

#[test]
fn a_run_has_a_figure_of_each_grouping_with_groups_and_none_without() {
    let out = Out::new();
    let mut rows = fallen(&lamp(), &["cold", "warm"], &[HUE]);
    rows.extend(fallen(&Grouping::Condition, &["dark", "bright"], &[HUE]).split_off(2));
    // One group is all pictures that say anything.
    rows.extend(fallen(&Grouping::Column("lot".into()), &["7"], &[HUE]).split_off(2));
    let drawn = plot::all(&[run(&out.path("groups_run"), &rows)], &out.path("groups_plots")).unwrap();
    assert_eq!(of_groups(&drawn), ["groups_lamp_parts_pocket.png", "groups_condition_parts_pocket.png"]);
    for rows in [fallen(&lamp(), &[], &[HUE]), fallen(&lamp(), &["cold", "warm"], &[])] {
        let drawn = plot::all(&[run(&out.path("groups_none"), &rows)], &out.path("groups_plots")).unwrap();
        assert_eq!(of_groups(&drawn), [""; 0]);
    }
}

#[test]
fn several_categories_are_shown_by_their_mean_and_kinds_of_defects_each_by_itself() {
    let out = Out::new();
    let mut rows = fallen(&lamp(), &["cold", "warm"], &[HUE]);
    let one = out.path("groups_one.svg");
    plot::groups(&rows, &lamp(), Page::default(), &one).unwrap();
    let other =
        rows.clone().into_iter().map(|row| OperatingRow { over: Over::Category("nut".into()), ..row });
    rows.extend(other.collect::<Vec<_>>());
    let two = out.path("groups_two.svg");
    plot::groups(&rows, &lamp(), Page::default(), &two).unwrap();
    // The mean of two that are alike, of which nobody took the intervals: no lines, and twice the pictures.
    let text = std::fs::read_to_string(&two).unwrap();
    assert!(text.contains("36 samples") && !text.contains("interval") && text.contains(">cold<"));
    // A mean that a run has taken has its intervals.
    let mean = |row: &OperatingRow| OperatingRow {
        over: Over::Mean,
        normal: 2 * row.normal,
        anomalous: 2 * row.anomalous,
        ..row.clone()
    };
    let means: Vec<OperatingRow> = rows[..rows.len() / 2].iter().map(mean).collect();
    rows.extend(means);
    plot::groups(&rows, &lamp(), Page::default(), &two).unwrap();
    assert!(std::fs::read_to_string(&two).unwrap().contains("interval"));

    let mut kinds = fallen(&Grouping::Defect, &["cut", "dent"], &[HUE]);
    let other =
        kinds.clone().into_iter().map(|row| OperatingRow { over: Over::Category("nut".into()), ..row });
    kinds.extend(other.collect::<Vec<_>>());
    plot::groups(&kinds, &Grouping::Defect, Page::default(), &two).unwrap();
    let text = std::fs::read_to_string(&two).unwrap();
    assert!(["can: cut", "can: dent", "nut: cut", "nut: dent"].iter().all(|name| text.contains(name)));
}
