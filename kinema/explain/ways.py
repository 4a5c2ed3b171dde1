"""Roll-out where tokens go their own ways: in two streams, or apart by how important they are.

One number a token (x_NL1) goes the way that the tokens go. Axes in names: N clips, L tokens.
"""

import torch

from kinema.explain.attended import Attended
from kinema.explain.mixing import fitted, grid_of, mixed, pooled
from kinema.models.transformer.mvit_attention import PooledAttention
from kinema.models.transformer.rev_mvit import RevMViT
from kinema.models.transformer.tokens import Grid
from kinema.models.transformer.uniformer_light import ChoosyBlock, taken


def in_streams(backbone: RevMViT, seen: list[Attended], held_NL1: torch.Tensor) -> tuple[torch.Tensor, Grid]:
    """What the two streams of a reversible network hold in the end, as their mean, and how their tokens lie.

    Each stream becomes half itself and half what it takes from the other: one by attention, then the other as it is.
    """
    grid, one_NL1, other_NL1 = grid_of(seen[0]), held_NL1, held_NL1
    for number, step in enumerate(seen):
        assert isinstance(step.who, PooledAttention)
        if number in backbone.steps:
            one_NL1, grid = mixed(step, (one_NL1 + other_NL1) / 2)
            other_NL1 = one_NL1
        else:
            one_NL1 = (one_NL1 + pooled(step, step.who, other_NL1)[0]) / 2
            other_NL1 = (other_NL1 + one_NL1) / 2
    return (one_NL1 + other_NL1) / 2, grid


def by_importance(seen: list[Attended], held_NL1: torch.Tensor) -> tuple[torch.Tensor, Grid]:
    """What tokens hold in the end of which only the important ones attend, and how they lie.

    The class token, which holds nothing at first, stands before them; the mean of all others attends for these.
    """
    grid, class_N11 = grid_of(seen[0]), torch.zeros_like(held_NL1[:, :1])
    for step in seen:
        assert isinstance(step.who, ChoosyBlock)
        assert step.weight_NL is not None
        held_NL1, grid = fitted(held_NL1, grid, grid_of(step)), grid_of(step)
        if step.who.keep == 1:
            all_NL1 = torch.cat([class_N11, held_NL1], dim=1)
            class_N11, held_NL1 = ((all_NL1 + step.calls[0].taken(all_NL1)) / 2).split([1, grid.patches], dim=1)
            continue
        kept, order_NL = int(grid.patches * step.who.keep), step.weight_NL.argsort(dim=1, descending=True)
        weight_NL1 = step.weight_NL.gather(1, order_NL)[:, kept:, None]
        first_NL1, rest_NL1 = taken(held_NL1, order_NL).split([kept, grid.patches - kept], dim=1)
        mean_N11 = (weight_NL1 / weight_NL1.sum(1, keepdim=True) * rest_NL1).sum(1, keepdim=True)
        found_NL1 = step.calls[0].taken(torch.cat([class_N11, first_NL1, mean_N11], dim=1))
        class_N11 = (class_N11 + found_NL1[:, :1]) / 2
        mixed_NL1 = torch.cat([first_NL1 + found_NL1[:, 1:-1], rest_NL1 + found_NL1[:, -1:]], dim=1) / 2
        held_NL1 = taken(mixed_NL1, order_NL.argsort(dim=1))
    return held_NL1, grid
