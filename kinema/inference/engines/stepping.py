"""A causal network's step by OpenVINO: a frame and all that is remembered go in, logits and all that is come out.

Axes: N cameras, C channels, T frames, H rows, W columns, K classes.
"""

from threading import Lock
from typing import Any

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.inference.engines.openvino import close, compiled
from kinema.models.layers import Past
from kinema.models.streaming import State, Steps

TRIED = 4  # frames, on which it is held against that


class Flat(nn.Module):
    """A step whose state is a row of tensors: (frame_NC1HW, count, tensor, ...) -> (logits_NK, tensor, ...)."""

    def __init__(self, steps: Steps, kept: dict[str, Past]) -> None:
        super().__init__()
        self.network, self.steps = steps.network, steps
        self.sizes = {key: len(past) for key, past in kept.items()}

    def forward(self, frame_NC1HW: torch.Tensor, count: Any, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits_NK, after = self.steps(frame_NC1HW, State(count, self.named(tensors)))
        return logits_NK, *self.row(after.kept)

    def named(self, tensors: tuple[torch.Tensor, ...]) -> dict[str, Past]:
        """A row of tensors by the layers' names."""
        left = iter(tensors)
        return {key: tuple(next(left) for _ in range(size)) for key, size in self.sizes.items()}

    def row(self, kept: dict[str, Past]) -> tuple[torch.Tensor, ...]:
        """What is remembered as a row of tensors."""
        return tuple(tensor for key in self.sizes for tensor in kept[key])


def beginning(steps: Steps, cameras: int) -> dict[str, Past]:
    """What is remembered before the first frame: edges, and nothing.

    ModelError where a layer remembers more and more, or steps over frames: then no step is like the other.
    """
    spec, state = steps.network.clip, State()
    blank_NC1HW = torch.zeros(cameras, spec.channels, 1, spec.height, spec.width)
    shapes = []
    with torch.inference_mode():
        for _ in range(2):
            _, state = steps(blank_NC1HW, state)
            shapes.append({key: [tensor.shape for tensor in past] for key, past in state.kept.items()})
    if shapes[0] != shapes[1] or any(rate > 1 for rate in steps.walk.rates.values()):
        raise ModelError(f"{steps.network.name} remembers another amount after each frame, so its step cannot be "
                         "compiled. Nearest: the engine torch.")
    return {key: tuple(torch.full_like(tensor, edge_of(steps, key)) for tensor in past)
            for key, past in state.kept.items()}


def edge_of(steps: Steps, key: str) -> float:
    """What stands before the first frame of a layer's stream."""
    layer = steps.network.get_submodule(key.partition("#")[0])
    return float(getattr(layer, "fill", 0.0) or 0.0)


class Compiled:
    """Steps by OpenVINO, called as `Steps` is; ModelError where they would not give the network's answers."""

    def __init__(self, steps: Steps, precision: str, cameras: int = 1) -> None:
        kind = next(steps.network.parameters()).dtype
        if kind != torch.float32:
            raise ModelError(f"A step is compiled of weights in float32; those of {steps.network.name} are in "
                             f"{str(kind).removeprefix('torch.')}. Nearest: network.float().")
        self.first = beginning(steps, cameras)
        self.flat = Flat(steps, self.first)
        spec = steps.network.clip
        frame_NC1HW = torch.randn(cameras, spec.channels, 1, spec.height, spec.width,
                                  generator=torch.Generator().manual_seed(0))
        self.one_at_a_time = Lock()  # a model has room for one answer
        self.model = compiled(self.flat, (frame_NC1HW, torch.zeros(()), *self.flat.row(self.first)), precision)
        if precision == "fp32":
            self.hold_against(steps, torch.randn(TRIED, *frame_NC1HW.shape, generator=torch.Generator().manual_seed(0)))

    def __call__(self, frame_NC1HW: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """The logits (N K) of all frames up to this one, and the state after it."""
        row = self.flat.row(state.kept or self.first)
        inputs = [tensor.contiguous().numpy() for tensor in (frame_NC1HW, torch.tensor(float(state.count)), *row)]
        with self.one_at_a_time:
            found = self.model(inputs, share_inputs=True).to_tuple()
            logits_NK, *after = [torch.from_numpy(values.copy()) for values in found]
        return logits_NK, State(state.count + 1, self.flat.named(tuple(after)))

    def hold_against(self, steps: Steps, frames_TNC1HW: torch.Tensor) -> None:
        """Compare with the network's own steps."""
        own, other = State(), State()
        with torch.inference_mode():
            for frame_NC1HW in frames_TNC1HW:
                expected_NK, own = steps(frame_NC1HW, own)
                found_NK, other = self(frame_NC1HW, other)
                if not close(found_NK, expected_NK):
                    raise ModelError(f"{steps.network.name}'s step by OpenVINO differs from the network's own.")
