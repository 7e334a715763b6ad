//! The folder of a run: rows, torn files, provenance, resume, maps, examples.

use std::fs;
use std::path::Path;

use askance::record::{
    Drops, Intervals, Journal, ModelInfo, Opened, Parameters, Row, RunDir, RunInfo, SampleRow, Skipped,
    Status, SummaryRow, SweepRow, UniformRow, compatible, mean_rows, read_checked, read_examples, read_rows,
    sweep_means, to_table, uniform_means, write_atomic, write_examples, write_rows,
};
use askance::types::{Attack, Axis, Fit, Label, Metrics, Over, Perturbation, SampleId};
use ndarray::{Array2, Array3};
use serde::Serialize;

fn sample_row(stem: &str, attack: Attack) -> SampleRow {
    SampleRow {
        model: "pocket".into(),
        dataset: "toys".into(),
        category: "bolt".into(),
        sample: format!("scratch/{stem}"),
        label: Label::Anomalous,
        attack,
        parameters: Parameters::new(
            &Perturbation::of([(Axis::Angle, -37.25), (Axis::Hue, 0.1), (Axis::Saturation, 1.0 / 3.0)]),
            &Axis::PAPER,
        ),
        loss: 1e-7,
        sample_auroc: None,
        evaluations: 100,
        coarse: 0,
        expected_gain: None,
        image_score: 0.75,
        search: "cma-es".into(),
        budget: 100,
        seed: u64::MAX,
        image: "bolt, new/\"1\".png".into(),
        mask: None,
        aupro: Parameters::default(),
        fit: Default::default(),
        pieces: 1,
        clipped: None,
        clipped_defect: None,
    }
}

fn summary_row(category: &str, attack: Attack, pixel_auroc: Option<f64>) -> SummaryRow {
    SummaryRow {
        model: "pocket".into(),
        dataset: "toys".into(),
        over: Over::Category(category.into()),
        attack,
        samples: 10,
        metrics: Metrics { pixel_auroc, aupro: Some(0.5), ..Metrics::default() },
        mean_loss: Some(0.0),
        evaluations: 1000,
        intervals: Default::default(),
        drops: Default::default(),
    }
}

#[test]
fn headers_are_exactly_the_documented_ones() {
    let folder = tempfile::tempdir().unwrap();
    let first_line =
        |name: &str| fs::read_to_string(folder.path().join(name)).unwrap().lines().next().unwrap().to_owned();
    write_rows::<SampleRow>(folder.path().join("samples.csv"), &[]).unwrap();
    assert_eq!(
        first_line("samples.csv"),
        "model,dataset,category,sample,label,attack,angle_deg,hue_rad,saturation,scale_log2,translate_x,\
         translate_y,temperature_mired,blur_px,brightness,contrast_log2,gamma_log2,jpeg_loss,tilt_x_deg,\
         tilt_y_deg,tint_stops,light_x_stops,light_y_stops,glare,vignette_stops,defocus_px,motion_x_px,motion_y_px,\
         exposure_stops,noise_levels,shadow_stops,mirror,loss,sample_auroc,\
         evaluations,coarse,expected_gain,image_score,search,budget,seed,image,mask,aupro_angle_deg,aupro_hue_rad,\
         aupro_saturation,aupro_scale_log2,aupro_translate_x,aupro_translate_y,aupro_temperature_mired,aupro_blur_px,\
         aupro_brightness,aupro_contrast_log2,aupro_gamma_log2,aupro_jpeg_loss,aupro_tilt_x_deg,aupro_tilt_y_deg,\
         aupro_tint_stops,aupro_light_x_stops,aupro_light_y_stops,aupro_glare,aupro_vignette_stops,aupro_defocus_px,\
         aupro_motion_x_px,aupro_motion_y_px,aupro_exposure_stops,aupro_noise_levels,aupro_shadow_stops,aupro_mirror,fit,pieces,\
         clipped,clipped_defect"
    );
    write_rows::<SummaryRow>(folder.path().join("summary.csv"), &[]).unwrap();
    assert_eq!(
        first_line("summary.csv"),
        "model,dataset,category,attack,samples,over,pixel_auroc,aupro,pixel_ap,pixel_f1_max,image_auroc,image_ap,mean_loss,\
         evaluations,pixel_auroc_low,pixel_auroc_high,aupro_low,aupro_high,image_auroc_low,image_auroc_high,pixel_auroc_drop,\
         pixel_auroc_drop_low,pixel_auroc_drop_high,aupro_drop,aupro_drop_low,aupro_drop_high"
    );
    write_rows::<SweepRow>(folder.path().join("sweep.csv"), &[]).unwrap();
    assert_eq!(
        first_line("sweep.csv"),
        "model,dataset,category,axis,value,samples,over,pixel_auroc,aupro,pixel_ap,pixel_f1_max,image_auroc,image_ap,\
         pixel_auroc_low,pixel_auroc_high,aupro_low,aupro_high,image_auroc_low,image_auroc_high"
    );
}

/// The cells follow the fields by order, and one field may hold several.
#[test]
fn every_cell_stands_under_its_name() {
    fn cells<T: Row>(row: &T) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        write_rows(&path, std::slice::from_ref(row)).unwrap();
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let header = reader.headers().unwrap().clone();
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(header.len(), record.len());
        header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    }
    let metrics = Metrics {
        pixel_auroc: Some(0.1),
        aupro: Some(0.2),
        pixel_ap: Some(0.3),
        pixel_f1_max: Some(0.4),
        image_auroc: Some(0.5),
        image_ap: Some(0.6),
    };
    let pooled = ["pixel_auroc", "aupro", "pixel_ap", "pixel_f1_max", "image_auroc", "image_ap"];
    let expected = |found: &[(String, String)], names: &[(&str, &str)]| {
        let shares = pooled.into_iter().zip(["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"]);
        for (name, value) in names.iter().copied().chain(shares) {
            assert!(found.contains(&(name.to_owned(), value.to_owned())), "{name} {value}: {found:?}");
        }
    };
    let intervals = Intervals {
        pixel_auroc_low: Some(0.01),
        pixel_auroc_high: Some(0.11),
        aupro_low: Some(0.12),
        aupro_high: Some(0.21),
        image_auroc_low: Some(0.41),
        image_auroc_high: Some(0.51),
    };
    let drops = Drops {
        pixel_auroc_drop: Some(0.02),
        pixel_auroc_drop_low: Some(-0.03),
        pixel_auroc_drop_high: Some(0.04),
        aupro_drop: Some(0.05),
        aupro_drop_low: Some(-0.06),
        aupro_drop_high: Some(0.07),
    };
    let summary =
        SummaryRow { metrics, intervals, drops, ..summary_row("a", Attack::Single(Axis::Hue), None) };
    expected(
        &cells(&summary),
        &[
            ("pixel_auroc_low", "0.01"),
            ("pixel_auroc_high", "0.11"),
            ("aupro_low", "0.12"),
            ("aupro_high", "0.21"),
            ("image_auroc_low", "0.41"),
            ("image_auroc_high", "0.51"),
            ("pixel_auroc_drop", "0.02"),
            ("pixel_auroc_drop_low", "-0.03"),
            ("pixel_auroc_drop_high", "0.04"),
            ("aupro_drop", "0.05"),
            ("aupro_drop_low", "-0.06"),
            ("aupro_drop_high", "0.07"),
            ("over", "category"),
            ("category", "a"),
            ("attack", "hue"),
            ("samples", "10"),
            ("evaluations", "1000"),
        ],
    );
    let sweep = SweepRow {
        model: "pocket".into(),
        dataset: "toys".into(),
        over: Over::Category("a".into()),
        axis: Axis::Hue,
        value: 0.75,
        samples: 10,
        metrics,
        intervals: Default::default(),
    };
    expected(&cells(&sweep), &[("category", "a"), ("axis", "hue"), ("value", "0.75"), ("samples", "10")]);
    let uniform = UniformRow {
        model: "pocket".into(),
        dataset: "toys".into(),
        over: Over::All,
        attack: Attack::Joint,
        parameters: sample_row("1", Attack::Joint).parameters,
        search: "grid".into(),
        budget: 50,
        samples: 10,
        evaluations: 500,
        metrics,
        mean_loss: Some(0.7),
        aupro: Parameters::default(),
    };
    let names =
        [("over", "all"), ("category", ""), ("angle_deg", "-37.25"), ("jpeg_loss", ""), ("search", "grid")];
    expected(&cells(&uniform), &names);
    expected(&cells(&uniform), &[("budget", "50"), ("evaluations", "500"), ("mean_loss", "0.7")]);
}

#[test]
fn a_row_that_cannot_be_is_refused_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let right = sample_row("1", Attack::Joint);
    let refused = |row: &SampleRow| {
        write_rows(&path, &[sample_row("0", Attack::Joint), row.clone()]).unwrap();
        read_rows::<SampleRow>(&path).unwrap_err().problem
    };
    for (column, row) in [
        ("loss", SampleRow { loss: f64::INFINITY, ..right.clone() }),
        ("loss", SampleRow { loss: f64::NAN, ..right.clone() }),
        ("sample_auroc", SampleRow { sample_auroc: Some(7.5), ..right.clone() }),
        ("image_score", SampleRow { image_score: f64::NAN, ..right.clone() }),
        ("sample_auroc", SampleRow { sample_auroc: Some(0.5), label: Label::Normal, ..right.clone() }),
        ("sample_auroc", SampleRow { sample_auroc: Some(0.5), label: Label::Unknown, ..right.clone() }),
        ("expected_gain", SampleRow { expected_gain: Some(-0.1), ..right.clone() }),
        ("evaluations", SampleRow { evaluations: 0, ..right.clone() }),
        ("coarse", SampleRow { coarse: usize::MAX, ..right.clone() }),
        ("evaluations", SampleRow { evaluations: usize::MAX - 1, ..right.clone() }),
        ("blur_px", SampleRow { attack: Attack::Single(Axis::Blur), ..right.clone() }),
        ("angle_deg", SampleRow { parameters: Parameters::default(), ..right.clone() }),
    ] {
        let problem = refused(&row);
        assert!(problem.contains(&format!("line 3, column {column}")), "{problem}");
    }
    let problem = refused(&sample_row("0", Attack::Joint));
    assert!(problem.contains("twice (lines 2 and 3)"), "{problem}");

    write_rows(&path, std::slice::from_ref(&right)).unwrap();
    let error = read_checked::<SampleRow>(&path, |_| Some(("seed", "3".into()))).unwrap_err();
    assert!(error.problem.contains("line 2, column seed: 3"), "{error}");

    let metrics = Metrics { aupro: Some(-0.1), ..Metrics::default() };
    let summary = SummaryRow { metrics, ..summary_row("a", Attack::Clean, None) };
    write_rows(&path, std::slice::from_ref(&summary)).unwrap();
    assert!(read_rows::<SummaryRow>(&path).unwrap_err().problem.contains("column aupro"));
}

#[test]
fn counts_that_no_run_reaches_are_refused_before_they_are_added_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let summary = SummaryRow { samples: usize::MAX, ..summary_row("a", Attack::Clean, None) };
    write_rows(&path, std::slice::from_ref(&summary)).unwrap();
    let error = read_rows::<SummaryRow>(&path).unwrap_err();
    assert!(error.problem.contains("line 2, column samples"), "{error}");
}

#[test]
fn a_shared_worst_case_without_a_value_on_its_axis_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("uniform.csv");
    let row = |over, attack| UniformRow {
        model: "pocket".into(),
        dataset: "toys".into(),
        over,
        attack,
        parameters: Parameters::default(),
        search: "grid".into(),
        budget: 50,
        samples: 10,
        evaluations: 500,
        metrics: Metrics::default(),
        mean_loss: None,
        aupro: Parameters::default(),
    };
    let category = || Over::Category("a".into());
    let hue = Attack::Single(Axis::Hue);
    write_rows(&path, &[row(category(), Attack::Clean), row(Over::Mean, hue)]).unwrap();
    assert_eq!(read_rows::<UniformRow>(&path).unwrap().len(), 2);
    write_rows(&path, &[row(category(), Attack::Clean), row(category(), hue)]).unwrap();
    let error = read_rows::<UniformRow>(&path).unwrap_err();
    assert!(error.problem.contains("line 3, column hue_rad: the cell is empty"), "{error}");
}

#[test]
fn a_record_in_another_encoding_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let row = SampleRow { category: "caf\u{e9}".into(), ..sample_row("1", Attack::Joint) };
    write_rows(&path, &[row]).unwrap();
    let right = fs::read_to_string(&path).unwrap();
    let utf_16 = |mark: &[u16]| {
        mark.iter().copied().chain(right.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    let latin_1 = right.chars().map(|letter| letter as u8).collect();
    let marked = format!("\u{feff}{right}").into_bytes();
    for (bytes, problem) in [
        (utf_16(&[0xfeff]), "UTF-16"),
        (utf_16(&[]), "UTF-16"),
        (latin_1, "line 2 holds a byte of another encoding"),
        (marked, "byte order mark"),
    ] {
        fs::write(&path, &bytes).unwrap();
        let opened = Journal::<SampleRow>::open(&path).map(|_| ());
        for error in [read_rows::<SampleRow>(&path).map(|_| ()).unwrap_err(), opened.unwrap_err()] {
            assert!(error.problem.contains(problem), "{problem}: {error}");
            assert!(error.fix.contains("save it as UTF-8 without a byte order mark"), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "{problem}: it is left as it was");
    }
}

#[test]
fn a_journal_that_was_taken_away_takes_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let mut journal = Journal::open(&path).unwrap().journal;
    journal.append(&sample_row("1", Attack::Joint)).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(
        journal.append(&sample_row("2", Attack::Joint)).unwrap_err().problem.split(" (").next(),
        Some("is gone")
    );
    fs::write(&path, "other").unwrap();
    let error = journal.append(&sample_row("2", Attack::Joint)).unwrap_err();
    assert!(error.problem.contains("changed or replaced"), "{error}");
}

/// Lines of files as they were before rows said what they are over.
#[test]
fn in_older_files_the_mean_is_a_category_of_that_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let metrics = "pixel_auroc,aupro,pixel_ap,pixel_f1_max,image_auroc,image_ap";
    let overs = [Over::Category("nut".into()), Over::Category("all".into()), Over::Mean];
    let lines = |line: &str| ["nut", "all", "mean"].map(|name| line.replace("NAME", name)).concat();

    let header = format!("model,dataset,category,attack,samples,{metrics},mean_loss,evaluations\n");
    fs::write(&path, header + &lines("m,d,NAME,clean,1,0.5,,,,,,,1\n")).unwrap();
    assert_eq!(
        read_rows::<SummaryRow>(&path).unwrap().into_iter().map(|row| row.over).collect::<Vec<_>>(),
        overs
    );

    let header =
        "model,dataset,category,axis,value,samples,pixel_auroc,aupro,pixel_ap,pixel_f1_max,image_auroc\n";
    fs::write(&path, header.to_owned() + &lines("m,d,NAME,hue,0.5,1,0.5,,,,\n")).unwrap();
    assert_eq!(
        read_rows::<SweepRow>(&path).unwrap().into_iter().map(|row| row.over).collect::<Vec<_>>(),
        overs
    );

    let axes = Axis::COLUMNS[..12].join(",");
    let header = format!(
        "model,dataset,category,attack,{axes},search,budget,samples,evaluations,{metrics},mean_loss\n"
    );
    fs::write(&path, header + &lines("m,d,NAME,clean,,,,,,,,,,,,,none,1,1,1,0.5,,,,,,\n")).unwrap();
    let [nut, _, mean] = overs;
    let found = read_rows::<UniformRow>(&path).unwrap().into_iter().map(|row| row.over);
    assert_eq!(found.collect::<Vec<_>>(), [nut, Over::All, mean]);
    let error = Journal::<UniformRow>::open(&path).unwrap_err();
    assert!(error.problem.contains("older version"), "{error}");
}

#[test]
fn categories_called_mean_and_all_read_back_and_weigh_as_every_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("summary.csv");
    let mut rows: Vec<SummaryRow> = [("mean", 0.25), ("all", 0.5), ("nut", 0.75)]
        .map(|(name, value)| summary_row(name, Attack::Clean, Some(value)))
        .into();
    rows.extend(mean_rows(&rows));
    assert_eq!(rows.len(), 4);
    assert_eq!((&rows[3].over, rows[3].metrics.pixel_auroc), (&Over::Mean, Some(0.5)));
    write_rows(&path, &rows).unwrap();
    assert_eq!(read_rows::<SummaryRow>(&path).unwrap(), rows);
    assert_eq!(mean_rows(&rows), rows[3..], "the mean of what was read is the same");

    let sweep = |name: &str, value| SweepRow {
        model: "pocket".into(),
        dataset: "toys".into(),
        over: Over::Category(name.into()),
        axis: Axis::Hue,
        value: 0.5,
        samples: 1,
        metrics: Metrics { pixel_auroc: Some(value), ..Metrics::default() },
        intervals: Default::default(),
    };
    let means = sweep_means(&[sweep("mean", 0.25), sweep("all", 0.5), sweep("nut", 0.75)]);
    assert_eq!((means.len(), means[0].samples, means[0].metrics.pixel_auroc), (1, 3, Some(0.5)));

    let uniform = |name: &str, value| UniformRow {
        aupro: Parameters::default(),
        model: "pocket".into(),
        dataset: "toys".into(),
        over: Over::Category(name.into()),
        attack: Attack::Joint,
        parameters: Parameters::default(),
        search: "grid".into(),
        budget: 50,
        samples: 10,
        evaluations: 500,
        metrics: Metrics { pixel_auroc: Some(value), ..Metrics::default() },
        mean_loss: None,
    };
    let rows = [uniform("mean", 0.25), uniform("all", 0.5), uniform("nut", 0.75)];
    let all = UniformRow { over: Over::All, ..uniform("", 0.0) };
    let means = uniform_means(&[&rows[..], &[all]].concat());
    assert_eq!((means.len(), means[0].samples, means[0].metrics.pixel_auroc), (1, 30, Some(0.5)));
}

/// A line of a file as it was before sweeps had the average precision of images.
#[test]
fn an_older_sweep_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.csv");
    let old = "model,dataset,category,axis,value,samples,pixel_auroc,aupro,pixel_ap,pixel_f1_max,image_auroc\n\
               pocket,toys,bolt,hue,0.5,10,0.75,,0.25,0.5,0.125\n";
    fs::write(&path, old).unwrap();
    let metrics = Metrics {
        pixel_auroc: Some(0.75),
        aupro: None,
        pixel_ap: Some(0.25),
        pixel_f1_max: Some(0.5),
        image_auroc: Some(0.125),
        image_ap: None,
    };
    assert_eq!(read_rows::<SweepRow>(&path).unwrap()[0].metrics, metrics);
}

#[test]
fn rows_read_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let rows = [sample_row("1", Attack::Clean), sample_row("2", Attack::Joint)];
    let mut opened = Journal::open(&path).unwrap();
    assert!(opened.rows.is_empty());
    for row in &rows {
        opened.journal.append(row).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 3, "flushed while the journal is open");
    assert!(read_rows::<SampleRow>(&path).unwrap_err().problem.contains("lost rows at its end"));
    drop(opened);
    let opened = Journal::<SampleRow>::open(&path).unwrap();
    assert_eq!(opened.rows, rows);
    assert_eq!(opened.cut, None);
    opened.journal.complete(&rows).unwrap();
    assert_eq!(read_rows::<SampleRow>(&path).unwrap(), rows);
    let (others, aupro) = (",".repeat(Axis::COUNT - Axis::PAPER.len()), ",".repeat(Axis::COUNT));
    let cells = format!(
        "pocket,toys,bolt,scratch/1,anomalous,clean,-37.25,0.1,0.3333333333333333{others},1e-7,,100,0,,0.75,cma-es,100,\
         18446744073709551615,\"bolt, new/\"\"1\"\".png\",{aupro},squeeze,1,,"
    );
    let text = fs::read_to_string(&path).unwrap();
    let (found, checksum) = text.lines().nth(1).unwrap().rsplit_once(',').unwrap();
    assert_eq!(found, cells);
    assert!(checksum.starts_with("row-") && checksum.len() == 12, "{checksum}");
}

/// A line of a file as it was when there were twelve axes.
#[test]
fn a_file_of_twelve_axes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    write_rows(&path, &[sample_row("1", Attack::Joint)]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let kept: Vec<usize> = (0..text.lines().next().unwrap().split(',').count())
        .filter(|column| !(18..6 + Axis::COUNT).contains(column) && *column < 29 + Axis::COUNT)
        .collect();
    let (header, _) = text.split_once('\n').unwrap();
    let header: Vec<&str> = header.split(',').collect();
    let old: Vec<&str> = kept.iter().map(|&column| header[column]).collect();
    assert_eq!((old[17], old[18], old[40]), ("jpeg_loss", "loss", "aupro_jpeg_loss"));
    let line = "pocket,toys,bolt,scratch/1,anomalous,joint,-37.25,0.1,0.3333333333333333,,,,,,,,,,1e-7,,100,0,,0.75,cma-es,100,\
                18446744073709551615,\"bolt, new/\"\"1\"\".png\",,,,,,,,,,,,,\n";
    fs::write(&path, old.join(",") + "\n" + line).unwrap();
    assert_eq!(read_rows::<SampleRow>(&path).unwrap(), [sample_row("1", Attack::Joint)]);
}

/// A line of a file as it was before there were more axes than three.
#[test]
fn an_older_file_is_read_but_not_added_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let old = "model,dataset,category,sample,label,attack,angle_deg,hue_rad,saturation,loss,sample_auroc,evaluations,\
               image_score,search,budget,seed,image,mask\n\
               pocket,toys,bolt,scratch/1,anomalous,joint,-37.25,0.1,0.3333333333333333,1e-7,,100,0.75,cma-es,100,\
               18446744073709551615,\"bolt, new/\"\"1\"\".png\",\n";
    fs::write(&path, old).unwrap();
    assert_eq!(read_rows::<SampleRow>(&path).unwrap(), [sample_row("1", Attack::Joint)]);
    let error = Journal::<SampleRow>::open(&path).unwrap_err();
    assert!(error.problem.contains("older version"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), old);
    // A column that every version writes must not be missing.
    fs::write(&path, old.replace("hue_rad,", "").replace("0.1,", "")).unwrap();
    assert!(read_rows::<SampleRow>(&path).unwrap_err().problem.contains("has the columns"));
}

#[test]
fn a_row_has_a_cell_for_each_axis_of_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let value = |axis: Axis| if axis.is_list() { 2.0 } else { (axis as u8 as f64 + 0.5) / 32.0 };
    let p = Axis::ALL.into_iter().map(|axis| (axis, value(axis)));
    let row = SampleRow {
        parameters: Parameters::new(&Perturbation::of(p), &Axis::ALL),
        ..sample_row("1", Attack::Single(Axis::TranslateX))
    };
    write_rows(&path, std::slice::from_ref(&row)).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let cells: Vec<&str> = text.lines().nth(1).unwrap().split(',').skip(6).collect();
    assert_eq!(
        (cells[0], cells[1], cells[24], cells[Axis::COUNT]),
        ("0.015625", "0.046875", "0.765625", "1e-7"),
        "{text}"
    );
    assert_eq!(read_rows::<SampleRow>(&path).unwrap(), [row]);
}

#[test]
fn a_torn_last_line_is_cut_off_wherever_it_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let rows = [sample_row("1", Attack::Clean), sample_row("2", Attack::Joint)];
    write_rows(&path, &rows).unwrap();
    let whole = fs::read(&path).unwrap();
    let end_of_first =
        whole.len() - (whole.len() - 1 - whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap());
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(read_rows::<SampleRow>(&path).is_err(), "cut at {length}");
        let mut opened = Journal::<SampleRow>::open(&path).unwrap();
        let kept = opened.rows.len();
        assert_eq!(opened.rows, rows[..kept], "cut at {length}");
        assert!(length < end_of_first || kept == 1, "cut at {length}");
        for row in &rows[kept..] {
            opened.journal.append(row).unwrap();
        }
        opened.journal.complete(&rows).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole, "cut at {length}");
    }
}

#[test]
fn a_journal_is_taken_up_with_whole_groups_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let row = sample_row;
    let of_other = |row: SampleRow| SampleRow { model: "other".into(), ..row };
    let rows = [
        row("1", Attack::Clean),
        row("2", Attack::Clean),
        of_other(row("1", Attack::Clean)),
        row("1", Attack::Joint),
        of_other(row("2", Attack::Clean)),
        of_other(row("2", Attack::Joint)),
    ];
    write_rows(&path, &rows).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{whole}pocket,to")).unwrap();
    let take_up = || Journal::take_up(&path, SampleRow::key, |rows| rows.len() == 2, |_| None).unwrap();
    let complete = [&rows[0], &rows[3], &rows[4], &rows[5]].map(SampleRow::clone);
    let Opened { mut journal, rows: kept, cut } = take_up();
    assert_eq!(kept, complete);
    assert_eq!(cut.as_deref(), Some("pocket,to"));
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1 + 4);
    assert!(Journal::<SampleRow>::open(&path).unwrap_err().problem.contains("in use"), "it is locked");
    journal.append(&rows[1]).unwrap();
    drop(journal);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1 + 5);
    assert_eq!(take_up().rows, complete, "half a group goes");
    take_up().journal.complete(&complete).unwrap();
    assert_eq!(read_rows::<SampleRow>(&path).unwrap(), complete);
}

#[test]
fn a_foreign_header_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    for foreign in ["model,sample\na,b\n", "hello", "model,datasat", "model,dataset\n"] {
        fs::write(&path, foreign).unwrap();
        let error = Journal::<SampleRow>::open(&path).unwrap_err();
        assert!(error.problem.contains("instead of `model,dataset,category"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), foreign);
    }
}

#[test]
fn a_damaged_line_in_the_middle_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    write_rows(&path, &[sample_row("1", Attack::Clean), sample_row("2", Attack::Clean)]).unwrap();
    let text = fs::read_to_string(&path).unwrap().replacen("-37.25", "left", 1);
    fs::write(&path, &text).unwrap();
    let error = Journal::<SampleRow>::open(&path).unwrap_err();
    assert!(error.problem.contains("as its checksum says (line 2)"), "{error}");
    fs::write(&path, unsummed(&text)).unwrap();
    let error = read_rows::<SampleRow>(&path).unwrap_err();
    assert!(error.problem.contains("line 2, column angle_deg"), "{error}");
}

/// A table without its checksums, which is read as it is.
fn unsummed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.rsplit_once(',').unwrap().0)).collect()
}

#[test]
fn every_flipped_bit_of_a_table_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let rows = [sample_row("1", Attack::Clean), sample_row("2", Attack::Joint)];
    write_rows(&path, &rows).unwrap();
    let right = fs::read(&path).unwrap();
    for bit in 0..right.len() * 8 {
        let mut wrong = right.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &wrong).unwrap();
        let read = read_rows::<SampleRow>(&path);
        assert!(read.is_err(), "bit {bit} of {}", String::from_utf8_lossy(&wrong));
    }
}

#[test]
fn a_line_break_in_a_cell_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut opened = Journal::open(folder.path().join("samples.csv")).unwrap();
    let error = opened.journal.append(&sample_row("a\nb", Attack::Clean)).unwrap_err();
    assert!(error.problem.contains("line break"), "{error}");
    drop(opened);
    assert!(Journal::<SampleRow>::open(folder.path().join("samples.csv")).unwrap().rows.is_empty());
}

#[test]
fn two_processes_cannot_write_one_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let first = Journal::<SampleRow>::open(&path).unwrap();
    assert!(Journal::<SampleRow>::open(&path).unwrap_err().problem.contains("in use"));
    drop(first);
    assert!(Journal::<SampleRow>::open(&path).is_ok());
}

#[test]
fn the_mean_row_weighs_categories_equally_and_leaves_out_missing_values() {
    let rows = [
        summary_row("a", Attack::Clean, Some(0.8)),
        summary_row("b", Attack::Clean, Some(0.6)),
        summary_row("c", Attack::Clean, None),
        summary_row("mean", Attack::Clean, Some(0.1)),
        SummaryRow { over: Over::Mean, ..summary_row("", Attack::Clean, Some(0.0)) },
        summary_row("a", Attack::Single(Axis::Hue), None),
    ];
    let means = mean_rows(&rows);
    assert_eq!(means.len(), 2);
    assert!((means[0].metrics.pixel_auroc.unwrap() - 0.5).abs() < 1e-15);
    assert_eq!((&means[0].over, means[0].samples, means[0].evaluations), (&Over::Mean, 40, 4000));
    assert_eq!((means[1].attack, means[1].metrics.pixel_auroc), (Attack::Single(Axis::Hue), None));
}

#[test]
fn an_atomic_write_replaces_whole_files_and_leaves_nothing_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/file.txt");
    write_atomic(&path, b"long old text").unwrap();
    write_atomic(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    let names = |path: &Path| fs::read_dir(path).unwrap().count();
    assert_eq!(names(path.parent().unwrap()), 1);
    // A folder in its place: the rename fails, and the temporary file goes away.
    let blocked = folder.path().join("deep");
    assert!(write_atomic(&blocked, b"x").unwrap_err().problem.contains("cannot be written"));
    assert_eq!(names(folder.path()), 1);
}

#[test]
fn a_folder_that_cannot_be_written_fails_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = RunDir::create(file.join("run")).unwrap_err();
    assert!(error.fix.contains("`out`"), "{error}");
    let run = RunDir::create(folder.path().join("run")).unwrap();
    assert_eq!(fs::read_dir(run.path()).unwrap().count(), 0, "the probe is removed");
    assert!(RunDir::open(run.path()).unwrap_err().problem.contains("run.toml"));
}

#[test]
fn patch_maps_read_back_and_damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::create(folder.path().join("run")).unwrap();
    let id = SampleId { category: "bolt".into(), defect: "scratch".into(), stem: "003".into() };
    let map = Array2::from_shape_fn((3, 5), |(y, x)| (y * 5 + x) as f32 / 7.0);
    run.save_patch_map("pocket", &id, Attack::Joint, map.t()).unwrap();
    assert_eq!(run.load_patch_map("pocket", &id, Attack::Joint).unwrap(), map.t());
    let path = run.path().join("patch_maps/pocket/bolt/scratch/003.joint.npy");
    assert!(path.is_file());
    fs::write(&path, b"nonsense").unwrap();
    let error = run.load_patch_map("pocket", &id, Attack::Joint).unwrap_err();
    assert!(error.subject.ends_with("003.joint.npy") && error.fix.contains("samples.csv"), "{error}");
}

#[derive(Serialize)]
struct Settings {
    budget: usize,
    attacks: Vec<Attack>,
    limit: Option<usize>,
    search: Search,
}

#[derive(Serialize)]
struct Search {
    strategy: &'static str,
    sigma: f64,
}

fn info(settings: &Settings) -> RunInfo {
    let mut info = RunInfo::start("askance attack", None, 7, to_table(settings).unwrap());
    info.models =
        vec![ModelInfo { name: "pocket".into(), bundle_sha256: "ab".repeat(32), ..ModelInfo::default() }];
    info.provider.active = "cuda:0".into();
    info.provider.options.insert("cuda.device_id".into(), "0".into());
    info.provider.options.insert("intra_op_num_threads".into(), 2.into());
    info.dataset.name = "toys".into();
    info.dataset.root = "data/toys".into();
    info.dataset.categories = vec!["bolt".into(), "nut".into()];
    info.dataset.samples = 20;
    info
}

fn settings() -> Settings {
    Settings {
        budget: 100,
        attacks: Attack::over(&Axis::PAPER),
        limit: None,
        search: Search { strategy: "cma-es", sigma: 0.3 },
    }
}

#[test]
fn run_toml_reads_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    let mut info = info(&settings());
    info.status = Status::Finished;
    info.skipped.push(Skipped { sample: "bolt/good/000".into(), reason: "unreadable".into() });
    info.write(&path).unwrap();
    assert_eq!(RunInfo::read(&path).unwrap(), info);
    let text = fs::read_to_string(&path).unwrap();
    for expected in ["status = \"finished\"", "[settings.search]", "sigma = 0.3", "[machine]", "[[skipped]]"]
    {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    info.seed = u64::MAX;
    assert!(info.write(&path).unwrap_err().subject.starts_with("`seed = "));
    fs::write(&path, "status = 1").unwrap();
    assert!(RunInfo::read(&path).unwrap_err().subject.ends_with("run.toml"));
}

#[test]
fn a_run_goes_on_elsewhere_but_not_with_other_settings() {
    let old = info(&settings());
    let mut elsewhere = info(&settings());
    elsewhere.command = "askance attack --resume".into();
    elsewhere.started = "2030-01-01T00:00:00Z".into();
    elsewhere.machine.cores = 999;
    elsewhere.status = Status::Interrupted;
    elsewhere.dataset.root = "/mnt/toys".into();
    elsewhere.runtime.path = "/other/libonnxruntime.so".into();
    elsewhere.provider.active = "cuda:1".into();
    elsewhere.provider.options.insert("cuda.device_id".into(), "1".into());
    compatible(&old, &elsewhere).unwrap();

    type Change = fn(&mut RunInfo);
    let changes: [(&str, &str, Change); 8] = [
        ("seed", "8", |new| new.seed = 8),
        ("models.pocket", "cd", |new| new.models[0].bundle_sha256 = "cd".into()),
        ("provider.active", "tensorrt", |new| new.provider.active = "tensorrt:0".into()),
        ("provider.options.intra_op_num_threads", "4", |new| {
            new.provider.options.insert("intra_op_num_threads".into(), 4.into());
        }),
        ("dataset.categories", "nut", |new| drop(new.dataset.categories.remove(0))),
        ("other pictures or masks", "21 now", |new| new.dataset.samples = 21),
        ("settings.limit", "nothing there, 5 now", |new| {
            new.settings = to_table(&Settings { limit: Some(5), ..settings() }).unwrap();
        }),
        ("settings.search.sigma", "0.3 there, 0.5 now", |new| {
            let search = Search { strategy: "cma-es", sigma: 0.5 };
            new.settings = to_table(&Settings { search, ..settings() }).unwrap();
        }),
    ];
    for (key, value, change) in changes {
        let mut new = info(&settings());
        change(&mut new);
        let error = compatible(&old, &new).unwrap_err();
        let named = error.problem.contains(&format!("another `{key}`:"));
        assert!(named || error.problem.contains(key), "{key}: {error}");
        assert!(error.problem.contains(value), "{key}: {error}");
        assert!(error.fix.contains("`out`"), "{error}");
    }
}

#[test]
fn examples_read_back_with_their_pictures_and_maps() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::create(folder.path().join("run")).unwrap();
    assert!(read_examples(&run).unwrap().is_empty());
    let clean = SampleRow { sample_auroc: Some(0.9), ..sample_row("1", Attack::Clean) };
    let worst = SampleRow { sample_auroc: Some(0.4), ..sample_row("1", Attack::Joint) };
    let image = Array3::from_shape_fn((3, 8, 8), |(c, y, x)| ((c * 64 + y * 8 + x) % 256) as f32 / 255.0);
    let mask = Array2::from_shape_fn((8, 8), |(y, x)| y > 4 && x < 3);
    let examples = [(&clean, &worst, image.view(), mask.view())];
    assert!(write_examples(&run, &examples).unwrap_err().subject.ends_with("1.clean.npy"));
    for row in [&clean, &worst] {
        let map = Array2::from_elem((2, 2), row.sample_auroc.unwrap() as f32);
        run.save_patch_map(&row.model, &row.id().unwrap(), row.attack, map.view()).unwrap();
    }
    write_examples(&run, &examples).unwrap();
    let read = read_examples(&run).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!((&read[0].image, &read[0].mask), (&image, &mask));
    assert_eq!((read[0].clean_map[[0, 0]], read[0].worst_map[[1, 1]]), (0.9, 0.4));
    assert_eq!((read[0].row.clean_auroc, read[0].row.worst_auroc), (Some(0.9), Some(0.4)));
    assert_eq!(read[0].row.perturbation(), worst.perturbation());

    let index = run.examples().join("index.csv");
    let text = unsummed(&fs::read_to_string(&index).unwrap()).replace("examples/00.png", "../secret.png");
    fs::write(&index, text).unwrap();
    assert!(read_examples(&run).unwrap_err().problem.contains("leads out"));
}

#[test]
fn a_name_that_a_spreadsheet_would_run_is_text_in_the_file_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let row = SampleRow { category: "=HYPERLINK(1)".to_owned(), ..sample_row("@1", Attack::Clean) };
    write_rows(&path, std::slice::from_ref(&row)).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(",'=HYPERLINK(1),"), "{text}");
    assert_eq!(read_rows::<SampleRow>(&path).unwrap(), [row]);
}

#[test]
fn rows_of_older_versions_are_of_squeezed_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let tiled = SampleRow { fit: Fit::Tile, pieces: 3, ..sample_row("000", Attack::Joint) };
    write_rows(&path, std::slice::from_ref(&tiled)).unwrap();
    assert_eq!(read_rows::<SampleRow>(&path).unwrap(), [tiled]);
    let text = fs::read_to_string(&path).unwrap();
    // Without the columns of fit, pieces, clipped, clipped_defect and checksum.
    let older = |line: &str| line.rsplitn(6, ',').last().unwrap().to_owned() + "\n";
    fs::write(&path, text.lines().map(older).collect::<String>()).unwrap();
    let [old] = &read_rows::<SampleRow>(&path).unwrap()[..] else { panic!("one row") };
    assert_eq!((old.fit, old.pieces), (Fit::Squeeze, 1));
}

#[test]
fn a_row_has_as_many_pieces_as_its_fit_makes() {
    let fault = |fit, pieces| SampleRow { fit, pieces, ..sample_row("000", Attack::Joint) }.fault();
    assert_eq!(fault(Fit::Tile, 5), None);
    for (fit, pieces) in [(Fit::Squeeze, 0), (Fit::Squeeze, 2), (Fit::Pad, 2)] {
        assert_eq!(fault(fit, pieces).map(|fault| fault.0), Some("pieces"), "{fit} {pieces}");
    }
}
