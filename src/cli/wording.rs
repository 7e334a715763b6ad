//! The library names settings, `` `frame = rotated-mask` ``; a user of the command line gives them as flags,
//! `--frame rotated-mask`.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue};

use askance::error::{Error, Kind};
use askance::report::Table;

use super::recorded;

/// Settings that a user gives as the flag of the same name, with hyphens for underscores.
const SETTINGS: [&str; 93] = [
    "adaptive",
    "angle_bounds",
    "aspect",
    "attacks",
    "aupro",
    "axes",
    "batch",
    "border",
    "budget",
    "budgets",
    "calls",
    "certify",
    "compare_search",
    "condition_pattern",
    "data",
    "data_root",
    "decision",
    "defence",
    "dry_run",
    "fill",
    "fit",
    "font_size",
    "force",
    "found_under",
    "fpr_limit",
    "frame",
    "fresh",
    "glare_at",
    "glare_size",
    "group_by",
    "hue_bounds",
    "invariant",
    "keep_traces",
    "latex_intervals",
    "layout",
    "limit",
    "loss",
    "loss_frame",
    "map_rotation",
    "model",
    "models_dir",
    "name",
    "no_metrics",
    "offline",
    "operating_points",
    "ort_lib",
    "out",
    "pair",
    "partial",
    "precision",
    "preset",
    "prompts",
    "provider",
    "providers",
    "random",
    "reference_condition",
    "rival",
    "rotation",
    "rounds",
    "sample",
    "saturation_bounds",
    "save_images",
    "save_maps",
    "search",
    "seed",
    "seeds",
    "select",
    "shard",
    "skip_bad",
    "spaces",
    "spin",
    "start_from",
    "steps",
    "strict_ep",
    "stride",
    "temperature",
    "tf32",
    "threads",
    "threshold",
    "threshold_from",
    "tile_blend",
    "tile_overlap",
    "tile_score",
    "tile_size",
    "time_limit",
    "tolerance",
    "tolerance_steps",
    "truth",
    "uniform",
    "uniform_budget",
    "warm_up",
    "width",
    "without_cuda",
];

/// Settings whose flags have other names.
const RENAMED: [(&str, &str); 7] = [
    ("bounds.angle", "angle-bounds"),
    ("bounds.hue", "hue-bounds"),
    ("bounds.saturation", "saturation-bounds"),
    ("categories", "category"),
    ("replay.all", "all"),
    ("strict", "strict-ep"),
    ("underscores_to_spaces", "spaces"),
];

/// The bounds of any axis without a flag of its own.
const BOUNDS: &str = "bounds.";

/// The flag of a setting, or of a key of a record that a setting gives, with its value where it has one; `None` for what is no setting.
fn flag(name: &str, value: Option<&str>) -> Option<String> {
    match recorded::setting(name) {
        Some((setting, said)) => flag_of(&setting, said.or(value)),
        None => flag_of(name, value),
    }
}

fn flag_of(name: &str, value: Option<&str>) -> Option<String> {
    let renamed = RENAMED.iter().find(|(setting, _)| *setting == name).map(|&(_, flag)| flag.to_owned());
    let same = || SETTINGS.contains(&name).then(|| name.replace('_', "-"));
    if let Some(flag) = renamed.or_else(same) {
        return Some(value.map_or_else(|| format!("--{flag}"), |value| format!("--{flag} {value}")));
    }
    let axis = name.strip_prefix(BOUNDS)?;
    Some(value.map_or_else(|| format!("--bounds {axis}"), |value| format!("--bounds {axis}={value}")))
}

/// A text with the settings in backticks as flags. Other words in backticks stay as they are.
pub fn in_flags(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        said.push_str(before);
        let Some((quoted, behind)) = after.split_once('`') else {
            said.push('`');
            rest = after;
            continue;
        };
        let (name, value) =
            quoted.split_once(" = ").map_or((quoted, None), |(name, value)| (name, Some(value)));
        match flag(name, value) {
            Some(flag) => said.push_str(&flag),
            None => {
                said.push('`');
                said.push_str(quoted);
                said.push('`');
            }
        }
        rest = behind;
    }
    said.push_str(rest);
    said
}

/// An error with its settings as flags. Where something else caused it, `problem` has the words of that, which stay.
pub fn error_in_flags(error: Error) -> Error {
    Error {
        subject: in_flags(&error.subject),
        problem: if error.cause.is_some() { error.problem } else { in_flags(&error.problem) },
        fix: in_flags(&error.fix),
        ..error
    }
}

/// A table with the settings in its notes as flags.
pub fn table_in_flags(table: Table) -> Table {
    table.worded(&in_flags)
}

/// The error about a value that the library refused, named by its flag; none where clap has something else to say.
pub fn refused_value(said: &clap::Error) -> Option<Error> {
    let refused: &Error = said.source()?.downcast_ref()?;
    let Some(ContextValue::String(argument)) = said.get(ContextKind::InvalidArg) else { return None };
    // `--border <NAME>`, or `[FLAVOUR]`.
    let flag = argument.split(' ').next()?.trim_matches(['<', '>', '[', ']', '.']);
    let error = error_in_flags(refused.clone());
    let subject =
        if error.subject.starts_with("--") { error.subject } else { format!("{flag} {}", error.subject) };
    Some(Error { kind: Kind::Usage, subject, ..error })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use clap::{Command, CommandFactory as _, Parser as _};

    use askance::report::{Cell, Column};

    use super::super::args::Cli;

    use super::*;

    /// Words in backticks in texts of the library that look like settings and are none.
    const OTHERS: [&str; 10] =
        ["all", "anomaly", "checksum", "context", "install", "mean", "normal", "plot", "sweep", "test"];

    /// The path and the code, without comments, of every file of the library.
    fn library() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![root.clone()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.extend((path != root.join("cli")).then_some(path));
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = fs::read_to_string(&path).unwrap();
                    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                    files.push((path.display().to_string(), code.collect::<Vec<_>>().join("\n")));
                }
            }
        }
        files
    }

    /// Settings that code names: in backticks, or as the first argument of `Error::setting`.
    fn named(code: &str) -> Vec<&str> {
        let arguments = code.split("Error::setting(").skip(1);
        let arguments = arguments.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        let quoted = code.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        let quoted = quoted.map(|words| words.split_once(" = ").map_or(words, |(name, _)| name));
        let is_name = |name: &&str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c))
        };
        arguments.chain(quoted).filter(is_name).collect()
    }

    #[test]
    fn every_setting_that_the_library_names_is_known() {
        let mut seen = BTreeSet::new();
        for (path, code) in library() {
            for name in named(&code) {
                assert!(OTHERS.contains(&name) || flag(name, None).is_some(), "{path}: `{name}`");
                seen.insert(name.to_owned());
            }
        }
        assert!(seen.len() > 30, "the reader of settings found only {seen:?}");
    }

    /// Every flag of a command and of the commands below it.
    fn flags(command: &Command) -> BTreeSet<String> {
        let own = command.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned);
        own.chain(command.get_subcommands().flat_map(flags)).collect()
    }

    #[test]
    fn every_setting_is_a_flag_of_some_command() {
        let known = flags(&Cli::command());
        assert!(known.contains("bounds"));
        for flag in SETTINGS
            .map(|name| name.replace('_', "-"))
            .iter()
            .map(String::as_str)
            .chain(RENAMED.map(|(_, flag)| flag))
        {
            assert!(known.contains(flag), "no command has --{flag}");
        }
    }

    #[test]
    fn settings_become_flags_and_other_words_in_backticks_stay() {
        let said = in_flags("say `frame = rotated-mask`, `skip_bad` or `strict`; see `askance providers`");
        assert_eq!(said, "say --frame rotated-mask, --skip-bad or --strict-ep; see `askance providers`");
        assert_eq!(
            in_flags("`bounds.angle = 5,10` `bounds.blur = 1,2`"),
            "--angle-bounds 5,10 --bounds blur=1,2"
        );
        assert_eq!(in_flags("has no column `x`, version `GLIBC"), "has no column `x`, version `GLIBC");
        assert_eq!(in_flags("GLIBC_2.99' `loss` twice `loss`"), "GLIBC_2.99' --loss twice --loss");
    }

    #[test]
    fn a_category_with_the_name_of_a_setting_stays() {
        let cells = vec![vec![Cell::text("`loss`")]];
        let table = Table::new("a", vec![Column::words("category")], cells);
        let table = table_in_flags(Table { notes: vec!["given with `decision`".into()], ..table });
        assert_eq!(table.to_text(), "a\ncategory\n--------\n`loss`\ngiven with --decision");
    }

    #[test]
    fn the_words_of_a_cause_stay() {
        let error = |problem| Error::file("bundle.toml", problem, "correct it, or give another `model`");
        let own = error_in_flags(error("is no `model`"));
        assert_eq!(
            (own.problem.as_str(), own.fix.as_str()),
            ("is no --model", "correct it, or give another --model")
        );
        let told = error_in_flags(error("missing field `model`").caused_by(std::fmt::Error));
        assert_eq!(told.problem, "missing field `model`");
    }

    #[test]
    fn a_value_that_the_library_refuses_is_named_by_its_flag() {
        let refused = |words: &[&str]| {
            let error =
                Cli::try_parse_from([&["askance", "attack", "--data", "d"], words].concat()).unwrap_err();
            refused_value(&error).map(|error| error.to_string())
        };
        let said = refused(&["--border", "thick"]).unwrap();
        assert_eq!(said, "--border thick: is not a treatment of the border\n  fix: use zeros or ignore");
        let said = refused(&["--bounds", "brigtness=0,1"]).unwrap();
        assert!(
            said.starts_with("--bounds brigtness: is not an axis\n  fix: did you mean brightness?"),
            "{said}"
        );
        let said = refused(&["--batch", "many"]).unwrap();
        assert!(said.starts_with("--batch many: is no number of pictures\n"), "{said}");
        let error = Cli::try_parse_from(["askance", "runtime", "install", "fast"]).unwrap_err();
        assert!(refused_value(&error).unwrap().to_string().starts_with("FLAVOUR fast: is not a flavour"));
        assert_eq!(refused(&["--budget"]), None, "clap says that a value is missing");
    }
}
