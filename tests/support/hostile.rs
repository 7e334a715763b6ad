//! Files changed at random, given to the code that reads such files: it reads them or refuses them. A panic, an endless loop or a process
//! that dies is a failure.
//!
//! What is tried depends on the name of the target and the number of the try alone. `ASKANCE_HOSTILE_SECONDS=600` tries for that long
//! instead of [`TRIES`] times, `ASKANCE_HOSTILE_TARGET=map` that target alone. The input of the last try lies in a file of its own, for the case that the process dies.

use std::fs;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Tries of a target where the environment does not say for how long.
const TRIES: u64 = 400;
/// What one input may take at most.
const LONGEST: Duration = Duration::from_secs(10);

/// Words that parsers of several formats stumble over.
const WORDS: [&[u8]; 24] = [
    b"0",
    b"-1",
    b"-0",
    b"1",
    b"255",
    b"65536",
    b"2147483648",
    b"-2147483649",
    b"4294967296",
    b"9223372036854775808",
    b"18446744073709551615",
    b"1e309",
    b"-1e309",
    b"1e-320",
    b"nan",
    b"inf",
    b"\"",
    b"\"\"\"",
    b",",
    b"\r\n",
    b"\0",
    b"../",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
];

/// Gives `read` the path of a file `file_name` with changed content, again and again.
pub fn try_changed(target: &str, file_name: &str, seeds: &[Vec<u8>], read: impl FnMut(&Path)) {
    let folder = std::env::temp_dir().join(format!("askance-hostile-{}", std::process::id())).join(target);
    fs::create_dir_all(&folder).unwrap();
    try_changed_at(target, &folder.join(file_name), seeds, read);
    fs::remove_dir_all(&folder).unwrap();
}

#[allow(clippy::print_stdout, reason = "a long run says how much it tried")]
/// Changes the file at `path`, which may lie among others that are read with it.
pub fn try_changed_at(target: &str, path: &Path, seeds: &[Vec<u8>], mut read: impl FnMut(&Path)) {
    assert!(!seeds.is_empty(), "{target} has no seeds");
    if std::env::var("ASKANCE_HOSTILE_TARGET").is_ok_and(|only| only != target) {
        return;
    }
    let until = std::env::var("ASKANCE_HOSTILE_SECONDS").ok().map(|seconds| {
        Instant::now() + Duration::from_secs_f64(seconds.parse().expect("a number of seconds"))
    });
    let mut tries = 0;
    while until.map_or(tries < TRIES, |until| Instant::now() < until) {
        let input = if tries == 0 { seeds[0].clone() } else { changed(target, tries, seeds) };
        fs::write(path, &input).unwrap();
        let start = Instant::now();
        let caught = panic::catch_unwind(AssertUnwindSafe(|| read(path)));
        let took = start.elapsed();
        if caught.is_err() || took > LONGEST {
            let kept = keep(target, tries, &input);
            let problem = if caught.is_err() { "panicked".into() } else { format!("took {took:?}") };
            panic!("{target} {problem} at try {tries}: {}", kept.display());
        }
        tries += 1;
    }
    if until.is_some() {
        println!("{target}: {tries} inputs");
    }
}

fn keep(target: &str, tries: u64, input: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("askance-hostile-{target}-{tries}"));
    fs::write(&path, input).unwrap();
    path
}

fn changed(target: &str, number: u64, seeds: &[Vec<u8>]) -> Vec<u8> {
    let name = target
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut dice = ChaCha8Rng::seed_from_u64(name ^ number);
    let mut bytes = seeds[dice.random_range(0..seeds.len())].clone();
    for _ in 0..dice.random_range(1..=4) {
        let other = &seeds[dice.random_range(0..seeds.len())];
        change(&mut bytes, other, &mut dice);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], dice: &mut ChaCha8Rng) {
    let range = some_range(bytes.len(), dice);
    let at = range.start;
    match dice.random_range(0..11) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.random_range(0..8),
        1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'\n'][dice.random_range(0..6)],
        2 => drop(bytes.drain(range)),
        3 => bytes.truncate(at),
        4 => {
            let again = bytes[range].to_vec();
            drop(bytes.splice(at..at, again));
        }
        5 => drop(bytes.splice(range, other[some_range(other.len(), dice)].to_vec())),
        6 => drop(bytes.splice(at..at, WORDS[dice.random_range(0..WORDS.len())].to_vec())),
        7 => {
            let random: Vec<u8> = range.map(|_| dice.random()).collect();
            drop(bytes.splice(at..at, random));
        }
        8 => number(bytes, at, dice),
        9 => {
            let extreme =
                [0, 1, u64::MAX, u64::MAX / 2, 1 << 31, 1 << 32][dice.random_range(0..6)].to_le_bytes();
            let length = [1, 2, 4, 8][dice.random_range(0..4)].min(bytes.len() - at);
            bytes[at..at + length].copy_from_slice(&extreme[..length]);
        }
        _ => swap_lines(bytes, dice),
    }
}

/// A range of up to 64 bytes, sometimes of any length.
fn some_range(length: usize, dice: &mut ChaCha8Rng) -> Range<usize> {
    let start = dice.random_range(0..=length);
    let longest = if dice.random_range(0..8) == 0 { length - start } else { (length - start).min(64) };
    start..start + dice.random_range(0..=longest)
}

/// Replaces the first number after `at` by another one.
fn number(bytes: &mut Vec<u8>, at: usize, dice: &mut ChaCha8Rng) {
    let Some(start) = (at..bytes.len()).find(|&i| bytes[i].is_ascii_digit()) else { return };
    let end = (start..bytes.len()).find(|&i| !bytes[i].is_ascii_digit()).unwrap_or(bytes.len());
    drop(bytes.splice(start..end, WORDS[dice.random_range(0..16)].to_vec()));
}

fn swap_lines(bytes: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    if lines.len() < 2 {
        return;
    }
    let (a, b) = (dice.random_range(0..lines.len()), dice.random_range(0..lines.len()));
    lines.swap(a, b);
    *bytes = lines.concat();
}
