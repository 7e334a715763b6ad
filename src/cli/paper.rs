//! `askance paper`: the paper's protocol over every data set and backbone that is there.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use askance::attack::{Settings, sweep_values};
use askance::dataset::{Found, Official, discover};
use askance::error::{Error, Result};
use askance::metric::MetricOptions;
use askance::plot;
use askance::record::{RunDir, Status, SummaryRow, write_atomic};
use askance::report::{Table, backbone_tables, category_table, published_table};
use askance::types::{Attack, Axis};

use super::args::{DataArgs, Global, ModelArgs, PaperArgs};
use super::plan::{Plan, SweepPlan, WorkPlan, execute};
use super::setup::metric_options;
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
        "download mvtec_anomaly_detection.tar.xz from https://www.mvtec.com/company/research/datasets/mvtec-ad, then \
         mkdir -p DIR/mvtec_ad && tar -xf mvtec_anomaly_detection.tar.xz -C DIR/mvtec_ad",
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
    let protocol = Protocol { global, args, metric, models: &inventory.models };
    let mut results = Results::default();
    for part in &inventory.parts {
        protocol.attack(part, &mut results)?;
    }
    for part in inventory.parts.iter().filter(|part| part.found.kind == Some(Official::MvtecAd)) {
        protocol.sweep(part, &mut results)?;
    }
    let written = results.write(&inventory, &args.out)?;
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
                let command = command.replace("DIR", &args.data_root.display().to_string());
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
                        out.display()
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

/// The data sets below `root`, one of each published set and one of each folder.
fn parts(root: &Path, notes: &mut Vec<String>) -> Result<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    for found in discover(root)? {
        let twin = parts.iter().find(|part| {
            part.found.root == found.root || (found.kind.is_some() && part.found.kind == found.kind)
        });
        if let Some(twin) = twin {
            let (other, layout) = (found.root.display(), found.layout);
            notes
                .push(format!("{other} ({layout}) is left out: {} is run for it", twin.found.root.display()));
            continue;
        }
        let folder = found.root.canonicalize().unwrap_or_else(|_| found.root.clone());
        let folder = folder.file_name().map_or_else(|| "data".into(), |name| name.to_string_lossy());
        let base = found.kind.map_or_else(|| folder.into_owned(), |kind| kind.name().to_owned());
        let taken = |name: &str| parts.iter().any(|part| part.name == name);
        let name = std::iter::once(base.clone())
            .chain((2..).map(|number| format!("{base} {number}")))
            .find(|name| !taken(name))
            .unwrap_or(base);
        parts.push(Part { name, found });
    }
    Ok(parts)
}

struct Protocol<'a> {
    global: &'a Global,
    args: &'a PaperArgs,
    metric: MetricOptions,
    models: &'a [String],
}

impl Protocol<'_> {
    fn attack(&self, part: &Part, results: &mut Results) -> Result<()> {
        let settings = Settings {
            attacks: Attack::ALL.to_vec(),
            budget: self.args.budget,
            seed: self.args.seed,
            ..self.args.preset.settings()
        };
        self.execute(part, "attack", Vec::new(), WorkPlan { settings, sweep: None }, results)
    }

    /// Uniform angles and hues on the objects whose orientation means nothing.
    fn sweep(&self, part: &Part, results: &mut Results) -> Result<()> {
        let there = askance::dataset::open(
            &part.found.root,
            &askance::dataset::Selection {
                layout: Some(part.found.layout),
                ..askance::dataset::Selection::default()
            },
        )?;
        let categories: Vec<String> = self
            .args
            .invariant
            .iter()
            .filter(|name| there.categories.iter().any(|category| &category.name == *name))
            .cloned()
            .collect();
        if categories.is_empty() {
            return Ok(());
        }
        let settings = Settings { attacks: Vec::new(), budget: 1, ..self.args.preset.settings() };
        let sweep = SweepPlan { axes: vec![Axis::Angle, Axis::Hue], steps: self.args.steps };
        self.execute(part, "sweep", categories, WorkPlan { settings, sweep: Some(sweep) }, results)
    }

    fn execute(
        &self,
        part: &Part,
        command: &'static str,
        category: Vec<String>,
        work: WorkPlan,
        results: &mut Results,
    ) -> Result<()> {
        let Self { global, args, .. } = self;
        let slug = part.name.to_lowercase().replace([' ', '/'], "-");
        let plan = Plan {
            command,
            data: DataArgs {
                data: part.found.root.clone(),
                layout: Some(part.found.layout),
                name: Some(part.name.clone()),
                category,
                limit: args.limit,
                skip_bad: args.skip_bad,
            },
            model: ModelArgs { model: self.models.to_vec(), ..args.model.clone() }
                .or_prompts_of(Some(args.preset)),
            metric: self.metric,
            work,
            out: Some(args.out.join(format!("{command}-{slug}"))),
            save_maps: false,
            keep_traces: false,
        };
        if !global.quiet {
            eprintln!("{command}: {}", part.name);
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
    fn write(&self, inventory: &Inventory, out: &Path) -> Result<Written> {
        let kinds: HashMap<&str, Official> =
            inventory.parts.iter().filter_map(|part| Some((part.name.as_str(), part.found.kind?))).collect();
        let mut named: Vec<(String, Table)> = backbone_tables(&self.summary)
            .into_iter()
            .map(|(model, table)| (format!("backbone_{}", model.replace(['/', '\\', ' '], "_")), table))
            .collect();
        named.push(("categories".to_owned(), category_table(&self.summary)));
        let beside = published_table(&self.summary, &|dataset| kinds.get(dataset).copied());
        named.extend(beside.map(|table| ("published".to_owned(), table)));
        let mut tables = Vec::new();
        for (name, table) in named {
            let path = out.join("tables").join(&name);
            for (extension, text) in
                [("csv", table.to_csv()), ("md", table.to_markdown()), ("tex", table.to_latex())]
            {
                write_atomic(path.with_extension(extension), text.as_bytes())?;
            }
            tables.push((table, path.with_extension("csv")));
        }
        let plots = plot::all(&self.runs, &out.join("plots"))?;
        let index = out.join("paper.md");
        write_atomic(&index, page(inventory, &tables, &plots, out).as_bytes())?;
        Ok(Written { tables, plots, index })
    }
}

/// One page with the tables and the figures.
fn page(inventory: &Inventory, tables: &[(Table, PathBuf)], plots: &plot::Drawn, out: &Path) -> String {
    let mut text = "# Worst-case rotation, hue and saturation (protocol of arXiv 2405.07969)\n".to_owned();
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
        let shown = path.strip_prefix(out).unwrap_or(path).display();
        let _ = writeln!(text, "![{shown}]({shown})\n");
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
