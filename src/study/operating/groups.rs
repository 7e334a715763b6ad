//! The groups of pictures that have rows of their own.

use crate::dataset::Sample;
use crate::metric::RegionSize;
use crate::record::Grouping;
use crate::stats;
use crate::study::group_by::GroupBy;
use crate::types::Label;

/// The pictures that a row is about, one entry per sample of the category.
pub(super) struct Group {
    pub grouping: Grouping,
    pub name: Option<String>,
    pub size: Option<RegionSize>,
    pub members: Vec<bool>,
}

impl Group {
    /// Whether it is a part of the pictures with curves, and so with a fall of its own.
    pub fn has_curves_of_its_own(&self) -> bool {
        self.grouping == Grouping::Defect || self.grouping.is_of_circumstances()
    }
}

/// All samples; each kind of defect with all good samples, where there are several; sizes of regions; conditions; values of columns.
pub(super) fn groups(samples: &[&Sample], has_masks: bool, group_by: &[GroupBy]) -> Vec<Group> {
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
    let columns = group_by.iter().map(|by| Grouping::Column(by.column.clone()));
    for grouping in [Grouping::Condition].into_iter().chain(columns) {
        let values = || samples.iter().filter_map(|sample| value_of(sample, &grouping));
        let names = stats::in_order(values());
        groups.extend(names.into_iter().map(|name| {
            let is_member = |sample: &Sample| value_of(sample, &grouping) == Some(name);
            of(grouping.clone(), Some(name), None, &is_member)
        }));
    }
    groups
}

/// The condition of a sample, or its value of a column; none where it is not known.
fn value_of<'s>(sample: &'s Sample, grouping: &Grouping) -> Option<&'s str> {
    match grouping {
        Grouping::Condition => sample.circumstances.condition.as_deref(),
        Grouping::Column(name) => sample.circumstances.columns.get(name).map(String::as_str),
        Grouping::All | Grouping::Defect | Grouping::Size => None,
    }
}
