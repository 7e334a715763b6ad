//! The options of TensorRT: an engine for a range of shapes, kept between runs.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};
use std::path::{Path, PathBuf};

use crate::model::{Bundle, Precision, SessionOptions};
use crate::runtime::load_for_good;

/// The most pictures in a call, where nothing else was said.
const USUAL_BATCH: usize = 8;

/// The range of shapes of an input that an engine is to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::model) struct Shapes {
    input: String,
    smallest: Vec<usize>,
    largest: Vec<usize>,
}

impl Shapes {
    /// A range from the smallest shape to the largest, for which the engine is tuned.
    pub fn new(input: impl Into<String>, smallest: &[usize], largest: &[usize]) -> Self {
        Self { input: input.into(), smallest: smallest.to_vec(), largest: largest.to_vec() }
    }

    /// A range of batches, from 1 to the largest of the options.
    pub fn batches(input: &str, of_one: &[usize], options: &SessionOptions) -> Self {
        let batch = |size: usize| [&[size], of_one].concat();
        Self::new(input, &batch(1), &batch(options.batch.unwrap_or(USUAL_BATCH)))
    }
}

/// An engine of TensorRT: what it is built from, and for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::model) struct Engine {
    /// SHA-256 of the bundle, without which an engine is not kept.
    model: Option<String>,
    /// Precision of the graph.
    precision: Option<Precision>,
    /// The shapes of all inputs of free shape; if empty, the engine takes them from call to call as they come.
    shapes: Vec<Shapes>,
}

impl Engine {
    /// The engine of a graph of a bundle.
    pub fn of(bundle: &Bundle, shapes: Vec<Shapes>) -> Self {
        Self { model: Some(bundle.hash()), precision: bundle.precision(), shapes }
    }

    /// The engine of a graph of no bundle.
    pub fn in_precision(precision: Precision) -> Self {
        Self { precision: Some(precision), ..Self::default() }
    }

    /// The precision in which the engine computes: the one that the provider is told, or that of the graph.
    pub fn computed(&self, options: &SessionOptions) -> Option<Precision> {
        options.precision.or(self.precision)
    }

    /// The folder in which the engine of a session is kept, below a cache folder; `None` where it cannot be told from others.
    pub fn folder(&self, options: &SessionOptions, device: u32, cache: &Path) -> Option<PathBuf> {
        let identity = (gpu_name(device)?, version()?);
        Some(cache.join("engines").join(self.key(options, &identity)?))
    }

    /// The key of an engine, of whatever makes it another one.
    fn key(&self, options: &SessionOptions, (gpu, version): &(String, i32)) -> Option<String> {
        let gpu: String = gpu.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let precision = match self.computed(options) {
            Some(Precision::Fp32) | None if options.tf32 => "tf32",
            computed => computed.map_or("unknown", Precision::name),
        };
        let batch = options.batch.unwrap_or(USUAL_BATCH);
        Some(format!("{}-{gpu}-{version}-{precision}-{batch}", self.model.as_ref()?.get(..16)?))
    }

    /// The options of the provider; `folder` is [`Engine::folder`].
    pub fn settings(
        &self,
        options: &SessionOptions,
        device: u32,
        folder: Option<&Path>,
    ) -> Vec<(&'static str, String)> {
        let computes = |precision| flag(self.computed(options) == Some(precision));
        let mut settings = vec![
            ("device_id", device.to_string()),
            ("trt_fp16_enable", computes(Precision::Fp16)),
            // What overflows first in halves.
            ("trt_layer_norm_fp32_fallback", computes(Precision::Fp16)),
            ("trt_bf16_enable", computes(Precision::Bf16)),
            ("trt_int8_enable", computes(Precision::Int8)),
            ("trt_cuda_graph_enable", flag(false)),
            ("trt_engine_cache_enable", flag(folder.is_some())),
            ("trt_timing_cache_enable", flag(folder.is_some())),
        ];
        if let Some(folder) = folder {
            let folder = folder.display().to_string();
            settings.push(("trt_engine_cache_path", folder.clone()));
            settings.push(("trt_timing_cache_path", folder));
        }
        settings.extend(self.profile([
            "trt_profile_min_shapes",
            "trt_profile_opt_shapes",
            "trt_profile_max_shapes",
        ]));
        settings
    }

    /// The options of TensorRT for RTX.
    pub fn rtx_settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![("enable_cuda_graph", flag(false))];
        settings.extend(self.profile([
            "nv_profile_min_shapes",
            "nv_profile_opt_shapes",
            "nv_profile_max_shapes",
        ]));
        settings
    }

    /// The range of shapes under three names of options: smallest, tuned for, largest.
    fn profile(&self, [smallest, tuned, largest]: [&'static str; 3]) -> Vec<(&'static str, String)> {
        if self.shapes.is_empty() {
            return Vec::new();
        }
        let shapes = |of: fn(&Shapes) -> &[usize]| {
            let one = |shapes: &Shapes| {
                let sizes: Vec<String> = of(shapes).iter().map(usize::to_string).collect();
                format!("{}:{}", shapes.input, sizes.join("x"))
            };
            self.shapes.iter().map(one).collect::<Vec<_>>().join(",")
        };
        vec![
            (smallest, shapes(|s| &s.smallest)),
            (tuned, shapes(|s| &s.largest)),
            (largest, shapes(|s| &s.largest)),
        ]
    }
}

/// The text of a switch in the options of providers.
pub(super) fn flag(on: bool) -> String {
    u8::from(on).to_string()
}

/// Version of TensorRT as its library tells it, for example 101300.
fn version() -> Option<i32> {
    // SAFETY: ONNX Runtime's TensorRT provider loads it too; its initialisers have no preconditions.
    let library = unsafe { load_for_good("libnvinfer.so.10") }.ok()?;
    // SAFETY: the type is that of TensorRT's header; the function takes nothing and returns a number.
    unsafe {
        library.get::<unsafe extern "C" fn() -> i32>(b"getInferLibVersion\0").ok().map(|version| version())
    }
}

/// Name of a GPU, for example `NVIDIA H100`.
fn gpu_name(device: u32) -> Option<String> {
    type Init = unsafe extern "C" fn(u32) -> c_int;
    type Get = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;
    type Name = unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int;
    // SAFETY: ONNX Runtime's providers for NVIDIA load it too; its initialisers have no preconditions.
    let driver = unsafe { load_for_good("libcuda.so.1") }.ok()?;
    let ordinal = c_int::try_from(device).ok()?;
    let (mut handle, mut name) = (0, [0_u8; 128]);
    // SAFETY: the types are those of the driver's header; the outputs are valid to write, and the name's length is given.
    let failed = unsafe {
        let init = driver.get::<Init>(b"cuInit\0").ok()?;
        let get = driver.get::<Get>(b"cuDeviceGet\0").ok()?;
        let name_of = driver.get::<Name>(b"cuDeviceGetName\0").ok()?;
        init(0) != 0
            || get(&mut handle, ordinal) != 0
            || name_of(name.as_mut_ptr().cast(), name.len() as c_int, handle) != 0
    };
    let name = CStr::from_bytes_until_nul(&name).ok().filter(|_| !failed)?;
    Some(name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Provider;

    fn engine() -> Engine {
        let options = SessionOptions { batch: Some(16), ..SessionOptions::default() };
        let shapes = vec![
            Shapes::batches("pixels", &[3, 192, 192], &options),
            Shapes::new("windows_2", &[36, 4], &[121, 4]),
        ];
        Engine { model: Some("0123456789abcdef0123".into()), precision: Some(Precision::Fp32), shapes }
    }

    fn at(precision: Option<Precision>) -> SessionOptions {
        SessionOptions { provider: Provider::TensorRt { device: 1 }, precision, ..SessionOptions::default() }
    }

    #[test]
    fn every_input_has_its_range_of_shapes() {
        let settings = engine().settings(&at(None), 1, None);
        for (key, value) in [
            ("device_id", "1"),
            ("trt_profile_min_shapes", "pixels:1x3x192x192,windows_2:36x4"),
            ("trt_profile_opt_shapes", "pixels:16x3x192x192,windows_2:121x4"),
            ("trt_profile_max_shapes", "pixels:16x3x192x192,windows_2:121x4"),
        ] {
            assert!(settings.contains(&(key, value.into())), "{key}: {settings:?}");
        }
        let as_they_come = Engine { shapes: Vec::new(), ..engine() }.settings(&at(None), 1, None);
        assert!(as_they_come.iter().all(|(key, _)| !key.contains("profile")));
    }

    #[test]
    fn the_graph_and_the_wish_decide_the_precision() {
        let flags = |graph, wish| {
            let settings = Engine { precision: Some(graph), ..engine() }.settings(&at(wish), 0, None);
            let of = |key: &str| settings.iter().find(|(k, _)| *k == key).unwrap().1 == "1";
            [
                of("trt_fp16_enable"),
                of("trt_layer_norm_fp32_fallback"),
                of("trt_bf16_enable"),
                of("trt_int8_enable"),
            ]
        };
        assert_eq!(flags(Precision::Fp32, None), [false; 4]);
        assert_eq!(flags(Precision::Fp32, Some(Precision::Fp16)), [true, true, false, false]);
        assert_eq!(flags(Precision::Fp32, Some(Precision::Bf16)), [false, false, true, false]);
        assert_eq!(flags(Precision::Fp16, None), [true, true, false, false]);
        assert_eq!(flags(Precision::Int8, None), [false, false, false, true]);
    }

    #[test]
    fn engines_are_kept_apart_by_whatever_makes_them_differ() {
        let gpu = ("NVIDIA H100 80GB".to_string(), 101_300);
        let key =
            |engine: Engine, options: &SessionOptions, gpu: &(String, i32)| engine.key(options, gpu).unwrap();
        let first = key(engine(), &at(None), &gpu);
        assert_eq!(first, "0123456789abcdef-NVIDIA-H100-80GB-101300-fp32-8");
        for other in [
            key(Engine { model: Some("f".repeat(64)), ..engine() }, &at(None), &gpu),
            key(engine(), &at(Some(Precision::Fp16)), &gpu),
            key(engine(), &SessionOptions { tf32: true, ..at(None) }, &gpu),
            key(engine(), &SessionOptions { batch: Some(4), ..at(None) }, &gpu),
            key(engine(), &at(None), &("NVIDIA L4".into(), 101_300)),
            key(engine(), &at(None), &("NVIDIA H100 80GB".into(), 101_000)),
        ] {
            assert_ne!(first, other);
        }
        assert_eq!(Engine { model: None, ..engine() }.key(&at(None), &gpu), None);
    }

    #[test]
    fn a_kept_engine_has_its_folder_in_the_options() {
        let settings = engine().settings(&at(None), 0, Some(Path::new("/cache/engines/x")));
        for key in ["trt_engine_cache_path", "trt_timing_cache_path"] {
            assert!(settings.contains(&(key, "/cache/engines/x".into())), "{settings:?}");
        }
        let without = engine().settings(&at(None), 0, None);
        assert!(without.contains(&("trt_engine_cache_enable", "0".into())), "{without:?}");
    }
}
