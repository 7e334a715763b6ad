//! WinCLIP as a segmenter: graph in, maps out.

use ndarray::{Array2, Array3, ArrayD, ArrayView4, Axis, Ix1, Ix2, Ix3, arr0};

use super::{aggregate, contract, windows};
use crate::error::{Error, Result};
use crate::model::batch::check_batch;
use crate::model::bundle::{Bundle, ClipManifest, IMAGE_GRAPH, SCALES};
use crate::model::lowering::lower;
use crate::model::provider::{Engine, Shapes};
use crate::model::session::{self, Bound, SessionOptions};
use crate::model::text::{TextEncoder, TextShape};
use crate::model::{Provenance, Segmentation, Segmenter, memory};
use crate::prompt::PromptSet;
use crate::runtime::Runtime;
use crate::types::{Detail, Fitting};

/// The options of WinCLIP.
#[derive(Clone, Debug)]
pub struct WinClipOptions {
    /// The prompts of both classes.
    pub prompts: PromptSet,
    /// Softmax temperature, above 0; the bundle's own if `None`.
    pub temperature: Option<f32>,
    /// Whether the category `metal_nut` is written `metal nut` in prompts, as neither anomalib nor Accurate-WinCLIP does.
    pub underscores_to_spaces: bool,
    /// Step between windows, in patches: 1 in the paper; more is faster and coarser, up to the smallest window.
    pub stride: usize,
}

impl Default for WinClipOptions {
    fn default() -> Self {
        let prompts = PromptSet::builtin("winclip").expect("the default prompt set is built in");
        Self { prompts, temperature: None, underscores_to_spaces: false, stride: 1 }
    }
}

/// Normalised embeddings of a batch, for comparison with other implementations.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// Embeddings of whole images, shape (batch, E).
    pub images: Array2<f32>,
    /// Embeddings of windows, one array of shape (batch, windows, E) per scale in the bundle's order.
    pub windows: Vec<Array3<f32>>,
}

/// WinCLIP, a zero-shot segmenter, over a CLIP bundle.
pub struct WinClip {
    bundle: Bundle,
    manifest: ClipManifest,
    session: Bound,
    /// How close the windows are that are bound to the session.
    bound_detail: Option<Detail>,
    /// The categories whose text is bound to the session, one per picture.
    bound_categories: Vec<String>,
    text: TextEncoder,
    /// Patch indices of the windows, per scale.
    windows: Vec<Array2<i64>>,
    /// Patch indices of the windows of [`Segmenter::segment_coarse`], which lie side by side, per scale.
    coarse: Vec<Array2<i64>>,
    provenance: Provenance,
}

impl std::fmt::Debug for WinClip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WinClip").field("provenance", &self.provenance).finish_non_exhaustive()
    }
}

impl WinClip {
    /// Loads the image graph of a bundle onto a provider. The text graph is loaded with the first category.
    ///
    /// # Errors
    /// A temperature or stride that makes no sense; a provider that cannot be used; a graph that cannot be loaded or does
    /// not fit the manifest.
    pub fn load(
        bundle: &Bundle,
        runtime: &Runtime,
        session: SessionOptions,
        options: WinClipOptions,
    ) -> Result<Self> {
        let lowered = lower(bundle, &session)?;
        let (bundle, session) = (&lowered.bundle, &lowered.options);
        let manifest = bundle.clip()?;
        let temperature = options.temperature.unwrap_or(manifest.winclip.temperature);
        check_options(temperature, &options, &manifest.winclip.scales)?;
        let file = bundle.file_name(IMAGE_GRAPH);
        memory::require_room(&file, Some("image.size"), manifest.image.size, 1)?;
        let [rows, columns] = manifest.image.patch_grid;
        let with_stride = |stride: &dyn Fn(usize) -> usize| -> Vec<Array2<i64>> {
            let scales = manifest.winclip.scales.iter();
            scales.map(|&k| windows::windows((rows, columns), k, stride(k))).collect()
        };
        let (windows, coarse) = (with_stride(&|_| options.stride), with_stride(&|k| k));
        let engine = Engine::of(bundle, engine_shapes(manifest, session, &windows, &coarse));
        let built = session::build(runtime, session, &bundle.graph(IMAGE_GRAPH), &file, &engine)?;
        contract::check_image(&built.session, manifest, &file)?;
        let mut set = built.options;
        set.insert("winclip.temperature".into(), temperature.to_string());
        set.insert("winclip.stride".into(), options.stride.to_string());
        set.insert("winclip.underscores_to_spaces".into(), options.underscores_to_spaces.to_string());
        let provenance = Provenance {
            prompts: options.prompts.name.clone(),
            ..Provenance::of(&lowered, runtime, set, built.placement)
        };
        let shape = TextShape { context: manifest.text.context, embedding: manifest.winclip.embedding };
        let text = TextEncoder::new(
            bundle.clone(),
            shape,
            runtime.clone(),
            session.clone(),
            options.prompts,
            options.underscores_to_spaces,
        );
        let failed = |error: ort::Error| {
            memory::failed_call(&file, &session.provider.to_string(), error, "check `askance providers`")
        };
        let mut bound = Bound::new(built.session, &session.provider).map_err(failed)?;
        bound.bind("temperature", arr0(temperature)).map_err(failed)?;
        Ok(Self {
            bundle: bundle.clone(),
            manifest: manifest.clone(),
            session: bound,
            bound_detail: None,
            bound_categories: Vec::new(),
            text,
            windows,
            coarse,
            provenance,
        })
    }

    /// The bundle that was loaded: the one that was named, or its sibling in the precision that was asked for.
    pub(in crate::model) fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Embeds the text of a category: shape (2, E), normal and anomalous, each of length 1.
    ///
    /// # Errors
    /// The text graph cannot be loaded, does not fit the manifest, fails, or returns values that are not finite.
    pub fn text_embedding(&mut self, category: &str) -> Result<Array2<f32>> {
        self.text.prepare(&[category])?;
        Ok(self.text.get(category).expect("it was just prepared").to_owned())
    }

    /// Embeds images, shape (batch, 3, size, size), and their windows.
    ///
    /// # Errors
    /// The errors of [`Segmenter::segment`].
    pub fn embeddings(&mut self, images: ArrayView4<f32>) -> Result<Embeddings> {
        let batch = images.dim().0;
        check_batch(self.bundle.name(), images, &vec![""; batch], self.manifest.image.size)?;
        let embedding = self.manifest.winclip.embedding;
        // The graph wants a text, whatever is asked of it; embeddings do not depend on it.
        let text = Array3::from_elem((batch, 2, embedding), 1.0 / (embedding as f32).sqrt());
        self.bound_categories.clear();
        let names = self.output_names("image_embedding", "window_embedding");
        let mut outputs = self.run(Detail::Full, images, Some(text), &names)?.into_iter();
        let images = self.shaped::<Ix2>(outputs.next(), &[batch, embedding], &names[0])?;
        let windows = outputs
            .zip(&self.windows)
            .zip(&names[1..])
            .map(|((output, windows), name)| {
                self.shaped::<Ix3>(Some(output), &[batch, windows.nrows(), embedding], name)
            })
            .collect::<Result<_>>()?;
        Ok(Embeddings { images, windows })
    }

    fn output_names(&self, of_image: &str, of_windows: &str) -> Vec<String> {
        let scales = self.manifest.winclip.scales.iter();
        std::iter::once(of_image.to_string())
            .chain(scales.map(|scale| format!("{of_windows}_{scale}")))
            .collect()
    }

    fn windows(&self, detail: Detail) -> &[Array2<i64>] {
        match detail {
            Detail::Full => &self.windows,
            Detail::Coarse => &self.coarse,
        }
    }

    /// Runs the image graph for the outputs `names`, with a new `text` or the one of the last call.
    fn run(
        &mut self,
        detail: Detail,
        images: ArrayView4<f32>,
        text: Option<Array3<f32>>,
        names: &[String],
    ) -> Result<Vec<ArrayD<f32>>> {
        self.bind_and_run(detail, images, text, names).map_err(|error| {
            self.forget_bound();
            let file = self.bundle.file_name(IMAGE_GRAPH);
            memory::failed_call(&file, &self.provenance.provider, error, "check `askance providers`")
        })
    }

    /// Has the next call bind everything anew.
    fn forget_bound(&mut self) {
        self.bound_detail = None;
        self.bound_categories.clear();
    }

    fn bind_and_run(
        &mut self,
        detail: Detail,
        images: ArrayView4<f32>,
        text: Option<Array3<f32>>,
        names: &[String],
    ) -> ort::Result<Vec<ArrayD<f32>>> {
        if self.bound_detail.replace(detail) != Some(detail) {
            for (scale, windows) in self.manifest.winclip.scales.iter().zip(self.windows(detail).to_vec()) {
                self.session.bind(&format!("windows_{scale}"), windows)?;
            }
        }
        if let Some(text) = text {
            self.session.bind("text", text)?;
        }
        self.session.fill("pixels", images.into_dyn())?;
        self.session.run(names)
    }

    /// An output in the expected shape, with finite values.
    fn shaped<D: ndarray::Dimension>(
        &self,
        output: Option<ArrayD<f32>>,
        expected: &[usize],
        name: &str,
    ) -> Result<ndarray::Array<f32, D>> {
        let broken = |problem: String| {
            let subject = self.bundle.file_name(IMAGE_GRAPH);
            Err(Error::model(
                subject,
                problem,
                "export the bundle again, in fp32; compare with `provider = cpu`",
            ))
        };
        let Some(output) = output.filter(|output| output.shape() == expected) else {
            return broken(format!("returns {name:?} in another shape than {expected:?}"));
        };
        // The first dimension of every output is the batch.
        let broken_picture = output.outer_iter().position(|one| !one.iter().all(|value| value.is_finite()));
        if let Some(index) = broken_picture {
            let problem = format!("returns values in {name:?} that are not finite");
            return broken(problem).map_err(|error| error.of_picture(index));
        }
        match output.into_dimensionality() {
            Ok(output) => Ok(output),
            Err(error) => broken(format!("returns {name:?} in another rank: {error}")),
        }
    }
}

impl Segmenter for WinClip {
    fn name(&self) -> &str {
        self.bundle.name()
    }

    fn input_size(&self) -> usize {
        self.manifest.image.size
    }

    fn fit(&self) -> Option<Fitting> {
        self.manifest.fit
    }

    fn is_score_bounded(&self) -> bool {
        true
    }

    fn grid(&self) -> (usize, usize) {
        let [rows, columns] = self.manifest.image.patch_grid;
        (rows, columns)
    }

    fn prepare(&mut self, categories: &[&str]) -> Result<()> {
        self.text.prepare(categories)
    }

    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.segment_with(Detail::Full, images, categories)
    }

    fn segment_coarse(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.segment_with(Detail::Coarse, images, categories)
    }

    /// Share of the tokens of a full evaluation that the image tower sees in a coarse one.
    fn coarse_cost(&self) -> f64 {
        let (rows, columns) = self.grid();
        let tokens = |windows: &[Array2<i64>]| {
            let of_windows: usize = windows.iter().map(|scale| scale.nrows() * (scale.ncols() + 1)).sum();
            (1 + rows * columns + of_windows) as f64
        };
        tokens(&self.coarse) / tokens(&self.windows)
    }

    fn provenance(&self) -> Provenance {
        self.provenance.clone()
    }
}

impl WinClip {
    fn segment_with(
        &mut self,
        detail: Detail,
        images: ArrayView4<f32>,
        categories: &[&str],
    ) -> Result<Vec<Segmentation>> {
        check_batch(self.bundle.name(), images, categories, self.input_size())?;
        let batch = categories.len();
        if batch == 0 {
            return Ok(Vec::new());
        }
        let text =
            if self.bound_categories == categories { None } else { Some(self.text.batch(categories)?) };
        let names = self.output_names("image_score", "window_score");
        let mut outputs = self.run(detail, images, text, &names)?.into_iter();
        self.bound_categories = categories.iter().map(|&name| name.to_owned()).collect();
        let all_windows = self.windows(detail);
        let image_scores = self.shaped::<Ix1>(outputs.next(), &[batch], &names[0])?;
        let window_scores = outputs
            .zip(all_windows)
            .zip(&names[1..])
            .map(|((output, windows), name)| {
                self.shaped::<Ix2>(Some(output), &[batch, windows.nrows()], name)
            })
            .collect::<Result<Vec<_>>>()?;
        let grid = self.grid();
        let segmentation = |index: usize| {
            let image_score = image_scores[index];
            let per_scale = all_windows.iter().zip(&window_scores).map(|(windows, scores)| {
                aggregate::per_patch(grid, windows.view(), scores.index_axis(Axis(0), index))
            });
            let map = aggregate::over_scales(image_score, &per_scale.collect::<Vec<_>>());
            Segmentation { map, image_score }
        };
        Ok((0..batch).map(segmentation).collect())
    }
}

/// The shapes of the image graph's inputs, from a coarse evaluation of a single picture to a full batch.
fn engine_shapes(
    manifest: &ClipManifest,
    session: &SessionOptions,
    windows: &[Array2<i64>],
    coarse: &[Array2<i64>],
) -> Vec<Shapes> {
    let (size, embedding) = (manifest.image.size, manifest.winclip.embedding);
    let of_windows =
        manifest.winclip.scales.iter().zip(windows.iter().zip(coarse)).map(|(scale, (full, coarse))| {
            let (fewest, most) = (full.nrows().min(coarse.nrows()), full.nrows().max(coarse.nrows()));
            Shapes::new(format!("windows_{scale}"), &[fewest, scale * scale], &[most, scale * scale])
        });
    let pixels = Shapes::batches("pixels", &[3, size, size], session);
    let text = Shapes::batches("text", &[2, embedding], session);
    [pixels, text].into_iter().chain(of_windows).collect()
}

fn check_options(temperature: f32, options: &WinClipOptions, scales: &[usize]) -> Result<()> {
    if !SCALES.contains(&temperature) {
        return Err(Error::setting(
            "temperature",
            format!("{temperature:?}"),
            format!("is not between {:e} and {:e}", SCALES.start(), SCALES.end()),
            "give a number such as 0.07",
        ));
    }
    let smallest = scales.iter().copied().min().unwrap_or(1);
    if !(1..=smallest).contains(&options.stride) {
        return Err(Error::setting(
            "stride",
            options.stride,
            "leaves patches without a window",
            format!("give 1 to {smallest}, the side of the smallest window"),
        ));
    }
    options.prompts.validate()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn senseless_options_are_refused_by_name() {
        let good = WinClipOptions::default();
        assert!(check_options(0.07, &good, &[2, 3]).is_ok());
        for temperature in [0.0, -1.0, 1e-40, 1e38, f32::NAN, f32::INFINITY] {
            let error = check_options(temperature, &good, &[2, 3]).unwrap_err();
            assert!(error.subject.starts_with("`temperature = ") && error.subject.len() < 30, "{error}");
        }
        for stride in [0, 3] {
            let error = check_options(0.07, &WinClipOptions { stride, ..good.clone() }, &[2, 3]).unwrap_err();
            assert_eq!((error.kind, error.subject), (Kind::Usage, format!("`stride = {stride}`")));
        }
    }
}
