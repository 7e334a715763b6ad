//! Data that would be read wrongly without a word: each is told, with the cause.

use std::fs;
use std::path::Path;

use askance::dataset::{self, Dataset, Layout, Remark, Selection, Survey};
use askance::error::Error;
use askance::study::{Data, Source};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgba};

use crate::listing::{assert_names, names, part};
use crate::trees::{Folder, encode};

const HEADER: &str = "category,split,image,mask\n";

fn survey(root: impl AsRef<Path>) -> Survey {
    dataset::survey(root, &Selection::default()).unwrap()
}

fn refused(root: impl AsRef<Path>) -> Error {
    dataset::open(root, &Selection::default()).unwrap_err()
}

fn copy(folder: &Folder, from: &str, to: &str) {
    fs::copy(folder.path().join(from), folder.place(to)).unwrap();
}

#[test]
fn the_same_picture_as_good_and_as_defective_is_refused_in_folders_too() {
    let folder = part();
    copy(&folder, "part/test/good/0.png", "part/test/bad/9.png");
    folder.mask("part/ground_truth/bad/9_mask.png");
    let found = survey(folder.path());
    assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    assert_names(&found.problems[0], "bad/9.png", "one counts as good, one as defective");
    assert!(found.problems[0].problem.contains("good/0.png"), "{}", found.problems[0]);
    assert_eq!(names(&found.dataset), ["part/bad/1"]);

    let labels = Folder::new();
    labels.pictures(&["part/good/0.png", "part/bad/1.png"]);
    copy(&labels, "part/good/0.png", "part/bad/9.png");
    assert_names(&refused(labels.path()), "bad/9.png", "byte for byte");

    let twice = part();
    copy(&twice, "part/test/good/0.png", "part/test/good/2.png");
    copy(&twice, "part/test/good/0.png", "other/test/bad/0.png");
    twice.picture("other/test/good/5.png").mask("other/ground_truth/bad/0_mask.png");
    assert_eq!(survey(twice.path()).problems, [], "of one label, or in another category");
}

#[test]
fn names_with_hidden_characters_are_refused_and_written_out() {
    for (hidden, written) in [
        ("\u{2028}", r"\u{2028}"),
        ("\u{2029}", r"\u{2029}"),
        ("\u{200b}", r"\u{200b}"),
        ("\u{feff}", r"\u{feff}"),
        ("\u{202e}", r"\u{202e}"),
        ("\t", r"\t"),
        ("\n", r"\n"),
    ] {
        let folder = part();
        folder.picture(&format!("part/test/good/z{hidden}z.png"));
        let error = refused(folder.path());
        assert!(error.problem.contains(&format!("part/good/z{written}z, which is no name")), "{error}");
        assert!(!error.to_string().contains(&format!("z{hidden}z")), "{error}");
        let folder = part();
        fs::rename(folder.path().join("part"), folder.path().join(format!("a{hidden}b"))).unwrap();
        assert!(refused(folder.path()).problem.contains(&format!("a{written}b/")));
        let error = Data::read(&Source::new(part().path()).name(format!("a{hidden}b"))).unwrap_err();
        assert_names(&error, &format!("`name = a{written}b`"), "hidden character");
    }
}

#[test]
fn a_path_that_no_record_can_hold_is_refused_when_the_data_are_listed() {
    let folder = part();
    folder.mask("masks/two\nlines.png");
    let rows = format!(
        "{HEADER}part,test,part/test/good/0.png,\npart,test,part/test/bad/1.png,\"masks/two\nlines.png\"\n"
    );
    folder.write("list.csv", rows);
    assert_names(&refused(folder.path().join("list.csv")), r"two\nlines.png", "no record can hold");
    let outer = part();
    fs::rename(outer.path().join("part"), outer.place("a\nb/part")).unwrap();
    assert_names(&refused(outer.path().join("a\nb/part")), "0.png", "no record can hold");
}

#[cfg(unix)]
#[test]
fn pipes_in_place_of_lists_are_called_so() {
    let pipe = |folder: &Folder, name: &str| {
        let path = folder.place(name);
        crate::listing::make_pipe(&path);
        path
    };
    let (folder, visa) = (Folder::new(), Folder::new());
    visa.picture("nut/Data/Images/Normal/0.png");
    pipe(&visa, "split_csv/1cls.csv");
    for (root, name) in [
        (pipe(&folder, "f.csv"), "f.csv"),
        (pipe(&folder, "a/manifest.csv").parent().unwrap().to_owned(), "manifest.csv"),
        (pipe(&folder, "b/meta.json").parent().unwrap().to_owned(), "meta.json"),
        (visa.path().to_owned(), "1cls.csv"),
        (visa.path().join("nut"), "1cls.csv"),
        (Path::new("/dev/null").to_owned(), "/dev/null"),
    ] {
        assert_names(&refused(&root), name, "is no regular file");
    }
}

#[cfg(unix)]
#[test]
fn links_to_nothing_say_that_their_target_is_missing() {
    use std::os::unix::fs::symlink;
    for (name, root) in [
        ("part/test/good/0.png", ""),
        ("part/ground_truth/bad/1_mask.png", ""),
        ("part/ground_truth/bad", ""),
        ("part/test/good/2", ""),
        ("list.csv", "list.csv"),
    ] {
        let folder = part();
        let place = folder.place(name);
        let _ = fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place));
        symlink(".git/annex/objects/x", &place).unwrap();
        let error = Data::read(&Source::new(folder.path().join(root))).unwrap_err();
        assert_names(&error, name, "is a link whose target .git/annex/objects/x is missing");
        assert!(error.fix.contains("git annex get"), "{error}");
    }
    let plain = Folder::new();
    symlink(".git/annex/objects/x", plain.place("a.png")).unwrap();
    assert!(Data::read(&Source::new(plain.path())).unwrap_err().problem.contains("is a link"));
}

fn masked(mask: DynamicImage) -> dataset::Sample {
    let folder = part();
    folder.write("part/ground_truth/bad/1_mask.png", encode(&mask, ImageFormat::Png));
    let mut data: Dataset = folder.open().unwrap();
    std::mem::forget(folder);
    data.categories.remove(0).samples.remove(1)
}

#[test]
fn a_mask_that_is_drawn_in_the_alpha_channel_is_called_so() {
    let alpha = |x: u32| if x < 4 { 255 } else { 0 };
    let black = ImageBuffer::from_fn(12, 8, |x, _| LumaA([0_u8, alpha(x)]));
    let error = dataset::look(&masked(black.into())).unwrap_err();
    assert_names(&error, "1_mask.png", "only its alpha channel varies");
    assert!(error.fix.contains("transparency"), "{error}");
    let opaque = ImageBuffer::from_fn(12, 8, |_, _| LumaA([0_u8, 255]));
    assert_names(&dataset::look(&masked(opaque.into())).unwrap_err(), "1_mask.png", "marks no pixel, but");
    let white = masked(ImageBuffer::from_fn(12, 8, |x, _| Rgba([255_u8, 255, 255, alpha(x)])).into());
    let remarks = dataset::look(&white).unwrap().remarks;
    assert_eq!(remarks, [Remark::InAlpha(white.masks[0].clone())]);
}

#[test]
fn a_row_of_visa_without_an_image_and_pictures_in_no_row_are_told() {
    let folder = Folder::new();
    let picture = |name: &str| format!("nut/Data/Images/Normal/{name}.png");
    folder.pictures(&[&picture("0"), &picture("1"), &picture("2")]);
    let rows = format!(
        "object,split,label,image,mask\nnut,test,normal,{},\nnut,test,normal,,\nnut,train,normal,{},\n",
        picture("0"),
        picture("1")
    );
    folder.write("split_csv/1cls.csv", rows);
    let found = survey(folder.path());
    assert_names(&found.problems[0], "1cls.csv", "names no image in line 3");
    assert_eq!(names(&found.dataset), ["nut/good/0"]);
    let remark = &found.dataset.remarks[0];
    assert!(remark.contains("1 pictures of nut are in no row") && remark.contains("2.png"), "{remark}");
}

#[test]
fn a_wide_encoding_is_named_and_the_remedy_is_that_for_the_kind_of_file() {
    let text = format!("{HEADER}part,test,part/test/good/0.png,\n");
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(order).collect() };
    let wider =
        |order: fn(u32) -> [u8; 4]| -> Vec<u8> { text.chars().flat_map(|c| order(u32::from(c))).collect() };
    let folder = part();
    let told = |name: &str, bytes: Vec<u8>, encoding: &str| {
        folder.write(name, bytes);
        let error = refused(folder.path().join(name));
        assert_names(&error, name, encoding);
        assert_eq!(error.fix.contains("spreadsheet"), name.ends_with(".csv"), "{error}");
    };
    for name in ["list.csv", "meta.json"] {
        told(name, wide(u16::to_le_bytes), "UTF-16");
        told(name, wide(u16::to_be_bytes), "UTF-16");
        told(name, [&[0xff, 0xfe], &wide(u16::to_le_bytes)[..]].concat(), "UTF-16");
        told(name, wider(u32::to_le_bytes), "UTF-32");
        told(name, wider(u32::to_be_bytes), "UTF-32");
        told(name, [&[0xff, 0xfe, 0, 0], &wider(u32::to_le_bytes)[..]].concat(), "UTF-32");
        told(name, b"caf\xe9".to_vec(), "line 1");
    }
}

#[test]
fn an_anomaly_of_a_meta_json_is_read_as_it_is_meant_or_refused_with_its_value() {
    let folder = part();
    let read = |anomaly: &str| {
        let item = format!(r#"{{"img_path": "part/test/bad/1.png", "anomaly": {anomaly}}}"#);
        folder.write("meta.json", format!(r#"{{"test": {{"part": [{item}]}}}}"#));
        survey(folder.path().join("meta.json"))
    };
    for normal in ["0", "0.0", "false", r#""0""#, r#""0.0""#] {
        assert_eq!(names(&read(normal).dataset), ["part/good/1"], "{normal}");
    }
    for anomalous in ["1", "1.0", "true", r#""1""#] {
        assert_eq!(names(&read(anomalous).dataset), ["part/defect/1"], "{anomalous}");
    }
    for odd in ["2", "-1", "0.5", r#""""#, r#""good""#, "[1]"] {
        let problems = read(odd).problems;
        assert_names(&problems[0], "meta.json", &format!("`anomaly: {odd}`, which is neither 0 nor 1"));
    }
    assert_names(&read("null").problems[0], "meta.json", "has no `anomaly`");
}

#[test]
fn folders_of_files_without_extension_say_what_these_are() {
    for name in ["0", "nut/0"] {
        let folder = Folder::new();
        folder.picture("x.png");
        fs::rename(folder.path().join("x.png"), folder.place(name)).unwrap();
        let error = refused(folder.path());
        assert!(error.problem.contains("has no extension, but holds a picture"), "{error}");
        assert!(error.fix.contains(".png"), "{error}");
    }
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    let folder = part();
    folder.write("part/test/good/2", pointer);
    assert_names(&refused(folder.path()), "good/2", "Git LFS pointer");
    let folder = Folder::new();
    folder.write("2", pointer);
    assert!(refused(folder.path()).problem.contains("Git LFS pointer"));
}

#[test]
fn one_mask_for_two_pictures_and_two_columns_of_one_name_are_told() {
    let folder = part();
    folder.picture("part/test/bad/2.png");
    let mask = "part/ground_truth/bad/1_mask.png";
    let rows = format!("{HEADER}a,test,part/test/bad/1.png,{mask}\nb,test,part/test/bad/2.png,{mask}\n");
    folder.write("list.csv", &rows);
    let remarks = survey(folder.path().join("list.csv")).dataset.remarks;
    assert!(remarks.iter().any(|line| line.contains("more than one picture: 1 (first: ")), "{remarks:?}");
    folder.write("list.csv", "category,split,image,mask,mask\n");
    assert_names(&refused(folder.path().join("list.csv")), "list.csv", "has the column `mask` twice");
}

#[test]
fn an_empty_name_of_the_data_is_refused() {
    for name in ["", " "] {
        let error = Data::read(&Source::new(part().path()).name(name.to_owned())).unwrap_err();
        assert_names(&error, &format!("`name = {name}`"), "is no name");
    }
}

#[test]
fn a_hot_pixel_does_not_hide_that_a_picture_holds_few_bits() {
    let deep = |hot: u32| {
        let grey =
            ImageBuffer::from_fn(100, 100, |x, y| Luma([if y == 0 && x < hot { 65535_u16 } else { 4095 }]));
        let folder = part();
        folder.write("part/test/good/0.png", encode(&DynamicImage::ImageLuma16(grey), ImageFormat::Png));
        dataset::look(&folder.open().unwrap().categories[0].samples[0]).unwrap().remarks
    };
    assert!(matches!(deep(1)[..], [Remark::Dark { highest: 4095, .. }]), "{:?}", deep(1));
    assert_eq!(deep(2), [], "more than one pixel in 10,000 is a bright place");
}

#[test]
fn layouts_that_are_named_hold_hidden_names_and_masks_to_the_same_rules() {
    let folder = Folder::new();
    folder.pictures(&["part/good/a\u{2028}b.png", "part/bad/1.png"]);
    for layout in [Layout::ImageLabels, Layout::Unlabelled] {
        let selection = Selection { layout: Some(layout), ..Selection::default() };
        let error = dataset::open(folder.path(), &selection).unwrap_err();
        assert!(error.problem.contains(r"a\u{2028}b, which is no name"), "{error}");
    }
}
