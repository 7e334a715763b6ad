//! Files that stand for two samples: the same picture as good and as defective, one mask for two pictures.

use std::collections::HashMap;
use std::fs;
use std::hash::Hash;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Sample;
use super::sample::Category;
use crate::error::shown;
use crate::file;
use crate::types::Label;

/// Bytes that are read of each picture before all of two are compared.
const GLANCE: u64 = 4096;

/// Pairs of a good and a defective sample whose pictures are equal byte for byte. Few pictures are read as a whole: only those that
/// agree in size and in a piece from their middle with one of the other label.
pub fn contradictions(samples: &[Sample]) -> Vec<(&Sample, &Sample)> {
    let labelled = samples.iter().filter(|sample| sample.label != Label::Unknown).collect();
    let size = |path: &Path| {
        fs::metadata(path).ok().filter(|data| data.is_file() && data.len() > 0).map(|data| data.len())
    };
    let mut groups = vec![labelled];
    groups = groups.into_iter().flat_map(|group| split(group, size)).collect();
    groups = groups.into_iter().flat_map(|group| split(group, glance)).collect();
    groups = groups.into_iter().flat_map(|group| split(group, whole)).collect();
    let mut pairs = Vec::new();
    for group in groups {
        let (good, bad): (Vec<&Sample>, Vec<&Sample>) =
            group.into_iter().partition(|sample| sample.label == Label::Normal);
        pairs.extend(good.iter().flat_map(|&good| bad.iter().map(move |&bad| (good, bad))));
    }
    pairs.sort_by(|a, b| (&a.0.id, &a.1.id).cmp(&(&b.0.id, &b.1.id)));
    pairs
}

/// The parts of a group whose pictures agree in `key`, where they hold both labels.
fn split<K: Eq + Hash>(group: Vec<&Sample>, key: impl Fn(&Path) -> Option<K>) -> Vec<Vec<&Sample>> {
    let mut parts: HashMap<K, Vec<&Sample>> = HashMap::new();
    for sample in group {
        if let Some(key) = key(&sample.image) {
            parts.entry(key).or_default().push(sample);
        }
    }
    let both = |part: &Vec<&Sample>| part.iter().any(|sample| sample.label != part[0].label);
    parts.into_values().filter(both).collect()
}

fn glance(path: &Path) -> Option<Vec<u8>> {
    let mut file = file::open(path, "").ok()?;
    let middle = file.metadata().ok()?.len() / 2;
    file.seek(SeekFrom::Start(middle)).ok()?;
    let mut bytes = Vec::new();
    file.take(GLANCE).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn whole(path: &Path) -> Option<[u8; 32]> {
    Some(Sha256::digest(file::read(path, "").ok()?).into())
}

/// The remark that one mask is that of several pictures.
pub fn shared_masks(categories: &[Category]) -> Option<String> {
    let samples = || categories.iter().flat_map(|category| &category.samples);
    let mut pictures: HashMap<&Path, usize> = HashMap::new();
    samples().flat_map(|sample| &sample.masks).for_each(|mask| *pictures.entry(mask).or_default() += 1);
    let count = pictures.values().filter(|&&pictures| pictures > 1).count();
    let first = samples().flat_map(|sample| &sample.masks).find(|mask| pictures[mask.as_path()] > 1)?;
    Some(format!("masks that belong to more than one picture: {count} (first: {})", shown(first)))
}
