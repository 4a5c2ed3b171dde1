"""`kinema fuse`."""

from dataclasses import asdict
from typing import Annotated

import typer

from kinema.cli.evaluate import AVERAGE, PROTOCOL, known_crops, known_weights, show, way_of
from kinema.cli.judged import Data, Format, Root, Split
from kinema.cli.machine import Accelerator, Workers
from kinema.cli.output import command, print_json, say, say_aside


@command
def fuse(
    runs: Annotated[list[str], typer.Argument(help="folders of runs, two or more, trained on the same clips")],
    weight: Annotated[
        list[float] | None, typer.Option(help="a run's weight in the average, in their order \\[default: equal]")
    ] = None,
    data: Data = None,
    format: Format = None,
    root: Root = None,
    split: Split = None,
    views: Annotated[int, typer.Option(min=1, help="clips in time of each video, averaged")] = 1,
    crops: Annotated[
        int, typer.Option(callback=known_crops, help="crops of each clip: 1, 2 (mirrored too), 3, 5 or 10, averaged")
    ] = 1,
    protocol: PROTOCOL = None,
    average: AVERAGE = None,
    which: Annotated[str, typer.Option(callback=known_weights, help="weights: best or last")] = "best",
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Judge streams that were trained apart, alone and together: colour and optical flow, say.

    Together by the average of their scores, and by a linear layer fitted on validation clips. How much better than the
    best stream alone is said with its 95 % interval.

    Examples:

      kinema train clips/ --input flow_stack --model tsn-resnet18 --out runs/flow

      kinema fuse runs/colour runs/flow

      kinema fuse runs/colour runs/flow --weight 1 --weight 1.5 --protocol 1x10 --json
    """
    from kinema.evaluation.fusion import fuse as judge
    from kinema.machine import Machine

    machine = Machine(accelerator=accelerator, workers=workers)
    way = way_of(protocol, views, crops, average=average)
    found = judge(runs, weight or None, data, split, way, which, machine, format, root)
    if as_json:
        fusions = {"average": found.average, "linear": found.linear}
        print_json({
            "streams": [stream.to_dict() for stream in found.streams],
            **{how: None if one is None else one.to_dict() for how, one in fusions.items()},
            "gains": {how: asdict(gain) for how, gain in found.gains.items()},
            "why_not": found.why_not,
        })
        return
    show([*found.streams, found.average, *([found.linear] if found.linear else [])])
    for how, gain in found.gains.items():
        value, low, high = (100 * share for share in (gain.estimate.value, gain.estimate.low, gain.estimate.high))
        say(f"{how}: {value:+.1f} points of top-1 over the best stream [{low:+.1f}, {high:+.1f}]")
    if found.why_not:
        say_aside(f"No linear layer: {found.why_not}.")
