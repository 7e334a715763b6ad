//! The folder of one run.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{ArrayView, ArrayView2, Dimension};
use ndarray_npy::{WritableElement, WriteNpyExt as _};

use super::name::file_name;
use super::npy::{read_npy, sealed};
use crate::error::{Error, Result, shown};
use crate::file::{self, Lock};
use crate::types::{Attack, Axis, Detail, Map, SampleId};

/// The folder of a run, `results/<run>/`: knows where everything lies, and holds no state besides its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    root: PathBuf,
}

impl RunDir {
    /// Makes the folder of a run, or takes an existing one, and proves by writing a file that it can be
    /// written to: before the run, not after hours of it.
    ///
    /// # Errors
    /// A file error when the folder cannot be made or written to.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let root = path.as_ref();
        let unwritable = |e: io::Error| {
            Error::file_caused(root, "cannot be written to", e, "give another folder with `out`")
        };
        fs::create_dir_all(root).map_err(unwritable)?;
        let probe = root.join(temporary_name("probe"));
        fs::write(&probe, b"probe").and_then(|()| fs::remove_file(&probe)).map_err(unwritable)?;
        Ok(Self { root: root.to_owned() })
    }

    /// The folder of a run, whether it is there or not.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self { root: path.as_ref().to_owned() }
    }

    /// Opens the folder of an existing run for reading.
    ///
    /// # Errors
    /// A file error when the folder is missing or holds no `run.toml`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let run = Self { root: path.as_ref().to_owned() };
        if !run.root.is_dir() {
            return Err(Error::file(&run.root, "is not a folder", "give the folder of a finished run"));
        }
        if !file::is_there(&run.info_path()) {
            let fix = if file::is_there(&copy_beside(&run.info_path())) {
                "give the command of the run again, which makes it again from its copy, .run.toml.copy"
            } else {
                "give the folder that was `out` of a run"
            };
            return Err(Error::file(&run.root, "holds no run.toml", fix));
        }
        file::open(&run.info_path(), "check its permissions")?;
        Ok(run)
    }

    /// Locks the folder against other processes that would write into it. The lock ends with the process, however that ends.
    ///
    /// # Errors
    /// A file error when another process has the folder.
    pub(crate) fn lock(&self) -> Result<Lock> {
        file::lock_folder(&self.root).ok_or_else(|| in_use(&self.root))
    }

    /// Removes what a process that was killed had begun to write: files with a temporary name. Only for who has the lock; folders of other
    /// runs within this one are left alone.
    ///
    /// # Errors
    /// A file error when a folder of the run cannot be read, or such a file cannot be removed.
    pub(crate) fn clear(&self) -> Result<()> {
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            let failed = |e| {
                Error::file_caused(&folder, "cannot be cleared of files begun", e, "check its permissions")
            };
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let path = entry.path();
                if entry.file_type().map_err(failed)?.is_dir() {
                    if !file::is_there(&path.join(INFO)) {
                        folders.push(path);
                    }
                } else if is_temporary(&entry.file_name().to_string_lossy()) {
                    fs::remove_file(&path).map_err(failed)?;
                }
            }
        }
        Ok(())
    }

    /// Moves the folder of a run, or one whose folders are of runs, out of the way, so that a run may begin anew there: to the same name
    /// with `.old-1` behind it, or the next number that is free. Nothing is deleted. Gives the new name; none where there is nothing
    /// to move.
    ///
    /// # Errors
    /// A file error when the folder holds something but no run, when a process is writing into it, or when it cannot be moved.
    pub fn set_aside(path: impl AsRef<Path>) -> Result<Option<PathBuf>> {
        let path = path.as_ref();
        if !file::is_there(path) {
            return Ok(None);
        }
        let unreadable = |e| Error::file_caused(path, "cannot be read", e, "give another `out`");
        let entries: Vec<PathBuf> = fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .map_err(unreadable)?;
        if entries.is_empty() {
            return Ok(None);
        }
        let folders: Vec<PathBuf> = std::iter::once(path.to_owned())
            .chain(entries.into_iter().filter(|entry| entry.is_dir()))
            .collect();
        if !folders.iter().any(|folder| file::is_there(&folder.join(INFO))) {
            let problem = "holds something, but no run that `fresh` could move out of the way";
            return Err(Error::file(path, problem, "give another `out`, or look at the folder and empty it"));
        }
        let mut locks = Vec::with_capacity(folders.len());
        for folder in &folders {
            locks.push(file::lock_folder(folder).ok_or_else(|| in_use(folder))?);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let numbered = (1_u32..).map(|number| path.with_file_name(format!("{name}.old-{number}")));
        let mut free = numbered.filter(|path| !file::is_there(path));
        let Some(aside) = free.next().filter(|_| !name.is_empty()) else {
            return Err(Error::file(path, "has no name of its own", "give `out` as the path of a folder"));
        };
        fs::rename(path, &aside).map_err(|e| {
            Error::file_caused(
                path,
                format!("cannot be moved to {}", shown(&aside)),
                e,
                "check its permissions",
            )
        })?;
        Ok(Some(aside))
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Path of `run.toml`, what the run was.
    pub fn info_path(&self) -> PathBuf {
        self.root.join(INFO)
    }

    /// Path of `samples.csv`, the rows of samples and attacks.
    pub fn samples_path(&self) -> PathBuf {
        self.root.join("samples.csv")
    }

    /// Path of `files.csv`, the hashes of the pictures and masks.
    pub fn files_path(&self) -> PathBuf {
        self.root.join("files.csv")
    }

    /// Path of `summary.csv`, the pooled metrics.
    pub fn summary_path(&self) -> PathBuf {
        self.root.join("summary.csv")
    }

    /// Path of `operating.csv`, what a model does where one decides.
    pub fn operating_path(&self) -> PathBuf {
        self.root.join("operating.csv")
    }

    /// Path of `stability.csv`, the stability of the answers.
    pub fn stability_path(&self) -> PathBuf {
        self.root.join("stability.csv")
    }

    /// Path of `sweep.csv`, the metrics of a sweep.
    pub fn sweep_path(&self) -> PathBuf {
        self.root.join("sweep.csv")
    }

    /// Path of `uniform.csv`, the worst uniform perturbations.
    pub fn uniform_path(&self) -> PathBuf {
        self.root.join("uniform.csv")
    }

    /// Path of `differences.csv`, how far the models lie apart.
    pub fn differences_path(&self) -> PathBuf {
        self.root.join("differences.csv")
    }

    /// Path of `random.csv`, the average case.
    pub fn random_path(&self) -> PathBuf {
        self.root.join("random.csv")
    }

    /// Path of `transfer.csv`, what worst cases of one model do to others.
    pub fn transfer_path(&self) -> PathBuf {
        self.root.join("transfer.csv")
    }

    /// Path of `bench.csv`, a row for each configuration.
    pub fn bench_path(&self) -> PathBuf {
        self.root.join("bench.csv")
    }

    /// Path of `calls.csv`, a row for each timed call.
    pub fn calls_path(&self) -> PathBuf {
        self.root.join("calls.csv")
    }

    /// Path of `report.html`, the page about the run.
    pub fn page(&self) -> PathBuf {
        self.root.join("report.html")
    }

    /// Path of `plots/`, the figures.
    pub fn plots(&self) -> PathBuf {
        self.root.join("plots")
    }

    /// Path of `maps/`, full-size anomaly maps, where asked for.
    pub fn maps(&self) -> PathBuf {
        self.root.join("maps")
    }

    /// Path of `examples/`, the small pictures that figures show.
    pub fn examples(&self) -> PathBuf {
        self.root.join("examples")
    }

    /// Path of `patch_maps/`, the patch-level anomaly maps.
    pub fn patch_maps(&self) -> PathBuf {
        self.root.join("patch_maps")
    }

    /// Path of `traces/`, the evaluations of the searches, where asked for.
    pub fn traces(&self) -> PathBuf {
        self.root.join("traces")
    }

    /// Path of `candidates/`, which `select = pooled` chooses from.
    pub fn candidates(&self) -> PathBuf {
        self.root.join("candidates")
    }

    /// Path of the patch-level map of one row. Names become names of files by [`file_name`].
    pub fn patch_map_path(&self, model: &str, id: &SampleId, attack: Attack) -> PathBuf {
        self.sample_path(self.patch_maps().join(file_name(model)), id, &format!("{attack}.npy"))
    }

    /// Path of the patch-level map of what was chosen for one sample by the category's AUPRO.
    pub fn aupro_map_path(&self, model: &str, id: &SampleId, attack: Attack) -> PathBuf {
        self.sample_path(self.patch_maps().join(file_name(model)), id, &format!("{attack}-aupro.npy"))
    }

    /// Saves a patch-level map, shape (rows, columns), as float32 `.npy`. To be called before the row is
    /// appended, so that a row in `samples.csv` implies its map.
    ///
    /// # Errors
    /// A file error when the file cannot be written.
    pub fn save_patch_map(
        &self,
        model: &str,
        id: &SampleId,
        attack: Attack,
        map: ArrayView2<'_, f32>,
    ) -> Result<()> {
        write_npy(self.patch_map_path(model, id, attack), map)
    }

    /// Path of the trace of one search: its evaluations.
    pub fn trace_path(&self, model: &str, id: &SampleId, attack: Attack) -> PathBuf {
        let folder = self.traces().join(file_name(model));
        self.sample_path(folder, id, &format!("{attack}.npy"))
    }

    /// Saves the evaluations of one search as float64 `.npy`: a row for each, with the value of each axis that was searched, in
    /// the order of [`Axis::ALL`], and the loss.
    ///
    /// # Errors
    /// A file error when the file cannot be written.
    pub fn save_trace(
        &self,
        model: &str,
        id: &SampleId,
        attack: Attack,
        trace: ArrayView2<'_, f64>,
    ) -> Result<()> {
        write_npy(self.trace_path(model, id, attack), trace)
    }

    /// Path of the candidates of one search, which `select = pooled` chooses from.
    pub fn candidates_path(&self, model: &str, id: &SampleId, attack: Attack) -> PathBuf {
        let folder = self.candidates().join(file_name(model));
        self.sample_path(folder, id, &format!("{attack}.npy"))
    }

    /// Path of what the rounds of an adaptive run evaluated after the search: candidates, or coarse evaluations.
    pub fn rounds_path(&self, model: &str, id: &SampleId, attack: Attack, detail: Detail) -> PathBuf {
        let folder = self.candidates().join(file_name(model));
        let ending = if detail == Detail::Coarse { "rounds-coarse" } else { "rounds" };
        self.sample_path(folder, id, &format!("{attack}-{ending}.npy"))
    }

    /// Path of the patch-level maps of one sample under the uniform sweep of one axis.
    pub fn sweep_maps_path(&self, model: &str, id: &SampleId, axis: Axis) -> PathBuf {
        self.sample_path(self.patch_maps().join(file_name(model)), id, &format!("sweep-{axis}.npy"))
    }

    /// Path of what a model said of one sample under its random draws.
    pub fn random_maps_path(&self, model: &str, id: &SampleId) -> PathBuf {
        self.sample_path(self.patch_maps().join(file_name(model)), id, "random.npy")
    }

    /// Path of the patch-level maps of one sample under the perturbations that all samples get for one attack.
    pub fn uniform_maps_path(&self, model: &str, id: &SampleId, attack: Attack) -> PathBuf {
        self.sample_path(self.patch_maps().join(file_name(model)), id, &format!("uniform-{attack}.npy"))
    }

    /// Path of a map or mask that `save_maps` writes: `maps/<category>/<defect>/<stem>.<what>.npy`, with the
    /// model's name in front of the category where a run has several models.
    pub fn map_path(&self, model: Option<&str>, id: &SampleId, what: &str) -> PathBuf {
        let folder = model.map_or_else(|| self.maps(), |model| self.maps().join(file_name(model)));
        self.sample_path(folder, id, &format!("{what}.npy"))
    }

    /// Path of the picture that a worst case is, as the model sees it; `ending` is `png` or `npy`, `chosen` is `-aupro` for what was
    /// chosen by that metric.
    pub fn image_path(
        &self,
        model: &str,
        id: &SampleId,
        attack: Attack,
        chosen: &str,
        ending: &str,
    ) -> PathBuf {
        let folder = self.root.join("images").join(file_name(model));
        self.sample_path(folder, id, &format!("{attack}{chosen}.{ending}"))
    }

    fn sample_path(&self, folder: PathBuf, id: &SampleId, ending: &str) -> PathBuf {
        folder
            .join(file_name(&id.category))
            .join(file_name(&id.defect))
            .join(format!("{}.{ending}", file_name(&id.stem)))
    }

    /// Loads the patch-level map that [`Self::save_patch_map`] saved.
    ///
    /// # Errors
    /// A file error when the map is missing or damaged.
    pub fn load_patch_map(&self, model: &str, id: &SampleId, attack: Attack) -> Result<Map> {
        read_map(&self.patch_map_path(model, id, attack))
    }
}

/// Name of the file that says what a run was.
const INFO: &str = "run.toml";

fn in_use(folder: &Path) -> Error {
    Error::file(
        folder,
        "is in use by another process",
        "wait for the other run to end, or give another `out`",
    )
}

/// Writes an array as `.npy` with its checksum through a temporary name.
///
/// # Errors
/// A file error when the file cannot be written.
pub fn write_npy<T: WritableElement + Clone, D: Dimension>(
    path: impl AsRef<Path>,
    array: ArrayView<'_, T, D>,
) -> Result<()> {
    let path = path.as_ref();
    let mut bytes = Vec::new();
    array
        .as_standard_layout()
        .write_npy(&mut bytes)
        .map_err(|e| Error::file_caused(path, "cannot be encoded", e, "report the array's shape"))?;
    write_atomic(path, &sealed(bytes))
}

/// Reads a two-dimensional float32 array from `.npy`.
///
/// # Errors
/// A file error when the file is missing or damaged.
pub fn read_map(path: &Path) -> Result<Map> {
    let map: Map = read_npy(path, "a two-dimensional float32 .npy", DAMAGED_MAP)?;
    if map.iter().all(|score| score.is_finite()) {
        return Ok(map);
    }
    Err(Error::file(path, "holds scores that are no finite numbers", DAMAGED_MAP))
}

/// Remedy for a map or the candidates of a sample that cannot be used.
pub(crate) const DAMAGED_MAP: &str =
    "delete the sample's rows from samples.csv and give the same command again";

/// Writes a file so that it is either the old or the new one, never half: into a temporary name beside it, then renamed.
/// Missing parent folders are made.
///
/// # Errors
/// A file error when the file cannot be written; the temporary file is removed.
pub fn write_atomic(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    replace(path.as_ref(), bytes, false)
}

/// Writes a file as [`write_atomic`] does, and waits until the disk has it, and its name: a loss of power, too, leaves the old or the new
/// one, and the new one from here on.
pub(super) fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes, true)
}

fn replace(path: &Path, bytes: &[u8], durably: bool) -> Result<()> {
    let unwritable = |e: io::Error| {
        Error::file_caused(path, "cannot be written", e, "check the free space and permissions of its folder")
    };
    let name = path
        .file_name()
        .ok_or_else(|| Error::file(path, "names no file", "give the path of a file"))?
        .to_string_lossy();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(unwritable)?;
    let temporary = parent.join(temporary_name(&name));
    let written = fs::File::create(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            if durably { file.sync_all() } else { Ok(()) }
        })
        .and_then(|()| fs::rename(&temporary, path));
    if durably && written.is_ok() {
        file::sync_folder(parent);
    }
    written.map_err(|e| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        unwritable(e)
    })
}

/// Where the copy of a record lies.
pub(super) fn copy_beside(record: &Path) -> PathBuf {
    let name = record.file_name().unwrap_or_default().to_string_lossy();
    record.with_file_name(format!(".{name}.copy"))
}

pub(super) fn temporary_name(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!(".{name}.{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Whether a name is one of [`temporary_name`].
fn is_temporary(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let inner = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp"));
    let numbers = inner.and_then(|name| name.rsplit_once('.')?.1.split_once('-'));
    numbers.is_some_and(|(process, count)| number(process) && number(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_is_cleared_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path().join("run")).unwrap();
        let put = |name: &str| {
            let path = run.root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        let (begun, other) =
            (temporary_name("map.npy"), [".hidden.tmp", "a.1-2.tmp", ".x.1-b.tmp", "samples.csv"]);
        put(&begun);
        put(&format!("maps/{begun}"));
        put(&format!("part-1/{begun}"));
        put("part-1/run.toml");
        other.iter().for_each(|name| put(name));
        run.clear().unwrap();
        let is_there = |name: &str| run.root.join(name).is_file();
        assert!(!is_there(&begun) && !is_there(&format!("maps/{begun}")));
        assert!(is_there(&format!("part-1/{begun}")) && other.iter().all(|name| is_there(name)));
    }

    #[test]
    fn no_name_leaves_its_folder() {
        let run = RunDir { root: PathBuf::from("run") };
        let id = SampleId { category: "../a".into(), defect: "b/c".into(), stem: "..".into() };
        let path = run.patch_map_path("m:1", &id, Attack::Clean);
        assert_eq!(path, Path::new("run/patch_maps/m%3A1/%2E.%2Fa/b%2Fc/%2E..clean.npy"));
    }
}
