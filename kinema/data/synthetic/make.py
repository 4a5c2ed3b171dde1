"""Write a made-up data set: video files in a folder per class, the table of them, and the truth beside it."""

import csv
import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from zlib import crc32

import numpy as np

from kinema.data.synthetic import change, figures, motion, scene
from kinema.data.synthetic.backdrop import texture
from kinema.data.synthetic.encode import write_mp4
from kinema.data.synthetic.shapes import Array
from kinema.data.synthetic.spec import SyntheticSpec, synthetic_spec
from kinema.data.synthetic.stage import Drawing, Stage, margin
from kinema.data.synthetic.truth import TRUTH, to_line
from kinema.errors import DataError

Progress = Callable[[int, int], None]  # clips done, clips in all
CHUNK = 16  # clips that a process makes at a time


@dataclass(frozen=True)
class Kind:
    """One kind of set: its classes, how a clip is drawn, what hangs behind it, and how many clips share a source."""

    labels: tuple[str, ...]
    draw: Callable[[Stage, str], Drawing]
    place: Callable[[str, int, int, float, np.random.Generator], Array]  # of a label, rows, columns, difficulty
    rounds: int = 1  # a source has so many clips of each of its classes
    place_tells: bool = False  # a source then belongs to one class, otherwise to all of them


KINDS: dict[str, Kind] = {
    "motion": Kind(motion.LABELS, motion.draw, lambda _, rows, columns, __, rng: texture(rows, columns, rng)),
    "change": Kind(change.LABELS, change.draw, lambda _, rows, columns, __, rng: texture(rows, columns, rng)),
    "scene": Kind(scene.LABELS, scene.draw, scene.place, rounds=4, place_tells=True),
    "figures": Kind(figures.LABELS, figures.draw, lambda _, rows, columns, __, rng: figures.room(rows, columns, rng)),
}


@dataclass(frozen=True)
class Clip:
    """One clip of a set: everything about it follows from the set and its number."""

    number: int
    label: str
    source: str
    split: str

    @property
    def path(self) -> str:
        return f"{self.label}/{self.label}_{self.number:05d}.mp4"


def plan(spec: SyntheticSpec) -> list[Clip]:
    """Every clip of a set. Classes take turns; a source's clips are on one side of the split."""
    kind = KINDS[spec.kind]
    count = len(kind.labels)
    groups = -(-spec.clips // (count * kind.rounds))
    tests = min(max(round(groups * spec.test_fraction), int(spec.test_fraction > 0)), groups - (spec.test_fraction < 1))
    held_back = set(generator(spec, "split").permutation(groups)[:tests].tolist())
    clips = []
    for number in range(spec.clips):
        label, group = kind.labels[number % count], number // (count * kind.rounds)
        source = f"{label}-{group:04d}" if kind.place_tells else f"{spec.kind}-{group:04d}"
        clips.append(Clip(number, label, source, "test" if group in held_back else "train"))
    return clips


def generator(spec: SyntheticSpec, *key: str | int) -> np.random.Generator:
    """The random numbers of one part of a set: they depend on its seed, kind and name, never on who asks or when."""
    words = [part if isinstance(part, int) else crc32(part.encode()) for part in (spec.kind, *key)]
    return np.random.default_rng([spec.seed, *words])


@lru_cache(maxsize=32)
def _backdrop(spec: SyntheticSpec, source: str, label: str) -> Array:
    edge = 2 * margin(spec.size) + 1
    rng = generator(spec, "source", source)
    return KINDS[spec.kind].place(label, spec.height + edge, spec.width + edge, spec.difficulty, rng)


def draw(spec: SyntheticSpec, clip: Clip) -> Drawing:
    """Draw one clip of a set; nothing is written."""
    kind = KINDS[spec.kind]
    stage = Stage(spec.size, spec.difficulty, generator(spec, "clip", clip.number))
    stage.backdrop(_backdrop(spec, clip.source, clip.label if kind.place_tells else ""))
    return kind.draw(stage, clip.label)


def _write(spec: SyntheticSpec, out: Path, clips: list[Clip]) -> list[str]:
    lines = []
    for clip in clips:
        drawing = draw(spec, clip)
        write_mp4(out / clip.path, drawing.frames_THWC, spec.fps)
        row = {"path": clip.path, "label": clip.label, "source": clip.source, "split": clip.split}
        lines.append(to_line(row, drawing, spec.fps))
    return lines


def make(
    spec: SyntheticSpec | str, out: str | Path, *, workers: int | None = 1, progress: Progress | None = None
) -> Path:
    """Make a data set in a folder and return the folder.

    spec may be a kind's name. workers is a number of processes, None one for each core; it changes nothing in the
    files. More than one start anew from the main module, which must then be a file with its work under
    `if __name__ == "__main__"`. A folder that already holds this very set is left as it is.
    Raises DataError if the folder holds anything else.
    """
    spec = synthetic_spec(spec) if isinstance(spec, str) else spec
    out = Path(out)
    if _is_finished(spec, out):
        return out
    clips = plan(spec)
    for label in {clip.label for clip in clips}:
        (out / label).mkdir(parents=True, exist_ok=True)
    (out / "synthetic.json").write_text(json.dumps(asdict(spec), indent=1) + "\n", encoding="utf-8")
    lines: list[str] = []
    for done in _chunks(spec, out, clips, workers or os.cpu_count() or 1):
        lines += done
        if progress is not None:
            progress(len(lines), len(clips))
    (out / TRUTH).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with (out / "clips.csv").open("w", newline="", encoding="utf-8") as file:  # last: a set with it is finished
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "label", "source", "split"])
        writer.writerows([clip.path, clip.label, clip.source, clip.split] for clip in clips)
    return out


def _is_finished(spec: SyntheticSpec, out: Path) -> bool:
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file, but a data set needs a folder. Name one that is new or empty.")
    if not out.exists() or not any(out.iterdir()):
        return False
    written = out / "synthetic.json"
    if not written.is_file() or json.loads(written.read_text(encoding="utf-8")) != asdict(spec):
        raise DataError(f"{out} already holds something other than this data set. Name a folder that is new or empty.")
    return (out / "clips.csv").is_file()


def _chunks(spec: SyntheticSpec, out: Path, clips: list[Clip], workers: int) -> Iterator[list[str]]:
    chunks = [clips[start:start + CHUNK] for start in range(0, len(clips), CHUNK)]
    if workers <= 1 or len(chunks) == 1:
        yield from (_write(spec, out, chunk) for chunk in chunks)
        return
    pool = ProcessPoolExecutor(min(workers, len(chunks)), mp_context=get_context("spawn"), initializer=_leave_stopping)
    try:
        yield from pool.map(_write, [spec] * len(chunks), [out] * len(chunks), chunks)
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_stopping() -> None:
    """Let Ctrl-C reach the main process alone, which then stops the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
