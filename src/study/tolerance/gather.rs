//! The scans of the shards of a run become those of the run.

use std::collections::HashMap;

use super::{Worst, possible};
use crate::attack::{AxisTolerance, Objective};
use crate::dataset::Sample;
use crate::error::{Error, Result};
use crate::record::{RunDir, SampleRow, StabilityRow, read_checked, write_rows};
use crate::study::by_key::by_key;
use crate::study::decision::{decisions, without_decision};
use crate::study::plan::Tolerance;
use crate::study::run::Run;
use crate::study::session::Session;
use crate::types::{Attack, SampleKey};

/// Remedy where shards and the whole do not fit.
const AGAIN: &str = "give the commands of the shards again, all on machines of one kind, or with `decision`";

/// Takes the scans from the shards, and what was chosen for each sample from `samples`; writes `stability.csv`. `models` are names and
/// input sizes.
pub(in crate::study) fn gather(
    session: &Session<'_>,
    plan: &Tolerance,
    shards: &[RunDir],
    run: &Run,
    models: &[(String, usize)],
    samples: &[SampleRow],
) -> Result<Vec<StabilityRow>> {
    let check = possible(session, plan, run.model_infos());
    let mut scanned: HashMap<(SampleKey, Attack), (&RunDir, StabilityRow)> = HashMap::new();
    for shard in shards {
        for row in read_checked(shard.stability_path(), &check)? {
            scanned.insert((row.key(), row.attack), (shard, row));
        }
    }
    let attacks = plan.attacks(session.settings);
    let mut rows = Vec::new();
    for (model, size) in models {
        let objective = Objective::new(session.settings, *size);
        let worst = Worst { dir: &run.dir, model, objective, rows: by_key(samples) };
        let score = |sample: &Sample| Some(worst.row(sample, Attack::Clean)?.image_score as f32);
        let undecided = |category: &str| {
            session.observe.warn(&without_decision("nothing is said of the stability", category));
        };
        let decisions = decisions(session.data, plan.decision, &score, &undecided);
        let there = session.data.samples().filter(|sample| worst.row(sample, Attack::Clean).is_some());
        for sample in there {
            let Some(&decision) = decisions.get(&sample.id.category) else { continue };
            for &attack in &attacks {
                let Some((shard, row)) = scanned.remove(&(SampleKey::new(model, &sample.id), attack)) else {
                    let problem = format!("of no shard has a row of {model}, {} and {attack}", sample.id);
                    return Err(Error::usage("stability.csv", problem, AGAIN));
                };
                if row.threshold != decision.threshold {
                    let problem = format!(
                        "scanned {} with the decision threshold {}, where the samples of all shards give {}",
                        sample.id, row.threshold, decision.threshold
                    );
                    return Err(Error::file(shard.stability_path(), problem, AGAIN));
                }
                rows.push(worst.stability(sample, attack, decision, tolerance(&row).as_ref())?);
            }
        }
    }
    write_rows(run.dir.stability_path(), &rows)?;
    Ok(rows)
}

/// What a row says of a scan; none where there was none.
fn tolerance(row: &StabilityRow) -> Option<AxisTolerance> {
    let Attack::Single(axis) = row.attack else { return None };
    Some(AxisTolerance {
        axis,
        below: row.below,
        above: row.above,
        held_below: row.held_below,
        held_above: row.held_above,
        step: row.step?,
        resolution: row.resolution?,
        evaluations: row.evaluations?,
    })
}
