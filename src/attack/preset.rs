use super::settings::{Border, Select, Settings};
use crate::perturb::{self, Fill, Rotation};
use crate::types::{Fit, Fitting, Frame, named};

/// A published protocol, as settings: that of arXiv 2405.07969 or of its authors' code (`examples/anomalib_adversary` in
/// IntelLabs/MART). Both have the three axes and bounds (+-90 degrees, the whole hue circle, saturation +-0.5), the contrast loss,
/// the three-pass rotation with replicated borders and 100 evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// The paper's text, as the first version of the authors' code (23 May 2024) has it: the map is turned back by three passes with
    /// zeros outside, and metrics compare it with the untouched mask; the loss compares the map as it is with the mask turned (nearest
    /// pixel, zeros outside), and the candidate of lowest loss is kept. Pictures that are not square are tiled: the paper cuts them into
    /// patches, in a way that is not published, where the code squeezes them.
    Paper,
    /// The authors' code as published: the mask is turned with the picture for metrics and loss, and an anomalous sample keeps the
    /// candidate of lowest pixel AUROC, a normal one that of lowest loss.
    Authors,
}

named!(Preset, "a preset", { Paper = "paper", Authors = "authors" });

impl Preset {
    /// Name of the prompt set ([`PromptSet`](crate::prompt::PromptSet)) of the WinCLIP that both attacked, anomalib's.
    pub const PROMPTS: &str = "common21";

    /// The settings of the protocol.
    pub fn settings(self) -> Settings {
        let shared = Settings {
            perturb: perturb::Resampling {
                rotation: Rotation::ThreePass,
                fill: Fill::Replicate,
                ..perturb::Resampling::default()
            },
            border: Border::Zeros,
            ..Settings::default()
        };
        match self {
            Self::Paper => Settings {
                fit: Fitting::of(Fit::Tile),
                map_rotation: Rotation::ThreePass,
                frame: Frame::Derotated,
                loss_frame: Some(Frame::RotatedMask),
                select: Select::Loss,
                ..shared
            },
            Self::Authors => Settings { frame: Frame::RotatedMask, select: Select::SampleAuroc, ..shared },
        }
    }
}
