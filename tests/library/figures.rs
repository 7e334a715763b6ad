//! Figures of tests. With `ASKANCE_KEEP_PLOTS=<folder>` they stay there to be looked at.

use std::path::PathBuf;

use tempfile::TempDir;

/// The folder in which a test puts its pictures.
pub struct Out {
    folder: PathBuf,
    _temporary: TempDir,
}

impl Out {
    pub fn new() -> Self {
        let temporary = TempDir::new().unwrap();
        let kept = std::env::var_os("ASKANCE_KEEP_PLOTS").map(PathBuf::from);
        Self { folder: kept.unwrap_or_else(|| temporary.path().to_owned()), _temporary: temporary }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// A number in [0, 1) that depends on its arguments only.
pub fn noise(name: &str, seed: u64) -> f64 {
    (askance::stats::derive_seed(seed, name) >> 11) as f64 / (1_u64 << 53) as f64
}
