//! Uniting the records of the shards of a run into those of the whole run.

use std::path::Path;

use super::info::{ModelInfo, RunInfo, Status, decisive_differences, other_defence};
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
    let Some((_, first_name, whole)) = parts.first().cloned() else {
        return Err(Error::usage("merge", "has no shards", "name the folders of all shards"));
    };
    for (_, name, info) in &parts[1..] {
        let pattern = |info: &RunInfo| info.dataset.condition_pattern.as_deref().unwrap_or("none").to_owned();
        let of_pattern = (whole.dataset.condition_pattern != info.dataset.condition_pattern)
            .then(|| ("condition_pattern".to_owned(), pattern(&whole), pattern(info)));
        let first = decisive_differences(&whole, info).into_iter().next().or(of_pattern);
        let of_model = first.as_ref().is_some_and(|(key, ..)| key.starts_with("models."));
        let defence = other_defence(&whole, info).filter(|_| of_model);
        if let Some((key, there, here)) = defence.or(first) {
            return Err(Error::usage(
                name.as_str(),
                format!("has another `{key}` than {first_name}: {here} here, {there} there"),
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
    require_each_once(&parts)?;
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

/// Refuses shards of other numbers of parts, shards that are there twice, and names all that are missing. `parts` are in order.
fn require_each_once(parts: &[(Shard, &String, RunInfo)]) -> Result<()> {
    const ONCE: &str = "name the folder of each shard once";
    let Some((first, first_name, info)) = parts.first() else { return Ok(()) };
    if let Some((shard, name, _)) = parts.iter().find(|(shard, ..)| shard.of() != first.of()) {
        let problem = format!("is shard {shard}, and {first_name} is {first}");
        return Err(Error::usage(name.as_str(), problem, "name the shards of one run, split in one way"));
    }
    if let Some([(_, before, _), (shard, name, _)]) = parts.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let problem = format!("is shard {shard}, and so is {before}");
        return Err(Error::usage(name.as_str(), problem, ONCE));
    }
    let is_there = |index: &usize| parts.iter().any(|(shard, ..)| shard.index() == *index);
    let missing = (1..=first.of()).filter(|index| !is_there(index));
    let missing: Vec<Shard> = missing.filter_map(|index| Shard::new(index, first.of())).collect();
    let Some(one) = missing.first() else { return Ok(()) };
    let named: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let problem = match missing.len() {
        1 => format!("has no shard {one}"),
        _ => format!("has none of the shards {}", named.join(", ")),
    };
    let beside = Path::new(first_name.as_str()).with_file_name(format!("part-{}", one.index()));
    let fix = match command_of(&info.command, *one, &beside) {
        Some(command) => format!("name its folder too; if it was never made: `{command}`"),
        None => {
            format!("name its folder too, or make it with `shard = {one}` and the settings of {first_name}")
        }
    };
    Err(Error::usage("merge", problem, fix))
}

/// The command that makes a shard in a folder, given that of any shard of the run; `None` where that does not name its shard. Words with
/// spaces are not told apart from several.
pub fn command_of(command: &str, shard: Shard, folder: &Path) -> Option<String> {
    let flags = [("--shard", shard.to_string()), ("--out", folder.display().to_string())];
    let mut said = Vec::new();
    let mut is_split = false;
    let mut words = command.split(' ');
    while let Some(word) = words.next() {
        let flag = flags.iter().find(|(flag, _)| {
            word == *flag || word.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))
        });
        let Some((flag, _)) = flag else {
            said.push(word.to_owned());
            continue;
        };
        is_split |= *flag == flags[0].0;
        if word == *flag {
            words.next();
        }
    }
    said.extend(flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]));
    is_split.then(|| said.join(" "))
}

fn shard_of(name: &str, info: &RunInfo) -> Result<Shard> {
    let shard = info.settings.get(SHARD).and_then(|shard| shard.as_str()?.parse().ok());
    let Some(shard) = shard else {
        return Err(Error::usage(name, "is no shard of a run", "name folders of runs with `shard`"));
    };
    if info.status != Status::Finished {
        let command = command_of(&info.command, shard, Path::new(name));
        let said = command.map_or_else(String::new, |command| format!(": `{command}`"));
        let fix = format!("give its command again, which goes on where it was{said}");
        return Err(Error::usage(name, format!("is shard {shard}, which is not finished"), fix));
    }
    Ok(shard)
}

fn without_shard(info: &RunInfo) -> RunInfo {
    let mut whole = info.clone();
    whole.settings.remove(SHARD);
    whole.shard_from = None;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{DefenceInfo, Skipped};

    fn shard(text: &str) -> (String, RunInfo) {
        let mut settings = toml::Table::new();
        settings.insert("budget".into(), 50.into());
        settings.insert("shard".into(), text.into());
        let command = format!("askance attack --data d --out a/{} --shard={text}", text.replace('/', "of"));
        let mut info = RunInfo::start(command, None, 0, settings);
        info.status = Status::Finished;
        (format!("a/{}", text.replace('/', "of")), info)
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
        assert!(refusal(&[one.clone(), one.clone(), two.clone()]).contains("and so is a/1of2"));
        assert!(refusal(&[one.clone(), shard("2/3")]).contains("is shard 2/3, and a/1of2 is 1/2"));

        let model = |name: &str, defence: Option<&str>| ModelInfo {
            name: name.into(),
            defence: defence.map(|name| DefenceInfo { name: name.into(), pictures_per_evaluation: 1 }),
            ..ModelInfo::default()
        };
        let (mut plain, mut defended) = (one.clone(), two.clone());
        plain.1.models = vec![model("pocket", None)];
        defended.1.models = vec![model("pocket+grey-world", Some("grey-world"))];
        let refused = refusal(&[plain, defended]);
        assert!(refused.contains("another `defence` than a/1of2: grey-world here, none there"), "{refused}");

        let mut other = two.clone();
        other.1.dataset.condition_pattern = Some("(?<condition>[a-z]+)".into());
        let refused = refusal(&[one.clone(), other]);
        let told = "another `condition_pattern` than a/1of2: (?<condition>[a-z]+) here, none there";
        assert!(refused.contains(told), "{refused}");

        let mut other = two.clone();
        other.1.settings.insert("budget".into(), 60.into());
        let refused = refusal(&[one.clone(), other]);
        assert!(refused.contains("settings.budget") && refused.contains("60 here, 50 there"), "{refused}");

        let mut running = two.clone();
        running.1.status = Status::Interrupted;
        let refused = refusal(&[one.clone(), running]);
        assert!(
            refused.contains("not finished") && refused.contains("--shard 2/2 --out a/2of2`"),
            "{refused}"
        );

        let mut whole = two;
        whole.1.settings.remove(SHARD);
        assert!(refusal(&[one, whole]).contains("is no shard"));
    }

    #[test]
    fn what_is_missing_is_named_with_the_command_that_makes_it() {
        for (there, missing) in [("1/2", "2/2"), ("2/2", "1/2")] {
            let refused = refusal(&[shard(there)]);
            let part = missing.split('/').next().unwrap();
            let command = format!("`askance attack --data d --shard {missing} --out a/part-{part}`");
            assert!(
                refused.contains(&format!("no shard {missing}")) && refused.contains(&command),
                "{refused}"
            );
        }
        let refused = refusal(&[shard("4/5"), shard("1/5")]);
        assert!(refused.contains("none of the shards 2/5, 3/5, 5/5"), "{refused}");
        let mut unknown = shard("1/2");
        unknown.1.command = String::new();
        assert!(refusal(&[unknown]).contains("`shard = 2/2` and the settings of a/1of2"));
    }

    #[test]
    fn what_the_shards_were_given_by_is_no_part_of_the_run() {
        let mut shards = [shard("1/2"), shard("2/2")];
        shards[0].1.shard_from = Some("RANK = 0, WORLD_SIZE = 2".into());
        assert_eq!(unite(&shards).unwrap().shard_from, None);
    }
}
