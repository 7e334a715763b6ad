//! What the documents say of the command line: every command, flag and value in them is one that there is.

#[path = "../../tests/support/documents.rs"]
mod documents;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, Parser as _};

use super::args::Cli;
use documents::{pages, spans};

/// Values of the documents that stand for one of the reader's.
const PLACEHOLDERS: [(&str, &str); 3] = [("N", "8"), ("FLAVOUR", "cpu"), ("COMMAND", "attack")];

/// Flags of other programs that the documents name in a sentence, with the page.
const FLAGS_OF_OTHERS: [(&str, &str); 11] = [
    ("docs/gpu.md", "--libraries"),
    ("docs/gpu.md", "--minutes"),
    ("docs/gpu.md", "--models"),
    ("docs/gpu.md", "--only"),
    ("docs/gpu.md", "--ort"),
    ("docs/gpu.md", "--small"),
    ("docs/gpu.md", "--tensorrt"),
    ("docs/run-on-a-cluster.md", "--array"),
    ("docs/run-on-a-cluster.md", "--gres"),
    ("docs/run-on-a-cluster.md", "--time"),
    ("docs/scaling.md", "--array"),
];

/// The simple commands of a shell script, each as its words: without comments and redirections, a variable's value being 0.
fn simple_commands(script: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let mut characters = script.chars().peekable();
    let mut quote = None;
    while let Some(c) = characters.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('$', open)
                if open != Some('\'') && characters.peek().is_some_and(|&c| c.is_ascii_alphabetic()) =>
            {
                while characters.next_if(|&c| c.is_ascii_alphanumeric() || c == '_').is_some() {}
                word.get_or_insert_default().push('0');
            }
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', None) if characters.next_if_eq(&'\n').is_some() => words.extend(word.take()),
            ('#', None) if word.is_none() => while characters.next_if(|&c| c != '\n').is_some() {},
            (' ', None) => words.extend(word.take()),
            ('\n' | ';' | '&' | '|' | '(' | ')' | '>' | '<', None) => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    commands.push(words);
    commands
}

/// Arguments of every start of Askance in a shell script.
fn starts(script: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for words in simple_commands(script) {
        let after = |at: Option<usize>| at.map(|at| words[at + 1..].to_vec());
        let program = words.iter().position(|word| word == "askance" || word.ends_with("release/askance"));
        // What pip installs is the package.
        let program = program.filter(|&at| !words[..at].iter().any(|word| word == "install"));
        let cargo = words.iter().position(|word| word == "run").and_then(|run| {
            let is_ours =
                words[..run].ends_with(&["cargo".into()]) && !words.iter().any(|word| word == "--example");
            words[run..].iter().position(|word| word == "--").filter(|_| is_ours).map(|at| run + at)
        });
        let attack = words.iter().position(|word| word.ends_with("slurm/attack.sbatch"));
        let merge = after(words.iter().position(|word| word.ends_with("slurm/merge.sbatch")));
        found.extend(after(program).or_else(|| after(cargo)).or_else(|| after(attack)));
        found.extend(merge.map(|words| [vec!["merge".into()], words].concat()));
        found.extend(words.iter().filter(|word| word.contains(' ')).flat_map(|script| starts(script)));
    }
    found
}

/// Why clap does not take these arguments; in a sentence, where only a part of a command may stand, what is missing is no reason.
fn refused(arguments: &[String], in_a_sentence: bool) -> Option<String> {
    let meant = |word: &String| {
        let placeholder = PLACEHOLDERS.iter().find(|(name, _)| in_a_sentence && name == word);
        placeholder.map_or(word.clone(), |&(_, value)| value.into())
    };
    let words = std::iter::once("askance".to_owned()).chain(arguments.iter().map(meant));
    let error = Cli::try_parse_from(words.take_while(|word| word != "...")).err()?;
    let is_fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => in_a_sentence,
        _ => false,
    };
    (!is_fine).then(|| error.to_string())
}

/// Every long flag of a command and of the commands below it.
fn flags(command: &Command) -> Vec<String> {
    let own =
        command.get_arguments().filter_map(|argument| argument.get_long()).map(|long| format!("--{long}"));
    own.chain(command.get_subcommands().flat_map(flags)).chain(["--help".into()]).collect()
}

#[test]
fn every_command_in_a_block_of_shell_is_understood() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in pages() {
        let is_shell = |language: &str| language == "sh" || language.is_empty();
        for block in page.code().into_iter().filter(|block| is_shell(&block.language)) {
            for arguments in starts(&block.text) {
                seen += 1;
                // A command that fails on purpose is held by what it says.
                let refused = refused(&arguments, false).filter(|_| block.mark.as_deref() != Some("fails"));
                wrong.extend(refused.map(|said| format!("{}:{}: {said}", page.name, block.line)));
            }
        }
    }
    assert!(seen > 100, "{seen} commands");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_and_flag_in_a_sentence_is_known() {
    let known = flags(&Cli::command());
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in pages().into_iter().filter(|page| page.name == "README.md" || page.name.starts_with("docs/"))
    {
        for (line, text) in page.prose() {
            for span in spans(&text) {
                for arguments in starts(span) {
                    seen += 1;
                    wrong.extend(
                        refused(&arguments, true).map(|said| format!("{}:{line}: {said}", page.name)),
                    );
                }
                let words = span.split(' ').filter(|word| span.starts_with("--") && word.starts_with("--"));
                for word in words {
                    let end = |c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
                    let flag = word.split(end).next().unwrap_or(word);
                    let is_others = FLAGS_OF_OTHERS.contains(&(page.name.as_str(), flag));
                    if flag.len() > 2 && !is_others && !known.iter().any(|known| known == flag) {
                        wrong.push(format!("{}:{line}: no command has {flag}", page.name));
                    }
                }
            }
        }
    }
    assert!(seen > 100, "{seen} commands");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every command with examples below its help, and these.
fn examples(command: &Command) -> Vec<(String, String)> {
    let own = command.get_after_help().map(|text| (command.get_name().to_owned(), text.to_string()));
    own.into_iter().chain(command.get_subcommands().flat_map(examples)).collect()
}

#[test]
fn every_example_below_a_help_is_understood_and_fits_a_terminal() {
    let examples = examples(&Cli::command());
    let named: Vec<&str> = examples.iter().map(|(name, _)| name.as_str()).collect();
    for name in [
        "attack", "bench", "compare", "data", "eval", "merge", "models", "paper", "plot", "replay", "report",
        "submit", "sweep",
    ] {
        assert!(named.contains(&name), "{name} has no examples");
    }
    for (name, text) in &examples {
        // What completions say is where files belong.
        if !text.starts_with("Examples:") {
            continue;
        }
        // Examples stand deeper than what is said of them.
        let script: Vec<&str> = text.lines().filter(|line| line.starts_with("    ")).collect();
        let commands = starts(&script.join("\n"));
        assert!(!commands.is_empty(), "{name}: {text}");
        for words in commands {
            assert_eq!(refused(&words, false), None, "{name}: {words:?}");
        }
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{name}");
    }
}

#[test]
fn scripts_are_read_as_a_shell_reads_them() {
    let script = "cd export   # askance not this\nmpirun -n 2 askance data 'a b' \\\n  --json && askance merge \"$OUT\" > log\n\
                  cargo run --release -- demo\npip install askance\nbash -c 'exec askance providers'\njob=$(sbatch --array=1-2 deploy/slurm/attack.sbatch attack --data D)";
    let found: Vec<String> = starts(script).iter().map(|words| words.join("_")).collect();
    assert_eq!(found, ["data_a b_--json", "merge_0", "demo", "providers", "attack_--data_D"]);
}

#[test]
fn what_is_no_flag_command_or_value_is_refused() {
    for line in
        ["askance attak", "askance data D --sice 3", "askance attack --data D --border thick", "askance eval"]
    {
        assert!(refused(&starts(line)[0], false).is_some(), "{line}");
    }
    assert!(refused(&starts("askance eval")[0], true).is_none());
    assert!(refused(&starts("askance eval --nothing")[0], true).is_some());
}
