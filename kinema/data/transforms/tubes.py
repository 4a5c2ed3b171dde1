"""Which places of a clip are hidden from a network that learns to paint them (tube masking; arXiv:2203.12602).

Axes in names: T frames, H rows, W columns, C channels, S places of a frame.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from kinema.data.transforms.pipeline import TrainTransform


def tubes(places: int, hidden: int, generator: Generator) -> Tensor:
    """True where a place is hidden, in all frames alike: `hidden` of them, each choice as likely."""
    hidden_S = torch.zeros(places, dtype=torch.bool)
    hidden_S[torch.randperm(places, generator=generator)[:hidden]] = True
    return hidden_S


@dataclass(frozen=True)
class TubeTransform:
    """Frames (T H W 3 uint8), what is known of them (which is left aside) and a generator -> a clip and `hidden_S`."""

    transform: TrainTransform
    places: int
    hidden: int

    def __call__(self, frames_THWC: Tensor, known: Any, generator: Generator) -> tuple[Tensor, Tensor]:
        clip_CTHW, _ = self.transform(frames_THWC, known, generator)
        return clip_CTHW, tubes(self.places, self.hidden, generator)
