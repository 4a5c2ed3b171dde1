"""Timelines as files: JSON, csv, subtitles (srt, vtt) and a page with the video."""

import csv
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from kinema.errors import KinemaError, nearest
from kinema.files import write_atomic, write_json
from kinema.timeline.page import write_page
from kinema.timeline.segments import Segment, Timeline


def write(timeline: Timeline, path: str | Path, embed: bool = False) -> Path:
    """Write a timeline; the file's ending says as what: .json, .csv, .srt, .vtt or .html.

    JSON and csv tell times in the video's own clock, as lists of clips do: the csv is one. Subtitles and the page count
    from the first frame, as players do. embed: the page holds the video itself, else its relative path.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in WRITERS:
        raise KinemaError(f"A timeline is written as {', '.join(WRITERS)}; {path.name} ends otherwise."
                          f"{nearest(ending, WRITERS)}")
    WRITERS[ending](timeline, path, embed)
    return path


def to_dict(timeline: Timeline, scores: bool = True) -> dict[str, Any]:
    """A timeline as plain values, for JSON; with the scores of each window."""
    facts: dict[str, Any] = {
        "video": timeline.video, "start_seconds": timeline.start_seconds, "end_seconds": timeline.end_seconds,
        "labels": list(timeline.labels),
        "thresholds": [round(value, 4) if value <= 1 else None for value in timeline.thresholds_K.tolist()],
        "segments": [{"start_seconds": round(each.start_seconds, 3), "end_seconds": round(each.end_seconds, 3),
                      "label": each.label, "score": round(each.score, 4)} for each in timeline.segments],
        "warnings": list(timeline.warnings),
    }
    if scores:
        facts["windows"] = {"start_seconds": timeline.track.starts_N.round(3).tolist(),
                            "end_seconds": timeline.track.ends_N.round(3).tolist(),
                            "scores": [[round(score, 4) for score in row]
                                       for row in timeline.track.scores_NK.tolist()]}
    return facts


def write_csv(timeline: Timeline, path: Path, embed: bool) -> None:
    """A row for each segment: a list of clips that `kinema train` reads too, and a truth that `--truth` does.

    Where nothing happens there is a row with an empty label, as a truth has it; a list of clips leaves that out.
    """
    def make(unfinished: Path) -> None:
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("path", "start", "end", "label", "score"))
            video = str(Path(timeline.video).absolute())
            writer.writerows((video, f"{each.start_seconds:.3f}", f"{each.end_seconds:.3f}", each.label,
                              f"{each.score:.4f}") for each in timeline.segments)
            if not timeline.segments:
                writer.writerow((video, "", "", "", ""))

    write_atomic(path, make)


def clock(seconds: float, point: str) -> str:
    """A time as h:mm:ss with milliseconds, as subtitles have it."""
    thousandths = max(round(seconds * 1000), 0)
    whole, rest = divmod(thousandths, 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{rest:03}"


def cue(timeline: Timeline, segment: Segment, point: str) -> str:
    """When a subtitle is shown, and what it says."""
    start, end = (clock(time - timeline.start_seconds, point) for time in (segment.start_seconds, segment.end_seconds))
    said = f"{segment.label} {segment.score:.0%}"
    return f"{start} --> {end}\n{escape(said, quote=False) if point == '.' else said}\n"


def write_srt(timeline: Timeline, path: Path, embed: bool) -> None:
    """SubRip's subtitles."""
    lines = [f"{number}\n{cue(timeline, each, ',')}" for number, each in enumerate(timeline.segments, 1)]
    write_atomic(path, lambda out: out.write_text("\n".join(lines), encoding="utf-8"))


def write_vtt(timeline: Timeline, path: Path, embed: bool) -> None:
    """WebVTT, which browsers show."""
    lines = ["WEBVTT\n", *(cue(timeline, each, ".") for each in timeline.segments)]
    write_atomic(path, lambda out: out.write_text("\n".join(lines), encoding="utf-8"))


WRITERS: dict[str, Callable[[Timeline, Path, bool], None]] = {
    ".json": lambda timeline, path, embed: write_json(path, to_dict(timeline)),
    ".csv": write_csv,
    ".srt": write_srt,
    ".vtt": write_vtt,
    ".html": write_page,
}
