//! One configuration of a comparison.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Precision, Provider};
use crate::record::last_part;
use crate::stats::distinct;

/// A configuration: one model on one provider, in one precision and with one batch size.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Configuration {
    /// The model as the user named it.
    pub model: String,
    /// The execution provider.
    pub provider: Provider,
    /// The precision that was asked for; the bundle's own if `None`.
    pub precision: Option<Precision>,
    /// Pictures in one call.
    pub batch: usize,
}

impl Configuration {
    /// Name of the precision in records: `own` for a graph whose precision nobody knows.
    pub fn precision_name(&self) -> &'static str {
        self.precision.map_or("own", Precision::name)
    }

    /// Environment variable that the configuration's process needs: TensorRT multiplies in TF32 what is called fp32 (the text graph
    /// always) unless the driver forbids it.
    pub fn environment(&self) -> Option<(&'static str, &'static str)> {
        matches!(self.provider, Provider::TensorRt { .. }).then_some(("NVIDIA_TF32_OVERRIDE", "0"))
    }

    /// Whether it gives what others are held against: the CPU, in fp32 (or in the graph's own precision where nobody knows it).
    pub fn is_reference(&self) -> bool {
        self.provider == Provider::Cpu && self.precision.is_none_or(|precision| precision == Precision::Fp32)
    }

    /// Whether two configurations agree in model, provider and precision, and so give the same maps whatever their batch sizes.
    pub fn agrees_but_for_batch(&self, other: &Self) -> bool {
        (&self.model, &self.provider, self.precision) == (&other.model, &other.provider, other.precision)
    }
}

/// How records name these models: by the last part of each path, where that tells them apart.
pub(super) fn names(models: &[String]) -> BTreeMap<String, String> {
    let shorts = distinct(models.iter().map(|model| last_part(model)));
    let apart = shorts.len() == models.len();
    let named = |model: &String| if apart { last_part(model).to_owned() } else { model.clone() };
    models.iter().map(|model| (model.clone(), named(model))).collect()
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, provider, batch, .. } = self;
        let model = last_part(model);
        write!(f, "{model} on {provider}, {}, batch {batch}", self.precision_name())
    }
}
