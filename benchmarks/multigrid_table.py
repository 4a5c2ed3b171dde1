"""What `benchmarks/multigrid.py` found, as a page: docs/multigrid.md from docs/multigrid.csv."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from kinema.study.claims import reach

PLATEAU = 0.005  # the shortest plain schedule may be this much below the longest
WITHIN = 0.01  # of the plain accuracy


class Point(NamedTuple):
    """One checkpoint: when it was there, in seconds of the clock and of the processor, and its test accuracy."""

    schedule: str
    epochs: int
    seed: int
    step: int
    seconds: float
    busy: float
    accuracy: float
    clips: int
    last: int
    commit: str
    date: str


class Plan(NamedTuple):
    """What is compared: epochs of the plain schedule, of multigrid and of the control, and the clips of one epoch."""

    plain: int
    multigrid: int
    control: int


def points(log: Path) -> list[Point]:
    """The lines of the csv; none where it is not there yet."""
    if not log.exists():
        return []
    with log.open(newline="", encoding="utf-8") as file:
        kinds = Point.__annotations__.values()
        return [Point(*(kind(value) for kind, value in zip(kinds, row.values(), strict=True)))
                for row in csv.DictReader(file)]


def ends(found: Sequence[Point], schedule: str, epochs: int) -> list[Point]:
    """The last checkpoint of each seed's training, by seed."""
    mine = [point for point in found if (point.schedule, point.epochs, point.last) == (schedule, epochs, 1)]
    return sorted(mine, key=lambda point: point.seed)


def chosen(found: Sequence[Point], lengths: Sequence[int]) -> int:
    """The shortest plain schedule whose mean accuracy is within half a point of the longest one's."""
    of_length = {epochs: mean(point.accuracy for point in ends(found, "plain", epochs)) for epochs in lengths}
    return min(epochs for epochs in lengths if of_length[epochs] >= of_length[max(lengths)] - PLATEAU)


def reached(found: Sequence[Point], end: Point, accuracy: float) -> Point | None:
    """The first checkpoint of a training that is as accurate."""
    same = (point for point in found if point[:3] == end[:3] and point.accuracy >= accuracy)
    return min(same, key=lambda point: point.step, default=None)


def interval(values: Sequence[float]) -> str:
    """The 95 % interval of a mean over seeds."""
    if math.isinf(reach(values)):
        return "no interval"
    return f"{mean(values) - reach(values):+.3g} to {mean(values) + reach(values):+.3g}"


def row(found: Sequence[Point], schedule: str, epochs: int) -> str:
    """A row of the table."""
    done = ends(found, schedule, epochs)
    if not done:
        return f"| {schedule} | {epochs} | - | - | - | - | - |"
    each = ", ".join(f"{point.accuracy:.1%}" for point in done)
    clock, busy = (mean(getattr(point, name) for point in done) for name in ("seconds", "busy"))
    accuracy = mean(point.accuracy for point in done)
    return f"| {schedule} | {epochs} | {done[0].step} | {clock:.0f} | {busy:.0f} | **{accuracy:.1%}** | {each} |"


def verdicts(found: Sequence[Point], plan: Plan, saving: float) -> list[str]:
    """Each promise with its number: holds, or does not."""
    plain, multi, control = (ends(found, name, getattr(plan, name)) for name in ("plain", "multigrid", "control"))
    if not plain or [point.seed for point in plain] != [point.seed for point in multi]:
        return ["- Not all trainings are done."]
    lines = []
    steps = plain[0].step * plan.multigrid / plan.plain / multi[0].step
    lines.append(f"- Steps saved by as many epochs: {steps:.3f} times; the closed form gives {saving:.3f}.")
    for name, word in (("seconds", "of the clock"), ("busy", "of the processor")):
        whole = [getattr(one, name) / getattr(other, name) for one, other in zip(plain, multi, strict=True)]
        lines.append(_line(f"At {plan.multigrid / plan.plain:.2g}x epochs, times less time {word}", whole, 2.5))
    goal = mean(point.accuracy for point in plain) - WITHIN
    for name, word in (("seconds", "of the clock"), ("busy", "of the processor")):
        arrived = [(one, reached(found, other, goal)) for one, other in zip(plain, multi, strict=True)]
        sooner = [getattr(one, name) / getattr(there, name) for one, there in arrived if there]
        if len(sooner) < len(plain):
            lines.append(f"- The plain accuracy, within a point ({goal:.1%}), is reached by {len(sooner)} of "
                         f"{len(plain)} seeds: **does not hold**.")
        else:
            lines.append(_line(f"Times sooner, {word}, at the plain accuracy within a point ({goal:.1%})", sooner, 3))
            firsts = [(reached(found, one, goal), there) for one, there in arrived]
            early = [getattr(one, name) / getattr(there, name) for one, there in firsts if one and there]
            lines.append(f"- The same beside the plain schedule's own first checkpoint there, in {len(early)} seeds: "
                         + (f"{mean(early):.2f} ({interval(early)})." if early else "none."))
    for name, others in (("the plain schedule", plain), ("the control", control)):
        gains = [100 * (one.accuracy - other.accuracy) for one, other in zip(multi, others, strict=False)]
        if gains:
            lines.append(f"- Multigrid minus {name}, in points: {mean(gains):+.2f} (95 % interval {interval(gains)}).")
    return lines


def _line(what: str, values: Sequence[float], least: float) -> str:
    surely = mean(values) - reach(values) >= least
    word = "holds" if surely else "holds in the mean, not surely" if mean(values) >= least else "does not hold"
    return f"- {what}: {mean(values):.2f} (95 % interval {interval(values)}), asked {least}: **{word}**."


def page(found: Sequence[Point], lengths: Sequence[int], plan: Plan | None, saving: float, about: str) -> str:
    """The whole page."""
    commits, dates = (sorted({getattr(point, name) for point in found}) for name in ("commit", "date"))
    heading = ["| schedule | epochs | steps | seconds | of the processor | test accuracy | of each seed |",
               "| --- | --- | --- | --- | --- | --- | --- |"]
    lines = ["# Multigrid training", "", f"`python -m benchmarks.multigrid` at commit {', '.join(commits) or '-'}, "
             f"{', '.join(dates) or '-'}. {about}", "", "## How long the plain schedule must be", "", *heading,
             *(row(found, "plain", epochs) for epochs in lengths), ""]
    if plan:
        lines += [f"The shortest within half a point of the longest has {plan.plain} epochs.", "",
                  "## Beside multigrid", "", *heading,
                  *(row(found, name, getattr(plan, name)) for name in ("plain", "multigrid", "control")), "",
                  "The control is the plain schedule cut to as many steps as multigrid takes.", "",
                  *verdicts(found, plan, saving), ""]
    return "\n".join(lines)
