use super::settings::{Border, Select, Settings};
use crate::perturb::{self, Fill, Rotation};
use crate::types::{Frame, named};

/// A published protocol, as settings: that of arXiv 2405.07969 or of its authors' code (`examples/anomalib_adversary` in
/// IntelLabs/MART). Both have the three axes and bounds (+-90 degrees, the whole hue circle, saturation +-0.5), the contrast loss,
/// the three-pass rotation with replicated borders and 100 evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// The paper's text: the map is turned back and compared with the untouched mask; corners that a rotation brought in count with
    /// a score of zero.
    Paper,
    /// The authors' code: the mask is turned with the picture, and an anomalous sample keeps the candidate of lowest pixel AUROC.
    Authors,
}

named!(Preset, "a preset", { Paper = "paper", Authors = "authors" });

impl Preset {
    /// Name of the prompt set ([`PromptSet`](crate::prompt::PromptSet)) of the WinCLIP that both attacked, anomalib's.
    pub const PROMPTS: &str = "common21";

    /// The settings of the protocol.
    pub fn settings(self) -> Settings {
        let shared = Settings {
            perturb: perturb::Resampling { rotation: Rotation::ThreePass, fill: Fill::Replicate },
            border: Border::Zeros,
            ..Settings::default()
        };
        match self {
            Self::Paper => Settings { frame: Frame::Derotated, select: Select::Loss, ..shared },
            Self::Authors => Settings { frame: Frame::RotatedMask, select: Select::SampleAuroc, ..shared },
        }
    }
}
