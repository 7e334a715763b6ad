//! The devices that ONNX Runtime sees, each through one of its providers.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::ptr;

use ort::AsPointer;
use ort::device::Device as OrtDevice;
use ort::environment::Environment;
use ort::memory::DeviceType;
use ort::sys::OrtKeyValuePairs;
use serde::{Deserialize, Serialize};

/// A device that ONNX Runtime sees, through one of its providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// ONNX Runtime's own name of the provider, for example `WebGpuExecutionProvider`.
    pub provider: String,
    /// The kind of the device: `cpu`, `gpu` or `npu`.
    pub kind: String,
    /// Maker of the device.
    pub vendor: String,
    /// Number of the hardware, as its maker gives it.
    pub id: u32,
    /// Whatever provider and device tell of themselves: version, architecture, capabilities.
    pub metadata: BTreeMap<String, String>,
}

impl Device {
    /// Whether there is no hardware behind the device, which then compiles but computes nothing.
    pub fn is_virtual(&self) -> bool {
        self.metadata.get("is_virtual").is_some_and(|value| value == "1")
    }
}

/// Every device of an environment, with its description.
pub(super) fn devices(environment: &Environment) -> Vec<(OrtDevice<'_>, Device)> {
    environment
        .devices()
        .map(|device| {
            let described = describe(&device);
            (device, described)
        })
        .collect()
}

fn describe(device: &OrtDevice<'_>) -> Device {
    let hardware = device.hardware_device();
    let kind = match hardware.ty() {
        DeviceType::CPU => "cpu",
        DeviceType::GPU => "gpu",
        DeviceType::FPGA => "fpga",
        DeviceType::NPU => "npu",
    };
    // SAFETY: both pointers are those of devices that the environment owns, and it lives as long as the process.
    let (of_provider, of_hardware) = unsafe {
        ((ort::api().EpDevice_EpMetadata)(device.ptr()), (ort::api().HardwareDevice_Metadata)(hardware.ptr()))
    };
    let mut metadata = pairs(of_hardware);
    metadata.extend(pairs(of_provider));
    Device {
        provider: device.ep().unwrap_or_default().to_owned(),
        kind: kind.into(),
        vendor: hardware.vendor().unwrap_or_default().to_owned(),
        id: hardware.id(),
        metadata,
    }
}

fn pairs(pairs: *const OrtKeyValuePairs) -> BTreeMap<String, String> {
    if pairs.is_null() {
        return BTreeMap::new();
    }
    let (mut keys, mut values, mut count): (*const *const c_char, *const *const c_char, usize) =
        (ptr::null(), ptr::null(), 0);
    // SAFETY: the outputs are valid to write; what is written are arrays of `count` null-terminated strings, which the pairs own.
    unsafe {
        (ort::api().GetKeyValuePairs)(pairs, &mut keys, &mut values, &mut count);
        let text = |texts: *const *const c_char, at: usize| {
            CStr::from_ptr(*texts.add(at)).to_string_lossy().into_owned()
        };
        (0..count).map(|at| (text(keys, at), text(values, at))).collect()
    }
}
