//! From the protocol to its runs, tables, figures and page.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::folders::folders;
use super::inventory::{Inventory, Part};
use super::protocol::Paper;
use super::{page, tables};
use crate::dataset::Official;
use crate::error::Result;
use crate::record::{RunDir, SummaryRow, write_atomic};
use crate::report::{AboveClean, Table};
use crate::stats::distinct;
use crate::study::data::Data;
use crate::study::figures::{Figures, draw};
use crate::study::models::{ModelSpec, Models};
use crate::study::observe::Observe;
use crate::study::outcome::Outcome;
use crate::study::plan::{Command, Plan};
use crate::study::session::stopped_in;

/// What the protocol gave: runs in folders of their own, tables, figures, and a page with all of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PaperResults {
    /// The runs, attacks first, by data set and model.
    pub runs: Vec<RunDir>,
    /// Pooled metrics of all attacks.
    pub summary: Vec<SummaryRow>,
    /// Worst cases with a higher pAUROC than the unchanged picture: the rules of both presets bound no pooled metric.
    pub above_clean: Vec<AboveClean>,
    /// Tables, each with its CSV file.
    pub tables: Vec<(Table, PathBuf)>,
    /// Figures over all runs.
    pub figures: Figures,
    /// What is not there, each with the command that gets it.
    pub missing: Vec<String>,
    /// The page.
    pub page: PathBuf,
}

impl Paper {
    /// Runs the protocol into the folder `out`. What was run before stays; what is there now and was not then is added. `load` opens
    /// one model ([`Models::load`], or any Rust code of that name); one is open at a time, and all are tried before the first attack.
    ///
    /// # Errors
    /// No data, no models, a setting that makes no sense; a file that cannot be used, before the first attack; those of
    /// [`Checked::run`](crate::study::Checked::run).
    pub fn run(
        &self,
        out: impl AsRef<Path>,
        load: &mut dyn FnMut(&ModelSpec) -> Result<Models>,
        observe: &dyn Observe,
    ) -> Result<PaperResults> {
        let out = out.as_ref();
        self.check()?;
        let inventory = Inventory::take(&self.data_root, &self.models_dir, &self.spec.model)?;
        for missing in &inventory.missing {
            observe.note(&format!("not there: {missing}"));
        }
        for left_out in &inventory.left_out {
            observe.note(&format!("note: {left_out}"));
        }
        let data: Vec<Data> = inventory
            .parts
            .iter()
            .map(|part| Data::open(&self.source(part), observe))
            .collect::<Result<_>>()?;
        let attack = self.attack().check()?;
        data.iter().try_for_each(|data| attack.suits(data))?;
        let swept = self.swept(&inventory, &data)?;
        if swept.is_empty() {
            let wanted = self.invariant.join(", ");
            observe.note(&format!(
                "note: no uniform sweeps: MVTec AD with one of {wanted} (`invariant`) is not there"
            ));
        }
        let parts: Vec<&str> = inventory.parts.iter().map(|part| part.name.as_str()).collect();
        let folders = folders(&parts, &inventory.models.iter().map(String::as_str).collect::<Vec<_>>());
        // A model that cannot be used is told now, and not after the hours that those before it take; the first is met at once.
        for model in inventory.models.iter().skip(1) {
            load(&self.spec_of(model))?;
        }
        let _lock = RunDir::create(out)?.lock()?;
        let mut made = Vec::new();
        for (place, model) in inventory.models.iter().enumerate() {
            let mut models = load(&self.spec_of(model))?;
            let mut series = Series { out, place, model, folders: &folders, models: &mut models, observe };
            for (part, data) in inventory.parts.iter().zip(&data) {
                made.push(series.execute(&self.attack(), part, data)?);
            }
            for (part, data) in &swept {
                made.push(series.execute(&self.sweep(), part, data)?);
            }
        }
        // The models are loaded one after the other; readers go by data set.
        let rank = |name: &str| inventory.parts.iter().position(|part| part.name == name);
        made.sort_by_key(|run: &Made| (run.command == Command::Sweep, rank(&run.part), run.place));
        let swept = distinct(swept.iter().flat_map(|(_, data)| data.categories()).map(str::to_owned));
        self.conclude(out, inventory, made, &swept, observe)
    }

    /// The objects of MVTec AD whose orientation means nothing.
    fn swept<'i>(&self, inventory: &'i Inventory, data: &[Data]) -> Result<Vec<(&'i Part, Data)>> {
        let mut swept = Vec::new();
        for (part, data) in inventory.parts.iter().zip(data) {
            let there = data.categories();
            let categories: Vec<&String> =
                self.invariant.iter().filter(|name| there.contains(&name.as_str())).collect();
            if part.found.kind == Some(Official::MvtecAd) && !categories.is_empty() {
                swept.push((part, Data::read(&self.source(part).categories(categories))?));
            }
        }
        Ok(swept)
    }

    /// `swept` are the objects that were swept.
    fn conclude(
        &self,
        out: &Path,
        inventory: Inventory,
        made: Vec<Made>,
        swept: &[String],
        observe: &dyn Observe,
    ) -> Result<PaperResults> {
        let above_clean: Vec<AboveClean> = made.iter().flat_map(|run| run.above_clean.clone()).collect();
        let (runs, summaries): (Vec<RunDir>, Vec<Vec<SummaryRow>>) =
            made.into_iter().map(|run| (run.dir, run.summary)).unzip();
        let summary = summaries.concat();
        let tables = tables::write(out, (&inventory, self), &summary, &above_clean, observe)?;
        let figures = draw(&runs, &out.join("plots"))?;
        let page = out.join("paper.md");
        let inventory = Inventory {
            left_out: inventory.left_out.iter().map(|left_out| observe.worded(left_out)).collect(),
            ..inventory
        };
        let text = page::page(self, swept, out, &inventory, &summary, &tables, &figures);
        write_atomic(&page, text.as_bytes())?;
        Ok(PaperResults { runs, summary, above_clean, tables, figures, missing: inventory.missing, page })
    }
}

/// One run that was made, and its place among the others.
struct Made {
    command: Command,
    part: String,
    place: usize,
    dir: RunDir,
    summary: Vec<SummaryRow>,
    above_clean: Vec<AboveClean>,
}

/// The runs of one model.
struct Series<'a> {
    out: &'a Path,
    /// Place of the model among all.
    place: usize,
    /// The model as it was named.
    model: &'a str,
    folders: &'a HashMap<(&'a str, &'a str), String>,
    models: &'a mut Models,
    observe: &'a dyn Observe,
}

impl Series<'_> {
    /// Makes a run in a folder of its own for each data set and backbone, so that one that comes later leaves the others as they are.
    fn execute(&mut self, plan: &Plan, part: &Part, data: &Data) -> Result<Made> {
        let (command, model) = (plan.command, self.model);
        let folder = format!("{}-{}", command.name(), self.folders[&(part.name.as_str(), self.model)]);
        let run = format!("{}: {}, {model}", command.name(), part.name);
        self.observe.begin_run(&run);
        let outcome = plan.clone().check()?.run(self.out.join(folder), data, self.models, self.observe);
        let outcome = outcome.map_err(|error| stopped_in(&run, error))?;
        draw(std::slice::from_ref(&outcome.dir), &outcome.dir.plots())?;
        let (part, place) = (part.name.clone(), self.place);
        let Outcome { dir, summary, above_clean, .. } = outcome;
        Ok(Made { command, part, place, dir, summary, above_clean })
    }
}
