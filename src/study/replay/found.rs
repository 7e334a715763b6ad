//! The run whose worst cases are replayed, read and checked.

use std::collections::HashMap;

use super::{Replay, rows_of, with_rows};
use crate::attack::{Select, Settings};
use crate::dataset::Sample;
use crate::error::{Error, Result};
use crate::file;
use crate::record::{
    Journal, ModelInfo, RunDir, RunInfo, SampleRow, Status, read_candidates, read_checked, require_whole,
    write_atomic,
};
use crate::stats::distinct;
use crate::study::belonging::Belonging;
use crate::study::contents;
use crate::study::data::Data;
use crate::study::models::{ModelSpec, Text};
use crate::study::run::input_sizes;
use crate::study::settings::RunSettings;
use crate::types::{Attack, Detail, Perturbation, PooledMetric, SampleId, SampleKey};

/// What a run has found, as far as it is replayed.
pub(super) struct Found {
    pub dir: RunDir,
    /// The models under which worst cases were found.
    pub models: Vec<Origin>,
    pub data: Data,
    /// SHA-256 of the run's rows.
    pub rows_sha256: String,
    settings: RunSettings,
    attacks: Vec<Attack>,
    rows: HashMap<(SampleKey, Attack), SampleRow>,
}

/// A model under which worst cases were found.
pub(super) struct Origin {
    pub info: ModelInfo,
    /// Side of its pictures in pixels.
    pub size: usize,
}

/// The perturbations of one sample: the identity first, each once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Points {
    pub perturbations: Vec<Perturbation>,
    /// Where those of each attack are among them: what was chosen by each metric, or all candidates.
    pub places: Vec<(Attack, Vec<usize>)>,
}

impl Points {
    fn new() -> Self {
        Self { perturbations: vec![Perturbation::IDENTITY], places: vec![(Attack::Clean, vec![0])] }
    }

    fn add(&mut self, attack: Attack, perturbations: impl IntoIterator<Item = Perturbation>) {
        let places = perturbations.into_iter().map(|perturbation| {
            let known = self.perturbations.iter().position(|known| *known == perturbation);
            known.unwrap_or_else(|| {
                self.perturbations.push(perturbation);
                self.perturbations.len() - 1
            })
        });
        let places = places.collect();
        self.places.push((attack, places));
    }
}

impl Found {
    pub fn open(replay: &Replay) -> Result<Self> {
        let dir = RunDir::open(&replay.run)?;
        let info = RunInfo::read(dir.info_path())?;
        let settings = RunSettings::of(&info)?;
        refuse(&dir, &info, &settings, replay.all)?;
        let attacks = attacks(&settings.work.settings, &replay.attacks)?;
        let sizes: HashMap<String, usize> = input_sizes(&info)?.into_iter().collect();
        let models = info.models.iter().map(|model| Origin { info: model.clone(), size: sizes[&model.name] });
        let models = named(models.collect(), &replay.found_under)?;

        let data = Data::recorded(&info, replay.data.as_deref())?;
        contents::require_seen(&dir, &data)?;
        let path = dir.samples_path();
        let belonging = Belonging::new(&settings.work.settings, data.dataset(), &info.models);
        let check =
            |row: &SampleRow| belonging.sample(row).or_else(|| belonging.known(&row.category, &row.sample));
        let rows_sha256 = contents::sha256(&path)?;
        let rows = read_checked(&path, check)?;
        let data = with_rows(&data, &rows).only(|sample| wanted(replay, sample));
        refuse_unknown(replay, &data, &info)?;
        let rows = rows.into_iter().map(|row| ((row.key(), row.attack), row)).collect();
        Ok(Self { dir, models, data, rows_sha256, settings, attacks, rows })
    }

    pub fn run_settings(&self) -> &RunSettings {
        &self.settings
    }

    /// The settings of the attacks that are replayed.
    pub fn settings_of_attacks(&self) -> Settings {
        Settings { attacks: self.attacks.clone(), ..self.settings.work.settings.clone() }
    }

    /// What models do with text: as they did in the run, where any of it took some.
    pub fn text(&self, spec: &ModelSpec) -> Result<Text> {
        let usual = spec.text()?;
        Ok(Text {
            prompts: self.settings.prompts.clone().or(usual.prompts),
            temperature: self.settings.temperature,
            underscores_to_spaces: self.settings.underscores_to_spaces,
            stride: self.settings.stride,
        })
    }

    pub fn row(&self, model: &str, id: &SampleId, attack: Attack) -> Result<&SampleRow> {
        self.rows.get(&(SampleKey::new(model, id), attack)).ok_or_else(|| {
            let problem = format!("has no row of {model}, {id} and the attack {attack}");
            Error::file(self.dir.samples_path(), problem, "give the command of that run again")
        })
    }

    /// What was chosen for one sample, by each metric of [`PooledMetric::ALL`].
    pub fn chosen(&self, model: &str, id: &SampleId, attack: Attack) -> Result<[Perturbation; 2]> {
        let row = self.row(model, id, attack)?;
        Ok(PooledMetric::ALL.map(|metric| row.chosen_by(metric)))
    }

    /// The perturbations of one sample: those chosen, or all candidates.
    pub fn points(&self, model: &str, id: &SampleId, all: bool) -> Result<Points> {
        let mut points = Points::new();
        for &attack in self.attacks.iter().filter(|&&attack| attack != Attack::Clean) {
            // Beside all candidates too: it may come from an attack on fewer axes, or be shared by all samples.
            let chosen = self.chosen(model, id, attack)?;
            if all {
                let rounds = self.dir.rounds_path(model, id, attack, Detail::Full);
                let there = Some(&rounds).filter(|path| file::is_there(path));
                let candidates = self.dir.candidates_path(model, id, attack);
                let mut kept = Vec::new();
                for path in std::iter::once(&candidates).chain(there) {
                    kept.extend(read_candidates(path).map_err(|error| Error {
                        fix: "give the command of that run again, or leave `replay.all` out".to_owned(),
                        ..error
                    })?);
                }
                let evaluated = self.row(model, id, attack)?.evaluations;
                // An adaptive run keeps every full evaluation.
                if self.settings.work.settings.adaptive && kept.len() < evaluated {
                    let problem = format!("is gone: {} of {evaluated} evaluations were kept", kept.len());
                    return Err(Error::file(
                        rounds,
                        problem,
                        "give the command of that run again, which makes it",
                    ));
                }
                points.add(attack, kept.iter().map(|candidate| candidate.perturbation).chain(chosen));
            } else {
                points.add(attack, chosen);
            }
        }
        Ok(points)
    }

    /// The rows of one model and their maps under another name in the folder of a replay, as far as they are not there yet.
    pub fn copy(
        &self,
        model: &str,
        name: &str,
        to: &RunDir,
        journal: &mut Journal<SampleRow>,
        rows: &mut Vec<SampleRow>,
    ) -> Result<()> {
        let there: Vec<SampleKey> = distinct(rows_of(rows, name).map(SampleRow::key));
        for sample in self.data.samples().filter(|sample| !there.contains(&SampleKey::new(name, &sample.id)))
        {
            let id = &sample.id;
            for &attack in &self.attacks {
                let row = SampleRow { model: name.to_owned(), ..self.row(model, id, attack)?.clone() };
                let map = (self.dir.patch_map_path(model, id, attack), to.patch_map_path(name, id, attack));
                let aupro = (self.dir.aupro_map_path(model, id, attack), to.aupro_map_path(name, id, attack));
                let aupro = Some(aupro).filter(|(from, _)| file::is_there(from));
                for (from, to) in [Some(map), aupro].into_iter().flatten() {
                    require_whole(&from, OF_RUN)?;
                    write_atomic(to, &file::read(&from, OF_RUN)?)?;
                }
                journal.append(&row)?;
                rows.push(row);
            }
        }
        Ok(())
    }
}

/// Remedy for what the run has lost.
const OF_RUN: &str = "give the command of that run again";

/// Refuses runs that have no worst cases to replay.
fn refuse(dir: &RunDir, info: &RunInfo, settings: &RunSettings, all: bool) -> Result<()> {
    let name = dir.path().display().to_string();
    let refused = |problem: &str, fix: &str| Err(Error::usage(name.clone(), problem, fix));
    if settings.work.replay.is_some() {
        return refused("is a replay itself", "give the run whose worst cases it replays");
    }
    if settings.shard.is_some() {
        return refused(
            "is a shard, whose worst cases are chosen when all are together",
            "merge the shards first",
        );
    }
    let Settings { attacks, select, .. } = &settings.work.settings;
    if !attacks.iter().any(|&attack| attack != Attack::Clean) {
        return refused("has no worst cases", "give a run of `askance attack`");
    }
    if info.status != Status::Finished {
        return refused("is not finished", "give its command again first");
    }
    if all && *select != Select::Pooled {
        return refused("kept no candidates", "leave `replay.all` out, or attack with `select = pooled`");
    }
    Ok(())
}

/// The attacks of the run that are wanted, clean first.
fn attacks(settings: &Settings, wanted: &[Attack]) -> Result<Vec<Attack>> {
    if let Some(missing) = wanted.iter().find(|attack| !settings.attacks.contains(attack)) {
        let made: Vec<&str> = settings.attacks.iter().map(|attack| attack.name()).collect();
        let fix = format!("it has {}", made.join(", "));
        return Err(Error::setting("attacks", missing, "is no attack of that run", fix));
    }
    let is_wanted =
        |attack: &Attack| *attack == Attack::Clean || wanted.is_empty() || wanted.contains(attack);
    Ok(settings.attacks.iter().copied().filter(is_wanted).collect())
}

fn named(models: Vec<Origin>, wanted: &[String]) -> Result<Vec<Origin>> {
    let names: Vec<&str> = models.iter().map(|model| model.info.name.as_str()).collect();
    if let Some(missing) = wanted.iter().find(|name| !names.contains(&name.as_str())) {
        let fix = format!("it has {}", names.join(", "));
        return Err(Error::setting("found_under", missing, "is no model of that run", fix));
    }
    let is_wanted = |model: &Origin| wanted.is_empty() || wanted.contains(&model.info.name);
    Ok(models.into_iter().filter(is_wanted).collect())
}

fn wanted(replay: &Replay, sample: &Sample) -> bool {
    let Replay { categories, samples, .. } = replay;
    (categories.is_empty() || categories.contains(&sample.id.category))
        && (samples.is_empty() || samples.iter().any(|name| is_called(sample, name)))
}

fn is_called(sample: &Sample, name: &str) -> bool {
    sample.id.within_category() == name || sample.id.to_string() == name
}

fn refuse_unknown(replay: &Replay, data: &Data, info: &RunInfo) -> Result<()> {
    let known = &info.dataset.categories;
    if let Some(missing) = replay.categories.iter().find(|name| !known.contains(name)) {
        let fix = format!("it has {}", known.join(", "));
        return Err(Error::setting("categories", missing, "is no category of that run", fix));
    }
    let missing = |name: &&String| !data.samples().any(|sample| is_called(sample, name));
    if let Some(name) = replay.samples.iter().find(missing) {
        let fix = "name it as samples.csv does, defect/stem";
        return Err(Error::setting("sample", name, "is no sample of that run", fix));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Axis;

    #[test]
    fn each_point_is_evaluated_once() {
        let turned = Perturbation::of([(Axis::Angle, 3.0)]);
        let shifted = Perturbation::of([(Axis::Hue, 1.0)]);
        let mut points = Points::new();
        points.add(Attack::Single(Axis::Angle), [turned, Perturbation::IDENTITY]);
        points.add(Attack::Joint, [shifted, turned]);
        assert_eq!(points.perturbations, [Perturbation::IDENTITY, turned, shifted]);
        let places = [
            (Attack::Clean, vec![0]),
            (Attack::Single(Axis::Angle), vec![1, 0]),
            (Attack::Joint, vec![2, 1]),
        ];
        assert_eq!(points.places, places);
    }
}
