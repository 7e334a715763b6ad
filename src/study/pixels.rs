//! What the pixels of data tell before a run: defects that vanish at the model's size, masks and pictures that were perhaps meant
//! otherwise.

use std::collections::BTreeSet;

use ndarray::Array2;
use rayon::prelude::*;

use crate::dataset::{self, Dataset};
use crate::metric::components;
use crate::types::{Fitting, Mask, SampleId, counted};

/// Most samples that a warning names.
const NAMED: usize = 5;

/// What is unusual about the pixels of the samples, and about the defects when their masks are brought to a model's size, for each
/// of the sizes: one line for each kind. Samples that cannot be read are passed over. `tick` is called once for each sample.
pub fn pixel_warnings(
    dataset: &Dataset,
    (sizes, fitting): (&BTreeSet<usize>, Fitting),
    tick: &(dyn Fn() + Sync),
) -> Vec<String> {
    let samples: Vec<_> = dataset.categories.iter().flat_map(|category| &category.samples).collect();
    let looked: Vec<_> = samples
        .par_iter()
        .map(|sample| {
            let looked = dataset::look(sample);
            tick();
            let pixels = looked.ok()?;
            let fates = pixels.mask.map_or_else(Vec::new, |mask| fates(&mask, sizes, fitting));
            Some((&sample.id, pixels.remarks, fates))
        })
        .collect();
    let looked = || looked.iter().flatten();
    let mut warnings = dataset::sum_up(looked().flat_map(|(_, remarks, _)| remarks));
    for (at, &size) in sizes.iter().enumerate() {
        let fates: Vec<(&SampleId, Fate)> =
            looked().filter_map(|(id, _, fates)| Some((*id, *fates.get(at)?))).collect();
        warnings.extend(told(&fates, size));
    }
    warnings
}

/// What becomes of the regions of a mask at another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fate {
    /// Regions as stored.
    regions: usize,
    /// Regions without a pixel left.
    lost: usize,
    /// By how many touching regions make fewer.
    joined: usize,
    /// By how many regions that fall apart make more.
    split: usize,
}

fn fates(mask: &Mask, sizes: &BTreeSet<usize>, fitting: Fitting) -> Vec<Fate> {
    let (labels, regions) = components(mask.view());
    // A picture that is smaller than a tile is an error elsewhere.
    let canvases = sizes.iter().map(|&size| fitting.canvas(mask.dim(), size).unwrap_or((size, size)));
    canvases.map(|canvas| fate(&dataset::nearest(labels.clone(), canvas), regions)).collect()
}

/// `small` has the labels of the stored regions where they are at the other size.
fn fate(small: &Array2<u32>, regions: usize) -> Fate {
    let (at_size, _) = components(small.mapv(|label| label > 0).view());
    let pairs: BTreeSet<(u32, u32)> =
        small.iter().zip(&at_size).filter(|(label, _)| **label > 0).map(|(&a, &b)| (a, b)).collect();
    let stored: BTreeSet<u32> = pairs.iter().map(|pair| pair.0).collect();
    let found: BTreeSet<u32> = pairs.iter().map(|pair| pair.1).collect();
    Fate {
        regions,
        lost: regions - stored.len(),
        joined: pairs.len() - found.len(),
        split: pairs.len() - stored.len(),
    }
}

/// What can befall regions, in words, and how many of a mask it befell.
type Kind = (&'static str, fn(&Fate) -> usize);

fn told(fates: &[(&SampleId, Fate)], size: usize) -> Vec<String> {
    let gone = |fate: &Fate| fate.lost == fate.regions;
    let vanished: Vec<String> =
        fates.iter().filter(|(_, fate)| gone(fate)).map(|(id, _)| id.to_string()).collect();
    let mut lines = Vec::new();
    if !vanished.is_empty() {
        lines.push(format!(
            "no marked pixel is left of {} at {size} x {size}, the model's size: all pixels there count as good ({})",
            counted(vanished.len(), "defective sample", "defective samples"),
            some(&vanished)
        ));
    }
    let kinds: [Kind; 3] = [
        ("vanish, and AUPRO leaves them out", |fate| fate.lost),
        ("touch another, and AUPRO counts them as one", |fate| fate.joined),
        ("fall apart, and AUPRO counts each part", |fate| fate.split),
    ];
    for (what, number) in kinds {
        let found: Vec<(String, usize)> = fates
            .iter()
            .filter(|(_, fate)| !gone(fate) && number(fate) > 0)
            .map(|(id, fate)| {
                (format!("{id}: {} of {}", number(fate).min(fate.regions), fate.regions), number(fate))
            })
            .collect();
        if !found.is_empty() {
            let names: Vec<String> = found.iter().map(|(name, _)| name.clone()).collect();
            lines.push(format!(
                "marked regions of {} {what} at {size} x {size}, the model's size ({})",
                counted(names.len(), "sample", "samples"),
                some(&names)
            ));
        }
    }
    lines
}

fn some(names: &[String]) -> String {
    let named = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> SampleId {
        SampleId { category: "nut".into(), defect: "dent".into(), stem: number.to_string() }
    }

    /// The fate at 4 x 4 of a mask of 8 x 8; output pixels take the odd rows and columns.
    fn at_half(marked: &[(usize, usize)]) -> Fate {
        let mask = Mask::from_shape_fn((8, 8), |place| marked.contains(&place));
        fates(&mask, &BTreeSet::from([4]), Fitting::default())[0]
    }

    #[test]
    fn regions_that_vanish_touch_or_fall_apart_are_counted() {
        let fate = |regions, lost, joined, split| Fate { regions, lost, joined, split };
        assert_eq!(at_half(&[(1, 1)]), fate(1, 0, 0, 0));
        assert_eq!(at_half(&[(0, 0)]), fate(1, 1, 0, 0));
        assert_eq!(at_half(&[(1, 1), (6, 6)]), fate(2, 1, 0, 0));
        assert_eq!(at_half(&[(1, 1), (1, 3)]), fate(2, 0, 1, 0));
        // A line that leaves the odd columns for a while.
        assert_eq!(at_half(&[(1, 1), (2, 2), (3, 2), (4, 2), (5, 2), (6, 2), (7, 1)]), fate(1, 0, 0, 1));
    }

    #[test]
    fn warnings_name_the_first_samples_and_how_many_more() {
        let ids: Vec<SampleId> = (0..7).map(id).collect();
        let all = |fate: Fate| -> Vec<(&SampleId, Fate)> { ids.iter().map(|id| (id, fate)).collect() };
        let lines = told(&all(Fate { regions: 1, lost: 1, joined: 0, split: 0 }), 32);
        assert!(lines.len() == 1 && lines[0].contains("of 7 defective samples at"), "{lines:?}");
        assert!(lines[0].contains("nut/dent/0, nut/dent/1") && lines[0].contains("and 2 more"), "{lines:?}");
        let lines = told(&all(Fate { regions: 3, lost: 1, joined: 1, split: 0 })[..1], 32);
        assert!(
            lines.len() == 2
                && lines[0].contains("AUPRO")
                && lines[0].contains("of 1 sample vanish")
                && lines[0].contains("nut/dent/0: 1 of 3"),
            "{lines:?}"
        );
    }
}
