"""Batch norm's statistics as means over many clips, in place of running averages (Wu and Johnson, arXiv:2105.07576)."""

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from kinema.data.dataset import Steps


class Tally:
    """Counts, sums and sums of squares of what a batch norm normalises, from the statistics of its batches."""

    def __init__(self, layer: _BatchNorm) -> None:
        buffers: dict[str, Any] = layer._buffers
        self.mean_C, self.variance_C, self.batches = (
            buffers[name] for name in ("running_mean", "running_var", "num_batches_tracked"))
        self.layer, self.count = layer, 0.0
        self.total, self.square = torch.zeros(2, len(self.mean_C), dtype=torch.double)  # not every device has it
        self.before = layer.training, layer.momentum, self.batches.clone()
        layer.train()
        layer.momentum = 1.0  # each batch's own statistics, instead of a running average
        self.hook = layer.register_forward_hook(self.add)

    def add(self, layer: nn.Module, inputs: tuple[torch.Tensor, ...], _: torch.Tensor) -> None:
        """Count the batch that has just gone through."""
        several = dist.is_initialized() and dist.get_world_size() > 1
        count = inputs[0].numel() // inputs[0].shape[1] * (dist.get_world_size() if several else 1)
        mean_C, variance_C = self.mean_C.cpu().double(), self.variance_C.cpu().double()
        self.count += count
        self.total = self.total + count * mean_C
        self.square = self.square + (count - 1) * variance_C + count * mean_C.square()

    @torch.no_grad()
    def close(self) -> None:
        """Give the layer the mean and the variance of all that was counted, as one batch of it all would."""
        self.hook.remove()
        training, self.layer.momentum, batches = self.before
        self.layer.train(training)
        self.batches.copy_(batches)
        if self.count > 1:
            mean_C = self.total / self.count
            self.mean_C.copy_(mean_C)
            self.variance_C.copy_((self.square - self.count * mean_C.square()) / (self.count - 1))


@torch.no_grad()
def compute_statistics(
    network: nn.Module, batches: Iterable[torch.Tensor], names: Iterable[str],
    precision: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> None:
    """Set the statistics of a network's batch norms of these `names` to those of all `batches` together, exactly.

    Each batch is normalised by its own mean and variance, as in training; nothing is dropped. Over several processes
    the network's batch norms are those of `globalise`, and a batch is what all of them see at once. `precision` is what
    the network runs within; batches are made outside of it.
    """
    modes = {module: module.training for module in network.modules()}
    network.eval()
    tallies = [Tally(network.get_submodule(name)) for name in names]  # type: ignore[arg-type]
    try:
        for clips_NCTHW in batches:
            with precision():
                network(clips_NCTHW)
    finally:
        for tally in tallies:
            tally.close()
        for module, training in modes.items():
            module.training = training


def learning_norms(network: nn.Module) -> list[str]:
    """The names of the batch norms that follow their batches: those of frozen parts do not."""
    return [name for name, module in network.named_modules()
            if isinstance(module, _BatchNorm) and module.training and module.track_running_stats]


def last_steps(steps: Steps, done: int, clips: int) -> Steps:
    """The last of the steps that are `done` which show so many clips, but no more than an epoch, in full shape."""
    count = min(math.ceil(clips / steps.batch), steps.per_epoch, done)
    own = {one.name: getattr(steps, one.name) for one in fields(Steps)}
    return Steps(**{**own, "first": done - count, "total": done})
