"""Residual blocks that change what nobody else reads instead of writing it anew: for answers alone.

A block adds its shortcut and takes the ReLU in place. A shift before a block moves channels in the block's own input,
and the shortcut is then added channel by channel from where its frames went, so that a shift costs next to nothing.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

import torch
from torch import nn

from kinema.models import Network
from kinema.models.backbones.resnet import Block, ResNet
from kinema.models.temporal.moving import ALL_BUT, Moves
from kinema.models.temporal.tsm import Shift


def in_place(network: Network) -> Network:
    """The network itself, with the blocks of its residual network, if it has one, replaced."""
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
        shift = block.before
        self.moves = shift.moves if isinstance(shift, Shift) and shift.past.fill == 0 and not block.shared else ()
        self.alone = isinstance(block.shortcut, nn.Identity)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        block = self.block
        if not self.moves:
            seen_NCTHW = block.before(x_NCTHW)
            found_NCTHW = block.gate(block.branch(seen_NCTHW))
            found_NCTHW += block.shortcut(seen_NCTHW if block.shared else x_NCTHW)
        elif self.alone:
            lost = move(x_NCTHW, self.moves)
            found_NCTHW = block.gate(block.branch(x_NCTHW))
            add_back(found_NCTHW, x_NCTHW, self.moves, lost)
        else:
            shortcut_NCTHW = block.shortcut(x_NCTHW)
            move(x_NCTHW, self.moves)
            found_NCTHW = block.gate(block.branch(x_NCTHW))
            found_NCTHW += shortcut_NCTHW
        return block.after(found_NCTHW.relu_())


def move(x_NCTHW: torch.Tensor, moves: Moves) -> list[torch.Tensor]:
    """Move channels by a frame, zeros at the edge; the frames that fell out at the other."""
    lost = []
    for channels, step in moves:
        part_NCTHW = x_NCTHW[:, channels]
        to, come, edge = ALL_BUT[step]
        lost.append(part_NCTHW[:, :, ALL_BUT[-step][2]].clone())
        part_NCTHW[:, :, to] = part_NCTHW[:, :, come].clone()
        part_NCTHW[:, :, edge] = 0
    return lost


def add_back(found_NCTHW: torch.Tensor, x_NCTHW: torch.Tensor, moves: Moves, lost: list[torch.Tensor]) -> None:
    """Add what x_NCTHW was before it was moved."""
    still = max(channels.stop for channels, _ in moves)
    found_NCTHW[:, still:] += x_NCTHW[:, still:]
    first = min(channels.start or 0 for channels, _ in moves)
    found_NCTHW[:, :first] += x_NCTHW[:, :first]
    for (channels, step), lost_NC1HW in zip(moves, lost, strict=True):
        to, come, _ = ALL_BUT[step]
        found_NCTHW[:, channels, come] += x_NCTHW[:, channels, to]
        found_NCTHW[:, channels, ALL_BUT[-step][2]] += lost_NC1HW
