//! Which layout a folder has.

use std::path::Path;

use super::{Layout, discover, files, layout};
use crate::error::{Error, Result};

/// The layout to read `root` with: the wanted one, or else the only one whose marks `root` bears, or that of a plain folder of
/// pictures.
pub(super) fn find(root: &Path, wanted: Option<Layout>) -> Result<Layout> {
    if !root.exists() {
        return Err(Error::file(root, "does not exist", "give the folder of a dataset, or a manifest"));
    }
    if let Some(layout) = wanted {
        return Ok(layout);
    }
    let found = layout::matching(root)?;
    match found[..] {
        [layout] => Ok(layout),
        [] if root.is_file() => Err(Error::file(
            root,
            "is neither a folder nor a .csv manifest nor a meta.json",
            "give the folder of a dataset, or a manifest",
        )),
        [] => none_matches(root),
        _ => {
            let names: Vec<String> = found.iter().map(|&layout| described(root, layout)).collect();
            Err(Error::file(
                root,
                format!("can be read in {} ways: {}", found.len(), names.join("; ")),
                "name one of them with `layout`",
            ))
        }
    }
}

fn described(root: &Path, layout: Layout) -> String {
    match layout::category_folders(root, layout).unwrap_or_default().as_slice() {
        [] => format!("{layout} ({})", layout.expects()),
        [only] => format!("{layout} ({})", files::name(only)),
        [first, rest @ ..] => format!("{layout} ({} and {} more)", files::name(first), rest.len()),
    }
}

fn none_matches(root: &Path) -> Result<Layout> {
    let below = discover(root)?;
    if !below.is_empty() {
        let mut roots: Vec<String> = below.iter().map(|found| found.root.display().to_string()).collect();
        roots.dedup();
        return Err(Error::file(
            root,
            format!("is not a dataset itself, but holds {}", roots.join(", ")),
            "give one of these folders",
        ));
    }
    if layout::is_plain(root)? {
        return Ok(Layout::Unlabelled);
    }
    let entries = files::list(root)?;
    let seen: Vec<_> = entries.iter().take(8).map(|path| files::name(path)).collect();
    let more = if entries.len() > seen.len() { ", ..." } else { "" };
    let seen = if seen.is_empty() { "nothing".to_owned() } else { format!("{}{more}", seen.join(", ")) };
    let expected: Vec<String> =
        Layout::ALL.iter().map(|layout| format!("{layout}: {}", layout.expects())).collect();
    Err(Error::file(
        root,
        format!("has no layout that is known here; it holds {seen}"),
        format!(
            "expected one of\n    {}\n  where one is meant, name it with `layout`",
            expected.join("\n    ")
        ),
    ))
}
