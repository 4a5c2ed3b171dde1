"""Residual blocks that change what nobody else reads instead of writing it anew: for answers alone.

A block adds its shortcut and takes the ReLU in place, or leaves both to its last convolution where that is packed. What
stands before a block and changes some channels alone writes them into the block's own input, and writes back what they
were before the shortcut is added: nothing else is copied.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

import torch
from torch import nn

from kinema.inference.engines.packed import packed_of
from kinema.models import Network
from kinema.models.backbones.resnet import Block, ResNet


def in_place(network: Network) -> Network:
    """The network itself, with the blocks of its residual network, if that is all it has, replaced."""
    if type(network.backbone) is ResNet:
        for row in network.backbone.stages:
            for name, block in list(row.named_children()):
                if isinstance(block, Block) and type(block).forward is Block.forward:  # not those that add otherwise
                    setattr(row, name, Frugal(block))
    return network


class Frugal(nn.Module):
    """A block that may change its input."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block
        self.write = None if block.shared else getattr(block.before, "write", None)
        self.alone = isinstance(block.shortcut, nn.Identity)
        *front, last = [layer for layer in block.branch if not isinstance(layer, nn.Identity)]
        self.last = packed_of(last)
        plain = isinstance(block.gate, nn.Identity) and isinstance(getattr(last, "edge", None), nn.Identity | None)
        if self.last is not None and plain:
            self.last.follower, self.front = "relu", nn.Sequential(*front)
        else:
            self.last, self.front = None, nn.Sequential(block.branch, block.gate)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        block = self.block
        if self.write is None:
            seen_NCTHW = block.before(x_NCTHW)
            return self.joined(self.front(seen_NCTHW), block.shortcut(seen_NCTHW if block.shared else x_NCTHW))
        if not self.alone:
            shortcut_NCTHW = block.shortcut(x_NCTHW)
            self.write(x_NCTHW)
            return self.joined(self.front(x_NCTHW), shortcut_NCTHW)
        channels, was_NCTHW = self.write(x_NCTHW)
        found_NCTHW = self.front(x_NCTHW)
        x_NCTHW[:, :channels] = was_NCTHW
        return self.joined(found_NCTHW, x_NCTHW)

    def joined(self, found_NCTHW: torch.Tensor, shortcut_NCTHW: torch.Tensor) -> torch.Tensor:
        """What the front found, through the last convolution if that is left, and the shortcut."""
        if self.last is None:
            found_NCTHW += shortcut_NCTHW
            return self.block.after(found_NCTHW.relu_())
        return self.block.after(self.last.added(found_NCTHW, shortcut_NCTHW))
