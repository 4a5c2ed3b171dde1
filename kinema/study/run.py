"""The runs of a study: trained and judged in several processes, each once, and written down in one table."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from kinema.errors import KinemaError, RunError
from kinema.evaluation.protocols import find_protocol
from kinema.files import write_atomic
from kinema.progress import Progress
from kinema.recipe import Recipe
from kinema.study.grid import Study

Row = dict[str, Any]
Done = tuple[str, list[Row], str]  # a run's folder, the rows of its results, and what went wrong
TABLE = "results"


def run_study(
    study: Study, out: str | Path, processes: int = 1, ray: str | None = None, accelerator: str = "auto",
    quiet: bool = False,
) -> list[Row]:
    """Train and judge every run that is not finished yet; writes results.csv and results.parquet into `out`.

    Each of the `processes` trains one run at a time with its share of the processors; with `ray` they are those of a
    cluster whose machines all see `out` and the data. A run that fails is told at the end and tried again next time.
    """
    rows: dict[str, list[Row]] = {}
    problems: dict[str, str] = {}
    wanted = {recipe.out: recipe for recipe in study.recipes}
    with Progress("studying", len(wanted), quiet=quiet) as bar:
        for folder, found, problem in each_done(study, processes, ray, accelerator):
            rows[folder] = found
            if problem:
                problems[folder] = problem
                bar.say(f"{folder}: {problem}")
            bar.advance(1, Path(folder).name)
            write_table([row for each in wanted for row in rows.get(each, [])], Path(out))
    if problems:
        first = next(iter(problems.items()))
        raise RunError(f"{len(problems)} of {len(wanted)} runs failed; the first, {first[0]}: {first[1]} The same "
                       "command tries them again.")
    return [row for each in wanted for row in rows[each]]


def each_done(study: Study, processes: int, ray: str | None, accelerator: str) -> Iterator[Done]:
    """The runs as they are finished; each waits for the one it starts from."""
    share = max((os.cpu_count() or 1) // processes, 1)
    left = {recipe.out: recipe for recipe in study.recipes}
    failed: set[str] = set()
    with workers(processes, ray) as submit:
        running: dict[Future, str] = {}
        while left or running:
            for folder, recipe in list(left.items()):
                if recipe.start in failed:
                    failed.add(folder)
                    del left[folder]
                    yield folder, [], f"it starts from {recipe.start}, which failed."
                elif (rows := rows_of(recipe, study.protocols)) is not None:
                    del left[folder]
                    yield folder, rows, ""
                elif recipe.start not in left and recipe.start not in running.values() and len(running) < processes:
                    running[submit(finished, left.pop(folder), study.protocols, share, accelerator)] = folder
            if not running:
                continue
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                folder = running.pop(future)
                try:
                    yield future.result()
                except Exception as error:  # a killed process too: the others go on
                    failed.add(folder)
                    yield folder, [], f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


class workers:  # noqa: N801 (used like a function)
    """Processes here, or those of a Ray cluster, as a function that submits a job."""

    def __init__(self, processes: int, ray: str | None) -> None:
        self.processes, self.ray = processes, ray

    def __enter__(self) -> Callable[..., Future]:
        if self.ray is None:
            self.pool = ProcessPoolExecutor(self.processes, get_context("spawn"), max_tasks_per_child=1)
            return self.pool.submit
        try:
            import ray
        except ImportError as error:
            raise KinemaError("A study on a cluster needs Ray: pip install kinema[ray].") from error
        ray.init(address=None if self.ray == "local" else self.ray, ignore_reinit_error=True, log_to_driver=False)
        return lambda job, *values: ray.remote(num_cpus=1)(job).remote(*values).future()

    def __exit__(self, *error: Any) -> None:
        if self.ray is None:
            self.pool.shutdown(cancel_futures=True)
        else:
            import ray

            ray.shutdown()


def finished(recipe: Recipe, protocols: tuple[str, ...], threads: int, accelerator: str) -> Done:
    """Train and judge one run, as far as that is not done; gives the rows of its results."""
    import torch

    from kinema.evaluation.evaluate import evaluate
    from kinema.machine import Machine
    from kinema.training.train import train

    torch.set_num_threads(threads)
    machine = Machine(accelerator=accelerator, workers=0)
    train(recipe, machine, quiet=True)
    for name in protocols:
        if not result_of(recipe, name).is_file():
            evaluate(recipe.out, protocol=name, machine=machine)
    return recipe.out, rows_of(recipe, protocols) or [], ""


def rows_of(recipe: Recipe, protocols: tuple[str, ...]) -> list[Row] | None:
    """The rows of a run's results under all protocols; None where it is not judged by all of them yet."""
    results = [result_of(recipe, name) for name in protocols]
    if not all(result.is_file() for result in results):
        return None
    return [row_of(recipe, name, json.loads(result.read_text(encoding="utf-8")))
            for name, result in zip(protocols, results, strict=True)]


def result_of(recipe: Recipe, protocol: str) -> Path:
    """Where the result of a run under a protocol is written."""
    return Path(recipe.out) / "evaluation" / f"test{find_protocol(protocol).suffix}.json"


def row_of(recipe: Recipe, protocol: str, facts: Row) -> Row:
    """A run's result under a protocol as a row: what `kinema.study.results.Result` knows, and all that was varied."""
    from kinema.study.results import parts_of

    plain = {name: value if isinstance(value, int | float | str | bool | None) else json.dumps(value, default=str)
             for name, value in asdict(recipe).items() if name != "out"}
    interval = facts["intervals"]["top1"]
    return {**plain, **parts_of(recipe.model), "protocol": protocol, "top1": 100 * facts["top1"],
            "top1_low": 100 * interval[0], "top1_high": 100 * interval[1], "top5": 100 * facts["top5"],
            "gmacs": facts["gmacs_per_view"], "views": facts["views"], "parameters": facts["parameters"],
            "clips": facts["n"], "seconds": facts["seconds"], "run": recipe.out}


def write_table(rows: list[Row], out: Path) -> None:
    """Write rows as one tidy table, results.csv and, where pyarrow is there, results.parquet."""
    import csv

    if not rows:
        return

    def as_csv(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    write_atomic(out / f"{TABLE}.csv", as_csv)
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        return
    table = pyarrow.Table.from_pylist(rows)
    write_atomic(out / f"{TABLE}.parquet", lambda path: pyarrow.parquet.write_table(table, path))
