"""A network, or a step of one, made ready for OpenVINO."""

import warnings
from typing import Any

import torch
from torch import nn

HINTS = {"fp32": "f32", "bf16": "bf16"}


def compiled(layer: nn.Module, example: tuple[torch.Tensor, ...], precision: str) -> Any:
    """A layer compiled for the CPU and inputs of these shapes, with as many threads as PyTorch has."""
    import openvino

    with warnings.catch_warnings():  # of shapes that are fixed here
        warnings.simplefilter("ignore")
        shapes = [tuple(each.shape) for each in example]
        model = openvino.convert_model(layer, example_input=example, input=shapes)
    return openvino.Core().compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": HINTS[precision], "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads()})
