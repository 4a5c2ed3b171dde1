"""Some steps of a training, with a clock: what reading a clip takes, and what a step of the loop.

It is the training itself that is run, in a folder of its own that goes afterwards: `kinema.clock` is told at which
stage it is.
"""

import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import torch

from kinema.clock import LOOP, READING, Clock
from kinema.clock import run as running_clock
from kinema.data.clips import ClipTable
from kinema.errors import RunError
from kinema.machine import Machine, processors
from kinema.models.names import is_fitted
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.course import Course
from kinema.training.grids import multigrid_of
from kinema.training.prepare import prepare
from kinema.training.setup import assemble, plan, start_fabric
from kinema.training.train import run_steps

if TYPE_CHECKING:
    from lightning_fabric import Fabric

HEAD = ("run.json", "recipe.yaml", "clips.csv")  # of a run's folder, from which it can be trained anew
WARM = 1  # steps at the beginning that are not counted: the reading processes start


@dataclass(frozen=True)
class Timing:
    """Where the time of some steps went, in milliseconds.

    clip_ms: of a process that reads, for one clip, by stage. step_ms: of the loop, for an optimiser step, by stage;
    "rest" is what no stage has, and saving is left out. clips and steps: how many were timed.
    """

    clip_ms: dict[str, float]
    step_ms: dict[str, float]
    clips: int
    steps: int

    @property
    def waits(self) -> float:
        """The share of its time that the loop waits for clips, or reads them itself."""
        return self.step_ms["wait"] / sum(self.step_ms.values())


@dataclass(frozen=True)
class Pipeline:
    """What was timed: `first` while no clip was kept, `later` with those of before in the cache (None: it is off).

    batch: clips of a step. workers: processes that read. threads: of the loop's process. kept_gigabytes: what all
    training clips would take of the cache, of which there are cache_gigabytes.
    """

    model: str
    first: Timing
    later: Timing | None
    batch: int
    workers: int
    threads: int
    processors: int
    device: str
    kept_gigabytes: float
    cache_gigabytes: float

    @property
    def usual(self) -> Timing:
        """How most epochs are: with all clips in the cache, where they fit."""
        return self.later if self.later and self.kept_gigabytes <= self.cache_gigabytes else self.first

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def time_pipeline(source: Recipe | Run, machine: Machine, steps: int = 16) -> Pipeline:
    """Time so many steps of the training that a recipe describes, or a run had: first without kept clips, then with.

    Clips are not validated, and no cache but a temporary one is used. Errors are those of training.
    """
    recipe = source.recipe if isinstance(source, Run) else source
    if is_fitted(recipe.model):
        raise RunError(f"{recipe.model} is fitted without steps, so there is no loop to time. Name another network.")
    if isinstance(source, Run) and source.adopted:
        raise RunError(f"{source.clipless}, so there is no training to time. Name clips: kinema profile --pipeline "
                       f"CLIPS --start {quote(str(source.path))}.")
    if machine.several:
        raise RunError("One process is timed; leave out devices and nodes.")
    fabric = start_fabric(recipe, machine)
    with TemporaryDirectory(prefix="kinema-") as name:
        folder = Path(name)
        if isinstance(source, Run):
            prepared = source.path
        else:
            without = replace(machine, cache_gigabytes=0)
            prepared = prepare(replace(recipe, out=str(folder / "run")), without).path
        machine = replace(machine, cache_folder=folder / "cache")
        run = copied(prepared, folder / "first")
        table = run.split().train
        planned = plan(table, run.recipe, multigrid_of(run.recipe), 0, fabric)
        once = max(min(steps, planned.per_epoch - WARM), 1)
        first = timed_steps(run, table, machine, fabric, once)
        seen = min(first.clips // recipe.repeats, len(table))
        kept_bytes = sum(file.stat().st_size for file in (folder / "cache").glob("*")) * len(table) / seen
        later = None
        if machine.cache_gigabytes:
            later = timed_steps(copied(prepared, folder / "later"), table, machine, fabric, steps)
    return Pipeline(recipe.model, first, later, planned.batch, machine.reading_processes(), torch.get_num_threads(),
                    processors(), str(fabric.device), kept_bytes / 2**30, machine.cache_gigabytes)


def copied(run_path: Path, folder: Path) -> Run:
    """A run as it is before its first step, in a folder of its own; the weights it starts from cost no time."""
    folder.mkdir()
    for name in HEAD:
        shutil.copyfile(run_path / name, folder / name)
    run = Run.open(folder)
    return replace(run, recipe=replace(run.recipe, start=None, precise_norm=0))


def timed_steps(run: Run, table: ClipTable, machine: Machine, fabric: "Fabric", steps: int) -> Timing:
    """Train for so many steps, and WARM before them."""
    parts = assemble(run, table, machine, fabric)
    parts = replace(parts, steps=replace(parts.steps, total=WARM + steps))
    course, clock = Course(fabric, run.path, parts.steps, machine), Clock(cuda=fabric.device.type == "cuda")
    with running_clock(clock), course.underway("timing", (), quiet=True):
        run_steps(run, parts, table, table.subset([]), machine, course)
    return timing(clock, machine.reading_processes(), run.recipe.accumulate)


def timing(clock: Clock, workers: int, accumulate: int) -> Timing:
    """What a clock has found, without the first steps."""
    (started, before), (ended, after) = clock.marks[WARM * accumulate], clock.marks[-1]
    taken = {name: after[name] - before[name] for name in after}
    steps = (len(clock.marks) - 1) // accumulate - WARM
    if not workers:  # the loop reads for itself
        taken["wait"] += sum(taken[name] for name in READING)
    told = {name: taken[name] for name in LOOP if name != "save"}
    told["rest"] = ended - started - taken["save"] - sum(told.values())
    clips = clock.times("transform")
    clip_ms = {name: clock.milliseconds(name) / clips for name in READING if clock.times(name)}
    return Timing(clip_ms, {name: 1000 * seconds / steps for name, seconds in told.items()}, clips, steps)
