//! The suites themselves: no test is left out because nobody lists its file.

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_file_is_a_module_of_its_suite() {
    let (mut suites, mut modules) = (0, 0);
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")) {
        assert!(path.is_dir(), "{}: no suite lists it", path.display());
        let Ok(main) = fs::read_to_string(path.join("main.rs")) else { continue };
        suites += 1;
        for file in files(&path).into_iter().filter(|file| !file.ends_with("main.rs")) {
            let module = format!("mod {};", file.file_stem().unwrap().to_str().unwrap());
            assert!(main.lines().any(|line| line == module), "{}: no `{module}` in main.rs", file.display());
            modules += 1;
        }
    }
    assert!(suites == 4 && modules > 40, "{suites} suites, {modules} modules");
}
