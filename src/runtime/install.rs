//! Installing a flavour. Each of its components is a folder of the cache: pip downloads the pinned wheels one by one, the
//! SHA-256 of each is checked before it is kept, and when all are there they are unpacked and the folder is moved into place
//! in one step, so that another process sees all of it or nothing. An installation that was stopped goes on with the wheels
//! that it had kept.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::cache::runtime_folder;
use super::event::Event;
use super::flavour::Flavour;
use super::hash::sha256_of_file;
use super::library::{library_in, nowhere};
use super::unpack::unpack;
use super::wheels::{self, Component, Wheel};
use super::{pip, python};
use crate::error::{Error, Result};

/// Options of an installation: what of a flavour is installed, and how that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstallOptions {
    /// Whether CUDA and cuDNN are left out of the GPU flavour, for those who have them. An error for any other flavour.
    pub without_cuda: bool,
    /// Whether pip's own progress bar is drawn on standard error.
    pub show_progress: bool,
}

/// Name of the file that tells what a folder was made from, the last that is written before the folder is moved into place.
const ORIGIN: &str = "origin.toml";

/// Installs the missing components of a flavour into `cache` (see [`cache_folder`](super::cache_folder)), and returns the folder
/// that holds the library.
///
/// # Errors
/// No wheel is pinned for this machine; neither Python nor pip is there or pip fails (the error names other ways); a wheel
/// has another SHA-256 than the pinned one; the cache cannot be written; `without_cuda` for a flavour that has none.
pub fn install(
    flavour: Flavour,
    cache: &Path,
    options: InstallOptions,
    announce: &dyn Fn(&Event),
) -> Result<PathBuf> {
    if options.without_cuda && flavour != Flavour::Gpu {
        let problem = format!("is for the flavour gpu, and this is {flavour}");
        return Err(Error::usage("`without_cuda`", problem, "leave it out"));
    }
    let root = runtime_folder(cache);
    let interpreters = python::interpreters();
    let fetch = |wheel: &Wheel, folder: &Path| {
        pip::download(&interpreters, wheel, folder, options.show_progress).map_err(|reason| {
            nowhere(flavour, &format!("{} could not be downloaded ({reason})", wheel.name()))
        })
    };
    let components = wheels::components(flavour, options.without_cuda)?;
    for component in &components {
        put_in_place(component, &root, &fetch, announce)?;
    }
    Ok(root.join(&components[0].folder))
}

/// The function that gets a wheel into an empty folder.
type Fetch<'a> = dyn Fn(&Wheel, &Path) -> Result<PathBuf> + 'a;

/// Installs a component below `root` unless it is there.
fn put_in_place(component: &Component, root: &Path, fetch: &Fetch, announce: &dyn Fn(&Event)) -> Result<()> {
    let target = root.join(&component.folder);
    if is_in_place(&target) {
        announce(&Event::AlreadyInstalled(target));
        return Ok(());
    }
    let downloads = root.join("downloads");
    write_failed(&downloads, fs::create_dir_all(&downloads))?;
    let lock = wait_for_others(root, &component.folder);
    if is_in_place(&target) {
        announce(&Event::AlreadyInstalled(target));
        return Ok(());
    }
    if lock.is_some() {
        remove_leftovers(root, &component.folder);
    }
    let staging = Staging::create(root, &component.folder)?;
    let mut kept = Vec::new();
    for (index, wheel) in component.wheels.iter().enumerate() {
        let file = downloads.join(format!("{}-{}-{}.whl", wheel.package, wheel.version, wheel.platform));
        if file.is_file() && check(&file, wheel).is_ok() {
            announce(&Event::AlreadyDownloaded { package: wheel.name() });
        } else {
            announce(&Event::Downloading {
                package: wheel.name(),
                megabytes: wheel.megabytes,
                number: index + 1,
                of: component.wheels.len(),
            });
            let arrival = staging.folder.join(wheel.package);
            write_failed(&arrival, fs::create_dir_all(&arrival))?;
            let arrived = fetch(wheel, &arrival)?;
            check(&arrived, wheel)?;
            write_failed(&file, fs::rename(&arrived, &file))?;
        }
        kept.push(file);
    }
    let unpacked = staging.folder.join("unpacked");
    for file in &kept {
        unpack(file, &unpacked)?;
    }
    write_failed(&unpacked, fs::write(unpacked.join(ORIGIN), origin(component.wheels)))?;
    move_into_place(&unpacked, &target)?;
    for file in kept {
        // What stays behind wastes space but harms nothing.
        let _ = fs::remove_file(file);
    }
    announce(&Event::Installed(target));
    Ok(())
}

fn is_in_place(target: &Path) -> bool {
    target.join(ORIGIN).is_file() || library_in(target).is_some()
}

fn check(file: &Path, wheel: &Wheel) -> Result<()> {
    let found = sha256_of_file(file)?;
    if found == wheel.sha256 {
        return Ok(());
    }
    Err(Error::runtime(
        wheel.name(),
        format!("the download has SHA-256 {found}, not the pinned {}", wheel.sha256),
        "do not use it: check pip's index and proxy settings, then try again",
    ))
}

fn origin(wheels: &[Wheel]) -> String {
    let one = |wheel: &Wheel| {
        let Wheel { package, version, sha256, .. } = wheel;
        format!("[[wheel]]\npackage = \"{package}\"\nversion = \"{version}\"\nsha256 = \"{sha256}\"\n")
    };
    wheels.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn move_into_place(unpacked: &Path, target: &Path) -> Result<()> {
    match fs::rename(unpacked, target) {
        Ok(()) => Ok(()),
        // Another process was faster; what it put there passed the same checks.
        Err(_) if is_in_place(target) => Ok(()),
        Err(error) => {
            let problem = format!("cannot be put in place: {error}");
            Err(Error::file(target, problem, "delete it and try again").caused_by(error))
        }
    }
}

/// Waits for other processes and threads that download a component, and keeps them from it while the result lives. That is only a
/// saving: where the file system has no locks, both install, and the first to finish wins.
fn wait_for_others(root: &Path, component: &str) -> Option<File> {
    let file = File::create(root.join(format!(".{component}.lock"))).ok()?;
    file.lock().ok().map(|()| file)
}

/// Removes the leftovers of installations of a component that were killed. Only the holder of the lock may do that.
fn remove_leftovers(root: &Path, component: &str) {
    let prefix = Staging::prefix(component);
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) {
            // What stays behind wastes space but harms nothing.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A staging folder of one call alone, on the file system of the target; removed when it is dropped.
struct Staging {
    folder: PathBuf,
}

impl Staging {
    fn prefix(component: &str) -> String {
        format!(".staging-{component}-")
    }

    fn create(root: &Path, component: &str) -> Result<Self> {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let folder = root.join(format!("{}{}-{call}", Self::prefix(component), std::process::id()));
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
        let fix = "choose a cache folder that can be written with ASKANCE_CACHE";
        Error::file(path, format!("cannot be used: {error}"), fix).caused_by(error)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write;

    use sha2::{Digest, Sha256};
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::error::Kind;

    /// An archive like a wheel, with one library.
    fn archive(library: &str) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, text) in [
            (format!("onnxruntime/capi/{library}"), library),
            (format!("onnxruntime/capi/libtwin-of-{library}"), library),
            ("onnxruntime/capi/onnxruntime_pybind11_state.so".into(), "python"),
            ("onnxruntime/capi/../../../libescape.so".into(), "escape"),
        ] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    const LIBRARIES: [&str; 3] = ["libonnxruntime.so.1.31.1", "liba.so.1", "libb.so.2"];

    fn pin(library: &'static str) -> Wheel {
        let digest = Sha256::digest(archive(library));
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Wheel { package: library, version: "1", platform: "any", sha256: sha256.leak(), megabytes: 1 }
    }

    /// A component of three wheels.
    fn component() -> Component {
        Component { folder: "parts-1".into(), wheels: Vec::from(LIBRARIES.map(pin)).leak() }
    }

    fn fetch(wheel: &Wheel, folder: &Path) -> Result<PathBuf> {
        let file = folder.join("fetched.whl");
        fs::write(&file, archive(wheel.package)).unwrap();
        Ok(file)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn all_wheels_end_in_one_folder_and_nothing_stays_behind() {
        let root = tempfile::tempdir().unwrap();
        let events = RefCell::new(Vec::new());
        put_in_place(&component(), root.path(), &fetch, &|event| events.borrow_mut().push(event.to_string()))
            .unwrap();
        let mut expected: Vec<String> =
            LIBRARIES.iter().flat_map(|name| [(*name).into(), format!("libtwin-of-{name}")]).collect();
        expected.push(ORIGIN.into());
        expected.sort();
        let target = root.path().join("parts-1");
        assert_eq!(names(&target), expected);
        assert_eq!(fs::read(target.join("libtwin-of-liba.so.1")).unwrap(), b"liba.so.1");
        assert_eq!(names(root.path()), [".parts-1.lock", "downloads", "parts-1"]);
        assert!(names(&root.path().join("downloads")).is_empty());
        let origin: toml::Table = fs::read_to_string(target.join(ORIGIN)).unwrap().parse().unwrap();
        assert_eq!(origin["wheel"].as_array().unwrap().len(), 3);
        assert!(events.borrow()[1].contains("2 of 3"), "{events:?}");
    }

    #[test]
    fn what_was_stopped_goes_on_with_the_wheels_that_were_kept() {
        let (root, component) = (tempfile::tempdir().unwrap(), component());
        let asked = RefCell::new(Vec::new());
        let breaks_at_the_third = |wheel: &Wheel, folder: &Path| {
            asked.borrow_mut().push(wheel.package);
            if wheel.package == LIBRARIES[2] {
                return Err(Error::runtime("pip", "was stopped", "try again"));
            }
            fetch(wheel, folder)
        };
        put_in_place(&component, root.path(), &breaks_at_the_third, &|_| ()).unwrap_err();
        assert!(!root.path().join("parts-1").exists());
        assert_eq!(names(&root.path().join("downloads")).len(), 2);
        // A kill leaves the staging folder; a damaged download is not believed.
        fs::create_dir(root.path().join(".staging-parts-1-1-0")).unwrap();
        fs::write(root.path().join("downloads/liba.so.1-1-any.whl"), b"cut").unwrap();
        asked.borrow_mut().clear();
        let works = |wheel: &Wheel, folder: &Path| {
            asked.borrow_mut().push(wheel.package);
            fetch(wheel, folder)
        };
        put_in_place(&component, root.path(), &works, &|_| ()).unwrap();
        assert_eq!(*asked.borrow(), LIBRARIES[1..]);
        assert_eq!(names(root.path()), [".parts-1.lock", "downloads", "parts-1"]);
    }

    #[test]
    fn what_is_in_place_is_not_fetched_again() {
        let (root, component) = (tempfile::tempdir().unwrap(), component());
        put_in_place(&component, root.path(), &fetch, &|_| ()).unwrap();
        let never = |_: &Wheel, _: &Path| -> Result<PathBuf> { panic!("nothing is missing") };
        put_in_place(&component, root.path(), &never, &|_| ()).unwrap();
    }

    #[test]
    fn another_hash_is_refused_and_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let wheel = Wheel { sha256: "00", ..pin(LIBRARIES[0]) };
        let component = Component { folder: "parts-1".into(), wheels: vec![wheel].leak() };
        let error = put_in_place(&component, root.path(), &fetch, &|_| ()).unwrap_err();
        assert!(error.problem.contains("SHA-256"), "{error}");
        assert_eq!(names(root.path()), [".parts-1.lock", "downloads"]);
        assert!(names(&root.path().join("downloads")).is_empty());
    }

    #[test]
    fn many_at_once_all_succeed() {
        let (root, component) = (tempfile::tempdir().unwrap(), component());
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| put_in_place(&component, root.path(), &fetch, &|_| ())))
                .collect();
            for thread in threads {
                thread.join().unwrap().unwrap();
            }
        });
        assert!(library_in(&root.path().join("parts-1")).is_some());
    }

    #[test]
    fn leaving_cuda_out_means_nothing_for_the_cpu() {
        let root = tempfile::tempdir().unwrap();
        let options = InstallOptions { without_cuda: true, ..InstallOptions::default() };
        let error = install(Flavour::Cpu, root.path(), options, &|_| ()).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
    }
}
