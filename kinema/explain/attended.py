"""The attentions of a network as they happen, watched from outside.

Axes in names: M groups of tokens that see each other, A heads, L tokens, E channels of a head.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from kinema.models import Network
from kinema.models.transformer.attention import CrossAttention, by_heads
from kinema.models.transformer.mvit_attention import PooledAttention
from kinema.models.transformer.spacetime import Over, Within
from kinema.models.transformer.swin_attention import WindowAttention
from kinema.models.transformer.uniformer_blocks import GlobalBlock
from kinema.models.transformer.uniformer_light import ChoosyBlock, TellingAttention

# the steps whose attention is followed
WHO = (Within, Over, CrossAttention, PooledAttention, WindowAttention, GlobalBlock, ChoosyBlock)


@dataclass(frozen=True)
class Call:
    """Queries and keys of one attention, and what is added to their products."""

    query_MALE: torch.Tensor
    key_MALE: torch.Tensor
    added: torch.Tensor | None

    def taken(self, values_ML1: torch.Tensor) -> torch.Tensor:
        """What each query takes from numbers that the keys have (M L 1), as the mean of all heads."""
        values_MALE = values_ML1[:, None].expand(-1, self.key_MALE.shape[1], -1, self.key_MALE.shape[3])
        taken_MALE = F.scaled_dot_product_attention(self.query_MALE, self.key_MALE, values_MALE, self.added)
        return taken_MALE[..., :1].mean(1)


@dataclass
class Attended:
    """What one step did: `who` it is, on how many `tokens` that lie on which `grid` (None: not told), and its calls.

    `weight_NL` is how important each token was to a step that chooses by that.
    """

    who: nn.Module
    tokens: int
    grid: tuple[int, ...] | None
    weight_NL: torch.Tensor | None = None
    calls: list[Call] = field(default_factory=list)


class Watch(TorchFunctionMode):
    """Keeps each attention that is computed within a step, in the order in which the steps begin to attend."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[Attended] = []
        self.found: list[Attended] = []

    def enter(self, who: nn.Module, inputs: tuple[Any, ...]) -> None:
        """A step begins (a hook before it)."""
        if isinstance(who, ChoosyBlock):
            size = tuple(inputs[1].shape[2:])
            self.open.append(Attended(who, prod(size), size, inputs[2]))
        elif isinstance(who, WindowAttention | GlobalBlock):
            size = tuple(inputs[0].shape[1:4] if isinstance(who, WindowAttention) else inputs[0].shape[2:])
            self.open.append(Attended(who, prod(size), size))
        else:
            grid = next((one for one in inputs if isinstance(one, tuple)), None)
            self.open.append(Attended(who, inputs[0].shape[1], grid))

    def leave(self, who: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        """It ends (a hook after it)."""
        self.open.pop()

    def projected(self, heads: int, linear: nn.Module, inputs: tuple[Any, ...], qkv_NLC: torch.Tensor) -> None:
        """A step projects, and multiplies by itself (a hook after the projection)."""
        query, key, _ = by_heads(qkv_NLC, 3, heads)
        self.keep(Call(query, key, None))

    def keep(self, call: Call) -> None:
        """Keep an attention of the step that is open."""
        if not self.open[-1].calls:
            self.found.append(self.open[-1])
        self.open[-1].calls.append(call)

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        if function is F.scaled_dot_product_attention and self.open:
            query, key, _, *rest = arguments
            self.keep(Call(query, key, rest[0] if rest else None))
        return function(*arguments, **(options or {}))


@contextmanager
def attended(network: Network) -> Iterator[list[Attended]]:
    """Within this, the attentions of a network are kept, in their order."""
    watch, hooks = Watch(), []
    for module in network.modules():
        if isinstance(module, WHO):
            hooks += [module.register_forward_pre_hook(watch.enter), module.register_forward_hook(watch.leave)]
        if isinstance(module, TellingAttention):
            hooks.append(module.qkv.register_forward_hook(partial(watch.projected, module.heads)))
    try:
        with watch:
            yield watch.found
    finally:
        for hook in hooks:
            hook.remove()
