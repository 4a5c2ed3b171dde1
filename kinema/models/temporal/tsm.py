"""Temporal shift (Lin et al., arXiv:1811.08383)."""

from dataclasses import dataclass

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import Past, TimePad
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal, sits_out
from kinema.models.temporal.moving import Moved, Moves, by_others, move

STAGES = 4


@dataclass(eq=False)
class TSM(Temporal):
    """Before a block, one in `fold` channels comes from the next frame and one in `fold` from the frame before.

    In deep networks every second block sits out where only a branch sees it. `halve` is the stage of a residual network
    before which frames are halved by a pool; 0 is none. Causal: only from the frame before.
    """

    fold: int = 8
    halve: int = 0

    def __post_init__(self) -> None:
        at_least("tsm", 2, "8: an eighth each way", fold=self.fold)
        if not 0 <= self.halve <= STAGES:
            raise ModelError(f"tsm's halve is {self.halve}; it must be a stage from 1 to {STAGES}, or 0 for none.")

    def before(self, channels: int, place: Place) -> nn.Module:
        return nn.Identity() if sits_out(place) else Shift(channels // self.fold, self.causal)

    def step(self, stage: int, tp: bool) -> int:
        return 2 if self.halve and stage == self.halve else super().step(stage, tp)


class Shift(nn.Module):
    """Take the first `moved` channels from the next frame, as many again from the frame before, the rest from here."""

    def __init__(self, moved: int, causal: bool) -> None:
        super().__init__()
        self.moved = moved
        self.past = TimePad(1, 0)
        self.future = None if causal else TimePad(0, 1)
        self.moves: Moves = ((slice(moved, 2 * moved), 1), (slice(moved), -1))[: 1 if causal else 2]

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if not by_others():
            return Moved.apply(x_NCTHW, self.moves, self.past.fill)
        coming, gone, here = x_NCTHW.split([self.moved, self.moved, x_NCTHW.shape[1] - 2 * self.moved], dim=1)
        if self.future is not None:
            coming = self.future(coming)[:, :, 1:]
        return torch.cat([coming, self.past(gone)[:, :, :-1], here], dim=1)

    def write(self, x_NCTHW: torch.Tensor) -> tuple[int, torch.Tensor]:
        """Move channels of x_NCTHW itself; how many of the first ones, and what they were."""
        was_NCTHW = x_NCTHW[:, : 2 * self.moved].clone()
        move(was_NCTHW, x_NCTHW, self.moves, self.past.fill)
        return 2 * self.moved, was_NCTHW

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """What goes is that of the frame before."""
        gone = slice(self.moved, 2 * self.moved)
        seen_NC2HW, past = self.past.follow(x_NC1HW[:, gone], past, count)
        return torch.cat([x_NC1HW[:, : self.moved], seen_NC2HW[:, :, :1], x_NC1HW[:, gone.stop :]], dim=1), past
