"""The runs of a study: trained and judged in several processes, each once, and written down in one table."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import active_children, get_context, set_start_method
from pathlib import Path
from typing import Any, Self

from kinema.cluster import join
from kinema.errors import KinemaError, RunError
from kinema.files import write_json
from kinema.machine import Machine
from kinema.processes import end_with_parent
from kinema.progress import Progress
from kinema.recipe import Recipe
from kinema.study.check import check
from kinema.study.grid import Study
from kinema.study.rows import GROUPS, TEST, TIMED, Groups, Row, result_of, rows_of, write_table

SAVED_SECONDS = 60.0  # that a run is given to save
TASKS = 8  # runs of a process before a fresh one takes its place: what one run leaves behind is soon given back
Done = tuple[str, list[Row], str]  # a run's folder, the rows of its results, and what went wrong


def run_study(
    study: Study, out: str | Path, processes: int | None = None, ray: str | None = None,
    machine: Machine | None = None, quiet: bool = False,
) -> list[Row]:
    """Train and judge every run that is not finished yet; writes results.csv and results.parquet into `out`.

    Each of the `processes` (one where nothing is said) trains one run at a time with its share of the processors. With
    `ray` they are those of a cluster whose machines all see `out` and the data: as many runs at a time as it has GPUs,
    each with one of them, or as it has processors where there are none or the `machine`'s accelerator is "cpu". Clips
    are read by the machine's `workers`; see `for_one_run`. What is certain to fail is told before the first run (see
    `check`), what fails later at the end: it is tried again next time.
    """
    machine = machine or Machine()
    if tuple(map(str, machine.started())) != ("1", "1"):
        raise RunError("A run of a study is trained on one device. On several GPUs, --ray local trains a run on each.")
    rows: dict[str, list[Row]] = {}
    problems: dict[str, str] = {}
    wanted = {recipe.out: recipe for recipe in study.recipes}
    check(study, [one for one in study.recipes if not all(
        result_of(one, name, study.side).is_file() for name in study.protocols_of(one))])
    Path(out).mkdir(parents=True, exist_ok=True)
    write_json(Path(out) / GROUPS, {name: list(labels) for name, labels in study.groups.items()})
    with Progress("studying", len(wanted), quiet=quiet) as bar:
        try:
            for folder, found, problem in each_done(study, processes, ray, machine):
                rows[folder] = found
                if problem:
                    problems[folder] = problem
                    bar.say(f"{folder}: {problem}")
                bar.advance(1, Path(folder).name)
                write_table([row for each in wanted for row in rows.get(each, [])], Path(out))
        except KeyboardInterrupt:
            bar.say(f"Stopped: {len(rows)} of {len(wanted)} runs are done, those that ran are saved; the same command "
                    "goes on.")
            raise
    if problems:
        first = next(iter(problems.items()))
        raise RunError(f"{len(problems)} of {len(wanted)} runs failed; the first, {first[0]}: {first[1]} The same "
                       "command tries them again.")
    return [row for each in wanted for row in rows[each]]


def each_done(study: Study, processes: int | None, ray: str | None, machine: Machine) -> Iterator[Done]:
    """The runs as they are finished; each waits for the one it starts from."""
    recipes = {recipe.out: recipe for recipe in study.recipes}
    left = dict(recipes)
    failed: set[str] = set()
    again: set[str] = set()  # broken off with a process, maybe another run's: these run alone
    with Here(processes or 1) if ray is None else Cluster(ray, processes, machine.accelerator) as workers:
        running: dict[Future, str] = {}
        while left or running:
            for folder, recipe in list(left.items()):
                begun = recipe.start not in left and recipe.start not in running.values()
                if recipe.start in failed:
                    failed.add(folder)
                    del left[folder]
                    yield folder, [], f"it starts from {recipe.start}, which failed."
                elif (rows := rows_of(recipe, study.protocols_of(recipe), study.groups, study.side)) is not None:
                    del left[folder]
                    yield folder, rows, ""
                elif begun and (not running if folder in again else len(running) < workers.processes
                                and again.isdisjoint(running.values())):
                    del left[folder]
                    job = workers.submit(finished, recipe, study.protocols_of(recipe), study.groups, study.side,
                                         workers.share, machine)
                    running[job] = folder
            if not running:
                continue
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                folder = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool as error:
                    if folder in again:
                        failed.add(folder)
                        yield folder, [], f"its process was killed: {error}"
                    else:
                        again.add(folder)
                        left[folder] = recipes[folder]
                except Exception as error:  # the others go on
                    failed.add(folder)
                    kind = "" if isinstance(error, KinemaError) else f"{type(error).__name__}: "
                    yield folder, [], f"{kind}{' '.join(str(error).split())[:300]}"


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Share:
    """What each of a study's processes has: `processors`, and maybe others of the study `beside` it."""

    processors: int
    beside: bool


def begin() -> None:
    """Set up a study's process: it starts its loaders as any training does, not as it was started itself.

    That takes seconds for each, in which Ctrl-C would break a loader off.
    """
    set_start_method(None, force=True)
    end_with_parent()


class Here:
    """Processes of this machine, each with its share of the processors."""

    def __init__(self, processes: int) -> None:
        self.processes, self.share = processes, Share(max(processors() // processes, 1), processes > 1)

    def __enter__(self) -> Self:
        self.others, self.jobs = set(active_children()), list[Future]()
        self.pool = self.new_pool()
        return self

    def new_pool(self) -> ProcessPoolExecutor:
        """Fresh processes."""
        return ProcessPoolExecutor(self.processes, get_context("spawn"), begin, max_tasks_per_child=TASKS)

    def submit(self, job: Callable[..., Any], *values: Any) -> Future:
        """Submit to the processes, or to fresh ones where one was killed."""
        try:
            self.jobs.append(self.pool.submit(job, *values))
        except BrokenProcessPool:
            self.pool = self.new_pool()
            self.jobs.append(self.pool.submit(job, *values))
        return self.jobs[-1]

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        """Wait for what runs; on Ctrl-C only until it has saved, and then end the processes, whatever they wait for."""
        if kind not in (KeyboardInterrupt, GeneratorExit):
            self.pool.shutdown(cancel_futures=True)
            return
        mine = set(active_children()) - self.others
        self.pool.shutdown(wait=False, cancel_futures=True)
        try:
            for process in mine:
                process.terminate()  # asks to save and stop (`Stop`), where Ctrl-C has not
            wait(self.jobs, SAVED_SECONDS)
        finally:
            for process in mine:
                process.kill()


class Cluster:
    """The processes of a Ray cluster: each has a GPU, or processors alone."""

    def __init__(self, address: str, processes: int | None, accelerator: str) -> None:
        ray, gpus, cpus = join(address, accelerator)
        self.processes = processes or gpus or cpus
        self.share = Share(max(cpus // self.processes, 1), self.processes > 1)
        self.remote = partial(ray.remote, num_cpus=self.share.processors, num_gpus=int(gpus > 0))

    def __enter__(self) -> Self:
        return self

    def submit(self, job: Callable[..., Any], *values: Any) -> Future:
        """Submit to the cluster; its processes look for files from where this one does."""
        return self.remote()(from_folder).remote(os.getcwd(), job, *values).future()

    def __exit__(self, *error: Any) -> None:
        import ray

        ray.shutdown()


def from_folder(folder: str, job: Callable[..., Any], *values: Any) -> Any:
    """Do a job in a folder."""
    os.chdir(folder)
    return job(*values)


def for_one_run(machine: Machine, share: Share) -> Machine:
    """The machine as one run of a study uses it, with what it does not say.

    Runs beside each other on a CPU read their clips themselves, for their processors are busy. Else as many processes
    read as in a training by itself, but not more than the run's share of the processors.
    """
    cpu = machine.device().type == "cpu"
    usual = 0 if cpu and share.beside else min(machine.reading_processes(), share.processors)
    workers = usual if machine.workers is None else machine.workers
    channels_last = cpu if machine.channels_last is None else machine.channels_last  # a fifth less for small networks
    return replace(machine, workers=workers, channels_last=channels_last)


def finished(
    recipe: Recipe, protocols: tuple[str, ...], groups: Groups, side: str, share: Share, machine: Machine
) -> Done:
    """Train, time and judge one run, as far as that is not done; gives the rows of its results."""
    import torch

    from kinema.evaluation.evaluate import evaluate
    from kinema.study.latency import milliseconds
    from kinema.training.train import train

    torch.set_num_threads(min(share.processors, torch.get_num_threads()))  # fewer where the environment says so
    machine = for_one_run(machine, share)
    run = train(recipe, machine, quiet=True)
    timed = run.path / TIMED
    if not timed.is_file():
        write_json(timed, {"milliseconds": milliseconds(run.network(), machine.device())})
    for name in protocols:
        if not result_of(recipe, name, side).is_file():
            evaluate(recipe.out, split=None if side == TEST else side, protocol=name, machine=machine, quiet=True)
    return recipe.out, rows_of(recipe, protocols, groups, side) or [], ""
