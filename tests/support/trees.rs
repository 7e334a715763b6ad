//! Small trees of files for the tests of data sets.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use tempfile::TempDir;

/// A folder that tests fill.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn place(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.place(name), bytes).unwrap();
        self
    }

    /// A picture of 12 x 8 pixels, its left half red, its last pixel one that no other name has.
    pub fn picture(&self, name: &str) -> &Self {
        let mut hash = DefaultHasher::new();
        name.hash(&mut hash);
        let [red, green, ..] = hash.finish().to_le_bytes();
        let mut picture = picture();
        picture.put_pixel(11, 7, Rgb([red, green, 255]));
        self.save(name, picture.into())
    }

    /// Several pictures.
    pub fn pictures(&self, names: &[&str]) -> &Self {
        names.iter().for_each(|name| {
            self.picture(name);
        });
        self
    }

    /// Several masks.
    pub fn masks(&self, names: &[&str]) -> &Self {
        names.iter().for_each(|name| {
            self.mask(name);
        });
        self
    }

    /// A mask of 12 x 8 pixels, its left third anomalous.
    pub fn mask(&self, name: &str) -> &Self {
        self.save(name, GrayImage::from_fn(12, 8, |x, _| Luma([if x < 4 { 255 } else { 0 }])).into())
    }

    pub fn save(&self, name: &str, image: DynamicImage) -> &Self {
        let format = ImageFormat::from_path(name).unwrap();
        self.write(name, encode(&image, format))
    }
}

pub fn picture() -> RgbImage {
    RgbImage::from_fn(12, 8, |x, _| Rgb(if x < 6 { [255, 0, 0] } else { [0, 0, 255] }))
}

pub fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Every file below a folder, by its path in it, in order, but for the copies of records.
pub fn every_file(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(".run.toml.copy") {
                found.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
