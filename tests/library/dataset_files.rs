//! Layouts, selection, and every surprise that real folders hold.

use std::fs;

use askance::dataset::{self, Remark, Selection};
use askance::error::Kind;
use askance::types::Label;
use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};

use crate::listing::{assert_names, names};
use crate::trees::{Folder, encode, picture};

/// Two categories with two normal and three defective samples each.
fn toys() -> Folder {
    let folder = Folder::new();
    for category in ["bolt", "nut"] {
        for name in
            ["test/good/000", "test/good/001", "test/scratch/000", "test/scratch/001", "test/dent/000"]
        {
            folder.picture(&format!("{category}/{name}.png"));
        }
        for name in ["scratch/000", "scratch/001", "dent/000"] {
            folder.mask(&format!("{category}/ground_truth/{name}_mask.png"));
        }
        folder.picture(&format!("{category}/train/good/000.png"));
    }
    folder
}

#[test]
fn a_folder_of_categories_is_listed_in_order() {
    let folder = toys();
    let data = folder.open().unwrap();
    assert_eq!(data.name, folder.path().file_name().unwrap().to_string_lossy());
    assert_eq!(
        names(&data),
        [
            "bolt/good/000",
            "bolt/good/001",
            "bolt/dent/000",
            "bolt/scratch/000",
            "bolt/scratch/001",
            "nut/good/000",
            "nut/good/001",
            "nut/dent/000",
            "nut/scratch/000",
            "nut/scratch/001",
        ]
    );
    for sample in data.categories.iter().flat_map(|category| &category.samples) {
        assert_eq!(sample.label == Label::Normal, sample.id.defect == "good");
        assert_eq!(sample.masks.is_empty(), sample.label == Label::Normal);
        dataset::inspect(sample).unwrap();
    }
}

#[test]
fn one_category_is_enough() {
    let folder = toys();
    let data = dataset::open(folder.path().join("nut"), &Selection::default()).unwrap();
    assert_eq!((data.name.as_str(), data.categories[0].name.as_str()), ("nut", "nut"));
    assert_eq!(data.categories[0].samples.len(), 5);
}

#[test]
fn a_manifest_describes_any_order() {
    let folder = Folder::new();
    folder
        .picture("in/a.png")
        .picture("in/b.png")
        .picture("more/b.png")
        .mask("truth/b.png")
        .picture("in/c.png");
    folder.write(
        "manifest.csv",
        "\u{feff}image,category,mask,split\nin/a.png,bolt,,test\nin/b.png,bolt,truth/b.png,test\n\
         more\\b.png, bolt ,truth/b.png,test\nin/c.png,nut,,train\n",
    );
    let data = folder.open().unwrap();
    assert_eq!(names(&data), ["bolt/good/a", "bolt/in/b", "bolt/more/b"]);
    for sample in &data.categories[0].samples {
        dataset::inspect(sample).unwrap();
    }
    let named = folder.path().join("parts.csv");
    fs::rename(folder.path().join("manifest.csv"), &named).unwrap();
    let data = dataset::open(&named, &Selection::default()).unwrap();
    assert_eq!((data.name.as_str(), data.categories.len()), ("parts", 1));
    dataset::load(&data.categories[0].samples[2], 10).unwrap();
}

#[test]
fn pictures_of_one_name_in_a_manifest_keep_apart_whatever_the_order() {
    let lines = ["x/good/1.png,bolt,,test", "y/good/1.png,bolt,,test", "y/good/2.png,bolt,,test"];
    let mut found = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0]] {
        let folder = Folder::new();
        let body: Vec<_> = order.iter().map(|&at: &usize| lines[at]).collect();
        folder.write("manifest.csv", format!("image,category,mask,split\n{}\n", body.join("\n")));
        found.push(names(&folder.open().unwrap()));
    }
    assert_eq!(found[0], ["bolt/good/2", "bolt/good/x-good-1", "bolt/good/y-good-1"]);
    assert_eq!(found[0], found[1]);
}

#[test]
fn manifests_with_faults_are_refused() {
    let cases = [
        ("category,split,image\na,test,b.png\n", "no column `mask`"),
        ("category,split,image,mask\na,train,b.png,\n", "no rows of split `test`"),
        ("category,split,image,mask\na,test,b.png\n", "damaged line"),
        ("category,split,image,mask\na,test,,\n", "in line 2"),
        ("", "no column `category`"),
    ];
    for (text, problem) in cases {
        let folder = Folder::new();
        folder.write("manifest.csv", text);
        assert_names(&folder.open().unwrap_err(), "manifest.csv", problem);
    }
    let twice = Folder::new();
    twice.write("manifest.csv", "category,split,image,mask\na,test,b.png,\na,test,b.png,\n");
    assert_names(&twice.open().unwrap_err(), "manifest.csv", "names the picture b.png twice");
}

#[test]
fn a_limit_takes_the_first_of_both_kinds() {
    let data = toys().select(&["nut"], Some(2)).unwrap();
    assert_eq!(names(&data), ["nut/good/000", "nut/good/001", "nut/dent/000", "nut/scratch/000"]);
    assert_eq!(names(&toys().select(&["nut"], Some(99)).unwrap()).len(), 5);
    assert_eq!(toys().select(&[], Some(0)).unwrap_err().kind, Kind::Usage);
}

#[test]
fn an_unknown_category_lists_what_there_is_and_asks_for_the_one_that_is_alike() {
    let error = toys().select(&["nutt"], None).unwrap_err();
    assert_eq!((error.kind, error.subject.as_str()), (Kind::Usage, "`categories = nutt`"));
    assert_eq!(error.fix, "did you mean nut? Otherwise choose among bolt, nut");
}

#[test]
fn litter_and_notes_are_passed_over() {
    let folder = toys();
    let before = folder.open().unwrap();
    for name in [
        "bolt/.DS_Store",
        "bolt/test/.DS_Store",
        "bolt/test/good/Thumbs.db",
        "bolt/test/good/._000.png",
        "bolt/ground_truth/dent/Thumbs.db",
        "bolt/ground_truth/dent/._000_mask.png",
        "nut/test/desktop.ini",
    ] {
        folder.write(name, "litter");
    }
    folder
        .write("bolt/test/dent/notes.txt", "note")
        .write("readme.txt", "note")
        .write("__MACOSX/x", "litter");
    assert_eq!(folder.open().unwrap(), before);
}

#[test]
fn what_cannot_be_explained_is_an_error_not_left_out() {
    for (name, problem) in [
        ("bolt/test/good/002.gif", "cannot be read (.gif)"),
        ("bolt/test/002.png", "in no defect folder"),
        ("bolt/test/good/more/002.png", "is a folder"),
    ] {
        let folder = toys();
        folder.picture("tmp.png").write(name, fs::read(folder.path().join("tmp.png")).unwrap());
        let error = folder.open().unwrap_err();
        assert!(error.problem.contains(problem), "{name}: {error}");
    }
    let folder = toys();
    folder.picture("bolt/test/good/000.bmp");
    assert_names(&folder.open().unwrap_err(), "000.png", "same name");
    let folder = toys();
    folder.mask("bolt/ground_truth/dent/000_mask.bmp");
    assert!(folder.open().unwrap_err().problem.contains("second mask"));
}

#[test]
fn folders_of_no_known_layout_say_what_is_there_and_what_is_expected() {
    let folder = Folder::new();
    assert!(folder.open().unwrap_err().problem.contains("it holds nothing"));
    folder.picture("images/a.png").picture("labels/b.png");
    let error = folder.open().unwrap_err();
    assert!(
        error.problem.contains("it holds images, labels") && error.fix.contains("ground_truth"),
        "{error}"
    );
    assert_names(
        &dataset::open("no/such/place", &Selection::default()).unwrap_err(),
        "no/such/place",
        "does not exist",
    );
    folder.write("notes.txt", "x");
    let error = dataset::open(folder.path().join("notes.txt"), &Selection::default()).unwrap_err();
    assert_names(&error, "notes.txt", "neither");
}

#[test]
fn a_category_without_pictures_is_an_error() {
    let folder = toys();
    fs::create_dir_all(folder.path().join("washer/test/good")).unwrap();
    let error = folder.open().unwrap_err();
    assert!(error.problem.contains("no test pictures in category washer"), "{error}");
    assert_eq!(names(&folder.select(&["nut"], None).unwrap()).len(), 5, "other categories are not looked at");
}

#[test]
fn the_fingerprint_follows_the_files_and_not_their_place() {
    let (first, second) = (toys(), toys());
    let fingerprint = first.open().unwrap().fingerprint();
    assert_eq!(fingerprint, second.open().unwrap().fingerprint());
    assert_eq!(fingerprint.len(), 64);
    second.write("bolt/test/good/000.png", "another length");
    assert_ne!(fingerprint, second.open().unwrap().fingerprint());
}

/// A category `bolt` with one defective picture.
fn one(image: &str, mask: Option<&str>, fill: impl FnOnce(&Folder, &str, &str)) -> (Folder, dataset::Sample) {
    let folder = Folder::new();
    let image = format!("bolt/test/dent/{image}");
    let mask = format!("bolt/ground_truth/dent/{}", mask.unwrap_or("unused_mask.png"));
    fill(&folder, &image, &mask);
    let mut data = folder.open().unwrap();
    let sample = data.categories.remove(0).samples.remove(0);
    (folder, sample)
}

fn loads(sample: &dataset::Sample) -> dataset::Loaded {
    dataset::inspect(sample).unwrap();
    dataset::load(sample, 24).unwrap()
}

fn anomalous(loaded: &dataset::Loaded) -> usize {
    loaded.mask.as_ref().unwrap().iter().filter(|&&anomalous| anomalous).count()
}

#[test]
fn upper_case_extensions_wrong_extensions_and_bare_mask_names_are_read() {
    for (image, mask) in
        [("1.PNG", "1_MASK.PNG"), ("1.JPG", "1_mask.bmp"), ("1.bmp", "1.png"), ("1.JPEG", "1.BMP")]
    {
        let mask = mask.replace("MASK", "mask");
        let (_folder, sample) = one(image, Some(&mask), |folder, image, mask| {
            folder.picture(image).mask(mask);
        });
        let loaded = loads(&sample);
        assert_eq!((loaded.original, anomalous(&loaded)), ((8, 12), 8 * 24), "{image} {mask}");
    }
    // A JPEG that is called PNG.
    let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
        folder.write(image, encode(&picture().into(), ImageFormat::Jpeg)).mask(mask);
    });
    loads(&sample);
}

#[test]
fn depths_and_channels_of_pictures_become_rgb() {
    let grey = |value: u8| -> DynamicImage { GrayImage::from_pixel(12, 8, Luma([value])).into() };
    let cases: [(&str, DynamicImage, [f32; 3]); 5] = [
        ("grey", grey(51), [0.2; 3]),
        ("grey with alpha", ImageBuffer::from_pixel(12, 8, LumaA([51_u8, 0])).into(), [0.2; 3]),
        ("16 bits", ImageBuffer::from_pixel(12, 8, Luma([13107_u16])).into(), [0.2; 3]),
        ("rgba", ImageBuffer::from_pixel(12, 8, Rgba([255_u8, 51, 0, 7])).into(), [1.0, 0.2, 0.0]),
        ("16-bit rgb", ImageBuffer::from_pixel(12, 8, Rgb([65535_u16, 13107, 0])).into(), [1.0, 0.2, 0.0]),
    ];
    for (name, image, expected) in cases {
        let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, path, mask| {
            folder.save(path, image).mask(mask);
        });
        let loaded = loads(&sample);
        for (channel, value) in expected.into_iter().enumerate() {
            assert!(
                (loaded.image[[channel, 5, 5]] - value).abs() < 1e-6,
                "{name}: {}",
                loaded.image[[channel, 5, 5]]
            );
        }
    }
}

#[test]
fn any_non_zero_value_of_a_mask_is_anomalous_and_transparency_is_not_a_value() {
    let left = |x: u32| x < 4;
    let masks: [(&str, DynamicImage); 5] = [
        ("1 in 255", GrayImage::from_fn(12, 8, |x, _| Luma([u8::from(left(x))])).into()),
        ("1 in 65535", ImageBuffer::from_fn(12, 8, |x, _| Luma([u16::from(left(x))])).into()),
        ("blue of 1", RgbImage::from_fn(12, 8, |x, _| Rgb([0, 0, u8::from(left(x))])).into()),
        ("16-bit blue of 1", ImageBuffer::from_fn(12, 8, |x, _| Rgb([0, 0, u16::from(left(x))])).into()),
        ("opaque black", ImageBuffer::from_fn(12, 8, |x, _| Rgba([u8::from(left(x)), 0, 0, 255])).into()),
    ];
    for (name, mask) in masks {
        let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, path| {
            folder.picture(image).save(path, mask);
        });
        assert_eq!(anomalous(&loads(&sample)), 8 * 24, "{name}");
    }
}

#[test]
fn a_lossy_mask_is_cut_at_half() {
    let soft = GrayImage::from_fn(16, 16, |x, _| Luma([if x < 8 { 220 } else { 30 }]));
    let (_folder, sample) = one("1.png", Some("1_mask.jpg"), |folder, image, mask| {
        folder.save(image, RgbImage::new(16, 16).into()).save(mask, soft.into());
    });
    assert_eq!(anomalous(&dataset::load(&sample, 16).unwrap()), 8 * 16);
    let remarks = dataset::inspect(&sample).unwrap().remarks;
    assert_eq!(remarks, [Remark::LossyMask(sample.masks[0].clone())]);
    assert!(
        dataset::sum_up(&remarks)[0].starts_with(
            "JPEG or lossy WebP masks, anomalous from half of the brightest colour on: 1 (first: "
        )
    );
}

#[test]
fn a_red_region_of_a_lossy_mask_counts_as_a_white_one_does() {
    let red = RgbImage::from_fn(16, 16, |x, _| Rgb(if x < 8 { [230, 0, 0] } else { [20, 0, 0] }));
    let (_folder, sample) = one("1.png", Some("1_mask.jpg"), |folder, image, mask| {
        folder.save(image, RgbImage::new(16, 16).into()).save(mask, red.into());
    });
    assert_eq!(anomalous(&dataset::load(&sample, 16).unwrap()), 8 * 16);
}

#[test]
fn tiff_and_webp_are_read_in_every_depth_also_under_another_name() {
    let tiffs: [DynamicImage; 4] = [
        GrayImage::from_pixel(12, 8, Luma([51])).into(),
        RgbImage::from_pixel(12, 8, Rgb([51; 3])).into(),
        ImageBuffer::from_pixel(12, 8, Luma([13107_u16])).into(),
        ImageBuffer::from_pixel(12, 8, Rgb([13107_u16; 3])).into(),
    ];
    let webp: DynamicImage = RgbImage::from_pixel(12, 8, Rgb([51; 3])).into();
    let tiffs = tiffs.into_iter().map(|image| (image, ImageFormat::Tiff));
    for (image, format) in tiffs.chain([(webp, ImageFormat::WebP)]) {
        for (name, mask_name) in [
            ("1.tif", "1_mask.tiff"),
            ("1.TIFF", "1_mask.png"),
            ("1.webp", "1_mask.webp"),
            ("1.png", "1_mask.jpg"),
        ] {
            let (_folder, sample) = one(name, Some(mask_name), |folder, path, mask| {
                let marked = GrayImage::from_fn(12, 8, |x, _| Luma([u8::from(x < 4)]));
                let mask_format =
                    if mask_name.ends_with("webp") { ImageFormat::WebP } else { ImageFormat::Tiff };
                let marked: DynamicImage = marked.into();
                let marked =
                    if mask_format == ImageFormat::WebP { marked.into_rgb8().into() } else { marked };
                folder.write(path, encode(&image, format)).write(mask, encode(&marked, mask_format));
            });
            let loaded = loads(&sample);
            assert!((loaded.image[[1, 5, 5]] - 0.2).abs() < 1e-6, "{format:?} {name}");
            assert_eq!(anomalous(&loaded), 8 * 24, "{format:?} {name}: a WebP without loss marks from 1 on");
        }
    }
}

/// A TIFF of 12 x 8 pixels of one channel, whose values have so many bits and the sample format 1 (whole numbers) or 3
/// (floating-point).
fn tiff_of_grey(bits: u16, format: u16) -> Vec<u8> {
    let (width, height) = (12_u32, 8_u32);
    let length = width * u32::from(bits) / 8 * height;
    let tags: [(u16, u32); 10] = [
        (256, width),
        (257, height),
        (258, bits.into()),
        (259, 1),
        (262, 1),
        (273, 8 + 2 + 10 * 12 + 4),
        (277, 1),
        (278, height),
        (279, length),
        (339, format.into()),
    ];
    let mut bytes = b"II*\0\x08\0\0\0\x0a\0".to_vec();
    for (tag, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(4_u16.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.resize(bytes.len() + length as usize, 0);
    bytes
}

/// A GIF of one pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

#[test]
fn the_remedy_for_a_file_that_is_no_readable_picture_follows_the_cause() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    let float = encode(&image::Rgb32FImage::new(12, 8).into(), ImageFormat::Tiff);
    let grey = |bits, format| tiff_of_grey(bits, format);
    let (single, double, whole, few) = (grey(32, 3), grey(64, 3), grey(32, 1), grey(4, 1));
    for (bytes, problem, fix) in [
        (&single[..], "floating-point", "8 or 16 bits"),
        (&double, "of a kind that cannot be read", "8-bit or 16-bit TIFF"),
        (&whole, "of a kind that cannot be read", "8-bit or 16-bit TIFF"),
        (&few, "4 bits", "8 or 16 bits"),
        (&pointer[..], "Git LFS pointer", "git lfs pull"),
        (GIF, "of a kind that cannot be read", "convert it to PNG"),
        (&float, "floating-point", "8 or 16 bits"),
    ] {
        let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
            folder.write(image, bytes).mask(mask);
        });
        let error = dataset::inspect(&sample).unwrap_err();
        assert_names(&error, "1.png", problem);
        assert!(error.fix.contains(fix) && !error.problem.contains("Unknown"), "{error}");
        let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
            folder.picture(image).write(mask, bytes);
        });
        assert_names(&dataset::inspect(&sample).unwrap_err(), "1_mask.png", problem);
    }
}

#[test]
fn masks_that_mark_all_or_most_of_the_picture_are_told() {
    let alpha = |x: u32| if x < 4 { 255 } else { 0 };
    let in_alpha = ImageBuffer::from_fn(12, 8, |x, _| Rgba([255_u8, 255, 255, alpha(x)]));
    let inverted = GrayImage::from_fn(12, 8, |x, _| Luma([255 - alpha(x)]));
    let half = GrayImage::from_fn(12, 8, |x, _| Luma([if x < 6 { 255 } else { 0 }]));
    let remarks = |mask: DynamicImage| {
        let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, path| {
            folder.picture(image).save(path, mask);
        });
        (dataset::look(&sample).unwrap().remarks, sample.masks[0].clone())
    };
    let (found, path) = remarks(in_alpha.into());
    assert_eq!(found, [Remark::InAlpha(path)]);
    assert!(dataset::sum_up(&found)[0].contains("the whole picture"));
    let (found, path) = remarks(inverted.into());
    assert_eq!(found, [Remark::MarksMost(path)]);
    assert_eq!(remarks(half.into()).0, []);
}

#[test]
fn data_of_few_bits_in_16_bit_pictures_are_told_with_their_highest_value() {
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        for (highest, told) in [(1023_u16, true), (4095, true), (32767, true), (32768, false), (65535, false)]
        {
            let grey = ImageBuffer::from_fn(12, 8, |x, y| Luma([if x + y == 0 { highest } else { 7 }]));
            let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
                folder.write(image, encode(&DynamicImage::ImageLuma16(grey), format)).mask(mask);
            });
            let found = dataset::look(&sample).unwrap().remarks;
            assert_eq!(!found.is_empty(), told, "{highest}");
            if told {
                let line = &dataset::sum_up(&found)[0];
                assert!(
                    line.contains("16-bit") && line.contains(&format!("highest value {highest}")),
                    "{line}"
                );
            }
        }
    }
    let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
        folder.save(image, GrayImage::from_pixel(12, 8, Luma([3])).into()).mask(mask);
    });
    assert_eq!(dataset::look(&sample).unwrap().remarks, [], "8 bits may be dark");
}

#[cfg(unix)]
#[test]
fn pipes_in_place_of_a_picture_or_a_mask_are_refused_at_once() {
    for (pipe, at) in [("test", "1.png"), ("ground_truth", "1_mask.png")] {
        let (folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
            folder.picture(image).mask(mask);
        });
        let path = folder.path().join(format!("bolt/{pipe}/dent/{at}"));
        fs::remove_file(&path).unwrap();
        crate::listing::make_pipe(&path);
        for error in [dataset::inspect(&sample).unwrap_err(), dataset::look(&sample).unwrap_err()] {
            assert_names(&error, at, "is no regular file");
        }
        let data = folder.open().unwrap();
        let problems = dataset::census(&data.categories[0], &|| ()).problems;
        assert!(problems.iter().any(|error| error.subject.contains(at)), "{problems:?}");
        let source = askance::study::Source::new(folder.path());
        assert!(askance::study::Data::read(&source).unwrap_err().problem.contains("is no regular file"));
        folder.picture("bolt/test/good/0.png");
        let left = askance::study::Data::read(&source.skip_bad(true)).unwrap();
        assert_eq!(left.samples().count(), 1);
    }
}

/// A JPEG with an EXIF orientation (and nothing else) in front.
fn oriented_jpeg(image: &RgbImage, orientation: u8) -> Vec<u8> {
    let plain = encode(&image.clone().into(), ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1];
    bytes.extend((exif.len() as u16 + 2).to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&plain[2..]);
    bytes
}

#[test]
fn exif_orientation_is_ignored_and_told() {
    // 32 x 16 as stored, red on the left; whoever follows the EXIF orientation sees 16 x 32.
    let stored = RgbImage::from_fn(32, 16, |x, _| Rgb(if x < 16 { [255, 0, 0] } else { [0, 0, 255] }));
    let mask = |width, height| GrayImage::from_pixel(width, height, Luma([255]));
    let turned = |orientation, width, height| {
        one("1.jpg", Some("1_mask.png"), |folder, image, path| {
            folder.write(image, oriented_jpeg(&stored, orientation)).save(path, mask(width, height).into());
        })
    };
    let (_folder, sample) = turned(6, 32, 16);
    let facts = dataset::inspect(&sample).unwrap();
    assert_eq!((facts.size, facts.remarks.clone()), ((16, 32), vec![Remark::Turned(sample.image.clone())]));
    assert!(dataset::sum_up(&facts.remarks)[0].contains("EXIF rotation"));
    let loaded = dataset::load(&sample, 16).unwrap();
    assert_eq!(loaded.original, (16, 32));
    assert!(loaded.image[[0, 8, 2]] > 0.9 && loaded.image[[0, 8, 13]] < 0.1, "red is on the left");

    let (_folder, sample) = turned(1, 32, 16);
    assert_eq!(dataset::inspect(&sample).unwrap().remarks, []);
    let (_folder, sample) = turned(6, 16, 32);
    assert_names(&dataset::inspect(&sample).unwrap_err(), "1_mask.png", "is 16 x 32 pixels");
    assert_names(&dataset::inspect(&sample).unwrap_err(), "1_mask.png", "EXIF");
}

#[test]
fn a_missing_mask_is_an_error_that_tells_where_it_should_be() {
    let (_folder, sample) = one("1.png", None, |folder, image, _| {
        folder.picture(image);
    });
    for error in [dataset::inspect(&sample).unwrap_err(), dataset::load(&sample, 8).unwrap_err()] {
        assert_names(&error, "ground_truth/dent/1_mask.png", "is missing");
        assert!(error.fix.contains("`layout = image-labels`"), "{error}");
        assert!(error.fix.contains("`layout = unlabelled`") && !error.fix.contains("normal"), "{error}");
    }
    assert!(dataset::load_mask(&sample, 8).is_err());
}

#[test]
fn masks_that_contradict_their_picture_are_refused() {
    let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
        folder.picture(image).save(mask, GrayImage::from_pixel(8, 12, Luma([255])).into());
    });
    for error in [
        dataset::inspect(&sample).unwrap_err(),
        dataset::load(&sample, 8).unwrap_err(),
        dataset::load_mask(&sample, 8).unwrap_err(),
    ] {
        assert_names(&error, "1_mask.png", "is 8 x 12 pixels");
        assert!(error.problem.contains("1.png is 12 x 8"), "{error}");
    }
    let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
        folder.picture(image).save(mask, GrayImage::new(12, 8).into());
    });
    dataset::inspect(&sample).unwrap();
    assert_names(&dataset::load(&sample, 8).unwrap_err(), "1_mask.png", "marks no pixel");
}

/// A PNG header that promises this many pixels and delivers none.
fn hollow_png(width: u32, height: u32) -> Vec<u8> {
    let mut ihdr = b"IHDR".to_vec();
    ihdr.extend(width.to_be_bytes());
    ihdr.extend(height.to_be_bytes());
    ihdr.extend([8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    bytes.extend(&ihdr);
    bytes.extend(crc32(&ihdr).to_be_bytes());
    bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn headers_that_promise_nonsense_are_refused_before_decoding() {
    for (bytes, problem) in [
        (Vec::new(), "is empty"),
        (b"not a picture at all".to_vec(), "not a picture"),
        (hollow_png(20_000, 20_000), "too large (20000 x 20000"),
        (hollow_png(65_536, 32_768), "too large"),
        (hollow_png(0, 10), ""),
    ] {
        let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
            folder.write(image, &bytes).mask(mask);
        });
        for error in [dataset::inspect(&sample).unwrap_err(), dataset::load(&sample, 8).unwrap_err()] {
            assert_names(&error, "1.png", problem);
        }
    }
}

#[test]
fn truncated_files_are_refused_in_every_format() {
    let noise = RgbImage::from_fn(64, 64, |x, y| {
        Rgb([(x * 37 % 251) as u8, (y * 91 % 253) as u8, (x * y % 256) as u8])
    });
    for format in
        [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP]
    {
        let whole = match format {
            ImageFormat::Jpeg => oriented_jpeg(&noise, 1),
            _ => encode(&noise.clone().into(), format),
        };
        for part in [4, 2, 1] {
            let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
                let length = if part == 1 { whole.len() - 40 } else { whole.len() / part };
                folder
                    .write(image, &whole[..length])
                    .save(mask, GrayImage::from_pixel(64, 64, Luma([1])).into());
            });
            let error = dataset::load(&sample, 8).unwrap_err();
            assert_names(&error, "1.png", "cannot be decoded");
        }
        let (_folder, sample) = one("1.png", Some("1_mask.png"), |folder, image, mask| {
            folder.write(image, &whole).save(mask, GrayImage::from_pixel(64, 64, Luma([1])).into());
        });
        dataset::load(&sample, 8).unwrap();
    }
}
