//! Installing a flavour: pip downloads the pinned wheel, its SHA-256 is checked, the libraries are unpacked and the
//! folder is moved into place in one step, so that another process sees all of it or nothing.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use zip::ZipArchive;

use super::cache::library_folder;
use super::command::{Ended, run};
use super::event::Event;
use super::find::{library_in, nowhere};
use super::flavour::{Flavour, Wheel};
use super::python;
use crate::error::{Error, Result};
use crate::model::bundle::sha256_of_file;

const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Installs a flavour into `cache` (see [`cache_folder`](super::cache_folder)) unless it is there; returns the folder that
/// holds the library.
///
/// # Errors
/// No wheel is pinned for this machine; neither Python nor pip is there or pip fails (the error names three other ways);
/// the wheel has another SHA-256 than the pinned one; the cache cannot be written.
pub fn install(flavour: Flavour, cache: &Path, announce: &dyn Fn(&Event)) -> Result<PathBuf> {
    let wheel = flavour.wheel()?;
    let target = library_folder(cache, wheel);
    if library_in(&target).is_some() {
        announce(&Event::AlreadyInstalled(target.clone()));
        return Ok(target);
    }
    let staging = Staging::beside(&target)?;
    let _lock = wait_for_others(&target);
    if library_in(&target).is_some() {
        announce(&Event::AlreadyInstalled(target.clone()));
        return Ok(target);
    }
    let package = format!("{} {}", wheel.package, wheel.version);
    announce(&Event::Downloading { package, megabytes: wheel.megabytes });
    let file = download(wheel, &staging.folder)?;
    install_wheel(&file, wheel, &staging.folder.join("unpacked"), &target)?;
    announce(&Event::Installed(target.clone()));
    Ok(target)
}

/// Keeps other processes and threads from downloading the same at the same time, while the result lives. Only a saving: where
/// the file system has no locks, both install, and the first to finish wins.
fn wait_for_others(target: &Path) -> Option<File> {
    let name = target.file_name()?.to_str()?;
    let file = File::create(target.with_file_name(format!(".{name}.lock"))).ok()?;
    file.lock().ok().map(|()| file)
}

/// Checks, unpacks and moves into place.
fn install_wheel(file: &Path, wheel: &Wheel, unpacked: &Path, target: &Path) -> Result<()> {
    let found = sha256_of_file(file)?;
    if found != wheel.sha256 {
        return Err(Error::runtime(
            format!("{} {}", wheel.package, wheel.version),
            format!("the download has SHA-256 {found}, not the pinned {}", wheel.sha256),
            "do not use it: check pip's index and proxy settings, then try again",
        ));
    }
    unpack(file, unpacked)?;
    let origin = format!(
        "package = \"{}\"\nversion = \"{}\"\nwheel_sha256 = \"{found}\"\n",
        wheel.package, wheel.version
    );
    write_failed(unpacked, fs::write(unpacked.join("origin.toml"), origin))?;
    match fs::rename(unpacked, target) {
        Ok(()) => Ok(()),
        // Another process was faster; what it put there passed the same checks.
        Err(_) if library_in(target).is_some() => Ok(()),
        Err(error) => {
            Err(Error::file(target, format!("cannot be put in place: {error}"), "delete it and try again"))
        }
    }
}

/// Runs pip; returns the wheel.
fn download(wheel: &Wheel, folder: &Path) -> Result<PathBuf> {
    let mut reasons = Vec::new();
    for interpreter in python::interpreters() {
        let mut command = Command::new(&interpreter);
        command.args(["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]);
        command.args([
            "--no-deps",
            "--only-binary=:all:",
            "--python-version",
            "3.12",
            "--implementation",
            "cp",
        ]);
        command.args(["--abi", "cp312", "--platform", wheel.platform, "--dest"]).arg(folder);
        command.arg(format!("{}=={}", wheel.package, wheel.version));
        let reason = match run(&mut command, LIMIT) {
            Ended::Exited { success: true, .. } => return only_wheel(folder),
            Ended::Exited { stderr, .. } => last_error(&stderr),
            Ended::NotStarted(error) => error,
            Ended::TimedOut => "pip did not end within half an hour".into(),
        };
        // Another interpreter helps where this one lacks pip, not where the network is missing.
        let pip_failed = reason.starts_with("ERROR");
        reasons.push(format!("{}: {reason}", interpreter.display()));
        if pip_failed {
            break;
        }
    }
    Err(nowhere(
        wheel.flavour,
        &format!("none was found, and it could not be downloaded with pip ({})", reasons.join("; ")),
    ))
}

/// The most telling line of pip's messages: the last that says ERROR, else the last.
fn last_error(stderr: &str) -> String {
    let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = lines.clone().rfind(|line| line.starts_with("ERROR")).or_else(|| lines.next_back());
    telling.unwrap_or("it failed without a word").to_string()
}

fn only_wheel(folder: &Path) -> Result<PathBuf> {
    let entries = write_failed(folder, fs::read_dir(folder))?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| {
            Error::file(folder, "pip ended well but left no wheel there", "try again with a newer pip")
        })
}

/// Unpacks the shared libraries (not Python's own module) and the licences. Members that are byte for byte the same file
/// (OpenVINO's wheel holds each library three times) become links to one.
fn unpack(wheel: &Path, folder: &Path) -> Result<()> {
    let damaged = |error: &dyn std::fmt::Display| {
        Error::file(wheel, format!("cannot be unpacked: {error}"), "try again; is the disk full?")
    };
    write_failed(folder, fs::create_dir_all(folder))?;
    let mut archive = File::open(wheel)
        .map_err(|error| damaged(&error))
        .and_then(|file| ZipArchive::new(file).map_err(|error| damaged(&error)))?;
    let mut unpacked: HashMap<(u32, u64), PathBuf> = HashMap::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|error| damaged(&error))?;
        let Some(name) = member.enclosed_name().as_deref().and_then(wanted) else { continue };
        let (path, key) = (folder.join(name), (member.crc32(), member.size()));
        if unpacked.get(&key).is_some_and(|twin| fs::hard_link(twin, &path).is_ok()) {
            continue;
        }
        let mut file = File::create(&path).map_err(|error| damaged(&error))?;
        io::copy(&mut member, &mut file).map_err(|error| damaged(&error))?;
        unpacked.insert(key, path);
    }
    Ok(())
}

/// The file name under which a member of the wheel is kept, if it is.
fn wanted(member: &Path) -> Option<String> {
    let name = member.file_name()?.to_str()?;
    let parent = member.parent()?;
    let library = parent == Path::new("onnxruntime/capi") && name.starts_with("lib") && name.contains(".so");
    let licence = parent == Path::new("onnxruntime") && ["LICENSE", "ThirdPartyNotices.txt"].contains(&name);
    (library || licence).then(|| name.to_string())
}

/// A folder of this process and call alone, on the same file system as the target; removed when it is dropped.
struct Staging {
    folder: PathBuf,
}

impl Staging {
    fn beside(target: &Path) -> Result<Self> {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let parent = target.parent().unwrap_or(Path::new("."));
        let folder = parent.join(format!(".staging-{}-{call}", std::process::id()));
        write_failed(&folder, fs::create_dir_all(&folder))?;
        Ok(Self { folder })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What stays behind wastes space but harms nothing.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn write_failed<T>(path: &Path, result: io::Result<T>) -> Result<T> {
    result.map_err(|error| {
        Error::file(
            path,
            format!("cannot be used: {error}"),
            "choose a cache folder that can be written with ASKANCE_CACHE",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use sha2::{Digest, Sha256};
    use zip::write::SimpleFileOptions;

    use super::*;

    /// A wheel-like archive and a pin for it.
    fn archive(folder: &Path) -> (PathBuf, Wheel) {
        let path = folder.join("onnxruntime.whl");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, text) in [
            ("onnxruntime/capi/libonnxruntime.so.1.31.1", "library"),
            ("onnxruntime/capi/libtwin.so", "library"),
            ("onnxruntime/capi/onnxruntime_pybind11_state.so", "python"),
            ("onnxruntime/LICENSE", "licence"),
            ("onnxruntime/capi/../../../libescape.so", "escape"),
        ] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let digest = Sha256::digest(fs::read(&path).unwrap());
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let wheel = Wheel { sha256: sha256.leak(), ..super::super::flavour::WHEELS[0] };
        (path, wheel)
    }

    #[test]
    fn libraries_and_licences_are_kept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (file, wheel) = archive(folder.path());
        let target = folder.path().join("target");
        install_wheel(&file, &wheel, &folder.path().join("unpacked"), &target).unwrap();
        let mut names: Vec<_> = fs::read_dir(&target)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["LICENSE", "libonnxruntime.so.1.31.1", "libtwin.so", "origin.toml"]);
        assert_eq!(fs::read(target.join("libtwin.so")).unwrap(), b"library");
    }

    #[test]
    fn another_hash_is_refused_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (file, wheel) = archive(folder.path());
        let wheel = Wheel { sha256: "00", ..wheel };
        let target = folder.path().join("target");
        let error = install_wheel(&file, &wheel, &folder.path().join("unpacked"), &target).unwrap_err();
        assert!(error.problem.contains("SHA-256"), "{error}");
        assert!(!target.exists());
    }

    #[test]
    fn two_at_once_both_succeed() {
        let folder = tempfile::tempdir().unwrap();
        let (file, wheel) = archive(folder.path());
        let target = folder.path().join("target");
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    let (file, wheel, target) = (&file, &wheel, &target);
                    let unpacked = folder.path().join(format!("unpacked-{n}"));
                    scope.spawn(move || install_wheel(file, wheel, &unpacked, target))
                })
                .collect();
            for thread in threads {
                thread.join().unwrap().unwrap();
            }
        });
        assert!(library_in(&target).is_some());
    }

    #[test]
    fn what_pip_says_last_is_told() {
        let stderr = "WARNING: retrying\nERROR: first\nERROR: No matching distribution\n\n[notice] new pip\n";
        assert_eq!(last_error(stderr), "ERROR: No matching distribution");
        assert_eq!(
            last_error("/usr/bin/python3: No module named pip\n"),
            "/usr/bin/python3: No module named pip"
        );
    }
}
