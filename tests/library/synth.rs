//! The procedural data sets: deterministic, exact masks, two disjoint worlds, MVTec layout.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use askance::error::Kind;
use askance::synth::{Aspect, Format, Recipe, World, categories, defect_kinds, render, render_pair, write};
use askance::types::Mask;
use ndarray::s;

const WORLDS: [World; 2] = [World::Train, World::Test];

fn small(world: World) -> Recipe {
    let names: &[&str] = match world {
        World::Train => &["linen", "coin"],
        World::Test => &["slate", "hex_nut"],
    };
    let categories = names.iter().map(|n| (*n).to_owned()).collect();
    Recipe {
        world,
        seed: 7,
        size: 64,
        aspect: Aspect::default(),
        categories,
        train: 1,
        good: 2,
        defective: 5,
    }
}

fn quiet(_: usize, _: usize) {}

/// Every file below a folder with its bytes.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// The mask with every pixel within `by` (in both directions) added.
fn grown(mask: &Mask, by: usize) -> Mask {
    let (height, width) = mask.dim();
    Mask::from_shape_fn((height, width), |(y, x)| {
        (y.saturating_sub(by)..(y + by + 1).min(height))
            .any(|j| (x.saturating_sub(by)..(x + by + 1).min(width)).any(|i| mask[[j, i]]))
    })
}

#[test]
fn the_worlds_share_nothing() {
    let names = |world| categories(world).iter().map(|c| c.name).collect::<BTreeSet<_>>();
    let kinds = |world| defect_kinds(world).iter().copied().collect::<BTreeSet<_>>();
    assert!(names(World::Train).is_disjoint(&names(World::Test)));
    assert!(kinds(World::Train).is_disjoint(&kinds(World::Test)));
    assert!(names(World::Train).len() >= 12 && names(World::Test).len() >= 8);
    assert!(kinds(World::Train).len() >= 7 && kinds(World::Test).len() >= 6);
    for world in WORLDS {
        assert_eq!(names(world).len(), categories(world).len(), "a name twice");
        let textures = categories(world).iter().filter(|c| c.is_texture).count();
        assert!(textures * 3 >= names(world).len() && textures * 3 <= 2 * names(world).len());
        for name in names(world).iter().chain(kinds(world).iter()) {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        }
    }
}

#[test]
fn masks_are_exactly_where_the_pictures_differ() {
    for world in WORLDS {
        for category in categories(world) {
            for index in [3, 14] {
                let pair = render_pair(world, category.name, 5, index, 96).unwrap();
                let what = format!("{world}/{}/{index}", category.name);
                let change = |y: usize, x: usize| {
                    (0..3)
                        .map(|c| (pair.clean[[c, y, x]] - pair.defective[[c, y, x]]).abs())
                        .fold(0.0_f32, f32::max)
                };
                let near = grown(&pair.mask, 2);
                let changed = Mask::from_shape_fn(pair.mask.dim(), |(y, x)| change(y, x) > 0.024);
                let near_change = grown(&changed, 2);
                let (mut differing, mut marked) = (0, 0);
                for ((y, x), &on) in pair.mask.indexed_iter() {
                    if !near[[y, x]] {
                        assert!(
                            change(y, x) <= 0.0241,
                            "{what}: changed by {} outside the mask",
                            change(y, x)
                        );
                    }
                    if on {
                        marked += 1;
                        differing += usize::from(changed[[y, x]]);
                        assert!(near_change[[y, x]], "{what}: marked at {y},{x}, where nothing changed");
                    }
                }
                assert!(marked > 0, "{what}: nothing is marked");
                assert!(differing * 10 >= marked * 5, "{what}: {differing} of {marked} marked pixels differ");
            }
        }
    }
}

#[test]
fn defects_have_a_sensible_extent() {
    for world in WORLDS {
        let mut areas = vec![];
        for (k, category) in categories(world).iter().enumerate() {
            let good = render(world, category.name, 3, k, 96, false).unwrap();
            assert!(good.defects.is_empty() && good.mask.iter().all(|m| !m), "{}", category.name);
            let bad = render(world, category.name, 3, k, 96, true).unwrap();
            assert!(!bad.defects.is_empty());
            assert!(bad.defects.iter().all(|d| defect_kinds(world).contains(d)));
            let area = bad.mask.iter().filter(|m| **m).count() as f32 / bad.mask.len() as f32;
            assert!((0.002..0.15).contains(&area), "{} {:?}: {area}", category.name, bad.defects);
            areas.push(area);
        }
        areas.sort_by(f32::total_cmp);
        let median = areas[areas.len() / 2];
        assert!((0.005..0.04).contains(&median), "{world}: {median}");
    }
}

#[test]
fn a_part_is_the_same_with_and_without_its_defect() {
    // sensor noise included: it belongs to the camera, not to what is seen
    for (world, category) in [(World::Train, "knit"), (World::Train, "gear"), (World::Test, "leather")] {
        let (good, bad) = (
            render(world, category, 9, 4, 96, false).unwrap(),
            render(world, category, 9, 4, 96, true).unwrap(),
        );
        let near = grown(&bad.mask, 2);
        let mut inside = 0;
        for (x, y, pixel) in good.image.enumerate_pixels() {
            let other = bad.image.get_pixel(x, y);
            let change = (0..3).map(|c| pixel[c].abs_diff(other[c])).max().unwrap();
            if near[[y as usize, x as usize]] {
                inside = inside.max(change);
            } else {
                assert!(change <= 8, "{category}: {change} at {x},{y}");
            }
        }
        assert!(inside > 12, "{category}: {inside}");
    }
}

#[test]
fn every_kind_appears_and_seeds_matter() {
    for world in WORLDS {
        for texture in [true, false] {
            let category = categories(world).iter().find(|c| c.is_texture == texture).unwrap().name;
            let seen: BTreeSet<_> =
                (0..12).flat_map(|k| render(world, category, 1, k, 64, true).unwrap().defects).collect();
            assert!(seen.len() >= 6, "{category}: {seen:?}");
        }
    }
    let one = |seed, index| render(World::Test, "key", seed, index, 64, false).unwrap().image;
    assert_eq!(one(1, 0), one(1, 0));
    assert_ne!(one(1, 0), one(2, 0));
    assert_ne!(one(1, 0), one(1, 1));
}

#[test]
fn the_same_part_at_another_size() {
    let (coarse, fine) = (
        render(World::Test, "battery", 2, 0, 64, false).unwrap().image,
        render(World::Test, "battery", 2, 0, 128, false).unwrap().image,
    );
    let mut sum = 0.0;
    for (x, y, pixel) in coarse.enumerate_pixels() {
        for c in 0..3 {
            let mean: f64 = [(0, 0), (1, 0), (0, 1), (1, 1)]
                .iter()
                .map(|(i, j)| f64::from(fine.get_pixel(2 * x + i, 2 * y + j)[c]) / 4.0)
                .sum();
            sum += (mean - f64::from(pixel[c])).abs();
        }
    }
    let difference = sum / (64.0 * 64.0 * 3.0);
    assert!(difference < 8.0, "{difference}");
}

#[test]
fn good_parts_keep_to_natural_hues() {
    for world in WORLDS {
        let (mut odd, mut all) = (0_u64, 0_u64);
        for category in categories(world) {
            for index in 0..2 {
                for pixel in render(world, category.name, 21, index, 64, false).unwrap().image.pixels() {
                    let [r, g, b] = pixel.0.map(f32::from);
                    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
                    all += 1;
                    // green or magenta of some strength
                    let strong = high - low > 0.3 * high && high > 60.0;
                    odd += u64::from(strong && (g >= high || g <= low && b > 0.8 * r));
                }
            }
        }
        assert!(odd * 50 < all, "{world}: {odd} of {all}");
    }
}

#[test]
fn the_layout_is_complete() {
    for world in WORLDS {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("set");
        let recipe = small(world);
        let reports = std::sync::Mutex::new(vec![]);
        let summary =
            write(&recipe, &out, &|done, total| reports.lock().unwrap().push((done, total))).unwrap();
        assert_eq!((summary.categories, summary.images, summary.defective), (2, 16, 10));
        let mut reports = reports.into_inner().unwrap();
        reports.sort_unstable();
        assert_eq!(reports, (1..=16).map(|k| (k, 16)).collect::<Vec<_>>());

        let mut files: BTreeSet<String> = contents(&out).into_keys().collect();
        assert!(files.remove("synth.toml") && files.remove("captions.csv"));
        let mut reader = csv::Reader::from_path(out.join("captions.csv")).unwrap();
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(header, ["image", "mask", "category", "split", "label", "defects", "object", "caption"]);
        for row in reader.records() {
            let row = row.unwrap();
            let (picture, mask, category, split) = (&row[0], &row[1], &row[2], &row[3]);
            assert!(files.remove(picture), "{picture}");
            let (width, height) = image::image_dimensions(out.join(picture)).unwrap();
            assert_eq!((width, height), (64, 64));
            assert!(picture.starts_with(&format!("{category}/{split}/")));
            assert!(row[7].contains(&row[6]), "{row:?}");
            if &row[4] == "normal" {
                assert!(mask.is_empty() && row[5].is_empty() && picture.contains("/good/"));
                continue;
            }
            let kinds: Vec<&str> = row[5].split(';').collect();
            let defect = if kinds.len() == 1 { kinds[0] } else { "combined" };
            let stem = Path::new(picture).file_stem().unwrap().to_str().unwrap();
            assert_eq!(picture, format!("{category}/test/{defect}/{stem}.png"));
            assert_eq!(mask, format!("{category}/ground_truth/{defect}/{stem}_mask.png"));
            assert!(files.remove(mask), "{mask}");
            let values: BTreeSet<u8> =
                image::open(out.join(mask)).unwrap().into_luma8().into_raw().into_iter().collect();
            assert_eq!(values, BTreeSet::from([0, 255]));
        }
        assert!(files.is_empty(), "not in captions.csv: {files:?}");
    }
}

#[test]
fn bytes_depend_on_neither_threads_nor_the_rest_of_the_set() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let all = small(World::Test);
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    pool(1).install(|| write(&all, &at("one"), &quiet)).unwrap();
    pool(4).install(|| write(&all, &at("four"), &quiet)).unwrap();
    let reference = contents(&at("one"));
    assert_eq!(reference, contents(&at("four")));

    let part = Recipe { categories: vec!["hex_nut".into()], train: 3, good: 1, defective: 2, ..all };
    write(&part, &at("part"), &quiet).unwrap();
    let mut shared = 0;
    for (name, bytes) in contents(&at("part")) {
        if name.ends_with(".png") && reference.contains_key(&name) {
            shared += 1;
            assert_eq!(reference[&name], bytes, "{name}");
        }
    }
    assert_eq!(shared, 1 + 1 + 2 * 2);
}

#[test]
fn a_folder_with_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    fs::write(out.join("thesis.txt"), "all of it").unwrap();
    let recipe =
        Recipe { categories: vec!["slate".into()], size: 64, good: 1, defective: 0, ..Recipe::default() };
    let error = write(&recipe, out, &quiet).unwrap_err();
    assert_eq!(error.kind, Kind::File);
    assert!(error.subject.contains(out.to_str().unwrap()), "{error}");
    assert_eq!(contents(out).len(), 1);

    fs::remove_file(out.join("thesis.txt")).unwrap();
    write(&recipe, out, &quiet).unwrap();
    let first = contents(out);
    write(&recipe, out, &quiet).unwrap();
    assert_eq!(first, contents(out));
    let error = write(&Recipe { seed: 1, ..recipe }, out, &quiet).unwrap_err();
    assert!(error.problem.contains("other options"), "{error}");
    assert_eq!(first, contents(out));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let recipe =
        Recipe { categories: vec!["slate".into()], size: 64, good: 1, defective: 0, ..Recipe::default() };
    write(&recipe, out, &quiet).unwrap();
    for name in ["captions.csv", "slate/test/good/000.png", "synth.toml"] {
        let path = out.join(name);
        fs::remove_file(&path).unwrap();
        crate::listing::make_pipe(&path);
        let error = write(&recipe, out, &quiet).unwrap_err();
        assert!(error.subject.ends_with(name) && error.problem.contains("pipe"), "{error}");
        fs::remove_file(&path).unwrap();
        if name == "synth.toml" {
            break;
        }
        write(&recipe, out, &quiet).unwrap();
    }
}

#[test]
fn senseless_requests_are_refused_by_name() {
    let error = render(World::Test, "linen", 0, 0, 192, false).unwrap_err();
    assert_eq!((error.kind, error.subject.as_str()), (Kind::Usage, "linen"));
    assert!(error.fix.contains("hex_nut"), "{error}");
    for size in [0, 63, 2049] {
        let error = render(World::Test, "slate", 0, 0, size, false).unwrap_err();
        assert!(error.subject.contains(&size.to_string()), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new");
    let recipe = Recipe { categories: vec!["unicorn".into()], ..Recipe::default() };
    assert_eq!(write(&recipe, &out, &quiet).unwrap_err().subject, "unicorn");
    assert!(!out.exists());
    assert_eq!("test".parse::<World>().unwrap(), World::default());
    assert!("moon".parse::<World>().is_err());
}

#[test]
fn a_wider_picture_shows_more_around_the_same_part() {
    let wide = Format { height: 96, width: 160 };
    let tall = Format { height: 160, width: 96 };
    for (world, category) in [(World::Test, "hex_nut"), (World::Test, "leather"), (World::Train, "coin")] {
        for index in [0, 5] {
            let square = render_pair(world, category, 5, index, 96).unwrap();
            for (format, middle) in [(wide, s![.., .., 32..128]), (tall, s![.., 32..128, ..])] {
                let pair = render_pair(world, category, 5, index, format).unwrap();
                assert_eq!(pair.clean.dim(), (3, format.height, format.width));
                assert_eq!(pair.mask.dim(), (format.height, format.width));
                assert!(pair.mask.iter().any(|&on| on), "{category} {index}");
                // The lens falls off elsewhere, and the shadow of what is near the edge reaches further.
                let (old, new) = (&square.clean, pair.clean.slice(middle));
                let apart = (old - &new).mapv(f32::abs).mean().unwrap();
                let stretched = (old - &old.slice(s![.., .., ..;-1])).mapv(f32::abs).mean().unwrap();
                assert!(apart < 0.06 && apart < stretched, "{category} {index}: {apart} {stretched}");
            }
        }
    }
}

#[test]
fn defects_of_wide_textures_are_anywhere_and_as_large_as_in_squares() {
    let format = Format { height: 64, width: 256 };
    let (mut outside, mut areas) = (0, Vec::new());
    for index in 0..12 {
        let mask = render(World::Test, "slate", 3, index, format, true).unwrap().mask;
        let middle = mask.slice(s![.., 96..160]).iter().filter(|&&on| on).count();
        let all = mask.iter().filter(|&&on| on).count();
        outside += usize::from(all > middle);
        areas.push(all as f32 / (64.0 * 64.0));
    }
    assert!(outside >= 4, "{outside} of 12");
    areas.sort_by(f32::total_cmp);
    assert!((0.005..0.08).contains(&areas[6]), "{areas:?}");
}

#[test]
fn a_data_set_of_an_aspect_is_recorded_and_not_mixed_with_another() {
    let folder = tempfile::tempdir().unwrap();
    let recipe =
        Recipe { aspect: "3:2".parse().unwrap(), train: 0, good: 1, defective: 1, ..small(World::Test) };
    write(&recipe, folder.path(), &quiet).unwrap();
    let picture = image::open(folder.path().join("slate/test/good/000.png")).unwrap();
    assert_eq!((picture.width(), picture.height()), (96, 64));
    let record = fs::read_to_string(folder.path().join("synth.toml")).unwrap();
    assert!(record.contains("aspect = \"3:2\""), "{record}");
    let square = Recipe { aspect: Aspect::default(), ..recipe };
    assert!(write(&square, folder.path(), &quiet).is_err());
    let long = Recipe { aspect: "9:1".parse().unwrap(), ..square };
    let error = write(&long, &folder.path().join("long"), &quiet).unwrap_err();
    assert!(error.problem.contains("too long") && error.fix.contains("`aspect`"), "{error}");
}
