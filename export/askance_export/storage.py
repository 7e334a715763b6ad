"""Writes a graph to disk: as one file, or with the weights in a file beside it where that would pass protobuf's 2 GiB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from .graph import Graph

# Protobuf ends at 2 GiB; nodes and names need some of it.
LIMIT = 2**31 - 2**24
# Smaller tensors stay in the graph: ONNX Runtime reads shapes and constants from there.
SMALL = 4096
# Weights start at pages, so that ONNX Runtime can map them.
PAGE = 4096


def save(graph: Graph, path: Path, limit: int = LIMIT) -> list[str]:
    """Writes `graph` to `path`, and to `path` + `.data` if its weights pass `limit` bytes. Names of the files."""
    if graph.bytes() <= limit:
        onnx.save(graph.proto([onnx.numpy_helper.from_array(v, k) for k, v in graph.initialisers.items()]), path)
        files = [path.name]
    else:
        data = path.with_name(f"{path.name}.data")
        with data.open("wb") as file:
            tensors = [external(file, data.name, k, v) for k, v in graph.initialisers.items()]
        onnx.save(graph.proto(tensors), path)
        files = [path.name, data.name]
    onnx.checker.check_model(str(path))
    return files


def external(file, location: str, name: str, value: np.ndarray) -> TensorProto:
    """A tensor whose bytes are appended to `file`, unless it is small."""
    if value.nbytes < SMALL:
        return onnx.numpy_helper.from_array(value, name)
    file.write(b"\0" * (-file.tell() % PAGE))
    start = file.tell()
    value.tofile(file)
    tensor = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(value.dtype), dims=value.shape)
    tensor.data_location = TensorProto.EXTERNAL
    for key, entry in (("location", location), ("offset", start), ("length", value.nbytes)):
        tensor.external_data.add(key=key, value=str(entry))
    return tensor
