use ndarray::ArrayView2;

use super::goal::Goal;
use super::settings::{Border, Select, Settings};
use crate::error::{Error, Result};
use crate::metric;
use crate::model::Segmentation;
use crate::perturb::{self, Perturber, Restorer};
use crate::types::{Detail, Frame, Image, Map, Mask, Perturbation, SampleId};

/// One picture to be perturbed, segmented and scored.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The unperturbed picture, (3, size, size).
    pub image: &'a Image,
    /// The ground truth, (size, size); none where it is not known.
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
    size: usize,
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
    /// Anomaly map, (size, size).
    pub map: Map,
    /// Ground truth in the frame of the map, (size, size).
    pub mask: Mask,
    /// The pixels that count; `None` when all do.
    pub valid: Option<Mask>,
}

impl Objective {
    /// The objective for square pictures of `size` pixels, which is also the evaluation size.
    pub fn new(settings: &Settings, size: usize) -> Self {
        Self {
            perturber: Perturber::new(settings.perturb, size),
            size,
            restorer: Restorer::new(settings.map_rotation, size),
            frame: settings.frame,
            loss_frame: settings.loss_frame.unwrap_or(settings.frame),
            border: settings.border,
            goal: settings.loss,
            select: settings.select,
        }
    }

    /// Side of the evaluated square, in pixels.
    pub fn size(&self) -> usize {
        self.size
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
        let size = (self.size, self.size);
        match frame {
            Frame::Derotated => {
                let (map, valid) = self.restorer.restore(patch_map, perturbation);
                Scored { map, mask: mask.clone(), valid: (self.border == Border::Ignore).then_some(valid) }
            }
            Frame::RotatedMask => Scored {
                map: perturb::upsample(patch_map, size),
                mask: perturb::warp_mask(mask.view(), perturbation),
                valid: (self.border == Border::Ignore)
                    .then(|| perturb::warp_mask(Mask::from_elem(size, true).view(), perturbation)),
            },
        }
    }

    /// The loss of a candidate, given the model's answer to it. Lower is worse for the segmenter.
    ///
    /// # Errors
    /// A usage error where the candidate has no ground truth and the loss needs it, or where drift is asked for and the answer to
    /// the unchanged picture is missing.
    pub fn loss(&self, answer: &Segmentation, candidate: &Candidate<'_>) -> Result<f64> {
        let &Candidate { mask, clean, perturbation, .. } = candidate;
        self.loss_of(answer, mask, clean, perturbation)
    }

    /// The loss of an answer, as [`Self::loss`] has it, given the ground truth, the answer to the unchanged picture and the
    /// perturbation.
    ///
    /// # Errors
    /// The errors of [`Self::loss`].
    pub fn loss_of(
        &self,
        answer: &Segmentation,
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
            (Goal::Drift, _, Some(clean)) => Ok(self.drift(answer, clean, &perturbation)),
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
                let (map, valid) = self.restorer.restore(patch_map, &perturbation);
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
    /// settings have for the comparison with masks. Moving a map resamples it, so that even a segmenter whose map moves exactly with
    /// its picture drifts a little.
    pub fn drift(&self, answer: &Segmentation, clean: &Segmentation, perturbation: &Perturbation) -> f64 {
        let size = (self.size, self.size);
        let (map, valid) = self.restorer.restore(answer.map.view(), perturbation);
        let clean_map = perturb::upsample(clean.map.view(), size);
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
