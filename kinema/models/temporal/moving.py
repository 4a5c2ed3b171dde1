"""Frames moved and mixed with few copies, in the layout of memory they come in, and what that means backward.

What a gradient is here is plain too, but PyTorch would find it in several times as many steps over all features. A
network that is traced or compiled is for others to make quick: it takes the plain definitions.

Axes in names: N clips, C channels, T frames, H rows, W columns, P pixels, G groups of channels.
"""

from typing import Any

import torch

Moves = tuple[tuple[slice, int], ...]  # channels, and how many frames later they appear: 1, or -1 for earlier
ALL_BUT = {1: (slice(1, None), slice(None, -1), slice(None, 1)), -1: (slice(None, -1), slice(1, None), slice(-1, None))}


def by_others() -> bool:
    """Is the network traced or compiled, and not run for its answer?"""
    return torch.compiler.is_compiling() or torch.jit.is_tracing()


def channels_last(x_NCTHW: torch.Tensor) -> bool:
    """Do the channels of a place stand side by side in memory?"""
    return not x_NCTHW.is_contiguous() and x_NCTHW.is_contiguous(memory_format=torch.channels_last_3d)


def move(x_NCTHW: torch.Tensor, out_NCTHW: torch.Tensor, moves: Moves, fill: float | None) -> None:
    """Write channels of x_NCTHW a frame later or earlier; at the edge `fill`, or None: what is there already."""
    for channels, step in moves:
        to, come, edge = ALL_BUT[step]
        out_NCTHW[:, channels, to] = x_NCTHW[:, channels, come]
        if fill is not None:
            out_NCTHW[:, channels, edge] = fill


class Moved(torch.autograd.Function):
    """Some channels moved by a frame, the others as they are; the gradient moves the other way."""

    @staticmethod
    def forward(ctx: Any, x_NCTHW: torch.Tensor, moves: Moves, fill: float | None) -> torch.Tensor:
        ctx.moves, ctx.repeats = moves, fill is None
        out_NCTHW = x_NCTHW.clone()
        move(x_NCTHW, out_NCTHW, moves, fill)
        return out_NCTHW

    @staticmethod
    def backward(ctx: Any, *way: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (way_NCTHW,) = way
        found_NCTHW = way_NCTHW.clone()
        move(way_NCTHW, found_NCTHW, tuple((channels, -step) for channels, step in ctx.moves), 0.0)
        for channels, step in ctx.moves if ctx.repeats else ():
            edge = ALL_BUT[step][2]
            found_NCTHW[:, channels, edge] += way_NCTHW[:, channels, edge]
        return found_NCTHW, None, None


def channel_means(part_NCTHW: torch.Tensor) -> torch.Tensor:
    """The mean over all places of a frame: means_NCT."""
    if by_others():
        return part_NCTHW.mean((3, 4))
    return part_NCTHW.flatten(3).permute(0, 2, 3, 1).mean(2).transpose(1, 2)  # as quick where some channels are a slice


def groups_NGCTP(part_NCTHW: torch.Tensor, groups: int) -> torch.Tensor:
    """The same values, in so many groups of channels."""
    return part_NCTHW.unflatten(1, (groups, -1)).flatten(4)


def mixed(part_NGCTP: torch.Tensor, mix_NGTT: torch.Tensor) -> torch.Tensor:
    """Each frame the sum of all frames with the weights of a row."""
    if part_NGCTP.stride(2) > 1:
        return mix_NGTT[:, :, None] @ part_NGCTP
    rows_NGTX = mix_NGTT @ part_NGCTP.permute(0, 1, 3, 4, 2).flatten(3)
    return rows_NGTX.unflatten(3, (-1, part_NGCTP.shape[2])).permute(0, 1, 4, 2, 3)


def write_mixed(part_NCTHW: torch.Tensor, mix_NGTT: torch.Tensor, out_NCTHW: torch.Tensor) -> None:
    """Mix some channels into `out_NCTHW`, which may be they themselves."""
    groups = mix_NGTT.shape[1]
    groups_NGCTP(out_NCTHW, groups).copy_(mixed(groups_NGCTP(part_NCTHW, groups), mix_NGTT))


def first_mixed(moving_NCTHW: torch.Tensor, here_NCTHW: torch.Tensor, mix_NGTT: torch.Tensor) -> torch.Tensor:
    """The first channels mixed, and then the others as they are."""
    clips, channels, *places = moving_NCTHW.shape
    layout = torch.channels_last_3d if moving_NCTHW.stride(1) == 1 else torch.contiguous_format
    size = clips, channels + here_NCTHW.shape[1], *places
    out_NCTHW = torch.empty(size, dtype=here_NCTHW.dtype, device=here_NCTHW.device, memory_format=layout)
    write_mixed(moving_NCTHW, mix_NGTT, out_NCTHW[:, :channels])
    out_NCTHW[:, channels:] = here_NCTHW
    return out_NCTHW


class Mixed(torch.autograd.Function):
    """`first_mixed`; its gradient is mixed by the matrices turned round."""

    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu")
    def forward(
        ctx: Any, moving_NCTHW: torch.Tensor, here_NCTHW: torch.Tensor, mix_NGTT: torch.Tensor
    ) -> torch.Tensor:
        ctx.save_for_backward(moving_NCTHW, mix_NGTT)
        return first_mixed(moving_NCTHW, here_NCTHW, mix_NGTT)

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx: Any, *way: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        (way_NCTHW,), (moving_NCTHW, mix_NGTT) = way, ctx.saved_tensors
        channels, groups = moving_NCTHW.shape[1], mix_NGTT.shape[1]
        moved_NCTHW = way_NCTHW[:, :channels]
        told_NGTX, seen_NGTX = (groups_NGCTP(each_NCTHW, groups).permute(0, 1, 3, 4, 2).flatten(3)
                                for each_NCTHW in (moved_NCTHW, moving_NCTHW))
        found_NCTHW = first_mixed(moved_NCTHW, moved_NCTHW[:, :0], mix_NGTT.mT)
        return found_NCTHW, way_NCTHW[:, channels:], told_NGTX @ seen_NGTX.mT
