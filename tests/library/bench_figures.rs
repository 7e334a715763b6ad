//! The figures of a comparison, from made-up rows.

use std::path::Path;

use askance::plot::{self, Page};
use askance::record::{BenchRow, BenchStatus, RunDir, write_rows};
use tempfile::TempDir;

use crate::figures::Out;

/// Pixels of a colour in a picture.
fn count(path: &Path, colour: [u8; 3]) -> usize {
    let picture = image::open(path).unwrap().into_rgb8();
    assert_eq!(picture.width(), 1600);
    picture.pixels().filter(|pixel| pixel.0 == colour).count()
}

type Draw = fn(&[BenchRow], &str, Page, &Path) -> askance::error::Result<()>;

const BLUE: [u8; 3] = [0, 114, 178];
const ORANGE: [u8; 3] = [213, 94, 0];

fn row(ran: &str, precision: &str, batch: usize, ms: f64, difference: f64) -> BenchRow {
    BenchRow {
        model: "pocket".into(),
        provider: ran.split('+').next().unwrap().into(),
        ran: ran.into(),
        precision: precision.into(),
        batch,
        status: BenchStatus::Measured,
        p50_ms: Some(ms),
        p99_ms: Some(1.3 * ms),
        images_per_s: Some(1e3 * batch as f64 / ms),
        map_max_difference: Some(difference),
        worst_pixel_auroc: Some(-30.0 * difference),
        ..BenchRow::default()
    }
}

pub(super) fn rows() -> Vec<BenchRow> {
    let mut rows = vec![
        row("cpu", "fp32", 1, 20.0, 0.0),
        row("cpu", "fp32", 8, 130.0, 3e-7),
        row("openvino:CPU", "bf16", 1, 11.0, 9e-3),
        row("openvino:CPU", "bf16", 8, 60.0, 9e-3),
        row("cuda:0+cpu", "fp16", 8, 25.0, 1e-3),
    ];
    let fastest = rows.iter().filter_map(|row| row.images_per_s).fold(0.0, f64::max);
    for row in &mut rows {
        row.relative = row.images_per_s.map(|speed| fastest / speed);
    }
    rows.push(BenchRow {
        model: "pocket".into(),
        provider: "tensorrt:0".into(),
        precision: "int8".into(),
        batch: 8,
        status: BenchStatus::Failed,
        ..BenchRow::default()
    });
    rows
}

#[test]
fn a_bar_is_as_long_as_its_time() {
    let out = Out::new();
    let path = out.path("bench_relative.png");
    plot::relative(&rows(), "pocket", Page::default(), &path).unwrap();
    // Two bars each: cpu 6.4 and 5.2 times the fastest, openvino 3.52 and 2.4 times.
    let ratio = count(&path, BLUE) as f64 / count(&path, ORANGE) as f64;
    assert!((ratio - 11.6 / 5.92).abs() < 0.05, "{ratio}");
}

#[test]
fn throughput_and_parity_have_a_colour_for_each_provider() {
    let out = Out::new();
    let figures: [(&str, Draw); 2] =
        [("bench_latency.png", plot::latency), ("bench_parity.png", plot::parity)];
    for (name, draw) in figures {
        let path = out.path(name);
        draw(&rows(), "pocket", Page::default(), &path).unwrap();
        assert!(count(&path, BLUE) > 500 && count(&path, ORANGE) > 500, "{name}");
        assert_eq!(count(&path, [204, 121, 167]), 0, "{name}: a failed configuration is no series");
    }
}

#[test]
fn maps_without_any_difference_are_drawn_at_none() {
    let out = Out::new();
    let path = out.path("bench_parity_none.png");
    let mut rows = rows();
    for row in &mut rows {
        row.map_max_difference = row.map_max_difference.map(|_| 0.0);
        row.worst_pixel_auroc = row.worst_pixel_auroc.map(|_| 0.0);
    }
    plot::parity(&rows, "pocket", Page::default(), &path).unwrap();
    assert!(count(&path, BLUE) > 500 && count(&path, ORANGE) > 500);
    let rows: Vec<BenchRow> =
        rows.into_iter().map(|row| BenchRow { worst_pixel_auroc: None, ..row }).collect();
    plot::parity(&rows[..1], "pocket", Page::default(), &out.path("bench_parity_one.png")).unwrap();
}

#[test]
fn nothing_measured_is_an_error_and_no_picture() {
    let folder = TempDir::new().unwrap();
    let failed = &rows()[5..];
    let figures: [Draw; 3] = [plot::latency, plot::relative, plot::parity];
    for draw in figures {
        let path = folder.path().join("x.png");
        let drawn = draw(failed, "pocket", Page::default(), &path);
        assert!(drawn.unwrap_err().problem.contains("nothing to show"));
        assert!(!path.exists());
    }
}

#[test]
fn comparisons_of_one_model_are_named_by_their_folders() {
    let folder = TempDir::new().unwrap();
    let made = |name: &str| {
        let run = RunDir::create(folder.path().join(name)).unwrap();
        write_rows(run.bench_path(), &rows()).unwrap();
        run
    };
    let runs = [made("x/one"), made("two"), made("x/one")];
    let drawn = plot::bench(&runs, &folder.path().join("plots"), plot::Format::Png, Page::default()).unwrap();
    let names: Vec<_> =
        drawn.written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    let of =
        |run: &str| ["latency", "relative", "parity"].map(|name| format!("bench_{name}_pocket_{run}.png"));
    assert_eq!(names, [of("one"), of("two")].concat());
    let alone =
        plot::bench(&runs[..1], &folder.path().join("alone"), plot::Format::Png, Page::default()).unwrap();
    assert!(alone.written[0].ends_with("bench_latency_pocket.png"), "{alone:?}");
}
