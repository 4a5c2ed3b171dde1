"""`kinema recognize` and `kinema features`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kinema.cli.output import command, print_json, say
from kinema.errors import KinemaError, VideoError

RUN = Annotated[str, typer.Argument(help="folder of a run")]
VIDEOS = Annotated[list[str], typer.Argument(help="video files, or folders of frames")]
ACCELERATOR = Annotated[str | None, typer.Option(help="cpu, cuda or mps [default: the best there is]")]


@command
def recognize(
    run: RUN,
    videos: VIDEOS,
    top: Annotated[int, typer.Option(min=1, help="how many labels to show")] = 5,
    windows: Annotated[bool, typer.Option("--windows", help="show each window of a long video")] = False,
    device: ACCELERATOR = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say what is happening in videos. A video that cannot be read is named; the others are recognised all the same.

    Examples:

      kinema recognize runs/first match.mp4 other.avi

      kinema recognize runs/first match.mp4 --windows --json
    """
    from kinema import Recognizer

    recognizer = Recognizer(run, device=device)
    facts: list[dict[str, Any]] = []
    failed = 0
    for path in videos:
        try:
            result = recognizer(path)
        except VideoError as error:
            failed += 1
            facts.append({"video": path, "error": str(error)})
            if not as_json:
                say(f"{path}\tunreadable: {error}")
            continue
        facts.append(
            {
                "video": path,
                "unknown": result.unknown,
                "top": [{"label": label, "score": score} for label, score in result.top[:top]],
                "windows": [
                    {"start_seconds": start, "end_seconds": end, "scores": [float(score) for score in scores]}
                    for start, end, scores in result.windows
                ]
                if windows
                else [],
            }
        )
        if not as_json:
            show(path, result, recognizer.labels, top, windows)
    if as_json:
        print_json(facts)
    if failed:
        raise typer.Exit(1)


def show(path: str, result: object, labels: tuple[str, ...], top: int, windows: bool) -> None:
    """Print one video's labels, best first."""
    unknown = "unknown, perhaps " if result.unknown else ""  # type: ignore[attr-defined]
    words = ", ".join(f"{label} {score:.1%}" for label, score in result.top[:top])  # type: ignore[attr-defined]
    say(f"{path}\t{unknown}{words}")
    if windows:
        for start, end, scores in result.windows:  # type: ignore[attr-defined]
            best = int(scores.argmax())
            say(f"  {start:8.2f} to {end:8.2f} s\t{labels[best]} {float(scores[best]):.1%}")


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
