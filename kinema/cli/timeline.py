"""`kinema timeline`, `kinema timeline-train` and `kinema clips`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.output import command, print_json, say, say_aside, table
from kinema.errors import KinemaError, VideoError

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
    from kinema.timeline.truth import read_truth
    from kinema.timeline.written import WRITERS, to_dict, write

    known = None if truth is None else read_truth(truth)
    names = {} if known is None else {path: known.name_of(path) for path in videos}
    targets = files_of(videos, out, tuple(WRITERS))
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
        judged = judge({names[path]: known.segments[names[path]] for path in found},
                       {names[path]: each for path, each in found.items()})
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


def files_of(videos: list[str], out: str, endings: tuple[str, ...]) -> list[list[Path]]:
    """The files to write for each video: all kinds into a folder, or the one that `out` names."""
    if Path(out).suffix.lower() in endings and not Path(out).is_dir():
        if len(videos) > 1:
            raise KinemaError(f"{len(videos)} videos do not go into the one file {out}; name a folder.")
        return [[Path(out)]]
    if Path(out).suffix and not Path(out).is_dir():
        raise KinemaError(f"A timeline is written as {', '.join(endings)}, or into a folder; {out} is neither.")
    stems = [Path(path).stem for path in videos]
    twice = next((stem for stem in stems if stems.count(stem) > 1), None)
    if twice is not None:
        raise KinemaError(f"Two of the videos are called {twice}; write them into folders of their own.")
    return [[Path(out) / f"{stem}{ending}" for ending in endings] for stem in stems]


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
    tious = [f"mAP@{tiou:g}" for tiou in judged.tious]
    rows = [("all", str(judged.true), *(f"{mean:.3f}" for mean in judged.means)),
            *((label, str(count), *(f"{value:.3f}" for value in each)) for label, count, each in judged.classes)]
    table("Beside the truth", ("label", "true", *tious), rows)
    say(f"average mAP {judged.average:.3f}; at tIoU 0.5: recall {judged.recall:.1%}, precision {judged.precision:.1%}, "
        f"{judged.false_alarms_per_hour:.1f} false alarms an hour")


@command
def timeline_train(
    run: Annotated[str, typer.Argument(help="folder of a run")],
    truth: Annotated[
        str | None, typer.Option(help="annotated long videos, csv (path,start,end,label) or ActivityNet's JSON")
    ] = None,
    root: Annotated[str | None, typer.Option(help="folder of these videos \\[default: beside the list]")] = None,
    quiet: Annotated[
        list[str] | None, typer.Option(help="a class in which nothing happens; give it again for more")
    ] = None,
    precision: PRECISION = None,
    recall: RECALL = None,
    overlap: Annotated[int, typer.Option(min=1, help="windows for each moment: more is finer, and slower")] = 4,
    per_class: Annotated[int, typer.Option(min=1, help="clips of each class in the films to learn from")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="seed of the films and of the head")] = 0,
    device: DEVICE = None,
    as_json: JSON = False,
) -> None:
    """Learn when a run's classes happen in long videos, and choose thresholds; both are kept beside the run.

    Without annotated videos, films are put together from the run's own clips with nothing between them.

    Examples:

      kinema timeline-train runs/first

      kinema timeline-train runs/first --truth matches.csv --precision 0.95

      kinema timeline-train runs/surveillance --quiet noFight
    """
    from kinema.timeline.thresholds import Goal
    from kinema.timeline.train import train_timeline

    goal = Goal(precision, recall)
    learnt = train_timeline(run, truth, root, quiet or (), goal, overlap, per_class, seed, device)
    chosen = learnt.thresholds(learnt.method, goal)
    if as_json:
        print_json({"method": learnt.method, "footage": learnt.footage, "measures": learnt.measures,
                    "thresholds": chosen.to_dict(), "note": learnt.note})
        return
    table("Thresholds", ("label", "threshold", "recall", "precision", "false alarms an hour", "true"),
          [(each.label, f"{each.threshold:.3f}" if each.threshold <= 1 else "never", f"{each.recall:.1%}",
            f"{each.precision:.1%}", f"{each.false_alarms_per_hour:.1f}", str(each.true)) for each in chosen.classes])
    say(chosen.words)
    for name, measures in learnt.measures.items():
        say(f"{name}: average mAP {measures['average_mAP']:.3f} in validation"
            + (" (used)" if name == learnt.method else ""))
    say_aside(f"{learnt.footage}. {learnt.note}".rstrip())


@command
def clips(
    run: RUN,
    videos: Annotated[list[str], typer.Argument(help="video files")],
    label: Annotated[list[str] | None, typer.Option(help="only this label; give it again for more")] = None,
    out: Annotated[str, typer.Option("--out", "-o", help="folder")] = "clips",
    most: Annotated[int | None, typer.Option(min=1, help="only so many of each video, the surest")] = None,
    slack: Annotated[
        float, typer.Option(min=0, help="seconds a clip may begin early so that nothing is encoded anew")
    ] = 1.0,
    pad: Annotated[float, typer.Option(min=0, help="seconds added before and after")] = 0.0,
    method: METHOD = None,
    precision: PRECISION = None,
    recall: RECALL = None,
    threshold: THRESHOLD = None,
    device: DEVICE = None,
    as_json: JSON = False,
) -> None:
    """Cut what happens out of long videos, each segment a clip with its sound.

    Packets are copied where a key frame is near enough before the segment; else it is encoded anew, and told.

    Examples:

      kinema clips runs/first match.mp4 --label "three-point shot"

      kinema clips runs/first match.mp4 --label goal --most 10 --pad 2 --out highlights

      kinema clips runs/first match.mp4 --slack 0
    """
    from dataclasses import asdict

    from kinema.data.labels import find_label, label_numbers
    from kinema.timeline.cutting import cut
    from kinema.timeline.localizer import Localizer

    localizer = Localizer(run, device, method, precision, recall, threshold)
    numbers = label_numbers(localizer.labels)
    wanted = {localizer.labels[find_label(name, numbers, localizer.labels, run)] for name in label or localizer.labels}
    facts: list[dict[str, Any]] = []
    for path in videos:
        try:
            found = [each for each in localizer(path).segments if each.label in wanted]
            best = sorted(found, key=lambda each: -each.score)[:most]
            made = cut(path, [each for each in found if each in best], Path(out), slack, pad)
        except VideoError as error:
            facts.append({"video": path, "error": str(error)})
            lines = [f"{path}\tunreadable: {error}"]
        else:
            facts.append({"video": path, "clips": [{**asdict(each), "path": str(each.path)} for each in made]})
            lines = [f"{each.path}\t{each.segment.label} {each.segment.score:.1%}\t{each.start_seconds:.2f} to "
                     f"{each.end_seconds:.2f} s\t{'copied' if each.copied else f'encoded anew: {each.reason}'}"
                     for each in made] or [f"{path}\tnothing found"]
        if not as_json:
            say("\n".join(lines))
    if as_json:
        print_json(facts)
    if any("error" in each for each in facts):
        raise typer.Exit(1)
