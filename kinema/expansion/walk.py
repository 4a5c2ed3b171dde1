"""The walk: of the networks that cost twice as much as the last, one an axis, the best is gone on from.

All it knows stands in the folders of its runs, so a walk that was killed goes on where it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kinema.errors import RunError, nearest
from kinema.expansion.axes import AXES, expanded
from kinema.expansion.candidate import START, Candidate
from kinema.expansion.cost import counter, sized, training_gmacs
from kinema.expansion.written import write
from kinema.machine import Machine
from kinema.models.backbones.x3d import SIZES, Size
from kinema.recipe import Recipe
from kinema.study.grid import Study, name_of
from kinema.study.run import Row, run_study

PROTOCOL = "1x1"
TIMES = 2.0  # how many times the last network's cost a candidate has
NEAR = 1.1  # times its cost a network may be short of the target and count as there


@dataclass(frozen=True)
class Walk:
    """Where an expansion starts, what each network is trained with, and where it ends.

    recipe: of every network; the frames, the stride and the size of its clip are the start's. width, bottleneck, depth:
    of the start, as in `kinema.models.backbones.x3d.Size`. target: GMACs of a clip at which it ends; None: 16 times
    those of the start. steps: it ends after so many. seeds: runs of each network, from the recipe's seed on, whose
    accuracies are averaged. axes: those to grow along.
    """

    recipe: Recipe
    width: float = 1.0
    bottleneck: float = 1.0
    depth: float = 1.0
    target: float | None = None
    steps: int | None = None
    seeds: int = 1
    axes: tuple[str, ...] = tuple(AXES)

    @property
    def start(self) -> Size:
        """The size of the first network."""
        recipe = self.recipe
        if not isinstance(recipe.size, int):
            raise RunError(f"The size is {recipe.size}; an expansion's clips are square, such as --size 112.")
        return Size(recipe.frames, recipe.stride, recipe.size, self.width, self.bottleneck, self.depth)

    def recipes(self, size: Size, out: Path) -> list[Recipe]:
        """The recipes of a network, one a seed."""
        seeds = [replace(sized(self.recipe, size), seed=self.recipe.seed + number) for number in range(self.seeds)]
        return [replace(one, out=str(out / "runs" / name_of(one))) for one in seeds]


def expand(
    walk: Walk, out: str | Path, processes: int | None = None, ray: str | None = None,
    machine: Machine | None = None, quiet: bool = False,
) -> Iterator[list[Candidate]]:
    """Walk; gives all candidates so far after each step, and at last with the path's accuracies on test clips.

    Networks are trained by the study runner, `processes` at a time or on a `ray` cluster, each once. Writes
    expansion.csv and expansion.png into `out`. RunError, DataError: what cannot be expanded, and runs that failed.
    """
    out, found = Path(out), list[Candidate]()
    gmacs = counter(walk.recipe, check(walk))

    def judged(step: int, sizes: dict[str, Size]) -> list[Candidate]:
        wanted = {axis: walk.recipes(size, out) for axis, size in sizes.items()}
        recipes = tuple(recipe for each in wanted.values() for recipe in each)
        rows = run_study(Study(recipes, (PROTOCOL,), side="validation"), out / "steps" / str(step), processes, ray,
                         machine, quiet)
        return [candidate(step, axis, size, wanted[axis], rows) for axis, size in sizes.items()]

    start = judged(0, {START: walk.start})[0]
    target = walk.target or 16 * start.gmacs
    last, found = start, [replace(start, chosen=True)]
    write(found, out)
    yield found
    while last.gmacs * NEAR < target and (walk.steps is None or last.step < walk.steps):
        goal = min(TIMES * last.gmacs, target)
        sizes = {axis: size for axis in walk.axes if (size := expanded(last.size, axis, goal, gmacs))}
        if not sizes:
            break
        candidates = judged(last.step + 1, sizes)
        last = best(candidates)
        found += [replace(one, chosen=one is last) for one in candidates]
        write(found, out)
        yield found
    path = tuple(recipe for one in found if one.chosen for recipe in walk.recipes(one.size, out))
    rows = run_study(Study(path, (PROTOCOL,)), out / "test", processes, ray, machine, quiet)
    found = [replace(one, tests=tuple(row["top1"] for row in rows if row["run"] in one.runs)) for one in found]
    write(found, out)
    yield found


def best(candidates: list[Candidate]) -> Candidate:
    """The most accurate on validation clips; of equally accurate ones the cheapest."""
    return max(candidates, key=lambda one: (one.accuracy, -one.gmacs))


def candidate(step: int, axis: str, size: Size, recipes: list[Recipe], rows: list[Row]) -> Candidate:
    """A network that was trained and judged."""
    runs = tuple(recipe.out for recipe in recipes)
    own = [row for row in rows if row["run"] in runs]
    gmacs = own[0]["gmacs"]
    return Candidate(step, axis, size, gmacs, own[0]["parameters"], tuple(row["top1"] for row in own),
                     sum(training_gmacs(run, gmacs) for run in runs), runs)


def check(walk: Walk) -> tuple[str, ...]:
    """The data's labels; RunError for what cannot be expanded, before anything is trained."""
    from kinema.data.clips import read_table
    from kinema.data.splits import split_table
    from kinema.models.names import parse
    from kinema.study.plots import panels

    recipe, backbone = walk.recipe, parse(walk.recipe.model)[1]
    if backbone not in SIZES:
        raise RunError(f"{recipe.model} has no six axes; expected an X3D, such as x3d_s or tam-x3d_s.")
    if recipe.frames < 2:
        raise RunError("The start has 1 frame, of which neither a longer nor a faster clip can be told apart; expected "
                       "2 or more (--frames).")
    if recipe.sampling != "dense":
        raise RunError(f"The sampling is {recipe.sampling}, which covers the whole video at any rate; an expansion in "
                       "duration and rate needs --sampling dense.")
    if recipe.start:
        raise RunError(f"Networks of other sizes cannot start from {recipe.start}; leave out --start.")
    if unknown := [axis for axis in walk.axes if axis not in AXES]:
        raise RunError(f"No axis is called {unknown[0]!r}; they are {', '.join(AXES)}.{nearest(unknown[0], AXES)}")
    panels(1, 1)  # is matplotlib there?
    table = read_table(recipe.data, format=recipe.format, root=recipe.root)
    splits = [split_table(table, recipe.split, recipe.seed + seed, recipe.validation) for seed in range(walk.seeds)]
    if not all(split.validation.rows for split in splits):
        sources = len({row.group for row in [*splits[0].train.rows, *splits[0].validation.rows]})
        raise RunError(f"There are no validation clips to choose by: --validation {recipe.validation:g} of {sources} "
                       "sources is none. Give a greater share, up to 0.5.")
    if any(split.test.rows != splits[0].test.rows for split in splits):
        raise RunError("Each seed has other test clips, so that one would be chosen by what another is tested on. "
                       "Give the clips a split of their own (a csv with a column split), or take --seeds 1.")
    return table.labels
