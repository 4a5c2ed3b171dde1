"""Gradient checkpointing: what happens inside a block is forgotten and computed again when its gradient is due
(Chen et al., arXiv:1604.06174). It takes less memory and about a third more time, and changes no number.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from kinema.errors import RunError

LISTS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def checkpoint_blocks(network: nn.Module) -> list[str]:
    """Let every block of a network forget what it computes, in place; names and weights stay. Returns their names.

    RunError for a network without blocks.
    """
    blocks = list(find_blocks(network))
    if not blocks:
        raise RunError("This network has no blocks whose gradients could be checkpointed; train it without.")
    for _, block in blocks:
        block.__class__ = forgetful(type(block))  # type: ignore[arg-type]
    return [name for name, _ in blocks]


def find_blocks(module: nn.Module, name: str = "", listed: bool = False) -> Iterator[tuple[str, nn.Module]]:
    """What stands in the sequences, lists and tables of a module and is made of several layers with weights.

    A sequence of single layers, such as a stem, is a block too.
    """
    for key, child in module.named_children():
        inside = f"{name}.{key}" if name else key
        if not composed(child):
            continue
        if isinstance(child, LISTS):
            if any(map(composed, child.children())):
                yield from find_blocks(child, inside, listed=True)
            elif isinstance(child, nn.Sequential):
                yield inside, child
        elif listed:
            yield inside, child
        else:
            yield from find_blocks(child, inside)


def composed(module: nn.Module) -> bool:
    """Has this more than one layer with weights of its own?"""
    return sum(bool(layer._parameters) for layer in module.modules()) > 1


@cache
def forgetful(kind: type[nn.Module]) -> type[nn.Module]:
    """The same kind of module, which in training keeps its inputs alone."""

    class Forgetful(kind):  # type: ignore[valid-type, misc]
        def forward(self, *inputs: Any) -> Any:
            if not (self.training and torch.is_grad_enabled()):
                return super().forward(*inputs)

            def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
                return nullcontext(), seen_already(self)

            return checkpoint(super().forward, *inputs, use_reentrant=False, context_fn=contexts)

    Forgetful.__name__ = Forgetful.__qualname__ = kind.__name__
    return Forgetful


@contextmanager
def seen_already(block: nn.Module) -> Iterator[None]:
    """Batch norms here count their batch into copies that are thrown away: their running averages know it."""
    norms = [norm for norm in block.modules() if isinstance(norm, _BatchNorm) and norm.training]
    counted = [dict(norm._buffers) for norm in norms]
    for norm in norms:
        norm._buffers.update({name: None if own is None else own.clone() for name, own in norm._buffers.items()})
    try:
        yield
    finally:
        for norm, buffers in zip(norms, counted, strict=True):
            norm._buffers.update(buffers)
