//! What the program is made of: licences, sources and versions of its dependencies, and where its own code is `unsafe`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, LicenseReq, ParseMode};

use crate::trees::every_file;

/// Licences that allow the program to be given away as it is, with their texts beside it.
const ALLOWED: [&str; 11] = [
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "OFL-1.1",
    "Ubuntu-font-1.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Dependencies of which there are several versions, because others ask for different ones.
const SEVERAL: [&str; 7] = ["bitflags", "getrandom", "kurbo", "miniz_oxide", "png", "r-efi", "syn"];

/// Files with `unsafe` code: what ONNX Runtime and the loader ask for, the environment before any thread, and an exit without destructors.
const UNSAFE: [&str; 7] = [
    "cli/interrupt.rs",
    "cli/telemetry.rs",
    "model/provider/tensorrt.rs",
    "model/session/placement.rs",
    "runtime/device.rs",
    "runtime/keep.rs",
    "runtime/probe.rs",
];

fn packages() -> Vec<Value> {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let metadata: Value = serde_json::from_slice(&told.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn is_allowed(expression: &str) -> bool {
    let allowed = |license: &LicenseReq| {
        ALLOWED.iter().any(|name| license.license.id().is_some_and(|id| id.name == *name))
    };
    Expression::parse_mode(expression, ParseMode::LAX).unwrap().evaluate(allowed)
}

#[test]
fn licences_are_told_from_each_other() {
    assert!(
        is_allowed("MIT/Apache-2.0")
            && is_allowed("MIT OR GPL-3.0-only")
            && is_allowed("Apache-2.0 WITH LLVM-exception")
    );
    assert!(!is_allowed("GPL-3.0-only") && !is_allowed("MIT AND MPL-2.0"));
}

#[test]
#[ignore = "fetches the dependencies of every platform"]
fn dependencies_come_from_one_registry_under_licences_that_are_allowed() {
    let mut versions = BTreeMap::<String, BTreeSet<String>>::new();
    for package in packages() {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let name = text("name");
        if name == "askance" {
            continue;
        }
        assert_eq!(text("source"), "registry+https://github.com/rust-lang/crates.io-index", "{name}");
        assert!(is_allowed(&text("license")), "{name} is under {:?}", text("license"));
        versions.entry(name).or_default().insert(text("version"));
    }
    assert!(versions.len() > 100, "{}", versions.len());
    let several: Vec<&String> =
        versions.iter().filter(|(_, of)| of.len() > 1).map(|(name, _)| name).collect();
    assert_eq!(several, SEVERAL, "another version of a dependency came in or went");
}

#[test]
fn unsafe_code_is_where_it_was() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let is_lifted = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("allow(unsafe_code");
    let lifted = every_file(&src).into_iter().filter(|(_, bytes)| is_lifted(bytes));
    let found: BTreeSet<String> = lifted.map(|(name, _)| name.to_str().unwrap().replace('\\', "/")).collect();
    assert_eq!(
        Vec::from_iter(found),
        UNSAFE,
        "the lint `unsafe_code` was lifted in another file, or no longer needs to be"
    );
    let manifest = fs::read_to_string(src.with_file_name("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"deny\""));
}

#[test]
fn the_oldest_rust_that_is_promised_is_the_one_that_builds_here() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let promised = env!("CARGO_PKG_RUST_VERSION");
    assert!(read("rust-toolchain.toml").contains(&format!("channel = \"{promised}.")), "{promised}");
}
