//! `--axes` and `--bounds` as a user gives them, with the embedded model, on generated parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use askance::record::{RunDir, RunInfo, SampleRow, SweepRow, read_map, read_rows};
use askance::types::{Attack, Axis, Bounds, Glare, Interval};
use ndarray::{Array2, Array3};
use ndarray_npy::ReadNpyExt as _;
use tempfile::TempDir;

use crate::program::{self, askance, fail, run, synth};

/// Two defective and one good part.
fn parts(folder: &TempDir) -> PathBuf {
    let flags = "--category tablet --seed 5 --good 1 --defective 2 --size 96";
    synth(folder.path().join("parts"), flags)
}

fn on(command: &str, data: &Path, out: &Path, flags: &[&str]) -> Command {
    let mut command = program::on(command, data, out);
    command.args(flags);
    command
}

#[test]
fn an_attack_over_named_axes_records_them() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let flags = "--axes jpeg,brightness,scale --bounds brightness=-0.3,0.1 --budget 6 --select loss --keep-traces --save-maps";
    run(&mut on("attack", &data, &out, &flags.split(' ').collect::<Vec<_>>()));
    let axes = [Axis::Scale, Axis::Brightness, Axis::Jpeg];

    let rows: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
    assert_eq!(rows.len(), 3 * 5);
    for sample in rows.chunks(5) {
        assert_eq!(sample.iter().map(|row| row.attack).collect::<Vec<_>>(), Attack::over(&axes));
        for row in sample {
            assert_eq!(row.parameters.axes().collect::<Vec<_>>(), axes);
            assert!(row.loss <= sample[0].loss && sample[4].loss <= row.loss, "{row:?}");
            let brightness = row.parameters.get(Axis::Brightness).unwrap();
            assert!((-0.3..=0.1).contains(&brightness), "{row:?}");
        }
    }
    let info = RunInfo::read(out.join("run.toml")).unwrap();
    let bounds: Bounds = info.settings["bounds"].clone().try_into().unwrap();
    let brightness = Interval { low: -0.3, high: 0.1 };
    assert_eq!(bounds, Bounds::default().with(Axis::Brightness, brightness));
    assert_eq!(info.settings["axes"].clone().try_into::<Vec<Axis>>().unwrap(), axes);

    // The axes of the attack, then the loss and the cost.
    let trace = |attack: Attack| {
        let name = format!("traces/pocket/tablet/{}.{attack}.npy", rows[0].sample);
        Array2::<f64>::read_npy(fs::File::open(out.join(name)).unwrap()).unwrap()
    };
    assert_eq!(trace(Attack::Clean).dim(), (1, 2));
    assert_eq!(trace(Attack::Single(Axis::Jpeg)).dim(), (6, 3));
    let joint = trace(Attack::Joint);
    assert_eq!(joint.ncols(), 5);
    assert!(joint.column(2).iter().all(|&loss| (0.0..=50.0).contains(&loss)));

    // Maps are saved as they were scored: what a zoom out brought in, brought back, is gone again.
    let saved = read_map(&out.join(format!("maps/tablet/{}.scale.npy", rows[0].sample))).unwrap();
    assert_eq!(saved.dim(), (192, 192));
    for plot in ["bars", "gallery", "histograms", "histograms_joint", "examples_pocket"] {
        assert!(out.join(format!("plots/{plot}.png")).is_file(), "{plot}");
    }
}

#[test]
fn pairs_and_groups_stand_for_their_axes() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let flags = ["--axes", "motion,lighting,hue,tint", "--budget", "4", "--select", "loss"];
    run(&mut on("attack", &data, &out, &flags));
    let lighting = [Axis::Temperature, Axis::Tint, Axis::LightX, Axis::LightY, Axis::Glare, Axis::Vignette];
    let mut axes =
        [&lighting[..], &[Axis::Shadow, Axis::MotionX, Axis::MotionY, Axis::Exposure, Axis::Hue]].concat();
    axes.sort_unstable();
    let rows: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
    let attacks = Attack::over(&axes);
    assert_eq!(attacks.len(), 1 + 7 + 2 + 1, "clean, seven axes, two pairs, joint");
    for sample in rows.chunks(attacks.len()) {
        assert_eq!(sample.iter().map(|row| row.attack).collect::<Vec<_>>(), attacks);
        assert!(sample.iter().all(|row| row.parameters.axes().eq(axes.iter().copied())));
        assert!(sample.iter().all(|row| sample[attacks.len() - 1].loss <= row.loss));
    }
    let error = fail(&mut on("attack", &data, &out, &["--axes", "lamp"]), 2);
    assert!(error.contains("tilt, light, motion, paper, pose, lighting or camera"), "{error}");
}

#[test]
fn a_list_is_gone_through_whatever_the_search_and_the_budget() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let mirror = Attack::Single(Axis::Mirror);
    let value = |row: &SampleRow| row.parameters.get(Axis::Mirror).unwrap();
    for (name, flags) in [
        ("usual", "--budget 12"),
        ("cma", "--budget 12 --search cma-es --select loss"),
        ("adaptive", "--budget 12 --adaptive"),
    ] {
        let out = folder.path().join(name);
        let flags = format!("--axes mirror,angle {flags}");
        run(&mut on("attack", &data, &out, &flags.split(' ').collect::<Vec<_>>()));
        let rows: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
        let found: Vec<&SampleRow> = rows.iter().filter(|row| row.attack == mirror).collect();
        assert!(found.len() == 3 && rows.len() == 12, "{name}");
        assert!(found.iter().all(|row| row.search == "grid" && row.evaluations <= 4), "{name}: {found:?}");
        assert!(rows.iter().all(|row| [0.0, 1.0, 2.0, 3.0].contains(&value(row))), "{name}");
    }

    // Every picture of the list, mirrored exactly, and nothing else.
    let out = folder.path().join("usual");
    let sweep = folder.path().join("sweep");
    run(&mut on("sweep", &data, &sweep, &["--axes", "mirror", "--steps", "9"]));
    let rows: Vec<SweepRow> = read_rows(sweep.join("sweep.csv")).unwrap();
    let values = rows.iter().filter(|row| row.over.category().is_some()).map(|row| row.value);
    assert!(values.eq([0.0, 1.0, 2.0, 3.0]));
    let png = image::open(sweep.join("plots/sweep_mirror.png")).unwrap();
    assert!(png.width() > 0);
    let uniform = folder.path().join("uniform");
    let flags = "--axes mirror --budget 5 --uniform=category --uniform-budget 40 --random 8 --decision 0.5";
    run(&mut on("attack", &data, &uniform, &flags.split(' ').collect::<Vec<_>>()));

    // Left and right exchanged alone, in the run of whoever says so; a tolerance there is none.
    let half = folder.path().join("half");
    run(&mut on("attack", &data, &half, &["--axes", "mirror", "--bounds", "mirror=0,1", "--budget", "9"]));
    let rows: Vec<SampleRow> = read_rows(half.join("samples.csv")).unwrap();
    assert!(rows.iter().all(|row| value(row) <= 1.0 && row.evaluations <= 2));
    // The half turn alone: recorded, gone on with, made again from the record, and in every stage.
    let turned = folder.path().join("turned");
    let flags = "--axes mirror,angle --bounds mirror=3 --budget 9 --uniform=category --uniform-budget 9 --random 8 --decision 0.5";
    let flags: Vec<&str> = flags.split(' ').collect();
    run(&mut on("attack", &data, &turned, &flags));
    let rows: Vec<SampleRow> = read_rows(turned.join("samples.csv")).unwrap();
    assert!(rows.iter().all(|row| [0.0, 3.0].contains(&value(row))));
    let alone: Vec<&SampleRow> = rows.iter().filter(|row| row.attack == mirror).collect();
    assert!(alone.iter().all(|row| row.evaluations == 2) && alone.iter().any(|row| value(row) == 3.0));
    let recorded = fs::read_to_string(turned.join("run.toml")).unwrap();
    assert!(
        recorded.contains("mirror = [0.0, 3.0]") || recorded.contains("mirror = [\n    0.0,\n    3.0,\n]"),
        "{recorded}"
    );
    let bytes = || fs::read(turned.join("samples.csv")).unwrap();
    let before = bytes();
    run(&mut on("attack", &data, &turned, &flags));
    assert!(bytes() == before);
    let other = fail(&mut on("attack", &data, &turned, &["--axes", "mirror,angle", "--budget", "9"]), 2);
    assert!(other.contains("--out"), "{other}");
    let again = folder.path().join("again");
    run(askance().args(["attack", "--config"]).arg(&turned).arg("--out").arg(&again));
    assert!(fs::read(again.join("samples.csv")).unwrap() == before);
    let sweep = folder.path().join("sweep-turned");
    run(&mut on("sweep", &data, &sweep, &["--axes", "mirror", "--bounds", "mirror=3"]));
    let rows: Vec<SweepRow> = read_rows(sweep.join("sweep.csv")).unwrap();
    assert!(rows.iter().filter(|row| row.over.category().is_some()).map(|row| row.value).eq([0.0, 3.0]));

    for (flags, named) in [
        ("--axes mirror --tolerance", "--tolerance"),
        ("--axes mirror --bounds mirror=1.5", "--bounds mirror=1.5: is no part of the list"),
        ("--axes mirror --bounds mirror=half", "mirror=half: is no part of the list 0, 1, 2, 3"),
    ] {
        let error = fail(&mut on("attack", &data, &out, &flags.split(' ').collect::<Vec<_>>()), 2);
        assert!(error.contains(named) && error.contains("list"), "{error}");
    }
}

#[test]
fn the_joint_attack_alone_can_be_asked_for_and_other_axes_are_another_run() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    run(&mut on("attack", &data, &out, &["--axes", "blur,gamma", "--attacks", "joint", "--budget", "4"]));
    let rows: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
    assert_eq!(
        [rows[0].attack, rows[1].attack, rows[2].attack],
        [Attack::Clean, Attack::Joint, Attack::Clean]
    );
    let other = ["--axes", "blur", "--attacks", "joint", "--budget", "4"];
    let said = fail(&mut on("attack", &data, &out, &other), 2);
    assert!(said.contains("--axes"), "{said}");
}

#[test]
fn other_axes_are_swept_too() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    run(&mut on("sweep", &data, &out, &["--axes", "translate-x,jpeg", "--steps", "3"]));
    let rows: Vec<SweepRow> = read_rows(out.join("sweep.csv")).unwrap();
    let values: Vec<(Axis, f64)> = rows
        .iter()
        .filter(|row| row.over.category() == Some("tablet"))
        .map(|row| (row.axis, row.value))
        .collect();
    let expected = [-0.1, 0.0, 0.1].map(|value| (Axis::TranslateX, value)).into_iter();
    assert_eq!(
        values,
        expected.chain([0.0, 25.0, 50.0].map(|value| (Axis::Jpeg, value))).collect::<Vec<_>>()
    );
    assert!(out.join("plots/sweep_translate-x.png").is_file() && out.join("plots/sweep_jpeg.png").is_file());
    assert!(!out.join("plots/sweep_hue.png").exists());
}

#[test]
fn bounds_given_twice_are_refused() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("never"));
    let flags = ["--angle-bounds", "-5,5", "--bounds", "angle=-9,9"];
    let said = fail(&mut on("attack", &data, &out, &flags), 2);
    assert!(said.contains("--bounds angle=-9,9"), "{said}");
    assert!(!out.exists());
}

#[test]
fn a_glare_is_recorded_where_it_lies_and_what_is_made_of_the_run_has_it_there() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let aside = "--axes glare --attacks glare --budget 4 --select loss --bounds glare=0,2 --glare-at 0.25,0.75 --glare-size 0.05";
    let flags: Vec<&str> = aside.split(' ').collect();
    run(&mut on("attack", &data, &out, &flags));
    let perturb = |run: &Path| RunInfo::read(run.join("run.toml")).unwrap().settings["perturb"].clone();
    let glare = Glare { x: 0.25, y: 0.75, size: 0.05 };
    assert_eq!(perturb(&out)["glare"].clone().try_into::<Glare>().unwrap(), glare);

    // The same folder takes no other place or size, nor the usual ones.
    let other = |from: &str, to: &str| {
        let flags = aside.replace(from, to);
        fail(&mut on("attack", &data, &out, &flags.split_whitespace().collect::<Vec<_>>()), 2)
    };
    let said = other("0.25,0.75", "0.8,0.75");
    assert!(said.contains("another --glare-at: 0.25 there, 0.8 now"), "{said}");
    let said = other("--glare-size 0.05", "");
    assert!(said.contains("another --glare-size: 0.05 there, 0.1 now"), "{said}");

    // The pictures of a replay have the light there: of what it adds, the brightest pixel is beside the centre of the glare.
    let rows: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
    let lit = rows.iter().find(|row| row.parameters.get(Axis::Glare).is_some_and(|peak| peak > 0.0));
    let (lit, images) = (lit.expect("a glare that does harm"), folder.path().join("images"));
    let sample = format!("{}/{}", lit.category, lit.sample);
    run(askance().arg("replay").arg(&out).arg("--out").arg(&images).args([
        "--save-images",
        "--sample",
        &sample,
    ]));
    let dir = RunDir::create(&images).unwrap();
    let picture = |attack: Attack| {
        let path = dir.image_path(&lit.model, &lit.id().unwrap(), attack, "", "npy");
        Array3::<f32>::read_npy(fs::File::open(path).unwrap()).unwrap()
    };
    let light = |value: f32| ((value + 0.055) / 1.055).powf(2.4);
    let added = picture(lit.attack).mapv(light) - picture(Attack::Clean).mapv(light);
    let far =
        added.index_axis(ndarray::Axis(1), 10).iter().fold(0.0_f32, |most, light| most.max(light.abs()));
    assert!(added[[0, 144, 48]] > 0.05 && far < 1e-3, "{} {far}", added[[0, 144, 48]]);

    // So has what is put together of its parts.
    let parts = ["1/2", "2/2"].map(|part| {
        let part_out = folder.path().join(part.replace('/', "-of-"));
        run(on("attack", &data, &part_out, &flags).args(["--shard", part]));
        part_out
    });
    let merged = folder.path().join("merged");
    run(askance().arg("merge").arg(&merged).args(&parts));
    assert_eq!(perturb(&merged), perturb(&out));
    assert_eq!(program::text(&merged, "samples.csv"), program::text(&out, "samples.csv"));
}

#[test]
fn a_glare_of_which_nothing_is_said_leaves_no_trace_in_the_record() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let flags = ["--axes", "glare", "--steps", "3"];
    run(&mut on("sweep", &data, &out, &flags));
    assert!(!program::text(&out, "run.toml").contains("perturb.glare"));
    // Its usual place is the same setting, said or not; another is not.
    let named = [&flags[..], &["--glare-at", "0.5,0.5", "--glare-size", "0.1"]].concat();
    run(&mut on("sweep", &data, &out, &named));
    let aside = [&flags[..], &["--glare-at", "0,0.5"]].concat();
    let said = fail(&mut on("sweep", &data, &out, &aside), 2);
    assert!(said.contains("another --glare-at: 0.5 there, 0.0 now"), "{said}");
}

#[test]
fn a_glare_without_its_axis_or_outside_the_picture_is_refused() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("never"));
    for (flags, expected) in [
        (
            "--axes hue --glare-at 0.2,0.2",
            "--glare-at: has no effect, since nothing here changes the axis glare",
        ),
        ("--axes hue --glare-size 0.2", "--glare-size: has no effect"),
        ("--axes glare --glare-at -0.1,0.5", "--glare-at -0.1,0.5: is no place in the picture"),
        ("--axes glare --glare-size 2.5", "--glare-size 2.5: is no size of a glare"),
        ("--axes glare --glare-at 0.5", "--glare-at 0.5: is not two numbers"),
    ] {
        let said = fail(&mut on("attack", &data, &out, &flags.split(' ').collect::<Vec<_>>()), 2);
        assert!(said.contains(expected), "{said}");
    }
    assert!(!out.exists());
}
