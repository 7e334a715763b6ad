//! The groups of pictures that have rows of their own.

use crate::dataset::Sample;
use crate::metric::RegionSize;
use crate::record::Grouping;
use crate::stats;
use crate::types::Label;

/// The pictures that a row is about, one entry per sample of the category.
pub(super) struct Group {
    pub grouping: Grouping,
    pub name: Option<String>,
    pub size: Option<RegionSize>,
    pub members: Vec<bool>,
}

/// All samples; each kind of defect with all good samples, where there are several; sizes of regions; conditions.
pub(super) fn groups(samples: &[&Sample], has_masks: bool) -> Vec<Group> {
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
