"""`kinema compare` and `kinema temporal`."""

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from kinema.cli.judged import Data, Format, Root, Split
from kinema.cli.machine import Accelerator, Workers
from kinema.cli.output import command, fail, print_json, say, table

if TYPE_CHECKING:
    from kinema.evaluation.intervals import Estimate
    from kinema.evaluation.result import Evaluation


@command
def compare(
    one: Annotated[str, typer.Argument(help="a run, or the .json of one of its evaluations")],
    other: Annotated[str, typer.Argument(help="another one")],
    name: Annotated[str, typer.Option(help="which evaluation of the runs")] = "test",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say whether one result is better than another or only luckier, and in what else the two differ.

    The difference is paired, with a 95 % interval by resampling sources, where both were judged on the same clips.

    Examples:

      kinema compare runs/tam runs/tsn

      kinema compare runs/tam runs/tsn --name test-10x3 --json
    """
    from kinema.evaluation.compare import difference
    from kinema.evaluation.differing import differing
    from kinema.evaluation.intervals import trust

    found = [opened(path, name) for path in (one, other)]
    gap, apart = difference(found[0].predictions, found[1].predictions), differing(*found)
    if as_json:
        print_json({
            "top1": [each.top1 for each in found], "difference": gap.estimate.value,
            "interval": gap.estimate.to_list(), "paired": gap.paired, "sources": gap.sources,
            "differing": [{"kind": each.kind, "what": each.what, "values": [each.one, each.other]} for each in apart],
        })
        return
    table("Top-1", ("run", "model", "clips", "top-1"), [
        (str(each.about.run), each.about.model, str(each.n), share(each.metrics.top1)) for each in found])
    low, high = gap.estimate.low, gap.estimate.high
    verdict = "the first is better" if low > 0 else "the second is better" if high < 0 else "no difference is shown"
    paired = "on the same clips" if gap.paired else "on different clips"
    say(f"Difference, {paired}: {points(gap.estimate)}: {verdict}.")
    if few := trust(gap.sources):
        say(few)
    if apart:
        say("These differ too, so the networks may not be the reason:")
        for each in apart:
            say(f"  {each}")


@command
def temporal(
    run: Annotated[str, typer.Argument(help="a run's folder")],
    data: Data = None,
    format: Format = None,
    root: Root = None,
    split: Split = None,
    which: Annotated[str, typer.Option(help="weights: best or last")] = "best",
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Measure how much a trained network uses time: with frames shuffled, reversed, frozen, single, at other rates.

    Examples:

      kinema temporal runs/first

      kinema temporal runs/first --split validation --json

      kinema temporal runs/theirs --data clips/ --split fold=0
    """
    from kinema.evaluation.intervals import trust
    from kinema.evaluation.probes import temporal_probes
    from kinema.machine import Machine
    from kinema.runs import Run

    machine = Machine(accelerator=accelerator, workers=workers)
    found = temporal_probes(Run.open(run), split, which, machine, data, format, root)
    if as_json:
        print_json([{"frames": each.name, "top1": each.top1.value, "interval": each.top1.to_list(),
                     "gain": each.gain.estimate.value, "gain_interval": each.gain.estimate.to_list()}
                    for each in found])
        return
    table("Frames", ("frames", "top-1", "against as they are"), [
        (each.name, share(each.top1), points(each.gain.estimate)) for each in found])
    if few := trust(found[0].gain.sources):
        say(few)


def opened(path: str, name: str) -> "Evaluation":
    """An evaluation, given its .json or a run that has it."""
    from kinema.evaluation.result import Evaluation
    from kinema.runs import Run

    if path.endswith(".json"):
        return Evaluation.load(path)
    run = Run.open(path)
    folder = run.path / "evaluation"
    if not (folder / f"{name}.json").is_file():
        there = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none"
        clips = " --data CLIPS" if run.adopted else ""
        fail(f"{path} has no evaluation {name!r}; it has {there} (--name tells which). `kinema evaluate "
             f"{quote(path)}{clips}` writes one.")
    return Evaluation.load(folder / f"{name}.json")


def share(estimate: "Estimate") -> str:
    """A share in percent with its interval."""
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"


def points(estimate: "Estimate") -> str:
    """A difference in points of percent with its interval."""
    return f"{100 * estimate.value:+.1f} [{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}] points"
