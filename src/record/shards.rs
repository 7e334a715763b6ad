//! Uniting the records of the shards of a run into those of the whole run.

use super::info::{ModelInfo, RunInfo, Status, first_decisive_difference};
use crate::error::{Error, Result};
use crate::types::Shard;

/// Key of the setting `shard` in the settings of a run.
const SHARD: &str = "shard";

/// The `run.toml` of the whole run, as if it had not been split, from those of its shards and the names of
/// their folders, in any order.
///
/// # Errors
/// A usage error where a run is no shard or not finished, where two differ in a key that decides a result
/// (the error names the first), or where shards are missing or given twice.
pub fn unite(shards: &[(String, RunInfo)]) -> Result<RunInfo> {
    let mut parts = Vec::with_capacity(shards.len());
    for (name, info) in shards {
        parts.push((shard_of(name, info)?, name, without_shard(info)));
    }
    parts.sort_by_key(|(shard, ..)| *shard);
    let Some((first, first_name, whole)) = parts.first().cloned() else {
        return Err(Error::usage("merge", "has no shards", "name the folders of all shards"));
    };
    for (_, name, info) in &parts[1..] {
        if let Some((key, there, here)) = first_decisive_difference(&whole, info)? {
            return Err(Error::usage(
                name.as_str(),
                format!("has another {key} than {first_name}: {here} here, {there} there"),
                "merge shards of one run: repeat one of them with the settings of the others",
            ));
        }
    }
    for (_, name, info) in &parts[1..] {
        for ModelInfo { name: model, input_size, .. } in &info.models {
            let there = whole.models.iter().find(|other| other.name == *model);
            if let (Some(there), Some(here)) = (there.and_then(|other| other.input_size), *input_size)
                && there != here
            {
                let problem = format!(
                    "has another input_size of {model} than {first_name}: {here} here, {there} there"
                );
                return Err(Error::usage(name.as_str(), problem, "restore the run.toml of both shards"));
            }
        }
    }
    for (place, (shard, name, _)) in parts.iter().enumerate() {
        let problem = if shard.of() != first.of() {
            format!("is shard {shard}, and {first_name} is {first}")
        } else if shard.index() <= place {
            format!("is shard {shard}, and so is {}", parts[place - 1].1)
        } else if shard.index() > place + 1 {
            format!("is shard {shard}, and shard {}/{} is missing", place + 1, first.of())
        } else {
            continue;
        };
        return Err(Error::usage(name.as_str(), problem, "name the folder of each shard once"));
    }
    if parts.len() < first.of() {
        let problem = format!(
            "ends with shard {}, and shard {}/{} is missing",
            parts.len(),
            parts.len() + 1,
            first.of()
        );
        return Err(Error::usage("merge", problem, "name the folder of each shard once"));
    }
    let mut united = whole;
    for (_, _, info) in &parts[1..] {
        united.started = united.started.min(info.started.clone());
        united.save_maps |= info.save_maps;
        for skipped in &info.skipped {
            if !united.skipped.contains(skipped) {
                united.skipped.push(skipped.clone());
            }
        }
    }
    Ok(united)
}

fn shard_of(name: &str, info: &RunInfo) -> Result<Shard> {
    let shard = info.settings.get(SHARD).and_then(|shard| shard.as_str()?.parse().ok());
    let Some(shard) = shard else {
        return Err(Error::usage(name, "is no shard of a run", "name folders of runs with `shard`"));
    };
    if info.status != Status::Finished {
        let fix = "give its command again, which goes on where it was";
        return Err(Error::usage(name, format!("is shard {shard}, which is not finished"), fix));
    }
    Ok(shard)
}

fn without_shard(info: &RunInfo) -> RunInfo {
    let mut whole = info.clone();
    whole.settings.remove(SHARD);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Skipped;

    fn shard(text: &str) -> (String, RunInfo) {
        let mut settings = toml::Table::new();
        settings.insert("budget".into(), 50.into());
        settings.insert("shard".into(), text.into());
        let mut info = RunInfo::start("askance attack", None, 0, settings);
        info.status = Status::Finished;
        (text.replace('/', "of"), info)
    }

    fn refusal(shards: &[(String, RunInfo)]) -> String {
        unite(shards).unwrap_err().to_string()
    }

    #[test]
    fn all_shards_are_the_run_in_any_order() {
        let mut shards = [shard("2/3"), shard("3/3"), shard("1/3")];
        let skipped = |name: &str| Skipped { sample: name.into(), reason: "is empty".into() };
        shards[0].1.skipped = vec![skipped("a"), skipped("b")];
        shards[2].1.skipped = vec![skipped("a")];
        let whole = unite(&shards).unwrap();
        assert_eq!(whole.settings.keys().collect::<Vec<_>>(), ["budget"]);
        assert_eq!(whole.skipped, [skipped("a"), skipped("b")]);
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let (one, two) = (shard("1/2"), shard("2/2"));
        assert!(refusal(std::slice::from_ref(&one)).contains("2/2 is missing"));
        assert!(refusal(std::slice::from_ref(&two)).contains("1/2 is missing"));
        assert!(refusal(&[one.clone(), one.clone(), two.clone()]).contains("and so is 1of2"));
        assert!(refusal(&[one.clone(), shard("2/3")]).contains("is shard 2/3, and 1of2 is 1/2"));

        let mut other = two.clone();
        other.1.settings.insert("budget".into(), 60.into());
        let refused = refusal(&[one.clone(), other]);
        assert!(refused.contains("settings.budget") && refused.contains("60 here, 50 there"), "{refused}");

        let mut running = two.clone();
        running.1.status = Status::Interrupted;
        assert!(refusal(&[one.clone(), running]).contains("not finished"));

        let mut whole = two;
        whole.1.settings.remove(SHARD);
        assert!(refusal(&[one, whole]).contains("is no shard"));
    }
}
