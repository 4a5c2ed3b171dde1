"""A network written as ONNX, and what runs it."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

Names = Sequence[Sequence[str]]  # of what goes in, and of what comes out


@contextmanager
def quietly() -> Iterator[None]:
    """Within this, exporters do not tell of shapes that are fixed here, and of packages that nobody needs."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def onnx_program(layer: nn.Module, inputs: tuple[torch.Tensor, ...], names: Names) -> Any:
    """A layer as PyTorch's ONNX exporter makes it."""
    with quietly():
        return torch.onnx.export(layer, inputs, dynamo=True, verbose=False, input_names=names[0],
                                 output_names=names[1])


def session_of(model: bytes | Path) -> Any:
    """A model, or the file of one, in ONNX Runtime on the CPU, with as many threads as PyTorch has."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
