//! What a worst case loses of each picture at black and white.

use std::collections::HashMap;

use rayon::prelude::*;

use super::run::Run;
use super::session::Session;
use crate::attack::Objective;
use crate::dataset::{self, Sample};
use crate::error::Result;
use crate::perturb::{moves, newly_clipped, warp_mask};
use crate::record::{SampleRow, write_rows};
use crate::types::{Attack, Image, Perturbation, SampleKey, counted};

/// Share of a picture's pixels, and of those of its defect.
type Shares = (Option<f64>, Option<f64>);

/// Of a defect that loses more than this share of its pixels, most is gone.
const MOST: f64 = 0.5;

/// Tells it of the rows of all attacks, and writes them. `models` are names and input sizes.
pub(super) fn measure(
    session: &Session<'_>,
    run: &Run,
    models: &[(String, usize)],
    rows: &mut [SampleRow],
) -> Result<()> {
    let mut waiting: HashMap<SampleKey, Vec<usize>> = HashMap::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.attack != Attack::Clean) {
        waiting.entry(row.key()).or_default().push(place);
    }
    if waiting.is_empty() {
        return Ok(());
    }
    let read = &*rows;
    let mut found = Vec::new();
    for (model, size) in models {
        let objective = Objective::new(session.settings, *size);
        let samples: Vec<&Sample> = session.data.samples().collect();
        let of_sample = |sample: &&Sample| {
            let places = waiting.get(&SampleKey::new(model, &sample.id)).map_or(&[][..], Vec::as_slice);
            let points: Vec<_> = places.iter().map(|&place| (place, read[place].perturbation())).collect();
            of_sample(&objective, sample, &points)
        };
        let of_model: Vec<Vec<(usize, Shares)>> = samples.par_iter().map(of_sample).collect::<Result<_>>()?;
        found.extend(of_model.into_iter().flatten());
    }
    for (place, (clipped, clipped_defect)) in found {
        (rows[place].clipped, rows[place].clipped_defect) = (clipped, clipped_defect);
    }
    told(session.settings.attacks.iter().copied(), rows).iter().for_each(|note| session.observe.note(note));
    write_rows(run.dir.samples_path(), rows)
}

/// Says of each attack, over all models, how many defects are mostly gone.
fn told(attacks: impl Iterator<Item = Attack>, rows: &[SampleRow]) -> Vec<String> {
    let note = |attack: Attack| {
        let shares: Vec<f64> =
            rows.iter().filter(|row| row.attack == attack).filter_map(|row| row.clipped_defect).collect();
        let gone = shares.iter().filter(|&&share| share > MOST).count();
        (gone > 0).then(|| {
            format!(
                "{attack}: the worst case drives most pixels of {gone} of {} to black or white (clipped_defect in samples.csv): \
                 what is lost there no model can find",
                counted(shares.len(), "defect", "defects")
            )
        })
    };
    attacks.filter_map(note).collect()
}

fn of_sample(
    objective: &Objective,
    sample: &Sample,
    points: &[(usize, Perturbation)],
) -> Result<Vec<(usize, Shares)>> {
    if points.is_empty() {
        return Ok(Vec::new());
    }
    let loaded = dataset::load(sample, objective.input())?;
    let perturbed = |point: &Perturbation| {
        let mut image = Image::zeros(loaded.image.dim());
        objective.perturber().apply(loaded.image.view(), *point, image.view_mut());
        image
    };
    let shares = |(place, point): &(usize, Perturbation)| {
        let (before, after) = (perturbed(&moves(point)), perturbed(point));
        let mask = loaded.mask.as_ref().map(|mask| warp_mask(mask.view(), point));
        let share = |among| newly_clipped(before.view(), after.view(), among);
        (*place, (share(None), mask.as_ref().and_then(|mask| share(Some(mask.view())))))
    };
    Ok(points.iter().map(shares).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Settings;
    use crate::study::belonging::tests::row;
    use crate::types::Axis;

    #[test]
    fn defects_that_are_mostly_gone_are_counted_by_attack() {
        let (light, turn) = (Attack::Single(Axis::Exposure), Attack::Single(Axis::Angle));
        let with = |attack, clipped_defect| SampleRow { attack, clipped_defect, ..row(&Settings::default()) };
        let rows =
            [with(light, Some(0.51)), with(light, Some(0.5)), with(light, None), with(turn, Some(0.0))];
        let notes = told([turn, light].into_iter(), &rows);
        assert_eq!(notes.len(), 1);
        let expected = "exposure: the worst case drives most pixels of 1 of 2 defects";
        assert!(notes[0].starts_with(expected), "{notes:?}");
    }
}
