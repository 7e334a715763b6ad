//! The files of a submission by the rules of the server, read back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat};
use rayon::prelude::*;

use crate::error::{Error, Result, shown};
use crate::file;
use crate::record::read_half_tiff;

/// Folders of a submission, and the extension of the files in each.
pub const FOLDERS: [(&str, &str); 2] = [("anomaly_images", "tiff"), ("anomaly_images_thresholded", "png")];

/// One picture that a submission is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub category: String,
    pub set: String,
    pub stem: String,
    /// Height and width of the picture as stored.
    pub size: (usize, usize),
}

impl Expected {
    /// The names of the map and of the thresholded map in the folder of a submission, with `/` between folders.
    pub fn names(&self) -> [String; 2] {
        let Self { category, set, stem, .. } = self;
        FOLDERS.map(|(folder, extension)| format!("{folder}/{category}/{set}/{stem}.{extension}"))
    }
}

const FIX: &str = "delete the folder and write the submission again";

/// Refuses a folder that holds other files than these pictures need, or a file of another kind: maps are float16 of two dimensions and
/// finite, thresholded maps 8 bits of two dimensions and 0 or 255, both of the size of their picture.
///
/// # Errors
/// A file error that names the first file that is not as it must be.
pub fn check(folder: &Path, pictures: &[Expected]) -> Result<()> {
    let expected: BTreeSet<String> = pictures.iter().flat_map(Expected::names).collect();
    let found = files(folder)?;
    if let Some(beyond) = found.iter().find(|name| !expected.contains(*name)) {
        let problem = "is no file of the submission, and the server takes no others";
        return Err(Error::file(folder.join(beyond), problem, "delete it, or give another `out`"));
    }
    if let Some(missing) = expected.iter().find(|name| !found.contains(*name)) {
        return Err(Error::file(folder.join(missing), "is missing", FIX));
    }
    pictures.par_iter().try_for_each(|picture| {
        let [map, called] = picture.names().map(|name| folder.join(name));
        same_size(&map, read_half_tiff(&map, FIX)?.dim(), picture.size)?;
        same_size(&called, decisions(&called)?, picture.size)
    })
}

/// Every file below a folder by its name in it.
fn files(folder: &Path) -> Result<BTreeSet<String>> {
    let unreadable = |e| Error::file_caused(folder, "cannot be listed", e, "check its permissions");
    let (mut found, mut folders) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(unreadable)? {
            let path: PathBuf = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap_or(&path);
            let parts: Vec<_> = name.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            found.insert(parts.join("/"));
        }
    }
    Ok(found)
}

/// Height and width of a thresholded map.
fn decisions(path: &Path) -> Result<(usize, usize)> {
    let bytes = file::read(path, FIX)?;
    let picture = image::load_from_memory_with_format(&bytes, ImageFormat::Png)
        .map_err(|e| Error::file_caused(path, "cannot be read as a PNG", e, FIX))?;
    let DynamicImage::ImageLuma8(picture) = picture else {
        return Err(Error::file(path, "is no grey PNG of 8 bits", FIX));
    };
    match picture.as_raw().iter().find(|&&value| value != 0 && value != u8::MAX) {
        Some(value) => Err(Error::file(path, format!("holds {value}, which is neither 0 nor 255"), FIX)),
        None => Ok((picture.height() as usize, picture.width() as usize)),
    }
}

fn same_size(path: &Path, found: (usize, usize), expected: (usize, usize)) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let text = |(height, width): (usize, usize)| shown(format!("{width} x {height}"));
    let problem = format!("is {} pixels, and its picture {}", text(found), text(expected));
    Err(Error::file(path, problem, FIX))
}
