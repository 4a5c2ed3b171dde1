"""Multigrid training: small clips in large batches first, which takes fewer steps for as many epochs.

Wu et al. 2020, "A Multigrid Method for Efficiently Training Video Models", arXiv:1912.00998, section 3. All here is a
pure function of the step. T, H, W are a clip's frames, rows and columns, and S its side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MULTIGRIDS = ("off", "long", "short", "both")
HALF_AREA = math.sqrt(0.5)
LONG = ((0.25, HALF_AREA), (0.5, HALF_AREA), (0.5, 1.0), (1.0, 1.0))  # parts of T and of S, one after another
SHORT = (0.5, HALF_AREA, 1.0)  # parts of S, in turn from step to step; the last stands for the long cycle's own
LAST = len(LONG) - 1


class Shape(NamedTuple):
    """The frames, rows and columns of a clip."""

    frames: int
    height: int
    width: int


class Grid(NamedTuple):
    """What one optimiser step is made of.

    shape: of its clips. groups: how many times the recipe's batch it holds; batch norm looks at each of these alone.
    rate: what the learning rate is multiplied by.
    """

    shape: Shape
    groups: int = 1
    rate: int = 1


class Phase(NamedTuple):
    """Where in a training a step is: the stage, which milestones divide, and the row of LONG within it."""

    stage: int
    row: int


@dataclass(frozen=True)
class Multigrid:
    """Which shape of clips, which batch and which learning rate each step of a training has.

    cycles: "long" goes through LONG once in every stage (the parts between `milestones`, whether the learning rate
    falls there in steps or all along) but the last, with as many steps for each row; "short" changes the side from step
    to step as SHORT says, as parts of the default size; "both"; or "off". The last stage has clips of full shape.

    The clips of a step are as many as make its T x H x W times clips the default ones, in whole batches of the recipe.
    The learning rate follows the long cycle's batch, and not the short cycle's, as published.

    full: the default shape. fixed: "frames" or "size", which the network's weights are sized by: they stay.
    neighbours: frames that a uniform clip takes in a row; a clip holds whole rows.
    """

    full: Shape
    cycles: str = "off"
    milestones: tuple[float, ...] = (0.5, 0.75)
    fixed: tuple[str, ...] = ()
    neighbours: int = 1

    def grid(self, step: int, total: int) -> Grid:
        """The grid of optimiser step `step` of `total`."""
        stage, row = self.phase(step, total)
        return self._turn(row, step % len(SHORT) if stage < len(self.ends) else len(SHORT) - 1)

    def phase(self, step: int, total: int) -> Phase:
        """The stage that a step belongs to, counted from 0, and its row of LONG; the last row is the full shape."""
        stage = sum(step >= end * total for end in self.ends)
        if stage == len(self.ends) or self.cycles not in ("long", "both"):
            return Phase(stage, LAST)
        start = self.ends[stage - 1] * total if stage else 0.0
        done = (step - start) / (self.ends[stage] * total - start)
        return Phase(stage, min(int(done * len(LONG)), LAST))

    @property
    def ends(self) -> tuple[float, ...]:
        """The parts of the training after which each stage but the last ends; none without multigrid."""
        return tuple(sorted({end for end in self.milestones if 0 < end < 1})) if self.cycles != "off" else ()

    @property
    def saving(self) -> float:
        """How many times fewer steps as many epochs take: the mean of all steps' groups, in closed form."""
        cycled = self.ends[-1] if self.ends else 0.0
        rows = range(len(LONG)) if self.cycles in ("long", "both") else (LAST,)
        groups = [self._turn(row, turn).groups for row in rows for turn in range(len(SHORT))]
        return cycled * sum(groups) / len(groups) + (1 - cycled)

    def steps(self, plain: int) -> int:
        """How many steps do the work of `plain` steps of the full shape: as many clips are seen."""
        return max(round(plain / self.saving), 1)

    def grids(self) -> list[Grid]:
        """All grids that there are, each once, the full shape first."""
        turns = [Grid(self.full)]
        if self.ends:
            rows = range(len(LONG)) if self.cycles in ("long", "both") else (LAST,)
            turns += [self._turn(row, turn) for row in rows for turn in range(len(SHORT))]
        return list(dict.fromkeys(turns))

    def shapes(self) -> list[Shape]:
        """All shapes that clips have, each once, the full one first."""
        return list(dict.fromkeys(grid.shape for grid in self.grids()))

    def _turn(self, row: int, turn: int) -> Grid:
        """The grid at a row of LONG and a turn of SHORT."""
        frames, side = LONG[row]
        base = self._shape(frames, side)
        shape = self._shape(frames, SHORT[turn]) if turn < len(SHORT) - 1 and self.cycles != "long" else base
        return Grid(shape, self._groups(shape), self._groups(base))

    def _shape(self, frames: float, side: float) -> Shape:
        frames, side = 1.0 if "frames" in self.fixed else frames, 1.0 if "size" in self.fixed else side
        rows = max(round(self.full.frames * frames / self.neighbours), 1)
        return Shape(rows * self.neighbours, *(max(round(length * side), 1) for length in self.full[1:]))

    def _groups(self, shape: Sequence[int]) -> int:
        return max(round(math.prod(self.full) / math.prod(shape)), 1)
