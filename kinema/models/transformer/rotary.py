"""Positions told by turning queries and keys (RoPE; Su et al., arXiv:2104.09864), over frames, rows and columns.

Axes in names: N clips, A heads, L tokens, E channels of a head.
"""

import torch

from kinema.models.transformer.tokens import Grid

BASE = 10000.0
AXES = 3


def turns(grid: Grid, width: int, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines of the angles of all tokens (L E), for heads of `width` channels.

    A third of a head each turns with the frame, the row and the column; what is left over, and class tokens, stand
    still. Within a third the angles of the pairs are repeated whole, not pair by pair, as V-JEPA 2 was trained
    (Assran et al., arXiv:2506.09985).
    """
    part = width // AXES // 2 * 2
    index = torch.arange(grid.patches, device=like.device, dtype=torch.float64)
    speed = BASE ** -(torch.arange(part // 2, device=like.device, dtype=torch.float64) / max(part / 2, 1))
    frame = (index / grid.places).floor()
    row = ((index - frame * grid.places) / grid.columns).floor()
    column = index - frame * grid.places - row * grid.columns
    angles = [(place[:, None] * speed).repeat(1, 2) for place in (frame, row, column)]
    angles_LE = torch.cat([*angles, torch.zeros_like(index)[:, None].expand(-1, width - AXES * part)], dim=1)
    angles_LE = torch.cat([angles_LE.new_zeros(grid.classes, width), angles_LE])
    return angles_LE.cos().to(like.dtype), angles_LE.sin().to(like.dtype)


def turn(x_NALE: torch.Tensor, cosines_LE: torch.Tensor, sines_LE: torch.Tensor) -> torch.Tensor:
    """Turn each pair of neighbouring channels."""
    one, other = x_NALE.unflatten(-1, (-1, 2)).unbind(-1)
    across_NALE = torch.stack((-other, one), dim=-1).flatten(-2)
    return x_NALE * cosines_LE + across_NALE * sines_LE
