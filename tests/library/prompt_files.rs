//! Prompt sets from files.

use std::fs;

use askance::error::Kind;
use askance::prompt::PromptSet;

const GOOD: &str = r#"
name = "short"
normal = ["{}", "flawless {}"]
anomalous = ["damaged {}"]
templates = ["a photo of a {}.", "the {}"]
"#;

fn read(text: &str) -> askance::error::Result<PromptSet> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("set.toml");
    fs::write(&path, text).expect("a writable file");
    PromptSet::from_toml(&path)
}

#[test]
fn a_file_gives_its_prompts() {
    let set = read(GOOD).unwrap();
    let prompts = set.prompts("nut");
    assert_eq!(set.name, "short");
    assert_eq!(prompts.normal.len(), 4);
    assert_eq!(prompts.anomalous, ["a photo of a damaged nut.", "the damaged nut"]);
}

#[test]
fn a_set_survives_being_written_and_read() {
    for set in PromptSet::builtins() {
        assert_eq!(read(&toml::to_string(&set).unwrap()).unwrap(), set);
    }
}

#[test]
fn faults_name_the_file_and_the_key() {
    for (from, to, expected) in [
        ("\"the {}\"", "\"the\"", "templates[1]"),
        ("\"flawless {}\"", "\"{} {}\"", "normal[1]"),
        ("[\"damaged {}\"]", "[]", "anomalous"),
        ("\"short\"", "\" \"", "name"),
        ("\"short\"", "\"winclip\"", "built-in"),
        ("anomalous", "anomalus", "anomalus"),
        ("name = \"short\"", "", "name"),
        ("name = \"short\"", "name = ", "line 2"),
    ] {
        let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.kind, Kind::File);
        assert!(error.subject.ends_with("set.toml"), "{error}");
        assert!(error.problem.contains(expected), "{expected}: {error}");
        assert!(!error.fix.is_empty());
    }
    assert!(PromptSet::from_toml("no/such.toml").unwrap_err().problem.contains("cannot be read"));
}

#[test]
fn a_name_or_a_path_resolves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    fs::write(&path, GOOD).unwrap();
    assert_eq!(PromptSet::resolve("common21").unwrap().templates.len(), 21);
    assert_eq!(PromptSet::resolve(path.to_str().unwrap()).unwrap().name, "short");
    let error = PromptSet::resolve("winclipp").unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.fix.contains("winclip, common21"), "{error}");
}

#[test]
fn built_in_sets_have_the_papers_counts() {
    let prompts = PromptSet::builtin("winclip").unwrap().prompts("bottle");
    assert_eq!((prompts.normal.len(), prompts.anomalous.len()), (154, 88));
    let mut distinct = prompts.normal.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 154);

    let common = PromptSet::builtin("common21").unwrap();
    let prompts = common.prompts("bottle");
    assert_eq!((prompts.normal.len(), prompts.anomalous.len()), (147, 84));
    assert_eq!(common.templates.iter().filter(|t| t.starts_with("a jpeg corrupted")).count(), 2);
}
