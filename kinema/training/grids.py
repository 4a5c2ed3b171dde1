"""Batches whose clips have another shape from step to step, in multigrid training, and networks that take them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch
from torch.utils.data import Dataset

from kinema.data.dataset import Steps, TrainingClips, Transform
from kinema.errors import RunError
from kinema.models import sized_by
from kinema.models.clip import ClipSpec
from kinema.recipe import Recipe
from kinema.runs import build_network
from kinema.training.multigrid import Multigrid, Shape

GridKey = tuple[int, int, Shape]  # epoch, index, and the frames, rows and columns of the clip


@dataclass(frozen=True)
class GridClips(Dataset):
    """The same training clips in several shapes: `clips[epoch, index, shape]` is (clip_CTHW, target_K).

    Of fewer frames than the first shape's, dense ones are further apart: drawn for each clip, from the stride it has
    in full to the one with which it lasts as long.
    """

    spec: ClipSpec
    by_shape: dict[Shape, TrainingClips]

    @classmethod
    def of(cls, clips: TrainingClips, shapes: Sequence[Shape], transform: Callable[[ClipSpec], Transform]
           ) -> "GridClips":
        """Training clips in other shapes; `transform` makes the transform of each."""
        full, made = clips.spec, {}
        for shape in shapes:
            spec = replace(full, frames=shape.frames, height=shape.height, width=shape.width)
            longest = full.stride * full.frames // shape.frames if full.sampling == "dense" else 0
            made[shape] = replace(clips, spec=spec, transform=transform(spec), longest_stride=longest)
        return cls(full, made)

    def __getitem__(self, key: GridKey) -> tuple[torch.Tensor, torch.Tensor]:
        epoch, index, shape = key
        return self.by_shape[shape][epoch, index]


@dataclass(frozen=True)
class GridSteps(Steps):
    """`Steps` of multigrid training: each takes the next clips, as many groups of `batch` as its grid says.

    An epoch follows the other without a gap, and a step may hold clips of two. `per_epoch` steps do as much work as an
    epoch of full shape. Every micro-batch is made of whole groups of batch / accumulate clips, of each of which every
    process has an equal share, one after another: what batch norm looks at alone is the same for any number of them.
    """

    multigrid: Multigrid = field(kw_only=True)

    def __iter__(self) -> Iterator[Any]:
        group, share = self.batch // self.accumulate, self.batch // (self.accumulate * self.processes)
        grids = [self.multigrid.grid(step, self.total) for step in range(self.total)]
        place = self.batch * sum(grid.groups for grid in grids[: self.first])
        order = lru_cache(2)(self.order)
        for grid in grids[self.first :]:
            for _ in range(self.accumulate):
                keys: list[GridKey] = []
                for number in range(grid.groups):
                    start = place + number * group + self.process * share
                    for view in range(start, start + share):
                        repeat, clip = self.view(view)
                        epoch = clip // self.clips
                        keys.append((epoch * self.repeats + repeat, order(epoch)[clip % self.clips], grid.shape))
                place += grid.groups * group
                yield keys

    def view(self, place: int) -> tuple[int, int]:
        """Which repeat of which clip, both counted from the start of the training, stands at a place of the batches."""
        different = self.batch // self.repeats
        batch, within = divmod(place, self.batch)
        return within // different, batch * different + within % different


def multigrid_of(recipe: Recipe) -> Multigrid:
    """The multigrid schedule of a recipe; what its network's weights are sized by stays."""
    clip = recipe.clip
    return Multigrid(Shape(clip.frames, clip.height, clip.width), recipe.multigrid, recipe.milestones,
                     sized_by(recipe.model), clip.neighbours)


def check_grids(recipe: Recipe, labels: tuple[str, ...]) -> list[str]:
    """Refuse a network that cannot see the clips of multigrid training; else what a user should know of them."""
    multigrid = multigrid_of(recipe)
    if not multigrid.ends:
        return []
    fixed, shapes = " and ".join(multigrid.fixed), multigrid.shapes()
    if len(shapes) == 1:
        raise RunError(f"multigrid {recipe.multigrid!r} has nothing to change: clips are {_words(shapes[0])}, and the "
                       f"weights of {recipe.model} are sized by {fixed or 'nothing'}. Train with multigrid off.")
    with torch.device("meta"), torch.no_grad():
        network = build_network(recipe, labels).eval()
        for shape in shapes:
            try:
                network(torch.empty(1, network.clip.channels, *shape))
            except (RuntimeError, ValueError) as error:  # torch's, or a ModelError
                raise RunError(f"{recipe.model} cannot see the {_words(shape)} of multigrid {recipe.multigrid!r}: "
                               f"{error} Choose more frames, a larger size, or multigrid off.") from error
    return [f"The weights of {recipe.model} are sized by {word}: multigrid keeps it." for word in multigrid.fixed]


def _words(shape: Shape) -> str:
    return f"{shape.frames} frames of {shape.height} x {shape.width} pixels"
