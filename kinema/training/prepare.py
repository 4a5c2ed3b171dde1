"""From a recipe to a run's folder: the clips, their sides, and what the network will be told."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from math import lcm
from pathlib import Path
from shlex import quote

import numpy as np

import kinema
from kinema.data.clips import ClipTable, check_root, read_table
from kinema.data.splits import Split, split_table
from kinema.errors import DataError, RunError, VideoError
from kinema.files import write_atomic, write_json
from kinema.keyed import keyed_generator
from kinema.machine import Machine
from kinema.models.parts import freeze
from kinema.recipe import Recipe, write_recipe
from kinema.runs import VERSION, Run, build_network
from kinema.training.alone import check_apart
from kinema.training.distil import check_taught
from kinema.training.grids import check_grids, multigrid_of
from kinema.training.precise import learning_norms
from kinema.training.start import completed, start_from

MARK = ".kinema"  # the first file of a run's folder
OURS = (
    "recipe.yaml",
    "clips.csv",
    "last.pt",
    "best.safetensors",
    "last.safetensors",
    "log.csv",
    "epochs.csv",
    "problems.jsonl",
    "report.html",
    "comparison.html",
    "evaluation",
    "tensorboard",
    "calibration.json",
    "agreement.json",
    "fitting",
    "run.json",
)


def prepare(recipe: Recipe, machine: Machine, restart: bool = False, processes: int = 1) -> Run:
    """Make the run's folder, or find it there; another recipe in it is an error that names what differs.

    All that can be known to be wrong is said before anything is written, or deleted.
    """
    path = Path(recipe.out)
    if strangers(path):
        raise RunError(f"{path} is there already and is no run; choose another folder with --out.")
    for unfinished in path.glob(".*.tmp"):
        unfinished.unlink()
    if (path / "run.json").is_file() and not restart:
        run = Run.open(path)
        if run.adopted:
            raise RunError(f"{path} has weights that were trained elsewhere ({run.adopted}), and no training to go on "
                           f"with. Start from them in another folder: --start {quote(str(path))} --out ANOTHER.")
        asked = run.facts.get("asked")  # before what its start showed was added
        check_same(recipe, Recipe.from_dict(asked, f"{path / 'run.json'}") if asked else run.recipe, path)
        return run
    check_root(recipe.root)
    table = read_table(recipe.data, format=recipe.format, root=recipe.root)
    split = split_table(table, recipe.split, recipe.seed, validation=recipe.validation)
    if not split.train.rows:
        raise DataError(f"No clip of {recipe.data} is on the training side (split {recipe.split or 'of the data'}).")
    for name in ("start", "distil"):
        check_apart(name, getattr(recipe, name), path)
    asked = recipe.to_dict()
    recipe, started = completed(recipe)
    network = build_network(recipe, table.labels)
    if recipe.start:
        started += start_from(network, recipe)
    freeze(network, recipe.frozen)
    if recipe.precise_norm and not learning_norms(network):
        started.append(f"precise_norm changes nothing: {recipe.model} has no batch norm that learns.")
    started += check_grids(recipe, table.labels)
    if recipe.distil:
        check_taught(recipe, table.labels, multigrid_of(recipe).shapes())
    share_batch(recipe, len(split.train), processes)
    seconds = clip_seconds(split.train, recipe, machine)
    clear(path)
    write_atomic(path / MARK, lambda out: out.write_text("a run of kinema\n", "utf-8"))
    write_atomic(path / "clips.csv", lambda out: sides(split).to_csv(out))
    write_atomic(path / "recipe.yaml", lambda out: write_recipe(recipe, out))
    write_json(
        path / "run.json",
        {
            "version": VERSION,
            "kinema": kinema.__version__,
            "model": recipe.model,
            "labels": list(table.labels),
            "multi_label": table.multi_label,
            "notes": notes(recipe, split) + started,
            "clip": recipe.clip.to_dict(),
            "options": recipe.options,
            **({"asked": asked} if recipe.start else {}),
            "root": str(Path(table.root).absolute()),
            "clip_seconds": seconds,
            "clips": {
                side: len(part.rows)
                for side, part in (("train", split.train), ("validation", split.validation), ("test", split.test))
            },
        },
    )
    return Run.open(path)


def strangers(path: Path) -> list[Path]:
    """What is at a path that hinders a new run there: a file in its place, or files in a folder that is no run's.

    A run's folder may hold a user's own files too; it is known by run.json or, before that is written, by MARK.
    """
    if not path.is_dir():
        return [path] if path.exists() else []
    if (path / "run.json").is_file() or (path / MARK).is_file():
        return []
    return [child for child in path.iterdir() if not child.name.startswith(".")]


def clear(path: Path) -> None:
    """Delete what a run wrote, and nothing else; run.json last, so that a run half deleted is still seen to be one."""
    for name in OURS:
        child = path / name
        if child.is_dir():
            shutil.rmtree(child)
        else:
            child.unlink(missing_ok=True)


def check_same(wanted: Recipe, found: Recipe, path: Path) -> None:
    """Refuse to go on with a run under another recipe."""
    new, old = (json.loads(json.dumps(recipe.to_dict())) for recipe in (wanted, found))
    differing = [
        f"{name} {old[name]!r} there, {new[name]!r} now" for name in new if new[name] != old[name] and name != "out"
    ]
    if differing:
        raise RunError(
            f"{path} is a run with another recipe: {'; '.join(differing[:4])}. Give the same options to go on "
            f"with it, another --out, or --restart to train anew."
        )


def sides(split: Split) -> ClipTable:
    """One table of all clips, each with the side it is on."""
    named = (("train", split.train), ("val", split.validation), ("test", split.test))
    rows = tuple(replace(row, split=side) for side, part in named for row in part.rows)
    return replace(split.train, rows=rows)


def notes(recipe: Recipe, split: Split) -> list[str]:
    """What a user should know of the clips before they are trained on, a sentence each."""
    said = list(split.train.notes)
    others = Counter(row.split for row in split.train.rows if row.split not in (None, "train"))
    said += [f"{count} clips of split {name!r} are trained on." for name, count in others.items()]
    if sum(map(bool, split.train.counts().values())) == 1 and not split.train.multi_label:
        said.append("All clips to train on are of one class, so there is nothing to tell apart.")
    if recipe.frozen and not recipe.start:
        said.append("What is frozen starts from no trained weights, so it stays as it was drawn: give --start.")
    if recipe.sampling == "uniform" and (recipe.stride != 1 or recipe.fps is not None):
        said.append("Uniform clips take frames from all of a video: stride and fps count with --sampling dense alone.")
    if recipe.validation and not split.validation.rows:
        said.append("The clips have too few sources to keep some for validation: the last weights are the result.")
    return said


def share_batch(recipe: Recipe, clips: int, processes: int) -> int:
    """Clips of an optimiser step, of a list that may hold fewer; RunError where the processes cannot share them."""
    batch, share = min(recipe.batch, clips * recipe.repeats), processes * recipe.accumulate
    if batch % share:
        least = lcm(share, recipe.repeats)
        raise RunError(
            f"A batch of {batch} clips cannot be shared equally by {processes} processes with "
            f"{recipe.accumulate} forward passes each; choose --batch {max(batch // least, 1) * least}."
        )
    return batch


def clip_seconds(table: ClipTable, recipe: Recipe, machine: Machine, clips: int = 24) -> float:
    """How long the clip that the network sees lasts: the median of a few training clips, in seconds."""
    import torch

    cache, durations = machine.cache(recipe.clip), []
    for index in torch.randperm(len(table.rows), generator=keyed_generator(recipe.seed, "clip_seconds")).tolist():
        row = table.rows[index]
        try:
            times = cache.open(table.path(row), row).times_seconds
        except VideoError:
            continue
        frame = (times[-1] - times[0]) / max(len(times) - 1, 1)
        dense = recipe.frames * recipe.stride * (1 / recipe.fps if recipe.fps else frame)
        durations.append(dense if recipe.sampling == "dense" else times[-1] - times[0] + frame)
        if len(durations) == clips:
            break
    if not durations:
        raise DataError("None of the training clips could be read; `kinema data check` says what is wrong with each.")
    return float(np.median(durations))
