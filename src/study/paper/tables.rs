//! The tables of the protocol, as files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::inventory::Inventory;
use super::protocol::Paper;
use crate::dataset::Official;
use crate::error::Result;
use crate::model::{Bundle, ClipManifest};
use crate::record::{SummaryRow, file_name, write_atomic};
use crate::report::{AboveClean, Table, above_clean_table, backbone_tables, category_table, published_table};
use crate::study::observe::Observe;

/// Writes every table as CSV, Markdown and LaTeX.
pub(super) fn write(
    out: &Path,
    (inventory, paper): (&Inventory, &Paper),
    summary: &[SummaryRow],
    above_clean: &[AboveClean],
    observe: &dyn Observe,
) -> Result<Vec<(Table, PathBuf)>> {
    let kinds: HashMap<&str, Official> =
        inventory.parts.iter().filter_map(|part| Some((part.name.as_str(), part.found.kind?))).collect();
    let mut named: Vec<(String, Table)> = backbone_tables(summary)
        .into_iter()
        .map(|(model, table)| (format!("backbone_{}", file_name(&model)), table))
        .collect();
    named.push(("categories".to_owned(), category_table(summary)));
    named.extend(above_clean_table(above_clean).map(|table| ("above_clean".to_owned(), table)));
    let comparable = b16plus(&inventory.models);
    let beside = published_table(summary, &|model| comparable.iter().any(|name| name == model), &|dataset| {
        kinds.get(dataset).copied()
    });
    named.extend(beside.map(|table| ("published".to_owned(), table)));
    let (mut tables, rehearsal) = (Vec::new(), paper.rehearsal());
    for (name, table) in named {
        let mut table = table.worded(&|note| observe.worded(note));
        if let Some(rehearsal) = &rehearsal {
            table.title.push_str(&format!(" ({rehearsal})"));
        }
        let path = |extension: &str| out.join("tables").join(format!("{name}.{extension}"));
        let latex = match paper.latex_intervals {
            true => table.with_intervals().to_latex(&name),
            false => table.to_latex(&name),
        };
        for (extension, text) in [("csv", table.to_csv()), ("md", table.to_markdown()), ("tex", latex)] {
            write_atomic(path(extension), text.as_bytes())?;
        }
        tables.push((table, path("csv")));
    }
    Ok(tables)
}

/// Names of the models that are a ViT-B/16+ at 240 pixels, which published numbers are of.
fn b16plus(specs: &[String]) -> Vec<String> {
    let is_one = |bundle: &Bundle| {
        let shape = |clip: &ClipManifest| (clip.image.size, clip.image.patch_grid, clip.winclip.embedding);
        bundle.clip().is_ok_and(|clip| shape(clip) == (240, [15, 15], 640))
    };
    let bundles = specs.iter().filter_map(|spec| Bundle::resolve(spec).ok());
    bundles.filter(is_one).map(|bundle| bundle.name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Attack;

    /// Names settings in capitals.
    struct Capitals;

    impl Observe for Capitals {
        fn worded(&self, text: &str) -> String {
            text.replace("`select = pooled`", "SELECT POOLED")
        }
    }

    #[test]
    fn tables_name_settings_as_their_readers_do() {
        let folder = tempfile::tempdir().unwrap();
        let inventory =
            Inventory { parts: Vec::new(), models: Vec::new(), missing: Vec::new(), left_out: Vec::new() };
        let (dataset, model) = ("d".to_owned(), "m".to_owned());
        let above = AboveClean { dataset, model, attack: Attack::Joint, above: 1, samples: 2 };
        let paper = Paper::new("data");
        let tables = write(folder.path(), (&inventory, &paper), &[], &[above], &Capitals).unwrap();
        let notes: Vec<&String> = tables.iter().flat_map(|(table, _)| &table.notes).collect();
        assert!(notes.iter().any(|note| note.ends_with("SELECT POOLED does")), "{notes:?}");
        for extension in ["md", "tex"] {
            let path = folder.path().join(format!("tables/above_clean.{extension}"));
            assert!(std::fs::read_to_string(path).unwrap().contains("SELECT POOLED"));
        }
    }
}
