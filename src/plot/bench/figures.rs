//! All figures of a comparison of providers, from the records of runs.

use std::path::Path;

use super::super::drawn::Drawn;
use super::{latency, parity, relative};
use crate::error::Result;
use crate::record::{BenchRow, RunDir, file_name, read_rows};
use crate::stats::distinct;

/// Draws the three figures of a comparison of providers for each model, from the rows of these runs. Runs of one model get figures of
/// their own, since times of different runs cannot be compared.
///
/// # Errors
/// A file error when a record is damaged or a figure cannot be written.
pub fn bench(runs: &[RunDir], out: &Path) -> Result<Drawn> {
    let mut rows: Vec<BenchRow> = Vec::new();
    let each: Vec<Vec<BenchRow>> =
        runs.iter().map(|run| read_rows(run.bench_path())).collect::<Result<_>>()?;
    for (at, (run, own)) in runs.iter().zip(&each).enumerate() {
        for row in own {
            let elsewhere = |(other, rows): (usize, &Vec<BenchRow>)| {
                other != at && rows.iter().any(|other| other.model == row.model)
            };
            let shared = each.iter().enumerate().any(elsewhere);
            let folder = run.path().display().to_string().replace(['/', '\\'], "_");
            let model = if shared { format!("{} in {folder}", row.model) } else { row.model.clone() };
            rows.push(BenchRow { model, ..row.clone() });
        }
    }
    let mut drawn = Drawn::default();
    for model in distinct(rows.iter().map(|row| row.model.as_str())) {
        let own: Vec<BenchRow> = rows.iter().filter(|row| row.model == model).cloned().collect();
        let timed = own.iter().any(|row| row.p50_ms.is_some());
        let compared = own.iter().any(|row| row.images_per_s.is_some() && row.map_max_difference.is_some());
        let title = model.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(model);
        let figures: [(&str, bool, Draw); 3] =
            [("latency", timed, latency), ("relative", timed, relative), ("parity", compared, parity)];
        for (name, any, draw) in figures {
            let file = drawn.unused(&format!("bench_{name}_{}", file_name(model)));
            if any {
                let path = out.join(file);
                draw(&own, title, &path)?;
                drawn.written.push(path);
            } else {
                drawn.skipped.push((file, "no configuration was measured".to_owned()));
            }
        }
    }
    Ok(drawn)
}

type Draw = fn(&[BenchRow], &str, &Path) -> Result<()>;
