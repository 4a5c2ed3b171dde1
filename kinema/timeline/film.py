"""A long video with a known truth, put together from the clips of a list and nothing between them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.frames import behind, holds
from kinema.data.video import Video, open_video
from kinema.data.video.video import Picture
from kinema.errors import VideoError
from kinema.inference.kept import USUAL_FPS
from kinema.timeline.gaps import gap
from kinema.timeline.segments import Segment

GAPLESS = 0.15  # of clips are followed by the next one at once
SHORTEST_GAP, LONGEST_GAP = 0.4, 2.2  # in clips
REMEMBERED = 16  # pictures of a clip, spread over it, that a gap is made of
MOST_SECONDS = 30.0  # of one clip
CLIPS_A_FILM = 30
GAP_PIXELS = 160  # of the shorter side of a gap's pictures, about: they are shrunk anyway
MOST_MINUTES = 60.0  # of all films together, about


@dataclass
class Film(Video):
    """Clips one after another, most with a gap behind them; `truth` is whole once the frames have been read.

    quiet: classes in which nothing happens, which are no part of the truth. A clip that cannot be read is left out.
    """

    table: ClipTable
    rows: tuple[ClipRow, ...]
    quiet: frozenset[int]
    clip_seconds: float
    seed: int
    truth: list[Segment] = field(default_factory=list)
    warnings: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """How long it is shows as it is played."""
        return False

    @property
    def times_seconds(self) -> np.ndarray:
        """The time of every frame, by playing the film."""
        return np.array([time for time, _ in self.frames()])

    def frames(self) -> Iterator[tuple[float, Picture]]:
        """Every (time in seconds, H W 3 uint8), in one pass; clips keep their own rates and sizes."""
        rng = np.random.default_rng(self.seed)
        self.truth = []
        now = 0.0
        for row in self.rows:
            seen, every = list[Picture](), 1
            begun, step, first, shown = now, 1 / USUAL_FPS, None, 0
            lasts = 0.0 if rng.random() < GAPLESS else rng.uniform(SHORTEST_GAP, LONGEST_GAP) * self.clip_seconds
            try:
                for time, picture in self.played(row):
                    first = time if first is None else first
                    coming = max(begun + time - first, now)
                    step, now = coming - now or step, coming
                    if shown % every == 0:
                        apart = max(min(picture.shape[:2]) // GAP_PIXELS, 1)
                        seen.append(picture[::apart, ::apart])
                    if len(seen) > REMEMBERED:
                        seen, every = seen[::2], 2 * every
                    shown += 1
                    yield now, picture
            except VideoError:
                pass
            if not seen:
                continue
            now += step
            self.truth += [Segment(begun, now, self.table.labels[label]) for label in row.labels
                           if label not in self.quiet]
            for picture in gap(seen, round(lasts / step), rng):
                yield now, picture
                now += step

    def played(self, row: ClipRow) -> Iterator[tuple[float, Picture]]:
        """The frames of a clip."""
        with open_video(self.table.path(row), threads=1) as video:
            first = None
            for number, (time, picture) in enumerate(video.frames()):
                if holds(row, time, number):
                    first = time if first is None else first
                    if time - first > MOST_SECONDS:
                        return
                    yield time, picture
                elif first is not None and behind(row, time, number):
                    return

    def pictures(self, indices: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        """(index, picture) of each index, by playing the film."""
        wanted = set(indices)
        return ((number, picture) for number, (_, picture) in enumerate(self.frames()) if number in wanted)

    def close(self) -> None:
        """There is nothing to close: each clip is open while it is played."""


def films(
    table: ClipTable, quiet: frozenset[int], clip_seconds: float, per_class: int, seed: int
) -> list[Film]:
    """The clips of a list as films of an hour in all: at most so many of each class, drawn and mixed by the seed.

    Quiet classes give as many clips as all others together, where they have them.
    """
    rng = np.random.default_rng(seed)
    of_class: dict[tuple[int, ...], list[ClipRow]] = defaultdict(list)
    for row in table.rows:
        of_class[row.labels[:1]].append(row)
    drawn: list[ClipRow] = []
    loud = sum(min(len(rows), per_class) for labels, rows in of_class.items() if not quiet & set(labels))
    for labels, rows in sorted(of_class.items()):
        most = max(loud, per_class) if quiet & set(labels) else per_class
        drawn += [rows[place] for place in rng.permutation(len(rows))[:most]]
    most = round(60 * MOST_MINUTES / (clip_seconds * (1 + (1 - GAPLESS) * (SHORTEST_GAP + LONGEST_GAP) / 2)))
    mixed = [drawn[place] for place in rng.permutation(len(drawn))[:max(most, 1)]]
    count = max(round(len(mixed) / CLIPS_A_FILM), 1)
    return [Film(table, tuple(mixed[number::count]), quiet, clip_seconds, seed + number)
            for number in range(count) if mixed[number::count]]
