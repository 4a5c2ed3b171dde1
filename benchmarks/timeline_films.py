"""The films of benchmarks/timeline.py: clips with a known truth, one after another, and what lies between them."""

import csv
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.synthetic.encode import encoder
from kinema.data.synthetic.figures import room
from kinema.data.video import open_video
from kinema.data.video.video import Picture
from kinema.timeline import Segment, read_truth

FPS, SIDE = 12, 112  # of `figures`
TICK = Fraction(1, 12_000)  # of a second
GAP_SECONDS = (1.0, 5.0)
Gap = Callable[[int, np.random.Generator], Iterator[Picture]]  # so many pictures of nothing


class Writer:
    """A video file being written, in which each part keeps its own frame rate; `seconds` is how long it is already."""

    def __init__(self, container: Any, height: int, width: int) -> None:
        name, options = encoder()
        self.container, self.seconds, self.size = container, 0.0, (width, height)
        self.stream = container.add_stream(name, rate=25, options={**options, "g": "24"})
        self.stream.height, self.stream.width, self.stream.pix_fmt = height, width, "yuv420p"
        self.stream.codec_context.time_base = TICK

    def add(self, picture: Picture, fps: float) -> None:
        """Write a picture, scaled to the size of the file."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(*self.size)
        frame.pts, frame.time_base = round(self.seconds / TICK), TICK
        self.container.mux(self.stream.encode(frame))
        self.seconds += 1 / fps

    def play(self, path: Path) -> None:
        """Write a whole video."""
        with open_video(path) as video:
            fps = video.fps
            for _, picture in video.frames():
                self.add(picture, fps)

    def end(self) -> None:
        """Write what the encoder still holds."""
        self.container.mux(self.stream.encode())


def noise(frames: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Noise: every pixel for itself."""
    level, spread = rng.uniform(30, 220, 3), rng.uniform(15, 80)
    for _ in range(frames):
        yield np.clip(level + spread * rng.standard_normal((SIDE, SIDE, 3)), 0, 255).astype(np.uint8)


def quiet_places(moving: Sequence[Path]) -> Gap:
    """A room without a person, seen by a noisy camera; or the made-up shapes of some clips, that move."""
    def show(frames: int, rng: np.random.Generator) -> Iterator[Picture]:
        if rng.random() < 0.5:
            still = 255 * room(SIDE, SIDE, rng)
            for _ in range(frames):
                yield np.clip(still + 6 * rng.standard_normal((SIDE, SIDE, 1)), 0, 255).astype(np.uint8)
            return
        while frames > 0:
            with open_video(moving[int(rng.integers(len(moving)))]) as video:
                for _, picture in video.frames():
                    if frames > 0:
                        yield picture
                    frames -= 1

    return show


def known_film(path: Path) -> list[Segment] | None:
    """The truth of a film that is there already."""
    beside = path.with_suffix(".csv")
    return list(read_truth(beside).segments[path.name]) if beside.is_file() else None


def figures_film(table: ClipTable, path: Path, minutes: float, seed: int, gap: Gap) -> list[Segment]:
    """Write a film of clips in a random order with gaps between them, and its truth as a csv beside it."""
    if (known := known_film(path)) is not None:
        return known
    rng, truth = np.random.default_rng(seed), list[Segment]()
    with av.open(str(path), "w") as container:
        writer = Writer(container, SIDE, SIDE)
        while writer.seconds < 60 * minutes:
            for place in rng.permutation(len(table)).tolist():
                for picture in gap(round(rng.uniform(*GAP_SECONDS) * FPS), rng):
                    writer.add(picture, FPS)
                begun = writer.seconds
                writer.play(table.path(table.rows[place]))
                truth.append(Segment(begun, writer.seconds, table.labels[table.rows[place].labels[0]]))
                if writer.seconds >= 60 * minutes:
                    break
        writer.end()
    save_truth(path, truth)
    return truth


def fights_film(table: ClipTable, path: Path, quiet: int, seed: int) -> list[Segment]:
    """Write a film in which one to four quiet clips lie between two fights; each fight comes once."""
    if (known := known_film(path)) is not None:
        return known
    rng, truth = np.random.default_rng(seed), list[Segment]()
    calm = [row for row in table.rows if quiet in row.labels]
    fights = [row for row in table.rows if quiet not in row.labels]
    with av.open(str(path), "w") as container:
        writer = Writer(container, 240, 320)
        for place in rng.permutation(len(fights)).tolist():
            for row in drawn(calm, int(rng.integers(1, 5)), rng):
                writer.play(table.path(row))
            begun = writer.seconds
            writer.play(table.path(fights[place]))
            truth.append(Segment(begun, writer.seconds, table.labels[fights[place].labels[0]]))
        writer.end()
    save_truth(path, truth)
    return truth


def drawn(rows: Sequence[ClipRow], count: int, rng: np.random.Generator) -> list[ClipRow]:
    """Some rows, each at most once."""
    return [rows[place] for place in rng.permutation(len(rows))[:count].tolist()]


def save_truth(path: Path, truth: list[Segment]) -> None:
    """The truth as `kinema timeline --truth` reads it."""
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("path", "start", "end", "label"),
                          *((path.name, each.start_seconds, each.end_seconds, each.label) for each in truth)])
