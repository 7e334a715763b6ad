//! Writing a generated data set in the MVTec AD layout.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::catalog::{self, categories};
use super::format::{Aspect, Format};
use super::render::{Rendered, render};
use super::world::World;
use crate::error::{Error, Result};
use crate::file;
use crate::types::Mask;

/// Version of the generator: pictures of the same recipe may differ between versions.
const VERSION: u32 = 1;

/// The recipe of a generated data set: which pictures to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// World that the categories are of.
    pub world: World,
    /// Seed of all pictures.
    pub seed: u64,
    /// Shorter side of the pictures in pixels, see [`SIZES`](super::SIZES).
    pub size: usize,
    /// Width to height of the pictures. Parts are as large as in a square; there is more around them.
    pub aspect: Aspect,
    /// Names of the categories; all of the world when empty.
    pub categories: Vec<String>,
    /// Number of good pictures in `train/` per category.
    pub train: usize,
    /// Number of good pictures in `test/` per category.
    pub good: usize,
    /// Number of defective pictures in `test/` per category.
    pub defective: usize,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            world: World::Test,
            seed: 0,
            size: 192,
            aspect: Aspect::default(),
            categories: vec![],
            train: 0,
            good: 20,
            defective: 30,
        }
    }
}

/// Numbers of what was written of a generated data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Number of categories.
    pub categories: usize,
    /// Number of pictures, masks not counted.
    pub images: usize,
    /// Number of defective pictures.
    pub defective: usize,
}

/// The record that marks a folder as written by this generator.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    generator: u32,
    world: String,
    seed: u64,
    size: usize,
    #[serde(default, skip_serializing_if = "Aspect::is_square")]
    aspect: Aspect,
    categories: Vec<String>,
    train: usize,
    good: usize,
    defective: usize,
}

/// File name of the record.
pub(super) const RECORD: &str = "synth.toml";

/// First index of the good test pictures. Each part of the data set has its own, so that none depends on the
/// length of another.
const GOOD_FROM: usize = 1 << 24;
const DEFECTIVE_FROM: usize = 2 << 24;

struct Job {
    category: String,
    split: &'static str,
    index: usize,
    stem: String,
    defective: bool,
}

#[derive(Serialize)]
struct Row {
    image: String,
    mask: String,
    category: String,
    split: &'static str,
    label: &'static str,
    defects: String,
    object: String,
    caption: String,
}

/// Writes a generated data set in the MVTec AD layout, with `captions.csv` and `synth.toml` at its root.
/// `progress` is told the number of pictures done and in all, from any thread. A folder that an earlier call
/// with the same recipe wrote is written again.
///
/// # Errors
/// A usage error for unknown categories or a senseless size or count; a file error for a folder that holds
/// something else or cannot be written.
pub fn write(recipe: &Recipe, out: &Path, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Summary> {
    let format = Format::new(recipe.size, recipe.aspect);
    format.check()?;
    let names = chosen(recipe)?;
    for (what, count) in [("train", recipe.train), ("good", recipe.good), ("defective", recipe.defective)] {
        if count > GOOD_FROM {
            return Err(Error::usage(
                format!("{what} {count}"),
                "is too many",
                format!("use at most {GOOD_FROM}"),
            ));
        }
    }
    let record = Record {
        generator: VERSION,
        world: recipe.world.to_string(),
        seed: recipe.seed,
        size: recipe.size,
        aspect: recipe.aspect,
        categories: names.clone(),
        train: recipe.train,
        good: recipe.good,
        defective: recipe.defective,
    };
    prepare(out, &record)?;
    let jobs = jobs(recipe, &names);
    let total = jobs.len();
    let done = AtomicUsize::new(0);
    let rows: Vec<Row> = jobs
        .par_iter()
        .map(|job| {
            let picture = render(recipe.world, &job.category, recipe.seed, job.index, format, job.defective)?;
            let row = store(out, job, &picture)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok(row)
        })
        .collect::<Result<_>>()?;
    captions(out, &rows)?;
    let defective = rows.iter().filter(|r| r.label == "anomalous").count();
    Ok(Summary { categories: names.len(), images: total, defective })
}

/// Names of the chosen categories in the order of the world's list.
fn chosen(recipe: &Recipe) -> Result<Vec<String>> {
    for name in &recipe.categories {
        catalog::find(recipe.world, name)?;
    }
    Ok(categories(recipe.world)
        .iter()
        .filter(|info| recipe.categories.is_empty() || recipe.categories.iter().any(|n| n == info.name))
        .map(|info| info.name.to_owned())
        .collect())
}

fn jobs(recipe: &Recipe, names: &[String]) -> Vec<Job> {
    let parts = [
        ("train", recipe.train, 0, false),
        ("test", recipe.good, GOOD_FROM, false),
        ("test", recipe.defective, DEFECTIVE_FROM, true),
    ];
    let mut jobs = vec![];
    for category in names {
        for (split, count, from, defective) in parts {
            jobs.extend((0..count).map(|k| Job {
                category: category.clone(),
                split,
                index: from + k,
                stem: format!("{k:03}"),
                defective,
            }));
        }
    }
    jobs
}

/// Prepares a folder: takes an empty one, or one with the same record, which is then written again.
fn prepare(out: &Path, record: &Record) -> Result<()> {
    let text =
        toml::to_string(record).map_err(|e| failed(&out.join(RECORD), e, "report this as a defect"))?;
    let path = out.join(RECORD);
    if out.exists() {
        let mut entries = fs::read_dir(out).map_err(|e| failed(out, e, "give a folder that can be read"))?;
        if entries.next().is_some() {
            let fix = "give an empty or a new folder";
            if !path.exists() {
                return Err(Error::file(out, "is not empty and was not written by this generator", fix));
            }
            let found = file::read_text(&path, fix)?;
            let same = toml::from_str::<Record>(&found).is_ok_and(|found| found == *record);
            if !same {
                return Err(Error::file(out, "holds a data set with other options (see synth.toml)", fix));
            }
        }
    }
    make(out)?;
    fs::write(&path, text).map_err(|e| failed(&path, e, UNWRITABLE))
}

/// Advice where something cannot be written.
const UNWRITABLE: &str = "check that the folder can be written to";

/// An error about a file or folder that says what its cause says.
fn failed(path: &Path, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>, fix: &str) -> Error {
    let cause = cause.into();
    Error::file(path, &cause, fix).caused_by(cause)
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| failed(folder, e, UNWRITABLE))
}

fn store(out: &Path, job: &Job, picture: &Rendered) -> Result<Row> {
    let folder = match picture.defects.as_slice() {
        [] => "good",
        [one] => one,
        _ => "combined",
    };
    let image = format!("{}/{}/{folder}/{}.png", job.category, job.split, job.stem);
    let save = |relative: &str, result: &dyn Fn(&Path) -> image::ImageResult<()>| -> Result<()> {
        let path = out.join(relative);
        if let Some(parent) = path.parent() {
            make(parent)?;
        }
        file::refuse_irregular(&path)?;
        result(&path).map_err(|e| failed(&path, e, UNWRITABLE))
    };
    save(&image, &|path| picture.image.save(path))?;
    let mut mask = String::new();
    if job.defective {
        mask = format!("{}/ground_truth/{folder}/{}_mask.png", job.category, job.stem);
        save(&mask, &|path| grey(&picture.mask).save(path))?;
    }
    Ok(Row {
        image,
        mask,
        category: job.category.clone(),
        split: job.split,
        label: if job.defective { "anomalous" } else { "normal" },
        defects: picture.defects.join(";"),
        object: picture.object.clone(),
        caption: picture.caption.clone(),
    })
}

fn grey(mask: &Mask) -> image::GrayImage {
    let (height, width) = mask.dim();
    image::GrayImage::from_fn(width as u32, height as u32, |x, y| {
        image::Luma([if mask[[y as usize, x as usize]] { 255 } else { 0 }])
    })
}

fn captions(out: &Path, rows: &[Row]) -> Result<()> {
    let path = out.join("captions.csv");
    let fail = |e: csv::Error| failed(&path, e, UNWRITABLE);
    file::refuse_irregular(&path)?;
    let mut writer = csv::Writer::from_path(&path).map_err(fail)?;
    for row in rows {
        writer.serialize(row).map_err(fail)?;
    }
    writer.flush().map_err(|e| fail(e.into()))
}
