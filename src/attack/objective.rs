use ndarray::ArrayView2;

use super::goal::Goal;
use super::settings::{Border, Select, Settings};
use crate::error::{Error, Result};
use crate::metric;
use crate::model::Segmentation;
use crate::perturb::{self, Perturber, Restorer};
use crate::types::{Detail, Frame, Image, Input, Map, Mask, Perturbation, Piece, SampleId};

/// One picture to be perturbed, segmented and scored.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The unperturbed picture on its canvas, (3, height, width).
    pub image: &'a Image,
    /// The ground truth, (height, width); none where it is not known.
    pub mask: Option<&'a Mask>,
    /// The model's answer to the unchanged picture, from which drift is measured; none for the unchanged picture itself, and
    /// where drift is not asked for.
    pub clean: Option<&'a Segmentation>,
    /// The sample, for errors; none where it has no name.
    pub sample: Option<&'a SampleId>,
    /// The category, which decides the text prompts.
    pub category: &'a str,
    /// The perturbation of the picture.
    pub perturbation: Perturbation,
    /// How closely the model evaluates the picture.
    pub detail: Detail,
}

/// The evaluation of one [`Candidate`]: the model's answer and the loss.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Patch-level map and image score of the perturbed picture.
    pub segmentation: Segmentation,
    /// The loss; lower is worse for the segmenter.
    pub loss: f64,
    /// The rank, which decides which candidate is kept: [`Objective::rank`].
    pub rank: f64,
    /// Per-sample pixel AUROC, worked out for [`Select::Pooled`](super::Select::Pooled) alone; `None` where the scored mask has one
    /// class only.
    pub sample_auroc: Option<f64>,
}

/// The objective that a search minimises: perturb, (model), back-rotation, loss. The caller runs the model, between
/// [`Objective::perturber`] and [`Objective::loss`].
#[derive(Debug)]
pub struct Objective {
    perturber: Perturber,
    input: Input,
    restorer: Restorer,
    frame: Frame,
    loss_frame: Frame,
    border: Border,
    goal: Goal,
    select: Select,
}

/// A map and the ground truth it is compared with, both at evaluation size.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Anomaly map, (height, width) of the canvas.
    pub map: Map,
    /// Ground truth in the frame of the map, (height, width).
    pub mask: Mask,
    /// The pixels that count; `None` when all do.
    pub valid: Option<Mask>,
}

impl Objective {
    /// The objective for a model whose square input has `size` pixels a side. Maps and masks are compared on the canvas of a picture,
    /// which is that square unless [`Settings::fit`] says otherwise.
    pub fn new(settings: &Settings, size: usize) -> Self {
        Self {
            perturber: Perturber::new(settings.perturb, size),
            input: settings.input(size),
            restorer: Restorer::new(settings.map_rotation, size),
            frame: settings.frame,
            loss_frame: settings.loss_frame.unwrap_or(settings.frame),
            border: settings.border,
            goal: settings.loss,
            select: settings.select,
        }
    }

    /// The model's input, and how pictures are fitted to it.
    pub fn input(&self) -> Input {
        self.input
    }

    /// Side of the model's input, in pixels.
    pub fn size(&self) -> usize {
        self.input.side
    }

    /// The pieces of a picture's canvas that the model sees.
    pub(super) fn pieces_of(&self, image: &Image) -> Vec<Piece> {
        let (_, height, width) = image.dim();
        self.input.pieces((height, width))
    }

    /// The map of a canvas (height, width), of the patch-level maps of its pieces, which lie one below the other.
    fn enlarged(&self, patch_map: ArrayView2<f32>, canvas: (usize, usize)) -> Map {
        perturb::enlarge(patch_map, &self.input, canvas)
    }

    /// Whether answers are held against the clean one instead of the ground truth.
    pub fn is_drift(&self) -> bool {
        self.goal == Goal::Drift
    }

    /// The frame in which metrics compare map and mask.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The forward transform.
    pub fn perturber(&self) -> &Perturber {
        &self.perturber
    }

    /// Brings a patch-level map and the ground truth together at evaluation size, as metrics compare them. In the de-rotated frame the
    /// mask is not touched; in the rotated one the map is not.
    pub fn scored(&self, patch_map: ArrayView2<f32>, mask: &Mask, perturbation: &Perturbation) -> Scored {
        self.scored_in(self.frame, patch_map, mask, perturbation)
    }

    fn scored_in(
        &self,
        frame: Frame,
        patch_map: ArrayView2<f32>,
        mask: &Mask,
        perturbation: &Perturbation,
    ) -> Scored {
        let canvas = mask.dim();
        let map = self.enlarged(patch_map, canvas);
        match frame {
            Frame::Derotated => {
                let (map, valid) = self.restorer.bring_back(map, perturbation);
                Scored { map, mask: mask.clone(), valid: (self.border == Border::Ignore).then_some(valid) }
            }
            Frame::RotatedMask => Scored {
                map,
                mask: perturb::warp_mask(mask.view(), perturbation),
                valid: (self.border == Border::Ignore)
                    .then(|| perturb::warp_mask(Mask::from_elem(canvas, true).view(), perturbation)),
            },
        }
    }

    /// The loss of a candidate, given the model's answer to it. Lower is worse for the segmenter.
    ///
    /// # Errors
    /// A usage error where the candidate has no ground truth and the loss needs it, or where drift is asked for and the answer to
    /// the unchanged picture is missing.
    pub fn loss(&self, answer: &Segmentation, candidate: &Candidate<'_>) -> Result<f64> {
        let &Candidate { image, mask, clean, perturbation, .. } = candidate;
        let (_, height, width) = image.dim();
        self.loss_of(answer, (height, width), mask, clean, perturbation)
    }

    /// The loss of an answer, as [`Self::loss`] has it, given height and width of the canvas, the ground truth, the answer to the unchanged
    /// picture and the perturbation.
    ///
    /// # Errors
    /// The errors of [`Self::loss`].
    pub fn loss_of(
        &self,
        answer: &Segmentation,
        canvas: (usize, usize),
        mask: Option<&Mask>,
        clean: Option<&Segmentation>,
        perturbation: Perturbation,
    ) -> Result<f64> {
        match (self.goal, mask, clean) {
            (Goal::Truth(loss), Some(mask), _) => {
                Ok(self.loss_of_truth(loss, answer.map.view(), mask, perturbation))
            }
            (Goal::Truth(loss), None, _) => Err(Error::setting(
                "loss",
                loss,
                "compares maps with masks, and there are none",
                "use `loss = drift`, or data with ground truth",
            )),
            (Goal::Drift, _, Some(clean)) => Ok(self.drift(answer, clean, canvas, &perturbation)),
            (Goal::Drift, _, None) if perturbation == Perturbation::IDENTITY => Ok(0.0),
            (Goal::Drift, _, None) => Err(Error::usage(
                "`loss = drift`",
                "is measured from the answer to the unchanged picture, which is missing",
                "evaluate the unchanged picture first",
            )),
        }
    }

    /// Works out everything about the answer to one candidate.
    ///
    /// # Errors
    /// The errors of [`Self::loss`].
    pub(super) fn evaluation(
        &self,
        segmentation: Segmentation,
        candidate: &Candidate<'_>,
    ) -> Result<Evaluation> {
        let loss = self.loss(&segmentation, candidate)?;
        let rank = self.rank(&segmentation, candidate, loss);
        let sample_auroc = candidate
            .mask
            .filter(|_| self.select == Select::Pooled)
            .and_then(|mask| self.sample_auroc(segmentation.map.view(), mask, candidate.perturbation));
        Ok(Evaluation { segmentation, loss, rank, sample_auroc })
    }

    fn loss_of_truth(
        &self,
        loss: metric::Loss,
        patch_map: ArrayView2<f32>,
        mask: &Mask,
        perturbation: Perturbation,
    ) -> f64 {
        match self.loss_frame {
            Frame::Derotated => {
                let map = self.enlarged(patch_map, mask.dim());
                let (map, valid) = self.restorer.bring_back(map, &perturbation);
                let valid = (self.border == Border::Ignore).then(|| valid.view());
                metric::loss(loss, map.view(), mask.view(), valid)
            }
            Frame::RotatedMask => {
                let scored = self.scored_in(Frame::RotatedMask, patch_map, mask, &perturbation);
                let valid = scored.valid.as_ref().map(|mask| mask.view());
                metric::loss(loss, scored.map.view(), scored.mask.view(), valid)
            }
        }
    }

    /// How far the answer to a perturbed picture has moved from the clean one ([`metric::drift`]). Drift is measured in the frame of
    /// the unchanged picture and over the pixels that the turned, zoomed or shifted one still shows, whatever frame and border the
    /// settings have for the comparison with masks; `canvas` is height and width of the picture's. Moving a map resamples it, so that even
    /// a segmenter whose map moves exactly with its picture drifts a little.
    pub fn drift(
        &self,
        answer: &Segmentation,
        clean: &Segmentation,
        canvas: (usize, usize),
        perturbation: &Perturbation,
    ) -> f64 {
        let (map, valid) = self.restorer.bring_back(self.enlarged(answer.map.view(), canvas), perturbation);
        let clean_map = self.enlarged(clean.map.view(), canvas);
        metric::drift(map.view(), clean_map.view(), valid.view(), answer.image_score, clean.image_score)
    }

    /// The rank of a candidate, given its loss, which decides what is kept ([`Select`]). Lower is worse for the segmenter; infinite
    /// for a candidate that is not to be kept.
    pub fn rank(&self, answer: &Segmentation, candidate: &Candidate<'_>, loss: f64) -> f64 {
        match (self.select, candidate.mask) {
            (Select::SampleAuroc, Some(mask)) if mask.iter().any(|&anomalous| anomalous) => {
                self.sample_auroc(answer.map.view(), mask, candidate.perturbation).unwrap_or(f64::INFINITY)
            }
            _ => loss,
        }
    }

    /// Per-sample pixel AUROC, `None` where the scored mask has one class only.
    pub fn sample_auroc(
        &self,
        patch_map: ArrayView2<f32>,
        mask: &Mask,
        perturbation: Perturbation,
    ) -> Option<f64> {
        let scored = self.scored(patch_map, mask, &perturbation);
        metric::sample_auroc(
            scored.map.view(),
            scored.mask.view(),
            scored.valid.as_ref().map(|mask| mask.view()),
        )
    }
}
