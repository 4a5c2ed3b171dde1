"""From a recipe and lists of boxes to a detector's folder."""

from pathlib import Path

from kinema.detection.annotations import Annotations, read_frames, read_truth
from kinema.detection.ava import unknown_actions
from kinema.detection.clips import read
from kinema.detection.films import Films
from kinema.detection.recipe import check_recipe
from kinema.detection.runs import FACTS, DetectorRun, build, write_facts
from kinema.errors import DataError, RunError, VideoError, counted, some
from kinema.machine import Machine
from kinema.models.parts import freeze
from kinema.recipe import Recipe
from kinema.training.alone import check_apart
from kinema.training.prepare import check_same, share_batch
from kinema.training.start import completed, start_from

LOOKED_AT = 24  # key frames, before it is said that none can be read


def prepare(
    recipe: Recipe, annotations: Annotations, machine: Machine, restart: bool = False, processes: int = 1
) -> DetectorRun:
    """Make the folder, or find it there; another recipe or other lists in it are an error that names what differs.

    All that can be known to be wrong is said before anything is written, or deleted.
    """
    path = Path(recipe.out)
    if (path / FACTS).is_file() and not restart:
        run = DetectorRun.open(path)
        check_same(recipe, Recipe.from_dict(run.facts["asked"], f"{path / FACTS}"), path)
        if run.annotations != annotations:
            raise RunError(f"{path} is a detector that learnt from other lists: {run.annotations} there. Give the "
                           "same to go on with it, another --out, or --restart to train anew.")
        return run
    if path.exists() and not (path / FACTS).is_file() and (path.is_file() or any(path.iterdir())):
        raise RunError(f"{path} is there already and is no detector; choose another folder with --out.")
    check_recipe(recipe)
    classes = annotations.classes
    frames = read_frames(recipe.data, annotations.exclude, classes)
    if annotations.validation:
        read_frames(annotations.validation, annotations.validation_exclude, classes)
    check_apart("start", recipe.start, path)
    full, notes = completed(recipe)
    detector = build(full, classes)
    if full.start:
        notes += start_from(detector.network, full)
    freeze(detector.network, full.frozen)
    share_batch(full, len(frames), processes)
    films = films_of(recipe, annotations, machine)
    problems = []
    for frame in frames[:: max(len(frames) // LOOKED_AT, 1)][:LOOKED_AT]:
        try:
            read(films, frame, full.clip)
            break
        except VideoError as error:
            problems.append(str(error))
    else:
        raise DataError(f"None of the videos could be read. The first one: {problems[0]}")
    boxes = sum(len(frame.boxes) for frame in frames)
    outside = sum(len(frame.boxes) for frame in read_truth(recipe.data, annotations.exclude).frames) - boxes
    if outside:
        notes.append(f"{counted(outside, 'box')} outside of the picture left out.")
    if unknown := unknown_actions(frames, classes):
        notes.append(unknown)
    lost = [video for video in dict.fromkeys(frame.video for frame in frames) if missing(films, video)]
    if lost:
        notes.append(f"{counted(len(lost), 'video')} not in {films.root}; no key frame of these is used: "
                     f"{some(lost, 5)}.")
    notes.append(f"{counted(boxes, 'box')} at {counted(len(frames), 'key frame')} of "
                 f"{counted(len({frame.video for frame in frames}), 'video')}.")
    write_facts(full, recipe, annotations, classes, notes, boxes)
    return DetectorRun.open(path)


def films_of(recipe: Recipe, annotations: Annotations, machine: Machine) -> Films:
    """The videos that the lists name: in `root`, or beside the list."""
    root = Path(recipe.root) if recipe.root else Path(recipe.data).parent
    return Films(root, machine.cache(recipe.clip), annotations.offset_seconds, annotations.fps)


def missing(films: Films, video: str) -> bool:
    """Whether there is no such video."""
    try:
        films.path(video)
    except VideoError:
        return True
    return False
