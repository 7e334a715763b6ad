//! What a model does where one decides: rates at thresholds from the unchanged pictures, by group, from the maps that are pooled.

use std::collections::HashSet;

use ndarray::{Array2, ArrayView2};

use super::intervals::around;
use super::session::Session;
use crate::attack::{Objective, PooledSample, scored};
use crate::dataset::{Category, Sample};
use crate::error::Result;
use crate::metric::{
    Counts, Estimate, FalseAlarms, MetricOptions, PictureDecisions, Redraws, Region, RegionSize, ScoredSet,
    Weighted, decide_pixels, drop_above_chance, evaluate, image_threshold, pixel_threshold, portion_bad,
    portion_good,
};
use crate::record::{Compared, Curves, Grouping, ImageRates, OperatingRow, PixelRates};
use crate::stats;
use crate::types::{Attack, Interval, Label, Metrics, Over};

/// False-positive rate up to which the AUPRO of these rows is integrated, that of MVTec AD 2.
const AUPRO_LIMIT: f64 = 0.05;
/// Share of the other class that may be beyond, of PG2 and PB2.
const BEYOND: f64 = 0.02;
/// The condition that others are held against unless another is named, the first of these that is there: those under which the training
/// pictures of MVTec AD 2, AeBAD-S and RobustAD were taken.
const REFERENCES: [&str; 3] = ["regular", "same", "test0"];
const CHANCE: f64 = 0.5;

/// The statistics of a row that have intervals: pixel F1, image F1, and the differences of pixel AUROC, pixel F1 and image F1.
type Estimated = [Option<Estimate>; 5];

/// A row with the values of some of its statistics in the redraws.
pub(super) struct Found {
    row: OperatingRow,
    estimates: Estimated,
}

/// The pictures that a row is about, one entry per sample of the category.
struct Group {
    grouping: Grouping,
    name: Option<String>,
    size: Option<RegionSize>,
    members: Vec<bool>,
}

/// What the unchanged pictures decide.
struct Clean {
    pixel: Option<f64>,
    image: Option<f64>,
    /// Whether each sample is called anomalous.
    called: Vec<Option<bool>>,
    /// Those of each group.
    curves: Vec<Curves>,
    alarms: Vec<Option<FalseAlarms>>,
    aupro: Option<f64>,
}

/// The samples of one category under one model, attack after attack, the clean one first.
pub(super) struct Operating<'a> {
    session: &'a Session<'a>,
    model: &'a str,
    category: &'a Category,
    samples: &'a [&'a Sample],
    redraws: Option<&'a Redraws>,
    has_masks: bool,
    groups: Vec<Group>,
    clean: Option<Clean>,
    found: Vec<Found>,
}

impl<'a> Operating<'a> {
    pub fn new(
        session: &'a Session<'a>,
        model: &'a str,
        category: &'a Category,
        samples: &'a [&'a Sample],
        (has_masks, redraws): (bool, Option<&'a Redraws>),
    ) -> Self {
        let groups = groups(samples, has_masks);
        Self { session, model, category, samples, redraws, has_masks, groups, clean: None, found: Vec::new() }
    }

    /// Adds the rows of one attack; `places` says which sample each of the pooled ones is.
    pub fn attack(
        &mut self,
        attack: Attack,
        objective: &Objective,
        pooled: &[PooledSample<'_>],
        places: &[usize],
    ) -> Result<()> {
        if !self.session.data.is_labelled() || (attack != Attack::Clean && self.clean.is_none()) {
            return Ok(());
        }
        let (found, clean) = if self.has_masks {
            scored(objective, pooled, |set| self.measure(attack, set, places))?
        } else {
            let (map, mask) = (Array2::zeros((0, 0)), Array2::from_elem((0, 0), false));
            let maps: Vec<ArrayView2<'_, f32>> = pooled.iter().map(|_| map.view()).collect();
            let masks: Vec<ArrayView2<'_, bool>> = pooled.iter().map(|_| mask.view()).collect();
            let image_scores: Vec<f32> = pooled.iter().map(|item| item.image_score).collect();
            let image_labels: Vec<bool> = pooled.iter().map(|item| item.label == Label::Anomalous).collect();
            let set = ScoredSet {
                maps: &maps,
                masks: &masks,
                valid: None,
                image_scores: &image_scores,
                image_labels: &image_labels,
            };
            self.measure(attack, &set, places)?
        };
        self.found.extend(found);
        self.clean = clean.or(self.clean.take());
        Ok(())
    }

    /// Tells the AUPRO that the summary has for an attack, whose maps may have been chosen by it.
    pub fn aupro(&mut self, attack: Attack, aupro: Option<f64>) {
        let Some(clean) = &mut self.clean else { return };
        if attack == Attack::Clean {
            clean.aupro = aupro;
            return;
        }
        let of_all = |found: &&mut Found| found.row.attack == attack && found.row.grouping == Grouping::All;
        if let (Some(before), Some(aupro), Some(found)) =
            (clean.aupro, aupro, self.found.iter_mut().find(of_all))
        {
            found.row.curves.aupro_drop_share = drop_above_chance(before, aupro, 0.0);
        }
    }

    pub fn into_found(self) -> Vec<Found> {
        self.found
    }

    fn measure(
        &self,
        attack: Attack,
        set: &ScoredSet<'_>,
        places: &[usize],
    ) -> Result<(Vec<Found>, Option<Clean>)> {
        let rule = self.session.points.threshold;
        let (pixel, image) = match &self.clean {
            Some(clean) => (clean.pixel, clean.image),
            None => {
                let pixel = if self.has_masks { pixel_threshold(rule, set)? } else { None };
                (pixel, image_threshold(rule, set.image_scores, set.image_labels))
            }
        };
        let decided = pixel.map(|threshold| decide_pixels(set, threshold)).transpose()?;
        let called: Option<Vec<bool>> = image
            .map(|threshold| set.image_scores.iter().map(|&score| f64::from(score) > threshold).collect());
        let redraws = self.redraws.filter(|_| places.len() == self.samples.len());
        let at = At {
            operating: self,
            set,
            places,
            decisions: Decisions {
                pixels: decided.as_deref(),
                images: called.as_deref(),
                labels: set.image_labels,
            },
            redraws,
        };
        let weighted = (redraws.is_some()
            && self.groups.iter().any(|group| group.grouping == Grouping::Condition))
        .then(|| Weighted::new(set, &MetricOptions::default()).map(Weighted::without_aupro))
        .transpose()?;
        let reference = self.reference();
        let (mut found, mut alarms) = (Vec::new(), Vec::new());
        for (number, group) in self.groups.iter().enumerate() {
            let (curves, own) = at.curves(number, group)?;
            alarms.push(own);
            let (mut compared, estimates) = at.compared(group, reference, weighted.as_ref())?;
            let [pixel_f1, image_f1, ..] = &estimates;
            let (pixels, images) = (at.pixel_rates(group), at.image_rates(group));
            (compared.pixel_f1_low, compared.pixel_f1_high) = ends(around(pixels.pixel_f1, pixel_f1));
            (compared.image_f1_low, compared.image_f1_high) = ends(around(images.image_f1, image_f1));
            let members = at.members(group);
            let anomalous = members.iter().filter(|&&place| set.image_labels[place]).count();
            let row = OperatingRow {
                model: self.model.to_owned(),
                dataset: self.session.data.dataset.name.clone(),
                over: Over::Category(self.category.name.clone()),
                attack,
                grouping: group.grouping,
                group: group.name.clone(),
                normal: members.len() - anomalous,
                anomalous,
                normal_pixels: self.has_masks.then(|| set.only(&members, FalseAlarms::pixels)),
                rule: rule.to_string(),
                pixel_threshold: pixel,
                image_threshold: image,
                pixels,
                images,
                curves,
                compared,
            };
            found.push(Found { row, estimates });
        }
        let clean = (attack == Attack::Clean).then(|| Clean {
            pixel,
            image,
            called: {
                let mut all = vec![None; self.samples.len()];
                called.iter().flatten().zip(places).for_each(|(&called, &place)| all[place] = Some(called));
                all
            },
            curves: found.iter().map(|found| found.row.curves).collect(),
            alarms,
            aupro: None,
        });
        Ok((found, clean))
    }

    /// The group of the condition that others are held against.
    fn reference(&self) -> Option<&Group> {
        let find = |name: &str| {
            let is =
                |group: &&Group| group.grouping == Grouping::Condition && group.name.as_deref() == Some(name);
            self.groups.iter().find(is)
        };
        match self.session.points.reference.as_deref() {
            Some(name) => find(name),
            None => REFERENCES.into_iter().find_map(find),
        }
    }
}

/// All samples; each kind of defect with all good samples, where there are several; sizes of regions; conditions.
fn groups(samples: &[&Sample], has_masks: bool) -> Vec<Group> {
    let of = |grouping, name: Option<&str>, size, is_member: &dyn Fn(&Sample) -> bool| Group {
        grouping,
        name: name.map(str::to_owned),
        size,
        members: samples.iter().map(|sample| is_member(sample)).collect(),
    };
    let anomalous = |sample: &Sample| sample.label == Label::Anomalous;
    let mut groups = vec![of(Grouping::All, None, None, &|_| true)];
    let mut kinds: Vec<&str> = stats::distinct(
        samples.iter().filter(|sample| anomalous(sample)).map(|sample| sample.id.defect.as_str()),
    );
    kinds.sort_unstable();
    if kinds.len() > 1 {
        groups.extend(kinds.iter().map(|&kind| {
            of(Grouping::Defect, Some(kind), None, &|sample| !anomalous(sample) || sample.id.defect == kind)
        }));
    }
    if has_masks {
        let sizes = RegionSize::ALL;
        groups.extend(sizes.iter().map(|&size| of(Grouping::Size, Some(size.name()), Some(size), &|_| true)));
    }
    let condition = |sample: &&Sample| sample.circumstances.condition.clone();
    let mut conditions: Vec<String> = stats::distinct(samples.iter().filter_map(condition));
    conditions.sort_unstable();
    groups.extend(conditions.iter().map(|name| {
        of(Grouping::Condition, Some(name), None, &|sample| {
            sample.circumstances.condition.as_ref() == Some(name)
        })
    }));
    groups
}

/// What is called anomalous of the places of a set.
#[derive(Clone, Copy)]
struct Decisions<'s> {
    pixels: Option<&'s [PictureDecisions]>,
    images: Option<&'s [bool]>,
    labels: &'s [bool],
}

impl Decisions<'_> {
    /// The decision about one whole picture.
    fn picture(&self, called: &[bool], at: usize) -> Counts {
        let mut counts = Counts::default();
        counts.count(self.labels[at], called[at]);
        counts
    }

    /// Pixel F1 of samples that are held so often.
    fn pixel_f1(&self, weights: &[u32]) -> Option<f64> {
        let decided = self.pixels?.iter().zip(weights);
        decided.map(|(decided, &weight)| decided.pixels.times(weight.into())).sum::<Counts>().rates().f1
    }

    /// Image F1 of samples that are held so often.
    fn image_f1(&self, weights: &[u32]) -> Option<f64> {
        let called = self.images?;
        let held = weights.iter().enumerate().filter(|&(_, &weight)| weight > 0);
        let counts = held.map(|(at, &weight)| self.picture(called, at).times(weight.into()));
        counts.sum::<Counts>().rates().f1
    }
}

/// The decisions about one category under one attack; all lists have the places of the set.
struct At<'s, 'o, 'v> {
    operating: &'s Operating<'o>,
    set: &'s ScoredSet<'v>,
    /// Which sample each place is.
    places: &'s [usize],
    decisions: Decisions<'s>,
    /// Redraws of all samples, which stand at their places then.
    redraws: Option<&'s Redraws>,
}

impl At<'_, '_, '_> {
    fn members(&self, group: &Group) -> Vec<usize> {
        (0..self.places.len()).filter(|&at| group.members[self.places[at]]).collect()
    }

    fn pixel_rates(&self, group: &Group) -> PixelRates {
        let Some(decided) = self.decisions.pixels else { return PixelRates::default() };
        let members = self.members(group);
        let regions: Vec<&Region> = members
            .iter()
            .flat_map(|&at| &decided[at].regions)
            .filter(|region| group.size.is_none_or(|size| region.kind() == size))
            .collect();
        let mean = |value: fn(&Region) -> f64| {
            stats::mean(&regions.iter().map(|region| value(region)).collect::<Vec<_>>())
        };
        let of_regions = PixelRates {
            regions: Some(regions.len()),
            region_recall: mean(|region| f64::from(u8::from(region.is_found()))),
            region_overlap: mean(|region| region.called),
            ..PixelRates::default()
        };
        if group.size.is_some() {
            return of_regions;
        }
        let rates = members.iter().map(|&at| decided[at].pixels).sum::<Counts>().rates();
        PixelRates {
            pixel_precision: rates.precision,
            pixel_recall: rates.recall,
            pixel_f1: rates.f1,
            pixel_false_alarms: rates.false_alarms,
            ..of_regions
        }
    }

    fn image_rates(&self, group: &Group) -> ImageRates {
        if group.size.is_some() {
            return ImageRates::default();
        }
        let members = self.members(group);
        let (scores, labels): (Vec<f32>, Vec<bool>) =
            members.iter().map(|&at| (self.set.image_scores[at], self.set.image_labels[at])).unzip();
        let (pg2, pb2) = (portion_good(&scores, &labels, BEYOND), portion_bad(&scores, &labels, BEYOND));
        let Some(called) = self.decisions.images else {
            return ImageRates { pg2, pb2, ..ImageRates::default() };
        };
        let rates = members.iter().map(|&at| self.decisions.picture(called, at)).sum::<Counts>().rates();
        let flips: Vec<f64> = match &self.operating.clean {
            None => vec![0.0; members.len()],
            Some(clean) => members
                .iter()
                .filter_map(|&at| Some(f64::from(u8::from(clean.called[self.places[at]]? != called[at]))))
                .collect(),
        };
        ImageRates {
            image_f1: rates.f1,
            image_recall: rates.recall,
            image_false_alarms: rates.false_alarms,
            image_flips: stats::mean(&flips),
            pg2,
            pb2,
        }
    }

    /// Metrics without a threshold, and the axis of AUPIMO that the group's good pictures give.
    fn curves(&self, number: usize, group: &Group) -> Result<(Curves, Option<FalseAlarms>)> {
        if group.size.is_some() {
            return Ok((Curves::default(), None));
        }
        self.set.only(&self.members(group), |set| {
            let Metrics { pixel_auroc, aupro, image_auroc, .. } = at_limit(set)?;
            let alarms = FalseAlarms::of_enough(set)?;
            let mean = |alarms: &FalseAlarms| -> Result<Option<f64>> {
                let values: Vec<f64> = alarms.aupimo(set)?.into_iter().flatten().collect();
                Ok(stats::mean(&values))
            };
            let aupimo = alarms.as_ref().map(mean).transpose()?.flatten();
            let clean = self.operating.clean.as_ref();
            let aupimo_clean = match clean {
                None => aupimo,
                Some(clean) => clean.alarms[number].as_ref().map(mean).transpose()?.flatten(),
            };
            let drop = |before: fn(&Curves) -> Option<f64>, worst: Option<f64>| {
                drop_above_chance(before(&clean?.curves[number])?, worst?, CHANCE)
            };
            let curves = Curves {
                pixel_auroc,
                aupro_05: aupro,
                image_auroc,
                aupimo,
                aupimo_clean,
                pixel_auroc_drop_share: drop(|clean| clean.pixel_auroc, pixel_auroc),
                aupro_drop_share: None,
                image_auroc_drop_share: drop(|clean| clean.image_auroc, image_auroc),
            };
            Ok((curves, alarms))
        })
    }

    /// What a condition has more than the reference, in the scenes that both show where scenes are known; and the values of all statistics
    /// with an interval in the redraws.
    fn compared(
        &self,
        group: &Group,
        reference: Option<&Group>,
        weighted: Option<&Weighted>,
    ) -> Result<(Compared, Estimated)> {
        let (decisions, mut estimates) = (self.decisions, Estimated::default());
        if group.size.is_some() {
            return Ok((Compared::default(), estimates));
        }
        if let Some(redraws) = self.redraws {
            let redraws = redraws.only(&group.members);
            estimates[0] = redraws.estimate(|weights| decisions.pixel_f1(weights));
            estimates[1] = redraws.estimate(|weights| decisions.image_f1(weights));
        }
        let reference =
            reference.filter(|other| group.grouping == Grouping::Condition && other.name != group.name);
        let Some(reference) = reference else { return Ok((Compared::default(), estimates)) };
        let Pair { own, other, scenes } = self.pair(group, reference);
        let places = |of: &[bool]| -> Vec<usize> { (0..of.len()).filter(|&at| of[at]).collect() };
        let auroc =
            |of: &[bool]| self.set.only(&places(of), |set| at_limit(set).map(|metrics| metrics.pixel_auroc));
        let held = |of: &[bool]| -> Vec<u32> { of.iter().map(|&of| u32::from(of)).collect() };
        let minus = |value: &dyn Fn(&[u32]) -> Option<f64>| Some(value(&held(&own))? - value(&held(&other))?);
        let (own_auroc, other_auroc) = (auroc(&own)?, auroc(&other)?);
        let differences = [
            own_auroc.zip(other_auroc).map(|(own, other)| own - other),
            minus(&|weights| decisions.pixel_f1(weights)),
            minus(&|weights| decisions.image_f1(weights)),
        ];
        if let (Some(redraws), Some(weighted)) = (self.redraws, weighted) {
            let both: Vec<bool> = own.iter().zip(&other).map(|(&own, &other)| own || other).collect();
            let redraws = redraws.only(&both);
            let estimate = |share: &(dyn Fn(&[u32]) -> Option<f64> + Sync)| {
                let of = |kept: &[bool]| redraws.estimate(|weights| share(&among(weights, kept)));
                Some(of(&own)?.minus(&of(&other)?))
            };
            estimates[2] = estimate(&|weights| weighted.metrics(weights).pixel_auroc);
            estimates[3] = estimate(&|weights| decisions.pixel_f1(weights));
            estimates[4] = estimate(&|weights| decisions.image_f1(weights));
        }
        let compared = Compared { reference: reference.name.clone(), scenes, ..Compared::default() };
        Ok((with_differences(compared, differences, &estimates), estimates))
    }

    /// The samples of two conditions that are compared, by place.
    fn pair(&self, group: &Group, reference: &Group) -> Pair {
        let samples = self.operating.samples;
        let scene = |at: usize| {
            let sample = samples[self.places[at]];
            Some((sample.label == Label::Anomalous, sample.circumstances.scene.as_deref()?))
        };
        let (own, other) = (self.members(group), self.members(reference));
        let scenes = |of: &[usize]| of.iter().map(|&at| scene(at)).collect::<Option<HashSet<_>>>();
        let among = |of: Vec<usize>, kept: &dyn Fn(usize) -> bool| {
            let mut all = vec![false; self.places.len()];
            of.into_iter().filter(|&at| kept(at)).for_each(|at| all[at] = true);
            all
        };
        match (scenes(&own), scenes(&other)) {
            (Some(of_own), Some(of_other)) => {
                let shared: HashSet<_> = of_own.intersection(&of_other).copied().collect();
                let kept = |at: usize| scene(at).is_some_and(|scene| shared.contains(&scene));
                Pair { own: among(own, &kept), other: among(other, &kept), scenes: Some(shared.len()) }
            }
            _ => Pair { own: among(own, &|_| true), other: among(other, &|_| true), scenes: None },
        }
    }
}

/// The samples of two conditions, and how many scenes both show.
struct Pair {
    own: Vec<bool>,
    other: Vec<bool>,
    scenes: Option<usize>,
}

fn at_limit(set: &ScoredSet<'_>) -> Result<Metrics> {
    evaluate(set, &MetricOptions { fpr_limit: AUPRO_LIMIT, ..MetricOptions::default() })
}

/// The weights of those that are kept, 0 for all others.
fn among(weights: &[u32], kept: &[bool]) -> Vec<u32> {
    weights.iter().zip(kept).map(|(&weight, &kept)| if kept { weight } else { 0 }).collect()
}

fn ends(interval: Option<Interval>) -> (Option<f64>, Option<f64>) {
    (interval.map(|ends| ends.low), interval.map(|ends| ends.high))
}

fn with_differences(compared: Compared, differences: [Option<f64>; 3], estimates: &Estimated) -> Compared {
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

/// All rows, and behind them the means over categories of what these have in common: all pictures, sizes of regions, conditions.
pub(super) fn rows(found: &[Found]) -> Vec<OperatingRow> {
    let shared = found.iter().filter(|found| found.row.grouping != Grouping::Defect);
    let key = |found: &&Found| {
        let row = &found.row;
        (row.model.clone(), row.attack, row.grouping, row.group.clone())
    };
    let means = stats::grouped(shared, key);
    found.iter().map(|found| found.row.clone()).chain(means.iter().map(|group| mean_of(group))).collect()
}

fn mean_of(group: &[&Found]) -> OperatingRow {
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
    ];
    let (pixel_f1_low, pixel_f1_high) = ends(around(mean(&pixel_f1), &estimates[0]));
    let (image_f1_low, image_f1_high) = ends(around(mean(&image_f1), &estimates[1]));
    let compared = Compared {
        pixel_f1_low,
        pixel_f1_high,
        image_f1_low,
        image_f1_high,
        reference: group.iter().find_map(|found| found.row.compared.reference.clone()),
        scenes: sum(&|row| row.compared.scenes),
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
        ..group[0].row.clone()
    }
}
