"""A network, or a step of one, made ready for OpenVINO."""

import logging
import warnings
from typing import Any

import torch
from torch import nn

from kinema.errors import ModelError

HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}  # of what a graph does not say itself
CLOSE = 1e-4  # of the spread of what comes out, by which it may differ from the network's own


def compiled(layer: nn.Module, example: tuple[torch.Tensor, ...], precision: str) -> Any:
    """A layer compiled for the CPU and inputs of these shapes, with as many threads as PyTorch has.

    In fp32 its convolutions take fewer multiplications where that pays, and it is held against the layer's own answer.
    """
    from kinema.inference.engines.graph import rewrite

    model, name = converted(layer, example), getattr(layer, "name", type(layer).__name__)
    if precision == "fp32" and rewrite(model, torch.get_num_threads()):
        quick = compiled_graph(model, precision, {"ENABLE_CPU_PINNING": False})  # else its threads share a core
        if agrees(quick, layer, example):
            return quick
        logging.getLogger(__name__).warning("%s is computed by OpenVINO alone: kinema's own quicker convolutions gave "
                                            "other answers here.", name)
        model = converted(layer, example)
    plain = compiled_graph(model, precision, {})
    if precision == "fp32" and not agrees(plain, layer, example):
        logging.getLogger(__name__).warning("OpenVINO's answers for %s are not PyTorch's: a network that amplifies "
                                            "rounding, or a fault of OpenVINO. Nearest: the engine torch.", name)
    return plain


def converted(layer: nn.Module, example: tuple[torch.Tensor, ...]) -> Any:
    """A layer as OpenVINO's graph, for inputs of these shapes; ModelError where it has an operation unknown there."""
    import openvino
    from openvino.frontend import OpConversionFailure

    try:
        with warnings.catch_warnings():  # of shapes that are fixed here
            warnings.simplefilter("ignore")
            return openvino.convert_model(layer, example_input=example, input=[tuple(each.shape) for each in example])
    except OpConversionFailure as error:
        name, why = getattr(layer, "name", type(layer).__name__), str(error).strip().splitlines()[-1]
        raise ModelError(f"OpenVINO cannot compute {name} (of clips of shape {tuple(example[0].shape)}): {why} "
                         "Nearest: the engine torch.") from error


def compiled_graph(model: Any, precision: str, more: dict[str, Any]) -> Any:
    """A graph compiled for answers one by one."""
    import openvino

    return openvino.Core().compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": HINTS[precision], "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(), **more})


@torch.inference_mode()
def agrees(model: Any, layer: nn.Module, example: tuple[torch.Tensor, ...]) -> bool:
    """Whether the first of what comes out of a compiled layer is what comes out of the layer itself."""
    expected = layer(*example)
    expected = expected if isinstance(expected, torch.Tensor) else expected[0]
    found = torch.from_numpy(model([each.contiguous().numpy() for each in example])[0])
    return close(found, expected)


def close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    """Whether all numbers are those expected, to CLOSE of their spread, or of its size where there is one alone."""
    spread = expected.std() if expected.numel() > 1 else expected.abs()
    return bool((found - expected).abs().max() <= CLOSE * spread)
