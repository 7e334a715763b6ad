//! Providers that are plugged in: their device, and what is recorded of them.

use std::path::PathBuf;

use ort::device::Device as OrtDevice;

use crate::error::{Error, Result};
use crate::model::provider::Provider;
use crate::runtime::{Device, Plugin, Runtime};

/// The device of a provider that is plugged in.
pub(super) struct Plugged {
    described: Device,
    library: PathBuf,
}

impl Plugged {
    /// Plugs a provider in, and finds its device, to make a session on.
    ///
    /// # Errors
    /// The plugin is not installed or cannot be used, or sees no such device.
    pub fn find<'r>(
        runtime: &'r Runtime,
        provider: &Provider,
        plugin: &Plugin,
    ) -> Result<(Self, OrtDevice<'r>)> {
        let library = runtime.plug_in(plugin)?;
        let (kind, number) = wanted(provider);
        let fits = |device: &Device| {
            device.provider == plugin.provider && device.kind == kind && !device.is_virtual()
        };
        let found = runtime.session_devices().into_iter().filter(|(_, device)| fits(device)).nth(number);
        let (device, described) = found.ok_or_else(|| {
            let problem = "cannot be used: its plugin sees no such device here";
            Error::runtime(format!("`provider = {provider}`"), problem, remedy(provider))
        })?;
        Ok((Self { described, library }, device))
    }

    /// Options of the provider, as ONNX Runtime has them for devices.
    pub fn options(&self, settings: &[(&'static str, String)]) -> Vec<(String, String)> {
        let named =
            |(key, value): &(&str, String)| (format!("{}.{key}", self.described.provider), value.clone());
        settings.iter().map(named).collect()
    }

    /// What of the plugin and its device is recorded, by name.
    pub fn recorded(&self) -> Vec<(String, String)> {
        let told = self.described.metadata.get("version").cloned().unwrap_or_default();
        [
            ("plugin.library", self.library.display().to_string()),
            ("plugin.version", told),
            ("plugin.device", format!("{} {}", self.described.vendor, self.described.kind)),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }
}

/// The kind of a provider's device, and its number among those of its kind.
fn wanted(provider: &Provider) -> (&'static str, usize) {
    match provider.openvino_device() {
        Some("CPU") => ("cpu", 0),
        Some("NPU") => ("npu", 0),
        Some(gpu) => ("gpu", gpu.strip_prefix("GPU.").and_then(|n| n.parse().ok()).unwrap_or(0)),
        None => match provider {
            Provider::TensorRtRtx { device } => ("gpu", *device as usize),
            _ => ("gpu", 0),
        },
    }
}

fn remedy(provider: &Provider) -> &'static str {
    match provider {
        Provider::OpenVinoPlugin { .. } => {
            "use `provider = openvino`, whose build takes other processors than Intel's too; on Intel's hardware, check the device's name \
             and driver with `askance providers`"
        }
        Provider::TensorRtRtx { .. } => {
            "install the NVIDIA driver, 580 or newer, on a machine with an NVIDIA card from Ampere on (`nvidia-smi` must list it); or use \
             another `provider`"
        }
        _ => {
            "install the Vulkan loader (libvulkan.so.1) and the driver of the GPU, and see that this user may open /dev/dri; or use \
             another `provider`"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_wanted_by_kind_and_number() {
        for (provider, expected) in [
            ("webgpu", ("gpu", 0)),
            ("nvtensorrtrtx:2", ("gpu", 2)),
            ("openvino-plugin", ("cpu", 0)),
            ("openvino-plugin:GPU.1", ("gpu", 1)),
            ("openvino-plugin:GPU", ("gpu", 0)),
            ("openvino-plugin:NPU", ("npu", 0)),
        ] {
            assert_eq!(wanted(&provider.parse().unwrap()), expected, "{provider}");
        }
    }
}
