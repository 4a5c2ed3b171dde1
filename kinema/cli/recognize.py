"""`kinema recognize` and `kinema features`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.output import command, print_json, say, say_aside
from kinema.errors import KinemaError, VideoError
from kinema.progress import Progress

if TYPE_CHECKING:
    from kinema.inference.recognizer import Recognizer, Result
    from kinema.inference.source import Source

RUN = Annotated[str, typer.Argument(help="folder of a run")]
VIDEOS = Annotated[list[str], typer.Argument(help="video files, or folders of frames")]
ACCELERATOR = Annotated[str | None, typer.Option(help="cpu, cuda or mps \\[default: the best there is]")]
LABELS = Annotated[
    str | None, typer.Option(help="a,b,c: labels that nobody trained for, told by an encoder of text and pictures")
]


@command
def recognize(
    videos: Annotated[list[str], typer.Argument(help="folder of a run first, if there is one; then files or folders")],
    weights: Annotated[str | None, typer.Option(help="in place of a run: a checkpoint's id, or a file")] = None,
    labels: LABELS = None,
    top: Annotated[int, typer.Option(min=1, help="how many labels to show")] = 5,
    windows: Annotated[bool, typer.Option("--windows", help="show each window of a long video")] = False,
    device: ACCELERATOR = None,
    engine: Annotated[
        str, typer.Option(help="what computes: torch, compile, openvino, onnx; auto: the quickest here")
    ] = "torch",
    precision: Annotated[str, typer.Option(help="fp32; quicker and less exact: bf16, or int8 of a run")] = "fp32",
    decode_on: Annotated[
        str | None, typer.Option(help="cuda: decode on the GPU, through torchcodec \\[default: the CPU]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say what is happening in videos. A video that cannot be read is named; the others are recognised all the same.

    Examples:

      kinema recognize runs/first match.mp4 other.avi

      kinema recognize runs/first match.mp4 --windows --json

      kinema recognize runs/first matches/*.mp4 --engine auto --precision bf16

      kinema recognize runs/first matches/*.mp4 --engine openvino --precision int8

      kinema recognize match.mp4

      kinema recognize --weights pytorchvideo/slowfast-r50-8x8-kinetics400 match.mp4

      kinema recognize --labels "juggling,riding a bike,opening a door" match.mp4
    """
    from kinema import Recognizer, open_video

    if labels is not None or (weights or "").startswith("transformers:"):
        from kinema.inference.text import DEFAULT, zero_shot

        source: Source = zero_shot(weights or DEFAULT, label_list(labels or ""))
    else:
        source, videos = network_and_videos(weights, videos)
    recognizer = Recognizer(source, device=device, engine=engine, precision=precision)
    tell_engine(recognizer, engine, precision)
    facts: list[dict[str, Any]] = []
    lines_tell = sys.stdout.isatty() and not as_json
    results = sys.stdout  # the bar takes what is printed for its own
    with Progress("recognising", len(videos), quiet=lines_tell or len(videos) == 1) as bar:
        for path in videos:
            try:
                with open_video(path, device=decode_on) as video:
                    result = recognizer(video)
            except VideoError as error:
                facts.append({"video": path, "error": str(error)})
                lines = [f"{path}\tunreadable: {error}"]
            else:
                facts.append(fact(path, result, top, windows))
                lines = list(words(path, result, recognizer.labels, top, windows))
            if not as_json:
                print(*lines, sep="\n", file=results, flush=True)
            bar.advance()
    if as_json:
        print_json(facts)
    if any("error" in each for each in facts):
        raise typer.Exit(1)


def label_list(labels: str | None) -> tuple[str, ...]:
    """The labels of a text a,b,c; KinemaError where it holds none, or one twice."""
    from kinema.data.labels import check_distinct

    names = tuple(name.strip() for name in (labels or "").split(",") if name.strip())
    check_distinct(names)
    if labels is not None and not names:
        raise KinemaError("An encoder of text has no labels of its own; give some, as --labels \"juggling,a fall\".")
    return names


def tell_engine(recognizer: "Recognizer", asked: str, precision: str) -> None:
    """Say which engine was chosen, and how far an inexact one agrees."""
    if asked == "auto" and recognizer.engine.milliseconds:
        took = ", ".join(f"{name} {milliseconds:.3g}" for name, milliseconds in recognizer.engine.milliseconds.items())
        say_aside(f"The engine is {recognizer.engine.name} (milliseconds a clip: {took}).")
    if recognizer.agreement is not None:
        say_aside(f"{recognizer.engine.name} in {precision}: {recognizer.agreement}.")
    elif precision != "fp32":
        say_aside(f"How far {precision} agrees with fp32 is not known: there are no validation clips.")


def network_and_videos(weights: str | None, arguments: list[str]) -> tuple[str, list[str]]:
    """What recognises, and the videos: a run's folder first of all, or else `weights`, or else the usual network."""
    if weights is not None:
        return weights, arguments
    first, *rest = arguments
    if (Path(first) / "run.json").is_file() or (rest and not Path(first).suffix and not Path(first).is_file()):
        if not rest:
            raise KinemaError(f"{first} is a run; name the videos after it.")
        return first, rest
    from kinema.weights.pretrained import DEFAULT

    say_aside(f"No run is named, so this is what {DEFAULT} sees (400 kinds of actions; --weights names another).")
    return DEFAULT, arguments


def fact(path: str, result: "Result", top: int, windows: bool) -> dict[str, Any]:
    """One video's labels as plain values."""
    parts = [
        {"start_seconds": start, "end_seconds": end, "scores": [float(score) for score in scores]}
        for start, end, scores in result.windows
    ]
    best = [{"label": label, "score": score} for label, score in result.top[:top]]
    return {"video": path, "unknown": result.unknown, "top": best, "windows": parts if windows else []}


def words(path: str, result: "Result", labels: tuple[str, ...], top: int, windows: bool) -> Iterator[str]:
    """One video's labels, best first, in lines."""
    best = ", ".join(f"{label} {score:.1%}" for label, score in result.top[:top])
    yield f"{path}\t{'unknown, perhaps ' if result.unknown else ''}{best}"
    if windows:
        for start, end, scores in result.windows:
            k = int(scores.argmax())
            yield f"  {start:8.2f} to {end:8.2f} s\t{labels[k]} {float(scores[k]):.1%}"


@command
def features(
    run: RUN,
    videos: VIDEOS,
    out: Annotated[str, typer.Option("--out", "-o", help="features.npz or features.parquet")] = "features.npz",
    device: ACCELERATOR = None,
) -> None:
    """Write each window's times and feature vector (what the classifier sees) of videos.

    Examples:

      kinema features runs/first match.mp4 other.avi --out features.npz

      kinema features runs/first videos/*.mp4 --out features.parquet
    """
    from kinema.inference.features import features as write_features

    missing = [path for path in videos if not Path(path).exists()]
    if missing:
        raise KinemaError(f"There is no {missing[0]}.")
    found = write_features(run, videos, out, device=device)
    say(f"Wrote {found}")
