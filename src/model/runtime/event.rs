//! What finding and installing the library has to say; the caller decides whether to show it.

use std::fmt;
use std::path::PathBuf;

/// Something worth telling while ONNX Runtime is found or installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A package is about to be downloaded.
    Downloading {
        /// Package and version, for example `onnxruntime 1.31.1`.
        package: String,
        /// Size of the download in megabytes.
        megabytes: u64,
    },
    /// A library was installed into this folder.
    Installed(PathBuf),
    /// The folder already holds the library; nothing was done.
    AlreadyInstalled(PathBuf),
    /// A library was found that cannot be used, and the search went on.
    Skipped {
        /// The file.
        library: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Downloading { package, megabytes } => {
                write!(f, "downloading {package} with pip ({megabytes} MB, once; later runs use the cache)")
            }
            Self::Installed(folder) => write!(f, "installed ONNX Runtime into {}", folder.display()),
            Self::AlreadyInstalled(folder) => write!(f, "ONNX Runtime is already in {}", folder.display()),
            Self::Skipped { library, reason } => write!(f, "not using {}: {reason}", library.display()),
        }
    }
}
