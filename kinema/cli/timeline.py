"""`kinema timeline`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.output import command, print_json, say, say_aside, table
from kinema.errors import KinemaError, VideoError, counted, nearest

if TYPE_CHECKING:
    from kinema.timeline.detection_map import TemporalMAP
    from kinema.timeline.localizer import Localizer
    from kinema.timeline.segments import Timeline

RUN = Annotated[str, typer.Argument(help="folder of a run, a checkpoint's id, or a file of weights")]
DEVICE = Annotated[str | None, typer.Option(help="cpu, cuda or mps \\[default: the best there is]")]
METHOD = Annotated[
    str | None, typer.Option(help="head: the trained one; windows: plain \\[default: the better one in validation]")
]
PRECISION = Annotated[float | None, typer.Option(help="choose thresholds that reach this precision in validation")]
RECALL = Annotated[float | None, typer.Option(help="choose thresholds that reach this recall in validation")]
THRESHOLD = Annotated[float | None, typer.Option(help="one threshold for all labels instead, 0 to 1")]
JSON = Annotated[bool, typer.Option("--json", help="print JSON")]


@command
def timeline(
    run: RUN,
    videos: Annotated[list[str], typer.Argument(help="video files, or folders of frames")],
    out: Annotated[
        str, typer.Option("--out", "-o", help="folder; or for one video a file: .json, .csv, .srt, .vtt or .html")
    ] = "timelines",
    method: METHOD = None,
    precision: PRECISION = None,
    recall: RECALL = None,
    threshold: THRESHOLD = None,
    truth: Annotated[
        str | None, typer.Option(help="what truly happens (csv or ActivityNet's JSON): print mAP and false alarms")
    ] = None,
    embed: Annotated[bool, typer.Option("--embed", help="put the video itself into the page")] = False,
    device: DEVICE = None,
    as_json: JSON = False,
) -> None:
    """Say what happens when in long videos: segments as JSON, csv and subtitles, and a page with the video.

    The first time, a temporal head and thresholds are learnt from the run's own clips; `kinema timeline-train` does it
    with annotated videos. What is no class of the run stays below the thresholds, and is nothing.

    Examples:

      kinema timeline runs/first match.mp4

      kinema timeline runs/first matches/*.mp4 --out timelines --precision 0.95

      kinema timeline runs/first match.mp4 --out match.html --embed

      kinema timeline runs/first tests/*.mp4 --truth truth.csv
    """
    from kinema.timeline.localizer import Localizer
    from kinema.timeline.truth import in_labels, read_truth
    from kinema.timeline.written import WRITERS, to_dict, write

    known = None if truth is None else read_truth(truth)
    if known is not None and known.note:
        say_aside(known.note)
    names = {} if known is None else {path: known.name_of(path) for path in videos}
    targets = files_of(videos, out, tuple(WRITERS))
    check_any(videos)
    localizer = Localizer(run, device, method, precision, recall, threshold)
    found: dict[str, Timeline] = {}
    facts: list[dict[str, Any]] = []
    for path, files in zip(videos, targets, strict=True):
        try:
            found[path] = localizer(path)
        except VideoError as error:
            facts.append({"video": path, "error": str(error)})
            if not as_json:
                say(f"{path}\tunreadable: {error}")
            continue
        written = [str(write(found[path], file, embed)) for file in files]
        facts.append({**to_dict(found[path], scores=False), "video": path, "files": written})
        if not as_json:
            show(found[path])
            say_aside(f"Wrote {', '.join(written)}")
    judged = None
    if known is not None and found:
        there, unknown = in_labels({names[path]: known.segments[names[path]] for path in found}, localizer.labels,
                                   localizer.learnt.quiet if localizer.learnt else ())
        if unknown:
            close = nearest(unknown[0], localizer.labels)
            say_aside(f"The network knows no {', '.join(unknown)}: that counts as missed.{close}")
        judged = judge(there, {names[path]: each for path, each in found.items()})
    if as_json:
        chosen = localizer.thresholds.to_dict() if localizer.thresholds else None
        print_json({"method": localizer.method, "thresholds": chosen, "videos": facts,
                    "evaluation": judged.to_dict() if judged else None})
    else:
        tell(localizer)
        if judged:
            show_map(judged)
    if any("error" in each for each in facts):
        raise typer.Exit(1)


def check_any(videos: list[str]) -> None:
    """Refuse videos of which none can be opened, before anything is learnt for them."""
    from kinema.data.video import open_video

    problems = []
    for path in videos:
        try:
            with open_video(path):
                return
        except VideoError as error:
            problems.append(str(error))
    raise KinemaError(problems[0] if len(problems) == 1 else
                      f"None of the {len(problems)} videos can be read; the first: {problems[0]}")


def files_of(videos: list[str], out: str, endings: tuple[str, ...]) -> list[list[Path]]:
    """The files to write for each video: all kinds into a folder, or the one that `out` names."""
    if Path(out).suffix.lower() in endings and not Path(out).is_dir():
        if len(videos) > 1:
            raise KinemaError(f"{len(videos)} videos do not go into the one file {out}; name a folder.")
        return [[Path(out)]]
    if Path(out).suffix and not Path(out).is_dir():
        raise KinemaError(f"A timeline is written as {', '.join(endings)}, or into a folder; {out} is neither.")
    return [[Path(out) / f"{stem}{ending}" for ending in endings] for stem in stems_of(videos)]


def stems_of(videos: list[str]) -> list[str]:
    """The videos' names without their endings, by which files are called; KinemaError where two are the same."""
    stems = [Path(path).stem for path in videos]
    twice = next((stem for stem in stems if stems.count(stem) > 1), None)
    if twice is not None:
        raise KinemaError(f"Two of the videos are called {twice}; write them into folders of their own.")
    return stems


def judge(truth: dict[str, Any], found: "dict[str, Timeline]") -> "TemporalMAP":
    """What was found beside the truth."""
    from kinema.timeline.detection_map import temporal_map

    seconds = sum(each.end_seconds - each.start_seconds for each in found.values())
    return temporal_map(truth, {name: each.segments for name, each in found.items()}, seconds)


def show(found: "Timeline") -> None:
    """Print a video's segments."""
    table(found.video, ("video", "start", "end", "label", "score"),
          [(found.video, f"{each.start_seconds:.2f}", f"{each.end_seconds:.2f}", each.label, f"{each.score:.3f}")
           for each in found.segments])


def tell(localizer: "Localizer") -> None:
    """Say how the answers were made, and what to expect of them."""
    if localizer.learnt is None:
        say_aside(f"{localizer.note} No thresholds were learnt: all labels count from the same score on.".strip())
        return
    if localizer.thresholds is not None:
        say_aside(f"{localizer.thresholds.words} Method: {localizer.method}.")
    if localizer.learnt.note:
        say_aside(localizer.learnt.note)


def show_map(judged: "TemporalMAP") -> None:
    """Print how what was found agrees with the truth."""
    if not judged.true:
        say(f"Nothing truly happens; found: {counted(judged.found, 'segment')}, "
            f"{judged.false_alarms_per_hour:.1f} false alarms an hour")
        return
    tious = [f"mAP@{tiou:g}" for tiou in judged.tious]
    rows = [("all", str(judged.true), *(f"{mean:.3f}" for mean in judged.means)),
            *((label, str(count), *(f"{value:.3f}" for value in each)) for label, count, each in judged.classes)]
    table("Beside the truth", ("label", "true", *tious), rows)
    say(f"average mAP {judged.average:.3f}; at tIoU 0.5: recall {judged.recall:.1%}, precision "
        f"{f'{judged.precision:.1%}' if judged.found else '-'}, "
        f"{judged.false_alarms_per_hour:.1f} false alarms an hour")
