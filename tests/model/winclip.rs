//! WinCLIP over the embedded model: what windows see, that samples do not depend on company, and what is refused.

use askance::model::{
    Bundle, Precision, Segmentation, Segmenter, SessionOptions, WinClip, WinClipOptions, windows::windows,
};
use ndarray::{Array4, s};

use crate::pocket::{load, pocket, runtime};
use crate::segmenter::{company_makes, difference, few_prompts, pictures};

const SIZE: usize = 192;

#[test]
fn maps_have_the_grid_and_scores_are_probabilities() {
    let mut model = load(&Bundle::embedded("pocket").unwrap(), WinClipOptions::default());
    assert_eq!(model.provenance().prompts, "winclip");
    assert_eq!((model.input_size(), model.grid()), (SIZE, (12, 12)));
    let results = model.segment(pictures(2, SIZE).view(), &["bottle", "metal_nut"]).unwrap();
    assert_eq!(results.len(), 2);
    for result in &results {
        assert_eq!(result.map.dim(), (12, 12));
        assert!(result.map.iter().chain([&result.image_score]).all(|v| (0.0..=1.0).contains(v)));
        let first = result.map[[0, 0]];
        assert!(result.map.iter().any(|v| *v != first), "the map is flat");
    }
    assert_ne!(results[0], results[1]);
    assert!(model.segment(Array4::zeros((0, 3, SIZE, SIZE)).view(), &[]).unwrap().is_empty());
}

#[test]
fn embeddings_have_length_one_and_windows_differ() {
    let mut model = pocket();
    let embeddings = model.embeddings(pictures(1, SIZE).view()).unwrap();
    assert_eq!(embeddings.images.dim(), (1, 64));
    assert_eq!(embeddings.windows[0].dim(), (1, 121, 64));
    assert_eq!(embeddings.windows[1].dim(), (1, 100, 64));
    assert!((embeddings.images.row(0).dot(&embeddings.images.row(0)) - 1.0).abs() < 1e-5);
    for scale in &embeddings.windows {
        let image = scale.index_axis(ndarray::Axis(0), 0);
        for (index, window) in image.outer_iter().enumerate() {
            assert!((window.dot(&window) - 1.0).abs() < 1e-5);
            let twins = image.outer_iter().filter(|other| *other == window).count();
            assert_eq!(twins, 1, "window {index} has a twin");
        }
    }
}

/// A window sees its own patches and nothing else: everything outside it is changed, and its embedding stays.
#[test]
fn pixels_outside_a_window_do_not_matter_to_it() {
    let mut model = pocket();
    let original = pictures(1, SIZE);
    let before = model.embeddings(original.view()).unwrap();
    let patch = SIZE / 12;
    for (scale, k, window) in [(0, 2, 0), (0, 2, 60), (0, 2, 120), (1, 3, 0), (1, 3, 47), (1, 3, 99)] {
        let patches = windows((12, 12), k, 1);
        let first = patches[[window, 0]] as usize;
        let (top, left) = (first / 12 * patch, first % 12 * patch);
        let inside = s![.., .., top..top + k * patch, left..left + k * patch];
        let mut outside_changed = original.mapv(|v| 1.0 - v);
        outside_changed.slice_mut(inside).assign(&original.slice(inside));
        let mut inside_changed = original.clone();
        inside_changed.slice_mut(inside).mapv_inplace(|v| 1.0 - v);
        let row = |embeddings: &askance::model::Embeddings| {
            embeddings.windows[scale].slice(s![0, window, ..]).to_owned()
        };
        let difference = |other: &Array4<f32>, model: &mut WinClip| {
            let change = &row(&model.embeddings(other.view()).unwrap()) - &row(&before);
            change.iter().fold(0.0_f32, |max, d| max.max(d.abs()))
        };
        let (outside, inside) =
            (difference(&outside_changed, &mut model), difference(&inside_changed, &mut model));
        eprintln!("{k} x {k} window {window}: outside changed {outside:e}, inside changed {inside:e}");
        assert!(outside <= 1e-6, "{k} x {k} window {window} sees pixels outside it: {outside}");
        assert!(inside > 1e-4, "{k} x {k} window {window} does not see its own pixels: {inside}");
    }
}

/// A sample's result is the same alone, in company, and in another place of the batch.
#[test]
fn a_sample_does_not_depend_on_its_batch() {
    let most = company_makes(&mut pocket());
    assert_eq!(most, 0.0, "{most:e}");
}

/// The scales of the int8 bundle are fixed, so that none is taken over a batch.
#[test]
fn in_int8_a_sample_does_not_depend_on_its_batch_either() {
    let session =
        SessionOptions { precision: Some(Precision::Int8), threads: Some(1), ..SessionOptions::default() };
    let bundle = Bundle::open(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket")).unwrap();
    let mut model = WinClip::load(&bundle, &runtime(), session, few_prompts()).unwrap();
    let provenance = model.provenance();
    assert_eq!((provenance.model.as_str(), provenance.precision.as_str()), ("pocket-int8", "int8"));
    assert_eq!(provenance.options["precision.by"], "sibling bundle");
    let most = company_makes(&mut model);
    assert_eq!(most, 0.0, "{most:e}");
}

/// What stays bound from an earlier call never shows in a later one, whatever changes between the two.
#[test]
fn calls_do_not_depend_on_the_calls_before_them() {
    let batch = pictures(3, SIZE);
    let calls: [(usize, &[&str], bool); 8] = [
        (3, &["bottle", "bottle", "bottle"], true),
        (3, &["bottle", "bottle", "bottle"], false),
        (1, &["bottle"], false),
        (1, &["cable"], false),
        (2, &["cable", "bottle"], true),
        (2, &["bottle", "cable"], true),
        (2, &["bottle", "cable"], false),
        (3, &["bottle", "bottle", "bottle"], true),
    ];
    let call = |model: &mut WinClip, (count, categories, coarse): (usize, &[&str], bool)| {
        let images = batch.slice(s![..count, .., .., ..]);
        if coarse { model.segment_coarse(images, categories) } else { model.segment(images, categories) }
    };
    let mut used = pocket();
    for (index, &one) in calls.iter().enumerate() {
        let fresh = call(&mut pocket(), one).unwrap();
        assert_eq!(call(&mut used, one).unwrap(), fresh, "call {index}");
        if index == 2 {
            let before = used.embeddings(batch.view()).unwrap();
            assert_eq!(before, pocket().embeddings(batch.view()).unwrap());
            assert_eq!(
                call(&mut used, one).unwrap(),
                fresh,
                "the text that embeddings were asked with stays"
            );
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_result() {
    let bundle = Bundle::embedded("pocket").unwrap();
    let batch = pictures(3, SIZE);
    let [one, two] = [1, 2].map(|threads| {
        let options = SessionOptions { threads: Some(threads), ..SessionOptions::default() };
        let mut model = WinClip::load(&bundle, &runtime(), options, few_prompts()).unwrap();
        assert_eq!(model.provenance().options["session.intra_threads"], threads.to_string());
        model.segment(batch.view(), &["bottle"; 3]).unwrap()
    });
    eprintln!("1 and 2 threads bitwise equal: {}", one == two);
    for (a, b) in one.iter().zip(&two) {
        assert!(difference(a, b) <= 1e-6);
    }
}

#[test]
fn exchanging_the_classes_flips_every_score() {
    let bundle = Bundle::embedded("pocket").unwrap();
    let mut exchanged = few_prompts();
    exchanged.prompts.name = "exchanged".into();
    std::mem::swap(&mut exchanged.prompts.normal, &mut exchanged.prompts.anomalous);
    let picture = pictures(1, SIZE);
    let (mut normal, mut flipped) = (pocket(), load(&bundle, exchanged));
    let texts = (normal.text_embedding("bottle").unwrap(), flipped.text_embedding("bottle").unwrap());
    assert_eq!(texts.0.row(0), texts.1.row(1));
    assert_ne!(texts.0.row(0), texts.0.row(1));
    let a = normal.segment(picture.view(), &["bottle"]).unwrap().remove(0);
    let b = flipped.segment(picture.view(), &["bottle"]).unwrap().remove(0);
    assert!((a.image_score + b.image_score - 1.0).abs() < 1e-6, "{} {}", a.image_score, b.image_score);
}

#[test]
fn text_is_of_length_one_differs_by_category_and_may_have_spaces() {
    let bundle = Bundle::embedded("pocket").unwrap();
    let mut raw = pocket();
    let mut spaced = load(&bundle, WinClipOptions { underscores_to_spaces: true, ..few_prompts() });
    for row in raw.text_embedding("metal_nut").unwrap().outer_iter() {
        assert!((row.dot(&row) - 1.0).abs() < 1e-5);
    }
    assert_ne!(raw.text_embedding("metal_nut").unwrap(), raw.text_embedding("bottle").unwrap());
    assert_ne!(raw.text_embedding("metal_nut").unwrap(), spaced.text_embedding("metal_nut").unwrap());
    assert_eq!(raw.text_embedding("metal nut").unwrap(), spaced.text_embedding("metal_nut").unwrap());
}

#[test]
fn temperature_and_stride_act() {
    let bundle = Bundle::embedded("pocket").unwrap();
    let picture = pictures(1, SIZE);
    let result = |options: WinClipOptions| {
        load(&bundle, options).segment(picture.view(), &["bottle"]).unwrap().remove(0)
    };
    let default = result(few_prompts());
    let at = |temperature| result(WinClipOptions { temperature: Some(temperature), ..few_prompts() });
    let logit = |p: f32| (p / (1.0 - p)).ln();
    let ratio = logit(at(1.0).image_score) / logit(at(2.0).image_score);
    assert!((ratio - 2.0).abs() < 0.02, "{ratio}");
    let own = bundle.clip().unwrap().winclip.temperature;
    assert_eq!(at(own), default, "the manifest's temperature is the default");
    let coarse = result(WinClipOptions { stride: 2, ..few_prompts() });
    assert_eq!(coarse.image_score, default.image_score);
    assert_ne!(coarse.map, default.map);
}

/// Far apart classes underflow to a score of 0 or 1; the map stays a number.
#[test]
fn an_underflow_of_the_softmax_is_no_error() {
    let bundle = Bundle::embedded("pocket").unwrap();
    let mut frozen = load(&bundle, WinClipOptions { temperature: Some(1e-6), ..few_prompts() });
    for result in frozen.segment(pictures(2, SIZE).view(), &["bottle", "cable"]).unwrap() {
        assert!(result.map.iter().all(|v| (0.0..=1.0).contains(v)));
    }
}

#[test]
fn batches_that_do_not_fit_are_refused() {
    let mut model = pocket();
    let wrong = model.segment(Array4::zeros((1, 3, 96, SIZE)).view(), &["bottle"]).unwrap_err();
    assert!(wrong.problem.contains("(3, 96, 192)") && wrong.problem.contains("192"), "{wrong}");
    assert!(model.segment(pictures(2, SIZE).view(), &["bottle"]).is_err());
    let mut broken = pictures(2, SIZE);
    broken[[1, 0, 5, 5]] = f32::INFINITY;
    let error = model.segment(broken.view(), &["bottle", "cable"]).unwrap_err();
    assert!(error.problem.contains("image 1") && error.problem.contains("cable"), "{error}");
    assert!(model.embeddings(Array4::zeros((1, 1, SIZE, SIZE)).view()).is_err());
}

/// Pixels that overflow inside the graph: what comes out is not finite, and is refused.
#[test]
fn output_that_is_not_finite_is_refused() {
    let mut model = pocket();
    let huge = Array4::from_elem((1, 3, SIZE, SIZE), f32::MAX);
    let error = model.segment(huge.view(), &["bottle"]).unwrap_err();
    assert!(error.problem.contains("not finite") && error.subject.contains("image.onnx"), "{error}");
}

#[test]
fn an_image_need_not_lie_in_one_piece_in_memory() {
    let mut model = pocket();
    let picture = pictures(1, SIZE);
    let channels_last = picture.clone().permuted_axes([0, 2, 3, 1]).as_standard_layout().into_owned();
    let strided = channels_last.view().permuted_axes([0, 3, 1, 2]);
    let a = model.segment(picture.view(), &["bottle"]).unwrap();
    assert_eq!(a, model.segment(strided, &["bottle"]).unwrap());
}

#[test]
fn the_record_says_what_ran() {
    let provenance = pocket().provenance();
    assert_eq!((provenance.model.as_str(), provenance.provider.as_str()), ("pocket", "cpu"));
    assert_eq!(provenance.model_hash, Bundle::embedded("pocket").unwrap().hash());
    assert_eq!(provenance.runtime_version, runtime().version());
    let temperature = Bundle::embedded("pocket").unwrap().clip().unwrap().winclip.temperature;
    assert_eq!(provenance.options["winclip.temperature"], temperature.to_string());
    assert_eq!(provenance.options["session.intra_threads"], "1");
    assert_eq!(provenance.placement.keys().collect::<Vec<_>>(), ["CPUExecutionProvider"]);
    assert!(provenance.placement["CPUExecutionProvider"] > 10, "{:?}", provenance.placement);
    let toml = toml::to_string(&provenance).unwrap();
    assert!(toml.contains("provider = \"cpu\"") && toml.contains("[placement]"), "{toml}");
}

#[test]
fn a_coarse_look_is_cheaper_and_much_the_same() {
    let mut model = pocket();
    // (145 + 36 x 5 + 16 x 10) / (145 + 121 x 5 + 100 x 10) tokens.
    assert!((model.coarse_cost() - 485.0 / 1750.0).abs() < 1e-12);
    let pictures = pictures(3, SIZE);
    let full = model.segment(pictures.view(), &["bottle"; 3]).unwrap();
    let coarse = model.segment_coarse(pictures.view(), &["bottle"; 3]).unwrap();
    for (full, coarse) in full.iter().zip(&coarse) {
        assert_eq!(full.image_score, coarse.image_score);
        let apart = difference(full, coarse);
        assert!(apart > 1e-4 && apart < 0.6, "{apart}");
        let mean = |segmentation: &Segmentation| segmentation.map.mean().unwrap_or(f32::NAN);
        assert!((mean(full) - mean(coarse)).abs() < 0.05, "{} {}", mean(full), mean(coarse));
    }
}
