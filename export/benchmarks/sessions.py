"""ONNX Runtime's sessions as the benchmarks make them. Importing this imports onnxruntime."""

import json
import os
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime reports to Microsoft from its import on
import onnxruntime  # noqa: E402


def create(path, options, openvino=None, **more):
    """A session on the CPU provider, or on OpenVINO with its inference precision `f32` or `bf16`. OpenVINO takes bf16 where the
    processor has it, unless it is told."""
    provider = "CPUExecutionProvider"
    if openvino:
        threads = str(options.intra_op_num_threads)
        config = json.dumps({"CPU": {"INFERENCE_PRECISION_HINT": openvino}})
        settings = {"device_type": "CPU", "num_of_threads": threads, "load_config": config}
        provider = "OpenVINOExecutionProvider", settings
    session = onnxruntime.InferenceSession(str(path), options, providers=[provider], **more)
    if openvino and "OpenVINOExecutionProvider" not in session.get_providers():
        sys.exit("this onnxruntime has no OpenVINO: use a Python with onnxruntime-openvino in its place")
    return session
