//! What becomes of a run whose files were damaged on disk: one bit flipped, or cut short. Every file of a small run is damaged at a few
//! places; `ASKANCE_DAMAGE=60` tries each at 60 (docs/records.md has the counts), `ASKANCE_DAMAGE_SEED` other ones.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use askance::attack::Select;
use askance::record::RunDir;
use askance::study::{
    Checked, Data, Merge, Observe as _, Plan, Quiet, ReportPage, Scope, Source, Uniform, draw,
};
use askance::types::Axis;

use super::{Bench, Listener, fake, files};

type Files = Vec<(PathBuf, Vec<u8>)>;

/// What became of a damaged file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// The command ended with an error that names a file.
    Refused,
    /// It warned, and left what an undamaged run has.
    Mended,
    /// It said nothing, and left what an undamaged run has.
    Alike,
}

/// One sample of each kind, and a run of every stage that searches.
struct Case {
    bench: Bench,
    data: Data,
    checked: Checked,
}

impl Case {
    fn new(select: Select) -> Self {
        let bench = Bench::new();
        let source = Source::new(bench.data()).categories(["nut"]).limit(1);
        let data = Data::open(&source, &Quiet).unwrap();
        let uniform = Uniform { scopes: vec![Scope::Category], budget: 3 };
        let plan = Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(4).seed(3).keep_traces(true);
        let plan = plan.select(select).uniform(uniform).random(2).tolerance([Axis::Hue]).tolerance_steps(3);
        Self { bench, data, checked: plan.check().unwrap() }
    }

    fn out(&self) -> PathBuf {
        self.bench.out("run")
    }

    /// Gives the command again.
    fn again(&self) -> Result<Vec<String>, String> {
        let heard = Listener::default();
        let outcome = self.checked.run(self.out(), &self.data, &mut fake(), &heard);
        outcome.map(|_| heard.warnings.take()).map_err(|error| error.to_string())
    }

    /// Gives the command again after a file was damaged; it must not come to other results without a word.
    fn fate_of_run(&self, right: &Files, name: &Path, what: &str) -> Fate {
        match self.again() {
            Err(said) => {
                let stem = name.file_name().unwrap().to_string_lossy();
                assert!(said.contains(stem.as_ref()), "{what}: {said}");
                Fate::Refused
            }
            Ok(warnings) => {
                let now = files(&self.out());
                let other =
                    right.iter().zip(&now).find(|(right, now)| right != now).map(|(right, _)| &right.0);
                assert!(
                    *right == now,
                    "{what}: {} differs, {warnings:?}",
                    other.unwrap_or(&PathBuf::new()).display()
                );
                if warnings.is_empty() { Fate::Alike } else { Fate::Mended }
            }
        }
    }

    fn restore(&self, everything: &Files) {
        for (name, bytes) in everything {
            let path = self.out().join(name);
            if fs::read(&path).ok().as_ref() != Some(bytes) {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
        }
    }
}

fn with_record(folder: &Path) -> Files {
    let mut all = files(folder);
    let record = ["run.toml", ".run.toml.copy"].map(PathBuf::from);
    all.extend(record.map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())));
    all
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Places below `limit`, spread over it: another set for every file.
fn places(limit: usize, count: u64, salt: u64) -> Vec<usize> {
    let mut state = number("ASKANCE_DAMAGE_SEED", 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt;
    let mut next = move || {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    (0..count).map(|_| (next() % limit.max(1) as u64) as usize).collect()
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

fn told(what: &str, fates: &BTreeMap<Fate, usize>) {
    eprintln!("{what}: {fates:?}, {} in all, 0 silent", fates.values().sum::<usize>());
}

/// Damages each file of finished runs at several places, one after the other, gives the command again, and counts what became of it.
/// `damaged` says what is wrong with the bytes, and gives them.
fn of_finished_runs(
    places: impl Fn(usize, u64) -> Vec<usize>,
    damaged: impl Fn(&[u8], usize) -> (String, Vec<u8>),
    look: impl Fn(Fate, &Path, &str),
) -> BTreeMap<Fate, usize> {
    let mut fates = BTreeMap::new();
    for select in [Select::Pooled, Select::Loss] {
        let case = Case::new(select);
        case.again().unwrap();
        let (right, everything) = (files(&case.out()), with_record(&case.out()));
        for (salt, (name, bytes)) in everything.iter().enumerate() {
            for place in places(bytes.len(), salt as u64) {
                let (problem, damaged) = damaged(bytes, place);
                let what = format!("{select:?}: {problem} of {}", name.display());
                fs::write(case.out().join(name), damaged).unwrap();
                let fate = case.fate_of_run(&right, name, &what);
                look(fate, name, &what);
                *fates.entry(fate).or_default() += 1;
                case.restore(&everything);
            }
        }
    }
    fates
}

#[test]
fn no_flipped_bit_changes_a_result_without_a_word() {
    let count = number("ASKANCE_DAMAGE", 2);
    let bits = |length: usize, salt| places(length * 8, count, salt);
    let fates =
        of_finished_runs(bits, |bytes, bit| (format!("bit {bit}"), flipped(bytes, bit)), |_, _, _| ());
    told("flipped bits, the command again", &fates);
}

#[test]
fn no_cut_changes_a_result_or_is_not_gone_on_from() {
    let count = number("ASKANCE_DAMAGE", 2);
    let lengths = |length, salt: u64| places(length, count, 1000 + salt).into_iter().chain([0]).collect();
    let cut = |bytes: &[u8], length: usize| (format!("{length} bytes"), bytes[..length].to_vec());
    let fates = of_finished_runs(lengths, cut, |fate, name, what| {
        let is_told = fate == Fate::Mended || name != Path::new("run.toml");
        assert!(fate != Fate::Refused && is_told, "{what}");
    });
    told("cuts, the command again", &fates);
}

/// A run that is under way has other files than one that is finished.
#[test]
fn a_run_that_was_stopped_and_lost_the_end_of_a_file_goes_on() {
    let count = number("ASKANCE_DAMAGE", 2);
    let mut fates = BTreeMap::new();
    for calls in [4, 12, 20] {
        let case = Case::new(Select::Pooled);
        case.again().unwrap();
        let right = files(&case.out());
        fs::remove_dir_all(case.out()).unwrap();
        let stop = Listener::stopping_after(calls);
        if case.checked.run(case.out(), &case.data, &mut fake(), &stop).is_ok() {
            continue;
        }
        assert!(stop.stop());
        let everything = with_record(&case.out());
        for (salt, (name, bytes)) in everything.iter().enumerate() {
            for length in places(bytes.len(), count, 2000 + salt as u64) {
                let what = format!("stopped after {calls}: {length} bytes of {}", name.display());
                fs::write(case.out().join(name), &bytes[..length]).unwrap();
                let fate = case.fate_of_run(&right, name, &what);
                assert!(fate != Fate::Refused, "{what}");
                *fates.entry(fate).or_default() += 1;
                fs::remove_dir_all(case.out()).unwrap();
                case.restore(&everything);
            }
        }
    }
    told("cuts of a run under way, the command again", &fates);
}

/// Figures, merges and what starts from a run read it without making anything anew.
#[test]
fn no_damage_gets_into_figures_or_merges_without_a_word() {
    let count = number("ASKANCE_DAMAGE", 1);
    let case = Case::new(Select::Pooled);
    case.again().unwrap();
    let everything = with_record(&case.out());
    let run = [RunDir::open(case.out()).unwrap()];
    let figures = case.bench.out("figures");
    let drawn = || {
        let _ = fs::remove_dir_all(&figures);
        draw(&run, &figures).map(|_| files(&figures))
    };
    let right = drawn().unwrap();
    let mut fates = BTreeMap::new();
    for (salt, (name, bytes)) in everything.iter().enumerate() {
        let bits =
            places(bytes.len() * 8, count, 3000 + salt as u64).into_iter().map(|bit| flipped(bytes, bit));
        let cuts = places(bytes.len(), count, 4000 + salt as u64);
        // At the end of a row too, where no row is torn.
        let rows = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let rows: Vec<usize> =
            rows.filter(|&at| at < bytes.len() && name.extension().is_some_and(|e| e == "csv")).collect();
        let rows = places(rows.len(), count.min(rows.len() as u64), 5000).into_iter().map(|at| rows[at]);
        let cuts: Vec<usize> = cuts.into_iter().chain(rows).collect();
        for wrong in bits.chain(cuts.into_iter().map(|length| bytes[..length].to_vec())) {
            fs::write(case.out().join(name), &wrong).unwrap();
            let fate = match drawn() {
                Err(_) => Fate::Refused,
                Ok(now) => {
                    assert!(now == right, "figures of a run whose {} is damaged differ", name.display());
                    Fate::Alike
                }
            };
            *fates.entry(fate).or_default() += 1;
            case.restore(&everything);
        }
    }
    told("flipped bits and cuts, figures", &fates);
}

#[test]
fn a_row_that_is_gone_from_a_table_is_missed_by_readers_and_made_again() {
    let case = Case::new(Select::Pooled);
    case.again().unwrap();
    let (right, everything) = (files(&case.out()), with_record(&case.out()));
    let run = [RunDir::open(case.out()).unwrap()];
    let (figures, page) = (case.bench.out("figures"), case.bench.out("page.html"));
    let mut tables = 0;
    for (name, bytes) in everything.iter().filter(|(name, _)| name.extension().is_some_and(|e| e == "csv")) {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for gone in 1..lines.len().saturating_sub(1).min(4) {
            let left: Vec<&str> =
                lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| *line).collect();
            fs::write(case.out().join(name), left.join("\n") + "\n").unwrap();
            let what = format!("row {gone} of {}", name.display());
            if name != Path::new("files.csv") {
                let said = draw(&run, &figures).map(drop).and_then(|()| ReportPage::new(&run).write(&page));
                let said = said.map(drop).expect_err(&what).to_string();
                assert!(
                    said.contains(name.to_str().unwrap()) && said.contains("lost rows"),
                    "{what}: {said}"
                );
            }
            assert_ne!(case.fate_of_run(&right, name, &what), Fate::Refused, "{what}");
            case.restore(&everything);
            tables += usize::from(gone == 1);
        }
    }
    assert!(tables > 5, "{tables} tables have rows enough");
}

#[test]
fn no_damage_of_a_shard_gets_into_the_merged_run_without_a_word() {
    let count = number("ASKANCE_DAMAGE", 1);
    let bench = Bench::new();
    let data = Data::open(&Source::new(bench.data()).categories(["nut"]).limit(1), &Quiet).unwrap();
    let plan = || Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(4).seed(3).keep_traces(true).random(2);
    let shards = ["1/2", "2/2"].map(|shard| {
        let out = bench.out(&shard.replace('/', "of"));
        let checked = plan().shard(shard.parse().unwrap()).check().unwrap();
        checked.run(&out, &data, &mut fake(), &Quiet).unwrap();
        out
    });
    let merged = bench.out("merged");
    let merge = || {
        let _ = fs::remove_dir_all(&merged);
        let merge = Merge { shards: shards.to_vec(), ..Merge::default() };
        merge.run(&merged, &Quiet).map(|_| files(&merged))
    };
    let right = merge().unwrap();
    let mut fates = BTreeMap::new();
    let everything = with_record(&shards[0]);
    for (salt, (name, bytes)) in everything.iter().enumerate() {
        let bits =
            places(bytes.len() * 8, count, 6000 + salt as u64).into_iter().map(|bit| flipped(bytes, bit));
        let cuts =
            places(bytes.len(), count, 7000 + salt as u64).into_iter().map(|length| bytes[..length].to_vec());
        for wrong in bits.chain(cuts) {
            fs::write(shards[0].join(name), &wrong).unwrap();
            let fate = match merge() {
                Err(_) => Fate::Refused,
                Ok(now) => {
                    assert!(now == right, "a merge of a shard whose {} is damaged differs", name.display());
                    Fate::Alike
                }
            };
            *fates.entry(fate).or_default() += 1;
            fs::write(shards[0].join(name), bytes).unwrap();
        }
    }
    told("flipped bits and cuts of a shard, merge", &fates);
}
