"""`make surv-fight`: networks on 240 surveillance clips, five source-wise folds, three seeds; writes
recipes/surv-fight.md.

python benchmarks/surv_fight.py [--data ../shared/videos/surv-fight] [--runs runs/surv-fight] [--networks tam hog3d]

Every fold is trained as `kinema train DATA --recipe recipes/surv-fight.yaml --split fold=0 --seed 0` would (with the
options of its row), and tested once; each such run is a line of recipes/surv-fight.csv, its answers are in
recipes/surv-fight-clips.csv. Streams that were trained apart are averaged as `kinema fuse` does it. A run that is there
is not repeated, so the command goes on where it stopped. Two run at a time, on one thread each.
"""

import argparse
import csv
import fcntl
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from kinema import evaluate, train
from kinema.evaluation.intervals import groups_of, percentiles, resampled_sums
from kinema.evaluation.result import Evaluation
from kinema.machine import Machine
from kinema.processes import end_with_parent
from kinema.recipe import Recipe, read_recipe

ROOT = Path(__file__).parents[1]
RECIPE, LOG, CLIPS, TABLE = (
    ROOT / "recipes" / name for name in ("surv-fight.yaml", "surv-fight.csv", "surv-fight-clips.csv", "surv-fight.md")
)
NETWORKS: dict[str, dict[str, Any]] = {  # each row's options beside the recipe's
    **{f"{module}-resnet_tiny": {"model": f"{module}-resnet_tiny"} for module in ("i3d", "tam", "s3d", "tsm", "tsn")},
    "single frame": {"model": "tsn-resnet_tiny", "frames": 1, "input": "rgb"},
    "hog3d": {"model": "hog3d", "frames": 32, "size": (112, 144), "input": "rgb"},
    "tam-resnet_tiny, flow": {"model": "tam-resnet_tiny", "input": "flow"},
}
FUSED = {  # rows whose answers are the mean of other rows'
    "two-stream: single frame + flow": ("single frame", "tam-resnet_tiny, flow"),
    "two-stream: differences + flow": ("tam-resnet_tiny", "tam-resnet_tiny, flow"),
}
SEEDS, FOLDS = (0, 1, 2), (0, 1, 2, 3, 4)
COLUMNS = ("model", "seed", "fold", "clips", "right", "seconds", "commit", "date")
CLIP_COLUMNS = ("model", "seed", "fold", "path", "source", "right")


class Job(NamedTuple):
    """One row's training on one fold from one seed, or the mean of several."""

    name: str
    seed: int
    fold: int

    def recipe(self, data: str, runs: Path) -> Recipe:
        """The recipe of a row that is trained."""
        out = str(runs / f"{re.sub(r'[^a-z0-9_]+', '-', self.name)}-{self.seed}-{self.fold}")
        return read_recipe(RECIPE, data=data, split=f"fold={self.fold}", seed=self.seed, out=out, **NETWORKS[self.name])


def begin() -> None:
    """What each process does first: its trainings run on one thread, and it ends with the command."""
    torch.set_num_threads(1)
    end_with_parent()


def missing(jobs: Sequence[Job]) -> list[Job]:
    """Those whose line is not there."""
    done = {(row["model"], row["seed"], row["fold"]) for row in rows(LOG)}
    return [job for job in jobs if tuple(map(str, job)) not in done]


def trained(job: Job, data: str, runs: Path) -> Evaluation:
    """The evaluation of a fold's training; one that is there already is not repeated."""
    recipe = job.recipe(data, runs)
    train(recipe, Machine(accelerator="cpu", workers=0, channels_last=True), quiet=True)
    return evaluate(recipe.out, machine=Machine(accelerator="cpu", workers=0))


def run_fold(job: Job, data: str, runs: Path) -> None:
    """Train a fold and test it, or fuse what was trained, unless its line is there."""
    if not missing([job]):
        return
    started = time.monotonic()
    if job.name in FUSED:
        streams = [trained(job._replace(name=stream), data, runs) for stream in FUSED[job.name]]
        found, scores_NK = streams[0], np.mean([stream.predictions.scores_NK() for stream in streams], axis=0)
        assert all(stream.table.rows == found.table.rows for stream in streams)
    else:
        found = trained(job, data, runs)
        scores_NK = found.predictions.scores_NK()
    seconds = time.monotonic() - started
    right_N, key = scores_NK.argmax(1) == found.predictions.targets, job
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    with locked(CLIPS):
        append(
            CLIPS,
            CLIP_COLUMNS,
            [(*key, row.path, row.source, int(right)) for row, right in zip(found.table.rows, right_N, strict=True)],
        )
        line = (*key, found.n, int(right_N.sum()), f"{seconds:.0f}", commit, time.strftime("%Y-%m-%d"))
        append(LOG, COLUMNS, [line])
    print(f"{', '.join(map(str, job))}: {right_N.mean():.1%} of {found.n} clips, {seconds:.0f} s", flush=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time write."""
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def append(path: Path, columns: Sequence[str], lines: Sequence[Sequence[object]]) -> None:
    """Add lines to a csv, under its heading."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *lines] if new else lines)


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a csv; none where it is not there yet."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def pooled(clips: list[dict[str, str]], model: str, seed: int) -> dict[str, tuple[bool, str]] | None:
    """Of each of the 240 clips, was it answered rightly by the network that never saw its source; and the source."""
    mine = [row for row in clips if row["model"] == model and row["seed"] == str(seed)]
    if {row["fold"] for row in mine} != set(map(str, FOLDS)):
        return None
    return {row["path"]: (row["right"] == "1", row["source"]) for row in mine}


def table() -> list[str]:
    """A row for each network: the accuracy of each seed, their mean, and its interval by resampling sources."""
    lines = [
        "| network | " + " | ".join(f"seed {seed}" for seed in SEEDS) + " | mean | 95 % interval |",
        "| --- |" + " --- |" * (len(SEEDS) + 2),
    ]
    clips = rows(CLIPS)
    for model in dict.fromkeys(row["model"] for row in clips):
        found = [pooled(clips, model, seed) for seed in SEEDS]
        done = [each for each in found if each is not None]
        if not done:
            continue
        by_clip_N = np.array([np.mean([each[path][0] for each in done]) for path in done[0]])
        groups_N = groups_of(len(by_clip_N), [source for _, source in done[0].values()])
        sums_B2 = resampled_sums(np.stack([by_clip_N, np.ones(len(by_clip_N))], 1), groups_N, resamples=10_000)
        low, high = percentiles(sums_B2[:, 0] / sums_B2[:, 1])
        seeds = " | ".join(
            "-" if each is None else f"{np.mean([right for right, _ in each.values()]):.1%}" for each in found
        )
        lines.append(f"| {model} | {seeds} | **{by_clip_N.mean():.1%}** | {low:.1%} to {high:.1%} |")
    return lines


def write_table() -> str:
    """Put the table into recipes/surv-fight.md, between its two marks; the words around it stay."""
    spent: dict[str, list[float]] = {}
    for row in rows(LOG):
        spent.setdefault(row["model"], []).append(float(row["seconds"]))
    times = ", ".join(f"{model} {np.median(values):.0f} s" for model, values in spent.items())
    text = TABLE.read_text(encoding="utf-8")
    head, _, rest = text.partition("<!-- table -->\n")
    _, _, tail = rest.partition("<!-- /table -->")
    lines = [
        *table(),
        "",
        f"{len(rows(LOG))} of {(len(NETWORKS) + len(FUSED)) * len(SEEDS) * len(FOLDS)} rows of trainings done; "
        f"median time of one, two at a time on two busy cores: {times}.",
    ]
    TABLE.write_text(head + "<!-- table -->\n" + "\n".join(lines) + "\n<!-- /table -->" + tail, encoding="utf-8")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, seed by seed, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=str(ROOT.parent / "shared" / "videos" / "surv-fight"))
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "surv-fight")
    parser.add_argument("--networks", nargs="+", default=[*NETWORKS, *FUSED], choices=[*NETWORKS, *FUSED])
    parser.add_argument("--only-table", action="store_true", help="run nothing")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    jobs = [Job(name, seed, fold) for seed in SEEDS for name in chosen.networks for fold in FOLDS]
    if not chosen.only_table:
        with ProcessPoolExecutor(2, get_context("spawn"), begin) as pool:
            for part in (NETWORKS, FUSED):  # streams first
                run = partial(run_fold, data=chosen.data, runs=chosen.runs)
                list(pool.map(run, missing([job for job in jobs if job.name in part])))
    print(write_table())


if __name__ == "__main__":
    main()
