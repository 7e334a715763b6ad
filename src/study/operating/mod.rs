//! What a model does where one decides: rates at thresholds from the unchanged pictures, by group, from the maps that are pooled.

mod decisions;
mod groups;
mod rows;

pub(super) use rows::{Found, rows};

use std::collections::HashSet;

use ndarray::{Array2, ArrayView2};

use super::intervals::around;
use super::session::Session;
use crate::attack::{Objective, PooledSample, scored};
use crate::dataset::{Category, Sample};
use crate::error::Result;
use crate::metric::{
    Counts, Estimates, FalseAlarms, MetricOptions, Redraws, Region, ScoredSet, Weighted, decide_pixels,
    drop_above_chance, evaluate, image_threshold, pixel_threshold, portion_bad, portion_good,
};
use crate::record::{Compared, Curves, Grouping, ImageRates, OperatingDrops, OperatingRow, PixelRates};
use crate::stats;
use crate::types::{Attack, Label, Metrics, Over};
use decisions::Decisions;
use groups::{Group, groups};
use rows::{Estimated, drops, ends, with_differences};

/// False-positive rate up to which the AUPRO of these rows is integrated, that of MVTec AD 2.
const AUPRO_LIMIT: f64 = 0.05;
/// Share of the other class that may be beyond, of PG2 and PB2.
const BEYOND: f64 = 0.02;
/// The condition that others are held against unless another is named, the first of these that is there: those under which the training
/// pictures of MVTec AD 2, AeBAD-S and RobustAD were taken.
const REFERENCES: [&str; 3] = ["regular", "same", "test0"];
const CHANCE: f64 = 0.5;

/// What the unchanged pictures decide.
struct Clean {
    pixel: Option<f64>,
    image: Option<f64>,
    /// Whether each sample is called anomalous.
    called: Vec<Option<bool>>,
    /// Those of each group.
    curves: Vec<Curves>,
    alarms: Vec<Option<FalseAlarms>>,
    estimates: Vec<Estimates>,
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
        let groups = groups(samples, has_masks, &session.points.group_by);
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
        let weighted = (redraws.is_some() && self.groups.iter().any(|group| group.has_curves_of_its_own()))
            .then(|| self.weighted(set))
            .transpose()?;
        let (mut found, mut alarms, mut of_groups) = (Vec::new(), Vec::new(), Vec::new());
        for (number, group) in self.groups.iter().enumerate() {
            let (curves, own) = at.curves(number, group)?;
            alarms.push(own);
            let (mut compared, mut estimates) = at.compared(group, weighted.as_ref())?;
            let own = at.estimates(group, weighted.as_ref());
            let drops = self.falls(number, &curves, &own, &mut estimates);
            of_groups.push(own);
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
                grouping: group.grouping.clone(),
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
                drops,
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
            estimates: of_groups,
            aupro: None,
        });
        Ok((found, clean))
    }

    fn weighted(&self, set: &ScoredSet<'_>) -> Result<Weighted> {
        if !self.has_masks {
            return Ok(Weighted::of_images(set.image_scores, set.image_labels));
        }
        Weighted::new(set, &MetricOptions::default()).map(Weighted::without_aupro)
    }

    /// How far a group fell from where it was on the unchanged pictures; `estimates` gets what the redraws say of it.
    fn falls(
        &self,
        number: usize,
        curves: &Curves,
        own: &Estimates,
        estimates: &mut Estimated,
    ) -> OperatingDrops {
        let Some(clean) = &self.clean else { return OperatingDrops::default() };
        let before = &clean.curves[number];
        let Estimates { pixel_auroc, image_auroc, .. } = clean.estimates[number].minus(own);
        (estimates[5], estimates[6]) = (pixel_auroc, image_auroc);
        let minus = |before: Option<f64>, after: Option<f64>| Some(before? - after?);
        drops(
            [minus(before.pixel_auroc, curves.pixel_auroc), minus(before.image_auroc, curves.image_auroc)],
            estimates,
        )
    }

    /// The group that another is held against; none for itself.
    fn reference_of(&self, of: &Group) -> Option<&Group> {
        let find = |name: &str| {
            self.groups
                .iter()
                .find(|group| group.grouping == of.grouping && group.name.as_deref() == Some(name))
        };
        let points = self.session.points;
        let reference = match (&of.grouping, points.reference.as_deref()) {
            (Grouping::Condition, Some(name)) => find(name),
            (Grouping::Condition, None) => REFERENCES.into_iter().find_map(find),
            (Grouping::Column(column), _) => {
                let by = points.group_by.iter().find(|by| by.column == *column);
                by.and_then(|by| find(by.reference.as_deref()?))
            }
            _ => None,
        };
        reference.filter(|reference| reference.name != of.name)
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

    /// The metrics of a group in the redraws; none where nothing is asked of them.
    fn estimates(&self, group: &Group, weighted: Option<&Weighted>) -> Estimates {
        match (self.redraws, weighted) {
            (Some(redraws), Some(weighted)) if group.size.is_none() => {
                redraws.only(&group.members).estimates(weighted)
            }
            _ => Estimates::default(),
        }
    }

    /// What a condition or value has more than its reference, in the scenes that both show where scenes are known; and the values of all statistics
    /// with an interval in the redraws.
    fn compared(&self, group: &Group, weighted: Option<&Weighted>) -> Result<(Compared, Estimated)> {
        let (decisions, mut estimates) = (self.decisions, Estimated::default());
        if group.size.is_some() {
            return Ok((Compared::default(), estimates));
        }
        if let Some(redraws) = self.redraws {
            let redraws = redraws.only(&group.members);
            estimates[0] = redraws.estimate(|weights| decisions.pixel_f1(weights));
            estimates[1] = redraws.estimate(|weights| decisions.image_f1(weights));
        }
        let Some(reference) = self.operating.reference_of(group) else {
            return Ok((Compared::default(), estimates));
        };
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

    /// The samples of two groups that are compared, by place.
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

/// The samples of two groups, and how many scenes both show.
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
