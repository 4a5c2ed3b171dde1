"""The slow pathway of SlowFast on its own (Feichtenhofer et al., arXiv:1812.03982)."""

from dataclasses import dataclass

from kinema.models.temporal.i3d_fair import I3DFair


@dataclass(eq=False)
class Slow(I3DFair):
    """The first convolution of the blocks of the last two stages also covers three frames; every frame is kept."""

    halve: bool = False
    inflate: tuple[str, ...] = ("0", "0", "1", "1")
    stem_frames: int = 1
