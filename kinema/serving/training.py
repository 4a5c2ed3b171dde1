"""Training a run again, on its own clips and what people corrected: `kinema train` as a process of its own."""

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any

from kinema.data.clips import ClipRow
from kinema.data.labels import label_key
from kinema.errors import KinemaError
from kinema.files import write_atomic
from kinema.recipe import read_recipe, write_recipe
from kinema.runs import Run
from kinema.serving.corrections import Correction, Corrections
from kinema.serving.problems import ProblemError, absent
from kinema.serving.store import CANCELLED, DONE, FAILED, OPEN, RUNNING, Store

LAST_WORDS = 600  # characters of a failed training's output that are told
NICE = 10  # the server's answers go first
ENDED = (130, -signal.SIGINT, -signal.SIGTERM)  # exit codes of a training that somebody ended
SERVER_SECONDS = 15.0  # in which a server ends, if it was ended together with its training
ORPHAN_SECONDS = 20.0  # that a training without a server has to save what it knows


@dataclass(frozen=True)
class Training:
    """A training from the page: the new run's folder, how far it is, and its validation accuracy after each epoch.

    before: the accuracy of the run it started from, on the same clips; None where that run is gone or has none.
    """

    id: str
    run: Path
    state: str
    corrections: int
    progress: float
    validation: list[float]
    before: float | None
    created: float
    finished: float | None
    problem: str | None


class Trainings:
    """At most one training at a time, of the run that is served, if it is one; new runs go into `folder`."""

    def __init__(self, store: Store, corrections: Corrections, served: Run | None, folder: Path) -> None:
        self.store, self.corrections, self.served, self.folder = store, corrections, served, folder
        self.process: Any = None
        self.starting = threading.Lock()

    def start(self, epochs: int | None = None) -> Training:
        """Start one; ProblemError where there is nothing to train, or one is under way."""
        if self.served is None or self.served.adopted:
            what = self.served.clipless if self.served else "What is served is no run, so its clips are not known"
            raise ProblemError(409, "no_run", f"{what}.", "Serve a run that was trained on clips; `kinema train clips/ "
                               "--start` makes one of a checkpoint or of this.")
        with self.starting:
            if self.under_way():
                raise ProblemError(409, "training", "A training is under way.", "Wait for it, or stop it.")
            made = self.corrections.all()
            if not made:
                raise ProblemError(409, "no_corrections", "Nothing was corrected, so there is nothing new to learn.",
                                   "Correct a label first.")
            identity = token_hex(8)
            out = self.free_folder(self.served.path.resolve().name)
            out.parent.mkdir(parents=True, exist_ok=True)
            try:
                steps = prepare(Run.open(self.served.path), made, out, epochs)
            except KinemaError as error:  # the run or its clips are no longer where they were
                raise ProblemError(409, "no_clips", str(error), "Bring the run and its clips back.") from None
            self.store.run("INSERT INTO trainings (id, run, state, corrections, steps, created) "
                           "VALUES (?, ?, ?, ?, ?, ?)", (identity, str(out), RUNNING, len(made), steps, time.time()))
            self.launch(identity, out)
        return self.get(identity)

    def free_folder(self, name: str) -> Path:
        """A folder for the next run, called after the one that is served."""
        name = name.replace(".", "_")  # files beside it have its name and an ending
        paths = (self.folder / f"{name}-{number}" for number in count(len(self.all()) + 1))
        return next(path for path in paths if not path.exists() and not path.with_suffix(".csv").exists())

    def launch(self, identity: str, out: Path) -> None:
        """Start the process, or, after a restart, start it again: a training goes on where it was."""
        end_orphan(out)
        log = out.with_suffix(".log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kinema", "train", "--recipe", str(out.with_suffix(".yaml"))],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,  # Ctrl-C is for the server
        )
        with suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, self.process.pid, NICE)
        out.with_suffix(".pid").write_text(str(self.process.pid), encoding="utf-8")
        threading.Thread(target=self.watch, args=(identity, out, self.process, log), daemon=True).start()

    def watch(self, identity: str, out: Path, process: Any, log: Any) -> None:
        """Wait for a process, and write down how it ended."""
        code = process.wait()
        log.close()
        if code in ENDED:
            time.sleep(SERVER_SECONDS)
        words = out.with_suffix(".log").read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
        if code == 0:
            self.finish(identity, DONE)
        elif process is self.process:  # else it was stopped
            self.finish(identity, FAILED, words or f"it ended with exit code {code}")

    def finish(self, identity: str, state: str, problem: str | None = None) -> bool:
        """Write down how a training ended, once."""
        return self.store.run("UPDATE trainings SET state = ?, finished = ?, problem = ? WHERE id = ? AND state = ?",
                              (state, time.time(), problem, identity, RUNNING)) == 1

    def cancel(self, identity: str) -> Training:
        """Stop a training; what it has saved stays."""
        training = self.get(identity)
        if training.state in OPEN and self.finish(identity, CANCELLED):
            self.stop()
        return self.get(identity)

    def stop(self) -> None:
        """End the process; the training goes on at the next start, if it was not cancelled."""
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def begin_again(self) -> None:
        """After a start: go on with the training that was under way."""
        for one in self.all():
            if one.state == RUNNING:
                self.launch(one.id, one.run)

    def under_way(self) -> bool:
        """Whether one is under way."""
        return bool(self.store.rows("SELECT 1 FROM trainings WHERE state = ?", (RUNNING,)))

    def all(self) -> list[Training]:
        """All trainings, the newest first."""
        return [training_of(row) for row in self.store.rows("SELECT * FROM trainings ORDER BY number DESC")]

    def get(self, identity: str) -> Training:
        """The training of this id."""
        for row in self.store.rows("SELECT * FROM trainings WHERE id = ?", (identity,)):
            return training_of(row)
        raise absent("training", identity)


def end_orphan(out: Path) -> None:
    """End the process of a training whose server was killed, before another takes its place."""
    with suppress(OSError, ValueError):
        process = int(out.with_suffix(".pid").read_text(encoding="utf-8"))
        told = Path(f"/proc/{process}/cmdline")
        recipe = str(out.with_suffix(".yaml")).encode()
        until = time.monotonic() + ORPHAN_SECONDS
        while recipe in told.read_bytes().split(b"\0"):  # until there is no such process
            os.kill(process, signal.SIGTERM if time.monotonic() < until else signal.SIGKILL)
            time.sleep(0.2)


def prepare(run: Run, corrections: list[Correction], out: Path, epochs: int | None) -> int:
    """Write the list and the recipe of a training beside its folder; return how many steps it will take.

    The clips keep their sides; corrections are for training alone. It starts from the run's weights.
    """
    split = run.split()
    table = split.train
    keys = [label_key(name) for name in table.labels]
    names = [*table.labels]
    for one in corrections:
        if label_key(one.label) not in keys:
            keys.append(label_key(one.label))
            names.append(one.label)
    rows = [replace(row, split=side) for side, part in (("train", split.train), ("val", split.validation),
                                                        ("test", split.test)) for row in part.rows]
    judged = {part.path(row).resolve() for part in (split.validation, split.test) for row in part.rows}
    rows += [ClipRow(str(one.path.resolve()), (keys.index(label_key(one.label)),), one.start_seconds, one.end_seconds,
                     split="train", source=one.video) for one in corrections if one.path.resolve() not in judged]
    replace(table, rows=tuple(rows), labels=tuple(names)).save(out.with_suffix(".csv"))
    recipe = replace(run.recipe, data=str(out.with_suffix(".csv").resolve()), root=None, format=None, split=None,
                     out=str(out.resolve()), start=str(run.path.resolve()), epochs=epochs or run.recipe.epochs)
    write_atomic(out.with_suffix(".yaml"), lambda path: write_recipe(recipe, path))
    clips = len(split.train) + len(corrections)
    return recipe.epochs * max(clips // (min(recipe.batch, clips * recipe.repeats) // recipe.repeats), 1)


def training_of(row: Any) -> Training:
    """A row as a training, with what its folder tells."""
    run = Path(row["run"])
    last = rows_of(run / "log.csv")[-1:]
    progress = 1.0 if row["state"] == DONE else min(int(last[0]["step"]) / row["steps"], 0.99) if last else 0.0
    recipe = run.with_suffix(".yaml")
    start = read_recipe(recipe).start if recipe.is_file() else None
    before = max(validation_of(Path(start)), default=None) if start else None
    return Training(row["id"], run, row["state"], row["corrections"], progress, validation_of(run), before,
                    row["created"], row["finished"], row["problem"])


def validation_of(run: Path) -> list[float]:
    """A run's validation accuracy after each epoch that has one."""
    return [float(epoch["validation"]) for epoch in rows_of(run / "epochs.csv") if epoch.get("validation")]


def rows_of(path: Path) -> list[dict[str, str]]:
    """The whole rows of a csv that is being written; none where there is none yet."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row.get("step", "").isdigit() and None not in row.values()]
