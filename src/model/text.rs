//! Text embeddings of a category: prompts, tokens, mean per class, normalised; encoded once.

use std::collections::HashMap;
use std::env;

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use ort::value::TensorRef;

use super::bundle::{Bundle, TEXT_GRAPH};
use super::contract::{self, ANY, FLOAT, INT, tensor};
use super::kept_text::KeptText;
use super::provider::{Engine, Provider};
use super::session::{self, SessionOptions, TF32_OVERRIDE};
use crate::error::{Error, Result};
use crate::prompt::{PromptSet, tokenise};
use crate::runtime::{Runtime, sha256};

/// Shape of a text tower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextShape {
    /// Number of tokens of a prompt.
    pub context: usize,
    /// Length of an embedding.
    pub embedding: usize,
}

/// The encoder of categories, which keeps what it has embedded, for other runs too. The text graph is loaded with the first category that
/// is not known and let go after each, since a run has few categories and the text tower may be large.
pub(super) struct TextEncoder {
    bundle: Bundle,
    shape: TextShape,
    runtime: Runtime,
    options: SessionOptions,
    prompts: PromptSet,
    underscores_to_spaces: bool,
    known: HashMap<String, Array2<f32>>,
    kept: KeptText,
}

/// Token ids of a category's prompts, normal then anomalous, each of shape (prompts, context).
type Ids = [Array2<i64>; 2];

impl TextEncoder {
    pub(super) fn new(
        bundle: Bundle,
        shape: TextShape,
        runtime: Runtime,
        options: SessionOptions,
        prompts: PromptSet,
        underscores_to_spaces: bool,
    ) -> Self {
        // Encoded once a category, text gains nothing from fewer bits. Whoever lets TensorRT round the image graph need not
        // forbid it TF32 for the sake of the text.
        let is_rounded = options.precision.is_some() && matches!(options.provider, Provider::TensorRt { .. });
        let options = SessionOptions { precision: None, tf32: options.tf32 || is_rounded, ..options };
        let (known, kept) = (HashMap::new(), KeptText::of_user());
        Self { bundle, shape, runtime, options, prompts, underscores_to_spaces, known, kept }
    }

    /// Embeds the categories that are not known yet.
    ///
    /// # Errors
    /// The text graph cannot be loaded, does not fit the manifest, fails, or returns values that are not finite.
    pub(super) fn prepare(&mut self, categories: &[&str]) -> Result<()> {
        let mut unknown: Vec<&str> =
            categories.iter().copied().filter(|name| !self.known.contains_key(*name)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        let mut absent = Vec::new();
        for category in unknown {
            let ids = self.ids(category)?;
            let key = self.key(&ids);
            // A strict session says where the text graph itself would leave the provider.
            let kept = if self.options.strict { None } else { self.kept.get(&key, self.shape.embedding) };
            match kept {
                Some(embedded) => drop(self.known.insert(category.to_owned(), embedded)),
                None => absent.push((category, ids, key)),
            }
        }
        if absent.is_empty() {
            return Ok(());
        }
        let file = self.bundle.file_name(TEXT_GRAPH);
        let graph = self.bundle.graph(TEXT_GRAPH);
        let engine = Engine::of(&self.bundle, Vec::new());
        let mut built = session::build(&self.runtime, &self.options, &graph, &file, &engine)?;
        let (context, embedding) = (self.shape.context as i64, self.shape.embedding as i64);
        let inputs = [tensor("tokens", INT, &[ANY, context])];
        let outputs = [tensor("embedding", FLOAT, &[ANY, embedding])];
        contract::check(&file, &built.session, &inputs, &outputs)?;
        for (category, ids, key) in absent {
            let embedded = self.embed(&mut built.session, category, &ids, &file)?;
            self.kept.put(&key, &embedded);
            self.known.insert(category.to_string(), embedded);
        }
        Ok(())
    }

    /// Embeddings of a batch, one category per picture, shape (batch, 2, E).
    ///
    /// # Errors
    /// The errors of [`TextEncoder::prepare`].
    pub(super) fn batch(&mut self, categories: &[&str]) -> Result<Array3<f32>> {
        self.prepare(categories)?;
        let mut text = Array3::zeros((categories.len(), 2, self.shape.embedding));
        for (mut slot, category) in text.outer_iter_mut().zip(categories) {
            slot.assign(&self.get(category).expect("it was just prepared"));
        }
        Ok(text)
    }

    /// Embedding of a category that [`TextEncoder::prepare`] was given: shape (2, E), normal then anomalous, each of
    /// length 1.
    pub(super) fn get(&self, category: &str) -> Option<ArrayView2<'_, f32>> {
        self.known.get(category).map(|embedding| embedding.view())
    }

    fn ids(&self, category: &str) -> Result<Ids> {
        let object =
            if self.underscores_to_spaces { category.replace('_', " ") } else { category.to_string() };
        let prompts = self.prompts.prompts(&object);
        Ok([tokens(&prompts.normal, self.shape.context)?, tokens(&prompts.anomalous, self.shape.context)?])
    }

    /// All that decides an embedding: the text graph, what computes it, and the tokens of every prompt.
    fn key(&self, ids: &Ids) -> String {
        let files = self.bundle.manifest().files();
        let graph: Vec<String> = files
            .iter()
            .filter(|(name, _)| name.starts_with(TEXT_GRAPH))
            .map(|(name, hash)| format!("{name} {hash}"))
            .collect();
        let [normal, anomalous] = ids.each_ref().map(|ids| {
            let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
            format!("{:?} {}", ids.shape(), sha256(&bytes))
        });
        let SessionOptions { provider, tf32, .. } = &self.options;
        let set = |name: &str| env::var(name).unwrap_or_default();
        let devices = [set("CUDA_VISIBLE_DEVICES"), set(TF32_OVERRIDE)];
        let runtime = format!("{} {} {devices:?}", self.runtime.version(), processor());
        format!("{graph:?}\n{runtime}\n{provider} {tf32}\n{normal}\n{anomalous}")
    }

    fn embed(
        &self,
        session: &mut ort::session::Session,
        category: &str,
        ids: &Ids,
        file: &str,
    ) -> Result<Array2<f32>> {
        let mut classes = Array2::zeros((2, self.shape.embedding));
        for (ids, mut class) in ids.iter().zip(classes.outer_iter_mut()) {
            let embeddings = encode(session, ids, self.shape.embedding, file)?;
            let mean = mean_direction(embeddings.view()).ok_or_else(|| {
                let problem =
                    format!("gives embeddings that are not finite, or add up to nothing, for {category:?}");
                Error::model(file, problem, "export the bundle again, in fp32")
            })?;
            class.assign(&mean);
        }
        Ok(classes)
    }
}

/// What decides which kernels a processor gets.
fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    let features = [
        std::arch::is_x86_feature_detected!("avx2"),
        std::arch::is_x86_feature_detected!("fma"),
        std::arch::is_x86_feature_detected!("avx512f"),
        std::arch::is_x86_feature_detected!("avx512vnni"),
        std::arch::is_x86_feature_detected!("avx512bf16"),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let features = [false; 0];
    format!("{} {features:?}", env::consts::ARCH)
}

fn tokens(sentences: &[String], context: usize) -> Result<Array2<i64>> {
    let mut ids = Vec::with_capacity(sentences.len() * context);
    for sentence in sentences {
        ids.extend(tokenise(sentence, context)?);
    }
    Ok(Array2::from_shape_vec((sentences.len(), context), ids).expect("the tokeniser returns `context` ids"))
}

fn encode(
    session: &mut ort::session::Session,
    tokens: &Array2<i64>,
    embedding: usize,
    file: &str,
) -> Result<Array2<f32>> {
    let failed = |error: ort::Error| {
        Error::model(file, format!("fails: {error}"), "export the bundle again").caused_by(error)
    };
    let tensor = TensorRef::from_array_view(tokens).map_err(failed)?;
    let outputs = session.run(ort::inputs!["tokens" => tensor]).map_err(failed)?;
    let (shape, values) = outputs["embedding"].try_extract_tensor::<f32>().map_err(failed)?;
    let expected = (tokens.nrows(), embedding);
    Array2::from_shape_vec(expected, values.to_vec()).map_err(|error| {
        let problem =
            format!("returns \"embedding\" of shape {:?} where {expected:?} was expected", &**shape);
        Error::model(file, problem, "export the bundle again").caused_by(error)
    })
}

/// Mean of the rows, not normalised one by one (as anomalib and Accurate-WinCLIP do), scaled to length 1; `None` if the mean
/// has no direction.
fn mean_direction(embeddings: ArrayView2<f32>) -> Option<Array1<f32>> {
    let mean = embeddings.mapv(f64::from).mean_axis(Axis(0))?;
    let length = mean.dot(&mean).sqrt();
    (length.is_finite() && length > 0.0).then(|| mean.mapv(|value| (value / length) as f32))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_mean_weighs_prompts_by_their_length() {
        // Normalised one by one, these would meet in the middle.
        let direction = mean_direction(array![[3.0, 0.0], [0.0, 1.0]].view()).unwrap();
        assert!((direction[0] - 3.0 / 10.0_f32.sqrt()).abs() < 1e-7);
        assert!((direction.dot(&direction) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_has_no_direction() {
        assert_eq!(mean_direction(array![[1.0, 0.0], [-1.0, 0.0]].view()), None);
        assert_eq!(mean_direction(array![[f32::NAN, 0.0]].view()), None);
        assert_eq!(mean_direction(Array2::zeros((0, 2)).view()), None);
    }
}
