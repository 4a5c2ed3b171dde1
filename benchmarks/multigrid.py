"""Multigrid training beside the plain schedule on `motion`; writes docs/multigrid.csv and docs/multigrid.md.

python -m benchmarks.multigrid [--runs runs/multigrid] [--clips 1200] [--epochs 6 9 12] [--seeds 0 1 2]

Optical flow in clips of 16 frames of 112 x 112 pixels, found before anything is timed; batches of 4 at a rate of 0.05,
chosen with multigrid on clips of another seed (18 epochs: 96.7 % of the test clips; at a rate of 0.0125, 92.5 %). First
the plain schedule of each length in --epochs; the shortest whose accuracy is within half a point of the longest one's
is the one to compare with. Then multigrid with half as many epochs again, and the plain schedule cut to multigrid's
steps. Every training is on one thread, two at a time; times are those of the processes that train, with their
validation. A training that was killed goes on, and one whose last line is in the csv is not repeated: the command can
be run in pieces. --only-table writes the tables of what is there.
"""

import argparse
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.multigrid_table import Plan, Point, chosen, ends, page, points
from benchmarks.surv_fight import append, locked
from kinema.data.clips import read_table
from kinema.data.synthetic import make, synthetic_spec
from kinema.data.transforms import Augment
from kinema.evaluation.metrics import metrics
from kinema.evaluation.predict import predict
from kinema.machine import Machine
from kinema.processes import end_with_parent
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.grids import multigrid_of
from kinema.training.log import read_csv
from kinema.training.train import train
from kinema.weights import load_weights

ROOT = Path(__file__).parents[1]
HERE = Machine(accelerator="cpu", workers=0, channels_last=True)
TICKS = os.sysconf("SC_CLK_TCK")


class Job(NamedTuple):
    """One training: its row's name, and how it differs from the others."""

    schedule: str
    epochs: int
    seed: int

    def recipe(self, data: Path, runs: Path, size: int, frames: int) -> Recipe:
        """The recipe of this training, but for the clip alike for all."""
        return Recipe(
            str(data), model="tam-resnet_tiny", out=str(runs / "-".join(map(str, self))), seed=self.seed,
            validation=0.05, frames=frames, size=size, input="flow", augment=Augment(crop="stretch"), dropout=0.0,
            batch=4, epochs=self.epochs, optimizer="sgd", lr=0.05, weight_decay=5e-4, schedule="cosine", warmup=1.0,
            milestones=(0.5, 0.8), multigrid="both" if self.schedule == "multigrid" else "off",
        )


def busy_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def watch(recipe: Recipe) -> None:
    """Train in a process of its own; keep the weights of every checkpoint, and when it was there, in times.csv."""
    out = Path(recipe.out)
    times, kept, saved = out / "times.csv", out / "checkpoints", out / "last.pt"
    before = read_csv(times)
    wall, busy = (float(before[-1][name]) if before else 0.0 for name in ("seconds", "busy"))
    seen = saved.stat().st_mtime_ns if saved.exists() else 0
    process = get_context("spawn").Process(target=train, args=(recipe, HERE), kwargs={"quiet": True})
    started, spent = time.monotonic(), 0.0
    process.start()
    while process.exitcode is None:
        spent = busy_seconds(process.pid or 0)
        process.join(0.2)
        if saved.exists() and saved.stat().st_mtime_ns != seen:
            seen, now = saved.stat().st_mtime_ns, time.monotonic() - started
            step = torch.load(saved, weights_only=True)["step"]
            kept.mkdir(exist_ok=True)
            (kept / f"{step}.safetensors").write_bytes((out / "last.safetensors").read_bytes())
            append(times, ("step", "seconds", "busy"), [(step, f"{wall + now:.1f}", f"{busy + spent:.1f}")])
    if process.exitcode:
        raise SystemExit(f"The training in {out} failed with {process.exitcode}.")


def run(job: Job, recipe: Recipe, log: Path) -> None:
    """Train, and test the weights of every checkpoint, unless the lines are there."""
    torch.set_num_threads(1)
    if any(point.last for point in points(log) if point[:3] == job):
        return
    watch(recipe)
    found, lines = Run.open(recipe.out), []
    network, test = found.network(), found.split().test
    git = ["git", "rev-parse", "--short", "HEAD"]
    about = (subprocess.run(git, cwd=ROOT, capture_output=True, text=True).stdout.strip(), time.strftime("%Y-%m-%d"))
    rows = read_csv(found.path / "times.csv")
    for row in rows:
        load_weights(network, found.path / "checkpoints" / f"{row['step']}.safetensors").eval()
        answers = predict(network, test, machine=HERE, cache=HERE.cache(recipe.clip), quiet=True)
        accuracy = f"{metrics(answers.predictions).top1.value:.4f}"
        found_here = row["step"], row["seconds"], row["busy"], accuracy, len(test), int(row is rows[-1])
        lines.append((*job, *found_here, *about))
    with locked(log):
        append(log, Point._fields, lines)
    print(f"{found.path.name}: {accuracy} after {row['step']} steps, {row['seconds']} s", flush=True)


def run_all(jobs: Sequence[Job], recipe_of: Callable[[Job], Recipe], log: Path) -> None:
    """All trainings, two at a time."""
    with ProcessPoolExecutor(2, get_context("spawn"), end_with_parent) as pool:
        list(pool.map(run, jobs, map(recipe_of, jobs), [log] * len(jobs)))


def decode(recipe: Recipe) -> None:
    """Put every clip into the cache, so that no training is timed while it decodes."""
    table, cache = read_table(recipe.data), HERE.cache(recipe.clip)
    for entry in table.rows:
        cache.open(table.path(entry), entry)


def main() -> None:
    """Make the clips, run what is missing, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "multigrid")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument("--clips", type=int, default=1200)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--epochs", type=int, nargs="+", default=[6, 9, 12])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only-table", action="store_true", help="run nothing")
    told = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["KINEMA_CACHE"] = str(told.runs.absolute() / "cache")
    look = {"frames": told.frames, "height": told.size, "width": told.size, "difficulty": 0.0}
    spec = synthetic_spec("motion", clips=told.clips, **look)
    data, log = told.runs / "motion", told.docs / "multigrid.csv"

    def recipe_of(job: Job) -> Recipe:
        return job.recipe(data, told.runs, told.size, told.frames)

    first = recipe_of(Job("multigrid", 1, 0))
    if not told.only_table:
        make(spec, data, workers=2)
        decode(first)
        run_all([Job("plain", epochs, seed) for seed in told.seeds for epochs in told.epochs], recipe_of, log)
    found, plan = points(log), None
    saving = multigrid_of(first).saving
    if all(len(ends(found, "plain", epochs)) >= len(told.seeds) for epochs in told.epochs):
        plain = chosen(found, told.epochs)
        longer = round(1.5 * plain)
        plan = Plan(plain, longer, max(round(longer / saving), 1))
        jobs = [Job(name, getattr(plan, name), seed) for seed in told.seeds for name in ("multigrid", "control")]
        if not told.only_table:
            run_all(jobs, recipe_of, log)
    about = (f"{first.model} on {told.clips} clips of `motion` ({told.frames} frames of {told.size} x {told.size} "
             f"pixels, a fifth of their sources for the test), optical flow, batch {first.batch}, SGD at {first.lr} "
             f"that falls to 0 along half a cosine; multigrid goes through its long cycle until "
             f"{first.milestones[0]:.0%} of the steps, again until {first.milestones[1]:.0%}, and ends at full shape. "
             "Two trainings at a time, on one thread each.")
    text = page(points(log), told.epochs, plan, saving, about)
    (told.docs / "multigrid.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
