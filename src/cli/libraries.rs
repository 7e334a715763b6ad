//! `askance providers` and `askance runtime`: which ONNX Runtime libraries are there, and what they can run.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use askance::error::{Error, Result};
use askance::model::{self, Library, LibraryState, ProviderState, ProviderStatus, Survey};
use askance::report::{Cell, Column, Form, Table};
use askance::runtime::{self, Device, Flavour, InstallOptions};

use super::args::Global;
use super::wording::in_flags;
use super::{children, say};

/// `askance providers`
pub fn providers(global: &Global) -> Result<()> {
    let program = std::env::current_exe().map_err(|error| {
        Error::runtime("askance", format!("cannot find itself: {error}"), "start it by its full path")
    })?;
    let options = global.runtime();
    let survey = model::survey(&options, &|library| child(&program, library), &|event| say::error(event))?;
    if global.json {
        say::json_text(&in_flags(&format!("{:#}", json!(survey))));
    } else {
        print(&survey);
    }
    Ok(())
}

fn child(program: &Path, library: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(children::LIBRARY).arg(library);
    command
}

fn print(survey: &Survey) {
    for (at, table) in tables(survey).into_iter().enumerate() {
        if at > 0 {
            say::space();
        }
        say::table(table);
    }
    let fixes = survey.providers.iter().filter_map(|status| match &status.state {
        ProviderState::MissingDependency { fix, .. } => Some(format!("{}: {fix}", status.provider)),
        _ => None,
    });
    for (at, fix) in fixes.enumerate() {
        if at == 0 {
            say::space();
        }
        say::prose(fix);
    }
}

fn tables(survey: &Survey) -> Vec<Table> {
    let libraries: Vec<Vec<Cell>> = survey.libraries.iter().map(library_row).collect();
    let providers = survey.providers.iter();
    let providers =
        providers.map(|status| vec![Cell::text(status.provider.to_string()), Cell::text(state(status))]);
    let mut tables = Vec::new();
    if !libraries.is_empty() {
        let columns = ["flavour", "version", "from", "can run", "library"].map(Column::words);
        tables.push(Table::new("", columns.to_vec(), libraries));
    }
    let columns = ["provider", "state"].map(Column::words);
    tables.push(Table::new("", columns.to_vec(), providers.collect()));
    let devices: Vec<Vec<Cell>> = survey.libraries.iter().flat_map(device_rows).collect();
    if !devices.is_empty() {
        let columns = ["flavour", "device", "through", "tells"].map(Column::words);
        tables.push(Table::new("", columns.to_vec(), devices));
    }
    tables
}

fn library_row(library: &Library) -> Vec<Cell> {
    let (version, runs) = match &library.state {
        LibraryState::Loaded { version, providers, .. } => {
            let devices: Vec<String> =
                providers.iter().flat_map(|status| &status.devices).map(ToString::to_string).collect();
            (version.as_str(), devices.join(", "))
        }
        LibraryState::Failed { .. } => ("-", "-".into()),
    };
    vec![
        Cell::text(flavour(library)),
        Cell::text(version),
        Cell::text(library.source.to_string()),
        Cell::text(runs),
        Cell::text(library.library.display().to_string()),
    ]
}

/// Every device that a library sees, and what it tells of itself.
fn device_rows(library: &Library) -> Vec<Vec<Cell>> {
    let LibraryState::Loaded { devices, .. } = &library.state else { return Vec::new() };
    let row = |device: &Device| {
        let unlike_paths = device.metadata.iter().filter(|(key, _)| *key != "library_path");
        let tells: Vec<String> = unlike_paths.map(|(key, value)| format!("{key} {value}")).collect();
        vec![
            Cell::text(flavour(library)),
            Cell::text(format!("{} {}", device.vendor, device.kind)),
            Cell::text(&device.provider),
            Cell::text(tells.join(", ")),
        ]
    };
    devices.iter().map(row).collect()
}

fn flavour(library: &Library) -> &'static str {
    library.flavour.map_or("given", Flavour::name)
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
    let library = runtime::install(flavour, &runtime::cache_folder()?, options, &|event| say::error(event))?;
    if global.json {
        say::json(&json!({ "flavour": flavour, "library": say::path(&library) }));
    } else {
        say::text(library.display());
    }
    Ok(())
}

/// `askance runtime list`
pub fn list(global: &Global) -> Result<()> {
    let cache = runtime::cache_folder()?;
    let installed = runtime::installed(&cache)?;
    if global.json {
        say::json(&json!(installed));
        return Ok(());
    }
    if installed.is_empty() {
        say::text(format_args!(
            "nothing is installed in {}; `askance runtime install` fetches ONNX Runtime",
            cache.display()
        ));
        return Ok(());
    }
    let rows = installed.iter().map(|one| {
        vec![
            Cell::text(&one.name),
            Cell::text(one.folder.display().to_string()),
            Cell::Number(Some(one.bytes as f64 / 1e6), Form::Decimals(1)),
        ]
    });
    let columns = vec![Column::words("name"), Column::words("folder"), Column::numbers("MB")];
    let table = Table::new("", columns, rows.collect());
    say::table(table);
    say::prose("\nTo remove one, delete its folder.");
    Ok(())
}
