"""Makes the model bundles that Askance reads: training of the small ones, ONNX export of any CLIP of the same shape."""

import os

__version__ = "0.1.0"

# ONNX Runtime reports to Microsoft from its import on, unless this is set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
