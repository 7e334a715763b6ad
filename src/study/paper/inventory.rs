//! What the paper's protocol wants, and what is there of it.

use std::path::{Path, PathBuf};

use crate::dataset::{self, Found, Layout, Official, Selection, discover, loose};
use crate::error::{Error, Result};

/// A backbone of the paper: what it is, the folder of its bundle, and the arguments that export it.
const BACKBONES: [(&str, &str, &str); 3] = [
    ("ViT-B/16+ (LAION-400M)", "b16plus", "ViT-B-16-plus-240 --pretrained laion400m_e31"),
    ("ViT-L/14 (OpenAI)", "l14", "ViT-L-14 --pretrained openai"),
    ("ViT-L/14 (FARE2)", "l14-fare2", "ViT-L-14 --pretrained fare2"),
];

/// The paper's data sets, and where they come from.
const DATASETS: [(Official, &str); 2] = [
    (
        Official::MvtecAd,
        "mkdir -p DIR/mvtec_ad && tar -xf mvtec_anomaly_detection.tar.xz -C DIR/mvtec_ad (the archive is on \
         https://www.mvtec.com/company/research/datasets/mvtec-ad, behind a form)",
    ),
    (
        Official::Visa,
        "curl -LO https://amazon-visual-anomaly.s3.us-west-2.amazonaws.com/VisA_20220922.tar && mkdir -p DIR/visa && \
         tar -xf VisA_20220922.tar -C DIR/visa",
    ),
];

/// A data set to run, under the name that records and figures give it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub name: String,
    pub found: Found,
}

/// Data sets and models to run, and what is missing.
#[derive(Clone, Debug)]
pub(super) struct Inventory {
    pub parts: Vec<Part>,
    pub models: Vec<String>,
    /// What is not there, each with the command that gets it.
    pub missing: Vec<String>,
    /// What is there and not run, each with the reason.
    pub left_out: Vec<String>,
}

impl Inventory {
    /// Looks for data sets below `data_root`, and for the paper's backbones in `models_dir` where no models are named.
    ///
    /// # Errors
    /// There is no data set, or no model; the error says how to get them.
    pub fn take(data_root: &Path, models_dir: &Path, named: &[String]) -> Result<Self> {
        let (mut missing, mut left_out) = (Vec::new(), Vec::new());
        let parts = parts(data_root, &mut left_out)?;
        for (official, command) in DATASETS {
            if !parts.iter().any(|part| part.found.kind == Some(official)) {
                let command = command.replace("DIR", &quoted(data_root));
                missing.push(format!("{}: {command}", official.name()));
            }
        }
        let models = if named.is_empty() { backbones(models_dir, &mut missing) } else { named.to_vec() };
        if parts.is_empty() {
            let get = format!("get one: {}", missing.join("; "));
            let (problem, fix) = match left_out.is_empty() {
                true => ("holds no data set of a known layout".to_owned(), get),
                false => (
                    format!("holds no data set with masks: {}", left_out.join("; ")),
                    format!("add masks, or run `askance attack` on these data, or {get}"),
                ),
            };
            return Err(Error::file(data_root, problem, fix));
        }
        if models.is_empty() {
            return Err(Error::usage(
                format!("`models_dir = {}`", models_dir.display()),
                "holds none of the paper's backbones",
                format!("export one, or name other models with `model`: {}", missing.join("; ")),
            ));
        }
        Ok(Self { parts, models, missing, left_out })
    }
}

/// Bundles of the paper's backbones; those that are not there are added to `missing`.
fn backbones(models_dir: &Path, missing: &mut Vec<String>) -> Vec<String> {
    let mut models = Vec::new();
    for (name, folder, export) in BACKBONES {
        let bundle: PathBuf = models_dir.join(folder);
        if bundle.join("bundle.toml").is_file() {
            models.push(bundle.display().to_string());
        } else {
            let out = std::path::absolute(&bundle).unwrap_or(bundle);
            let out = quoted(&out);
            missing.push(format!("{name}: cd export && python -m askance_export {export} --out {out}"));
        }
    }
    models
}

/// A path for a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:@%,".contains(letter);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The data sets below `root`. Of several that hold equal parts of the same published set one is run; a smaller one, such as
/// somebody's own `bottle`, is run under its folder's name and is not called the published set.
fn parts(root: &Path, left_out: &mut Vec<String>) -> Result<Vec<Part>> {
    let found = discover(root)?;
    let loose = loose(root, &found)?;
    let mut found: Vec<(usize, Found)> =
        found.into_iter().map(|found| Ok((samples(&found)?, found))).collect::<Result<_>>()?;
    // The largest first; `discover` goes by path, which decides between equals.
    found.sort_by_key(|(samples, _)| std::cmp::Reverse(*samples));
    let mut parts: Vec<(usize, Part)> = Vec::new();
    for (samples, mut found) in found {
        if !found.layout.has_masks() {
            left_out.push(without_masks(&found.root, found.layout));
            continue;
        }
        let twin = parts.iter().find(|(size, part)| {
            let same_set = found.kind.is_some() && part.found.kind == found.kind;
            part.found.root == found.root || (same_set && *size == samples)
        });
        if let Some((_, twin)) = twin {
            let (other, layout) = (found.root.display(), found.layout);
            left_out
                .push(format!("{other} ({layout}) is left out: {} is run for it", twin.found.root.display()));
            continue;
        }
        if parts.iter().any(|(_, part)| found.kind.is_some() && part.found.kind == found.kind) {
            found.kind = None;
        }
        let name = name_of(&found, &|name| parts.iter().any(|(_, part)| part.name == name));
        parts.push((samples, Part { name, found }));
    }
    left_out.extend(loose.into_iter().map(|loose| match loose.is_plain {
        true => without_masks(&loose.root, Layout::Unlabelled),
        false => format!("{} is left out: it holds pictures in no known layout", loose.root.display()),
    }));
    let mut parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();
    parts.sort_by_key(|part| (part.found.kind.is_none(), part.found.kind, part.name.clone()));
    Ok(parts)
}

fn without_masks(root: &Path, layout: Layout) -> String {
    format!("{} ({layout}) is left out: it has no masks, which pAUROC and AUPRO need", root.display())
}

/// The published set's name or the folder's, with a number behind it where it is taken.
fn name_of(found: &Found, taken: &dyn Fn(&str) -> bool) -> String {
    let folder = found.root.canonicalize().unwrap_or_else(|_| found.root.clone());
    let folder = folder.file_name().map_or_else(|| "data".into(), |name| name.to_string_lossy());
    let base = found.kind.map_or_else(|| folder.into_owned(), |kind| kind.name().to_owned());
    std::iter::once(base.clone())
        .chain((2..).map(|number| format!("{base} {number}")))
        .find(|name| !taken(name))
        .unwrap_or(base)
}

fn samples(found: &Found) -> Result<usize> {
    let selection = Selection { layout: Some(found.layout), ..Selection::default() };
    let survey = dataset::survey(&found.root, &selection)?;
    Ok(survey.dataset.categories.iter().map(|category| category.samples.len()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_for_a_shell_is_quoted_where_it_must_be() {
        assert_eq!(quoted(Path::new("a/b-1.0")), "a/b-1.0");
        assert_eq!(quoted(Path::new("it's here")), "'it'\\''s here'");
    }

    #[test]
    fn data_without_masks_are_left_out_with_a_word() {
        let root = tempfile::tempdir().unwrap();
        for picture in ["mvtec/bolt/test/good/0.png", "own/nut/good/0.png", "own/nut/bad/0.png"] {
            let path = root.path().join(picture);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let mut left_out = Vec::new();
        let found = parts(root.path(), &mut left_out).unwrap();
        assert_eq!(found.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["mvtec"]);
        assert!(
            left_out.len() == 1 && left_out[0].contains("own (image-labels) is left out"),
            "{left_out:?}"
        );

        for picture in ["phone/0.png", "mixed/0.png", "mixed/more/1.png", "note.txt"] {
            let path = root.path().join(picture);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let mut left_out = Vec::new();
        parts(root.path(), &mut left_out).unwrap();
        assert_eq!(left_out.len(), 3, "{left_out:?}");
        assert!(
            left_out[1].contains("mixed is left out: it holds pictures in no known layout"),
            "{left_out:?}"
        );
        assert!(left_out[2].contains("phone (unlabelled) is left out: it has no masks"), "{left_out:?}");
    }

    #[test]
    fn where_nothing_has_masks_the_error_says_what_is_left_out_and_why() {
        for (pictures, layout) in [
            (["own/nut/good/0.png", "own/nut/bad/0.png"], "image-labels"),
            (["own/0.png", "own/1.png"], "unlabelled"),
        ] {
            let root = tempfile::tempdir().unwrap();
            for picture in pictures {
                let path = root.path().join(picture);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
            let error = Inventory::take(root.path(), root.path(), &[]).unwrap_err();
            assert!(error.problem.contains(&format!("({layout}) is left out: it has no masks")), "{error}");
            assert!(error.fix.contains("add masks") && error.fix.contains("VisA: curl"), "{error}");
        }
    }

    #[test]
    fn nothing_there_is_an_error_that_tells_how_to_get_it() {
        let root = tempfile::tempdir().unwrap();
        let error = Inventory::take(root.path(), root.path(), &[]).unwrap_err();
        assert!(error.problem.contains("no data set") && error.fix.contains("VisA: curl"), "{error}");
    }
}
