//! A setting of a recorded run.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::record::{RunDir, RunInfo};

/// The setting `key` that a run was made with.
pub(super) fn setting<T: DeserializeOwned>(info: &RunInfo, run: &RunDir, key: &str) -> Result<T> {
    let damaged = |problem: &str| {
        let problem = format!("has no usable settings.{key} ({problem})");
        Error::file(run.info_path(), problem, "restore the file from the run that wrote it")
    };
    let value = info.settings.get(key).ok_or_else(|| damaged("missing"))?;
    value.clone().try_into().map_err(|e: toml::de::Error| damaged(e.message()).caused_by(e))
}
