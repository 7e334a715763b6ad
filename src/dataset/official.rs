//! Published test sets, and which one a folder holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::sample::Counts;

/// A published test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Official {
    /// MVTec AD (Bergmann et al., CVPR 2019).
    MvtecAd,
    /// VisA (Zou et al., ECCV 2022).
    Visa,
    /// MVTec AD 2 (Heckler-Kram et al., 2025), its public test set.
    MvtecAd2,
    /// MVTec LOCO AD (Bergmann et al., IJCV 2022).
    MvtecLoco,
    /// BeanTech AD (Mishra et al., ISIE 2021).
    Btad,
    /// MPDD (Jezek et al., ICUMT 2021).
    Mpdd,
    /// DTD-Synthetic (Aota et al., WACV 2023).
    DtdSynthetic,
}

/// Normal and anomalous test pictures of each category of MVTec AD (its paper, table 1).
const MVTEC_AD: [(&str, usize, usize); 15] = [
    ("bottle", 20, 63),
    ("cable", 58, 92),
    ("capsule", 23, 109),
    ("carpet", 28, 89),
    ("grid", 21, 57),
    ("hazelnut", 40, 70),
    ("leather", 32, 92),
    ("metal_nut", 22, 93),
    ("pill", 26, 141),
    ("screw", 41, 119),
    ("tile", 33, 84),
    ("toothbrush", 12, 30),
    ("transistor", 60, 40),
    ("wood", 19, 60),
    ("zipper", 32, 119),
];

/// Normal and anomalous test pictures of each object of VisA, with the split of `1cls.csv`.
const VISA: [(&str, usize, usize); 12] = [
    ("candle", 100, 100),
    ("capsules", 60, 100),
    ("cashew", 50, 100),
    ("chewinggum", 50, 100),
    ("fryum", 50, 100),
    ("macaroni1", 100, 100),
    ("macaroni2", 100, 100),
    ("pcb1", 100, 100),
    ("pcb2", 100, 100),
    ("pcb3", 101, 100),
    ("pcb4", 101, 100),
    ("pipe_fryum", 50, 100),
];

const MVTEC_AD_2: [&str; 8] =
    ["can", "fabric", "fruit_jelly", "rice", "sheet_metal", "vial", "wallplugs", "walnuts"];
const MVTEC_LOCO: [&str; 5] =
    ["breakfast_box", "juice_bottle", "pushpins", "screw_bag", "splicing_connectors"];
const BTAD: [&str; 3] = ["01", "02", "03"];
const MPDD: [&str; 6] =
    ["bracket_black", "bracket_brown", "bracket_white", "connector", "metal_plate", "tubes"];
const DTD_SYNTHETIC: [&str; 12] = [
    "Blotchy_099",
    "Fibrous_183",
    "Marbled_078",
    "Matted_069",
    "Mesh_114",
    "Perforated_037",
    "Stratified_154",
    "Woven_001",
    "Woven_068",
    "Woven_104",
    "Woven_125",
    "Woven_127",
];

impl Official {
    /// All published test sets.
    pub const ALL: [Self; 7] = [
        Self::MvtecAd,
        Self::Visa,
        Self::MvtecAd2,
        Self::MvtecLoco,
        Self::Btad,
        Self::Mpdd,
        Self::DtdSynthetic,
    ];

    /// Name of the set as its authors write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MvtecAd => "MVTec AD",
            Self::Visa => "VisA",
            Self::MvtecAd2 => "MVTec AD 2",
            Self::MvtecLoco => "MVTec LOCO",
            Self::Btad => "BTAD",
            Self::Mpdd => "MPDD",
            Self::DtdSynthetic => "DTD-Synthetic",
        }
    }

    /// Names of the categories of the set.
    pub fn categories(self) -> Vec<&'static str> {
        match self {
            Self::MvtecAd => MVTEC_AD.iter().map(|row| row.0).collect(),
            Self::Visa => VISA.iter().map(|row| row.0).collect(),
            Self::MvtecAd2 => MVTEC_AD_2.to_vec(),
            Self::MvtecLoco => MVTEC_LOCO.to_vec(),
            Self::Btad => BTAD.to_vec(),
            Self::Mpdd => MPDD.to_vec(),
            Self::DtdSynthetic => DTD_SYNTHETIC.to_vec(),
        }
    }

    /// Numbers of test pictures of one category of the set, where they are known here.
    pub fn counts(self, category: &str) -> Option<Counts> {
        let table: &[(&str, usize, usize)] = match self {
            Self::MvtecAd => &MVTEC_AD,
            Self::Visa => &VISA,
            _ => return None,
        };
        let (_, normal, anomalous) = *table.iter().find(|row| row.0 == category)?;
        Some(Counts { normal, anomalous })
    }

    /// Numbers of test pictures of the whole set, where only these are known here.
    pub(super) fn counts_in_all(self) -> Option<Counts> {
        (self == Self::Mpdd).then_some(Counts { normal: 176, anomalous: 282 })
    }

    /// The published set that has categories of all these names, in a layout that it comes in. BTAD's bare
    /// numbers count only in BTAD's layout or a list.
    pub(super) fn recognise<'n>(
        layout: Layout,
        names: impl Iterator<Item = &'n str> + Clone,
    ) -> Option<Self> {
        names.clone().next()?;
        Self::ALL.into_iter().find(|official| {
            let known = official.categories();
            official.comes_in(layout) && names.clone().all(|name| known.contains(&name))
        })
    }

    /// Whether a data set with `names` of the set's categories agrees with it: in a layout of its own, with half of its categories,
    /// or with about as many pictures in one of those that are `found`, or as many good or defective ones. Anybody's hazelnuts may be
    /// called `hazelnut`.
    pub(super) fn agrees(
        self,
        layout: Layout,
        names: usize,
        found: impl FnOnce() -> Vec<(String, Counts)>,
    ) -> bool {
        let own = !matches!(layout, Layout::MvtecAd | Layout::MetaJson | Layout::Manifest);
        let as_published = |(name, Counts { normal, anomalous }): (String, Counts)| {
            self.counts(&name).is_some_and(|counts| {
                let near = |found: usize, published: usize| 4 * found.abs_diff(published) <= published;
                counts.normal == normal
                    || counts.anomalous == anomalous
                    || (near(normal, counts.normal) && near(anomalous, counts.anomalous))
            })
        };
        own || 2 * names >= self.categories().len() || found().into_iter().any(as_published)
    }

    fn comes_in(self, layout: Layout) -> bool {
        if matches!(layout, Layout::MetaJson | Layout::Manifest) {
            return true;
        }
        match self {
            Self::MvtecAd | Self::Mpdd | Self::DtdSynthetic => layout == Layout::MvtecAd,
            Self::Visa => matches!(layout, Layout::Visa | Layout::MvtecAd),
            Self::MvtecAd2 => matches!(layout, Layout::MvtecAd2 | Layout::MvtecAd2Private),
            Self::MvtecLoco => layout == Layout::MvtecLoco,
            Self::Btad => layout == Layout::Btad,
        }
    }
}

impl fmt::Display for Official {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_add_up_to_the_published_totals() {
        for (official, normal, anomalous) in [(Official::MvtecAd, 467, 1258), (Official::Visa, 962, 1200)] {
            let counts: Vec<Counts> =
                official.categories().into_iter().filter_map(|name| official.counts(name)).collect();
            assert_eq!(counts.iter().map(|counts| counts.normal).sum::<usize>(), normal);
            assert_eq!(counts.iter().map(|counts| counts.anomalous).sum::<usize>(), anomalous);
        }
    }

    #[test]
    fn one_category_of_a_known_name_is_the_published_one_only_with_its_numbers() {
        let agrees = |normal, anomalous| {
            let found = || vec![("hazelnut".to_owned(), Counts { normal, anomalous })];
            Official::MvtecAd.agrees(Layout::MvtecAd, 1, found)
        };
        assert!(agrees(40, 70) && agrees(38, 70) && agrees(40, 1) && agrees(35, 71));
        assert!(!agrees(5, 3));
    }

    #[test]
    fn names_tell_the_set_only_in_its_layouts() {
        let recognise = |layout, names: &[&str]| Official::recognise(layout, names.iter().copied());
        assert_eq!(recognise(Layout::MvtecAd, &["bottle", "zipper"]), Some(Official::MvtecAd));
        assert_eq!(recognise(Layout::MvtecAd, &["bottle", "candle"]), None);
        assert_eq!(recognise(Layout::MvtecAd, &["candle"]), Some(Official::Visa));
        assert_eq!(recognise(Layout::MetaJson, &["candle"]), Some(Official::Visa));
        assert_eq!(recognise(Layout::MvtecAd, &["01"]), None);
        assert_eq!(recognise(Layout::Btad, &["01"]), Some(Official::Btad));
        assert_eq!(recognise(Layout::MvtecAd, &[]), None);
    }
}
