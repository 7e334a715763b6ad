//! Models: bundles on disk, the execution providers of ONNX Runtime, and the WinCLIP segmenter.
//!
//! Nothing is loaded before it is needed: [`Bundle`] reads and checks files, [`Runtime`](crate::runtime::Runtime) finds and loads the ONNX Runtime
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
//! # Why the provider that is reported is the one that ran
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
mod kept_text;
mod load;
mod lowering;
mod memory;
mod named;
mod one_by_one;
mod onnx;
mod precision;
mod probe;
mod provenance;
mod provider;
mod segmenter;
mod session;
mod text;
mod winclip;
mod work;

pub use bundle::{
    Bundle, Channels, ClipDescription, ClipManifest, Description, ForeignManifest, ImageSection,
    InputSection, Manifest, OutputSection, Polarity, Resize, TensorLayout, TextInputSection, TextSection,
    WinClipSection,
};
pub use defence::{Defence, defend};
pub use fake::Fake;
pub use foreign::{Begun, Foreign, init, recognise};
pub(crate) use gemm::Gemm;
pub(crate) use kept_text::SWITCH as TEXT_CACHE;
pub use load::load;
pub use lowering::at_precision;
pub(crate) use memory::require_room;
pub use named::NamedModel;
pub use precision::Precision;
pub(crate) use probe::pictures as probe_pictures;
pub use provenance::Provenance;
pub use provider::{
    Library, LibraryState, Provider, ProviderState, ProviderStatus, Survey, examine, providers, survey,
};
pub use segmenter::{Segmentation, Segmenter};
pub use session::SessionOptions;
pub use winclip::{Embeddings, WinClip, WinClipOptions, aggregate, windows};
pub(crate) use work::{ImageWork, image_work};
