"""A network as a file that other runtimes run: ONNX or OpenVINO, of clips or of a stream.

Axes: N clips or cameras, C channels, T frames, H rows, W columns, K classes.
"""

import logging
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from kinema.errors import KinemaError
from kinema.files import write_json
from kinema.inference.engines.fold import folded
from kinema.inference.engines.openvino import compiled_graph, converted
from kinema.inference.engines.stepping import Flat, beginning
from kinema.inference.source import Source, opened
from kinema.models import Network
from kinema.models.streaming import Steps

CLOSE = 1e-4  # of the logits' spread, by which a file may differ from its network
FRAMES = 4  # of a stream, on which it is held against its network
Runner = Callable[[list[np.ndarray]], list[np.ndarray]]


def export(source: Source, path: str | Path, stream: bool = False, cameras: int = 1) -> dict[str, Any]:
    """Write a network as .onnx (ONNX) or .xml (OpenVINO), and beside it a .json of what goes in, what comes out and
    the labels, which is also returned.

    A clip's file takes clip_NCTHW, prepared as the .json's `clip` says, and gives logits_NK. A stream's takes
    frame_NC1HW, how many frames came before, and what it gave for the last frame: before the first, tensors that hold
    the .json's `begins`. It is held against the network on noise before this returns. KinemaError where that fails, or
    the suffix or a package does not fit; ModelError where the network cannot be fed frame by frame.
    """
    path = Path(path)
    kind = FORMATS.get(path.suffix)
    if kind is None:
        raise KinemaError(f"{path.name} is no file of a known kind; expected {' or '.join(FORMATS)}.")
    extra, package, write, run = kind
    if find_spec(package) is None:
        raise KinemaError(f"Writing {path.suffix} needs {package}: pip install 'kinema[{extra}]'.")
    network, _ = opened(source, "cpu")
    layer, inputs, names = of_stream(network, cameras) if stream else of_clips(network)
    write(layer, tuple(inputs), path, names)
    hold_against(layer, inputs, run(path), path)
    facts = facts_of(network, inputs, names, stream)
    write_json(path.with_suffix(".json"), facts)
    return facts


def of_clips(network: Network) -> tuple[nn.Module, list[torch.Tensor], list[list[str]]]:
    """The network of a clip, a clip, and the names of what goes in and out."""
    return folded(network), [torch.zeros(1, *network.clip.shape_CTHW)], [["clip"], ["logits"]]


def of_stream(network: Network, cameras: int) -> tuple[nn.Module, list[torch.Tensor], list[list[str]]]:
    """The step of a network, what it sees first, and the names of what goes in and out."""
    steps, spec = Steps(network), network.clip
    kept = beginning(steps, cameras)
    layer = Flat(steps, kept).eval()
    row = list(layer.row(kept))
    frame_NC1HW = torch.zeros(cameras, spec.channels, 1, spec.height, spec.width)
    numbers = range(len(row))
    return layer, [frame_NC1HW, torch.zeros(()), *row], [
        ["frame", "count", *(f"state_{number}" for number in numbers)],
        ["logits", *(f"next_{number}" for number in numbers)]]


def hold_against(layer: nn.Module, inputs: list[torch.Tensor], run: Runner, path: Path) -> None:
    """KinemaError where a file's answers to noise are not its layer's; a stream's, frame after frame."""
    generator = torch.Generator().manual_seed(0)
    own, others = inputs[1:], [tensor.numpy() for tensor in inputs[1:]]
    for number in range(FRAMES if own else 1):
        noise = torch.randn(inputs[0].shape, generator=generator)
        with torch.inference_mode():
            expected = layer(noise, *own)
        expected_NK, *after = expected if isinstance(expected, tuple) else (expected,)
        found_NK, *others_after = run([noise.numpy(), *others])
        if np.abs(found_NK - expected_NK.numpy()).max() > CLOSE * float(expected_NK.std()):
            raise KinemaError(f"{path} was written, but does not give the network's answers; do not use it.")
        own, others = [torch.tensor(float(number + 1)), *after], [np.array(number + 1, np.float32), *others_after]


def facts_of(network: Network, inputs: list[torch.Tensor], names: list[list[str]], stream: bool) -> dict[str, Any]:
    """What the .json tells."""
    entering = [{"name": name, "shape": list(tensor.shape)} for name, tensor in zip(names[0], inputs, strict=True)]
    for entry, tensor in zip(entering[2:], inputs[2:], strict=True):
        entry["begins"] = str(float(tensor.flatten()[0]))  # zero, or what a pool takes for nothing: -inf
    return {"model": network.name, "stream": stream, "inputs": entering, "outputs": names[1],
            "clip": network.clip.to_dict(), "labels": list(network.labels)}


def write_onnx(layer: nn.Module, inputs: tuple[torch.Tensor, ...], path: Path, names: list[list[str]]) -> None:
    """A layer as ONNX."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.onnx.export(layer, inputs, dynamo=True, verbose=False, input_names=names[0],
                                     output_names=names[1])
    assert exported is not None
    exported.save(path, external_data=False)


def run_onnx(path: Path) -> Runner:
    """A file as ONNX Runtime runs it."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    return lambda values: session.run(None, dict(zip(names, values, strict=True)))


def write_openvino(layer: nn.Module, inputs: tuple[torch.Tensor, ...], path: Path, names: list[list[str]]) -> None:
    """A layer as OpenVINO's graph and weights (.xml and .bin)."""
    import openvino

    model = converted(layer, inputs)
    for given, ports in zip(names, (model.inputs, model.outputs), strict=True):
        for name, port in zip(given, ports, strict=True):
            port.get_tensor().set_names({name})
    openvino.save_model(model, path, compress_to_fp16=False)


def run_openvino(path: Path) -> Runner:
    """A file as OpenVINO runs it."""
    import openvino

    model = compiled_graph(openvino.Core().read_model(path), "fp32", {})
    return lambda values: [np.array(found) for found in model(values).to_tuple()]


FORMATS = {".onnx": ("onnx", "onnxruntime", write_onnx, run_onnx),
           ".xml": ("openvino", "openvino", write_openvino, run_openvino)}
