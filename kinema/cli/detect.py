"""`kinema detect`: the actions of several people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.detect_train import EXCLUDE, FPS, LABELS, OFFSET, train
from kinema.cli.machine import Accelerator, Workers
from kinema.cli.output import command, print_json, say, say_aside, spare, table
from kinema.errors import KinemaError, counted

if TYPE_CHECKING:
    from kinema.detection.ava import BoxRow
    from kinema.detection.frame_map import FrameMAP

app = typer.Typer(no_args_is_help=True, help="The actions of several people: boxes at key frames, as in AVA.")
app.command()(train)

SURE = Annotated[
    float, typer.Option(min=0, max=1, help="boxes of which a detector of people was less sure are left out")
]
AS_JSON = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command()
@command
def evaluate(
    results: Annotated[str, typer.Argument(help="a csv of results, or the folder of a trained detector, which is run")],
    truth: Annotated[str, typer.Argument(help="csv: video, timestamp, x1, y1, x2, y2, action, person")],
    labels: LABELS = None,
    exclude: EXCLUDE = None,
    boxes: Annotated[
        str | None, typer.Option(help="csv of the people that a detector is asked about \\[default: the truth's]")
    ] = None,
    sure: SURE = 0.8,
    root: Annotated[str | None, typer.Option(help="folder of the videos \\[default: the truth's folder]")] = None,
    offset: OFFSET = 0.0,
    pictures_fps: FPS = 30.0,
    which: Annotated[str, typer.Option(help="weights: best or last")] = "best",
    out: Annotated[str | None, typer.Option("--out", "-o", help="write a detector's results to this csv")] = None,
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    as_json: AS_JSON = False,
) -> None:
    """Frame mAP at an overlap of 0.5, with the arithmetic of AVA's official evaluation.

    Examples:

      kinema detect evaluate results.csv ava_val_v2.2.csv --exclude ava_val_excluded_timestamps_v2.2.csv

      kinema detect evaluate runs/ava ava_val_v2.2.csv --boxes people_val.csv --root frames/ --json
    """
    from kinema.detection.annotations import read_truth
    from kinema.detection.ava import read_classes, read_rows, unknown_actions, write_rows
    from kinema.detection.frame_map import frame_map

    spare(out, results, truth, boxes, labels, exclude)
    if out and Path(results).is_file():
        raise KinemaError(f"--out is for what a detector finds, and {results} is a file of results already.")
    judged = read_truth(truth, exclude)

    def tell_unknown(classes: dict[int, str]) -> None:
        if unknown := unknown_actions(judged.frames, classes):
            say_aside(unknown)

    if Path(results).is_file():
        classes = read_classes(labels)
        tell_unknown(classes)
        measure = frame_map(judged.rows, read_rows(results), classes, judged.excluded)
    else:
        from kinema.data.cache import ClipCache
        from kinema.detection.ava import read_people
        from kinema.detection.evaluate import evaluate as judge
        from kinema.detection.evaluate import sure as surely
        from kinema.detection.films import Films
        from kinema.detection.runs import DetectorRun
        from kinema.machine import Machine

        run, machine = DetectorRun.open(results), Machine(accelerator=accelerator, workers=workers)
        films = Films(Path(root) if root else Path(truth).parent, ClipCache(None, run.clip), offset, pictures_fps)
        people = surely(read_people(boxes), sure) if boxes else None
        detector = run.detector(which).to(machine.device())
        tell_unknown(run.classes)
        found = judge(detector, judged, run.classes, films, machine, people)
        measure = found.measure
        for video, problem in found.broken[:10]:
            say_aside(f"unreadable: {video}: {problem}")
        if found.broken:
            say_aside(f"Unreadable: {counted(len(found.broken), 'key frame')}; that nothing is found there counts.")
        if people is None:
            say_aside("The boxes are the truth's own, which is easier than boxes that were found.")
        if out:
            write_rows(found.rows, out)
    show(measure, as_json)


def show(measure: "FrameMAP", as_json: bool) -> None:
    """Print a measure, and each action's part in it."""
    if as_json:
        print_json(measure.to_dict())
        return
    shown = [one for one in measure.classes if one.boxes]
    table("Actions", ("action", "boxes", "average precision"),
          [(one.label, str(one.boxes), f"{one.average_precision:.4f}") for one in shown])
    missing = len(measure.classes) - len(shown)
    if missing:
        say_aside(f"{counted(missing, 'action')} without any box of the truth left out.")
    over = f"{counted(len(shown), 'action')} at {counted(measure.frames, 'key frame')}"
    say(f"frame mAP at {measure.least_iou:g}: {measure.mean:.4f} over {over}")


@app.command()
@command
def run(
    detector: Annotated[str, typer.Argument(help="folder of a trained detector")],
    videos: Annotated[list[str], typer.Argument(help="videos: files or folders of pictures")],
    boxes: Annotated[
        str, typer.Option(help="moving (a fixed camera), a csv of boxes, or a detector of people: file.py:name")
    ],
    every: Annotated[
        float, typer.Option(min=0.01, help="seconds from key frame to key frame; a csv has its own")
    ] = 1.0,
    sure: SURE = 0.8,
    offset: OFFSET = 0.0,
    out: Annotated[
        str, typer.Option("--out", "-o", help="folder of results.csv and of the drawn videos")
    ] = "detections",
    draw: Annotated[bool, typer.Option("--draw/--no-draw", help="draw what is found on the videos")] = True,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="least score of an action that is drawn")] = 0.5,
    top: Annotated[int, typer.Option(min=1, help="actions of each person that are printed")] = 3,
    accelerator: Accelerator = "auto",
    as_json: AS_JSON = False,
) -> None:
    """Say what each person in videos does, and draw it on them.

    Examples:

      kinema detect run runs/ava yard.mp4 --boxes moving

      kinema detect run runs/ava match.mp4 --boxes people.csv --out found/ --json

      kinema detect run runs/ava match.mp4 --boxes detectors.py:people --every 0.5 --threshold 0.3
    """
    from kinema.data.video import open_video
    from kinema.detection.ava import write_rows
    from kinema.detection.draw import draw_video
    from kinema.detection.named import people_of
    from kinema.detection.watch import ActionFinder

    check_apart(videos, Path(out))
    people = people_of(boxes, offset)
    finder = ActionFinder(detector, None if accelerator == "auto" else accelerator, sure)
    folder, labels = Path(out), tuple(finder.classes.values())
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[BoxRow] = []
    facts: list[dict[str, Any]] = []
    failed = False
    for path in videos:
        try:
            with open_video(path) as video:
                seen = finder(video, people, every)
                zero = float(video.times_seconds[0]) - offset  # of the list's clock
                drawn = draw_video(video, seen, labels, folder / f"{Path(path).stem}.mp4", threshold) if draw else None
        except KinemaError as error:
            failed = True
            facts.append({"video": path, "error": str(error)})
            say_aside(f"{path}: {error}")
            continue
        rows += finder.rows(Path(path).stem, seen, zero)
        facts.append({"video": path, "key_frames": finder.facts(seen, top), "drawn": str(drawn) if drawn else None})
        if not as_json and not any(len(one.boxes_M4) for one in seen):
            say_aside(f"{path}: nobody is found at {counted(len(seen), 'key frame')}.")
        for one in [] if as_json else finder.facts(seen, top):
            for person in one["people"]:
                best = ", ".join(f"{action['label']} {action['score']:.2f}" for action in person["actions"])
                say(f"{path}\t{one['seconds']:.2f} s\tperson {person['person']}\t{best}")
    write_rows(rows, folder / "results.csv")
    if as_json:
        print_json(facts)
    else:
        say(f"Wrote {folder / 'results.csv'}")
    if failed:
        raise typer.Exit(1)


def check_apart(videos: list[str], folder: Path) -> None:
    """Raise KinemaError where a drawn video would take the place of another one, or of a video that is watched."""
    stems = [Path(video).stem for video in videos]
    for video, stem in zip(videos, stems, strict=True):
        if stems.count(stem) > 1:
            raise KinemaError(f"Two videos are called {stem}; their results would be mixed. Watch them one by one.")
        if (folder / f"{stem}.mp4").resolve() == Path(video).resolve():
            raise KinemaError(f"{video} would be drawn over itself; choose another folder with --out.")
