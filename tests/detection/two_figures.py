"""Films of several people in one room who each do something, with their boxes as annotations."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinema.data.synthetic import figures
from kinema.data.synthetic.encode import write_mp4
from kinema.data.synthetic.shapes import Array
from kinema.data.synthetic.spec import Size
from kinema.data.synthetic.stage import Stage, margin
from kinema.data.synthetic.truth import boxes as boxes_of
from kinema.detection.ava import BoxRow, write_rows

FPS, FRAMES = 12.0, 36
MIDDLE = FRAMES // 2


def film(labels: Sequence[str], side: int, seed: int) -> tuple[Array, list[Array]]:
    """A video (T H W 3) of figures side by side in one room, and each one's boxes (T 4) as parts of its picture."""
    size = Size(FRAMES, side, side)
    edge, wide = margin(size), side * len(labels)
    room = figures.room(side + 2 * edge + 1, wide + 2 * edge + 1, np.random.default_rng([seed, 17]))
    parts, found = [], []
    for number, label in enumerate(labels):
        stage = Stage(size, 0.0, np.random.default_rng([seed, number]))
        stage.backdrop(room[:, number * side : (number + 1) * side + 2 * edge + 1])
        drawing = figures.draw(stage, label)
        parts.append(drawing.frames_THWC)
        places = np.array([box or [np.nan] * 4 for box in boxes_of(drawing.masks["person"])], float)
        places[:, [0, 2]] += number * side
        found.append(places / [wide, side, wide, side])
    return np.concatenate(parts, axis=2), found


def write_set(folder: Path, name: str, shown: Sequence[Sequence[str]], side: int, seed: int) -> Path:
    """Films of the labels that each shows, and their annotation at the middle frame: a csv beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, labels in enumerate(shown):
        frames_THWC, boxes = film(labels, side, seed * 100_000 + number)
        write_mp4(folder / f"{name}_{number:04d}.mp4", frames_THWC, FPS)
        rows += [BoxRow(f"{name}_{number:04d}", MIDDLE / FPS, tuple(box_T4[MIDDLE].tolist()), action(label), person)
                 for person, (label, box_T4) in enumerate(zip(labels, boxes, strict=True))]
    write_rows(rows, folder / f"{name}.csv")
    return folder / f"{name}.csv"


def action(label: str) -> int:
    """The number of an action, from 1."""
    return figures.LABELS.index(label) + 1
