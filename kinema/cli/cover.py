"""`kinema cover`."""

from pathlib import Path
from typing import Annotated

import typer

from kinema.cli.output import command, print_json, say


@command
def cover(
    video: Annotated[str, typer.Argument(help="a video file, or a folder of frames")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help=".webp, .gif or .mp4 \\[default: VIDEO-cover.webp, here]")
    ] = None,
    seconds: Annotated[float, typer.Option(help="how long it lasts, at most")] = 3.0,
    max_kb: Annotated[float, typer.Option(help="thousands of bytes that it may take")] = 500,
    run: Annotated[str | None, typer.Option(help="folder of a run, whose network tells what is worth seeing")] = None,
    label: Annotated[str | None, typer.Option(help="what is worth seeing, of that run's labels")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Make a moving cover of the seconds in which most happens: in motion, sharp, without a cut, and small enough.

    Examples:

      kinema cover match.mp4

      kinema cover match.mp4 --out cover.gif --seconds 2 --max-kb 300

      kinema cover match.mp4 --run runs/first --label "three-point shot"
    """
    from kinema.inference.cover.make import cover as make

    made = make(video, out or Path(f"{Path(video).stem}-cover.webp"), seconds, max_kb, run, label)
    chosen = made.choice
    if as_json:
        print_json({"cover": str(made.path), "video": video, "start_seconds": chosen.start_seconds,
                    "end_seconds": chosen.end_seconds, "bytes": made.size_bytes, "width": made.width,
                    "height": made.height, "fps": made.fps, "motion": chosen.motion, "clear": chosen.clear,
                    "label_score": chosen.label_score, "score": chosen.score})
        return
    what = f"{chosen.start_seconds:.1f} to {chosen.end_seconds:.1f} s of {video}"
    rate = f"{made.fps:.3g} pictures a second" if made.pictures > 1 else "a still"
    sure = "" if chosen.label_score is None else f", {label or 'its label'} {chosen.label_score:.0%} sure"
    say(f"{made.path}: {what}{sure}; {made.width} x {made.height}, {rate}, {made.size_bytes / 1000:.0f} KB")
