//! One page: what was run, what is missing, the tables and the figures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::inventory::{Inventory, Part};
use super::protocol::Paper;
use crate::record::SummaryRow;
use crate::report::Table;
use crate::study::figures::Figures;
use crate::types::{Attack, Over};

pub(super) fn page(
    paper: &Paper,
    out: &Path,
    inventory: &Inventory,
    summary: &[SummaryRow],
    tables: &[(Table, PathBuf)],
    figures: &Figures,
) -> String {
    let mut text = head(paper);
    for part in &inventory.parts {
        text.push_str(&coverage(part, summary));
    }
    if !inventory.missing.is_empty() {
        text.push_str("\nNot there, and how to get it:\n\n");
        for missing in &inventory.missing {
            let _ = writeln!(text, "- {missing}");
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

fn head(paper: &Paper) -> String {
    let Paper { preset, budget, seed, limit, .. } = paper;
    let swept = paper.invariant.join(", ");
    let mut text = "# Worst-case rotation, hue and saturation (protocol of arXiv 2405.07969)\n\n".to_owned();
    let _ = writeln!(
        text,
        "Preset {preset}, {budget} evaluations per sample and attack, seed {seed}; uniform sweeps on {swept}."
    );
    if let Some(limit) = limit {
        let _ = writeln!(
            text,
            "**A rehearsal: only the first {limit} good and {limit} defective samples of each category.**"
        );
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
    let of = part.found.kind.map_or_else(String::new, |kind| format!(" of {}", kind.categories().len()));
    format!("- {}: {categories}{of} categories, {samples} pictures\n", part.name)
}
