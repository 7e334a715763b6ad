//! A setting of a recorded run.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::record::{RunDir, RunInfo};

pub(super) fn setting<T: DeserializeOwned>(info: &RunInfo, run: &RunDir, key: &str) -> Result<T> {
    let damaged = |e: String| {
        Error::file(
            run.info_path(),
            format!("has no usable settings.{key} ({e})"),
            "restore the file from the run that wrote it",
        )
    };
    let value = info.settings.get(key).ok_or_else(|| damaged("missing".to_owned()))?;
    value.clone().try_into().map_err(|e: toml::de::Error| damaged(e.message().to_owned()))
}
