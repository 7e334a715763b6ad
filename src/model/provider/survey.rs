//! A survey of every ONNX Runtime of this machine, each examined by a child process of its own: a process loads only one, and
//! one that crashes or hangs must not hide the others.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::device::Provider;
use super::status::{ProviderState, ProviderStatus, providers};
use crate::error::Result;
use crate::runtime::command::{Ended, run};
use crate::runtime::{Device, Event, Flavour, Found, Options, Runtime, Source, find};

/// How long a child process may take: TensorRT may build an engine for each GPU, tens of seconds each.
const LIMIT: Duration = Duration::from_secs(180);

/// The state of one library, as a child process found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum LibraryState {
    /// The library was loaded.
    Loaded {
        /// Version of ONNX Runtime.
        version: String,
        /// The status in this library of every provider that askance knows.
        providers: Vec<ProviderStatus>,
        /// Every device that ONNX Runtime sees there, plugins registered.
        devices: Vec<Device>,
    },
    /// The library was not loaded, or the process that loaded it crashed or hung.
    Failed {
        /// How the library failed.
        reason: String,
    },
}

/// An ONNX Runtime of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Library {
    /// The flavour for which the library was found; `None` for one that the user gave, which stands for every flavour.
    pub flavour: Option<Flavour>,
    /// How the library was found.
    pub source: Source,
    /// File of the library.
    #[serde(serialize_with = "crate::file::lossy")]
    pub library: PathBuf,
    /// The state of the library.
    #[serde(flatten)]
    pub state: LibraryState,
}

/// A survey of this machine: its libraries, and the providers that it can run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// The libraries of this machine, one for each flavour, or the one that the user gave.
    pub libraries: Vec<Library>,
    /// The status of each provider that askance knows, in the library that would be loaded for it.
    pub providers: Vec<ProviderStatus>,
}

/// Loads a library into this process, which must be a child process, and tries its providers.
pub fn examine(library: &Path) -> LibraryState {
    match Runtime::load(&Found { library: library.into(), source: Source::Given }) {
        Ok(runtime) => {
            let providers = providers(&runtime);
            LibraryState::Loaded { version: runtime.version().into(), providers, devices: runtime.devices() }
        }
        Err(error) => LibraryState::Failed { reason: format!("{}; {}", error.problem, error.fix) },
    }
}

/// Examines the library of every flavour, or [`Options::ort_lib`] alone where that is given, and installs nothing.
/// [`Options::flavour`] does not matter. `child` makes the command whose process calls [`examine`] with a library and prints the
/// [`LibraryState`] as JSON in the last line of its standard output.
///
/// # Errors
/// [`Options::ort_lib`] does not exist or holds no library. The failure of a library is part of the survey.
pub fn survey(
    options: &Options,
    child: &dyn Fn(&Path) -> Command,
    announce: &dyn Fn(&Event),
) -> Result<Survey> {
    let examined = |flavour: Option<Flavour>, found: Found| Library {
        flavour,
        source: found.source,
        state: ask(&mut child(&found.library), LIMIT),
        library: found.library,
    };
    let libraries: Vec<Library> = if options.ort_lib.is_some() {
        vec![examined(None, find(options, announce)?)]
    } else {
        let find = |flavour| find(&Options { flavour, offline: true, ..options.clone() }, announce);
        let own = Flavour::ALL.into_iter().filter(|flavour| flavour.library() == *flavour);
        let found = own.filter_map(|flavour| Some((flavour, find(flavour).ok()?)));
        found.map(|(flavour, found)| examined(Some(flavour), found)).collect()
    };
    let providers = Provider::all().map(|provider| status(provider, &libraries)).into();
    Ok(Survey { libraries, providers })
}

/// The status of a provider in the library that would be loaded for it.
fn status(provider: Provider, libraries: &[Library]) -> ProviderStatus {
    let flavour = provider.flavour();
    let loaded = libraries.iter().find(|library| library.flavour.is_none_or(|own| own == flavour.library()));
    let without = |state| ProviderStatus { provider: provider.clone(), devices: Vec::new(), state };
    match loaded.map(|library| &library.state) {
        None => without(ProviderState::NotInstalled { flavour }),
        Some(LibraryState::Failed { reason }) => {
            without(ProviderState::LibraryFails { reason: reason.clone() })
        }
        Some(LibraryState::Loaded { providers, .. }) => providers
            .iter()
            .find(|status| status.provider == provider)
            .cloned()
            .unwrap_or_else(|| without(ProviderState::NotInThisLibrary { flavour })),
    }
}

fn ask(child: &mut Command, limit: Duration) -> LibraryState {
    let reason = match run(child, limit) {
        Ended::NotStarted(error) => format!("cannot be examined: no process could be started ({error})"),
        Ended::TimedOut => {
            format!("hangs: the process that loaded it did not answer within {} s", limit.as_secs())
        }
        Ended::Exited { status, stdout, stderr } => {
            // A library may print too.
            let answer = stdout.lines().next_back().and_then(|line| serde_json::from_str(line).ok());
            match answer {
                Some(state) if status.success() => return state,
                _ => {
                    let said = stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing");
                    format!("crashes: the process that loaded it ended with {status} and said last: {said}")
                }
            }
        }
    };
    LibraryState::Failed { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> LibraryState {
        ask(Command::new("sh").args(["-c", script]), Duration::from_secs(60))
    }

    fn failure(state: LibraryState) -> String {
        match state {
            LibraryState::Failed { reason } => reason,
            LibraryState::Loaded { .. } => panic!("{state:?}"),
        }
    }

    fn loaded(usable: &[Provider]) -> LibraryState {
        let one = |provider: Provider| ProviderStatus {
            devices: Vec::new(),
            state: if usable.contains(&provider) {
                ProviderState::Usable
            } else {
                ProviderState::NotInThisLibrary { flavour: provider.flavour() }
            },
            provider,
        };
        LibraryState::Loaded {
            version: "1.31.1".into(),
            providers: Provider::all().map(one).into(),
            devices: Vec::new(),
        }
    }

    fn library(flavour: Option<Flavour>, state: LibraryState) -> Library {
        Library { flavour, source: Source::Cache, library: "libonnxruntime.so".into(), state }
    }

    fn states(libraries: &[Library]) -> [ProviderState; 7] {
        Provider::all().map(|provider| status(provider, libraries).state)
    }

    #[test]
    fn the_answer_is_the_last_line_whatever_the_library_prints() {
        let answer = loaded(&[Provider::Cpu]);
        let line = serde_json::to_string(&answer).unwrap();
        assert_eq!(shell(&format!("echo '[openvino] hello'; echo '{line}'")), answer);
    }

    #[test]
    fn a_child_that_crashes_is_a_state_with_a_reason() {
        let reason = failure(shell("echo 'about to fall' >&2; kill -SEGV $$"));
        assert!(reason.contains("SIGSEGV") && reason.contains("about to fall"), "{reason}");
        assert!(failure(shell("exit 0")).contains("said last: nothing"));
        let line = serde_json::to_string(&loaded(&[])).unwrap();
        assert!(failure(shell(&format!("echo '{line}'; exit 7"))).contains("exit status: 7"));
    }

    #[test]
    fn a_child_that_hangs_is_stopped() {
        let state = ask(Command::new("sh").args(["-c", "exec sleep 600"]), Duration::from_millis(50));
        assert!(failure(state).contains("hangs"));
        assert!(failure(ask(&mut Command::new("askance-no-such-program"), LIMIT)).contains("no process"));
    }

    #[test]
    fn each_provider_is_judged_by_the_library_of_its_flavour() {
        let [cpu, _, _, openvino, ..] = Provider::all();
        let libraries = [
            library(Some(Flavour::Cpu), loaded(&[cpu])),
            library(Some(Flavour::Gpu), LibraryState::Failed { reason: "crashes".into() }),
        ];
        let [first, cuda, tensorrt, last, ..] = states(&libraries);
        assert_eq!(first, ProviderState::Usable);
        assert_eq!(cuda, ProviderState::LibraryFails { reason: "crashes".into() });
        assert_eq!(tensorrt, cuda);
        assert_eq!(last, ProviderState::NotInstalled { flavour: Flavour::OpenVino });
        let given = [library(None, loaded(&[openvino]))];
        let [_, cuda, _, last, ..] = states(&given);
        assert_eq!(cuda, ProviderState::NotInThisLibrary { flavour: Flavour::Gpu });
        assert_eq!(last, ProviderState::Usable);
    }

    #[test]
    fn a_state_reads_back_from_json() {
        let state = ProviderState::MissingDependency {
            libraries: vec!["libcuda.so.1".into()],
            reason: "r".into(),
            fix: "f".into(),
        };
        let status = ProviderStatus { provider: Provider::Cuda { device: 0 }, devices: Vec::new(), state };
        let json = serde_json::to_value(&status).unwrap();
        assert_eq!((&json["name"], &json["state"]), (&"cuda:0".into(), &"missing-dependency".into()));
        assert_eq!(serde_json::from_value::<ProviderStatus>(json).unwrap(), status);
    }
}
