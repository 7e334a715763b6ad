//! What is wrong in folders and lists of data: each fault is told, and the rest can be used without it.

use std::fs;

use askance::dataset::{self, Selection, Survey};
use askance::error::Error;
use askance::study::{Data, Source};

use crate::listing::{assert_names, names, part};
use crate::trees::Folder;

const HEADER: &str = "category,split,image,mask\n";

fn listed(lines: &str) -> Folder {
    let folder = part();
    fs::rename(folder.path().join("part"), folder.place("files/part")).unwrap();
    folder.write("files/manifest.csv", format!("{HEADER}{lines}"));
    folder
}

fn survey(folder: &Folder, below: &str) -> Survey {
    dataset::survey(folder.path().join(below), &Selection::default()).unwrap()
}

fn only_problem(folder: &Folder, below: &str) -> Error {
    let problems = survey(folder, below).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].clone()
}

#[test]
fn everything_that_is_listed_as_a_problem_can_be_left_out() {
    let faults: [(&str, &[&str]); 7] = [
        ("part/test/good/x.tga", &["part/good/0", "part/bad/1"]),
        ("part/test/good/inside/x.png", &["part/good/0", "part/bad/1"]),
        ("part/test/note.png", &["part/good/0", "part/bad/1"]),
        ("part/test/good/0.bmp", &["part/bad/1"]),
        ("part/ground_truth/bad/1.png", &["part/good/0"]),
        ("part/ground_truth/bad/1_mask.bmp", &["part/good/0"]),
        ("other/test/good/x.tga", &["part/good/0", "part/bad/1"]),
    ];
    for (fault, rest) in faults {
        let folder = part();
        folder.picture("template.png");
        fs::rename(folder.path().join("template.png"), folder.place(fault)).unwrap();
        let source = Source::new(folder.path());
        let error = Data::read(&source).unwrap_err();
        assert!(error.fix.contains("`skip_bad`"), "{error}");
        let data = Data::read(&source.skip_bad(true)).unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert_eq!(names(data.dataset()), rest, "{fault}");
    }
    let lines = "part,test,part/test/good/0.png,\npart,test,,\npart,test\npart,tset,part/test/bad/1.png,x\n";
    let folder = listed(lines);
    let data = Data::read(&Source::new(folder.path().join("files/manifest.csv")).skip_bad(true)).unwrap();
    assert_eq!(names(data.dataset()), ["part/good/0"]);
}

#[test]
fn data_without_a_sample_that_can_be_used_are_refused_whatever_is_left_out() {
    let folder = Folder::new();
    folder.write("part/test/good/x.tga", "");
    assert_names(&Data::read(&Source::new(folder.path()).skip_bad(true)).unwrap_err(), "", "no sample");
}

#[cfg(unix)]
#[test]
fn names_that_differ_in_bytes_that_are_no_text_are_refused_and_written_out() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Folder::new();
    for name in [b"c\xff", b"c\xfe"] {
        let other = part();
        let place = folder.path().join(std::ffi::OsStr::from_bytes(name));
        fs::rename(other.path().join("part"), place).unwrap();
    }
    let survey = survey(&folder, "");
    let told = format!("{:?}", survey.problems.iter().map(|error| &error.problem).collect::<Vec<_>>());
    assert!(told.contains("xFF") && told.contains("xFE"), "{told}");
    assert!(names(&survey.dataset).is_empty());
}

#[test]
fn names_with_a_line_break_are_refused_when_the_data_are_listed() {
    let folder = part();
    folder.picture("part/test/good/z\nz.png");
    assert_names(&only_problem(&folder, ""), r"z\nz.png", r"part/good/z\nz, which is no name");
    let folder = part();
    fs::rename(folder.path().join("part"), folder.path().join("a\nb")).unwrap();
    assert!(survey(&folder, "").problems.iter().all(|error| error.problem.contains(r"a\nb/")));
    assert!(folder.open().is_err());
}

#[test]
fn a_picture_that_a_list_names_as_good_and_as_bad_is_refused_with_both_rows() {
    let mask = "part/ground_truth/bad/1_mask.png";
    for spelled in ["part/test/bad/1.png", "./part/test/bad/1.png", r"part\test\bad\1.png"] {
        for category in ["part", "other"] {
            let lines = format!(
                "part,test,part/test/good/0.png,\npart,test,part/test/bad/1.png,{mask}\n{category},test,{spelled},\n"
            );
            let folder = listed(&lines);
            let survey = survey(&folder, "files/manifest.csv");
            let error = &survey.problems[0];
            assert!(
                error.problem.contains("twice: as defective in line 3, as good in line 4")
                    || error.problem.contains("twice: as good in line 4, as defective in line 3"),
                "{error}"
            );
            assert_eq!(names(&survey.dataset), ["part/good/0"]);
        }
    }
    let folder = part();
    let item = |anomaly: u8| format!(r#"{{"img_path": "part/test/bad/1.png", "anomaly": {anomaly}}}"#);
    folder.write("meta.json", format!(r#"{{"test": {{"part": [{}, {}]}}}}"#, item(0), item(1)));
    let error = only_meta(&folder);
    assert!(error.problem.contains("as good in entry 1 of part, as defective in entry 2"), "{error}");
}

fn only_meta(folder: &Folder) -> Error {
    survey(folder, "meta.json").problems[0].clone()
}

#[test]
fn a_split_is_read_in_any_case_and_an_unknown_one_is_refused() {
    let lines = |split: &str| {
        format!(
            "part,test,part/test/good/0.png,\npart,{split},part/test/bad/1.png,part/ground_truth/bad/1_mask.png\n"
        )
    };
    for split in ["Test", "TEST"] {
        assert_eq!(
            names(&survey(&listed(&lines(split)), "files/manifest.csv").dataset),
            ["part/good/0", "part/bad/1"]
        );
    }
    assert_eq!(names(&survey(&listed(&lines("Train")), "files/manifest.csv").dataset), ["part/good/0"]);
    for split in ["tset", "", "query"] {
        let error = only_problem(&listed(&lines(split)), "files/manifest.csv");
        assert!(error.problem.contains(&format!("the split `{split}` in line 3")), "{error}");
    }
    let folder = part();
    let item = r#"[{"img_path": "part/test/good/0.png", "anomaly": 0}]"#;
    folder.write("meta.json", format!(r#"{{"Test": {{"part": {item}}}, "note": "mine"}}"#));
    assert_eq!(names(&survey(&folder, "meta.json").dataset), ["part/good/0"]);
    folder.write("meta.json", format!(r#"{{"test": {{"part": {item}}}, "tests": {{"part": {item}}}}}"#));
    let error = dataset::open(folder.path().join("meta.json"), &Selection::default()).unwrap_err();
    assert_names(&error, "meta.json", "split `tests`");
}

#[test]
fn a_picture_without_the_extension_of_one_is_told_and_litter_is_passed_over() {
    for name in ["part/test/good/2", "part/test/good/2.txt", "part/ground_truth/bad/2"] {
        let folder = part();
        fs::copy(folder.path().join("part/test/good/0.png"), folder.place(name)).unwrap();
        let error = only_problem(&folder, "");
        assert_names(&error, name, "but holds a picture");
        assert!(error.fix.contains(".png"), "{error}");
    }
    let folder = part();
    for name in [
        "0.png:Zone.Identifier",
        "@eaDir/0.png/SYNOPHOTO_THUMB_M.jpg",
        "Thumbs.db",
        "desktop.ini",
        "._0.png",
        "README",
    ] {
        folder.write(&format!("part/test/good/{name}"), "litter");
    }
    folder
        .write("part/test/@eaDir/0.png/SYNOPHOTO_THUMB_M.jpg", "litter")
        .write("@eaDir/test/good/0.png", "litter");
    assert_eq!(names(&folder.open().unwrap()), ["part/good/0", "part/bad/1"]);
}

#[test]
fn a_name_that_a_json_list_gives_twice_is_refused() {
    let item = r#"{"img_path": "part/test/good/0.png", "anomaly": 0}"#;
    for (text, name) in [
        (format!(r#"{{"test": {{"part": [{item}], "nut": [], "part": []}}}}"#), "part"),
        (format!(r#"{{"test": {{"part": [{item}]}}, "test": {{"nut": [{item}]}}}}"#), "test"),
        (r#"{"test": {"part": [{"img_path": "a.png", "anomaly": 1, "anomaly": 0}]}}"#.to_owned(), "anomaly"),
        (format!(r#"{{"test": {{"part": [{item}]}}, "train": {{"nut": [{item}], "nut": []}}}}"#), "nut"),
    ] {
        let folder = part();
        folder.write("meta.json", text);
        let error = dataset::open(folder.path().join("meta.json"), &Selection::default()).unwrap_err();
        assert_names(&error, "meta.json", name);
        assert!(error.fix.contains("delete one"), "{error}");
    }
}

#[test]
fn a_category_in_two_test_parts_is_refused() {
    let folder = part();
    let part = r#"{"part": [{"img_path": "part/test/good/0.png", "anomaly": 0}]}"#;
    folder.write("meta.json", format!(r#"{{"test": {part}, "Test": {part}}}"#));
    let error = dataset::open(folder.path().join("meta.json"), &Selection::default()).unwrap_err();
    assert_names(&error, "meta.json", "category part in two test parts");
}

#[test]
fn a_data_set_whose_name_holds_a_line_break_is_refused() {
    let outer = Folder::new();
    for name in ["two\nlines", "bell\u{7}"] {
        let folder = part();
        let place = outer.path().join(name);
        fs::rename(folder.path(), &place).unwrap();
        fs::create_dir(folder.path()).unwrap();
        let error = Data::read(&Source::new(&place).skip_bad(true)).unwrap_err();
        let written = name.escape_default().to_string();
        assert_names(&error, &written, &format!("data set {written}, with"));
    }
    let folder = part();
    folder.write("a\tb.csv", format!("{HEADER}part,test,part/test/good/0.png,\n"));
    let error = Data::read(&Source::new(folder.path().join("a\tb.csv"))).unwrap_err();
    assert!(error.problem.contains(r"data set a\tb"), "{error}");
    let error = Data::read(&Source::new(folder.path()).name("a\nb".to_owned())).unwrap_err();
    assert_names(&error, r"`name = a\nb`", "line break");
    assert_eq!(Data::read(&Source::new(folder.path()).name("a b".to_owned())).unwrap().dataset().name, "a b");
}

#[test]
fn lists_in_another_encoding_and_lines_after_empty_ones_are_told_as_they_are() {
    let folder = listed("part,test,part/test/good/caf\u{e9}.png,\n");
    folder.write("files/manifest.csv", [HEADER.as_bytes(), b"part,test,caf\xe9.png,\n"].concat());
    let error = dataset::open(folder.path().join("files/manifest.csv"), &Selection::default()).unwrap_err();
    assert!(error.problem.contains("line 2") && error.fix.contains("UTF-8"), "{error}");
    for newline in ["\n", "\r\n"] {
        for (fault, said) in [("part,test,,", "in line 5"), ("part,test", "line 5 has 2 cells instead of 4")]
        {
            let text = format!("\n\npart,test,part/test/good/0.png,\n{fault}\n").replace('\n', newline);
            let error = only_problem(&listed(&text), "files/manifest.csv");
            assert!(error.problem.contains(said), "{error}");
        }
    }
}
