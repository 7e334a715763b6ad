//! The values of flags that a shell can complete.

use clap::Command;
use clap::builder::PossibleValuesParser;

use askance::attack::{Border, Preset, Select};
use askance::dataset::Layout;
use askance::metric::{AuproMode, Loss};
use askance::model::Precision;
use askance::perturb::{Fill, Rotation};
use askance::plot::Format;
use askance::runtime::Flavour;
use askance::search::Kind;
use askance::study::Scope;
use askance::synth::World;
use askance::types::{Axis, Blend, Fit, Frame, Group, Pair, TileScore};

/// Providers, each on its usual device.
const PROVIDERS: [&str; 7] =
    ["cpu", "cuda", "tensorrt", "openvino", "openvino-plugin", "webgpu", "nvtensorrtrtx"];

/// What `name` says of each value.
macro_rules! names {
    ($type:ident) => {
        $type::ALL.map(|value| value.name()).to_vec()
    };
}

/// Values of the argument with this id, where they can be listed; of a list, those of its first part.
fn values(id: &str) -> Option<Vec<&'static str>> {
    Some(match id {
        "attacks" => [vec!["joint"], names!(Axis), names!(Pair)].concat(),
        "aupro" => names!(AuproMode),
        "axes" | "tolerance" => [names!(Axis), names!(Pair), names!(Group)].concat(),
        "border" => names!(Border),
        "compare_search" => [vec!["all"], names!(Kind)].concat(),
        "defence" => vec!["none", "grey-world", "desaturate", "rotate:4"],
        "fill" => names!(Fill),
        "fit" => names!(Fit),
        "flavour" => names!(Flavour),
        "format" => names!(Format),
        "frame" | "loss_frame" => names!(Frame),
        "layout" => names!(Layout),
        "loss" => [names!(Loss), vec!["drift"]].concat(),
        "precision" => names!(Precision),
        "preset" => names!(Preset),
        "provider" | "providers" => PROVIDERS.to_vec(),
        "rotation" | "map_rotation" => names!(Rotation),
        "search" => [vec!["auto"], names!(Kind)].concat(),
        "select" => names!(Select),
        "tile_blend" => names!(Blend),
        "tile_score" => names!(TileScore),
        "uniform" => names!(Scope),
        "world" => names!(World),
        _ => return None,
    })
}

/// A command, and those below it, whose arguments say which values they take. It is for completions alone, and parses nothing.
pub fn with_values(command: Command) -> Command {
    let known: Vec<String> = command
        .get_arguments()
        .map(|argument| argument.get_id().to_string())
        .filter(|id| values(id).is_some())
        .collect();
    let command = known.into_iter().fold(command, |command, id| {
        let values = values(&id).unwrap_or_default();
        // What is set by default is no word of a list of these.
        command.mut_arg(id, |argument| {
            argument.value_parser(PossibleValuesParser::new(values)).default_value(None)
        })
    });
    let below: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    below.into_iter().fold(command, |command, name| command.mut_subcommand(name, with_values))
}

#[cfg(test)]
mod tests {
    use clap::error::{ContextKind, ContextValue};
    use clap::{Arg, CommandFactory as _, Parser as _};

    use askance::model::Provider;

    use super::super::args::Cli;
    use super::super::wording::refused_value;
    use super::*;

    /// What a command is given beside the argument that is looked at.
    fn needed(command: &str) -> &'static [&'static str] {
        match command {
            "attack" | "eval" | "sweep" => &["--data", "d"],
            "bench" => &["--data", "d"],
            "paper" => &["--data-root", "d"],
            "replay" => &["run", "--model", "m"],
            "submit" => &["run", "--out", "o"],
            "synth" => &["--out", "o"],
            "data" | "plot" => &["d"],
            _ => &[],
        }
    }

    fn with(argument: &Arg, value: &str) -> Vec<String> {
        match argument.get_long() {
            Some(long) => vec![format!("--{long}={value}")],
            None => vec![value.to_owned()],
        }
    }

    fn name(argument: &Arg) -> String {
        argument
            .get_long()
            .map_or_else(|| argument.get_id().as_str().to_uppercase(), |long| format!("--{long} "))
    }

    fn refused(path: &[&str], argument: &Arg, value: &str) -> Option<clap::Error> {
        let needed = needed(path[0]).iter().map(|&word| word.to_owned());
        let words = ["askance"].iter().chain(path).map(|&word| word.to_owned());
        Cli::try_parse_from(words.chain(needed).chain(with(argument, value))).err()
    }

    /// Every argument that takes a value, with the names of its command.
    fn arguments() -> Vec<(Vec<String>, Arg)> {
        fn below(path: &[String], command: &Command, found: &mut Vec<(Vec<String>, Arg)>) {
            let own = command.get_arguments().filter(|argument| argument.get_action().takes_values());
            found.extend(own.map(|argument| (path.to_vec(), argument.clone())));
            for command in command.get_subcommands() {
                below(&[path, &[command.get_name().to_owned()]].concat(), command, found);
            }
        }
        let mut found = Vec::new();
        for command in Cli::command().get_subcommands() {
            below(&[command.get_name().to_owned()], command, &mut found);
        }
        found
    }

    #[test]
    fn every_value_that_is_completed_is_taken() {
        let mut seen = 0;
        for (path, argument) in arguments() {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            for value in values(argument.get_id().as_str()).unwrap_or_default() {
                seen += 1;
                let refused = refused(&path, &argument, value);
                assert!(refused.is_none(), "{path:?} {} {value}: {}", name(&argument), refused.unwrap());
            }
        }
        assert!(seen > 200, "{seen} values");
    }

    #[test]
    fn every_argument_whose_error_lists_its_values_completes_them() {
        let mut seen = 0;
        for (path, argument) in arguments() {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let Some(said) = refused(&path, &argument, "no-such-value") else { continue };
            let is_its = matches!(said.get(ContextKind::InvalidArg), Some(ContextValue::String(at)) if at.contains(&name(&argument)));
            let Some(fix) = refused_value(&said).filter(|_| is_its).map(|error| error.fix) else { continue };
            let listed = fix.strip_prefix("use ").is_some_and(|list| !list.contains("number"));
            if listed {
                seen += 1;
                let values = values(argument.get_id().as_str());
                assert!(values.is_some(), "{path:?} {}: {fix}", name(&argument));
            }
        }
        assert!(seen > 40, "{seen} arguments");
    }

    #[test]
    fn every_provider_is_completed() {
        assert_eq!(PROVIDERS.map(|name| name.parse::<Provider>().unwrap()), Provider::all());
    }

    #[test]
    fn scripts_of_every_shell_have_the_values() {
        for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut with_values(Cli::command()), "askance", &mut script);
            let script = String::from_utf8(script).unwrap();
            for value in ["three-pass", "bipop-cma-es", "openvino-plugin", "translate-x", "mvtec-loco"] {
                assert!(script.contains(value), "{shell}: {value}");
            }
        }
    }
}
