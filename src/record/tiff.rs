//! Anomaly maps as TIFF files of half precision, which submission servers take.

use std::io::Cursor;
use std::path::Path;

use half::f16;
use half::slice::HalfFloatSliceExt as _;
use ndarray::{Array2, ArrayView2};
use tiff::decoder::{Decoder, DecodingResult};
use tiff::encoder::colortype::ColorType;
use tiff::encoder::{Compression, DeflateLevel, TiffEncoder};
use tiff::tags::{PhotometricInterpretation, SampleFormat};

use super::folder::write_atomic;
use crate::error::{Error, Result};
use crate::file;

/// One channel of IEEE 754 numbers of 16 bits, given by their bits.
struct GrayHalf;

impl ColorType for GrayHalf {
    type Inner = u16;
    const TIFF_VALUE: PhotometricInterpretation = PhotometricInterpretation::BlackIsZero;
    const BITS_PER_SAMPLE: &'static [u16] = &[16];
    const SAMPLE_FORMAT: &'static [SampleFormat] = &[SampleFormat::IEEEFP];

    fn horizontal_predict(row: &[u16], result: &mut Vec<u16>) {
        // Differences of numbers are for whole ones; files are written without.
        result.extend_from_slice(row);
    }
}

/// Writes a map, shape (height, width), as a float16 TIFF of one channel with Deflate compression, through a temporary name. Values are
/// rounded to the nearest that 16 bits hold.
///
/// # Errors
/// A file error when the map has no pixel, holds a number that is not finite or beyond 65504, or the file cannot be written.
pub fn write_half_tiff(path: impl AsRef<Path>, map: ArrayView2<'_, f32>) -> Result<()> {
    let path = path.as_ref();
    let (height, width) = map.dim();
    let fix = "report the model and the map's range";
    let bits: Vec<u16> = map.iter().map(|&value| f16::from_f32(value)).map(f16::to_bits).collect();
    if let Some(beyond) = map.iter().find(|&&value| !f16::from_f32(value).is_finite()) {
        return Err(Error::file(path, format!("cannot hold {beyond}: numbers of 16 bits end at 65504"), fix));
    }
    let mut bytes = Cursor::new(Vec::new());
    TiffEncoder::new(&mut bytes)
        .and_then(|encoder| {
            let mut encoder = encoder.with_compression(Compression::Deflate(DeflateLevel::Balanced));
            encoder.write_image::<GrayHalf>(width as u32, height as u32, &bits)
        })
        .map_err(|e| Error::file_caused(path, "cannot be encoded", e, fix))?;
    write_atomic(path, bytes.get_ref())
}

/// Reads a map, shape (height, width), from a float16 TIFF of one channel.
///
/// # Errors
/// A file error when the file is missing or damaged, or holds anything else; `fix` is the remedy.
pub fn read_half_tiff(path: &Path, fix: &str) -> Result<Array2<f32>> {
    let bytes = file::read(path, fix)?;
    let damaged = |e| Error::file_caused(path, "cannot be read as a TIFF", e, fix);
    let mut decoder = Decoder::new(Cursor::new(&bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions().map_err(damaged)?;
    let DecodingResult::F16(values) = decoder.read_image().map_err(damaged)? else {
        return Err(Error::file(path, "is no TIFF of float16", fix));
    };
    let values = values.to_f32_vec();
    Array2::from_shape_vec((height as usize, width as usize), values)
        .map_err(|_| Error::file(path, "has more than one channel", fix))
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;

    #[test]
    fn what_is_written_reads_back_as_the_nearest_half() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tiff");
        let map = arr2(&[[0.0, 1.0, -2.5], [0.1, 65504.0, 1e-9]]);
        write_half_tiff(&path, map.view()).unwrap();
        let read = read_half_tiff(&path, "").unwrap();
        assert_eq!(read, arr2(&[[0.0, 1.0, -2.5], [0.099_975_586, 65504.0, 0.0]]));
        for beyond in [f32::NAN, f32::INFINITY, 65536.0] {
            let error = write_half_tiff(&path, arr2(&[[0.0, beyond]]).view()).unwrap_err();
            assert!(error.problem.contains("65504"), "{error}");
        }
    }

    #[test]
    fn a_large_map_is_read_over_all_its_strips() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tiff");
        let map = Array2::from_shape_fn((900, 1300), |(y, x)| ((7 * y + 3 * x) % 2048) as f32);
        write_half_tiff(&path, map.view()).unwrap();
        assert_eq!(read_half_tiff(&path, "").unwrap(), map);
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tiff");
        image::GrayImage::new(3, 2).save(&path).unwrap();
        assert!(read_half_tiff(&path, "").unwrap_err().problem.contains("no TIFF of float16"));
        std::fs::write(&path, b"II").unwrap();
        assert!(read_half_tiff(&path, "mend it").unwrap_err().fix == "mend it");
    }
}
