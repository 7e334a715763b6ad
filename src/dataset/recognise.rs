//! The recognition of the layout of a folder.

use std::path::{Path, PathBuf};

use super::{Layout, discover, files, layout};
use crate::error::{Error, Result, shown};
use crate::file;

/// The layout to read `root` with: the wanted one, or else the only one whose marks `root` bears, or that of
/// a plain folder of pictures.
pub(super) fn find(root: &Path, wanted: Option<Layout>) -> Result<Layout> {
    if let Some(error) = file::dangling(root) {
        return Err(error);
    }
    if !root.exists() {
        return Err(Error::file(root, "does not exist", "give the folder of a dataset, or a manifest"));
    }
    if !root.is_file() && !root.is_dir() {
        return Err(file::irregular(root, false));
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
        [only] => format!("{layout} ({})", shown(files::name(only))),
        [first, rest @ ..] => format!("{layout} ({} and {} more)", shown(files::name(first)), rest.len()),
    }
}

fn none_matches(root: &Path) -> Result<Layout> {
    let below = discover(root)?;
    if !below.is_empty() {
        let mut roots: Vec<String> = below.iter().map(|found| shown(&found.root)).collect();
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
    if let Some(error) = unnamed_pictures(root, &entries) {
        return Err(error);
    }
    let seen: Vec<_> = entries.iter().take(8).map(|path| shown(files::name(path))).collect();
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

/// The error about a folder whose files, there and in its folders, would be pictures if their names said so.
fn unnamed_pictures(root: &Path, entries: &[PathBuf]) -> Option<Error> {
    let below = entries
        .iter()
        .filter(|path| path.is_dir())
        .flat_map(|folder| files::list(folder).unwrap_or_default());
    let all: Vec<PathBuf> = entries.iter().cloned().chain(below).filter(|path| !path.is_dir()).collect();
    if all.iter().any(|path| files::is_picture(path)) {
        return None;
    }
    let mut problems = all.iter().filter_map(|path| files::disguised(path));
    let first = problems.next()?;
    let problem = format!(
        "has no layout that is known here: {} of its files cannot be read by their names (first: {}, which {})",
        1 + problems.count(),
        first.subject,
        first.problem
    );
    Some(Error::file(root, problem, first.fix))
}
