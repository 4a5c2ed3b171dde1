"""The exponential moving average of a network's weights."""

from copy import deepcopy

import torch

from kinema.models import Network


class Average:
    """Averaged weights: after each step they move by (1 - decay) towards the network's.

    Early steps use a smaller decay, (1 + step) / (10 + step), so that a short training is not held back by its start
    (the rule of TensorFlow's ExponentialMovingAverage). Buffers are copied.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: Network, step: int) -> None:
        """Move the average after optimiser step `step` (counted from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for average, current in zip(self.network.parameters(), network.parameters(), strict=True):
            average.lerp_(current.to(average.dtype), 1 - decay)
        for kept, buffer in zip(self.network.buffers(), network.buffers(), strict=True):
            kept.copy_(buffer)
