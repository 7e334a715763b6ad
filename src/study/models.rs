//! The models of a study, opened once for all of its runs.

use serde::{Deserialize, Serialize};

use super::data::Data;
use super::observe::Observe;
use crate::attack::{BatchSize, Preset, probe_batch};
use crate::error::{Error, Result, is_hidden, shown};
use crate::model::{
    self, Bundle, Defence, Manifest, NamedModel, Precision, Provider, Segmenter, SessionOptions,
    WinClipOptions,
};
use crate::prompt::PromptSet;
use crate::runtime::{self, Runtime};
use crate::types::{Fitting, counted};

/// The model of a study that names none.
const DEFAULT_MODEL: &str = "pocket";

/// Which models a study loads, and how they run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ModelSpec {
    /// Bundle folders, graphs exported by anomalib, or names of embedded models; `pocket` where none is named.
    pub model: Vec<String>,
    /// What is put around each model, one after the other; nothing where the list is empty.
    pub defence: Vec<Defence>,
    /// The execution provider.
    pub provider: Provider,
    /// Precision of matrix products; the bundle's own where none is named.
    pub precision: Option<Precision>,
    /// Whether a provider that would hand part of the graph to the CPU is an error.
    pub strict_ep: bool,
    /// Threads inside one model call; all cores where none are named.
    pub threads: Option<usize>,
    /// Whether idle threads spin.
    pub spin: bool,
    /// Whether CUDA and TensorRT may multiply fp32 in TF32.
    pub tf32: bool,
    /// Pictures in one model call at most; results do not depend on it.
    pub batch: BatchSize,
    /// Prompt set by name or file; that of the preset, else `winclip`, where none is named.
    pub prompts: Option<String>,
    /// The published protocol whose prompts are the default.
    pub preset: Option<Preset>,
    /// Softmax temperature; the bundle's where none is given.
    pub temperature: Option<f32>,
    /// Whether underscores in category names become spaces in the prompts.
    pub spaces: bool,
    /// Step between windows, in patches.
    pub stride: usize,
}

impl Default for ModelSpec {
    fn default() -> Self {
        Self {
            model: Vec::new(),
            defence: Vec::new(),
            provider: Provider::Cpu,
            precision: None,
            strict_ep: false,
            threads: None,
            spin: false,
            tf32: false,
            batch: BatchSize::default(),
            prompts: None,
            preset: None,
            temperature: None,
            spaces: false,
            stride: 1,
        }
    }
}

impl ModelSpec {
    /// These models on the CPU, as their bundles say.
    pub fn new<S: Into<String>>(models: impl IntoIterator<Item = S>) -> Self {
        Self { model: models.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    fn names(&self) -> Vec<String> {
        if self.model.is_empty() { vec![DEFAULT_MODEL.to_owned()] } else { self.model.clone() }
    }

    fn session(&self) -> SessionOptions {
        SessionOptions {
            provider: self.provider.clone(),
            precision: self.precision,
            threads: self.threads,
            spin: self.spin,
            strict: self.strict_ep,
            tf32: self.tf32,
            batch: Some(self.batch.largest()),
        }
    }

    /// What models do with text, should any take some.
    pub(super) fn text(&self) -> Result<Text> {
        let of_protocol = || self.preset.map_or("winclip", |_| Preset::PROMPTS);
        Ok(Text {
            prompts: Some(PromptSet::resolve(self.prompts.as_deref().unwrap_or_else(of_protocol))?),
            temperature: self.temperature,
            underscores_to_spaces: self.spaces,
            stride: self.stride,
        })
    }
}

/// What a model does with text, as a run records it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    /// None where no model takes text.
    pub prompts: Option<PromptSet>,
    pub temperature: Option<f32>,
    pub underscores_to_spaces: bool,
    pub stride: usize,
}

/// Loaded models. Several runs may use them, one after the other: text is encoded once.
pub struct Models {
    pub(super) segmenters: Vec<Box<dyn Segmenter>>,
    pub(super) text: Text,
    /// The provider as it was asked for.
    pub(super) provider: String,
    pub(super) batch: BatchSize,
    /// What a probe found for each model.
    probed: Option<Vec<usize>>,
}

impl Models {
    /// Verifies every bundle, finds (or, where that is allowed, fetches) ONNX Runtime, and loads every model.
    ///
    /// # Errors
    /// A bundle that is missing, damaged or of the same name as another; a provider or precision that this machine or model does
    /// not have; settings about text where no model takes any.
    pub fn load(spec: &ModelSpec, options: &runtime::Options, observe: &dyn Observe) -> Result<Self> {
        if spec.stride == 0 {
            return Err(Error::setting("stride", 0, "is no step", "give at least 1"));
        }
        Self::load_with(spec, spec.text()?, options, observe)
    }

    /// Loads the models of a specification, which do with text what `text` says.
    pub(super) fn load_with(
        spec: &ModelSpec,
        text: Text,
        options: &runtime::Options,
        observe: &dyn Observe,
    ) -> Result<Self> {
        let names = spec.names();
        // What needs no runtime is looked at first.
        let known: Vec<NamedModel> =
            names.iter().map(|name| NamedModel::find(name)).collect::<Result<_>>()?;
        let options = runtime::Options { flavour: spec.provider.flavour(), ..options.clone() };
        let runtime = Runtime::acquire(&options, &|event| observe.note(&event.to_string()))?;
        let session = spec.session();
        let bundles: Vec<Bundle> = known
            .into_iter()
            .map(|named| model::at_precision(&named.open(|| Ok(runtime.clone()))?, &session))
            .collect::<Result<_>>()?;
        refuse_odd_names(&names, &bundles.iter().map(Bundle::name).collect::<Vec<_>>())?;
        let takes_text = bundles.iter().any(takes_text);
        refuse_unused_text(spec, takes_text)?;
        let winclip = WinClipOptions {
            prompts: text.prompts.clone().unwrap_or_else(|| WinClipOptions::default().prompts),
            temperature: text.temperature,
            underscores_to_spaces: text.underscores_to_spaces,
            stride: text.stride,
        };
        let loaded = bundles
            .iter()
            .map(|bundle| model::load(bundle, &runtime, session.clone(), winclip.clone()))
            .collect::<Result<Vec<_>>>()?;
        loaded.iter().flat_map(|model| model.remarks()).for_each(|remark| observe.warn(&remark));
        Ok(Self {
            segmenters: model::defend(loaded, &spec.defence)?,
            text: Text { prompts: text.prompts.filter(|_| takes_text), ..text },
            provider: spec.provider.to_string(),
            batch: spec.batch,
            probed: None,
        })
    }

    /// Any Rust code as the models: they get at most `batch` pictures in one call.
    ///
    /// # Errors
    /// A usage error where there is none, or where two have the same name, by which records tell them apart.
    pub fn of(segmenters: Vec<Box<dyn Segmenter>>, batch: usize) -> Result<Self> {
        let names: Vec<String> = segmenters.iter().map(|model| model.name().to_owned()).collect();
        if names.is_empty() {
            return Err(Error::usage("`model`", "names no model", "give at least one"));
        }
        refuse_odd_names(&names, &names)?;
        let provider = segmenters[0].provenance().provider;
        let text = Text { prompts: None, temperature: None, underscores_to_spaces: false, stride: 1 };
        Ok(Self { segmenters, text, provider, batch: BatchSize::Of(batch.max(1)), probed: None })
    }

    /// Names in order, as records have them.
    pub fn names(&self) -> Vec<&str> {
        self.segmenters.iter().map(|model| model.name()).collect()
    }

    /// The fit that the models name for themselves; squeezed where none names one.
    ///
    /// # Errors
    /// A usage error where they name different ones: a run has one.
    pub(super) fn fit(&self) -> Result<Fitting> {
        let mut fits = self.segmenters.iter().map(|model| (model.name(), model.fit().unwrap_or_default()));
        let Some((first, fit)) = fits.next() else { return Ok(Fitting::default()) };
        match fits.find(|(_, other)| *other != fit) {
            None => Ok(fit),
            Some((name, other)) => Err(Error::usage(
                format!("`model = {name}`"),
                format!("has {} of its own, and {first} {}: a run has one", other.in_words(), fit.in_words()),
                "say which with `fit`, or make a run for each",
            )),
        }
    }

    /// The batch of each model, in their order: as asked for, or what a probe on the first category finds.
    pub(super) fn batch_sizes(&mut self, data: &Data, observe: &dyn Observe) -> Result<Vec<usize>> {
        let categories = data.categories();
        match (self.batch, &self.probed, categories.first()) {
            (BatchSize::Of(pictures), ..) => Ok(vec![pictures; self.segmenters.len()]),
            (BatchSize::Auto, Some(probed), _) => Ok(probed.clone()),
            (BatchSize::Auto, None, None) => Ok(vec![1; self.segmenters.len()]),
            (BatchSize::Auto, None, Some(category)) => {
                let probe = |model: &mut Box<dyn Segmenter>| {
                    model.prepare(&categories)?;
                    let batch = probe_batch(model.as_mut(), category)?;
                    observe.note(&format!(
                        "{}: {} a call",
                        model.name(),
                        counted(batch, "picture", "pictures")
                    ));
                    Ok(batch)
                };
                let probed: Vec<usize> = self.segmenters.iter_mut().map(probe).collect::<Result<_>>()?;
                Ok(self.probed.insert(probed).clone())
            }
        }
    }
}

/// Refuses models whose names no record can hold, or by which records could not tell them apart.
fn refuse_odd_names<S: AsRef<str>>(specs: &[String], names: &[S]) -> Result<()> {
    let odd = |name: &S| name.as_ref().is_empty() || name.as_ref().contains(is_hidden);
    if let Some(at) = names.iter().position(odd) {
        return Err(Error::setting(
            "model",
            &specs[at],
            format!(
                "would be called `{}`, with nothing to see or with a hidden character",
                shown(names[at].as_ref())
            ),
            "give the model a plain name in its manifest, or rename its file",
        ));
    }
    let repeated = |at: &usize| names[..*at].iter().any(|name| name.as_ref() == names[*at].as_ref());
    match (0..names.len()).find(repeated) {
        None => Ok(()),
        Some(at) => Err(Error::usage(
            format!("`model = {}`", specs[at]),
            format!("has the same name as another model of this run: {}", names[at].as_ref()),
            "compare bundles of different names, or make two runs",
        )),
    }
}

fn takes_text(bundle: &Bundle) -> bool {
    !matches!(bundle.manifest(), Manifest::Foreign(foreign) if foreign.text.is_none())
}

/// Refuses settings about text where no model of the run takes any.
fn refuse_unused_text(spec: &ModelSpec, takes_text: bool) -> Result<()> {
    let given = [("`spaces`", spec.spaces), ("`prompts`", spec.prompts.is_some())];
    match given.into_iter().find(|(_, given)| *given) {
        Some((setting, _)) if !takes_text => {
            Err(Error::usage(setting, "means nothing here: no model of this run takes text", "leave it out"))
        }
        _ => Ok(()),
    }
}
