//! A few samples kept as small pictures, so that figures can show them without the data set or the model.

use std::io::Cursor;
use std::path::{Component, Path};

use image::{GrayImage, ImageFormat, RgbImage};
use ndarray::{Array2, Array3, ArrayView2, ArrayView3};
use serde::{Deserialize, Serialize};

use super::faults::{Fault, share};
use super::folder::{RunDir, read_map, write_atomic};
use super::journal::{read_rows, write_rows};
use super::parameters::Parameters;
use super::rows::{Row, SampleRow};
use crate::error::{Error, Result};
use crate::file;
use crate::types::{Attack, Image, Map, Mask, Perturbation};

/// One line of `examples/index.csv`. Paths are relative to the run's folder and use `/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExampleRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Category of the sample.
    pub category: String,
    /// Name of the sample, `defect/stem`.
    pub sample: String,
    /// Attack that the example shows.
    pub attack: Attack,
    /// Values of the worst perturbation.
    pub parameters: Parameters,
    /// The sample's pixel AUROC unperturbed.
    pub clean_auroc: Option<f64>,
    /// The sample's pixel AUROC at the worst perturbation.
    pub worst_auroc: Option<f64>,
    /// Unperturbed picture at the model's input size, PNG.
    pub image: String,
    /// Mask of the size of the picture, PNG, 255 = anomalous; all 0 where there are no masks.
    pub mask: String,
    /// Patch-level map of the unperturbed picture, `.npy`.
    pub clean_map: String,
    /// Patch-level map at the worst perturbation, in the frame of the moved picture, `.npy`.
    pub worst_map: String,
}

impl Row for ExampleRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset", "category", "sample", "attack"],
        Parameters::COLUMNS,
        &["clean_auroc", "worst_auroc", "image", "mask", "clean_map", "worst_map"],
    ];
    const NEWER: &'static [&'static [&'static str]] = &[Parameters::NEWER_COLUMNS];
    const KEY: &'static [&'static str] = &["model", "dataset", "category", "sample", "attack"];

    fn fault(&self) -> Option<Fault> {
        let parameters = self.parameters.fault();
        parameters
            .or_else(|| self.parameters.unsaid(self.attack))
            .or_else(|| share("clean_auroc", self.clean_auroc))
            .or_else(|| share("worst_auroc", self.worst_auroc))
    }
}

impl ExampleRow {
    /// The worst perturbation.
    pub fn perturbation(&self) -> Perturbation {
        self.parameters.perturbation()
    }
}

/// An example with its pictures and maps.
#[derive(Clone, Debug)]
pub struct Example {
    /// Line of the index that says what the example shows.
    pub row: ExampleRow,
    /// Unperturbed picture, shape (3, S, S), in [0, 1], as 8 bits hold it.
    pub image: Image,
    /// Mask of the picture, shape (S, S).
    pub mask: Mask,
    /// Patch-level map of the unperturbed picture.
    pub clean_map: Map,
    /// Patch-level map at the worst perturbation, in the frame of the moved picture.
    pub worst_map: Map,
}

/// Writes `examples/index.csv` and its pictures, replacing what was there. Each example is (the clean row, the attacked
/// row, the unperturbed picture (3, S, S), the mask (S, S)) of one sample; the maps of both rows must have been saved
/// with [`RunDir::save_patch_map`].
///
/// # Errors
/// A file error when a file cannot be written, or when a map is missing.
pub fn write_examples(
    run: &RunDir,
    examples: &[(&SampleRow, &SampleRow, ArrayView3<'_, f32>, ArrayView2<'_, bool>)],
) -> Result<()> {
    let mut index = Vec::with_capacity(examples.len());
    for (number, (clean, worst, image, mask)) in examples.iter().enumerate() {
        let id = worst.id()?;
        let map = |attack| {
            let path = run.patch_map_path(&worst.model, &id, attack);
            if !path.is_file() {
                return Err(Error::file(
                    &path,
                    "is missing",
                    "save the map before the example that shows it",
                ));
            }
            relative(run.path(), &path)
        };
        let image_name = format!("examples/{number:02}.png");
        let mask_name = format!("examples/{number:02}_mask.png");
        write_atomic(run.path().join(&image_name), &encode_image(*image)?)?;
        write_atomic(run.path().join(&mask_name), &encode_mask(*mask)?)?;
        index.push(ExampleRow {
            model: worst.model.clone(),
            dataset: worst.dataset.clone(),
            category: worst.category.clone(),
            sample: worst.sample.clone(),
            attack: worst.attack,
            parameters: worst.parameters,
            clean_auroc: clean.sample_auroc,
            worst_auroc: worst.sample_auroc,
            image: image_name,
            mask: mask_name,
            clean_map: map(Attack::Clean)?,
            worst_map: map(worst.attack)?,
        });
    }
    write_rows(run.examples().join("index.csv"), &index)
}

/// Reads the examples that [`write_examples`] wrote; an empty list where the run kept no examples.
///
/// # Errors
/// A file error when a listed file is missing, damaged, or of another size than its picture.
pub fn read_examples(run: &RunDir) -> Result<Vec<Example>> {
    let index = run.examples().join("index.csv");
    if !file::is_there(&index) {
        return Ok(Vec::new());
    }
    read_rows::<ExampleRow>(&index)?.into_iter().map(|row| load(run, row)).collect()
}

fn load(run: &RunDir, row: ExampleRow) -> Result<Example> {
    let image = open(run, &row.image)?.into_rgb8();
    let mask = open(run, &row.mask)?.into_luma8();
    if image.dimensions() != mask.dimensions() {
        return Err(Error::file(run.path().join(&row.mask), "has another size than its picture", REPEAT));
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    let pixel = |x: usize, y: usize| (x as u32, y as u32);
    Ok(Example {
        image: Array3::from_shape_fn((3, height, width), |(channel, y, x)| {
            let (x, y) = pixel(x, y);
            f32::from(image.get_pixel(x, y).0[channel]) / 255.0
        }),
        mask: Array2::from_shape_fn((height, width), |(y, x)| {
            let (x, y) = pixel(x, y);
            mask.get_pixel(x, y).0[0] != 0
        }),
        clean_map: read_map(&inside(run, &row.clean_map)?)?,
        worst_map: read_map(&inside(run, &row.worst_map)?)?,
        row,
    })
}

const REPEAT: &str = "run the attack again with examples, or restore the folder";

fn open(run: &RunDir, name: &str) -> Result<image::DynamicImage> {
    let path = inside(run, name)?;
    let bytes = file::read(&path, REPEAT)?;
    image::load_from_memory_with_format(&bytes, ImageFormat::Png)
        .map_err(|e| Error::file_caused(&path, "cannot be read as a picture", e, REPEAT))
}

/// The path of a file that the index names, which must not lead out of the run's folder.
fn inside(run: &RunDir, name: &str) -> Result<std::path::PathBuf> {
    if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(Error::file(name, "leads out of the run's folder", REPEAT));
    }
    Ok(run.path().join(name))
}

fn relative(root: &Path, path: &Path) -> Result<String> {
    let inner = path
        .strip_prefix(root)
        .map_err(|e| Error::file(path, &e, "give a path inside the run").caused_by(e))?;
    let parts: Vec<_> = inner.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Ok(parts.join("/"))
}

fn encode_image(image: ArrayView3<'_, f32>) -> Result<Vec<u8>> {
    let (_, height, width) = image.dim();
    let picture =
        RgbImage::from_fn(width as u32, height as u32, |x, y| {
            image::Rgb([0, 1, 2].map(|channel| {
                (image[[channel, y as usize, x as usize]].clamp(0.0, 1.0) * 255.0).round() as u8
            }))
        });
    encode(|bytes| picture.write_to(bytes, ImageFormat::Png))
}

/// A mask as a grey PNG of 8 bits, 255 where it says so and 0 elsewhere.
pub(crate) fn encode_mask(mask: ArrayView2<'_, bool>) -> Result<Vec<u8>> {
    let (height, width) = mask.dim();
    let picture = GrayImage::from_fn(width as u32, height as u32, |x, y| {
        image::Luma([u8::from(mask[[y as usize, x as usize]]) * 255])
    });
    encode(|bytes| picture.write_to(bytes, ImageFormat::Png))
}

fn encode(write: impl FnOnce(&mut Cursor<Vec<u8>>) -> image::ImageResult<()>) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    write(&mut bytes)
        .map_err(|e| Error::file_caused("examples", "a picture cannot be encoded", e, "report its size"))?;
    Ok(bytes.into_inner())
}
