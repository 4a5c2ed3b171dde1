"""What tests of training share."""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from kinema.machine import Machine

HERE = Machine(accelerator="cpu", workers=0)
COMMAND = [sys.executable, "-m", "kinema", "train"]
OPTIONS = [
    "--model",
    "tam-resnet_tiny",
    "--frames",
    "4",
    "--size",
    "32",
    "--epochs",
    "4",
    "--batch",
    "4",
    "--accelerator",
    "cpu",
    "--ema",
    "0.99",
    "--mixup",
    "0.2",
]


def weights(run: Path) -> dict[str, torch.Tensor]:
    """The last weights of a run."""
    return load_file(run / "last.safetensors")


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of weights are equal to the bit."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
