"""Residual blocks that change what nobody else reads instead of writing it anew: for answers alone.

A block adds its shortcut and takes the ReLU in place. What stands before a block and changes some channels alone writes
them into the block's own input, and the shortcut is then added from what they were: nothing else is copied.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

import torch
from torch import nn

from kinema.models import Network
from kinema.models.backbones.resnet import Block, ResNet


def in_place(network: Network) -> Network:
    """The network itself, with the blocks of its residual network, if that is all it has, replaced."""
    if type(network.backbone) is ResNet:
        for row in network.backbone.stages:
            for name, block in list(row.named_children()):
                if isinstance(block, Block):
                    setattr(row, name, Frugal(block))
    return network


class Frugal(nn.Module):
    """A block that may change its input."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block
        self.write = None if block.shared else getattr(block.before, "write", None)
        self.alone = isinstance(block.shortcut, nn.Identity)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        block = self.block
        if self.write is None:
            seen_NCTHW = block.before(x_NCTHW)
            found_NCTHW = block.gate(block.branch(seen_NCTHW))
            found_NCTHW += block.shortcut(seen_NCTHW if block.shared else x_NCTHW)
        elif self.alone:
            channels, was_NCTHW = self.write(x_NCTHW)
            found_NCTHW = block.gate(block.branch(x_NCTHW))
            found_NCTHW[:, :channels] += was_NCTHW
            found_NCTHW[:, channels:] += x_NCTHW[:, channels:]
        else:
            shortcut_NCTHW = block.shortcut(x_NCTHW)
            self.write(x_NCTHW)
            found_NCTHW = block.gate(block.branch(x_NCTHW))
            found_NCTHW += shortcut_NCTHW
        return block.after(found_NCTHW.relu_())
