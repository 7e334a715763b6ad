//! `askance paper`: the paper's protocol over every data set and backbone that is there.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use askance::attack::{Settings, sweep_values};
use askance::dataset::{self, Found, Official, Selection, discover};
use askance::error::{Error, Result};
use askance::metric::MetricOptions;
use askance::model::{Bundle, ClipManifest};
use askance::plot;
use askance::record::{RunDir, Status, SummaryRow, file_name, write_atomic};
use askance::report::{Table, backbone_tables, category_table, published_table};
use askance::types::{Attack, Axis};

use super::args::{DataArgs, Global, ModelArgs, PaperArgs};
use super::plan::{Plan, SweepPlan, WorkPlan, execute};
use super::setup::{Data, metric_options};
use super::{interrupt, output};

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
struct Part {
    name: String,
    found: Found,
}

/// What the protocol wants and what is there of it.
struct Inventory {
    parts: Vec<Part>,
    models: Vec<String>,
    missing: Vec<String>,
    notes: Vec<String>,
}

/// Runs the protocol.
pub fn run(global: &Global, args: &PaperArgs) -> Result<()> {
    interrupt::listen()?;
    let metric = metric_options(&args.metric)?;
    check_sweep(args)?;
    let inventory = Inventory::take(args)?;
    for missing in &inventory.missing {
        eprintln!("not there: {missing}");
    }
    for note in &inventory.notes {
        eprintln!("note: {note}");
    }
    let parts: Vec<&str> = inventory.parts.iter().map(|part| part.name.as_str()).collect();
    let models: Vec<&str> = inventory.models.iter().map(String::as_str).collect();
    let folders = folders(&parts, &models);
    let protocol = Protocol { global, args, metric, models: &inventory.models, folders };
    let data: Vec<Data> = inventory
        .parts
        .iter()
        .map(|part| Data::read(&protocol.data(part, Vec::new())))
        .collect::<Result<_>>()?;
    let mut results = Results::default();
    for part in &inventory.parts {
        protocol.attack(part, &mut results)?;
    }
    let mut swept = false;
    for (part, data) in inventory.parts.iter().zip(&data) {
        if part.found.kind == Some(Official::MvtecAd) {
            swept |= protocol.sweep(part, data, &mut results)?;
        }
    }
    if !swept {
        let wanted = args.invariant.join(", ");
        eprintln!("note: no uniform sweeps: MVTec AD with one of {wanted} (--invariant) is not there");
    }
    let written = results.write(&inventory, args)?;
    report(global, args, &inventory, &results, &written)
}

/// Refuses what would fail after hours.
fn check_sweep(args: &PaperArgs) -> Result<()> {
    let known = Official::MvtecAd.categories();
    if let Some(unknown) = args.invariant.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Error::usage(
            format!("--invariant {unknown}"),
            "is no category of MVTec AD",
            format!("choose from {}", known.join(", ")),
        ));
    }
    sweep_values(&args.preset.settings().bounds, Axis::Angle, args.steps).map(|_| ())
}

impl Inventory {
    fn take(args: &PaperArgs) -> Result<Self> {
        let mut missing = Vec::new();
        let mut notes = Vec::new();
        let parts = parts(&args.data_root, &mut notes)?;
        for (official, command) in DATASETS {
            if !parts.iter().any(|part| part.found.kind == Some(official)) {
                let command = command.replace("DIR", &quoted(&args.data_root));
                missing.push(format!("{}: {command}", official.name()));
            }
        }
        let mut models = args.model.model.clone();
        if models.is_empty() {
            for (name, folder, export) in BACKBONES {
                let bundle = args.models_dir.join(folder);
                if bundle.join("bundle.toml").is_file() {
                    models.push(bundle.display().to_string());
                } else {
                    let out = std::path::absolute(&bundle).unwrap_or(bundle);
                    missing.push(format!(
                        "{name}: cd export && python -m askance_export {export} --out {}",
                        quoted(&out)
                    ));
                }
            }
        }
        if parts.is_empty() {
            return Err(Error::file(
                &args.data_root,
                "holds no data set of a known layout",
                format!("get one: {}", missing.join("; ")),
            ));
        }
        if models.is_empty() {
            return Err(Error::usage(
                format!("--models-dir {}", args.models_dir.display()),
                "holds none of the paper's backbones",
                format!("export one, or name other models with --model: {}", missing.join("; ")),
            ));
        }
        Ok(Self { parts, models, missing, notes })
    }
}

/// A path for a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:@%,".contains(letter);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The data sets below `root`. Of several that hold equal parts of the same published set one is run; a smaller one, such as
/// somebody's own `bottle`, is run under its folder's name and is not called the published set.
fn parts(root: &Path, notes: &mut Vec<String>) -> Result<Vec<Part>> {
    let mut found: Vec<(usize, Found)> =
        discover(root)?.into_iter().map(|found| Ok((samples(&found)?, found))).collect::<Result<_>>()?;
    // The largest first; `discover` goes by path, which decides between equals.
    found.sort_by_key(|(samples, _)| std::cmp::Reverse(*samples));
    let mut parts: Vec<(usize, Part)> = Vec::new();
    for (samples, mut found) in found {
        let twin = parts.iter().find(|(size, part)| {
            let same_set = found.kind.is_some() && part.found.kind == found.kind;
            part.found.root == found.root || (same_set && *size == samples)
        });
        if let Some((_, twin)) = twin {
            let (other, layout) = (found.root.display(), found.layout);
            notes
                .push(format!("{other} ({layout}) is left out: {} is run for it", twin.found.root.display()));
            continue;
        }
        if parts.iter().any(|(_, part)| found.kind.is_some() && part.found.kind == found.kind) {
            found.kind = None;
        }
        let folder = found.root.canonicalize().unwrap_or_else(|_| found.root.clone());
        let folder = folder.file_name().map_or_else(|| "data".into(), |name| name.to_string_lossy());
        let base = found.kind.map_or_else(|| folder.into_owned(), |kind| kind.name().to_owned());
        let taken = |name: &str| parts.iter().any(|(_, part)| part.name == name);
        let name = std::iter::once(base.clone())
            .chain((2..).map(|number| format!("{base} {number}")))
            .find(|name| !taken(name))
            .unwrap_or(base);
        parts.push((samples, Part { name, found }));
    }
    let mut parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();
    parts.sort_by_key(|part| (part.found.kind.is_none(), part.found.kind, part.name.clone()));
    Ok(parts)
}

fn samples(found: &Found) -> Result<usize> {
    let selection = Selection { layout: Some(found.layout), ..Selection::default() };
    let survey = dataset::survey(&found.root, &selection)?;
    Ok(survey.dataset.categories.iter().map(|category| category.samples.len()).sum())
}

struct Protocol<'a> {
    global: &'a Global,
    args: &'a PaperArgs,
    metric: MetricOptions,
    models: &'a [String],
    folders: HashMap<(&'a str, &'a str), String>,
}

/// What the folders of the runs are called, after the command, by the name of the data set and the model as given: after both in
/// small letters, in full where another has that name already. What comes later leaves the names of the others as they are.
fn folders<'n>(parts: &[&'n str], models: &[&'n str]) -> HashMap<(&'n str, &'n str), String> {
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

impl Protocol<'_> {
    fn attack(&self, part: &Part, results: &mut Results) -> Result<()> {
        let settings = Settings {
            attacks: Attack::over(&Axis::PAPER),
            budget: self.args.budget,
            seed: self.args.seed,
            ..self.args.preset.settings()
        };
        self.models.iter().try_for_each(|model| {
            let work = WorkPlan { settings: settings.clone(), sweep: None, tolerance: None, uniform: None };
            self.execute(part, model, "attack", Vec::new(), work, results)
        })
    }

    /// Uniform angles and hues on the objects whose orientation means nothing; whether there were any.
    fn sweep(&self, part: &Part, data: &Data, results: &mut Results) -> Result<bool> {
        let there = data.category_names();
        let categories: Vec<String> =
            self.args.invariant.iter().filter(|name| there.contains(&name.as_str())).cloned().collect();
        if categories.is_empty() {
            return Ok(false);
        }
        let settings = Settings { attacks: Vec::new(), budget: 1, ..self.args.preset.settings() };
        for model in self.models {
            let sweep = SweepPlan { axes: vec![Axis::Angle, Axis::Hue], steps: self.args.steps };
            let work =
                WorkPlan { settings: settings.clone(), sweep: Some(sweep), tolerance: None, uniform: None };
            self.execute(part, model, "sweep", categories.clone(), work, results)?;
        }
        Ok(true)
    }

    fn data(&self, part: &Part, category: Vec<String>) -> DataArgs {
        DataArgs {
            data: part.found.root.clone(),
            layout: Some(part.found.layout),
            name: Some(part.name.clone()),
            category,
            limit: self.args.limit,
            skip_bad: self.args.skip_bad,
        }
    }

    /// A run of its own for each data set and backbone, so that one that comes later leaves the others as they are.
    fn execute(
        &self,
        part: &Part,
        model: &str,
        command: &'static str,
        category: Vec<String>,
        work: WorkPlan,
        results: &mut Results,
    ) -> Result<()> {
        let Self { global, args, .. } = self;
        let plan = Plan {
            command,
            data: self.data(part, category),
            model: ModelArgs { model: vec![model.to_owned()], ..args.model.clone() }
                .or_prompts_of(Some(args.preset)),
            metric: self.metric,
            work,
            shard: None,
            out: Some(args.out.join(format!("{command}-{}", self.folders[&(part.name.as_str(), model)]))),
            save_maps: false,
            keep_traces: false,
            loss_given: false,
            decision: None,
        };
        if !global.quiet {
            eprintln!("{command}: {}, {model}", part.name);
        }
        let mut done = execute(global, plan)?;
        output::draw(&done.run.dir)?;
        done.run.end(Status::Finished)?;
        results.runs.push(done.run.dir.clone());
        results.summary.extend(done.summary);
        Ok(())
    }
}

#[derive(Default)]
struct Results {
    runs: Vec<RunDir>,
    summary: Vec<SummaryRow>,
}

/// What was written beside the runs.
struct Written {
    tables: Vec<(Table, PathBuf)>,
    plots: plot::Drawn,
    index: PathBuf,
}

impl Results {
    fn write(&self, inventory: &Inventory, args: &PaperArgs) -> Result<Written> {
        let out = &args.out;
        let kinds: HashMap<&str, Official> =
            inventory.parts.iter().filter_map(|part| Some((part.name.as_str(), part.found.kind?))).collect();
        let mut named: Vec<(String, Table)> = backbone_tables(&self.summary)
            .into_iter()
            .map(|(model, table)| (format!("backbone_{}", file_name(&model)), table))
            .collect();
        named.push(("categories".to_owned(), category_table(&self.summary)));
        let comparable = b16plus(&inventory.models);
        let beside = published_table(
            &self.summary,
            &|model| comparable.iter().any(|name| name == model),
            &|dataset| kinds.get(dataset).copied(),
        );
        named.extend(beside.map(|table| ("published".to_owned(), table)));
        let mut tables = Vec::new();
        for (name, table) in named {
            let path = |extension: &str| out.join("tables").join(format!("{name}.{extension}"));
            for (extension, text) in
                [("csv", table.to_csv()), ("md", table.to_markdown()), ("tex", table.to_latex())]
            {
                write_atomic(path(extension), text.as_bytes())?;
            }
            tables.push((table, path("csv")));
        }
        let plots = plot::all(&self.runs, &out.join("plots"))?;
        let index = out.join("paper.md");
        write_atomic(&index, page(inventory, &self.summary, &tables, &plots, args).as_bytes())?;
        Ok(Written { tables, plots, index })
    }
}

/// Names of the models that are a ViT-B/16+ at 240 pixels, which published numbers are of.
fn b16plus(specs: &[String]) -> Vec<String> {
    let is_one = |bundle: &Bundle| {
        let shape = |clip: &ClipManifest| (clip.image.size, clip.image.patch_grid, clip.winclip.embedding);
        bundle.clip().is_ok_and(|clip| shape(clip) == (240, [15, 15], 640))
    };
    let bundles = specs.iter().filter_map(|spec| Bundle::resolve(spec).ok());
    bundles.filter(is_one).map(|bundle| bundle.name().to_owned()).collect()
}

/// One page: what was run, what is missing, the tables and the figures.
fn page(
    inventory: &Inventory,
    summary: &[SummaryRow],
    tables: &[(Table, PathBuf)],
    plots: &plot::Drawn,
    args: &PaperArgs,
) -> String {
    let mut text = "# Worst-case rotation, hue and saturation (protocol of arXiv 2405.07969)\n\n".to_owned();
    let (preset, budget, seed) = (args.preset, args.budget, args.seed);
    let swept = args.invariant.join(", ");
    let _ = writeln!(
        text,
        "Preset {preset}, {budget} evaluations per sample and attack, seed {seed}; uniform sweeps on {swept}."
    );
    if let Some(limit) = args.limit {
        let _ = writeln!(
            text,
            "**A rehearsal: only the first {limit} good and {limit} defective samples of each category.**"
        );
    }
    text.push('\n');
    for part in &inventory.parts {
        let first = summary.iter().find(|row| row.dataset == part.name).map(|row| &row.model);
        let rows = summary.iter().filter(|row| {
            row.dataset == part.name
                && row.attack == Attack::Clean
                && row.over.category().is_some()
                && Some(&row.model) == first
        });
        let (categories, samples) = rows.fold((0, 0), |(count, sum), row| (count + 1, sum + row.samples));
        let of = part.found.kind.map_or_else(String::new, |kind| format!(" of {}", kind.categories().len()));
        let _ = writeln!(text, "- {}: {categories}{of} categories, {samples} pictures", part.name);
    }
    if !inventory.missing.is_empty() {
        text.push_str("\nNot there, and how to get it:\n\n");
        for missing in &inventory.missing {
            let _ = writeln!(text, "- {missing}");
        }
    }
    for (table, _) in tables {
        let _ = write!(text, "\n{}", table.to_markdown());
    }
    text.push('\n');
    for path in &plots.written {
        let shown = path.strip_prefix(&args.out).unwrap_or(path).display();
        let target = shown.to_string().replace('%', "%25").replace(' ', "%20");
        let _ = writeln!(text, "![{shown}]({target})\n");
    }
    text
}

fn report(
    global: &Global,
    args: &PaperArgs,
    inventory: &Inventory,
    results: &Results,
    written: &Written,
) -> Result<()> {
    if global.json {
        let summary = json!({
            "out": args.out,
            "runs": results.runs.iter().map(RunDir::path).collect::<Vec<_>>(),
            "summary": results.summary,
            "tables": written.tables.iter().map(|(_, path)| path).collect::<Vec<_>>(),
            "plots": written.plots.written,
            "missing": inventory.missing,
        });
        println!("{summary:#}");
        return Ok(());
    }
    for (table, path) in &written.tables {
        if path.file_stem().is_some_and(|stem| stem != "categories") {
            println!("{}", table.to_markdown());
        }
    }
    for (figure, reason) in &written.plots.skipped {
        eprintln!("not drawn: {figure} ({reason})");
    }
    println!("tables, figures and runs: {}", written.index.display());
    Ok(())
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
