"""`kinema probe`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.evaluate import share_of
from kinema.cli.machine import Accelerator, Workers
from kinema.cli.output import command, print_json, say, table

if TYPE_CHECKING:
    from kinema.training.probe import Probed


@command
def probe(
    source: Annotated[str, typer.Argument(help="a run's folder, a file of weights, or a checkpoint's id")],
    data: Annotated[str, typer.Argument(help="folder with a class per sub-folder, csv or official list")],
    kind: Annotated[list[str] | None, typer.Option(help="linear, attentive or knn; may be given several times")] = None,
    split: Annotated[
        str | None, typer.Option(help="fold=0 (that fold is the test side), split=val; else the data's own, or fold=0")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="FILE.safetensors: the network, a linear probe its classifier")
    ] = None,
    format: Annotated[str | None, typer.Option(help="format of the data; recognised where not given")] = None,
    root: Annotated[str | None, typer.Option(help="folder that the list's paths are relative to")] = None,
    views: Annotated[int, typer.Option(min=1, help="clips in time of each video")] = 1,
    crops: Annotated[int, typer.Option(help="crops of each clip: 1, 2 (mirrored too), 3, 5 or 10")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="the seed of the split and of an attentive probe")] = 0,
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Measure how much of a data set a trained network already sees, by small classifiers on its features.

    The features are computed once and kept; asking again, or for another kind, takes seconds.

    Examples:

      kinema probe runs/first other_clips/

      kinema probe pytorchvideo/slow-8x8-r50-kinetics400 clips/ --kind linear --kind knn --kind attentive --json

      kinema probe runs/first clips/ --split fold=0 --out probe.safetensors
    """
    from kinema.data.clips import check_root, read_table
    from kinema.errors import KinemaError
    from kinema.machine import Machine
    from kinema.runs import trained_network
    from kinema.training.probe import probe as fit
    from kinema.weights import save_network

    kinds = kind or ["linear"]
    if out and kinds != ["linear"]:
        raise KinemaError("--out keeps a linear probe, which can be a network's classifier; give --kind linear alone.")
    check_root(root)
    clips = read_table(data, format=format, root=root)
    machine = Machine(accelerator=accelerator, workers=workers)
    network = trained_network(source).to(machine.device())
    found = [fit(network, clips, one, split, seed, (views, crops), machine) for one in kinds]
    if out and found[0].network is not None:
        save_network(found[0].network, out)
    if as_json:
        facts = [fact(source, each) for each in found]
        print_json(facts[0] if len(facts) == 1 else facts)
        return
    rows = [(each.kind, f"{each.number} {each.chosen:g}", str(each.trained), str(len(each.predictions)),
             share_of(each.metrics.top1), share_of(each.metrics.mean_class), str(len(each.broken))) for each in found]
    table("Probes", ("kind", "chosen", "trained on", "clips", "top-1", "mean class", "unreadable"), rows)
    for path, problem in found[0].broken[:10]:
        say(f"unreadable: {path}: {problem}")
    if out:
        say(f"Wrote {out}")


def fact(source: str, found: "Probed") -> dict[str, Any]:
    """A probe as plain values."""
    return {"source": source, "kind": found.kind, found.number: found.chosen, "trained": found.trained,
            **found.metrics.to_dict(), "broken": [{"path": path, "problem": problem} for path, problem in found.broken]}
