"""Inception with batch norm (Ioffe and Szegedy, arXiv:1502.03167) and Inception v3 (Szegedy et al., arXiv:1512.00567).

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
import re
from collections import OrderedDict
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.layers import Pool
from kinema.models.plan import Habits, Place, Plan
from kinema.models.same import SamePool
from kinema.models.temporal import Temporal

HABITS = Habits(stem_frames=3, norm_eps=1e-5, time_bias=False)

# A branch is its layers in turn: a convolution by its outputs, `3x1:64` where it covers 3 rows and 1 column, with `/2`
# at half the size and `!` without padding; `a|b` are two side by side; `avg` and `max` are pools over 3x3 pixels.
Branches = dict[str, str]


def four(one: str, three: str, twice: str, pool: str) -> Branches:
    return {"1x1": one, "3x3": three, "twice": twice, "pool": pool}


def towers(conv: str, tower: str, tower_1: str, tower_2: str) -> Branches:
    return {"conv": conv, "tower": tower, "tower_1": tower_1, "tower_2": tower_2}


def sevens(narrow: int) -> Branches:
    return towers("192", f"{narrow} 7x1:{narrow} 1x7:192",
                  f"{narrow} 1x7:{narrow} 7x1:{narrow} 1x7:{narrow} 7x1:192", "avg 192")


def wide(pool: str) -> Branches:
    return towers("320", "384 3x1:384|1x3:384", "448 3x3:384 3x1:384|1x3:384", f"{pool} 192")


@dataclass(frozen=True)
class Kind:
    """A row of the table of networks: the layers of the stem and of each block, and the blocks that begin a stage."""

    stem: dict[str, str]
    mixed: dict[str, Branches]
    stages: tuple[str, str, str]  # the first blocks of stages 2, 3 and 4
    pools: tuple[str, str]  # the blocks of the stem that a pool follows
    plain: tuple[str, ...] = ()  # the blocks that, as published, have no branch that leads


KINDS = {
    "bn_inception": Kind(
        {"conv1": "7x7:64/2", "conv2": "64 3x3:192"},
        {"3a": four("64", "64 3x3:64", "64 3x3:96 3x3:96", "avg 32"),
         "3b": four("64", "64 3x3:96", "64 3x3:96 3x3:96", "avg 64"),
         "3c": {"3x3": "128 3x3:160/2", "twice": "64 3x3:96 3x3:96/2", "pool": "max/2"},
         "4a": four("224", "64 3x3:96", "96 3x3:128 3x3:128", "avg 128"),
         "4b": four("192", "96 3x3:128", "96 3x3:128 3x3:128", "avg 128"),
         "4c": four("160", "128 3x3:160", "128 3x3:160 3x3:160", "avg 128"),
         "4d": four("96", "128 3x3:192", "160 3x3:192 3x3:192", "avg 128"),
         "4e": {"3x3": "128 3x3:192/2", "twice": "192 3x3:256 3x3:256/2", "pool": "max/2"},
         "5a": four("352", "192 3x3:320", "160 3x3:224 3x3:224", "avg 128"),
         "5b": four("352", "192 3x3:320", "192 3x3:224 3x3:224", "max 128")},
        ("3a", "4a", "5a"), ("conv1", "conv2")),
    "inception_v3": Kind(
        {"conv": "3x3:32/2!", "conv_1": "3x3:32!", "conv_2": "3x3:64", "conv_3": "80", "conv_4": "3x3:192!"},
        {"mixed": towers("64", "48 5x5:64", "64 3x3:96 3x3:96", "avg 32"),
         "mixed_1": towers("64", "48 5x5:64", "64 3x3:96 3x3:96", "avg 64"),
         "mixed_2": towers("64", "48 5x5:64", "64 3x3:96 3x3:96", "avg 64"),
         "mixed_3": {"conv": "3x3:384/2!", "tower": "64 3x3:96 3x3:96/2!", "pool": "max/2!"},
         "mixed_4": sevens(128), "mixed_5": sevens(160), "mixed_6": sevens(160), "mixed_7": sevens(192),
         "mixed_8": {"tower": "192 3x3:320/2!", "tower_1": "192 7x1:192 1x7:192 3x3:192/2!", "pool": "max/2!"},
         "mixed_9": wide("avg"), "mixed_10": wide("max")},
        ("mixed", "mixed_3", "mixed_8"), ("conv_2", "conv_4"), plain=("mixed_6",)),
}
LAYER = re.compile(r"(?:(\d)x(\d):)?(\d+|avg|max)(/2)?(!)?")


class Room(nn.Module):
    """Pictures as they are, or padded with zeros at the far edges to no less than `rows` and `columns`."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        lack = max(self.rows - x_NCTHW.shape[3], 0), max(self.columns - x_NCTHW.shape[4], 0)
        return F.pad(x_NCTHW, (0, lack[1], 0, lack[0])) if any(lack) else x_NCTHW


class FlatConv(nn.Conv3d):
    """A convolution within each frame over `kernel` (rows, columns); without padding, small pictures still pass."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], step: int, padded: bool) -> None:
        padding = (0, kernel[0] // 2, kernel[1] // 2) if padded else (0, 0, 0)
        super().__init__(inputs, outputs, (1, *kernel), (1, step, step), padding)
        self.room = nn.Identity() if padded else Room(*kernel)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return super().forward(self.room(x_NCTHW))


class ConvNorm(nn.Sequential):
    """A convolution with bias, asked of the temporal module where it is square and padded, batch norm and ReLU."""

    def __init__(self, inputs: int, layer: str, temporal: Temporal, place: Place) -> None:
        rows, columns, outputs, half, bare = LAYER.fullmatch(layer).groups()  # type: ignore[union-attr]
        kernel, step, outputs = (int(rows or 1), int(columns or 1)), 2 if half else 1, int(outputs)
        if kernel[0] != kernel[1] or bare:
            conv: nn.Module = FlatConv(inputs, outputs, kernel, step, padded=not bare)
        else:
            conv = temporal.conv(inputs, outputs, kernel[0], (1, step), place)
            first = next(m for m in conv.modules() if isinstance(m, nn.Conv3d))
            first.bias = nn.Parameter(torch.zeros(outputs))
        super().__init__(OrderedDict(conv=conv, bn=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps), relu=nn.ReLU()))
        self.outputs = outputs


class SideBySide(nn.ModuleList):
    """Several layers over the same input, side by side in the output."""

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return torch.cat([layer(x_NCTHW) for layer in self], dim=1)


class Branch(nn.Sequential):
    """Layers in turn; in `outputs` channels."""

    def __init__(self, inputs: int, layers: str, temporal: Temporal, place: Place) -> None:
        super().__init__()
        names = layers.split()
        for index, layer in enumerate(names):
            where = place.at("first" if index == 0 else "last" if index == len(names) - 1 else "middle")
            if place.name == "stem":
                where = place
            if "|" in layer:
                parts = [ConvNorm(inputs, part, temporal, where) for part in layer.split("|")]
                self.add_module("split", SideBySide(parts))
                inputs = sum(part.outputs for part in parts)
            elif layer.startswith(("avg", "max")):
                method, half = layer[:3], "/2" in layer
                self.add_module(str(index), Pool(method, (1, 3), (1, 2), padded=False) if "!" in layer
                                else SamePool(method, (1, 3), (1, 2 if half else 1)))
            else:
                conv = ConvNorm(inputs, layer, temporal, where)
                self.add_module(str(index), conv)
                inputs = conv.outputs
        self.outputs = inputs


class Mixed(nn.ModuleDict):
    """Branches over the same input, side by side in the output."""

    def __init__(
        self, inputs: int, branches: Branches, temporal: Temporal, place: Place, plain: bool = False
    ) -> None:
        super().__init__()
        lead = None if plain else next(name for name, layers in branches.items() if layers.split()[0].isdigit())
        made = {name: Branch(inputs, layers, temporal, replace(place, lead=name == lead))
                for name, layers in branches.items()}
        self.update(made)
        self.parts = tuple(branch.outputs for branch in made.values())
        self.outputs = sum(self.parts)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x_NCTHW) for branch in self.values()], dim=1)


class BranchedInception(nn.Module):
    """clip_NCTHW -> features_NCTHW. The parts of the stem count as blocks.

    There is no shortcut: what a block's branch sees its input through stands before the whole block, but for the first.
    With `-tp` pools halve the frames before stages 2, 3 and 4.
    """

    def __init__(self, kind: Kind, plan: Plan) -> None:
        super().__init__()
        inputs, frames, stage, first = plan.channels, plan.frames, 0, 0
        blocks: dict[str, str | Branches] = {**kind.stem, **kind.mixed}
        self.blocks = nn.Sequential()
        for block, (name, layers) in enumerate(blocks.items()):
            temporal = plan.temporal(block, len(blocks))
            if name in kind.stages or block == 1:
                stage, first = stage + 1, block
            place = Place(block, len(blocks), stage, block - first, frames, HABITS, inputs)
            if block == first and temporal.step(stage, plan.tp) > 1:
                frames = math.ceil(frames / 2)
                place = replace(place, frames=frames)
                self.blocks.add_module(f"{name}_pool_time", temporal.time_pool(plan.pool, place))
            before = temporal.before(inputs, place) if block else nn.Identity()
            core = (Branch(inputs, layers, temporal, place.at("stem")) if isinstance(layers, str)
                    else Mixed(inputs, layers, temporal, place, plain=name in kind.plain))
            inputs = core.outputs
            after = replace(place, parts=getattr(core, "parts", ()), name="stem" if stage < 2 else "block")
            self.blocks.add_module(name, nn.Sequential(OrderedDict(
                before=before, core=core, gate=temporal.gate(inputs, after), after=temporal.after(inputs, place))))
            if name in kind.pools:
                pool = temporal.pool(3, (1, 2), plan.pool, place.at("stem"))
                self.blocks.add_module(f"{name}_pool", nn.Sequential(Room(3, 3), pool))
        self.channels, self.frames = inputs, frames

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.blocks(clip_NCTHW)


def inception_v3(plan: Plan, torchvision: bool = False) -> BranchedInception:
    """Inception v3 (Szegedy et al., arXiv:1512.00567), as tsn and gsm were published with.

    With `torchvision` in the form of torchvision's and timm's image networks: what covers rows alone there covers
    columns alone here, and the other way round, and the last pool is a mean.
    """
    kind = KINDS["inception_v3"]
    return BranchedInception(replace(kind, mixed=turned(kind.mixed)) if torchvision else kind, plan)


def turned(blocks: dict[str, Branches]) -> dict[str, Branches]:
    """The same blocks with rows and columns in each other's place, and with no pool of maxima beside convolutions."""
    return {block: {name: re.sub(r"(\d)x(\d)", r"\2x\1", layers).replace("max ", "avg ")
                    for name, layers in branches.items()} for block, branches in blocks.items()}
