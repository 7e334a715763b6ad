//! Models: bundles on disk, the execution providers of ONNX Runtime, and the WinCLIP segmenter.
//!
//! Nothing is loaded before it is needed: [`Bundle`] reads and checks files, [`Runtime`] finds and loads the ONNX Runtime
//! library, and [`WinClip::load`] puts the two together.
//!
//! ```no_run
//! use askance::model::{Bundle, SessionOptions, WinClip, WinClipOptions};
//! use askance::runtime::{self, Runtime};
//! # fn main() -> askance::error::Result<()> {
//! let bundle = Bundle::resolve("pocket")?;
//! let runtime = Runtime::acquire(&runtime::Options::from_env(), &|event| eprintln!("{event}"))?;
//! let model = WinClip::load(&bundle, &runtime, SessionOptions::default(), WinClipOptions::default())?;
//! # Ok(())
//! # }
//! ```
//!
//! # How it is ensured that the provider that is reported is the one that ran
//!
//! 1. A provider is registered with `error_on_failure`: what cannot be registered is an error, never a warning.
//! 2. Only one provider is registered for a session (TensorRT without CUDA behind it, OpenVINO without its `AUTO` and
//!    `HETERO` devices), so that nothing but ONNX Runtime's own CPU kernels can stand in for it.
//! 3. After the graph was partitioned, ONNX Runtime is asked which node went where. The counts are recorded
//!    ([`Provenance::placement`]); a session of whose nodes the provider took none is refused.
//! 4. [`SessionOptions::strict`] also refuses single nodes on the CPU (for `openvino:NPU` always: that provider would fall
//!    back to the CPU by itself).

mod batch;
mod bundle;
mod contract;
mod defence;
mod fake;
mod foreign;
mod gemm;
mod lowering;
mod memory;
mod onnx;
mod precision;
mod provider;
mod session;
mod text;
mod winclip;
mod work;

use std::collections::BTreeMap;

use ndarray::ArrayView4;
use serde::Serialize;

pub use bundle::{
    Bundle, Channels, ClipDescription, ClipManifest, Description, ForeignManifest, ImageSection,
    InputSection, Manifest, OutputSection, Polarity, Resize, TensorLayout, TextInputSection, TextSection,
    WinClipSection,
};
pub use defence::{Defence, Defended, SharedSegmenter, defend};
pub use fake::Fake;
pub use foreign::{Foreign, recognise};
pub use gemm::Gemm;
pub use precision::Precision;
pub use provider::{
    Library, LibraryState, Provider, ProviderState, ProviderStatus, Survey, look_at, providers, survey,
};
pub use session::SessionOptions;
pub use winclip::{Embeddings, WinClip, WinClipOptions, aggregate, windows};
pub use work::{ImageWork, image_work};

use crate::error::{Error, Result};
use crate::runtime::Runtime;
use crate::types::Map;
use lowering::Lowered;

/// What a model says about one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    /// Anomaly map at the model's own resolution, shape [`Segmenter::grid`]; larger is more anomalous.
    pub map: Map,
    /// Anomaly score of the whole image.
    pub image_score: f32,
}

/// A zero-shot anomaly segmenter.
pub trait Segmenter: Send {
    /// Name for records, for example that of the bundle.
    fn name(&self) -> &str;

    /// Height and width in pixels of the square images that it takes.
    fn input_size(&self) -> usize;

    /// Rows and columns of its maps.
    fn grid(&self) -> (usize, usize);

    /// Whether its maps lie in [0, 1], which losses that read them as probabilities need.
    fn is_bounded(&self) -> bool {
        true
    }

    /// How many views of each picture the model sees, in as many calls: 1, but for a model with a defence around it.
    fn views(&self) -> usize {
        1
    }

    /// Makes ready for categories that are not known yet, so that a text tower is loaded once for all of them and not in the
    /// middle of a run. [`Segmenter::segment`] does it by itself otherwise.
    ///
    /// # Errors
    /// Those of the text tower, where there is one.
    fn prepare(&mut self, _categories: &[&str]) -> Result<()> {
        Ok(())
    }

    /// Segments a batch: `images` has shape (batch, 3, size, size), RGB in [0, 1]; `categories` has one name per image.
    ///
    /// # Errors
    /// Images of another shape or with values that are not finite, another number of categories than of images, a
    /// failing runtime, or a model that returns values that are not finite.
    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>>;

    /// What [`Segmenter::segment_coarse`] costs, [`Segmenter::segment`] being 1; 1 where a model has no cheaper way.
    fn coarse_cost(&self) -> f64 {
        1.0
    }

    /// Segments a batch as [`Segmenter::segment`] does, more cheaply and more coarsely: maps for a search to explore with, not
    /// to be reported. The same as `segment` where a model has no cheaper way.
    ///
    /// # Errors
    /// Those of [`Segmenter::segment`].
    fn segment_coarse(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.segment(images, categories)
    }

    /// What ran, for the record of a run.
    fn provenance(&self) -> Provenance;
}

/// Loads a bundle of either kind as a segmenter. A foreign graph heeds only the prompts among the options.
///
/// # Errors
/// Those of [`WinClip::load`] and [`Foreign::load`]; a temperature or stride for a foreign graph.
pub fn load(
    bundle: &Bundle,
    runtime: &Runtime,
    session: SessionOptions,
    options: WinClipOptions,
) -> Result<Box<dyn Segmenter>> {
    let Manifest::Foreign(_) = bundle.manifest() else {
        return Ok(Box::new(WinClip::load(bundle, runtime, session, options)?));
    };
    let unused = [
        ("`temperature`", options.temperature.is_some()),
        ("`stride`", options.stride != WinClipOptions::default().stride),
    ];
    if let Some((setting, _)) = unused.into_iter().find(|(_, set)| *set) {
        let problem = format!("means nothing to the foreign graph {}", bundle.name());
        return Err(Error::usage(setting, problem, "leave it out, or use a CLIP"));
    }
    let model = Foreign::load(bundle, runtime, session, options.prompts, options.underscores_to_spaces)?;
    Ok(Box::new(model))
}

/// The bundle that is loaded where this one is asked for at the precision that the options name: itself, or its sibling in that
/// precision.
///
/// # Errors
/// The provider has no such precision; there is no sibling, or it is of another model (the error names the way out).
pub fn at_precision(bundle: &Bundle, session: &SessionOptions) -> Result<Bundle> {
    Ok(lowering::lower(bundle, session)?.bundle)
}

/// What ran: model, library, provider and every option as it was really set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// Name of the bundle, and of the defence around it.
    pub model: String,
    /// The defence; empty for none.
    pub defence: String,
    /// [`Bundle::hash`]; empty for a model without files.
    pub model_hash: String,
    /// The precision that ran, as [`Precision`] names it; empty where it is not known.
    pub precision: String,
    /// The provider that ran, in the form that [`Provider`] reads, for example `cuda:0`.
    pub provider: String,
    /// Version of ONNX Runtime, for example `1.31.1`; empty where none was used.
    pub runtime_version: String,
    /// The library file that was loaded.
    pub runtime_library: String,
    /// How that file was found, for example `cache`.
    pub runtime_source: String,
    /// Name of the prompt set.
    pub prompts: String,
    /// Every option of the model, the session and the provider that was set, by name.
    pub options: BTreeMap<String, String>,
    /// Number of nodes of the image graph that each execution provider took, by ONNX Runtime's provider name.
    pub placement: BTreeMap<String, usize>,
}

impl Provenance {
    /// Whether the model ran elsewhere than on the processor's cores, which are free for other work during its calls.
    pub fn is_on_device(&self) -> bool {
        self.provider.parse::<Provider>().is_ok_and(|provider| provider.is_device())
    }

    /// What ran, but for the prompts.
    fn of(
        lowered: &Lowered,
        runtime: &Runtime,
        options: BTreeMap<String, String>,
        placement: BTreeMap<String, usize>,
    ) -> Self {
        Self {
            model: lowered.bundle.name().into(),
            model_hash: lowered.bundle.hash(),
            precision: lowered.active().map_or("", Precision::name).into(),
            provider: lowered.options.provider.to_string(),
            runtime_version: runtime.version().into(),
            runtime_library: runtime.library().display().to_string(),
            runtime_source: runtime.source().name().into(),
            options: options.into_iter().chain(lowered.entries()).collect(),
            placement,
            ..Self::default()
        }
    }
}
