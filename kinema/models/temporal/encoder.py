"""A transformer over the features of frames.

Over transformers it is the factorised encoder of ViViT (Arnab et al., arXiv:2103.15691); over CNNs see Neimark et al.,
arXiv:2102.00719, and Kalfaoglu et al., arXiv:2008.01232.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.temporal.base import Temporal
from kinema.models.transformer.attention import Heads
from kinema.models.transformer.block import Block, Perceptron
from kinema.models.transformer.parts import table
from kinema.models.transformer.positions import Table
from kinema.models.transformer.spacetime import Joint
from kinema.models.transformer.tokens import Grid

HEAD = 64  # channels of a head
WIDER = 4  # how many times as wide the hidden layers are


@dataclass(eq=False)
class Encoder(Temporal):
    """Each frame alone; then `layers` blocks of a transformer in which the frames' features meet in a class token.

    Over a vision transformer this is model 2 of ViViT, over another network a CNN with a transformer encoder. The
    features are projected to `width` channels first (0: they are as wide as they come). `gelu` is "exact", "tanh" or
    "quick". Causal: the frames meet at the end of a clip, after which no frame comes.
    """

    looks_back: ClassVar[bool] = True

    layers: int = 4
    width: int = 0
    gelu: str = "exact"

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise ModelError(f"encoder's layers are {self.layers}; they must be 1 or more (4 are usual).")
        if self.width % HEAD:
            raise ModelError(f"encoder's width is {self.width}; it must be a multiple of {HEAD}, a head's channels. "
                             f"Nearest: {max(round(self.width / HEAD), 1) * HEAD}.")

    def readout(self, channels: int, frames: int) -> nn.Module:
        return FrameEncoder(channels, frames, self)


class FrameEncoder(nn.Module):
    """features_NCTHW -> features_ND: the class token of a transformer over the means of the frames."""

    def __init__(self, inputs: int, frames: int, options: Encoder) -> None:
        super().__init__()
        self.channels = channels = options.width or inputs
        self.project = nn.Linear(inputs, channels) if options.width else nn.Identity()
        heads = Heads(channels, max(channels // HEAD, 1), classes=True)
        self.class_token = table(1, 1, channels)
        self.positions = Table(Grid(1, frames, 1, 1), channels, tokens=0, fixed=False)
        self.blocks = nn.ModuleList(
            Block(Joint(heads), Perceptron(channels, WIDER * channels, heads.eps, options.gelu))
            for _ in range(options.layers))
        self.norm = heads.norm()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NTC = self.project(x_NCTHW.mean((3, 4)).transpose(1, 2))
        grid = Grid(1, x_NTC.shape[1], 1, 1)
        class_position_11C, position_1TC = self.positions(grid)
        class_N1C = (self.class_token + class_position_11C).expand(len(x_NTC), -1, -1)
        x_NLC = torch.cat([class_N1C, x_NTC + position_1TC], dim=1)
        for block in self.blocks:
            x_NLC = block(x_NLC, grid)
        return self.norm(x_NLC[:, 0])
