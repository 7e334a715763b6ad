//! The layouts by name.

use crate::types::named;

/// A way in which a test set lies on disk. `docs/datasets.md` draws each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Layout {
    /// `<category>/test/{good,<defect>}` and `<category>/ground_truth/<defect>`: MVTec AD, MPDD,
    /// DTD-Synthetic, converted VisA.
    MvtecAd,
    /// VisA as published: `<object>/Data/Images/{Normal,Anomaly}` and `split_csv/1cls.csv`.
    Visa,
    /// MVTec AD 2: `<category>/test_public/{good,bad,ground_truth/bad}`; the private sets have no ground
    /// truth.
    MvtecAd2,
    /// The private test sets of MVTec AD 2 and its validation pictures, without ground truth:
    /// `<category>/{test_private,test_private_mixed,validation/good}`.
    MvtecAd2Private,
    /// MVTec LOCO: a folder of masks for each anomalous picture.
    MvtecLoco,
    /// BTAD: `<category>/test/{ok,ko}` and `<category>/ground_truth/ko`.
    Btad,
    /// AeBAD-S: `<category>/test/{good,<defect>}/<condition>` and `<category>/ground_truth/<defect>/<condition>`.
    AebadS,
    /// M2AD: `<category>/{Good,NG}/<object>`, pictures named by view and light, and `<category>/GT/<object>`.
    M2ad,
    /// RobustAD: `<category>/<prefix>_test<N>/metadata.jsonl`.
    Robustad,
    /// The `meta.json` of AnomalyCLIP and its relatives.
    MetaJson,
    /// The CSV of this program, `category,split,image,mask`.
    Manifest,
    /// Good and defective pictures without masks: `<category>/{good,<defect>}`, or the labels of any other layout.
    ImageLabels,
    /// Pictures without ground truth, in one folder or in a folder for each category.
    Unlabelled,
}

// Layouts with files of their own come before those that only describe the files of others.
named!(Layout, "a layout", {
    MvtecAd = "mvtec-ad",
    Visa = "visa",
    MvtecAd2 = "mvtec-ad-2",
    MvtecAd2Private = "mvtec-ad-2-private",
    MvtecLoco = "mvtec-loco",
    Btad = "btad",
    AebadS = "aebad-s",
    M2ad = "m2ad",
    Robustad = "robustad",
    MetaJson = "meta-json",
    Manifest = "manifest",
    ImageLabels = "image-labels",
    Unlabelled = "unlabelled",
});

impl Layout {
    /// Whether the layout tells which samples are good and which defective.
    pub fn has_labels(self) -> bool {
        !matches!(self, Self::MvtecAd2Private | Self::Unlabelled)
    }

    /// Whether the layout has masks, the ground truth of pixels, beside labels.
    pub fn has_masks(self) -> bool {
        self.has_labels() && self != Self::ImageLabels
    }

    /// Description of what a folder of the layout must hold.
    pub(in super::super) fn expects(self) -> &'static str {
        match self {
            Self::MvtecAd => "<category>/test/{good,<defect>} and <category>/ground_truth/<defect>",
            Self::Visa => "<object>/Data/Images/{Normal,Anomaly} and split_csv/1cls.csv",
            Self::MvtecAd2 => "<category>/test_public/{good,bad,ground_truth/bad}",
            Self::MvtecAd2Private => "<category>/{test_private,test_private_mixed} without test_public",
            Self::MvtecLoco => "<category>/test/{good,logical_anomalies,structural_anomalies}",
            Self::Btad => "<category>/test/{ok,ko} and <category>/ground_truth/ko",
            Self::AebadS => "<category>/test/{good,<defect>}/{same,background,illumination,view}",
            Self::M2ad => "<category>/{Good,NG,GT}/<object>",
            Self::Robustad => "<category>/<prefix>_test0/metadata.jsonl",
            Self::MetaJson => "meta.json",
            Self::Manifest => "manifest.csv (category,split,image,mask)",
            Self::ImageLabels => "<category>/{good,<defect>} without masks",
            Self::Unlabelled => {
                "pictures without ground truth, in one folder or in a folder for each category"
            }
        }
    }
}
