//! Loading the one library of this process.

use std::collections::{BTreeMap, VecDeque};
use std::error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use super::device::{self, Device};
use super::event::Event;
use super::find::{Found, Source, find};
use super::options::Options;
use super::plugin::Plugin;
use super::probe;
use crate::error::{Error, Result};

/// ONNX Runtime, loaded. Clones are cheap, and all are of one library.
///
/// Telemetry is switched off as soon as it can be, which is after its first event: from 1.29 on, builds for Linux and macOS send one
/// to Microsoft unless `ORT_DISABLE_TELEMETRY=1` is in the environment before. The `askance` command sets that; a program that uses
/// this library has to do so itself.
#[derive(Clone)]
pub struct Runtime {
    library: PathBuf,
    source: Source,
    version: String,
    environment: Environment,
    log: Log,
    /// The plugins that are registered, by their flavours, with the files of their libraries.
    plugins: Arc<Mutex<BTreeMap<&'static str, PathBuf>>>,
}

static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

impl Runtime {
    /// Finds ONNX Runtime (installing the CPU flavour if there is none; see [`find()`]) and loads it.
    ///
    /// # Errors
    /// The errors of [`find()`] and [`Runtime::load`].
    pub fn acquire(options: &Options, announce: &dyn Fn(&Event)) -> Result<Self> {
        Self::load(&find(options, announce)?)
    }

    /// Loads a library, or returns the loaded one if its file is the given one.
    ///
    /// # Errors
    /// The file is no usable ONNX Runtime (missing, not a library, truncated, for another processor, lacking a
    /// dependency, too old), or this process has already loaded another one.
    pub fn load(found: &Found) -> Result<Self> {
        let library = found.library.canonicalize().map_err(|error| {
            let fix = "name a library that exists with `ort_lib`";
            Error::file(&found.library, format!("cannot be opened: {error}"), fix).caused_by(error)
        })?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        match &*loaded {
            Some(runtime) if runtime.library == library => return Ok(runtime.clone()),
            Some(runtime) => return Err(other_is_loaded(&library, &runtime.library)),
            None => {}
        }
        let version = probe::probe(&library)?;
        let runtime = initialise(library, found.source, version)?;
        *loaded = Some(runtime.clone());
        Ok(runtime)
    }

    /// File of the library.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// How the library was found.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Version of ONNX Runtime, for example `1.31.1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Description of the build by ONNX Runtime itself: branch, commit, type, compiler flags.
    pub fn build_info(&self) -> &'static str {
        ort::info()
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Registers the plugin of a flavour, unless it is registered, and returns the file of its library.
    ///
    /// # Errors
    /// The plugin is not installed or damaged, or ONNX Runtime does not take it.
    pub(crate) fn plug_in(&self, plugin: &Plugin) -> Result<PathBuf> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = plugins.get(plugin.provider) {
            return Ok(library.clone());
        }
        let library = plugin.find()?;
        plugin.load_beside(&library);
        self.environment
            .register_ep_library(plugin.provider, &library)
            .map_err(|error| plugin.refused(&library, &error.to_string()).caused_by(error))?;
        plugins.insert(plugin.provider, library.clone());
        Ok(library)
    }

    /// The devices that ONNX Runtime sees, those of registered plugins among them.
    pub fn devices(&self) -> Vec<Device> {
        device::devices(&self.environment).into_iter().map(|(_, device)| device).collect()
    }

    /// The devices that ONNX Runtime sees, to make sessions on.
    pub(crate) fn session_devices(&self) -> Vec<(ort::device::Device<'_>, Device)> {
        device::devices(&self.environment)
    }

    /// Takes the warnings and errors that ONNX Runtime has logged since the last call (at most 64).
    pub fn take_log(&self) -> Vec<String> {
        self.log.take()
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("library", &self.library)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

fn initialise(library: PathBuf, source: Source, version: String) -> Result<Runtime> {
    let failed = |error: Box<dyn error::Error + Send + Sync>| {
        let fix = "name another ONNX Runtime with `ort_lib` or ORT_DYLIB_PATH";
        Error::runtime(library.display().to_string(), format!("cannot be initialised: {error}"), fix)
            .caused_by(error)
    };
    let log = Log::default();
    let sink = log.clone();
    let logger = Arc::new(move |_: LogLevel, _: &str, _: &str, _: &str, message: &str| sink.add(message));
    let environment = ort::init_from(&library)
        .map_err(|error| failed(error.into()))?
        .with_name("askance")
        .with_telemetry(false)
        .with_logger(logger)
        .build()
        .map_err(|error| failed(error.into()))?;
    // `ort` opens the environment at the most verbose level, which costs time in every run.
    environment.set_log_level(LogLevel::Warning);
    Ok(Runtime { library, source, version, environment, log, plugins: Arc::default() })
}

fn other_is_loaded(wanted: &Path, loaded: &Path) -> Error {
    Error::runtime(
        wanted.display().to_string(),
        format!("cannot be loaded, because this process has already loaded {}", loaded.display()),
        "use one ONNX Runtime per process (`askance bench` starts one child process per provider)",
    )
}

/// The last messages, shared with ONNX Runtime's threads.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    const KEPT: usize = 64;

    fn add(&self, message: &str) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() == Self::KEPT {
            messages.pop_front();
        }
        messages.push_back(message.to_string());
    }

    fn take(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_keeps_the_last_messages_and_is_taken_once() {
        let log = Log::default();
        for n in 0..100 {
            log.add(&n.to_string());
        }
        let messages = log.take();
        assert_eq!((messages.len(), messages[0].as_str(), messages[63].as_str()), (64, "36", "99"));
        assert!(log.take().is_empty());
    }
}
