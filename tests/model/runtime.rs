//! The library of this process, and its providers.

use std::fs;

use askance::model::{Bundle, Provider, ProviderState, SessionOptions, WinClip, WinClipOptions, providers};
use askance::runtime::{Found, OLDEST_VERSION, Runtime, Source};

use crate::pocket::runtime;

#[test]
fn a_new_enough_library_is_loaded_once() {
    let first = runtime();
    let minor: u32 = first.version().split('.').nth(1).unwrap().parse().unwrap();
    assert!(minor >= OLDEST_VERSION.1, "{first:?}");
    assert!(!first.build_info().is_empty());
    let again = Runtime::load(&Found { library: first.library().into(), source: Source::Given }).unwrap();
    assert_eq!(again.library(), first.library());
}

#[test]
fn a_second_library_is_refused() {
    let first = runtime();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("libonnxruntime.so");
    fs::copy(first.library(), &copy).unwrap();
    let error = Runtime::load(&Found { library: copy, source: Source::Given }).unwrap_err();
    assert!(error.problem.contains("already loaded"), "{error}");
    assert!(error.fix.contains("one ONNX Runtime per process"), "{error}");
}

#[test]
fn every_provider_is_told_usable_or_why_not() {
    let runtime = runtime();
    let all = providers(&runtime);
    assert_eq!(all.iter().map(|status| status.provider.clone()).collect::<Vec<_>>(), Provider::all());
    assert_eq!(all[0].state, ProviderState::Usable, "the CPU always works");
    for status in &all {
        eprintln!("{}: {:?}", status.provider, status.state);
        if let ProviderState::MissingDependency { reason, .. } = &status.state {
            assert!(!reason.is_empty());
        }
    }
    let json = serde_json::to_value(&all).unwrap();
    assert_eq!((json[0]["name"].as_str(), json[0]["state"].as_str()), (Some("cpu"), Some("usable")));
}

/// Whatever cannot be used is refused; nothing falls back to the CPU.
#[test]
fn a_provider_that_is_not_usable_is_an_error() {
    let runtime = runtime();
    let bundle = Bundle::embedded("pocket").unwrap();
    for status in providers(&runtime) {
        // Without leave for TF32 that would be refused first.
        let tf32 = matches!(status.provider, Provider::TensorRtRtx { .. });
        let options = SessionOptions { provider: status.provider.clone(), tf32, ..SessionOptions::default() };
        let loaded = WinClip::load(&bundle, &runtime, options, WinClipOptions::default());
        match status.state {
            ProviderState::Usable => assert!(loaded.is_ok(), "{loaded:?}"),
            ProviderState::NotInThisLibrary { flavour } => {
                let error = loaded.unwrap_err();
                assert!(error.subject.contains(&status.provider.to_string()), "{error}");
                assert!(error.fix.contains(&format!("askance runtime install {flavour}")), "{error}");
            }
            ProviderState::MissingDependency { .. } => assert!(loaded.is_err()),
            // A plugin that the library would take.
            ProviderState::NotInstalled { flavour } => {
                let error = loaded.unwrap_err();
                assert!(error.subject.contains(&flavour.to_string()), "{error}");
                assert!(error.fix.contains(&format!("askance runtime install {flavour}")), "{error}");
            }
            _ => panic!("the library is loaded: {status:?}"),
        }
    }
}
