//! Names of files and folders.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::file;

/// Extensions of pictures that can be decoded, in lower case.
const PICTURES: [&str; 7] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp"];
/// Extensions of notes that people leave beside pictures.
const NOTES: [&str; 9] = ["txt", "md", "csv", "json", "xml", "yaml", "yml", "html", ""];
/// Names of the litter that operating systems and network storage leave behind, besides hidden files.
const LITTER: [&str; 11] = [
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "__macosx",
    "@eadir",
    "@recycle",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "system volume information",
    "lost+found",
];
/// End of the names of the files in which Windows keeps where a file came from.
const ORIGIN: &str = "zone.identifier";

/// Files and folders in a folder, sorted by name, without hidden files and the litter of operating systems.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |e: std::io::Error| {
        Error::file_caused(folder, "cannot be listed", e, "check that the folder exists and may be read")
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !is_litter(&name(&path).to_lowercase()) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_litter(name: &str) -> bool {
    name.starts_with('.') || name.ends_with(ORIGIN) || LITTER.contains(&name)
}

/// Whether the name is that of a picture that can be decoded; one that cannot be opened is a fault of its own.
pub fn is_picture(path: &Path) -> bool {
    PICTURES.contains(&extension(path).as_str()) && !path.is_dir()
}

/// Whether something bears the name, be it a link to nothing or a pipe, that is no folder.
pub fn is_there(path: &Path) -> bool {
    file::is_there(path) && !path.is_dir()
}

/// The pictures in a folder, sorted by name. Notes are passed over unless they hold a picture; a folder inside it and a file that may be a picture but
/// cannot be decoded here are problems, as is a folder that cannot be listed.
pub fn pictures(folder: &Path, problems: &mut Vec<Error>) -> Vec<PathBuf> {
    let (pictures, folders) = pictures_and_folders(folder, problems);
    problems.extend(folders.iter().map(|path| {
        Error::file(
            path,
            "is a folder where pictures are expected",
            "move its pictures one level up, or describe the data in a manifest.csv",
        )
    }));
    pictures
}

/// The pictures in a folder, as [`pictures`] gives them, and the folders inside it, which are no problem
/// then.
pub fn pictures_and_folders(folder: &Path, problems: &mut Vec<Error>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut pictures, mut folders) = (Vec::new(), Vec::new());
    let paths = list(folder).unwrap_or_else(|error| {
        problems.push(error);
        Vec::new()
    });
    for path in paths {
        let extension = extension(&path);
        if path.is_dir() {
            folders.push(path);
        } else if PICTURES.contains(&extension.as_str()) {
            pictures.push(path);
        } else if NOTES.contains(&extension.as_str()) {
            problems.extend(disguised(&path));
        } else {
            problems.push(Error::file(
                &path,
                format!("is of a kind that cannot be read (.{extension})"),
                "convert it to PNG, or move it out of the folder",
            ));
        }
    }
    (pictures, folders)
}

/// The error about a file that is a picture, or may be one, and is called like a note or has no extension.
pub fn disguised(path: &Path) -> Option<Error> {
    let extension = extension(path);
    if !NOTES.contains(&extension.as_str()) {
        return None;
    }
    if extension.is_empty()
        && let Some(error) = file::dangling(path)
    {
        return Some(error);
    }
    let mut start = Vec::new();
    file::open(path, "").ok()?.take(64).read_to_end(&mut start).ok()?;
    if extension.is_empty() && file::is_lfs_pointer(&start) {
        return Some(file::lfs_pointer(path));
    }
    let format = image::guess_format(&start).ok()?.extensions_str().first().copied()?;
    let named =
        if extension.is_empty() { "no extension".to_owned() } else { format!("the extension .{extension}") };
    Some(Error::file(
        path,
        format!("has {named}, but holds a picture"),
        format!("give it the extension .{format}, or move it out of the folder"),
    ))
}

/// Number of pictures in a folder and its folders. No layout is deeper than three.
pub fn count(folder: &Path) -> Result<usize> {
    count_to(folder, 3)
}

fn count_to(folder: &Path, depth: usize) -> Result<usize> {
    let mut pictures = 0;
    for path in list(folder)? {
        if PICTURES.contains(&extension(&path).as_str()) {
            pictures += 1;
        } else if depth > 0 && path.is_dir() {
            pictures += count_to(&path, depth - 1)?;
        }
    }
    Ok(pictures)
}

/// Extension of a file in lower case, empty for none.
pub fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Last component of a path; for a path like `.` that of the folder it stands for.
pub fn name(path: &Path) -> String {
    let named = path.file_name().map(|name| name.to_string_lossy().into_owned());
    named
        .or_else(|| Some(path.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "dataset".to_owned())
}

/// Name of a file without its extension.
pub fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
