"""`kinema timeline-train`."""

from typing import Annotated

import typer

from kinema.cli.output import command, print_json, say, say_aside, table
from kinema.cli.timeline import DEVICE, JSON, PRECISION, RECALL


@command
def timeline_train(
    run: Annotated[str, typer.Argument(help="folder of a run")],
    truth: Annotated[
        str | None, typer.Option(help="annotated long videos, csv (path,start,end,label) or ActivityNet's JSON")
    ] = None,
    root: Annotated[str | None, typer.Option(help="folder of these videos \\[default: beside the list]")] = None,
    quiet: Annotated[
        list[str] | None, typer.Option(help="a class in which nothing happens; give it again for more")
    ] = None,
    precision: PRECISION = None,
    recall: RECALL = None,
    overlap: Annotated[int, typer.Option(min=1, help="windows for each moment: more is finer, and slower")] = 4,
    per_class: Annotated[
        int | None, typer.Option(min=1, help="clips of each class in the films to learn from \\[default: 40 or more]")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="seed of the films and of the head")] = 0,
    device: DEVICE = None,
    as_json: JSON = False,
) -> None:
    """Learn when a run's classes happen in long videos, and choose thresholds; both are kept beside the run.

    Without annotated videos, films are put together from the run's own clips with nothing between them.

    Examples:

      kinema timeline-train runs/first

      kinema timeline-train runs/first --truth matches.csv --precision 0.95

      kinema timeline-train runs/surveillance --quiet noFight
    """
    from kinema.timeline.thresholds import Goal
    from kinema.timeline.train import train_timeline

    goal = Goal(precision, recall)
    learnt = train_timeline(run, truth, root, quiet or (), goal, overlap, per_class, seed, device)
    chosen = learnt.thresholds(learnt.method, goal)
    if as_json:
        print_json({"method": learnt.method, "footage": learnt.footage, "measures": learnt.measures,
                    "thresholds": chosen.to_dict(), "note": learnt.note})
        return
    table("Thresholds", ("label", "threshold", "recall", "precision", "false alarms an hour", "true"),
          [(each.label, f"{each.threshold:.3f}" if each.threshold <= 1 else "never", share(each.recall),
            share(each.precision), f"{each.false_alarms_per_hour:.1f}", str(each.true)) for each in chosen.classes])
    say(chosen.words)
    for name, measures in learnt.measures.items():
        say(f"{name}: average mAP {measures['average_mAP']:.3f} in validation"
            + (" (used)" if name == learnt.method else ""))
    say_aside(f"{learnt.footage}. {learnt.note}".rstrip())


def share(value: float | None) -> str:
    """A share as a percentage; a dash where there is no segment to tell it by."""
    return "-" if value is None else f"{value:.1%}"
