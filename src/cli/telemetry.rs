//! ONNX Runtime's telemetry, off.
#![allow(unsafe_code)]

/// Tells ONNX Runtime to report nothing. From 1.29 on its builds for Linux and macOS send events to Microsoft, among them names of
/// model files, and keep an identifier of the machine; the call that switches them off, `DisableTelemetryEvents`, comes too late for the
/// first. This variable, read when the library is initialised, is the whole opt-out (onnxruntime pull request 27379).
pub fn forbid() {
    // SAFETY: the first thing that the program does, before there is a second thread.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}
