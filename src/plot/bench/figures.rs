//! All figures of a comparison of providers, from the records of runs.

use std::fs;
use std::path::Path;

use super::super::chosen::folders;
use super::super::drawn::Drawn;
use super::{latency, parity, relative};
use crate::error::Result;
use crate::plot::format::Format;
use crate::plot::page::Page;
use crate::record::{BenchRow, RunDir, file_name, last_part, read_rows};
use crate::stats::distinct;

/// Draws the three figures of a comparison of providers for each model, from the rows of these runs. Runs of one model get figures of
/// their own, since times of different runs cannot be compared.
///
/// # Errors
/// A file error when a record is damaged or a figure cannot be written.
pub fn bench(runs: &[RunDir], out: &Path, format: Format, page: Page) -> Result<Drawn> {
    let mut once: Vec<&RunDir> = Vec::new();
    for run in runs {
        if !once.iter().any(|other| same_folder(other, run)) {
            once.push(run);
        }
    }
    let each: Vec<Vec<BenchRow>> =
        once.iter().map(|run| read_rows(run.bench_path())).collect::<Result<_>>()?;
    let mut drawn = Drawn::of(format, page);
    for (at, (folder, rows)) in folders(&once).iter().zip(&each).enumerate() {
        for model in distinct(rows.iter().map(|row| row.model.as_str())) {
            let elsewhere = |(other, rows): (usize, &Vec<BenchRow>)| {
                other != at && rows.iter().any(|other| other.model == model)
            };
            let shared = each.iter().enumerate().any(elsewhere);
            let own: Vec<BenchRow> = rows.iter().filter(|row| row.model == model).cloned().collect();
            let short = last_part(model);
            let (title, file) = if shared {
                (format!("{short}, {folder}"), format!("{model}_{folder}"))
            } else {
                (short.to_owned(), model.to_owned())
            };
            drawn.add_bench(&own, &title, &file, out)?;
        }
    }
    Ok(drawn)
}

fn same_folder(one: &RunDir, other: &RunDir) -> bool {
    let whole = |run: &RunDir| fs::canonicalize(run.path()).unwrap_or_else(|_| run.path().to_owned());
    whole(one) == whole(other)
}

impl Drawn {
    /// Draws the figures of one model.
    fn add_bench(&mut self, rows: &[BenchRow], title: &str, file: &str, out: &Path) -> Result<()> {
        let timed = rows.iter().any(|row| row.p50_ms.is_some());
        let compared = rows.iter().any(|row| row.images_per_s.is_some() && row.map_max_difference.is_some());
        let figures: [(&str, bool, Draw); 3] =
            [("latency", timed, latency), ("relative", timed, relative), ("parity", compared, parity)];
        let page = self.page;
        for (name, any, draw) in figures {
            let name = format!("bench_{name}_{}", file_name(file));
            let input = any.then_some(rows).ok_or("no configuration was measured");
            self.add(out, &name, input, |rows, path| draw(rows, title, page, path))?;
        }
        Ok(())
    }
}

type Draw = fn(&[BenchRow], &str, Page, &Path) -> Result<()>;
