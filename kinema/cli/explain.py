"""`kinema explain`."""

from dataclasses import asdict
from functools import partial
from itertools import product
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.machine import Accelerator, Workers
from kinema.cli.output import command, print_json, say, say_aside, spare
from kinema.errors import KinemaError, ModelError, VideoError, counted, nearest

if TYPE_CHECKING:
    from kinema.explain.video import Explain
    from kinema.inference.recognizer import Recognizer

app = typer.Typer(no_args_is_help=True, help="Why a network answers as it does: where it looks, and what it knows.")
SOURCE = Annotated[str, typer.Argument(help="folder of a run, a checkpoint's id, or a file of weights")]
VIDEOS = Annotated[list[str], typer.Argument(help="video files, or folders of frames")]
OUT = Annotated[str, typer.Option("--out", "-o", help="folder, or for one video a file: .mp4, .gif or .webp")]
DEVICE = Annotated[str | None, typer.Option(help="cpu, cuda or mps \\[default: the best there is]")]
JSON = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.callback()
def main() -> None:
    """Why a network answers as it does: where it looks, and what it knows."""


@app.command()
@command
def cam(
    source: SOURCE,
    videos: VIDEOS,
    label: Annotated[
        str | None, typer.Option(help="the class to look for \\[default: of each clip the best one]")
    ] = None,
    method: Annotated[str, typer.Option(help="hirescam: values weighted by their own gradient; grad-cam: by their "
                                             "channel's mean. On the last map of most networks both are one")
    ] = "hirescam",
    layer: Annotated[
        str | None, typer.Option(help="a layer of the backbone, such as stages.3 \\[default: the last that is fine]")
    ] = None,
    places: Annotated[int, typer.Option(min=1, help="rows and columns that a feature map has at least")] = 7,
    out: OUT = "explained",
    device: DEVICE = None,
    as_json: JSON = False,
) -> None:
    """Show over videos where the score of a class comes from (Grad-CAM over space and time).

    The last feature map that is fine enough is looked at, before any pooling: --places and --layer choose another.

    Examples:

      kinema explain cam runs/first match.mp4 other.avi

      kinema explain cam runs/first match.mp4 --label goal --out goal.mp4

      kinema explain cam pytorchvideo/x3d-m-16x5-kinetics400 match.mp4 --layer stages.3
    """
    from kinema import Recognizer
    from kinema.explain.cam import WEIGHTS, grad_cam
    from kinema.models.options import choose

    choose("method", method, WEIGHTS)
    recognizer = Recognizer(source, device=device)
    number = None if label is None else number_of(label, recognizer.labels)
    explain = partial(grad_cam, classes=number, weigh=WEIGHTS[method], layer=layer, places=places)
    films(recognizer, explain, {"hirescam": "Grad-CAM by place", "grad-cam": "Grad-CAM"}[method], videos, out, as_json)


@app.command()
@command
def rollout(
    source: SOURCE, videos: VIDEOS, out: OUT = "explained", device: DEVICE = None, as_json: JSON = False
) -> None:
    """Show over videos which patches a transformer's answer is made of (attention roll-out).

    No class is asked about. CNNs, and transformers too, are explained class by class by `kinema explain cam`.

    Examples:

      kinema explain rollout runs/vit match.mp4

      kinema explain rollout timesformer.safetensors match.mp4 --out match-rollout.mp4
    """
    from kinema import Recognizer
    from kinema.explain.rollout import check, rollout

    recognizer = Recognizer(source, device=device)
    check(recognizer.network)
    films(recognizer, rollout, "Attention roll-out", videos, out, as_json)


@app.command()
@command
def filters(
    source: SOURCE,
    out: Annotated[str, typer.Option("--out", "-o", help="filters.gif, .webp or .mp4")] = "filters.gif",
    as_json: JSON = False,
) -> None:
    """Draw what the first layer looks for: its filters over time, as an animation.

    Examples:

      kinema explain filters runs/c3d --out c3d.gif

      kinema explain filters pytorchvideo/slow-r50-8x8-kinetics400 --out filters.mp4
    """
    from kinema import Recognizer
    from kinema.explain.filters import write_filters

    layer = write_filters(Recognizer(source, device="cpu").network, Path(out))
    count, _, frames, height, width = layer.weights_KCTHW.shape
    if as_json:
        print_json({"file": out, "layer": layer.name, "filters": count, "frames": frames, "size": [height, width]})
        return
    say(f"{out}: {count} filters of {frames} x {height} x {width}, {layer.name}")
    if frames == 1:
        say_aside("This layer sees each frame alone, so nothing moves.")


@app.command()
@command
def features(
    source: SOURCE,
    data: Annotated[
        str | None, typer.Option(help="a folder, csv or official list of clips \\[default: the run's test side]")
    ] = None,
    format: Annotated[str | None, typer.Option(help="format of --data; recognised where not given")] = None,
    root: Annotated[str | None, typer.Option(help="folder that the paths in --data are relative to")] = None,
    split: Annotated[str | None, typer.Option(help="side of the run; with --data: fold=0, split=val")] = None,
    method: Annotated[str, typer.Option(help="tsne or umap")] = "tsne",
    clips: Annotated[int, typer.Option(min=5, help="at most so many clips, drawn at random")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="seed of the picture and of the clips drawn")] = 0,
    out: Annotated[
        str, typer.Option("--out", "-o", help="features.png, .pdf or .svg; the places go beside it as .csv")
    ] = "features.png",
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    as_json: JSON = False,
) -> None:
    """Lay clips out on a plane by what the classifier sees of them (t-SNE or UMAP): like clips lie together.

    Examples:

      kinema explain features runs/first

      kinema explain features runs/first --split validation --method umap --out umap.svg

      kinema explain features pytorchvideo/x3d-m-16x5-kinetics400 --data clips/
    """
    from kinema.explain.picture import Clips, picture_features
    from kinema.machine import Machine

    chosen = Clips(data, format, root, split, clips, seed)
    facts = picture_features(source, chosen, Path(out), method, Machine(accelerator=accelerator, workers=workers))
    if as_json:
        print_json(facts)
        return
    share = facts["neighbours_agree"]
    known = "" if share is None else f"; the nearest neighbour is of the same class for {share:.1%}"
    say(f"{facts['file']}: {counted(facts['clips'], 'clip')}{known}")


def number_of(label: str, labels: tuple[str, ...]) -> int:
    """Where a class stands among the labels; case and spaces do not count."""
    from kinema.data.labels import label_key

    found = [number for number, name in enumerate(labels) if label_key(name) == label_key(label)]
    if not found:
        raise ModelError(f"The network knows no class {label!r}.{nearest(label, labels)}")
    return found[0]


def films(
    recognizer: "Recognizer", explain: "Explain", method: str, videos: list[str], out: str, as_json: bool
) -> None:
    """Write one explained video for each; those that cannot be read are named, and the others written."""
    from kinema.explain.film import ENDINGS, check_ending
    from kinema.explain.video import Film

    a_file = Path(out).suffix.lower() in ENDINGS or str(guess_type(out)[0]).startswith(("video/", "image/"))
    if whole := a_file and not Path(out).is_dir():
        check_ending(Path(out))
    if whole and len(videos) > 1:
        raise KinemaError(f"{len(videos)} videos do not go into the one file {out}; name a folder.")
    facts: list[dict[str, Any]] = []
    word = "cam" if "CAM" in method else "rollout"
    targets = [Path(out) if whole else Path(out) / f"{Path(path).stem}-{word}.mp4" for path in videos]
    for path, target in product(videos, targets):
        spare(str(target), path)
    twice = next((target for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        raise KinemaError(f"Two of the videos would both become {twice}; write them into folders of their own.")
    for path, target in zip(videos, targets, strict=True):
        try:
            found = Film(recognizer, explain, method).write(path, target)
        except VideoError as error:
            facts.append({"video": path, "error": str(error)})
        else:
            facts.append({"video": path, "file": str(target), "parts": [asdict(one) for one in found]})
        if not as_json:
            say(told(facts[-1]))
    if as_json:
        print_json(facts)
    if any("error" in each for each in facts):
        raise typer.Exit(1)


def told(fact: dict[str, Any]) -> str:
    """One video's line."""
    if "error" in fact:
        return f"{fact['video']}\tunreadable: {fact['error']}"
    labels = [f"{part['label']} {part['score']:.1%}" for part in fact["parts"][:3]]
    more = f" and {counted(len(fact['parts']) - 3, 'more part')}" if len(fact["parts"]) > 3 else ""
    return f"{fact['file']}\t{', '.join(labels)}{more} ({', '.join(fact['parts'][0]['layers'])})"
