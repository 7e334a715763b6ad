//! Unpacking the shared libraries and licences of a wheel.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::error::{Error, Result};
use crate::file;

/// Unpacks a wheel's shared libraries (not Python's own module) and licences into `folder`, without subfolders: the libraries
/// look for each other beside themselves. Members that are byte for byte the same file (OpenVINO's wheel holds each library
/// three times) become links to one.
///
/// # Errors
/// The file is no archive or is damaged; the folder cannot be written.
pub(super) fn unpack(wheel: &Path, folder: &Path) -> Result<()> {
    let damaged = |error: io::Error| {
        Error::file(wheel, format!("cannot be unpacked: {error}"), "try again; is the disk full?")
            .caused_by(error)
    };
    fs::create_dir_all(folder).map_err(damaged)?;
    let wheel = file::open(wheel, "try again")?;
    let mut archive = ZipArchive::new(wheel).map_err(|error| damaged(error.into()))?;
    let mut unpacked: HashMap<(u32, u64), PathBuf> = HashMap::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|error| damaged(error.into()))?;
        let Some(inside) = member.enclosed_name() else { continue };
        let Some(name) = kept_as(&inside) else { continue };
        let is_of_plugin = inside.to_string_lossy().starts_with(PLUGINS);
        let (path, key) = (folder.join(name), (member.crc32(), member.size()));
        if unpacked.get(&key).is_some_and(|twin| fs::hard_link(twin, &path).is_ok()) {
            continue;
        }
        let mut file = File::create(&path).map_err(damaged)?;
        io::copy(&mut member, &mut file).map_err(damaged)?;
        if is_of_plugin {
            link_short_names(&path);
        }
        unpacked.insert(key, path);
    }
    Ok(())
}

/// Links a library `libx.so.1.2.3` as `libx.so.1` and `libx.so` too, the names by which others ask for it; some wheels leave that to
/// Python. A name that is there already stays.
fn link_short_names(library: &Path) {
    let Some(name) = library.file_name().and_then(|name| name.to_str()) else { return };
    let Some((base, version)) = name.split_once(".so.") else { return };
    let major = version.split('.').next().unwrap_or(version);
    for short in [format!("{base}.so.{major}"), format!("{base}.so")] {
        // What cannot be linked is missed when it is loaded, by an error that names it.
        let _ = fs::hard_link(library, library.with_file_name(short));
    }
}

/// The file name under which a member of the wheel is kept, if it is.
fn kept_as(member: &Path) -> Option<String> {
    let name = member.file_name()?.to_str()?;
    let folders: Vec<&str> = member.parent()?.iter().map(|folder| folder.to_str()).collect::<Option<_>>()?;
    let is_library = name.starts_with("lib") && name.contains(".so");
    match folders.as_slice() {
        ["onnxruntime", "capi"] | ["nvidia", _, "lib"] => is_library.then(|| name.into()),
        [package] if package.starts_with(PLUGINS) => {
            (is_library || BESIDE_PLUGINS.contains(&name)).then(|| name.into())
        }
        ["onnxruntime"] => ["LICENSE", "ThirdPartyNotices.txt"].contains(&name).then(|| name.into()),
        // Several wheels share a folder, and each has its own licence.
        [package, "licenses"] => Some(format!("{}-{name}", package.strip_suffix(".dist-info")?)),
        _ => None,
    }
}

/// How the packages of plugins begin.
const PLUGINS: &str = "onnxruntime_ep_";
/// What plugins need and tell beside their libraries.
const BESIDE_PLUGINS: [&str; 4] =
    ["cache.json", "third-party-programs.txt", "Acknowledgements.txt", "README.txt"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_licences_are_kept_and_nothing_else() {
        let kept = |member: &str| kept_as(Path::new(member));
        for (member, name) in [
            ("onnxruntime/capi/libonnxruntime.so.1.31.1", "libonnxruntime.so.1.31.1"),
            ("onnxruntime/LICENSE", "LICENSE"),
            ("nvidia/cu13/lib/libcublas.so.13", "libcublas.so.13"),
            ("nvidia/cudnn/lib/libcudnn.so.9", "libcudnn.so.9"),
            ("nvidia_cublas-13.1.dist-info/licenses/License.txt", "nvidia_cublas-13.1-License.txt"),
        ] {
            assert_eq!(kept(member).as_deref(), Some(name));
        }
        for member in [
            "onnxruntime/capi/onnxruntime_pybind11_state.so",
            "onnxruntime/tools/LICENSE",
            "nvidia/cu13/include/libfoo.so.h",
            "nvidia/cu13/lib/readme.txt",
            "libescape.so",
        ] {
            assert_eq!(kept(member), None, "{member}");
        }
    }

    /// A wheel with members of each kind, and some that lead out of any folder.
    fn wheel() -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let members = [
            "onnxruntime/capi/libonnxruntime.so.1.31.1",
            "../../onnxruntime/capi/libescape.so",
            "/tmp/libescape.so",
        ];
        for member in members
            .into_iter()
            .chain(["onnxruntime/LICENSE", "onnxruntime_ep_webgpu/libonnxruntime_providers_webgpu.so.1"])
        {
            archive.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
            io::Write::write_all(&mut archive, member.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn changed_wheels_are_unpacked_within_the_folder_or_refused() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("a/b/c");
        let everything = |folder: &Path| {
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>()
        };
        crate::hostile::try_changed("wheel", "a.whl", &[wheel()], |path| {
            drop(unpack(path, &inside));
            for name in everything(&inside) {
                assert!(inside.join(&name).is_file(), "{name:?} is no file");
            }
            fs::remove_dir_all(&inside).unwrap();
            for (folder, only) in [("", "a"), ("a", "b")] {
                assert_eq!(everything(&root.path().join(folder)), [only], "something else was written");
            }
            assert!(everything(&root.path().join("a/b")).is_empty());
        });
        unpack_whole(&inside);
    }

    fn unpack_whole(folder: &Path) {
        let path = folder.with_extension("whl");
        fs::create_dir_all(folder).unwrap();
        fs::write(&path, wheel()).unwrap();
        unpack(&path, folder).unwrap();
        assert!(folder.join("libonnxruntime.so.1.31.1").is_file() && folder.join("LICENSE").is_file());
    }
}
