//! OpenVINO on this processor: its precisions against the CPU provider in fp32, and each picture alone and in company.
//!
//! A process loads one ONNX Runtime, so this one loads the build with OpenVINO and nothing else: that of the cache
//! (`askance runtime install openvino`), or the one that `ASKANCE_TEST_OPENVINO` names.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

#[path = "../support/onnx_runtime.rs"]
mod onnx_runtime;
#[path = "../support/segmenter.rs"]
mod segmenter;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use askance::error::Result;
use askance::model::{Bundle, Precision, Segmenter, SessionOptions, WinClip};
use askance::runtime::{Flavour, Runtime};

use segmenter::{company_makes, difference, few_prompts, pictures};

const SIZE: usize = 192;

/// ONNX Runtime with OpenVINO.
fn openvino() -> Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let load = || Runtime::load(&onnx_runtime::library(Flavour::OpenVino)).unwrap_or_else(|e| panic!("{e}"));
    RUNTIME.get_or_init(load).clone()
}

fn load(runtime: &Runtime, provider: &str, precision: Precision) -> WinClip {
    try_load(runtime, provider, precision).unwrap_or_else(|error| panic!("{error}"))
}

fn try_load(runtime: &Runtime, provider: &str, precision: Precision) -> Result<WinClip> {
    let session = SessionOptions {
        provider: provider.parse().unwrap(),
        precision: Some(precision),
        threads: Some(2),
        ..SessionOptions::default()
    };
    let bundle = Bundle::open(pocket()).unwrap();
    WinClip::load(&bundle, runtime, session, few_prompts())
}

fn pocket() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/pocket")
}

fn has_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Largest difference of maps and scores from the CPU provider in fp32.
fn apart(runtime: &Runtime, provider: &str, precision: Precision) -> f32 {
    let batch = pictures(4, SIZE);
    let categories = ["bottle", "cable", "bottle", "screw"];
    let exact = load(runtime, "cpu", Precision::Fp32).segment(batch.view(), &categories).unwrap();
    let mut model = load(runtime, provider, precision);
    let provenance = model.provenance();
    assert_eq!((provenance.provider.as_str(), provenance.precision.as_str()), (provider, precision.name()));
    let answers = model.segment(batch.view(), &categories).unwrap();
    let most = exact.iter().zip(&answers).map(|(a, b)| difference(a, b)).fold(0.0, f32::max);
    eprintln!("{provider} {precision}: {most:e} from cpu fp32; {:?}", provenance.placement);
    most
}

#[test]
#[ignore = "needs ONNX Runtime with OpenVINO: `askance runtime install openvino`"]
fn fp32_is_fp32() {
    let runtime = openvino();
    let most = apart(&runtime, "openvino:CPU", Precision::Fp32);
    assert!(most <= 1e-5, "{most:e}");
}

#[test]
#[ignore = "needs a processor with AVX512-BF16, and OpenVINO: `askance runtime install openvino`"]
fn bf16_is_computed_in_bf16_and_near() {
    let runtime = openvino();
    assert!(has_bf16(), "this processor lacks AVX512-BF16");
    let most = apart(&runtime, "openvino:CPU", Precision::Bf16);
    assert!(most > 1e-4, "no difference: this is not bf16 ({most:e})");
    assert!(most <= 1e-2, "{most:e}");
}

#[test]
#[ignore = "needs ONNX Runtime with OpenVINO: `askance runtime install openvino`"]
fn int8_is_near() {
    let runtime = openvino();
    for provider in ["cpu", "openvino:CPU"] {
        let most = apart(&runtime, provider, Precision::Int8);
        assert!(most > 1e-4, "no difference: this is not int8 ({most:e})");
        assert!(most <= 0.1, "{provider}: {most:e}");
    }
}

/// Bit for bit, single pictures against batches of six.
fn assert_company_makes_no_difference(provider: &str, precision: Precision) {
    let most = company_makes(&mut load(&openvino(), provider, precision));
    eprintln!("{provider} {precision}: company makes a difference of {most:e}");
    assert_eq!(most, 0.0, "{provider} {precision}: {most:e}");
}

#[test]
#[ignore = "needs ONNX Runtime with OpenVINO: `askance runtime install openvino`"]
fn company_makes_no_difference() {
    for provider in ["cpu", "openvino:CPU"] {
        assert_company_makes_no_difference(provider, Precision::Fp32);
        assert_company_makes_no_difference(provider, Precision::Int8);
    }
}

#[test]
#[ignore = "needs a processor with AVX512-BF16, and OpenVINO: `askance runtime install openvino`"]
fn company_makes_no_difference_in_bf16() {
    assert!(has_bf16(), "this processor lacks AVX512-BF16");
    assert_company_makes_no_difference("openvino:CPU", Precision::Bf16);
}

#[test]
#[ignore = "needs ONNX Runtime with OpenVINO: `askance runtime install openvino`"]
fn what_the_processor_lacks_is_refused() {
    let runtime = openvino();
    let bundle = Bundle::open(pocket()).unwrap();
    let refused = |provider: &str, precision| {
        let session = SessionOptions {
            provider: provider.parse().unwrap(),
            precision: Some(precision),
            ..SessionOptions::default()
        };
        WinClip::load(&bundle, &runtime, session, few_prompts()).unwrap_err()
    };
    assert_eq!(refused("openvino:GPU", Precision::Bf16).subject, "`precision = bf16`");
    if !has_bf16() {
        assert_eq!(refused("openvino:CPU", Precision::Bf16).subject, "`precision = bf16`");
    }
}
