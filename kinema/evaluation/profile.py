"""What a network costs: parameters and multiply-adds, counted without computing anything."""

import copy
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from kinema.errors import ModelError
from kinema.models.clip import ClipSpec, height_width
from kinema.models.names import create_model
from kinema.models.network import Network

GIGA = 1e9
FLOAT32_BYTES = 4
UNCOUNTED = (nn.BatchNorm3d, nn.ReLU)  # they cost much time to pass through and nothing that is counted


@dataclass(frozen=True)
class Cost:
    """What one clip costs a network: billions of multiply-adds of its convolutions and matrix products.

    `layers` has the multiply-adds (GMACs) of each layer that has any, by its name in the network.
    """

    name: str
    clip: ClipSpec
    gmacs: float
    parameters: int
    layers: dict[str, float] = field(repr=False)

    @property
    def megabytes(self) -> float:
        """The size of the parameters in float32."""
        return self.parameters * FLOAT32_BYTES / 1e6


def profile(
    network: str | Network, frames: int | None = None, size: int | tuple[int, int] | None = None, **options: Any
) -> Cost:
    """Count the parameters of a network and the multiply-adds of one clip.

    `frames` and `size` (pixels: a side, or height and width) change the clip that the network expects. `options` are
    those of `create_model`, for a network given by its name. Raises ModelError.
    """
    with torch.device("meta"):
        if isinstance(network, str):
            network = create_model(network, frames=frames, **options)
        elif options:
            raise ModelError(f"{network.name} is built already, so it takes no {', '.join(options)}; profile its name.")
        else:
            network = copy.deepcopy(network).to("meta")
        height, width = (network.clip.height, network.clip.width) if size is None else height_width(size)
        clip = replace(network.clip, frames=frames or network.clip.frames, height=height, width=width)
        parameters = sum(parameter.numel() for parameter in network.parameters())
        counts = count(network.eval(), torch.empty(1, *clip.shape_CTHW))
    return Cost(network.name, clip, sum(counts.values()), parameters, counts)


def count(network: nn.Module, clip_NCTHW: torch.Tensor) -> dict[str, float]:
    """The GMACs of each layer of a network on the meta device, which is changed."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, UNCOUNTED):
                setattr(module, name, nn.Identity())
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(clip_NCTHW)
    root = type(network).__name__
    totals = {name.removeprefix(root).removeprefix("."): sum(flops.values()) / 2
              for name, flops in counter.get_flop_counts().items() if name != "Global"}
    inside = dict.fromkeys(totals, 0.0)
    for name, total in totals.items():
        if name:
            inside[caller(name, inside)] += total
    return {name: (total - inside[name]) / GIGA for name, total in totals.items() if total > inside[name]}


def caller(name: str, counted: Collection[str]) -> str:
    """The nearest of the modules that a module stands in which is called itself; others only hold their parts."""
    above = name.rpartition(".")[0]
    return above if above in counted else caller(above, counted)
