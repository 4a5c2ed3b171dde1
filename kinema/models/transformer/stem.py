"""From a clip to patches: one convolution that takes each piece of it for itself."""

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import Past, joined


class Tubelets(nn.Conv3d):
    """Pieces of `frames` frames and `size` x `size` pixels, each made one token (clip_NCTHW -> x_NDTHW).

    What sticks out at the end of a clip is left out; a clip shorter than a piece is repeated to its length.
    """

    def __init__(self, channels: int, width: int, frames: int, size: int) -> None:
        super().__init__(channels, width, (frames, size, size), (frames, size, size))

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        frames, size, _ = self.kernel_size
        height, width = clip_NCTHW.shape[3:]
        if height < size or width < size:
            raise ModelError(f"Clips of {height} x {width} pixels came; patches of {size} x {size} do not fit in them.")
        if clip_NCTHW.shape[2] < frames:
            clip_NCTHW = clip_NCTHW.repeat(1, 1, -(-frames // clip_NCTHW.shape[2]), 1, 1)[:, :, :frames]
        return super().forward(clip_NCTHW)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The piece that a frame is in; until it is whole its last frame stands for those to come."""
        seen_NCTHW, past = joined(x_NC1HW, past, 0, int(self.kernel_size[0]) - 1, None)
        return type(self).forward(self, seen_NCTHW), past
