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
    assert_eq!(
        of_groups(&drawn),
        ["groups_column-lamp_parts_pocket.png", "groups_condition_parts_pocket.png"]
    );
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
    assert!(text.contains("36 samples") && !text.contains("interval") && text.contains(">cold (18 + 18)<"));
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

/// The lines of text of a figure, each between bars.
fn texts(rows: &[OperatingRow], grouping: &Grouping, out: &Path) -> String {
    plot::groups(rows, grouping, Page::default(), out).unwrap();
    let figure = std::fs::read_to_string(out).unwrap();
    let texts = figure.lines().filter_map(|line| line.strip_suffix("</text>")?.rsplit_once('>'));
    texts.map(|(_, text)| format!("|{text}|")).collect()
}

#[test]
fn a_column_with_one_value_in_two_categories_has_no_figure() {
    let out = Out::new();
    let mut rows = fallen(&lamp(), &["cold"], &[HUE]);
    let other =
        rows.clone().into_iter().map(|row| OperatingRow { over: Over::Category("nut".into()), ..row });
    rows.extend(other.collect::<Vec<_>>());
    let drawn = plot::all(&[run(&out.path("groups_value"), &rows)], &out.path("groups_plots")).unwrap();
    assert_eq!(of_groups(&drawn), [""; 0]);
}

#[test]
fn attacks_that_cost_the_same_do_not_hide_each_other() {
    let out = Out::new();
    let attacks = [HUE, Attack::Single(Axis::Angle), Attack::Joint];
    let mut rows = fallen(&lamp(), &["cold", "warm"], &attacks);
    for row in rows.iter_mut().filter(|row| row.attack != Attack::Clean) {
        row.drops = OperatingDrops {
            pixel_auroc_drop: Some(0.125),
            image_auroc_drop: Some(-0.125),
            ..OperatingDrops::default()
        };
    }
    let path = out.path("groups_same.png");
    plot::groups(&rows, &lamp(), Page::default(), &path).unwrap();
    let picture = assert_drawn(&path);
    let (width, height) = picture.dimensions();
    // Below the legend there are dots of each.
    for colour in [[0, 114, 178], [230, 159, 0], [213, 94, 0]] {
        let below = image::imageops::crop_imm(&picture, 0, height / 2, width, height / 2).to_image();
        assert!(shows(&below, colour), "{colour:?}");
    }
}

#[test]
fn a_figure_says_how_much_its_groups_hold_and_what_is_not_plain() {
    let out = Out::new();
    let svg = out.path("groups_words.svg");
    let mut rows = fallen(&lamp(), &["cold", "warm"], &[HUE]);
    for row in rows.iter_mut().filter(|row| row.attack != Attack::Clean) {
        (row.drops.pixel_auroc_drop, row.drops.image_auroc_drop) = (Some(0.2), Some(0.2));
        (row.drops.pixel_auroc_drop_low, row.drops.image_auroc_drop_low) = (Some(0.1), Some(0.1));
        (row.drops.pixel_auroc_drop_high, row.drops.image_auroc_drop_high) = (Some(0.3), Some(0.3));
    }
    let text = texts(&rows, &lamp(), &svg);
    assert!(text.contains("by column lamp") && text.contains("|warm (9 + 9)|"), "{text}");
    assert!(text.contains("in brackets: good + defective pictures; line"), "{text}");
    assert!(!text.contains("below 0") && !text.contains("no interval") && !text.contains("means over"));
    for row in rows.iter_mut().filter(|row| row.group.as_deref() == Some("cold")) {
        row.anomalous = 7;
        row.drops.pixel_auroc_drop = row.drops.pixel_auroc_drop.map(|_| -0.2);
        (row.drops.pixel_auroc_drop_low, row.drops.pixel_auroc_drop_high) = (None, None);
    }
    let text = texts(&rows, &lamp(), &svg);
    assert!(text.contains("|cold (9 + 7)|") && text.contains("below 0: better than clean"), "{text}");
    assert!(text.replace("||", " ").contains("no interval below 8"), "{text}");
    let kinds = texts(&fallen(&Grouping::Defect, &["cut", "dent"], &[HUE]), &Grouping::Defect, &svg);
    assert!(kinds.contains("|cut (9)|") && kinds.contains("in brackets: defective pictures"), "{kinds}");
    let mut sizes = fallen(&Grouping::Size, &["below 0.1 %", "above 1 %"], &[HUE]);
    for row in &mut sizes {
        row.pixels.regions = Some(5);
        row.pixels.region_recall = Some(if row.attack == Attack::Clean { 0.5 } else { 1.0 });
    }
    let sizes = texts(&sizes, &Grouping::Size, &svg);
    assert!(sizes.contains("|above 1 % (5)|") && sizes.contains("in brackets: regions"), "{sizes}");
    assert!(sizes.replace("||", " ").contains("below 0: more found than clean"), "{sizes}");
}

#[test]
fn groups_that_are_numbers_stand_by_their_value() {
    let out = Out::new();
    let lot = Grouping::Column("lot".into());
    let mut rows = fallen(&lot, &["11", "2"], &[HUE]);
    let other = fallen(&lot, &["10", "1"], &[HUE]).into_iter();
    rows.extend(other.map(|row| OperatingRow { over: Over::Category("nut".into()), ..row }));
    let text = texts(&rows, &lot, &out.path("groups_numbers.svg"));
    let places = ["1", "2", "10", "11"].map(|lot| text.find(&format!("|{lot} (9 + 9)|")).unwrap());
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn columns_are_told_from_the_groupings_that_they_are_named_after() {
    let out = Out::new();
    let mut rows = fallen(&Grouping::Defect, &["cut", "dent"], &[HUE]);
    for name in ["kind of defect", "condition", "lamp", "Lamp"] {
        rows.extend(fallen(&Grouping::Column(name.into()), &["a", "b"], &[HUE]).split_off(2));
    }
    let drawn = plot::all(&[run(&out.path("groups_named"), &rows)], &out.path("groups_plots")).unwrap();
    let names = ["kind-of-defect", "column-kind-of-defect", "column-condition", "column-lamp"];
    let mut expected = names.map(|name| format!("groups_{name}_parts_pocket.png")).to_vec();
    expected.push("groups_column-Lamp_parts_pocket_2.png".to_owned());
    assert_eq!(of_groups(&drawn), expected);
}

#[test]
fn figures_of_groups_that_a_run_no_longer_has_go_and_nothing_else() {
    let out = Out::new();
    let of = |grouping: &Grouping| fallen(grouping, &["a", "b"], &[HUE]);
    let own = run(&out.path("groups_again"), &of(&lamp()));
    let plots = own.plots();
    plot::all(std::slice::from_ref(&own), &plots).unwrap();
    let elsewhere = out.path("groups_elsewhere");
    plot::all(std::slice::from_ref(&own), &elsewhere).unwrap();
    let old = "groups_column-lamp_parts_pocket.png";
    let others = ["groups_mine.png", "groups_column-lamp_parts_pocket.txt", "bars_groups_column-lamp.png"];
    for other in others {
        std::fs::write(plots.join(other), "kept").unwrap();
    }
    assert!(plots.join(old).exists());
    write_rows(own.operating_path(), &of(&Grouping::Condition)).unwrap();
    plot::all(std::slice::from_ref(&own), &elsewhere).unwrap();
    assert!(elsewhere.join(old).exists(), "only a run's own folder is its own");
    let other = run(&out.path("groups_beside"), &of(&Grouping::Condition));
    plot::all(&[own.clone(), other], &plots).unwrap();
    assert!(plots.join(old).exists(), "figures of several runs are of no run");
    plot::all(&[own], &plots).unwrap();
    assert!(!plots.join(old).exists() && plots.join("groups_condition_parts_pocket.png").exists());
    assert!(others.iter().all(|other| plots.join(other).exists()));
}
