"""Long videos whose truth is known: films of a run's own clips, and annotated videos, as rows of features."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinema.data.clips import ClipTable
from kinema.data.splits import partition
from kinema.data.video import open_video
from kinema.errors import DataError, VideoError
from kinema.inference.recognizer import Recognizer
from kinema.progress import Progress
from kinema.runs import Run
from kinema.timeline.film import films
from kinema.timeline.played import Played, file_key, kept, play
from kinema.timeline.segments import Segment
from kinema.timeline.truth import Truth

HELD_OUT = 0.25  # of annotated videos, or of a single one's time, where their list has no split
HOPEFUL = ("The run kept no validation clips aside, so the thresholds are chosen on clips it has learnt from, and what "
           "they promise is too hopeful.")


@dataclass(frozen=True)
class Known:
    """A video's windows, and what truly happens in it."""

    played: Played
    truth: tuple[Segment, ...]

    def cut(self, share: float) -> tuple["Known", "Known"]:
        """The video before a share of its windows, and after."""
        place = min(max(round(share * len(self.played.starts_N)), 1), len(self.played.starts_N) - 1)
        time = float(self.played.track.middles_N[place])
        return (Known(self.played.part(0, place), tuple(each for each in self.truth if each.start_seconds < time)),
                Known(self.played.part(place, None), tuple(each for each in self.truth if each.end_seconds > time)))


def own_sides(run: Run) -> tuple[ClipTable, ClipTable, str]:
    """The run's clips to learn from and to choose thresholds on; without a validation side, a part of the former.

    None of them may be there any more, or the run may have none of its own.
    """
    split = run.split()
    there = [side.subset(place for place, row in enumerate(side.rows) if side.path(row).exists())
             for side in (split.train, split.validation)]
    if there[1].rows or not there[0].rows:
        return there[0], there[1], ""
    if len({row.group for row in there[0].rows}) < 2:
        return there[0], there[0], HOPEFUL
    part_N = partition(there[0], [1 - HELD_OUT, HELD_OUT], run.recipe.seed)
    return there[0].subset(np.flatnonzero(part_N == 0)), there[0].subset(np.flatnonzero(part_N == 1)), HOPEFUL


def of_films(
    recognizer: Recognizer, table: ClipTable, quiet: frozenset[int], per_class: int, overlap: int, seed: int
) -> list[Known]:
    """Films of a list's clips."""
    made = films(table, quiet, recognizer.window_seconds, per_class, seed)
    known = []
    with Progress("learning from the run's own clips: films", len(made)) as bar:
        for film in made:
            known.append(Known(play(recognizer, film, overlap), tuple(film.truth)))
            bar.advance()
    return known


def of_video(recognizer: Recognizer, path: Path, key: tuple[object, ...], overlap: int) -> Played:
    """A file's windows, from the cache where they are kept; `key` tells the network and its weights."""
    def make() -> Played:
        with open_video(path) as video:
            return play(recognizer, video, overlap)

    file = file_key(path)
    return make() if file is None or not key else kept((*key, recognizer.window_seconds, overlap, file), make)


def annotated(
    recognizer: Recognizer, truth: Truth, paths: dict[str, Path], quiet: Sequence[str], key: tuple[object, ...],
    overlap: int,
) -> tuple[list[Known], list[Known], str]:
    """Annotated videos to learn from and to choose thresholds on, and a note.

    The latter are those that the list calls "val" (or "test", or "valid"), else one in four; a single one is cut in
    time.
    """
    known = {}
    broken = []
    for name, path in paths.items():
        segments = tuple(each for each in truth.segments[name] if each.label not in quiet)
        try:
            known[name] = Known(of_video(recognizer, path, key, overlap), segments)
        except VideoError as error:
            broken.append(str(error))
    note = f"{len(broken)} of {len(paths)} videos could not be read: {' '.join(broken[:3])}" if broken else ""
    if not known:
        raise VideoError(note)
    if len(known) == 1:
        (name, only), = known.items()
        if len(only.played.starts_N) < 2:
            raise DataError(f"{name} is too short to learn from one part and choose thresholds on the other: it lasts "
                            f"{only.played.track.lasts_seconds:.1f} s. Annotate longer videos, or several.")
        before, after = only.cut(1 - HELD_OUT)
        return [before], [after], note
    asked = {name for name in known if truth.splits.get(name, "train") != "train"}
    if not asked or len(asked) == len(known):
        names = sorted(known)
        order = np.random.default_rng(len(names)).permutation(len(names))
        asked = {names[place] for place in order[:max(round(HELD_OUT * len(names)), 1)]}
    return ([each for name, each in known.items() if name not in asked],
            [each for name, each in known.items() if name in asked], note)
