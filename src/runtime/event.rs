//! Events while the library is found and installed; the caller decides whether to show them.

use std::fmt;
use std::path::PathBuf;

/// An event worth telling while ONNX Runtime is found or installed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A package is about to be downloaded.
    Downloading {
        /// Package and version, for example `onnxruntime 1.31.1`.
        package: String,
        /// Size of the download in megabytes.
        megabytes: u64,
        /// Number of the package among those of the folder, from 1.
        number: usize,
        /// Number of packages that the folder is made of.
        of: usize,
    },
    /// A package is in place, whole, from an installation that was stopped.
    AlreadyDownloaded {
        /// Package and version.
        package: String,
    },
    /// A folder was put in place.
    Installed(PathBuf),
    /// A folder is in place already; nothing was done.
    AlreadyInstalled(PathBuf),
    /// A library was found that cannot be used, and the search went on.
    Skipped {
        /// File of the library.
        library: PathBuf,
        /// The reason why the library cannot be used.
        reason: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Downloading { package, megabytes, of: 1, .. } => {
                write!(f, "downloading {package} with pip ({megabytes} MB, once; later runs use the cache)")
            }
            Self::Downloading { package, megabytes, number, of } => {
                write!(f, "downloading {package} with pip ({megabytes} MB, {number} of {of})")
            }
            Self::AlreadyDownloaded { package } => {
                write!(f, "{package} is already downloaded and has the pinned SHA-256")
            }
            Self::Installed(folder) => write!(f, "installed {}", folder.display()),
            Self::AlreadyInstalled(folder) => write!(f, "already installed: {}", folder.display()),
            Self::Skipped { library, reason } => write!(f, "not using {}: {reason}", library.display()),
        }
    }
}
