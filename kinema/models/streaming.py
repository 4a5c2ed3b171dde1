"""A causal network fed frame by frame: what its layers remember is passed in and handed back.

Every layer that sees other frames than its own says how it follows a stream (`follow`, see `layers`); all others are
given one frame as they are given many. Axes in names: N streams, C channels, T frames, H rows, W columns, K classes.
"""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain
from math import lcm
from threading import Lock
from typing import Any

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import Past
from kinema.models.names import sees_later_frames, sized_by
from kinema.models.network import Network

LENGTHS = (96, 192)  # of the clips that tell at which rate each layer sees frames


@dataclass(frozen=True)
class State:
    """What a network remembers of `count` frames: tensors by the layer's name."""

    count: int = 0
    kept: dict[str, Past] = field(default_factory=dict)


class Steps:
    """A network as a function of one frame and a state, which gives the logits of the clip of all frames so far.

    The network itself stays as it is; this one shares its weights, and is made anew after it was moved. ModelError
    where it looks at later frames, or reads its answer off all at once. Several threads may call it.
    """

    def __init__(self, network: Network) -> None:
        if sees_later_frames(network):
            raise ModelError(f"{network.name} looks at later frames, so it cannot be fed frame by frame; expected one "
                             "made with causal=True, such as kinema train --start RUN --causal gives.")
        shared = {id(tensor): tensor for tensor in chain(network.parameters(), network.buffers())}
        self.network: Network = deepcopy(network, shared)
        if not any(hasattr(layer, "follow") for layer in network.readout.modules()):
            self.network.readout = Recent(self.network.readout, lengths_of(network, network.clip.frames)["readout#0"],
                                          whole="frames" in sized_by(network.name))
        self.network.eval()
        self.walk, self.alone = Walk(rates(network)), Lock()
        self.period = lcm(*filter(None, self.walk.rates.values()))  # frames after which all steps begin anew
        like = next(network.parameters())
        self.where = like.device, like.dtype
        for name, layer in self.network.named_modules():
            if hasattr(layer, "follow"):
                layer.forward = Following(layer, name, self.walk)
        self.try_a_frame()

    @torch.inference_mode()
    def try_a_frame(self) -> None:
        """ModelError where no layer says how it follows, but one needs several frames."""
        spec, (device, dtype) = self.network.clip, self.where
        blank_1C1HW = torch.zeros(1, spec.channels, 1, spec.height, spec.width, device=device, dtype=dtype)
        try:
            self(blank_1C1HW, State())
        except RuntimeError as error:
            raise ModelError(f"{self.network.name} cannot be fed frame by frame: {error}") from error

    def __call__(self, frame_NC1HW: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """The logits (N K) of all frames up to this one, and the state after it."""
        like = next(self.network.parameters())
        if (like.device, like.dtype) != self.where:
            raise ModelError(f"{self.network.name} was moved to {like.device} as {like.dtype} after it was made to be "
                             "fed frame by frame; make it anew.")
        with self.alone:  # a frame's way through the layers is written down in one place
            self.walk.begin(state)
            logits_NK = self.network(frame_NC1HW)
            return logits_NK, State(state.count + 1, self.walk.after)


class Walk:
    """One frame's way through a network: what its layers remembered before, and what they remember after."""

    def __init__(self, rates: dict[str, int]) -> None:
        self.rates = rates

    def begin(self, state: State) -> None:
        """Another frame."""
        self.count, self.before, self.after, self.calls = state.count, state.kept, dict(state.kept), Counter[str]()

    def follow(self, layer: Any, name: str, x_NC1HW: torch.Tensor) -> torch.Tensor:
        """Let a layer follow. Of the frames of a step that pools or convolutions before it take, the last is kept."""
        key = f"{name}#{self.calls[name]}"
        self.calls[name] += 1
        rate = self.rates[key if key in self.rates else "readout#0"]
        if not rate:  # it sees one frame, which holds all that were before
            return layer.follow(x_NC1HW, (), 0)[0]
        found_NC1HW, past = layer.follow(x_NC1HW, self.before.get(key, ()), self.count // rate)
        if past and (rate == 1 or (self.count + 1) % rate == 0):
            self.after[key] = past
        return found_NC1HW


@dataclass(frozen=True)
class Following:
    """What stands in for a layer's `forward`."""

    layer: nn.Module
    name: str
    walk: Walk

    def __call__(self, x_NC1HW: torch.Tensor) -> torch.Tensor:
        return self.walk.follow(self.layer, self.name, x_NC1HW)


class Recent(nn.Module):
    """A readout of the last frames: of so many, or of fewer at the beginning, unless it needs them `whole`: then the
    first one stands for those before it."""

    def __init__(self, readout: nn.Module, frames: int, whole: bool) -> None:
        super().__init__()
        self.readout, self.frames, self.whole, self.channels = readout, frames, whole, readout.channels

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.readout(x_NCTHW)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The readout of the frames remembered, and of this one."""
        first = [x_NC1HW] * (self.frames - 1) if self.whole else []
        seen_NCTHW = torch.cat([*(past or first), x_NC1HW], dim=2)[:, :, -self.frames :]
        return self.readout(seen_NCTHW), (seen_NCTHW,)


def rates(network: Network) -> dict[str, int]:
    """How many frames of a clip there are for each that a layer sees, by the layer and its call; 0: it sees but one."""
    few, many = (lengths_of(network, frames) for frames in LENGTHS)
    gathers = any(hasattr(layer, "gathers") for layer in network.backbone.modules())
    if few["readout#0"] == many["readout#0"] and not gathers:
        raise ModelError(f"{network.name} reads its answer off all frames of a clip at once, so it cannot be fed frame "
                         "by frame. Nearest: a readout that takes each frame by itself, or their mean.")
    found = {}
    for key, frames in many.items():
        found[key] = 0 if frames == few[key] else LENGTHS[1] // frames
        if found[key] and found[key] * frames != LENGTHS[1]:
            raise ModelError(f"{network.name} cannot be fed frame by frame: its {key.partition('#')[0]} sees {frames} "
                             f"of {LENGTHS[1]} frames; expected all, every second, third ... one.")
    return found


def lengths_of(network: Network, frames: int) -> dict[str, int]:
    """How many of a clip's frames each layer that follows sees, by the layer and its call, and the readout."""
    found: dict[str, int] = {}
    shared = {id(tensor): tensor for tensor in chain(network.parameters(), network.buffers())}
    with torch.device("meta"):
        spare = deepcopy(network, shared).to("meta").eval()
        clip_NCTHW = torch.empty(1, network.clip.channels, frames, network.clip.height, network.clip.width,
                                 dtype=network.classifier.weight.dtype)
    calls: Counter[str] = Counter()

    def note(name: str) -> Any:
        def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            found[f"{name}#{calls[name]}"] = inputs[0].shape[2]
            calls[name] += 1

        return hook

    for name, layer in spare.backbone.named_modules():
        if hasattr(layer, "follow"):
            layer.register_forward_pre_hook(note(f"backbone.{name}" if name else "backbone"))
    with torch.inference_mode():
        found["readout#0"] = spare.feature_map(clip_NCTHW).shape[2]
    return found
