"""`kinema evaluate`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.compare import share
from kinema.cli.judged import Data, Format, Root, Split
from kinema.cli.machine import Accelerator, Workers
from kinema.cli.output import command, fail, print_json, say, table
from kinema.runs import WEIGHTS

if TYPE_CHECKING:
    from kinema.evaluation.intervals import Estimate
    from kinema.evaluation.protocols import Protocol
    from kinema.evaluation.result import Evaluation

PROTOCOL = Annotated[
    str | None,
    typer.Option(help="published way to judge: 1x10, kinetics, moments, ssv2, uniform; or crops x clips (3x10)"),
]
AVERAGE = Annotated[
    str | None, typer.Option(help="of the views' probabilities or logits \\[default: probabilities]")
]


def known_crops(crops: int) -> int:
    """Refuse a number of crops that has no meaning."""
    from kinema.data.transforms import CROPS

    if crops not in CROPS:
        raise typer.BadParameter(f"{crops}; expected {', '.join(map(str, CROPS))}.")
    return crops


def known_weights(which: str) -> str:
    """Refuse weights that no run has."""
    if which not in WEIGHTS:
        raise typer.BadParameter(f"{which!r}; expected {' or '.join(WEIGHTS)}.")
    return which


@command
def evaluate(
    runs: Annotated[list[str], typer.Argument(help="folders of runs; several are compared side by side")],
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
    frames: Annotated[int | None, typer.Option(min=1, help="frames of a clip \\[default: as trained]")] = None,
    size: Annotated[int | None, typer.Option(min=1, help="side of a clip in pixels \\[default: as trained]")] = None,
    sampling: Annotated[str | None, typer.Option(help="uniform or dense \\[default: as trained]")] = None,
    stride: Annotated[int | None, typer.Option(min=1, help="of dense clips \\[default: as trained]")] = None,
    which: Annotated[str, typer.Option(callback=known_weights, help="weights: best or last")] = "best",
    report: Annotated[
        str | None, typer.Option(help="where the report of several runs goes \\[default: first run/comparison.html]")
    ] = None,
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Measure runs on clips they did not learn from: accuracies with 95 % intervals, cost, and a report to read.

    Examples:

      kinema evaluate runs/first

      kinema evaluate runs/first --views 10 --crops 3 --json

      kinema evaluate runs/first --protocol ssv2 --average logits

      kinema evaluate runs/first --sampling dense --stride 4 --views 10

      kinema evaluate runs/tam runs/tsn --data other_clips/ --report compare.html
    """
    from kinema import evaluate as judge
    from kinema.evaluation.report import write_report
    from kinema.machine import Machine

    if report and Path(report).suffix.lower() not in (".html", ".htm"):
        fail(f"--report {report} is no page; expected a name that ends in .html.", code=2)
    machine = Machine(accelerator=accelerator, workers=workers)
    way = way_of(protocol, views, crops, average=average, frames=frames, size=size, sampling=sampling, stride=stride)
    found = [judge(run, data, split, 1, which, machine, format, root, way) for run in runs]
    page = Path(report) if report else found[0].page if len(found) == 1 else Path(runs[0]) / "comparison.html"
    if len(found) > 1 or report:
        page = write_report(found, page)
    if as_json:
        facts = [{**evaluation.to_dict(), "report": str(page)} for evaluation in found]
        print_json(facts[0] if len(facts) == 1 else facts)
        return
    show(found)
    say(f"Report: {page}")


def way_of(protocol: str | None, views: int, crops: int, **told: Any) -> "Protocol":
    """The protocol that options ask for; what is `told` besides goes before what a named one says."""
    from kinema.evaluation.protocols import find_protocol

    if protocol and (views > 1 or crops > 1):
        fail(f"--protocol {protocol} says how many clips and crops are taken; leave out --views and --crops.", code=2)
    told |= {} if protocol else {"clips": views, "crops": crops}
    return replace(find_protocol(protocol or "1x1"), **{name: value for name, value in told.items() if value})


def show(found: "list[Evaluation]") -> None:
    """Print evaluations as a table, a row a run."""
    from kinema.evaluation.intervals import trust

    table(
        "Evaluation",
        ("run", "model", "clips", "top-1", "top-5", "mean class", "mAP", "GMACs", "unreadable", "protocol"),
        [
            (
                str(each.about.run),
                each.about.model,
                str(each.n),
                share_of(each.metrics.top1),
                share_of(each.metrics.top5) if len(each.predictions.labels) > 5 else "-",
                share_of(each.metrics.mean_class),
                share_of(each.metrics.mean_ap),
                f"{each.about.gmacs:.3f} x {each.views}{flow_of(each)}",
                str(len(each.broken)),
                each.about.protocol.words,
            )
            for each in found
        ],
    )
    for each in found:
        if each.by_clips:
            said = ", ".join(f"{count}: {estimate.value:.1%}" for count, estimate in each.by_clips)
            say(f"top-1 by the number of clips, {each.about.model}: {said}")
        for path, problem in each.broken[:10]:
            say(f"unreadable: {path}: {problem}")
    if few := trust(min(each.metrics.groups for each in found)):
        say(few)


def flow_of(evaluation: "Evaluation") -> str:
    """What the flow of all clips of a video takes, in words; empty without flow."""
    seconds = evaluation.about.flow_seconds * evaluation.about.views[0]
    return f" + {seconds:.2g} s of flow" if seconds else ""


def share_of(estimate: "Estimate | None") -> str:
    """A measure with its interval, in per cent; a dash where there is none."""
    return "-" if estimate is None else share(estimate)
