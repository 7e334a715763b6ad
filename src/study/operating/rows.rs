//! Rows of `operating.csv`, and their means over categories.

use crate::metric::Estimate;
use crate::record::{Compared, Curves, Grouping, ImageRates, OperatingDrops, OperatingRow, PixelRates};
use crate::stats;
use crate::study::intervals::around;
use crate::types::{Interval, Over};

/// The statistics of a row that have intervals: pixel F1, image F1, the differences of pixel AUROC, pixel F1 and image F1, and the drops
/// of pixel AUROC and image AUROC.
pub(in crate::study) type Estimated = [Option<Estimate>; 7];

/// A row with the values of some of its statistics in the redraws.
pub(in crate::study) struct Found {
    pub row: OperatingRow,
    pub estimates: Estimated,
}

pub(super) fn ends(interval: Option<Interval>) -> (Option<f64>, Option<f64>) {
    (interval.map(|ends| ends.low), interval.map(|ends| ends.high))
}

pub(super) fn with_differences(
    compared: Compared,
    differences: [Option<f64>; 3],
    estimates: &Estimated,
) -> Compared {
    let [auroc, pixel_f1, image_f1] = differences;
    let (auroc_ends, pixel_ends, image_ends) = (
        ends(around(auroc, &estimates[2])),
        ends(around(pixel_f1, &estimates[3])),
        ends(around(image_f1, &estimates[4])),
    );
    Compared {
        pixel_auroc_difference: auroc,
        pixel_auroc_difference_low: auroc_ends.0,
        pixel_auroc_difference_high: auroc_ends.1,
        pixel_f1_difference: pixel_f1,
        pixel_f1_difference_low: pixel_ends.0,
        pixel_f1_difference_high: pixel_ends.1,
        image_f1_difference: image_f1,
        image_f1_difference_low: image_ends.0,
        image_f1_difference_high: image_ends.1,
        ..compared
    }
}

/// Drops of pixel AUROC and image AUROC with their intervals.
pub(super) fn drops([pixel_auroc, image_auroc]: [Option<f64>; 2], estimates: &Estimated) -> OperatingDrops {
    let (of_pixels, of_images) =
        (ends(around(pixel_auroc, &estimates[5])), ends(around(image_auroc, &estimates[6])));
    OperatingDrops {
        pixel_auroc_drop: pixel_auroc,
        pixel_auroc_drop_low: of_pixels.0,
        pixel_auroc_drop_high: of_pixels.1,
        image_auroc_drop: image_auroc,
        image_auroc_drop_low: of_images.0,
        image_auroc_drop_high: of_images.1,
    }
}

/// The scenes behind a mean of differences: a category that lacks the reference has no part in it.
fn scenes_of(group: &[&Found]) -> Option<usize> {
    let differing = group.iter().map(|found| &found.row.compared);
    let mut differing = differing.filter(|compared| compared.pixel_auroc_difference.is_some()).peekable();
    differing.peek()?;
    differing.map(|compared| compared.scenes).sum()
}

/// All rows, and behind them the means over categories of what these have in common: all pictures, sizes of regions, conditions, values of
/// columns.
pub(in crate::study) fn rows(found: &[Found]) -> Vec<OperatingRow> {
    let shared = found.iter().filter(|found| found.row.grouping != Grouping::Defect);
    let key = |found: &&Found| {
        let row = &found.row;
        (row.model.clone(), row.attack, row.grouping.clone(), row.group.clone())
    };
    let means = stats::grouped(shared, key);
    found.iter().map(|found| found.row.clone()).chain(means.iter().map(|group| mean_of(group))).collect()
}

pub(super) fn mean_of(group: &[&Found]) -> OperatingRow {
    let mean = |value: &dyn Fn(&OperatingRow) -> Option<f64>| {
        stats::mean(&group.iter().filter_map(|found| value(&found.row)).collect::<Vec<_>>())
    };
    let sum = |value: &dyn Fn(&OperatingRow) -> Option<usize>| {
        group.iter().map(|found| value(&found.row)).sum::<Option<usize>>()
    };
    // A mean has an interval where each category that has the value has an estimate of it.
    let estimate = |at: usize, value: &dyn Fn(&OperatingRow) -> Option<f64>| {
        let known = group.iter().filter(|found| value(&found.row).is_some());
        Estimate::mean(&known.map(|found| found.estimates[at].clone()).collect::<Option<Vec<_>>>()?)
    };
    let pixel_f1 = |row: &OperatingRow| row.pixels.pixel_f1;
    let image_f1 = |row: &OperatingRow| row.images.image_f1;
    let estimates = [
        estimate(0, &pixel_f1),
        estimate(1, &image_f1),
        estimate(2, &|row| row.compared.pixel_auroc_difference),
        estimate(3, &|row| row.compared.pixel_f1_difference),
        estimate(4, &|row| row.compared.image_f1_difference),
        estimate(5, &|row| row.drops.pixel_auroc_drop),
        estimate(6, &|row| row.drops.image_auroc_drop),
    ];
    let (pixel_f1_low, pixel_f1_high) = ends(around(mean(&pixel_f1), &estimates[0]));
    let (image_f1_low, image_f1_high) = ends(around(mean(&image_f1), &estimates[1]));
    let compared = Compared {
        pixel_f1_low,
        pixel_f1_high,
        image_f1_low,
        image_f1_high,
        reference: group.iter().find_map(|found| found.row.compared.reference.clone()),
        scenes: scenes_of(group),
        ..Compared::default()
    };
    OperatingRow {
        over: Over::Mean,
        normal: group.iter().map(|found| found.row.normal).sum(),
        anomalous: group.iter().map(|found| found.row.anomalous).sum(),
        normal_pixels: sum(&|row| row.normal_pixels),
        pixel_threshold: None,
        image_threshold: None,
        pixels: PixelRates {
            pixel_precision: mean(&|row| row.pixels.pixel_precision),
            pixel_recall: mean(&|row| row.pixels.pixel_recall),
            pixel_f1: mean(&pixel_f1),
            pixel_false_alarms: mean(&|row| row.pixels.pixel_false_alarms),
            regions: sum(&|row| row.pixels.regions),
            region_recall: mean(&|row| row.pixels.region_recall),
            region_overlap: mean(&|row| row.pixels.region_overlap),
        },
        images: ImageRates {
            image_f1: mean(&image_f1),
            image_recall: mean(&|row| row.images.image_recall),
            image_false_alarms: mean(&|row| row.images.image_false_alarms),
            image_flips: mean(&|row| row.images.image_flips),
            pg2: mean(&|row| row.images.pg2),
            pb2: mean(&|row| row.images.pb2),
        },
        curves: Curves {
            pixel_auroc: mean(&|row| row.curves.pixel_auroc),
            aupro_05: mean(&|row| row.curves.aupro_05),
            image_auroc: mean(&|row| row.curves.image_auroc),
            aupimo: mean(&|row| row.curves.aupimo),
            aupimo_clean: mean(&|row| row.curves.aupimo_clean),
            pixel_auroc_drop_share: mean(&|row| row.curves.pixel_auroc_drop_share),
            aupro_drop_share: mean(&|row| row.curves.aupro_drop_share),
            image_auroc_drop_share: mean(&|row| row.curves.image_auroc_drop_share),
        },
        compared: with_differences(
            compared,
            [
                mean(&|row| row.compared.pixel_auroc_difference),
                mean(&|row| row.compared.pixel_f1_difference),
                mean(&|row| row.compared.image_f1_difference),
            ],
            &estimates,
        ),
        drops: drops(
            [mean(&|row| row.drops.pixel_auroc_drop), mean(&|row| row.drops.image_auroc_drop)],
            &estimates,
        ),
        ..group[0].row.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Attack, Over};

    fn found(category: &str, difference: Option<f64>, scenes: Option<usize>) -> Found {
        let row = OperatingRow {
            model: "model".into(),
            dataset: "data".into(),
            over: Over::Category(category.into()),
            attack: Attack::Clean,
            grouping: Grouping::Condition,
            group: Some("dark".into()),
            normal: 5,
            anomalous: 5,
            normal_pixels: None,
            rule: "best-f1".into(),
            pixel_threshold: None,
            image_threshold: None,
            pixels: PixelRates::default(),
            images: ImageRates::default(),
            curves: Curves::default(),
            compared: Compared { pixel_auroc_difference: difference, scenes, ..Compared::default() },
            drops: OperatingDrops::default(),
        };
        Found { row, estimates: Default::default() }
    }

    #[test]
    fn scenes_of_a_mean_are_those_of_the_categories_that_have_the_difference() {
        let (can, tin, jar) =
            (found("can", Some(-0.1), Some(9)), found("tin", None, None), found("jar", Some(-0.3), Some(4)));
        let mean = mean_of(&[&can, &tin, &jar]);
        assert_eq!(mean.compared.pixel_auroc_difference, Some(-0.2));
        assert_eq!((mean.compared.scenes, mean.normal), (Some(13), 15));
        assert_eq!(mean_of(&[&tin]).compared.scenes, None);
        // Where scenes are not known everything is compared.
        let unpaired = found("lid", Some(-0.1), None);
        assert_eq!(mean_of(&[&can, &unpaired]).compared.scenes, None);
    }
}
