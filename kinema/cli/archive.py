"""`kinema archive`: many videos indexed, and searched."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinema.cli.output import command, print_json, say, say_aside, table
from kinema.cli.recognize import ACCELERATOR, LABELS, label_list, network_and_videos
from kinema.errors import KinemaError, counted, some
from kinema.progress import one_line

if TYPE_CHECKING:
    from kinema.archive.search import Moment

app = typer.Typer(no_args_is_help=True, help="Many videos: index them once, then find moments in no time.")

INDEX = "index"  # where an index is, when nothing is said
MOST_TOLD = 20  # failures of an index
LIMIT = Annotated[int, typer.Option(min=1, help="how many moments to show")]
APART = Annotated[
    bool, typer.Option("--apart/--every", help="leave out windows that overlap a better one, or show every one")
]
AS_JSON = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command()
@command
def index(
    places: Annotated[
        list[str],
        typer.Argument(help="folder of a run first, if there is one; then folders, lists (.txt, .csv) or addresses"),
    ],
    out: Annotated[
        str, typer.Option("--out", "-o", help="folder of the index, or an address such as s3://b/index")
    ] = INDEX,
    weights: Annotated[
        str | None, typer.Option(help="in place of a run: a checkpoint's id, a file, or transformers:ENCODER")
    ] = None,
    labels: LABELS = None,
    top: Annotated[int, typer.Option(min=0, help="labels kept of each window; 0: all")] = 5,
    floor: Annotated[float, typer.Option(min=0, max=1, help="least score of a label that is kept")] = 0.01,
    embeddings: Annotated[
        bool, typer.Option("--embeddings", help="keep each window's features too, for `kinema archive like`")
    ] = False,
    window: Annotated[
        float | None, typer.Option(min=0.04, help="seconds of a window \\[default: of a training clip]")
    ] = None,
    views: Annotated[int, typer.Option(min=1, help="clips in time drawn from each window and averaged")] = 1,
    engine: Annotated[str, typer.Option(help="what computes: torch, compile, openvino, onnx or auto")] = "torch",
    precision: Annotated[str, typer.Option(help="fp32; quicker and less exact: bf16, or int8 of a run")] = "fp32",
    device: ACCELERATOR = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="at a time \\[default: one a processor; one on a GPU]")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(help="address of a Ray cluster, or local; pip install 'kinema\\[ray]'")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="try videos again that failed before")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="drop videos of the index that are there no more")] = False,
    stall_seconds: Annotated[
        float, typer.Option(min=1, help="without a further window, after which a video is given up")
    ] = 600,
    max_seconds: Annotated[float, typer.Option(min=1, help="of a video; a longer one is a failure")] = 86_400,
    as_json: AS_JSON = False,
) -> None:
    """Write what happens in each window of many videos. Run again, it goes on: with what is new, or has changed.

    Exit code 0: some of these videos are in the index, though others may have failed; 1: none is.

    Examples:

      kinema archive index runs/first footage/ --out index/

      kinema archive index runs/first footage/ --out index/ --embeddings --engine auto

      kinema archive index runs/first videos.txt --out s3://bucket/index --ray auto

      kinema archive index footage/ --out index/ --top 0 --floor 0

      kinema archive index --weights transformers:openai/clip-vit-base-patch32 footage/ --out index/ --embeddings
    """
    from kinema.archive.found import Kept, Opener, Patience
    from kinema.archive.index import Workers
    from kinema.archive.index import index as write_index
    from kinema.archive.videos import videos_of
    from kinema.inference.text import DEFAULT

    source, places = network_and_videos(DEFAULT if weights is None and labels is not None else weights, places)
    opener = Opener(absolute(source), device, views, window, engine, precision, label_list(labels))
    workers = Workers(processes, ray, Patience(stall_seconds, max_seconds))
    done = write_index(videos_of(places), out, opener, Kept(top, floor, embeddings), workers, retry, prune)
    out = out.rstrip("/") or out
    if as_json:
        print_json({"out": out, "videos": done.videos, "failures": done.failures, "looked_at": done.looked_at,
                    "failed": done.failed, "changed": done.changed, "removed": done.removed})
    else:
        say(f"{out}: {counted(done.videos, 'video')} indexed, {done.failures} failed; {done.looked_at} looked at now"
            + (f", {len(done.changed)} of them because they have changed." if done.changed else "."))
    tell(f"{counted(done.failures, 'video')} could not be indexed (--retry tries again; {out}/failures has all):",
         [f"{video}: {reason}" for video, reason in done.failed.items()])
    tell(f"No longer there: {counted(len(done.removed), 'video')} of the index, "
         + ("dropped from it:" if prune else "still in it (--prune drops them):"), done.removed)
    if not done.asked:
        raise typer.Exit(1)


def tell(title: str, lines: Sequence[str]) -> None:
    """Say the first of some lines aside, under a title, and how many more there are; nothing where there is none."""
    if lines:
        more = [f"... and {len(lines) - MOST_TOLD} more"] if len(lines) > MOST_TOLD else []
        say_aside("\n".join([title, *(f"  {one_line(line)}" for line in lines[:MOST_TOLD]), *more]))


def absolute(source: str) -> str:
    """A run, a file or an encoder's folder by its absolute path, so that it is found from anywhere; an id as it is."""
    from kinema.inference.text import PREFIX

    path = source.removeprefix(PREFIX)
    return source.removesuffix(path) + os.path.abspath(path) if Path(path).exists() else source


@app.command()
@command
def search(
    place: Annotated[
        str | None, typer.Argument(metavar="[INDEX]", help=f"folder or address of an index [default: {INDEX}]")
    ] = None,
    label: Annotated[str | None, typer.Argument(metavar="LABEL", help="a label of the network")] = None,
    min_score: Annotated[float, typer.Option(min=0, max=1, help="least score")] = 0.5,
    limit: LIMIT = 20,
    apart: APART = False,
    as_json: AS_JSON = False,
) -> None:
    """Find the moments with a label, the best first.

    Examples:

      kinema archive search index/ "open door" --min-score .8

      kinema archive search s3://bucket/index "open door" --limit 1000 --apart --json
    """
    from kinema.archive.search import Archive

    if label is None and (place is None or is_index(place)):
        where = place or INDEX
        raise KinemaError(f'Give a label: kinema archive search {where} "LABEL". {labels_of(where)}'.rstrip())
    place, label = (place, label) if label is not None else (INDEX, place)
    with Archive(str(place)) as archive:
        found = archive.search(str(label), min_score, limit, apart)
        least = archive.facts.floor
    show(found, as_json)
    if not found:
        say_aside(f"No window of {label!r} has a score of {min_score:g} or more; the index keeps those from {least:g}.")


@app.command()
@command
def like(
    place: Annotated[
        str | None, typer.Argument(metavar="[INDEX]", help=f"folder or address of an index [default: {INDEX}]")
    ] = None,
    video: Annotated[
        str | None, typer.Argument(metavar="[CLIP]", help="a video file, or a folder of frames")
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="in place of a clip: a sentence, where an encoder of text wrote the index")
    ] = None,
    limit: LIMIT = 20,
    apart: APART = True,
    device: ACCELERATOR = None,
    as_json: AS_JSON = False,
) -> None:
    """Find the moments that look most like a clip, or fit a sentence, in an index that has embeddings.

    Examples:

      kinema archive like index/ goal.mp4

      kinema archive like index/ goal.mp4 --limit 100 --json

      kinema archive like index/ --text "a person opens a door"
    """
    from kinema.archive.like import embedding_of, embedding_of_sentence, network_of
    from kinema.archive.search import Archive

    if text is None and video is None and not (place and is_index(place)):
        place, video = INDEX, place
    if video is None and text is None:
        raise KinemaError(f"Give either a clip (kinema archive like {place or INDEX} CLIP) or --text with a sentence.")
    if video is not None and text is not None:
        raise KinemaError("Give either a clip or --text with a sentence, not both.")
    if video is not None and not Path(video).exists():
        raise KinemaError(f"There is no {video}.")
    with Archive(place or INDEX) as archive:
        network = network_of(archive, device)
        wanted = embedding_of_sentence(network, text) if text is not None else embedding_of(network, str(video))
        show(archive.like(wanted, limit, apart), as_json)


def is_index(place: str) -> bool:
    """Whether an index is at a place."""
    from kinema.archive.facts import FILE
    from kinema.archive.store import Store

    return Store(place).exists(FILE)


def labels_of(place: str) -> str:
    """Some labels of an index, in words; none where there is no index."""
    from kinema.archive.facts import read_facts
    from kinema.archive.store import Store

    labels = read_facts(Store(place)).labels if is_index(place) else ()
    return f"Its labels: {some(labels)}." if labels else ""


def show(found: "list[Moment]", as_json: bool) -> None:
    """Print moments."""
    if as_json:
        print_json([moment.to_dict() for moment in found])
        return
    table("Moments", ("video", "start", "end", "score"),
          [(one.video, f"{one.start_seconds:.2f}", f"{one.end_seconds:.2f}", f"{one.score:.4f}") for one in found])
