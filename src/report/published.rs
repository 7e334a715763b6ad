//! Clean zero-shot numbers of WinCLIP with ViT-B/16+ (LAION-400M, 240 pixels) that others have published.

use crate::dataset::Official;
use crate::types::Over;

/// A published pair of pixel metrics, in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// Who measured it.
    pub source: &'static str,
    /// Pixel AUROC.
    pub pixel_auroc: f64,
    /// AUPRO up to a false positive rate of 0.3.
    pub aupro: f64,
}

/// Accurate-WinCLIP-pytorch (zqhang), whose public numbers are per category.
const ACCURATE: &str = "Accurate-WinCLIP";
/// Jeong et al., CVPR 2023, which give means.
const WINCLIP: &str = "WinCLIP paper";

type Row = (&'static str, f64, f64);

const MVTEC_AD: [Row; 15] = [
    ("bottle", 85.7, 69.9),
    ("cable", 61.3, 39.4),
    ("capsule", 87.0, 63.8),
    ("carpet", 90.9, 66.3),
    ("grid", 79.4, 49.3),
    ("hazelnut", 95.7, 81.3),
    ("leather", 95.5, 86.0),
    ("metal_nut", 49.3, 39.7),
    ("pill", 72.7, 66.9),
    ("screw", 91.1, 70.2),
    ("tile", 79.1, 54.5),
    ("toothbrush", 86.2, 67.9),
    ("transistor", 83.7, 45.5),
    ("wood", 85.1, 56.3),
    ("zipper", 91.7, 72.0),
];

const VISA: [Row; 12] = [
    ("candle", 87.0, 77.7),
    ("capsules", 80.0, 39.4),
    ("cashew", 84.8, 78.4),
    ("chewinggum", 95.4, 69.6),
    ("fryum", 87.7, 74.4),
    ("macaroni1", 50.3, 24.7),
    ("macaroni2", 44.7, 8.0),
    ("pcb1", 38.7, 20.7),
    ("pcb2", 58.7, 20.6),
    ("pcb3", 76.0, 43.7),
    ("pcb4", 91.4, 74.5),
    ("pipe_fryum", 83.6, 80.3),
];

/// What is published of a category of a set, or of the mean over all of them. AUPRO there is computed at 200 linear thresholds on a
/// rescaled axis, which differs a little from the exact one.
pub fn published(official: Official, over: &Over) -> Vec<Published> {
    let (rows, mean, paper): (&[Row], _, _) = match official {
        Official::MvtecAd => (&MVTEC_AD, (82.3, 61.9), (85.1, 64.6)),
        Official::Visa => (&VISA, (73.2, 51.0), (79.6, 56.8)),
        _ => return Vec::new(),
    };
    let of = |source, (pixel_auroc, aupro): (f64, f64)| Published {
        source,
        pixel_auroc: pixel_auroc / 100.0,
        aupro: aupro / 100.0,
    };
    match over {
        Over::Category(name) => {
            let own = rows.iter().find(|row| row.0 == name);
            own.map(|row| of(ACCURATE, (row.1, row.2))).into_iter().collect()
        }
        Over::Mean => vec![of(ACCURATE, mean), of(WINCLIP, paper)],
        Over::All => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_is_there_and_the_means_are_theirs() {
        for (official, rows) in [(Official::MvtecAd, &MVTEC_AD[..]), (Official::Visa, &VISA[..])] {
            let names = official.categories();
            assert!(names.iter().all(|name| published(official, &Over::Category((*name).into())).len() == 1));
            let mean = |value: fn(&Row) -> f64| rows.iter().map(value).sum::<f64>() / names.len() as f64;
            let published = published(official, &Over::Mean);
            assert_eq!(published.len(), 2);
            assert!((mean(|row| row.1) / 100.0 - published[0].pixel_auroc).abs() < 6e-4);
            assert!((mean(|row| row.2) / 100.0 - published[0].aupro).abs() < 6e-4);
        }
        assert!(published(Official::Btad, &Over::Mean).is_empty());
    }
}
