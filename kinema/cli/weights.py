"""`kinema weights`: official checkpoints, and files of weights."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.output import command, fail, print_json, say, say_aside, table
from kinema.errors import counted

if TYPE_CHECKING:
    from kinema.weights.catalogue import Checkpoint

app = typer.Typer(no_args_is_help=True, help="Official checkpoints, and files of weights.")

SOURCE = Annotated[str, typer.Argument(help="a checkpoint's id, or a file of weights")]
OPTION = Annotated[list[str] | None, typer.Option("--option", help="what the weights do not show, such as tp=false")]
MODEL = Annotated[str | None, typer.Option("--model", "-m", help="the network's name, where weights do not show it")]
LABELS = Annotated[str | None, typer.Option(help="a list of the classes, a line each or json")]


@app.command("list")
@command
def list_(
    pattern: Annotated[str, typer.Argument(help="ids, networks or data sets that match, such as 'x3d*'")] = "*",
    everything: Annotated[bool, typer.Option("--all", help="those that cannot be loaded too, with the reason")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List official checkpoints: id, network, data set, clip, accuracy as reported, licence.

    Examples:

      kinema weights list "*x3d*"

      kinema weights list kinetics600

      kinema weights list --all --json
    """
    from kinema.weights.catalogue import LOADABLE, checkpoints

    rows = [row for row in checkpoints(pattern) if everything or row.status == LOADABLE]
    if not rows:
        fail(f"No checkpoint matches {pattern!r}; `kinema weights list --all` lists every one.")
    if as_json:
        print_json([{**vars(row)} for row in rows])
        return
    columns = "id", "network", "data set", "clip", "accuracy (%)", "file", "licence"
    table("Checkpoints", columns, [line(row) for row in rows])


def line(row: "Checkpoint") -> tuple[str, ...]:
    """A checkpoint as a row of the list."""
    clip = row.spec.sides if row.clip else ""
    reported = "" if row.accuracy is None else f"{row.accuracy:.1f} {row.metric}" + f" ({row.views})" * bool(row.views)
    size = ("" if row.size is None else f"{row.size / 1e6:.0f} MB ") + (f"{row.hash[:8]}" if row.hash else "")
    licence = "non-commercial: " * row.non_commercial + row.licence
    return row.id, row.model or f"{row.status}: {row.reason}", row.dataset, clip, reported, size, licence


@app.command()
@command
def get(
    ids: Annotated[list[str], typer.Argument(help="ids; `kinema weights list` shows them")],
) -> None:
    """Fetch checkpoints into the cache and print where they are. KINEMA_OFFLINE=1 forbids to fetch.

    What is in the cache already is checked once more, and fetched anew where its hash is not the published one.

    Examples:

      kinema weights get pytorchvideo/x3d-m-16x5-kinetics400
    """
    from kinema.weights.catalogue import find_checkpoint
    from kinema.weights.pretrained import get as fetch

    for row in [find_checkpoint(id_) for id_ in ids]:
        if row.non_commercial:
            say_aside(f"{row.id}: {row.licence}; not for commercial use.")
        say(str(fetch(row, recheck=True)))


@app.command()
@command
def identify(
    file: Annotated[str, typer.Argument(help="a file of weights")],
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say which networks a file of weights may be of, and what its names do not show.

    Examples:

      kinema weights identify download.pth.tar
    """
    from kinema import identify as candidates

    found = candidates(file)
    if as_json:
        print_json([{"model": one.model, "options": dict(one.options), "open": list(one.open)} for one in found])
    elif not found:
        fail(f"{file} is of no network that is known here.")
    else:
        table("Candidates", ("network", "options", "not shown"), [
            (one.model, " ".join(f"{key}={value}" for key, value in one.options.items()), " ".join(one.open))
            for one in found])


@app.command()
@command
def convert(
    source: SOURCE,
    out: Annotated[str, typer.Option("--out", "-o", help="the file to write, .safetensors")],
    model: MODEL = None,
    option: OPTION = None,
    labels: LABELS = None,
) -> None:
    """Write a checkpoint as safetensors that say what they are: network, options, clip and labels.

    Examples:

      kinema weights convert pytorchvideo/x3d-m-16x5-kinetics400 --out x3d_m.safetensors

      kinema weights convert tam.pth.tar --option tp=false --labels labels.txt --out tam.safetensors
    """
    from kinema.weights import save_network
    from kinema.weights.save import described, training_of

    network = opened(source, model, option, labels)
    say(f"Wrote {save_network(network, out, training_of(described(source) or {}))}: {network.name}, "
        f"{counted(network.classes, 'class')}; {network.clip.words}")


@app.command()
@command
def adopt(
    source: SOURCE,
    out: Annotated[str, typer.Option("--out", "-o", help="the run's folder to make")],
    model: MODEL = None,
    option: OPTION = None,
    labels: LABELS = None,
    multi_label: Annotated[
        bool | None,
        typer.Option("--multi-label/--one-label", help="may a clip have several labels? Of a file say it, if so"),
    ] = None,
) -> None:
    """Make a run's folder of a checkpoint, for every command that takes a run; it has no clips of its own.

    Examples:

      kinema weights adopt mmaction2/tsm-resnet50-8-kinetics400-3 --out runs/tsm

      kinema evaluate runs/tsm --data kinetics400_val.txt --protocol kinetics
    """
    from kinema.weights.adopt import adopt as made

    if (Path(source) / "run.json").is_file():
        fail(f"{source} is a run already; every command that takes a run takes it.")
    run = made(opened(source, model, option, labels), out, source, multi_label)
    say(f"Made {run.path}: {run.recipe.model}, {counted(len(run.labels), 'class')}; {run.clip.words}, "
        f"of {run.clip_seconds:g} s")


@app.command()
@command
def export(
    source: SOURCE,
    to: Annotated[str, typer.Option("--to", help="whose names the weights get: pytorchvideo, mmaction2, ...")],
    out: Annotated[str, typer.Option("--out", "-o", help="the file to write, .pth or .safetensors")],
    model: MODEL = None,
    option: OPTION = None,
) -> None:
    """Write a network's weights under the names of another library, where the names go one to one.

    Examples:

      kinema weights export x3d_m.safetensors --to pytorchvideo --out x3d_m.pth
    """
    from kinema.weights.export import export_weights

    say(f"Wrote {export_weights(opened(source, model, option), to, out)}")


def opened(source: str, model: str | None, option: list[str] | None, labels: str | None = None) -> Any:
    """The network of a checkpoint's id, a run or a file."""
    from kinema.cli.recipe import parse_option
    from kinema.data.formats.label_lists import read_labels
    from kinema.runs import Run
    from kinema.weights import open_network

    if (Path(source) / "run.json").is_file():
        if model or option or labels:
            fail(f"{source} is a run, which says itself what its network is; leave --model, --option and --labels out.")
        return Run.open(source).model()
    options: dict[str, Any] = dict(parse_option(text) for text in option or [])
    if labels:
        options["classes"] = read_labels(Path(labels))
    return open_network(source, **({"model": model} if model else {}), **options)
