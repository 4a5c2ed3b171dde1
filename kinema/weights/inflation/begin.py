"""First values for what image networks do not have, with which a clip of one picture is not changed."""

import re
from collections.abc import Mapping

import torch
from torch import nn

from kinema.models import Network
from kinema.models.temporal.gsm import interleave
from kinema.weights.inflation.halves import identity, tap_of

Weights = dict[str, torch.Tensor]

ZERO = (  # what adds nothing at first
    r"\.attention\.time\.out\.(weight|bias)$",  # attention over time, as TimeSformer begins
    r"\.positions\.time$",  # when a frame is
    r"\.attention\.positions\.frames$",  # how far apart frames are
    r"\.shift\.gate\.(weight|bias)$",  # how much gsm shifts
    r"\.after\.norm\.(weight|bias)$",  # non-local blocks, and stnet's blend
)
WITHIN = (r"\.attention\.time\.(norm|attend\.qkv|attend\.out)\.", r".attention.\1.")  # begins as that within frames
GATE = re.compile(r"^(.*)\.gate\.(excite|weigh\.\d+)\.weight$")
HALF = 0.5  # what a gate that has learned nothing lets through
THREE_GATES = 3 * (1 + HALF)  # times what comes in is what the three gates of action, added, make of it


def begin(network: Network, own: Mapping[str, torch.Tensor], new: Weights) -> None:
    """Add those first values to the `new` weights of a network.

    Shifts stay shifts: where edges are repeated they do not change a still video either. Gates begin at a half, and the
    layers before or behind them make up for it.
    """
    first: Weights = {}
    for key in own:
        if key not in new and (made := first_value(network, key, own, new)) is not None:
            first[key] = made
    scaled: dict[str, float] = {}
    for key in own.keys() - new.keys():
        if found := GATE.match(key):
            first |= {name: torch.zeros_like(own[name]) for name in (key, key.replace("weight", "bias"))}
            scaled |= {name: 1 / HALF for name in ends(network, found[1])}
        elif key.endswith(".adapt.weigh.3.weight"):  # tanet
            first[key] = torch.zeros_like(own[key])
            scaled[key.replace("adapt.weigh.3", "conv")] = 1 / HALF
        elif (conv := key.replace("before.place.weight", "branch.conv1.weight")) != key and conv in new:  # action
            gates = [key, *(key.replace("place", part) for part in ("channel.expand", "expand"))]
            first |= {name: torch.zeros_like(own[name]) for name in gates}
            scaled[conv] = 1 / THREE_GATES
        elif found := re.match(r"^(.*)\.shift\.gate\.weight$", key):  # gsm
            new |= reordered(found[1], new)
    new |= first | {name: new[name] * factor for name, factor in scaled.items()}


def first_value(network: Network, key: str, own: Mapping[str, torch.Tensor], new: Weights) -> torch.Tensor | None:
    """The first value of one weight; None where it stays as it is."""
    value, parent = own[key], key.rpartition(".")[0]
    if any(re.search(pattern, key) for pattern in ZERO):
        return torch.zeros_like(value)
    if ".attention.time.attend.out." in key and parent.replace(".attend.out", ".out") + ".weight" not in own:
        return torch.zeros_like(value)  # as model 3 of ViViT begins
    if (within := re.sub(*WITHIN, key)) != key:
        return new[within].clone() if within in new else None
    if key.endswith(".move.weight") or (key.endswith(".mix.weight") and not moved(network, parent)):
        return identity(value, tap_of(network.get_submodule(parent), value.shape[2]))
    return None


def moved(network: Network, blend: str) -> bool:
    """Does a blend of frames begin as a shift?"""
    return getattr(network.get_submodule(blend), "moved", 0) > 0


def reordered(conv: str, new: Mapping[str, torch.Tensor]) -> Weights:
    """A convolution whose outputs gsm puts in another order, so that they come out in that of the image network."""
    changed: Weights = {}
    for name in (f"{conv}.weight", f"{conv}.bias"):
        if name in new:
            halves = torch.arange(len(new[name]))[None, :, None, None, None].chunk(2, dim=1)
            changed[name] = new[name][torch.cat([interleave(half).flatten() for half in halves]).argsort()]
    return changed


def ends(network: Network, block: str) -> list[str]:
    """The weights and biases of the norms at the end of what a block's gate sees."""
    module = network.get_submodule(block)
    seen = f"{block}.branch" if hasattr(module, "branch") else f"{block}.core"
    norms = last_norms(network.get_submodule(seen), seen)
    return [f"{name}.{leaf}" for name in norms for leaf in ("weight", "bias")]


def last_norms(module: nn.Module, name: str) -> list[str]:
    """The names of the last batch norms of layers in turn, or of each of the branches side by side."""
    if isinstance(module, nn.BatchNorm3d):
        return [name]
    below = [last_norms(child, f"{name}.{key}") for key, child in module.named_children()]
    if isinstance(module, nn.Sequential):
        return next((norms for norms in reversed(below) if norms), [])
    return [norm for norms in below for norm in norms]
