"""Makes the model bundles that Askance reads: training of the small ones, ONNX export of any CLIP of the same shape."""

__version__ = "0.1.0"
