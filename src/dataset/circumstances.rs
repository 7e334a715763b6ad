//! Conditions and scenes from the paths of pictures.

use std::path::Path;

use regex::Regex;

use super::sample::{Circumstances, Sample};
use crate::error::{Error, Result};

/// Takes the circumstances of each sample from its path below `root` (with `/` between folders), by the groups `scene`, `condition` and
/// others that have a name of a regular expression. Samples that it does not match keep what is known of them.
///
/// # Errors
/// A usage error about an expression that cannot be read, has no group with a name, or matches no sample.
pub(super) fn from_paths<'s>(
    pattern: &str,
    root: &Path,
    samples: impl Iterator<Item = &'s mut Sample>,
) -> Result<()> {
    let refuse = |problem: String, fix: &str| Err(Error::setting("condition_pattern", pattern, problem, fix));
    let expression = match Regex::new(pattern) {
        Ok(expression) => expression,
        Err(e) => {
            // The last line says what is wrong, those before it draw the place.
            let said = e.to_string();
            let said = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            return refuse(format!("is no regular expression ({said})"), EXAMPLE);
        }
    };
    let names: Vec<&str> = expression.capture_names().flatten().collect();
    if names.is_empty() {
        return refuse("has no group with a name, such as scene or condition".to_owned(), EXAMPLE);
    }
    let (mut seen, mut matched) = (None, false);
    for sample in samples {
        let path =
            sample.image.strip_prefix(root).unwrap_or(&sample.image).to_string_lossy().replace('\\', "/");
        if let Some(found) = expression.captures(&path) {
            let group =
                |name| found.name(name).map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty());
            let Circumstances { condition, scene, columns } = &mut sample.circumstances;
            *condition = group("condition").or(condition.take());
            *scene = group("scene").or(scene.take());
            let others = names.iter().filter(|name| !["scene", "condition"].contains(name));
            columns.extend(others.filter_map(|&name| Some((name.to_owned(), group(name)?))));
            matched = true;
        }
        seen.get_or_insert(path);
    }
    match seen {
        Some(first) if !matched => refuse(
            format!("matches no picture (the first is {first})"),
            "write it for paths such as that one",
        ),
        _ => Ok(()),
    }
}

const EXAMPLE: &str = r"write one such as (?<scene>\d+)_(?<condition>[^/]+)\.png$";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Label, SampleId};

    fn sample(path: &str) -> Sample {
        Sample {
            id: SampleId { category: "can".into(), defect: "bad".into(), stem: "0".into() },
            label: Label::Anomalous,
            image: path.into(),
            masks: Vec::new(),
            masked: true,
            circumstances: Circumstances { condition: Some("kept".into()), ..Circumstances::default() },
        }
    }

    fn circumstances(pattern: &str, paths: &[&str]) -> Result<Vec<(Option<String>, Option<String>)>> {
        let mut samples: Vec<Sample> = paths.iter().map(|path| sample(path)).collect();
        from_paths(pattern, Path::new("d"), samples.iter_mut())?;
        let pairs = samples.into_iter().map(|sample| sample.circumstances);
        Ok(pairs.map(|found| (found.condition, found.scene)).collect())
    }

    #[test]
    fn groups_are_read_from_the_path_below_the_root() {
        let pattern = r"^can/(?<condition>\w+)/(?<scene>\d+)";
        let found = circumstances(pattern, &["d/can/dark/07.png", "d/nut/7.png"]).unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(found, [(some("dark"), some("07")), (some("kept"), None)]);
        let scenes = circumstances(r"(?<scene>\d+)", &["d/can/07.png"]).unwrap();
        assert_eq!(scenes, [(some("kept"), some("07"))]);
    }

    #[test]
    fn groups_of_other_names_are_columns() {
        let mut samples = [sample("d/can/lamp2_07.png"), sample("d/can/lamp_07.png")];
        from_paths(r"lamp(?<lamp>\d*)_(?<scene>\d+)", Path::new("d"), samples.iter_mut()).unwrap();
        let columns = samples.map(|sample| sample.circumstances.columns.into_iter().collect::<Vec<_>>());
        assert_eq!(columns, [vec![("lamp".to_owned(), "2".to_owned())], vec![]]);
    }

    #[test]
    fn expressions_of_no_use_are_refused() {
        for (pattern, said) in
            [("(", "no regular"), (r"\d", "no group"), ("(?<scene>x)", "the first is can/1.png")]
        {
            let error = circumstances(pattern, &["d/can/1.png"]).unwrap_err();
            assert!(error.problem.contains(said) && error.subject.contains("condition_pattern"), "{error}");
        }
    }
}
