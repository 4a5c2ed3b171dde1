"""`motion`: pairs of classes that are each other's reversal, so that nothing but the order of frames tells them apart.

Only the first class of a pair is ever drawn; a clip of the second is a fresh one shown backwards. Both therefore have
exactly the same frames, whatever noise, shake and speed do, and a network blind to order ends at one in two.
"""

from collections.abc import Callable

import numpy as np

from kinema.data.synthetic.shapes import LOPSIDED, SHAPES, WHOLE, Array, Look, half, random_look
from kinema.data.synthetic.stage import Drawing, Event, Pose, Stage

Act = Callable[[Stage, Array], None]  # paints its object, given how far the action is in each frame, 0 to 1


def _slide(stage: Stage, part_T: Array, down: bool) -> None:
    rng, measures = stage.rng, (stage.size.tall, stage.size.wide)
    length, breadth = measures if down else measures[::-1]
    size = rng.uniform(0.11, 0.19)
    travel = rng.uniform(0.35, 0.6)
    start = rng.uniform(0.1, length - 0.1 - travel)
    along = start + travel * part_T
    across = rng.uniform(0.2, breadth - 0.2) + rng.uniform(-0.06, 0.06) * part_T
    x, y = (across, along) if down else (along, across)
    stage.paint(random_look(rng, stage.behind), Pose(x, y, size, rng.uniform(0, 6.3)), "object")


def right(stage: Stage, part_T: Array) -> None:
    _slide(stage, part_T, down=False)


def down(stage: Stage, part_T: Array) -> None:
    _slide(stage, part_T, down=True)


def _place(stage: Stage, edge: float) -> tuple[float, float]:
    return stage.rng.uniform(edge, stage.size.wide - edge), stage.rng.uniform(edge, stage.size.tall - edge)


def grow(stage: Stage, part_T: Array) -> None:
    rng = stage.rng
    small = rng.uniform(0.06, 0.1)
    large = small + rng.uniform(0.16, 0.22)
    x, y = _place(stage, 0.3)
    pose = Pose(x, y, small + (large - small) * part_T, rng.uniform(0, 6.3))
    stage.paint(random_look(rng, stage.behind), pose, "object")


def clockwise(stage: Stage, part_T: Array) -> None:
    rng = stage.rng
    angle_T = rng.uniform(0, 2 * np.pi) + 2 * np.pi * rng.uniform(0.45, 0.8) * part_T
    if rng.random() < 0.5:  # one object turns round itself
        look, (x, y) = random_look(rng, stage.behind, LOPSIDED), _place(stage, 0.32)
        pose = Pose(x, y, rng.uniform(0.2, 0.3), angle_T)
    else:  # one object goes round a place
        look, (x, y) = random_look(rng, stage.behind), _place(stage, 0.38)
        reach, size = rng.uniform(0.2, 0.28), rng.uniform(0.09, 0.13)
        pose = Pose(x + reach * np.cos(angle_T), y + reach * np.sin(angle_T), size, rng.uniform(0, 6.3))
    stage.paint(look, pose, "object")


def appear(stage: Stage, part_T: Array) -> None:
    rng, (x, y) = stage.rng, _place(stage, 0.2)
    pose = Pose(x, y, rng.uniform(0.12, 0.25), rng.uniform(0, 6.3), part_T)
    stage.paint(random_look(rng, stage.behind), pose, "object")


def open_(stage: Stage, part_T: Array) -> None:
    rng, (x, y) = stage.rng, _place(stage, 0.36)
    look = random_look(rng, stage.behind, WHOLE)
    size, angle = rng.uniform(0.14, 0.22), rng.uniform(0, 2 * np.pi)
    apart_T = rng.uniform(0.16, 0.24) * part_T
    for left in (True, False):
        away_T = -apart_T if left else apart_T
        pose = Pose(x + away_T * np.cos(angle), y + away_T * np.sin(angle), size, angle)
        stage.paint(Look(half(look.outline, left), look.fill), pose, "object")


PAIRS: dict[tuple[str, str], Act] = {  # the class that is drawn, and the one that is its reversal
    ("right", "left"): right,
    ("down", "up"): down,
    ("grow", "shrink"): grow,
    ("clockwise", "counterclockwise"): clockwise,
    ("appear", "vanish"): appear,
    ("open", "close"): open_,
}
LABELS = tuple(name for pair in PAIRS for name in pair)


def progress(frames: int, rng: np.random.Generator) -> Array:
    """How far an action is in each frame, 0 to 1: it starts and ends within the clip, evenly or eased."""
    begin, end = rng.uniform(-0.04, 0.15), 1 + rng.uniform(-0.15, 0.04)
    part_T = np.clip((np.linspace(0, 1, frames) - begin) / (end - begin), 0, 1)
    eased = rng.uniform(0, 0.7)
    return (1 - eased) * part_T + eased * part_T**2 * (3 - 2 * part_T)


def span(part_T: Array) -> tuple[int, int]:
    """The frames, first and last, between which something changes."""
    changes = np.flatnonzero(np.diff(part_T))
    return (int(changes[0]), int(changes[-1]) + 1) if len(changes) else (0, len(part_T) - 1)


def clutter(stage: Stage) -> None:
    """Up to six further objects at difficulty 1, each trembling about its place: alike in either direction of time."""
    rng, steps_T = stage.rng, np.arange(stage.size.frames)
    for _ in range(round(6 * stage.difficulty * rng.random())):
        x, y = _place(stage, 0.05)
        waves = [np.sin(steps_T * rng.uniform(0.2, 1.5) + rng.uniform(0, 6.3)) for _ in range(2)]
        tremble = rng.uniform(0, 0.03) * stage.difficulty
        pose = Pose(x + tremble * waves[0], y + tremble * waves[1], rng.uniform(0.03, 0.07), rng.uniform(0, 6.3))
        stage.paint(random_look(rng, stage.behind, tuple(SHAPES)), pose)


def draw(stage: Stage, label: str) -> Drawing:
    """Draw one clip of a class."""
    clutter(stage)
    pair, act = next((pair, act) for pair, act in PAIRS.items() if label in pair)
    part_T = progress(stage.size.frames, stage.rng)
    act(stage, part_T)
    drawing = stage.finish((Event(pair[0], *span(part_T)),))
    return drawing if label == pair[0] else drawing.reversed(label)


