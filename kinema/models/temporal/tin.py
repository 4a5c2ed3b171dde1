"""Temporal interlacing (Shao et al., arXiv:2001.06499)."""

from dataclasses import dataclass

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.temporal.base import Place, Temporal
from kinema.models.temporal.tsm import DEEP

GROUPS = 2  # of channels that move one way; as many move the same distance the other way
FARTHEST = 2.0  # frames that a channel can move
HALF_A_FRAME = 0.5108  # sigmoid turns this into the offset that channels start with


@dataclass(eq=False)
class TIN(Temporal):
    """Before a block, one in `fold` channels moves in time, by distances and with weights that the clip itself tells."""

    fold: int = 4

    def __post_init__(self) -> None:
        if self.causal:
            raise ModelError("tin cannot be causal: it reads the whole clip to tell how far channels move. Take tsm or tam.")
        if self.fold < 1:
            raise ModelError(f"tin's fold is {self.fold}; it must be 1 or more (4: a quarter of the channels move).")

    def before(self, channels: int, place: Place) -> nn.Module:
        if place.blocks >= DEEP and place.index % 2:
            return nn.Identity()
        moved = channels // self.fold
        if moved % (2 * GROUPS):
            raise ModelError(f"tin moves 1/{self.fold} of {channels} channels in {2 * GROUPS} equal groups; choose another fold.")
        return Interlace(moved, place.frames)


class Interlace(nn.Module):
    """Move the first `moved` channels in time.

    The offsets come from a layer sized by the number of frames, so a network with this module takes clips of that length.
    """

    def __init__(self, moved: int, frames: int) -> None:
        super().__init__()
        self.moved, self.frames = moved, frames
        self.offset_conv = nn.Conv1d(moved, 1, 3, padding=1)
        self.offset_hidden = nn.Linear(frames, frames)
        self.offset_out = nn.Linear(frames, GROUPS)
        self.weight_conv = nn.Conv1d(moved, GROUPS, 3, padding=1)
        nn.init.constant_(self.offset_out.bias, HALF_A_FRAME)
        nn.init.zeros_(self.weight_conv.bias)  # type: ignore[arg-type]

    def offsets_NG(self, means_NCT: torch.Tensor) -> torch.Tensor:
        """How many frames later each group appears: half of the groups move forth, half as far back."""
        hidden = self.offset_hidden(self.offset_conv(means_NCT).squeeze(1)).relu()
        forth = 2 * FARTHEST * (self.offset_out(hidden).sigmoid() - 0.5)
        return torch.cat([forth, -forth], dim=1)

    def weights_NGT(self, means_NCT: torch.Tensor) -> torch.Tensor:
        """What each group is multiplied with in each frame, from 0 to 2."""
        return 2 * self.weight_conv(means_NCT).sigmoid().repeat(1, 2, 1)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if x_NCTHW.shape[2] != self.frames:
            raise ModelError(f"This tin network takes {self.frames} frames here, not {x_NCTHW.shape[2]}: its weights are sized by them.")
        moving, here = x_NCTHW[:, : self.moved], x_NCTHW[:, self.moved :]
        means_NCT = moving.mean((3, 4))
        lag_TT = torch.arange(self.frames, device=moving.device)
        lag_TT = (lag_TT[:, None] - lag_TT).to(moving.dtype)  # from a frame (column) to where it appears (row)
        far_NGTT = (lag_TT - self.offsets_NG(means_NCT)[:, :, None, None]).abs()
        mix_NGTT = (1 - far_NGTT).clamp(min=0) * self.weights_NGT(means_NCT)[..., None]  # between two frames: a share of each
        groups = moving.unflatten(1, (2 * GROUPS, -1)).flatten(4)
        moved = (mix_NGTT[:, :, None] @ groups).reshape(moving.shape)
        return torch.cat([moved, here], dim=1)
