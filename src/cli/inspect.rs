//! `askance models`: the bundles that are there, and beginning one.

use std::path::Path;

use serde_json::json;

use askance::error::{Error, Kind, Result, shown};
use askance::model::{Bundle, Description, NamedModel, init};
use askance::report::{Cell, Column, Form, Table};
use askance::runtime::Runtime;

use super::args::{Global, InitArgs, ModelsArgs, ModelsCommand};
use super::say;

/// Where users keep bundles by convention.
const MODELS_FOLDER: &str = "models";

/// `askance models`: every bundle is opened, and so verified by its hashes.
pub fn models(global: &Global, args: &ModelsArgs) -> Result<()> {
    if let Some(ModelsCommand::Init(args)) = &args.command {
        return begin(global, args);
    }
    let bundles: Vec<Result<Bundle>> = if args.bundles.is_empty() {
        let embedded = Bundle::embedded_names().into_iter().map(Bundle::embedded);
        embedded.chain(Bundle::folders_in(MODELS_FOLDER).into_iter().map(Bundle::open)).collect()
    } else {
        args.bundles.iter().map(|spec| open(global, spec)).collect()
    };
    let descriptions: Vec<Description> =
        bundles.iter().filter_map(|bundle| bundle.as_ref().ok()).map(Bundle::describe).collect();
    if global.json {
        say::json(&json!(descriptions));
    } else if args.bundles.is_empty() {
        say::table(list(&descriptions));
    } else {
        let texts: Vec<String> = descriptions.iter().map(describe).collect();
        say::prose(texts.join("\n\n"));
    }
    // All are shown before the first damaged one fails the command.
    bundles.into_iter().try_for_each(|bundle| bundle.map(|_| ()))
}

/// `askance models init`
fn begin(global: &Global, args: &InitArgs) -> Result<()> {
    let begun = init(&args.graph, args.out.as_deref(), args.force)?;
    if global.json {
        let left: Vec<_> =
            begun.left.iter().map(|(field, line)| json!({ "field": field, "line": line })).collect();
        say::json(&json!({
            "manifest": say::path(&begun.manifest),
            "copied": say::paths(&begun.copied),
            "guesses": begun.guesses,
            "fill_in": left,
        }));
        return Ok(());
    }
    say::text(shown(&begun.manifest));
    for file in &begun.copied {
        say::text(format_args!("{} (a copy)", shown(file)));
    }
    if !begun.guesses.is_empty() {
        say::text(format_args!("guesses, to be looked at: {}", begun.guesses.join(", ")));
    }
    for (field, line) in &begun.left {
        say::text(format_args!("to fill in: {field} (line {line})"));
    }
    // A bare name may be that of an embedded model.
    let model = match begun.folder.components().count() {
        0 => ".".to_owned(),
        1 if begun.folder.is_relative() => shown(Path::new(".").join(&begun.folder)),
        _ => shown(&begun.folder),
    };
    let next = if begun.left.is_empty() { "next" } else { "then" };
    say::text(format_args!("{next}: askance models {model}"));
    say::text(format_args!("      askance eval --data DIR --model {model}"));
    Ok(())
}

/// A bundle, or what is recognised in a graph without a manifest.
fn open(global: &Global, spec: &str) -> Result<Bundle> {
    // A user gives it without a flag.
    let argument = |error: Error| match error.kind {
        Kind::Usage => {
            let fix = format!("{}; `askance models` without a name lists those that there are", error.fix);
            Error { subject: format!("BUNDLE {}", shown(spec)), fix, ..error }
        }
        _ => error,
    };
    NamedModel::find(spec).map_err(argument)?.open(|| runtime(global))
}

fn runtime(global: &Global) -> Result<Runtime> {
    Runtime::acquire(&global.runtime(), &|event| say::error(event))
}

fn list(descriptions: &[Description]) -> Table {
    let rows = descriptions
        .iter()
        .map(|d| {
            vec![
                Cell::text(&d.name),
                Cell::text(&d.origin),
                Cell::text(&d.architecture),
                Cell::count(d.size),
                d.clip.as_ref().map_or(Cell::Count(None), |clip| {
                    Cell::Several("x", clip.patch_grid.map(Cell::count).to_vec())
                }),
                Cell::text(&d.precision),
                Cell::Number(Some(d.bytes as f64 / 1e6), Form::Decimals(1)),
            ]
        })
        .collect();
    let words = ["name", "where", "architecture"].map(Column::words);
    let numbers = ["pixels", "patches", "precision", "MB"].map(Column::numbers);
    Table::new("", words.into_iter().chain(numbers).collect(), rows)
}

fn describe(d: &Description) -> String {
    let mut lines = vec![
        ("name", d.name.clone()),
        ("where", d.origin.clone()),
        ("what", d.description.clone()),
        ("architecture", d.architecture.clone()),
        ("input", format!("{0} x {0} pixels", d.size)),
    ];
    lines.extend(d.fit.map(|fit| ("fit", fit.in_words())));
    if let Some(clip) = &d.clip {
        let [rows, columns] = clip.patch_grid;
        lines.extend([
            ("patches", format!("{rows} x {columns}")),
            ("windows", format!("{:?} patches wide, embeddings of {}", clip.scales, clip.embedding)),
            ("temperature", clip.temperature.to_string()),
        ]);
    }
    lines.extend([
        ("precision", d.precision.clone()),
        ("source", d.source.clone()),
        ("licence", d.licence.clone()),
        ("size", format!("{:.1} MB", d.bytes as f64 / 1e6)),
        ("sha256", format!("{} (verified)", d.hash)),
    ]);
    lines.iter().map(|(key, value)| format!("{key:<13} {value}")).collect::<Vec<_>>().join("\n")
}
