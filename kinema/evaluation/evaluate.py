"""Judging a trained network on clips it did not learn from."""

import time
from dataclasses import replace
from pathlib import Path
from shlex import quote

from kinema.data.clips import ClipTable, check_root, read_table
from kinema.data.labels import label_key, label_numbers
from kinema.data.splits import split_table
from kinema.errors import DataError, RunError, nearest
from kinema.evaluation.calibration import Calibration, calibrate, digest
from kinema.evaluation.predict import NoClipsError, predict
from kinema.evaluation.protocols import Protocol, find_protocol
from kinema.evaluation.result import Evaluated, Evaluation
from kinema.files import write_json
from kinema.machine import Machine
from kinema.runs import Run

SIDES = ("train", "validation", "test")


def evaluate(
    run: str | Path | Run,
    data: str | Path | None = None,
    split: str | None = None,
    views: int | tuple[int, int] = 1,
    which: str = "best",
    machine: Machine | None = None,
    format: str | None = None,
    root: str | Path | None = None,
    protocol: Protocol | str | None = None,
    quiet: bool = False,
) -> Evaluation:
    """Judge a run on the clips kept aside for its test, or on other `data` with the same class names.

    data: a folder, a csv or an official list, of a `format` and with paths relative to `root` as in `read_table`.
    split: a side of the run ("train", "validation", "test"), or, with `data`, the rows of a split ("split=val") or a
    fold ("fold=0"). views: clips in time of each video, or (clips, crops), averaged. which: weights, "best"
    or "last". protocol: a published way to judge by its name ("kinetics", "ssv2", "3x10"), or any `Protocol`, in the
    place of `views`. Writes evaluation/NAME.json, .npz and .csv and report.html into the run's folder; of
    other `data`, evaluation/NAME.html in its place. Clips that cannot be read are counted and named, and left out.
    """
    from kinema.evaluation.flow_cost import flow_seconds
    from kinema.evaluation.profile import profile
    from kinema.evaluation.report import write_report

    run = run if isinstance(run, Run) else Run.open(run)
    if protocol is None:
        protocol = Protocol(views) if isinstance(views, int) else Protocol(*views)
    protocol = find_protocol(protocol) if isinstance(protocol, str) else protocol
    table, described, name = clips_of(run, data, split, format, root)
    name += "" if which == "best" else f"-{which}"
    name += protocol.suffix
    machine = machine or Machine()
    network = run.model(which).to(machine.device())
    started = time.monotonic()
    clip = protocol.clip(run.recipe.clip)
    answers = predict(network, table, protocol, machine, machine.cache(clip), quiet=quiet)
    seconds = time.monotonic() - started
    cost = profile(network, clip.frames, (clip.height, clip.width))
    judged = table.subset(answers.read)
    asked = options(data, split, protocol, which, format, root)
    about = Evaluated(run.path, run.recipe.model, which, described, protocol.views, cost.gmacs, cost.parameters,
                      seconds, asked, trained_on(run, judged), answers.broken, answers.partly, protocol.average,
                      clip, flow_seconds(clip))
    untempered = Calibration(how="only the best weights are calibrated")
    calibration = calibration_of(run, machine, quiet) if which == "best" else untempered
    evaluation = Evaluation(name, about, judged, answers.predictions, calibration)
    evaluation.save(run.path / "evaluation")
    write_report(evaluation)
    return evaluation


def clips_of(
    run: Run, data: str | Path | None, split: str | None, format: str | None = None, root: str | Path | None = None
) -> tuple[ClipTable, str, str]:
    """The clips to judge, numbered like the run's classes, what they are in words, and a name for the files."""
    if data is None:
        side = split or "test"
        if side not in SIDES:
            raise RunError(f"The run has no side {side!r}; its sides are {', '.join(SIDES)}.{nearest(side, SIDES)} "
                           f"To split other clips, name them with --data.")
        table = getattr(run.split(), side)
        if run.adopted:
            raise RunError(f"{run.clipless}. Name clips with --data.")
        if not table.rows:
            raise RunError(f"{run.path} has no {side} clips. Name clips with --data, or another side with --split.")
        return table, f"{run.recipe.data} ({side} side)", side
    check_root(root)
    table = read_table(data, format=format, root=root)
    if split is not None:
        own = split.startswith("split=")
        table = table.select(split.removeprefix("split=")) if own else split_table(table, split, run.recipe.seed).test
    table = match_labels(table, run.labels, run.facts.get("multi_label", False))
    if split is None:
        return table, str(data), f"data-{Path(data).stem}"
    return table, f"{data} ({split})", f"data-{Path(data).stem}-{split.replace('/', 'of')}"


def trained_on(run: Run, table: ClipTable) -> int:
    """How many of the clips lie in files that the run was trained on."""
    train = run.split().train
    files = {train.place(row).resolve() for row in train.rows}
    return sum(table.place(row).resolve() in files for row in table.rows)


def match_labels(table: ClipTable, labels: tuple[str, ...], multi_label: bool = False) -> ClipTable:
    """The same clips with their classes numbered as in `labels`, which must hold every class that a clip has.

    Clips without a label are left out; several labels a clip are for networks trained so (`multi_label`).
    """
    used = sorted({label for row in table.rows for label in row.labels})
    known = label_numbers(labels)
    unknown = [table.labels[label] for label in used if label_key(table.labels[label]) not in known]
    if unknown:
        raise DataError(
            f"{len(unknown)} of the data's {len(used)} classes are not among the {len(labels)} the run was trained on: "
            f"{', '.join(unknown[:5])}. Rename them, or leave them out.{nearest(unknown[0], labels)}"
        )
    matched = iter(table.relabel(labels).rows)  # which holds all clips that have a label
    rows = tuple(next(matched) if row.labels else row for row in table.rows)
    rows = rows if multi_label else tuple(row for row in rows if row.labels)
    if not rows:
        raise DataError("None of the clips has a label, so there is nothing to compare the network's answers with.")
    several = next((row.path for row in rows if len(row.labels) > 1), None)
    if several is not None and not multi_label:
        raise DataError(f"{several} has several labels, but the run was trained on one label a clip.")
    return replace(table, rows=rows, labels=labels, multi_label=multi_label)


def options(
    data: str | Path | None, split: str | None, protocol: Protocol, which: str, format: str | None,
    root: str | Path | None,
) -> str:
    """The options of `kinema evaluate` that ask for the same."""
    asked = {"--data": data, "--format": format, "--root": root, "--split": split,
             "--views": protocol.clips if protocol.clips > 1 else None,
             "--crops": protocol.crops if protocol.crops > 1 else None,
             "--frames": protocol.frames, "--size": protocol.size, "--sampling": protocol.sampling,
             "--stride": protocol.stride, "--average": protocol.average if protocol.average == "logits" else None,
             "--which": which if which != "best" else None}
    return " ".join(f"{name} {quote(str(value))}" for name, value in asked.items() if value is not None)


def calibration_of(run: Run, machine: Machine | None = None, quiet: bool = False) -> Calibration:
    """The calibration of the run's best weights: from its file or, the first time, from its validation clips.

    There is none where no validation clip can be read.
    """
    learnt = Calibration.of(run.path)
    validation = run.split().validation
    if learnt.clips or not validation.rows:
        return learnt
    machine = machine or Machine()
    network = run.model().to(machine.device())
    try:
        answers = predict(network, validation, machine=machine, cache=machine.cache(run.recipe.clip), quiet=quiet)
    except NoClipsError:
        return replace(learnt, how="not calibrated: none of the validation clips can be read")
    learnt = calibrate(answers.predictions)
    learnt = replace(learnt, weights=digest(run.path / "best.safetensors"))
    write_json(run.path / "calibration.json", learnt.to_dict())
    return learnt
