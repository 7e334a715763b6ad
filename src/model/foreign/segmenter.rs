//! A foreign graph as a segmenter.

use std::ops::Range;

use ndarray::{Array3, ArrayView4, Axis, s};
use ort::session::Session;
use ort::value::TensorRef;

use super::contract::{self, Calls};
use super::{company, convert};
use crate::error::{Error, Kind, Result};
use crate::model::batch::check_batch;
use crate::model::bundle::{Bundle, FOREIGN_GRAPH, ForeignManifest, Manifest};
use crate::model::lowering::lower;
use crate::model::one_by_one::{self, QUANTISES, quantises_over_the_batch};
use crate::model::probe;
use crate::model::provider::Engine;
use crate::model::session::{self, SessionOptions};
use crate::model::text::{TextEncoder, TextShape};
use crate::model::{Provenance, Segmentation, Segmenter, memory};
use crate::prompt::PromptSet;
use crate::runtime::Runtime;
use crate::types::Fitting;

/// A foreign graph, which this project did not write, run as its manifest says.
pub struct Foreign {
    manifest: ForeignManifest,
    file: String,
    session: Session,
    calls: Calls,
    text: Option<TextEncoder>,
    grid: (usize, usize),
    remarks: Vec<String>,
    provenance: Provenance,
}

impl std::fmt::Debug for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Foreign").field("provenance", &self.provenance).finish_non_exhaustive()
    }
}

impl Foreign {
    /// Loads a foreign graph, checks it against its manifest and runs a few pictures through it, which show the resolution of
    /// its maps and whether each is answered by itself. `prompts` matter only to a graph with text inputs; `underscores_to_spaces` is that of
    /// [`WinClipOptions`](crate::model::WinClipOptions).
    ///
    /// # Errors
    /// The bundle is a CLIP; the graph cannot be loaded by the provider, does not fit the manifest (which tensor, what was
    /// expected), fails, returns what the manifest does not say, or is random.
    pub fn load(
        bundle: &Bundle,
        runtime: &Runtime,
        session: SessionOptions,
        prompts: PromptSet,
        underscores_to_spaces: bool,
    ) -> Result<Self> {
        let lowered = lower(bundle, &session)?;
        let (bundle, session) = (&lowered.bundle, &lowered.options);
        let Manifest::Foreign(manifest) = bundle.manifest() else {
            let fix = "load it as WinCLIP";
            return Err(Error::model(bundle.name(), "is a CLIP, not a foreign graph", fix));
        };
        let file = bundle.file_name(FOREIGN_GRAPH);
        let built = session::build(
            runtime,
            session,
            &bundle.graph(FOREIGN_GRAPH),
            &file,
            &Engine::of(bundle, Vec::new()),
        )?;
        let calls = contract::check(&built.session, manifest, &file)?;
        let provenance = Provenance {
            prompts: manifest.text.as_ref().map_or_else(String::new, |_| prompts.name.clone()),
            ..Provenance::of(&lowered, runtime, built.options, built.placement)
        };
        let text = manifest.text.as_ref().map(|text| {
            let shape = TextShape { context: text.context, embedding: text.embedding };
            let options = session.clone();
            TextEncoder::new(bundle.clone(), shape, runtime.clone(), options, prompts, underscores_to_spaces)
        });
        let manifest = manifest.clone();
        let mut model = Self {
            manifest,
            file,
            session: built.session,
            calls,
            text,
            grid: (0, 0),
            remarks: Vec::new(),
            provenance,
        };
        model.examine(quantises_over_the_batch(&bundle.graph(FOREIGN_GRAPH))?)?;
        Ok(model)
    }

    /// Runs pictures that differ through the graph, alone and together: whether what it returns has the shape that the manifest says, the
    /// resolution of its maps, and whether the answer to a picture is its own. What the values are does not matter.
    /// `quantises` is whether the graph takes a scale over a batch, which made-up pictures may show too little.
    fn examine(&mut self, quantises: bool) -> Result<()> {
        memory::require_room(&self.file, Some("input.size"), self.input_size(), company::PICTURES)?;
        let pictures = probe::pictures(company::PICTURES, self.input_size());
        let text = self.manifest.text.as_ref().map(|text| text.embedding);
        let flat = |batch| text.map(|e| Array3::from_elem((batch, 2, e), 1.0 / (e as f32).sqrt()));
        let mut alone = Vec::new();
        for index in 0..company::PICTURES {
            alone.push(self.call(probe::only(&pictures, index), flat(1).as_ref())?);
        }
        let shapes = alone.iter().map(|answer| self.grid_of(answer)).collect::<Result<Vec<_>>>()?;
        self.grid = shapes[0];
        let again = self.call(probe::only(&pictures, 0), flat(1).as_ref())?;
        let share =
            if self.provenance.provider == "cpu" { company::ON_PROCESSOR } else { company::ON_DEVICE };
        let spread = company::spread(&alone);
        if !company::agree(&alone[..1], &again, &spread, share) {
            let fix = "export it in evaluation mode, without dropout or other random operators";
            return Err(Error::model(&self.file, "answers the same picture differently each time", fix));
        }
        if !company::differ(&alone) {
            self.remarks.push(format!(
                "{} gives three made-up pictures that differ one and the same map: where it does so for yours, no metric means \
                 anything (is it the right file, and {:?} the right output?)",
                self.file, self.manifest.output.map
            ));
        }
        if self.calls.single {
            return Ok(());
        }
        let reason = match self.call(pictures.view(), flat(company::PICTURES).as_ref()) {
            Err(error) if error.kind == Kind::Memory => "has no memory for several pictures at once",
            Err(_) => "fails for several pictures at once, and not for one",
            Ok((map, _)) if map.shape().first() != Some(&company::PICTURES) => {
                "returns one map for several pictures"
            }
            Ok(together) if !company::agree(&alone, &together, &spread, share) => {
                "answers a picture differently in the company of others"
            }
            Ok(_) if quantises => QUANTISES,
            Ok(_) => return Ok(()),
        };
        self.calls.single = true;
        self.remarks.push(one_by_one::alone(&self.file, reason));
        Ok(())
    }

    /// The resolution of the map that was returned for one picture.
    fn grid_of(&self, (map, score): &company::Answer) -> Result<(usize, usize)> {
        let section = &self.manifest.output;
        if let (Some(score), Some(name)) = (score, &section.score) {
            convert::are_scores(score.shape(), 1, name).map_err(|wrong| self.wrong(wrong))?;
        }
        convert::grid(map.shape(), 1, section, &self.manifest.input).map_err(|wrong| self.wrong(wrong))
    }

    fn wrong(&self, wrong: convert::Wrong) -> Error {
        Error { picture: wrong.picture, ..Error::model(&self.file, wrong.problem, wrong.fix) }
    }

    /// Calls the graph once. `text` has shape (batch, 2, E).
    fn run(&mut self, images: ArrayView4<f32>, text: Option<&Array3<f32>>) -> Result<Vec<Segmentation>> {
        let batch = images.dim().0;
        let (map, score) = self.call(images, text)?;
        let wrong = |wrong| self.wrong(wrong);
        let section = &self.manifest.output;
        let maps = convert::maps(map.view(), batch, section, &self.manifest.input).map_err(wrong)?;
        let scores = match (&score, &section.score) {
            (Some(score), Some(name)) => convert::scores(score, batch, name, section).map_err(wrong)?,
            _ => maps.iter().map(|map| map.iter().copied().fold(f32::NEG_INFINITY, f32::max)).collect(),
        };
        Ok(maps.into_iter().zip(scores).map(|(map, image_score)| Segmentation { map, image_score }).collect())
    }

    fn call(&mut self, images: ArrayView4<f32>, text: Option<&Array3<f32>>) -> Result<company::Answer> {
        let provider = &self.provenance.provider;
        let failed = |error: ort::Error| {
            let fix = "check input.size and input.layout of its manifest";
            memory::failed_call(&self.file, provider, error, fix)
        };
        let pixels = convert::input_tensor(images, &self.manifest.input);
        let mut inputs = ort::inputs![self.manifest.input.name.as_str() => TensorRef::from_array_view(&pixels).map_err(failed)?];
        // A text for all pictures of a call is that of any of them.
        let text = text.map(|text| {
            let whole = text.view().into_dyn();
            if self.calls.shared_text { whole.index_axis_move(Axis(0), 0) } else { whole }
        });
        if let (Some(section), Some(text)) = (&self.manifest.text, &text) {
            let tensor = TensorRef::from_array_view(text.view()).map_err(failed)?;
            inputs.push((section.name.as_str().into(), tensor.into()));
        }
        let outputs = self.session.run(inputs).map_err(failed)?;
        let take = |name: &str| Ok(outputs[name].try_extract_array::<f32>().map_err(failed)?.to_owned());
        let map = take(&self.manifest.output.map)?;
        let score = self.manifest.output.score.as_deref().map(take).transpose()?;
        Ok((map, score))
    }

    /// Ranges of a batch that single calls can take: all of it, single pictures, or neighbours of one category.
    fn ranges(&self, categories: &[&str]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for index in 0..categories.len() {
            let joins = |last: &Range<usize>| {
                let one_category = categories[last.start] == categories[index];
                !self.calls.single && (one_category || !self.calls.shared_text)
            };
            match ranges.last_mut() {
                Some(last) if joins(last) => last.end = index + 1,
                _ => ranges.push(index..index + 1),
            }
        }
        ranges
    }
}

impl Segmenter for Foreign {
    fn name(&self) -> &str {
        &self.manifest.name
    }

    fn input_size(&self) -> usize {
        self.manifest.input.size
    }

    fn grid(&self) -> (usize, usize) {
        self.grid
    }

    fn fit(&self) -> Option<Fitting> {
        self.manifest.fit
    }

    fn is_bounded(&self) -> bool {
        self.manifest.output.range.is_some()
    }

    fn is_score_bounded(&self) -> bool {
        let section = &self.manifest.output;
        match section.score {
            Some(_) => section.score_range.is_some(),
            None => section.range.is_some(),
        }
    }

    fn prepare(&mut self, categories: &[&str]) -> Result<()> {
        self.text.as_mut().map_or(Ok(()), |text| text.prepare(categories))
    }

    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        check_batch(&self.manifest.name, images, categories, self.input_size())?;
        self.prepare(categories)?;
        let mut found = Vec::with_capacity(categories.len());
        for range in self.ranges(categories) {
            let of_range = &categories[range.clone()];
            let text = self.text.as_mut().map(|text| text.batch(of_range)).transpose()?;
            let start = range.start;
            let answers = self.run(images.slice(s![range, .., .., ..]), text.as_ref());
            found.extend(answers.map_err(|error| error.in_part_from(start))?);
        }
        match found.iter().find(|one| one.map.dim() != self.grid) {
            Some(other) => {
                let problem = format!("returns maps of {:?} and of {:?}", self.grid, other.map.dim());
                Err(Error::model(&self.file, problem, "use a graph whose maps have one resolution"))
            }
            None => Ok(found),
        }
    }

    fn is_one_by_one(&self) -> bool {
        self.calls.single
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn provenance(&self) -> Provenance {
        self.provenance.clone()
    }
}
