"""A timeline as one page: the video, and under it a track that can be clicked, with each label's scores and segments.

Axes: N steps in time, K classes.
"""

import json
import os
from base64 import b64encode
from importlib.resources import files
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import numpy as np

from kinema.data.video import open_video
from kinema.errors import VideoError
from kinema.files import write_atomic
from kinema.timeline.cutting import encoded
from kinema.timeline.segments import Timeline

MOST_POINTS = 1500  # of a label's curve
MOST_ROWS = 16
SHOWN_FROM = 0.3  # the peak score from which a label without a segment has a row
PLAYED = (".mp4", ".m4v", ".webm", ".mov", ".ogv")  # by browsers, as a rule ...
CODECS = ("h264", "vp8", "vp9", "av1", "theora")  # ... with one of these inside


def write_page(timeline: Timeline, path: Path, embed: bool = False) -> None:
    """Write the page. embed: it holds the video, encoded anew where browsers do not play it; else its relative path."""
    from jinja2 import Environment
    from markupsafe import Markup

    def part(name: str) -> str:
        return files(__package__).joinpath(name).read_text(encoding="utf-8")

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    facts = page_facts(timeline)
    script = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    page = environment.from_string(part("page.html")).render(
        title=Path(timeline.video).name or "video", style=Markup(part("page.css")), script=Markup(part("page.js")),
        facts=Markup(script), source=source_of(timeline.video, path, embed), rows=facts["rows"],
        segments=[{**each, "row": facts["rows"].index(row)} for row in facts["rows"] for each in row["segments"]],
        clock=clock, lasts=facts["lasts"], left_out=facts["left_out"], warnings=timeline.warnings,
        seconds_found=sum(each.seconds for each in timeline.segments),
    )
    write_atomic(path, lambda unfinished: unfinished.write_text(page, encoding="utf-8"))


def page_facts(timeline: Timeline) -> dict[str, Any]:
    """What the page shows, in seconds from the first frame: a row for each label that happens, or nearly does."""
    track, start = timeline.track, timeline.start_seconds
    times_N = track.middles_N - start
    counted = {label: len(timeline.of(label)) for label in timeline.labels}
    peaks = dict(zip(timeline.labels, track.scores_NK.max(0).tolist(), strict=True))
    order = sorted(timeline.labels, key=lambda label: (-counted[label], -peaks[label]))
    shown = [label for label in order if counted[label] or peaks[label] >= SHOWN_FROM][:MOST_ROWS] or order[:3]
    rows = []
    for label in shown:
        k = timeline.labels.index(label)
        times, scores = thinned(times_N, track.scores_NK[:, k])
        threshold = float(timeline.thresholds_K[k])
        rows.append({
            "label": label, "times": times, "scores": scores,
            "threshold": round(threshold, 3) if threshold <= 1 else None,
            "segments": [{"start": round(each.start_seconds - start, 2), "end": round(each.end_seconds - start, 2),
                          "label": label, "score": round(each.score, 3)} for each in timeline.of(label)],
        })
    return {"lasts": round(timeline.end_seconds - start, 2), "rows": rows,
            "left_out": len(timeline.labels) - len(shown)}


def thinned(times_N: np.ndarray, scores_N: np.ndarray) -> tuple[list[float], list[float]]:
    """A curve of at most so many points: of each stretch of a long one its highest."""
    every = -(-len(times_N) // MOST_POINTS)
    places = np.array([first + int(scores_N[first:first + every].argmax())
                       for first in range(0, len(times_N), every)])
    return times_N[places].round(2).tolist(), scores_N[places].astype(float).round(3).tolist()


def source_of(video: str, page: Path, embed: bool) -> str:
    """Where the page finds the video: beside it, or in itself."""
    path = Path(video)
    if not video or not path.is_file():
        return ""
    if not embed:
        return quote(Path(os.path.relpath(path.absolute(), page.absolute().parent)).as_posix())
    if path.suffix.lower() in PLAYED and codec_of(path) in CODECS:
        kind = guess_type(path.name)[0] or "video/mp4"
        return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"
    copy = page.with_name(f".{page.name}.{os.getpid()}.mp4")
    try:
        with open_video(path) as frames:
            encoded(frames, path, copy, float("-inf"), float("inf"))
        return f"data:video/mp4;base64,{b64encode(copy.read_bytes()).decode()}"
    except (VideoError, av.error.FFmpegError):
        return ""
    finally:
        copy.unlink(missing_ok=True)


def codec_of(path: Path) -> str:
    """The codec of a file's first video stream; empty where FFmpeg finds none."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return container.streams.video[0].codec_context.name
    except (av.error.FFmpegError, IndexError):
        return ""


def clock(seconds: float) -> str:
    """A time as people write it: 1:02:03 or 2:03.4."""
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{seconds % 60:04.1f}" if seconds < 600 else f"{whole // 60}:{whole % 60:02}"


