//! `askance providers` and `askance runtime` over caches made for the purpose, without the network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use askance::runtime::Flavour;
use serde_json::Value;
use tempfile::TempDir;

use crate::onnx_runtime::library;
use crate::program::{output, said};

/// A cache, and a Python environment that has nothing but what a script does.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: TempDir::new().unwrap() };
        world.python("exit 0");
        world
    }

    /// What the interpreter does; `$dest` is the folder that pip is to download into.
    fn python(&self, script: &str) {
        let bin = self.folder.path().join("env/bin");
        fs::create_dir_all(&bin).unwrap();
        let dest = r#"for a; do [ "$previous" = --dest ] && dest=$a; previous=$a; done"#;
        // Another process writes it: a file that this one has open for writing, or a child forked meanwhile, cannot be executed.
        let write = r#"printf '%s\n' '#!/bin/sh' "$1" "$2" > "$0" && chmod +x "$0""#;
        let mut command = Command::new("sh");
        command.args(["-c", write]).arg(bin.join("python3")).args([dest, script]);
        assert!(command.status().unwrap().success());
    }

    fn flavour(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join("cache/runtime").join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn askance(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_askance"));
        command.args(arguments).env_remove("ORT_DYLIB_PATH");
        command.env("ASKANCE_CACHE", self.folder.path().join("cache"));
        output(command.env("VIRTUAL_ENV", self.folder.path().join("env")))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.askance(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The state of a provider.
fn state<'a>(report: &'a Value, provider: &str) -> &'a Value {
    let providers = report["providers"].as_array().unwrap();
    providers.iter().find(|status| status["name"] == provider).unwrap()
}

#[test]
fn an_empty_cache_names_the_command_for_each_provider() {
    let world = World::new();
    let report = world.json(&["providers", "--json"]);
    assert_eq!(report["libraries"].as_array().unwrap().len(), 0);
    for (provider, flavour) in [
        ("cpu", "cpu"),
        ("openvino:CPU", "openvino"),
        ("cuda:0", "gpu"),
        ("tensorrt:0", "gpu"),
        ("openvino-plugin:CPU", "openvino-plugin"),
        ("webgpu", "webgpu"),
        ("nvtensorrtrtx:0", "nvtensorrtrtx"),
    ] {
        let status = state(&report, provider);
        assert_eq!((&status["state"], &status["flavour"]), (&"not-installed".into(), &flavour.into()));
    }
    let text = String::from_utf8(world.askance(&["providers"]).stdout).unwrap();
    assert!(text.contains("`askance runtime install gpu`"), "{text}");
    assert!(!world.folder.path().join("cache").exists(), "a report installs nothing");
}

/// The CPU flavour of this machine in the cache of a world.
#[cfg(target_arch = "x86_64")]
fn link_ordinary(world: &World) {
    let link = world.flavour("onnxruntime-1.31.1-cpu").join("libonnxruntime.so");
    std::os::unix::fs::symlink(library(Flavour::Cpu).library, link).unwrap();
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_plugin_that_is_none_is_named_and_the_processor_still_computes() {
    let world = World::new();
    link_ordinary(&world);
    let plugin = world.flavour("webgpu-0.4.0").join("libonnxruntime_providers_webgpu.so");
    fs::copy(library(Flavour::Cpu).library, &plugin).unwrap();
    let report = world.json(&["providers", "--json"]);
    let webgpu = state(&report, "webgpu");
    assert_eq!(webgpu["state"], "missing-dependency");
    assert!(webgpu["reason"].as_str().unwrap().contains("cannot be plugged in"), "{webgpu}");
    assert!(webgpu["fix"].as_str().unwrap().contains("runtime install webgpu"), "{webgpu}");
    assert_eq!(state(&report, "cpu")["state"], "usable");
    // Cut short, it is not even given to the loader.
    fs::File::options().write(true).open(&plugin).unwrap().set_len(100_000).unwrap();
    let report = world.json(&["providers", "--json"]);
    let webgpu = state(&report, "webgpu");
    assert!(webgpu["reason"].as_str().unwrap().contains("is truncated"), "{webgpu}");
    assert!(webgpu["fix"].as_str().unwrap().contains("runtime install webgpu"), "{webgpu}");
}

#[test]
fn devices_are_listed_with_what_they_tell() {
    let given = library(Flavour::Cpu).library;
    let report = World::new().json(&["providers", "--json", "--ort-lib", given.to_str().unwrap()]);
    let library = &report["libraries"][0];
    let devices = library["devices"].as_array().unwrap();
    let cpu = devices.iter().find(|device| device["provider"] == "CPUExecutionProvider").unwrap();
    assert_eq!((&cpu["kind"], &cpu["metadata"]["version"]), (&"cpu".into(), &library["version"]));
}

#[test]
#[ignore = "wants the plugins of OpenVINO and WebGPU in the cache: `askance runtime install openvino-plugin`, `... webgpu`"]
fn plugins_compute_or_say_that_their_device_is_missing() {
    for provider in ["openvino-plugin:CPU", "webgpu"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_askance"));
        let report = output(command.args(["providers", "--json"]).env_remove("ORT_DYLIB_PATH"));
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let found = state(&report, provider);
        let out = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_askance"));
        command.args([
            "bench",
            "--model",
            "pocket",
            "--no-metrics",
            "--rounds",
            "1",
            "--providers",
            provider,
            "--out",
        ]);
        let bench = output(command.arg(out.path().join("bench")).env_remove("ORT_DYLIB_PATH"));
        let told = String::from_utf8_lossy(&bench.stdout).into_owned() + &said(&bench);
        if found["state"] == "usable" {
            assert!(bench.status.success(), "{told}");
            let recorded = fs::read_to_string(out.path().join("bench/bench.csv")).unwrap();
            assert!(recorded.contains(provider), "{recorded}");
        } else {
            assert_eq!(found["state"], "missing-dependency", "{found}");
            assert!(found["reason"].as_str().unwrap().contains("sees no such device"), "{found}");
            assert!(bench.status.code() == Some(1) && told.contains("sees no such device"), "{told}");
        }
    }
}

/// Makes a library that falls as soon as it is asked, with the C compiler that Rust links with.
#[cfg(target_arch = "x86_64")]
fn crashing_library(folder: &Path) {
    let (source, library) = (folder.join("fall.c"), folder.join("libonnxruntime.so.1.31.1"));
    fs::write(&source, "#include <stdlib.h>\nvoid *OrtGetApiBase(void) { abort(); }\n").unwrap();
    let mut cc = Command::new("cc");
    let compiled = cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).output().expect("cc");
    assert!(compiled.status.success(), "{}", said(&compiled));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_library_that_crashes_does_not_hide_the_others() {
    let world = World::new();
    link_ordinary(&world);
    fs::write(world.flavour("onnxruntime-1.24.1-openvino").join("libonnxruntime.so.1.24.1"), "text").unwrap();
    crashing_library(&world.flavour("onnxruntime-1.31.1-gpu"));
    let report = world.json(&["providers", "--json"]);
    assert_eq!(state(&report, "cpu")["state"], "usable");
    assert_eq!(state(&report, "cpu")["devices"], serde_json::json!(["cpu"]));
    let damaged = state(&report, "openvino:CPU");
    assert_eq!(damaged["state"], "library-fails");
    assert!(damaged["reason"].as_str().unwrap().contains("not a shared library"), "{damaged}");
    for provider in ["cuda:0", "tensorrt:0"] {
        let fallen = state(&report, provider);
        assert_eq!(fallen["state"], "library-fails");
        assert!(fallen["reason"].as_str().unwrap().contains("SIGABRT"), "{fallen}");
    }
}

#[test]
fn a_library_that_is_given_is_the_only_one() {
    let world = World::new();
    world.flavour("onnxruntime-1.31.1-gpu");
    let library = library(Flavour::Cpu).library;
    let report = world.json(&["providers", "--json", "--ort-lib", library.to_str().unwrap()]);
    let libraries = report["libraries"].as_array().unwrap();
    assert_eq!(libraries.len(), 1, "{report}");
    assert_eq!((&libraries[0]["source"], &libraries[0]["flavour"]), (&"given".into(), &Value::Null));
    assert!(libraries[0]["version"].as_str().unwrap().starts_with("1."), "{report}");
    assert_eq!(state(&report, "cpu")["state"], "usable");
    assert_ne!(state(&report, "cuda:0")["state"], "not-installed");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_download_with_another_hash_is_never_put_in_place() {
    let world = World::new();
    world.python(r#"echo garbage > "$dest/garbage.whl""#);
    let output = world.askance(&["runtime", "install", "gpu"]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("onnxruntime-gpu 1.31.1") && said.contains("SHA-256"), "{said}");
    assert!(said.contains("256 MB"), "{said}");
    let list = world.json(&["runtime", "list", "--json"]);
    assert_eq!(list.as_array().unwrap().len(), 0, "{list}");
}

#[test]
fn flags_that_make_no_sense_are_usage_errors() {
    let world = World::new();
    for arguments in [
        ["runtime", "install", "gpu", "--offline"],
        ["runtime", "install", "cpu", "--without-cuda"],
        ["runtime", "install", "cuda", "--quiet"],
    ] {
        let output = world.askance(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn the_list_tells_names_and_sizes() {
    let world = World::new();
    let text = String::from_utf8(world.askance(&["runtime", "list"]).stdout).unwrap();
    assert!(text.contains("nothing is installed"), "{text}");
    fs::write(world.flavour("onnxruntime-1.31.1-cpu").join("libonnxruntime.so"), vec![0; 2_500_000]).unwrap();
    let text = String::from_utf8(world.askance(&["runtime", "list"]).stdout).unwrap();
    assert!(text.contains("onnxruntime-1.31.1-cpu") && text.contains("2.5"), "{text}");
}

/// Builds of ONNX Runtime for Linux and macOS would report to Microsoft, and keep an identifier of the machine under the user's cache.
#[test]
fn the_runtime_reports_nothing() {
    let home = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_askance"))
        .args(["providers", "--json"])
        // What cargo and CI services set silences it too.
        .env_clear()
        .env("HOME", home.path())
        .env("ORT_DYLIB_PATH", library(Flavour::Cpu).library)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let report = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(state(&report, "cpu")["state"], "usable", "it ran");
    let kept: Vec<PathBuf> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(kept.is_empty(), "{kept:?}");
}
