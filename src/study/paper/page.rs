//! One page: what was run, what is missing, the tables and the figures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::inventory::{Inventory, Part};
use super::protocol::Paper;
use crate::record::SummaryRow;
use crate::report::Table;
use crate::study::figures::Figures;
use crate::types::{Attack, Over, counted};

pub(super) fn page(
    paper: &Paper,
    swept: &[String],
    out: &Path,
    inventory: &Inventory,
    summary: &[SummaryRow],
    tables: &[(Table, PathBuf)],
    figures: &Figures,
) -> String {
    let mut text = head(paper, swept);
    for part in &inventory.parts {
        text.push_str(&coverage(part, summary));
    }
    if !inventory.missing.is_empty() {
        text.push_str("\nNot there, and how to get it:\n\n");
        for missing in &inventory.missing {
            let _ = writeln!(text, "- {missing}");
        }
    }
    if !inventory.left_out.is_empty() {
        text.push_str("\nLeft out:\n\n");
        for left_out in &inventory.left_out {
            let _ = writeln!(text, "- {left_out}");
        }
    }
    for (table, _) in tables {
        let _ = write!(text, "\n{}", table.to_markdown());
    }
    text.push('\n');
    for path in &figures.written {
        let shown = path.strip_prefix(out).unwrap_or(path).display();
        let target = shown.to_string().replace('%', "%25").replace(' ', "%20");
        let _ = writeln!(text, "![{shown}]({target})\n");
    }
    text
}

fn head(paper: &Paper, swept: &[String]) -> String {
    let Paper { preset, budget, seed, .. } = paper;
    let sweeps = match swept {
        [] => "no uniform sweeps".to_owned(),
        swept => format!("uniform sweeps on {}", swept.join(", ")),
    };
    let mut text = "# Worst-case rotation, hue and saturation (protocol of arXiv 2405.07969)\n\n".to_owned();
    let _ = writeln!(
        text,
        "Preset {preset}, {} per sample and attack, seed {seed}; {sweeps}.",
        counted(*budget, "evaluation", "evaluations")
    );
    if preset.settings().is_tiled() {
        text.push_str(
            "Pictures that are not square are tiled; the paper cuts them into patches, in a way that is not published.\n",
        );
    }
    if let Some(rehearsal) = paper.rehearsal() {
        let _ = writeln!(text, "**This is {rehearsal}.**");
    }
    text.push('\n');
    text
}

/// How much of a data set was run.
fn coverage(part: &Part, summary: &[SummaryRow]) -> String {
    let first = summary.iter().find(|row| row.dataset == part.name).map(|row| &row.model);
    let rows = summary.iter().filter(|row| {
        row.dataset == part.name
            && row.attack == Attack::Clean
            && matches!(row.over, Over::Category(_))
            && Some(&row.model) == first
    });
    let (categories, samples) = rows.fold((0, 0), |(count, sum), row| (count + 1, sum + row.samples));
    let categories = match part.found.kind {
        Some(kind) => format!("{categories} of {} categories", kind.categories().len()),
        None => counted(categories, "category", "categories"),
    };
    format!("- {}: {categories}, {}\n", part.name, counted(samples, "picture", "pictures"))
}
