//! Files that are no usable ONNX Runtime: each is an error that names the file, never a crash or a hang. No good library is
//! loaded in this process, since a process keeps to the first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use askance::error::Error;
use askance::runtime::{Flavour, Found, Options, Runtime, Source, find};

use crate::onnx_runtime;

fn refusal(library: &Path) -> Error {
    let error = Runtime::load(&Found { library: library.into(), source: Source::Given }).unwrap_err();
    assert!(error.subject.contains(library.file_name().unwrap().to_str().unwrap()), "{error}");
    assert!(error.fix.contains("`ort_lib`"), "{error}");
    error
}

/// Compiles a shared library, with the C compiler that Rust links with.
fn compile(folder: &Path, name: &str, code: &str, arguments: &[&str]) -> PathBuf {
    let (source, library) = (folder.join(format!("{name}.c")), folder.join(name));
    fs::write(&source, code).unwrap();
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).args(arguments);
    let output = command.output().expect("cc");
    assert!(output.status.success(), "cc failed: {}", String::from_utf8_lossy(&output.stderr));
    library
}

/// A library that looks like ONNX Runtime and tells a version.
fn impostor(version: &str) -> String {
    format!(
        "static const char *version(void) {{ return \"{version}\"; }}\n\
         static const void *api(unsigned v) {{ (void)v; return 0; }}\n\
         static const struct {{ const void *(*a)(unsigned); const char *(*v)(void); }} base = {{ api, version }};\n\
         const void *OrtGetApiBase(void) {{ return &base; }}\n"
    )
}

#[test]
fn a_text_file() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libonnxruntime.so");
    fs::write(&library, "this is no library\n").unwrap();
    assert!(refusal(&library).problem.contains("not a shared library"));
}

#[test]
fn the_real_library_cut_short() {
    let bytes = fs::read(onnx_runtime::library(Flavour::Cpu).library).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libonnxruntime.so");
    for kept in [1 << 20, bytes.len() / 2, bytes.len() - 1, 100, 40] {
        fs::write(&library, &bytes[..kept]).unwrap();
        let error = refusal(&library);
        assert!(error.problem.contains("truncated") && error.problem.contains(&kept.to_string()), "{error}");
    }
    fs::write(&library, b"").unwrap();
    assert!(refusal(&library).problem.contains("not a shared library"));
}

#[test]
fn too_old() {
    let folder = tempfile::tempdir().unwrap();
    let library = compile(folder.path(), "libonnxruntime.so.1.17.0", &impostor("1.17.0"), &[]);
    let error = refusal(&library);
    for word in ["too old", "1.17.0", "1.24"] {
        assert!(error.problem.contains(word), "{error}");
    }
}

#[test]
fn new_in_name_only() {
    let folder = tempfile::tempdir().unwrap();
    let library = compile(folder.path(), "libonnxruntime.so.1.30.0", &impostor("1.30.0"), &[]);
    let error = refusal(&library);
    assert!(error.problem.contains("1.30.0") && error.problem.contains("does not offer"), "{error}");
}

#[test]
fn another_library() {
    let folder = tempfile::tempdir().unwrap();
    let library = compile(folder.path(), "libonnxruntime.so", "int x(void) { return 0; }\n", &[]);
    assert!(refusal(&library).problem.contains("not ONNX Runtime"));
}

#[test]
fn a_missing_dependency() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    let gone = compile(folder.path(), "libaskance_gone.so", "int gone(void) { return 1; }\n", &[]);
    let code = "int gone(void); int use(void) { return gone(); }\n";
    let library = compile(folder.path(), "libonnxruntime.so", code, &["-L", at, "-laskance_gone"]);
    fs::remove_file(gone).unwrap();
    let error = refusal(&library);
    assert!(error.problem.contains("libaskance_gone.so"), "{error}");
    assert!(error.fix.contains("libaskance_gone.so"), "{error}");
}

#[test]
fn nothing_there() {
    let folder = tempfile::tempdir().unwrap();
    refusal(&folder.path().join("libonnxruntime.so"));
}

#[test]
fn offline_without_a_library_names_the_ways_out() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        offline: true,
        flavour: Flavour::OpenVino,
        cache: Some(folder.path().into()),
        ..Options::default()
    };
    match find(&options, &|_| ()) {
        Ok(found) => {
            assert_eq!(found.source, Source::Python, "an OpenVINO build in the active Python environment")
        }
        Err(error) => {
            for way in ["`ort_lib = ", "ORT_DYLIB_PATH", "pip install", "askance runtime install"] {
                assert!(error.fix.contains(way), "{error}");
            }
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");
}
