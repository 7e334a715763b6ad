//! `askance report`: the page says what the records say, and nothing in it leads elsewhere.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use regex::Regex;
use tempfile::TempDir;

use crate::program::{askance, fail, on, run, synth};

/// A category whose name would be markup.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&";

/// A run over two categories, one of them with a hostile name.
fn attacked(folder: &Path, model: &str) -> std::path::PathBuf {
    let data = folder.join("parts");
    if !data.exists() {
        synth(data.clone(), "--category slate tablet --good 3 --defective 4 --size 96");
        fs::rename(data.join("tablet"), data.join(HOSTILE)).unwrap();
    }
    let out = folder.join(model);
    run(on("attack", &data, &out)
        .args(["--model", model, "--attacks", "hue,joint", "--budget", "4", "--keep-traces"])
        .args(["--tolerance", "hue", "--tolerance-steps", "2", "--random", "2"]));
    out
}

fn page(args: &[&Path]) -> String {
    run(askance().arg("report").args(args));
    fs::read_to_string(args[0].join("report.html")).unwrap()
}

fn unescaped(text: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The exact value, the ends of its interval, and what readers see.
type Shown = (String, Option<[String; 2]>, String);

/// The cells of the page's table of categories: (model, over, attack, column) to the exact value, ends and what readers see.
fn cells(page: &str) -> HashMap<[String; 4], Shown> {
    let table = page.split("id=\"categories\"").nth(1).unwrap().split("</table>").next().unwrap();
    let line =
        Regex::new(r#"<tr data-model="([^"]*)" data-over="([^"]*)"[^>]*data-attack="([^"]*)">(.*?)</tr>"#)
            .unwrap();
    let cell = Regex::new(
        r#"data-column="([a-z_]+)" data-value="([^"]+)"(?: data-low="([^"]+)" data-high="([^"]+)")?[^>]*>([-0-9.]+)"#,
    )
    .unwrap();
    let mut found = HashMap::new();
    for row in line.captures_iter(table) {
        for one in cell.captures_iter(&row[4]) {
            let ends = one.get(3).map(|low| [low.as_str().to_owned(), one[4].to_owned()]);
            let key = [unescaped(&row[1]), unescaped(&row[2]), row[3].to_owned(), one[1].to_owned()];
            found.insert(key, (one[2].to_owned(), ends, one[5].to_owned()));
        }
    }
    found
}

#[test]
fn every_number_of_the_categories_is_that_of_the_summary_and_no_name_is_markup() {
    let folder = TempDir::new().unwrap();
    let out = attacked(folder.path(), "pocket");
    let page = page(&[&out]);

    let mut found = cells(&page);
    let mut reader = csv::Reader::from_path(out.join("summary.csv")).unwrap();
    let heads = reader.headers().unwrap().clone();
    let mut compared = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let cell = |name: &str| record.get(heads.iter().position(|head| head == name).unwrap()).unwrap();
        if cell("over") != "category" {
            continue;
        }
        for column in ["pixel_auroc", "pixel_auroc_drop", "aupro", "aupro_drop", "image_auroc"] {
            let key = [cell("model"), cell("category"), cell("attack"), column].map(str::to_owned);
            let Ok(value) = cell(column).parse::<f64>() else {
                assert!(!found.contains_key(&key), "{key:?} has no value");
                continue;
            };
            let (exact, ends, shown) = found.remove(&key).unwrap_or_else(|| panic!("{key:?} is missing"));
            assert_eq!(exact.parse::<f64>().unwrap(), value, "{key:?}");
            assert_eq!(shown, format!("{:.1}", 100.0 * value), "{key:?}");
            let low = cell(&format!("{column}_low")).parse::<f64>().ok();
            assert_eq!(ends.map(|ends| ends[0].parse::<f64>().unwrap()), low, "{key:?}");
            compared += 1;
        }
    }
    assert!(found.is_empty(), "numbers that are not in summary.csv: {found:?}");
    assert!(compared >= 2 * 3 * 3, "{compared} numbers compared");

    assert!(
        !page.contains("<img src=x") && page.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;")
    );
    for elsewhere in ["http://", "https://", "url(", "@import", "<link", "src=\"//"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    let sources = Regex::new(r#"\b(?:src|href)="([^"]{0,23})"#).unwrap();
    for source in sources.captures_iter(&page) {
        assert!(
            source[1].starts_with("data:image/jpeg;base64,") || source[1].starts_with('#'),
            "{}",
            &source[1]
        );
    }
    for part in [
        "Under the worst",
        "pixel AUROC",
        "data:image/jpeg",
        "How far each axis may move before a decision changes",
        "all 2 categories",
        "What next",
        "--budget",
        "convergence",
        "bundle_sha256",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
}

#[test]
fn runs_stand_side_by_side_with_paired_differences() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (attacked(folder.path(), "pocket"), attacked(folder.path(), "pocket-robust"));
    let both = page(&[&one, &other]);
    assert!(
        both.contains("pocket-robust lies") || both.contains("pocket-robust was found"),
        "the second sentence compares"
    );
    assert!(
        both.contains("AUPRO in percent, means over categories; B minus A"),
        "pooled differences are paired"
    );
    assert!(
        !both.contains("Mean difference of the samples"),
        "single samples are told where there is nothing better"
    );

    let data = folder.path().join("parts");
    fs::rename(&data, folder.path().join("elsewhere")).unwrap();
    let without = page(&[&one, &other]);
    assert!(without.contains("<b>pocket-robust</b> keeps"), "the second sentence compares all the same");
    assert!(without.contains("Mean difference of the samples"), "differences of samples need no masks");
    let why = "are not held against each other on the same pictures";
    assert!(
        without.contains(why) && without.contains(">--data</span> tells where"),
        "the page says what it lacks"
    );
    let found = page(&[&one, &other, "--data".as_ref(), &folder.path().join("elsewhere")]);
    assert!(!found.contains(why) && found.contains("B minus A"), "pictures may lie elsewhere now");
    fs::rename(folder.path().join("elsewhere"), &data).unwrap();
    let said = fail(askance().arg("report").arg(&one).arg("--data").arg(&data), 2);
    assert!(said.contains("--data: has no effect on a page about one run"), "{said}");
    let models: std::collections::HashSet<String> =
        cells(&both).into_keys().map(|[model, ..]| model).collect();
    assert_eq!(models.len(), 2, "{models:?}");

    let copy = folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for name in ["run.toml", "samples.csv", "summary.csv"] {
        fs::copy(one.join(name), copy.join(name)).unwrap();
    }
    let twice = page(&[&one, &copy]);
    assert!(
        twice.contains("pocket of pocket") && twice.contains("pocket of copy"),
        "runs of one model are told apart"
    );
}

#[test]
fn an_unfinished_run_has_no_page() {
    let folder = TempDir::new().unwrap();
    let out = attacked(folder.path(), "pocket");
    let info = fs::read_to_string(out.join("run.toml")).unwrap();
    let (_checksum, info) = info.split_once('\n').unwrap();
    fs::write(out.join("run.toml"), info.replace("status = \"finished\"", "status = \"interrupted\""))
        .unwrap();
    assert!(fail(askance().arg("report").arg(&out), 1).contains("is not finished"));
    assert!(!out.join("report.html").exists());
}
