//! What the folders of the protocol's runs are called.

use std::collections::HashMap;
use std::path::Path;

use crate::model::Bundle;
use crate::record::file_name;

/// The folders of the runs, without the command in front, by the name of the data set and the model as given: after both in
/// small letters, in full where another has that name already. What comes later leaves the names of the others as they are.
pub(super) fn folders<'n>(parts: &[&'n str], models: &[&'n str]) -> HashMap<(&'n str, &'n str), String> {
    let mut folders: HashMap<(&str, &str), String> = HashMap::new();
    for (part, model) in models.iter().flat_map(|&model| parts.iter().map(move |&part| (part, model))) {
        let short = format!("{part}-{}", stem(model)).to_lowercase().replace([' ', '/'], "-");
        let full = format!("{}-{}", file_name(part), file_name(model));
        let numbered = (2..).map(|number| format!("{full}-{number}"));
        let mut names = [file_name(&short), full.clone()].into_iter().chain(numbered);
        let free = |name: &String| !folders.values().any(|other| other.eq_ignore_ascii_case(name));
        let name = names.find(free).unwrap_or_default();
        folders.entry((part, model)).or_insert(name);
    }
    folders
}

/// The folder of a bundle or the name of a graph, without what leads there.
fn stem(spec: &str) -> String {
    let path = Path::new(spec);
    let stem = if Bundle::is_graph(spec) { path.file_stem() } else { path.file_name() };
    stem.map_or_else(|| spec.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_has_a_folder_of_its_own() {
        let models = ["b16plus", "m/vit.1", "m/vit.2", "n/vit.2", "M/VIT.2"];
        let parts = ["MVTec AD", "mvtec-ad", "a", "a-b16plus"];
        let found = folders(&parts, &models);
        assert_eq!(found.len(), models.len() * parts.len());
        let names: std::collections::HashSet<String> =
            found.values().map(|name| name.to_lowercase()).collect();
        assert_eq!(names.len(), found.len(), "{found:?}");
        for (part, model, name) in [
            ("MVTec AD", "b16plus", "mvtec-ad-b16plus"),
            ("mvtec-ad", "b16plus", "mvtec-ad-b16plus-2"),
            ("MVTec AD", "m/vit.2", "mvtec-ad-vit.2"),
            ("MVTec AD", "n/vit.2", "MVTec AD-n%2Fvit.2"),
        ] {
            assert_eq!(found[&(part, model)], name);
        }
        let before = folders(&parts[..3], &models[..3]);
        assert!(before.iter().all(|(key, name)| found[key] == *name), "what comes later changes no name");
    }
}
