//! Which configuration to take, in sentences.

use crate::record::BenchRow;
use crate::stats::{distinct, grouped};

/// Of each model the configuration to take: the fastest that keeps the answer, what is not told apart from it, and what is faster
/// only by giving another answer. Settings are in backticks.
pub fn bench_verdict(rows: &[BenchRow]) -> Vec<String> {
    let models = distinct(rows.iter().map(|row| row.model.as_str()));
    models.into_iter().map(|model| of_model(model, rows)).collect()
}

fn of_model(model: &str, rows: &[BenchRow]) -> String {
    let measured = rows.iter().filter(|row| row.model == model && row.images_per_s.is_some());
    let (keeping, others): (Vec<&BenchRow>, Vec<&BenchRow>) = measured.partition(|row| row.keeps_answer());
    let times = |row: &&&BenchRow| row.times_best.unwrap_or(f64::INFINITY);
    let Some(best) = keeping.iter().min_by(|a, b| times(a).total_cmp(&times(b))).copied() else {
        let known = others.iter().any(|row| row.map_max_difference.is_some());
        let why = if known {
            "no configuration keeps the answer of fp32 on the CPU"
        } else {
            "nothing was measured and compared with fp32 on the CPU"
        };
        return format!("{model}: take none: {why}");
    };
    let mut lines = vec![format!("{model}: take {}: {}", name(best), said_of(best))];
    let same = |row: &&&BenchRow| (&row.ran, &row.precision) == (&best.ran, &best.precision);
    let as_fast = |row: &&&BenchRow| !std::ptr::eq(**row, best) && !slower(row);
    let alike: Vec<String> =
        keeping.iter().filter(same).filter(as_fast).map(|row| times_as_long(row)).collect();
    let alike = alike.into_iter().chain(each(&keeping, best).filter(|row| !slower(row)).map(times_as_long));
    let alike: Vec<String> = alike.collect();
    if !alike.is_empty() {
        lines.push(format!("  not told apart from it: {}", alike.join("; ")));
    }
    lines.extend(each(&others, best).filter(|row| !slower(row)).map(|row| {
        let how = if faster(row) { "faster, but another answer" } else { "no slower, but another answer" };
        format!("  {how}: {}: {}", times_as_long(row), change(row))
    }));
    lines.join("\n")
}

/// The fastest row of each other provider and precision.
fn each<'r>(rows: &[&'r BenchRow], best: &BenchRow) -> impl Iterator<Item = &'r BenchRow> {
    let key = |row: &&BenchRow| (row.ran.clone(), row.precision.clone());
    let own = (best.ran.clone(), best.precision.clone());
    grouped(rows.iter().copied(), key)
        .into_iter()
        .filter(move |group| key(&group[0]) != own)
        .filter_map(|group| fastest(&group))
}

fn fastest<'r>(rows: &[&'r BenchRow]) -> Option<&'r BenchRow> {
    let speed = |row: &&&BenchRow| row.images_per_s.unwrap_or(0.0);
    rows.iter().max_by(|a, b| speed(a).total_cmp(&speed(b))).copied()
}

fn name(row: &BenchRow) -> String {
    format!("{} {}, batch {}", row.ran, row.precision, row.batch)
}

/// Whether a row is slower than the one to take, beyond chance.
fn slower(row: &BenchRow) -> bool {
    row.times_best_low.or(row.times_best).is_some_and(|low| low > 1.0)
}

fn faster(row: &BenchRow) -> bool {
    row.times_best_high.or(row.times_best).is_some_and(|high| high < 1.0)
}

fn said_of(best: &BenchRow) -> String {
    let speed = best.images_per_s.map_or_else(String::new, |speed| format!("{} images/s", figures(speed)));
    let reference = best.ran == "cpu" && ["fp32", "own"].contains(&best.precision.as_str());
    let times = best.times_cpu.filter(|_| !reference).map_or_else(String::new, |times| {
        let interval = interval(best.times_cpu_low, best.times_cpu_high);
        format!(", {} times cpu fp32{interval}", figures(times))
    });
    let maps = best.map_max_difference.unwrap_or(0.0);
    let maps = if maps == 0.0 { "maps equal".to_owned() } else { format!("maps within {}", at_most(maps)) };
    let worst = worst(best).map_or_else(
        || "worst cases not compared".to_owned(),
        |points| format!("worst cases within {:.2} points", (100.0 * points - 1e-9).ceil().max(0.0) / 100.0),
    );
    let near = if reference { String::new() } else { format!(", same answers ({maps}, {worst})") };
    let rounds = if best.rounds < 2 { "; one round: no interval, give more `rounds`" } else { "" };
    format!("{speed}{times}{near}{rounds}")
}

fn times_as_long(row: &BenchRow) -> String {
    let times = row.times_best.map_or_else(String::new, |times| {
        let interval = interval(row.times_best_low, row.times_best_high).replace(" (", ", ").replace(')', "");
        format!(" ({} times as long{interval})", figures(times))
    });
    format!("{}{times}", name(row))
}

fn interval(low: Option<f64>, high: Option<f64>) -> String {
    low.zip(high).map_or_else(String::new, |(low, high)| format!(" ({} to {})", figures(low), figures(high)))
}

/// What another answer changes.
fn change(row: &BenchRow) -> String {
    let maps = row.map_max_difference.map(|most| format!("maps differ by up to {}", figures(most)));
    let clean = [row.clean_pixel_auroc, row.clean_aupro].into_iter().flatten().map(f64::abs).reduce(f64::max);
    let clean =
        clean.filter(|points| *points > 0.2).map(|points| format!("clean metrics by {points:.1} points"));
    let worst = worst(row).map(|points| format!("worst cases by {points:.1} points"));
    let parts: Vec<String> = [maps, clean, worst].into_iter().flatten().collect();
    if parts.is_empty() { "it was not compared".to_owned() } else { parts.join(", ") }
}

/// The larger change of the worst-case metrics, in points.
fn worst(row: &BenchRow) -> Option<f64> {
    [row.worst_pixel_auroc, row.worst_aupro].into_iter().flatten().map(f64::abs).reduce(f64::max)
}

/// One figure and the power of ten, rounded up.
fn at_most(value: f64) -> String {
    let unit = 10_f64.powf(value.log10().floor());
    format!("{:.0e}", (value / unit - 1e-9).ceil() * unit)
}

fn figures(value: f64) -> String {
    let places = 2 - value.abs().max(1e-9).log10().floor() as i32;
    format!("{value:.*}", places.clamp(0, 4) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ran: &str, precision: &str, speed: f64, times: (f64, f64, f64)) -> BenchRow {
        BenchRow {
            model: "m".into(),
            ran: ran.into(),
            precision: precision.into(),
            batch: 8,
            rounds: 20,
            images_per_s: Some(speed),
            times_best: Some(times.0),
            times_best_low: Some(times.1),
            times_best_high: Some(times.2),
            map_max_difference: Some(2e-7),
            worst_pixel_auroc: Some(0.0),
            worst_aupro: Some(-0.01),
            ..BenchRow::default()
        }
    }

    #[test]
    fn the_fastest_that_keeps_the_answer_is_named_with_what_cannot_be_told_apart() {
        let cpu = row("cpu", "fp32", 100.0, (1.9, 1.8, 2.0));
        let openvino = BenchRow {
            times_cpu: Some(1.9),
            times_cpu_low: Some(1.8),
            times_cpu_high: Some(2.0),
            ..row("openvino:CPU", "fp32", 190.0, (1.0, 1.0, 1.0))
        };
        let int8 = BenchRow {
            map_max_difference: Some(0.033),
            worst_aupro: Some(4.5),
            ..row("cpu", "int8", 300.0, (0.63, 0.6, 0.66))
        };
        let close = row("cuda:0", "fp32", 188.0, (1.01, 0.95, 1.08));
        let slow = BenchRow { map_max_difference: Some(0.1), ..row("cpu", "bf16", 20.0, (9.0, 8.0, 10.0)) };
        assert_eq!(
            bench_verdict(&[cpu, openvino, int8, close, slow]),
            [
                "m: take openvino:CPU fp32, batch 8: 190 images/s, 1.90 times cpu fp32 (1.80 to 2.00), same answers (maps within 2e-7, \
              worst cases within 0.01 points)\n  \
              not told apart from it: cuda:0 fp32, batch 8 (1.01 times as long, 0.950 to 1.08)\n  \
              faster, but another answer: cpu int8, batch 8 (0.630 times as long, 0.600 to 0.660): maps differ by up to 0.0330, worst \
              cases by 4.5 points"
            ]
        );
    }

    #[test]
    fn nothing_that_keeps_the_answer_is_nothing_to_take() {
        let wrong =
            BenchRow { map_max_difference: Some(0.5), ..row("cuda:0", "fp16", 900.0, (1.0, 1.0, 1.0)) };
        assert_eq!(
            bench_verdict(&[wrong]),
            ["m: take none: no configuration keeps the answer of fp32 on the CPU"]
        );
        let failed = BenchRow { model: "m".into(), ..BenchRow::default() };
        assert_eq!(
            bench_verdict(&[failed]),
            ["m: take none: nothing was measured and compared with fp32 on the CPU"]
        );
    }

    #[test]
    fn another_batch_size_that_is_as_fast_is_told_and_one_round_has_no_interval() {
        let best = BenchRow { rounds: 1, ..row("cpu", "fp32", 100.0, (1.0, 1.0, 1.0)) };
        let single = BenchRow { batch: 1, ..row("cpu", "fp32", 99.0, (1.01, 0.99, 1.03)) };
        let said = bench_verdict(&[best, single]);
        assert_eq!(
            said,
            ["m: take cpu fp32, batch 8: 100 images/s; one round: no interval, give more `rounds`\n  \
              not told apart from it: cpu fp32, batch 1 (1.01 times as long, 0.990 to 1.03)"]
        );
    }
}
