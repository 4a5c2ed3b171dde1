"""Temporal interlacing (Shao et al., arXiv:2001.06499)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.moving import Mixed, by_others, channel_means, write_mixed

WAYS = 2  # groups of channels that each go their own distance, and as many that go as far back
FARTHEST = 2.0  # frames that a channel can go
HALF_A_FRAME = 0.5108  # the bias that gives the distance at the start of training


@dataclass(eq=False)
class TIN(Temporal):
    """Before a block, one in `fold` channels moves in time, by distances and with weights read off the clip itself."""

    fold: int = 4

    sized: ClassVar[tuple[str, ...]] = ("frames",)

    def __post_init__(self) -> None:
        if self.causal:
            raise ModelError("tin cannot be causal: it reads the whole clip to tell how far channels go. Nearest: tsm.")
        at_least("tin", 1, "4: a quarter of the channels move", fold=self.fold)

    def before(self, channels: int, place: Place) -> nn.Module:
        moved = channels // self.fold
        if moved % (2 * WAYS):
            raise ModelError(f"tin's fold is {self.fold}, so {moved} of {channels} channels would move; they must be a "
                             f"multiple of {2 * WAYS}.")
        return Interlace(moved, place.frames)


class Interlace(nn.Module):
    """Move the first `moved` channels in time.

    How far is told by a layer sized by the number of frames, so the network takes clips of that length only.
    """

    def __init__(self, moved: int, frames: int) -> None:
        super().__init__()
        self.moved, self.frames = moved, frames
        self.offset_conv = nn.Conv1d(moved, 1, 3, padding=1)
        self.offset_hidden = nn.Linear(frames, frames)
        self.offset_out = nn.Linear(frames, WAYS)
        self.weight_conv = nn.Conv1d(moved, WAYS, 3, padding=1)
        nn.init.constant_(self.offset_out.bias, HALF_A_FRAME)

    def offsets_NG(self, means_NCT: torch.Tensor) -> torch.Tensor:
        """How many frames later each group of channels appears."""
        hidden = self.offset_hidden(self.offset_conv(means_NCT).squeeze(1)).relu()
        forth = 2 * FARTHEST * (self.offset_out(hidden).sigmoid() - 0.5)
        return torch.cat([forth, -forth], dim=1)

    def weights_NGT(self, means_NCT: torch.Tensor) -> torch.Tensor:
        """What each group of channels is multiplied with in each frame, from 0 to 2."""
        return 2 * self.weight_conv(means_NCT).sigmoid().repeat(1, 2, 1)

    def mix_NGTT(self, moving_NCTHW: torch.Tensor) -> torch.Tensor:
        """How much of a frame (column) each group of channels takes into a frame (row)."""
        if moving_NCTHW.shape[2] != self.frames:
            raise ModelError(f"This tin network takes {self.frames} frames here, not {moving_NCTHW.shape[2]}: its "
                             "weights are sized by them. Create it with the frames of your clips.")
        means_NCT = channel_means(moving_NCTHW)
        frame_T = torch.arange(self.frames, device=moving_NCTHW.device)
        later_TT = (frame_T[:, None] - frame_T).to(moving_NCTHW.dtype)  # from a frame to one it may appear in
        miss_NGTT = (later_TT - self.offsets_NG(means_NCT)[:, :, None, None]).abs()
        between_NGTT = (1 - miss_NGTT).clamp(min=0)  # a group that falls between two frames is shared by them
        return between_NGTT * self.weights_NGT(means_NCT)[..., None]

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        moving_NCTHW, here_NCTHW = x_NCTHW.split([self.moved, x_NCTHW.shape[1] - self.moved], dim=1)
        mix_NGTT = self.mix_NGTT(moving_NCTHW)
        if not by_others():
            return Mixed.apply(moving_NCTHW, here_NCTHW, mix_NGTT)
        rows_NTPGC = moving_NCTHW.permute(0, 2, 3, 4, 1).flatten(2, 3).unflatten(3, (2 * WAYS, -1))
        mixed_NGTX = mix_NGTT @ rows_NTPGC.permute(0, 3, 1, 2, 4).flatten(3)
        mixed_NTPGC = mixed_NGTX.unflatten(3, (-1, self.moved // (2 * WAYS))).permute(0, 2, 3, 1, 4)
        moved_NTHWC = mixed_NTPGC.flatten(3).unflatten(2, x_NCTHW.shape[3:])
        return torch.cat([moved_NTHWC.permute(0, 4, 1, 2, 3), here_NCTHW], dim=1)

    def write(self, x_NCTHW: torch.Tensor) -> tuple[int, torch.Tensor]:
        """Mix channels of x_NCTHW itself; how many of the first ones, and what they were."""
        moving_NCTHW = x_NCTHW[:, : self.moved]
        was_NCTHW = moving_NCTHW.clone()
        write_mixed(was_NCTHW, self.mix_NGTT(was_NCTHW), moving_NCTHW)
        return self.moved, was_NCTHW
