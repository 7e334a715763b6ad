//! Files of users and of runs, changed at random: they are read or refused.

use std::fs;
use std::path::{Path, PathBuf};

use askance::dataset::{self, Layout, Selection, survey};
use askance::model::Fake;
use askance::prompt::{PromptSet, tokenise};
use askance::record::{
    OperatingRow, RandomRow, RunDir, RunInfo, SampleRow, StabilityRow, SummaryRow, SweepRow, Trace,
    UniformRow, read_examples, read_map, read_rows,
};
use askance::study::{Data, Models, Plan, Quiet, Scope, Source, Uniform};
use askance::synth;
use askance::types::Axis;
use image::{DynamicImage, ImageFormat};

use crate::support_hostile::{try_changed, try_changed_at};
use crate::trees::{Folder, encode, picture};

/// A finished run with a file of every kind, and the sweep of the same pictures.
struct Run {
    folder: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let parts = folder.path().join("parts");
        let categories = vec!["tablet".to_owned()];
        let recipe =
            synth::Recipe { size: 64, categories, good: 2, defective: 2, ..synth::Recipe::default() };
        synth::write(&recipe, &parts, &|_, _| ()).unwrap();
        let data = Data::open(&Source::new(parts), &Quiet).unwrap();
        let mut models = Models::of(vec![Box::new(Fake::new(64, (4, 4)))], 4).unwrap();
        let attack = Plan::attack()
            .axes([Axis::Angle, Axis::Hue])
            .budget(6)
            .keep_traces(true)
            .tolerance([Axis::Hue])
            .tolerance_steps(5)
            .uniform(Uniform { scopes: vec![Scope::Category, Scope::Dataset], budget: 4 })
            .random(3);
        attack.check().unwrap().run(folder.path().join("attack"), &data, &mut models, &Quiet).unwrap();
        let sweep = Plan::sweep([Axis::Hue], 3).check().unwrap();
        sweep.run(folder.path().join("sweep"), &data, &mut models, &Quiet).unwrap();
        Self { folder }
    }

    fn seed(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The first file below a folder of the attack.
    fn first(&self, below: &str) -> PathBuf {
        let mut path = self.folder.path().join("attack").join(below);
        while path.is_dir() {
            path = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
        }
        path
    }
}

#[test]
fn changed_records_are_read_or_refused() {
    let run = Run::new();
    macro_rules! rows {
        ($($row:ty: $file:literal),*) => {$(
            try_changed($file.rsplit('/').next().unwrap(), "rows.csv", &[run.seed($file)], |path| drop(read_rows::<$row>(path)));
        )*};
    }
    rows!(
        SampleRow: "attack/samples.csv", StabilityRow: "attack/stability.csv", UniformRow: "attack/uniform.csv",
        SummaryRow: "attack/summary.csv", OperatingRow: "attack/operating.csv", RandomRow: "attack/random.csv",
        SweepRow: "sweep/sweep.csv"
    );
    try_changed("run.toml", "run.toml", &[run.seed("attack/run.toml")], |path| drop(RunInfo::read(path)));
    let map = fs::read(run.first("patch_maps")).unwrap();
    let trace = fs::read(run.first("traces")).unwrap();
    try_changed("map", "map.npy", &[map, trace.clone()], |path| drop(read_map(path)));
    try_changed("trace", "trace.npy", &[trace], |path| drop(Trace::read(path, 1)));
}

#[test]
fn changed_examples_are_read_or_refused() {
    let run = Run::new();
    let dir = RunDir::open(run.folder.path().join("attack")).unwrap();
    assert!(!read_examples(&dir).unwrap().is_empty());
    for name in ["index.csv", "00.png", "00_mask.png"] {
        let path = dir.examples().join(name);
        let whole = fs::read(&path).unwrap();
        try_changed_at(&format!("examples-{name}"), &path, std::slice::from_ref(&whole), |_| {
            drop(read_examples(&dir))
        });
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn changed_lists_of_pictures_are_read_or_refused() {
    let lists: [(Layout, &str, &str); 3] = [
        (
            Layout::Manifest,
            "manifest.csv",
            "category,split,image,mask,condition,scene\nnut,test,a.png,,low,1\nnut,test,b.png,b_mask.png,high,1\nnut,train,c.png,,,\n",
        ),
        (
            Layout::MetaJson,
            "meta.json",
            r#"{"train": {}, "test": {"nut": [
                {"img_path": "a.png", "mask_path": "", "cls_name": "nut", "specie_name": "good", "anomaly": 0},
                {"img_path": "b.png", "mask_path": "b_mask.png", "cls_name": "nut", "specie_name": "bad", "anomaly": 1}]}}"#,
        ),
        (
            Layout::Visa,
            "split_csv/1cls.csv",
            "object,split,label,image,mask\nnut,train,normal,nut/Data/Images/Normal/c.png,\nnut,test,normal,nut/Data/Images/Normal/a.png,\n\
             nut,test,anomaly,nut/Data/Images/Anomaly/b.png,nut/Data/Masks/Anomaly/b.png\n",
        ),
    ];
    for (layout, name, list) in lists {
        let folder = Folder::new();
        folder.pictures(&[
            "a.png",
            "b.png",
            "c.png",
            "nut/Data/Images/Normal/a.png",
            "nut/Data/Images/Normal/c.png",
        ]);
        folder
            .pictures(&["nut/Data/Images/Anomaly/b.png"])
            .mask("nut/Data/Masks/Anomaly/b.png")
            .mask("b_mask.png");
        let selection = Selection { layout: Some(layout), ..Selection::default() };
        let root =
            if layout == Layout::Manifest { folder.path().join(name) } else { folder.path().to_owned() };
        folder.write(name, list);
        let found = survey(&root, &selection).unwrap();
        assert!(
            found.problems.is_empty() && found.dataset.categories[0].samples.len() == 2,
            "{layout}: {:?}",
            found.problems
        );
        try_changed_at(&format!("list-{layout}"), &folder.place(name), &[list.into()], |_| {
            drop(survey(&root, &selection))
        });
    }
}

#[test]
fn changed_pictures_and_masks_are_read_or_refused() {
    let formats = [
        ("png", ImageFormat::Png),
        ("jpg", ImageFormat::Jpeg),
        ("bmp", ImageFormat::Bmp),
        ("tif", ImageFormat::Tiff),
        ("webp", ImageFormat::WebP),
    ];
    for (extension, format) in formats {
        let folder = Folder::new();
        let image = DynamicImage::from(picture());
        let grey = DynamicImage::from(image.to_luma16());
        let mut seeds = vec![encode(&image, format)];
        if matches!(format, ImageFormat::Png | ImageFormat::Tiff) {
            seeds.push(encode(&grey, format));
        }
        let name = format!("part/test/bad/1.{extension}");
        folder
            .write(&name, &seeds[0])
            .mask("part/ground_truth/bad/1_mask.png")
            .pictures(&["part/test/good/0.png"]);
        let data = dataset::open(folder.path(), &Selection::default()).unwrap();
        let samples = &data.categories[0].samples;
        let sample = samples.iter().find(|sample| sample.masked).unwrap();
        dataset::load(sample, 32).unwrap();
        let read = |_: &Path| {
            drop(dataset::inspect(sample));
            drop(dataset::load(sample, 32));
        };
        try_changed_at(&format!("picture-{extension}"), &folder.place(&name), &seeds, read);
        folder.write(&name, &seeds[0]);
        if format == ImageFormat::Png {
            let mask = folder.place("part/ground_truth/bad/1_mask.png");
            let seed = fs::read(&mask).unwrap();
            try_changed_at("mask", &mask, &[seed], |_| drop(dataset::load_mask(sample, 32)));
        }
    }
}

#[test]
fn changed_prompts_are_read_or_refused() {
    let set = "name = \"mine\"\nnormal = [\"{}\", \"flawless {}\"]\nanomalous = [\"damaged {}\"]\ntemplates = [\"a photo of a {}.\"]\n";
    let read = |path: &Path| {
        let Ok(set) = PromptSet::from_toml(path) else { return };
        for prompt in set.prompts("metal_nut").normal {
            drop(tokenise(&prompt, 77));
        }
    };
    try_changed("prompts", "prompts.toml", &[set.into()], read);
}
