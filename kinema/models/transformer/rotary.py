"""Positions told by turning queries and keys (RoPE; Su et al., arXiv:2104.09864), over frames, rows and columns.

Axes in names: N clips, A heads, L tokens, E channels of a head.
"""

import torch

from kinema.models.transformer.tokens import Grid

BASE = 10000.0
AXES = 3


def turns(grid: Grid, width: int, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines of the angles of all tokens (L 1 E), for heads of `width` channels of `like` (N L A E).

    Where only some of each clip's places are there, these are not the same for all clips: N L 1 E.

    A third of a head each turns with the frame, the row and the column; what is left over, and class tokens, stand
    still. Within a third the angles of the pairs are repeated whole, not pair by pair, as V-JEPA 2 was trained
    (Assran et al., arXiv:2506.09985).
    """
    part = width // AXES // 2 * 2
    frame, row, column = coordinates(grid, like)
    speed = BASE ** -(torch.arange(part // 2, device=like.device, dtype=torch.float64) / max(part / 2, 1))
    angles = [torch.cat([place[..., None] * speed] * 2, dim=-1) for place in (frame, row, column)]
    angles_LE = torch.cat([*angles, frame.new_zeros(*frame.shape, width - AXES * part)], dim=-1)
    still_LE = angles_LE.new_zeros(*frame.shape[:-1], grid.classes, width)
    angles_L1E = torch.cat([still_LE, angles_LE], dim=-2).unsqueeze(-2)
    return angles_L1E.cos().to(like.dtype), angles_L1E.sin().to(like.dtype)


def coordinates(grid: Grid, like_NALE: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The frame, row and column of each patch (L, or N L where only some of each clip's places are there)."""
    index = torch.arange(grid.patches, device=like_NALE.device, dtype=torch.float64)
    frame = (index / grid.places).floor()
    within, across = index - frame * grid.places, grid.columns
    if grid.shown_NS is not None and grid.places == grid.shown_NS.shape[1]:  # and not one place, in all frames
        groups = len(like_NALE) // len(grid.shown_NS)  # frames that see only themselves
        within = grid.shown_NS.double().repeat(1, grid.frames).repeat_interleave(groups, 0)
        frame, across = frame.expand_as(within), grid.across
    row = (within / across).floor()
    return frame, row, within - row * across


def turn(x_NLAE: torch.Tensor, cosines_L1E: torch.Tensor, sines_L1E: torch.Tensor) -> torch.Tensor:
    """Turn each pair of neighbouring channels."""
    one, other = x_NLAE.unflatten(-1, (-1, 2)).unbind(-1)
    across_NLAE = torch.stack((-other, one), dim=-1).flatten(-2)
    return x_NLAE * cosines_L1E + across_NLAE * sines_L1E
