"""What a network can be written as, and how each is run: ONNX, OpenVINO, TorchScript, torch.export."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from kinema.errors import KinemaError, nearest
from kinema.inference.engines.onnx import Names, onnx_program, quietly, session_of
from kinema.inference.engines.openvino import compiled_graph, converted

Runner = Callable[[list[np.ndarray]], list[np.ndarray]]
FACTS = "kinema"  # under which name the facts lie in a file, as JSON
FACTS_FILE = f"{FACTS}.json"  # likewise, in PyTorch's formats
ONE_FILE_BYTES = 1_900_000_000  # that an ONNX file may hold; weights beyond lie in a file beside it


def write_onnx(layer: nn.Module, inputs: tuple[torch.Tensor, ...], path: Path, names: Names, facts: str) -> None:
    """A layer as ONNX; the facts are among its metadata_props."""
    program = onnx_program(layer, inputs, names)
    program.model.metadata_props[FACTS] = facts
    large = sum(value.numel() * value.element_size() for value in layer.state_dict().values()) > ONE_FILE_BYTES
    program.save(path, external_data=large)


def run_onnx(path: Path) -> Runner:
    """A file as ONNX Runtime runs it."""
    session = session_of(path)
    names = [entry.name for entry in session.get_inputs()]
    return lambda values: session.run(None, dict(zip(names, values, strict=True)))


def write_openvino(layer: nn.Module, inputs: tuple[torch.Tensor, ...], path: Path, names: Names, facts: str) -> None:
    """A layer as OpenVINO's graph and weights (.xml and .bin)."""
    save_openvino(converted(layer, inputs), path, names, facts)


def save_openvino(model: Any, path: Path, names: Names, facts: str) -> None:
    """An OpenVINO graph with names for what goes in and out; the facts are in its rt_info."""
    import openvino

    for given, ports in zip(names, (model.inputs, model.outputs), strict=True):
        for name, port in zip(given, ports, strict=True):
            port.get_tensor().set_names({name})
    model.set_rt_info(facts, [FACTS])
    openvino.save_model(model, path, compress_to_fp16=False)


def run_openvino(path: Path) -> Runner:
    """A file as OpenVINO runs it."""
    import openvino

    model = compiled_graph(openvino.Core().read_model(path), "fp32", {})
    return lambda values: [np.array(found) for found in model(values).to_tuple()]


def write_torchscript(layer: nn.Module, inputs: tuple[torch.Tensor, ...], path: Path, names: Names, facts: str) -> None:
    """A layer as TorchScript, traced; the facts are a file in it."""
    with quietly(), torch.inference_mode(False), torch.no_grad():
        traced = torch.jit.trace(layer, inputs, check_trace=False)
        torch.jit.save(traced, str(path), _extra_files={FACTS_FILE: facts})


def run_torchscript(path: Path) -> Runner:
    """A file as TorchScript runs it."""
    with quietly():
        return by_torch(torch.jit.load(str(path), map_location="cpu"))


def write_pt2(layer: nn.Module, inputs: tuple[torch.Tensor, ...], path: Path, names: Names, facts: str) -> None:
    """A layer as torch.export has it; the facts are a file in it."""
    with quietly():
        torch.export.save(torch.export.export(layer, inputs), path, extra_files={FACTS_FILE: facts})


def run_pt2(path: Path) -> Runner:
    """A file of torch.export as PyTorch runs it."""
    return by_torch(torch.export.load(path).module())


def by_torch(layer: Any) -> Runner:
    """A layer of tensors, called with arrays."""

    def run(values: list[np.ndarray]) -> list[np.ndarray]:
        with torch.inference_mode():
            found = layer(*(torch.from_numpy(np.asarray(value)) for value in values))
        return [tensor.numpy() for tensor in (found if isinstance(found, tuple | list) else (found,))]

    return run


class Format(NamedTuple):
    """A kind of file: its ending, the extra and the package it needs, what writes it and what runs it."""

    suffix: str
    extra: str
    package: str
    write: Callable[[nn.Module, tuple[torch.Tensor, ...], Path, Names, str], None]
    run: Callable[[Path], Runner]
    int8: bool = False


FORMATS = {
    "onnx": Format(".onnx", "onnx", "onnxruntime", write_onnx, run_onnx, int8=True),
    "openvino": Format(".xml", "openvino", "openvino", write_openvino, run_openvino, int8=True),
    "torchscript": Format(".pt", "", "torch", write_torchscript, run_torchscript),
    "pt2": Format(".pt2", "", "torch", write_pt2, run_pt2),
}


def format_of(path: Path) -> str:
    """The format by a file's ending; KinemaError where it is none, or its package is not installed."""
    name = next((name for name, each in FORMATS.items() if each.suffix == path.suffix), None)
    if name is None:
        known = ", ".join(f"{each.suffix} ({name})" for name, each in FORMATS.items())
        raise KinemaError(f"{path.name} is no file of a known kind; expected {known}.")
    if find_spec(FORMATS[name].package) is None:
        raise KinemaError(f"Writing {path.suffix} needs {FORMATS[name].package}: "
                          f"pip install 'kinema[{FORMATS[name].extra}]'.")
    return name


def suffix_of(name: str) -> str:
    """The ending of a format's files; KinemaError for an unknown one."""
    if name not in FORMATS:
        raise KinemaError(f"--to {name} is unknown; expected {', '.join(FORMATS)}.{nearest(name, FORMATS)}")
    return FORMATS[name].suffix


def as_json(facts: dict[str, Any]) -> str:
    """Facts as they lie in a file."""
    return json.dumps(facts, ensure_ascii=False)
