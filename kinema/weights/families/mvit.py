"""Multiscale vision transformers: which version and size, made for which clip."""

from math import isqrt
from typing import Any

from kinema.models.backbones import BACKBONES
from kinema.models.options import usual_values
from kinema.models.published import PUBLISHED
from kinema.models.transformer.mvit import KEY_STRIDE
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.nearest import made_for
from kinema.weights.families.shapes import count

BLOCK = "backbone.blocks.{}."
FIRST, SECOND, REVERSIBLE = ("mvit_b",), ("mvitv2_s", "mvitv2_b", "mvitv2_l"), ("rev_mvit_b",)  # backbones
PUBLISHED_SIDE = 56  # of the first version's grid
SAME = ("width", "heads", "depth", "steps")  # options that make the size of a network


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    if len(shapes.get("backbone.blocks.0.attention.key.conv.weight", ())) != 5:  # one for pictures has no frames
        return []
    depth = count(shapes, r"^backbone\.blocks\.(\d+)\.")
    widths = [shapes[BLOCK.format(block) + "attention.out.weight"][0] for block in range(depth)]
    steps = tuple(block for block in range(1, depth) if widths[block] > widths[block - 1])
    head, _, *kernel = shapes["backbone.blocks.0.attention.key.conv.weight"]
    options: dict[str, Any] = {
        "width": shapes["backbone.patches.weight"][0], "heads": widths[0] // head, "depth": depth, "steps": steps,
        "positions": next((kind for kind, key in (("separable", "space"), ("joint", "joint"))
                           if f"backbone.positions.{key}" in shapes), "none"),
        "token": "backbone.token" in shapes,
    }
    streams = shapes.get("backbone.norm.weight", (0,))[0] // widths[-1]  # side by side at the end
    backbones: tuple[str, ...] = FIRST
    if shapes.get("backbone.blocks.0.attention.positions.frames"):
        backbones = SECOND
        late = bool(steps) and shapes[BLOCK.format(steps[0]) + "norm1.weight"][0] == widths[steps[0]]
        options |= {"widen": "mlp" if late else "attention", "average": late}  # as MaskFeat's
    elif streams == 2:
        backbones = REVERSIBLE
        options = {option: options[option] for option in SAME}
    else:
        options["kernel"] = () if tuple(kernel) == (1, KEY_STRIDE + 1, KEY_STRIDE + 1) else tuple(kernel)
        last = BLOCK.format(depth - 1) + "attention.key.conv.weight"
        options["pool_all"] = not options["kernel"] or last in shapes
    if backbones != SECOND:
        options["bias"] = "backbone.blocks.0.attention.qkv.bias" in shapes
    names = [name for name, row in PUBLISHED.items() if row.model in backbones]
    return [candidate(names, options, grid) for grid in grids_of(shapes)]


def candidate(names: list[str], options: dict[str, Any], grid: tuple[int, int, int]) -> Candidate:
    """The one of the published networks that is nearest, with the options that are not its own."""
    frames, rows, columns = grid
    name = min(names, key=lambda name: differences(name, options, 2 * frames))
    usual = usual_values(BACKBONES[PUBLISHED[name].model].build)
    apart = {option: value for option, value in options.items() if usual[option] != value}
    return Candidate(name, apart | made_for(name, 2 * frames, 4 * rows, 4 * columns))


def differences(name: str, options: dict[str, Any], frames: int) -> tuple[int, bool]:
    """How far a published network is from one of these options and frames."""
    row = PUBLISHED[name]
    usual = usual_values(BACKBONES[row.model].build)
    return sum(usual[option] != options[option] for option in SAME), row.frames != frames


def grids_of(shapes: Shapes) -> list[tuple[int, int, int]]:
    """The frames, rows and columns of patches that the tables are for; 0 where nothing says it.

    A joint table only says how many all are: that of a published size is meant, or else it may be any.
    """
    relative = [shapes.get(f"backbone.blocks.0.attention.positions.{axis}") for axis in ("frames", "rows", "columns")]
    if all(relative):
        frames, rows, columns = ((table[0] + 1) // 2 for table in relative if table)
        return [(frames, rows, columns)]
    if space := shapes.get("backbone.positions.space"):
        side = isqrt(space[-2])
        return [(shapes["backbone.positions.time"][-2], side, side)]
    if joint := shapes.get("backbone.positions.joint"):
        grids = [(joint[-2] // side**2, side, side) for side in range(isqrt(joint[-2]), 0, -1)
                 if joint[-2] % side**2 == 0]
        return [grid for grid in grids if grid[1] == PUBLISHED_SIDE] or grids
    return [(0, 0, 0)]
