//! `askance providers` and `askance runtime`: which ONNX Runtime libraries are there, and what they can run.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use askance::error::{Error, Result};
use askance::model::{self, Library, LibraryState, ProviderState, ProviderStatus, Survey};
use askance::runtime::{self, Flavour, InstallOptions};

use super::args::Global;
use super::table::render;
use super::wording::in_flags;

/// `askance providers`
pub fn providers(global: &Global) -> Result<()> {
    let program = std::env::current_exe().map_err(|error| {
        Error::runtime("askance", format!("cannot find itself: {error}"), "start it by its full path")
    })?;
    let options = global.runtime();
    let survey = model::survey(&options, &|library| child(&program, library), &|event| eprintln!("{event}"))?;
    if global.json {
        println!("{}", in_flags(&format!("{:#}", json!(survey))));
    } else {
        println!("{}", in_flags(&describe(&survey)));
    }
    Ok(())
}

fn child(program: &Path, library: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["runtime", "probe"]).arg(library);
    command
}

/// The child process of [`providers`]: one line of JSON.
pub fn probe(library: &Path) -> Result<()> {
    println!("{}", json!(model::examine(library)));
    Ok(())
}

fn describe(survey: &Survey) -> String {
    let libraries: Vec<Vec<String>> = survey.libraries.iter().map(library_row).collect();
    let providers: Vec<Vec<String>> =
        survey.providers.iter().map(|status| vec![status.provider.to_string(), state(status)]).collect();
    let mut parts = Vec::new();
    if !libraries.is_empty() {
        parts.push(render(&["flavour", "version", "from", "can run", "library"], &libraries, 5));
    }
    parts.push(render(&["provider", "state"], &providers, 2));
    let fixes: Vec<String> = survey
        .providers
        .iter()
        .filter_map(|status| match &status.state {
            ProviderState::MissingDependency { fix, .. } => Some(format!("{}: {fix}", status.provider)),
            _ => None,
        })
        .collect();
    if !fixes.is_empty() {
        parts.push(fixes.join("\n"));
    }
    parts.join("\n\n")
}

fn library_row(library: &Library) -> Vec<String> {
    let (version, runs) = match &library.state {
        LibraryState::Loaded { version, providers } => {
            let devices: Vec<String> =
                providers.iter().flat_map(|status| &status.devices).map(ToString::to_string).collect();
            (version.as_str(), devices.join(", "))
        }
        LibraryState::Failed { .. } => ("-", "-".into()),
    };
    vec![
        library.flavour.map_or("given", Flavour::name).into(),
        version.into(),
        library.source.to_string(),
        runs,
        library.library.display().to_string(),
    ]
}

/// The state, and the other devices where there are any.
fn state(status: &ProviderStatus) -> String {
    let others: Vec<String> =
        status.devices.iter().filter(|device| **device != status.provider).map(ToString::to_string).collect();
    if others.is_empty() {
        status.state.to_string()
    } else {
        format!("{}; also {}", status.state, others.join(", "))
    }
}

/// `askance runtime install`
pub fn install(global: &Global, flavour: Flavour, without_cuda: bool) -> Result<()> {
    if global.offline {
        return Err(Error::usage("--offline", "forbids what this command does", "leave it out"));
    }
    let show_progress = std::io::stderr().is_terminal() && !global.quiet;
    let options = InstallOptions { without_cuda, show_progress };
    let library =
        runtime::install(flavour, &runtime::cache_folder()?, options, &|event| eprintln!("{event}"))?;
    if global.json {
        println!("{:#}", json!({ "flavour": flavour, "library": library }));
    } else {
        println!("{}", library.display());
    }
    Ok(())
}

/// `askance runtime list`
pub fn list(global: &Global) -> Result<()> {
    let cache = runtime::cache_folder()?;
    let installed = runtime::installed(&cache)?;
    if global.json {
        println!("{:#}", json!(installed));
        return Ok(());
    }
    if installed.is_empty() {
        println!(
            "nothing is installed in {}; `askance runtime install` fetches ONNX Runtime",
            cache.display()
        );
        return Ok(());
    }
    let rows: Vec<Vec<String>> = installed
        .iter()
        .map(|one| {
            vec![one.name.clone(), one.folder.display().to_string(), format!("{:.1}", one.bytes as f64 / 1e6)]
        })
        .collect();
    println!("{}\n\nTo remove one, delete its folder.", render(&["name", "folder", "MB"], &rows, 2));
    Ok(())
}
