"""`change`: classes of change that the order of frames does not tell: every clip is as likely backwards as forwards.

The two classes of a pair show the same objects in the same places equally often, so that no single frame tells them
apart either; how the places of several frames lie to each other does.
"""

from collections.abc import Callable

import numpy as np

from kinema.data.synthetic.motion import clutter
from kinema.data.synthetic.shapes import SHAPES, Array, random_look
from kinema.data.synthetic.stage import Drawing, Event, Pose, Stage

Act = Callable[[Stage, bool], None]  # paints its objects, as the first class of its pair does or as the second


def bounce(phase: Array) -> Array:
    """A place between 0 and 1 that goes to and fro as its phase runs on; at any time as likely here as there."""
    return 1 - np.abs((phase % 2) - 1)


def moves(stage: Stage, first: bool) -> None:
    """Three small objects wander to and fro, or stay where they are."""
    rng, time_T = stage.rng, np.linspace(0, 1, stage.size.frames)
    for _ in range(3):
        speed = rng.uniform(0.6, 1.2) if first else 0.0
        _shuttle(stage, rng.random() * 2 + speed * time_T, rng.uniform(0.05, 0.08), 0.4)


def fast(stage: Stage, first: bool) -> None:
    """One object in the shape of a ring shuttles quickly, or slowly."""
    rng, time_T = stage.rng, np.linspace(0, 1, stage.size.frames)
    speed = rng.uniform(1.8, 2.6) if first else rng.uniform(0.3, 0.7)
    _shuttle(stage, rng.random() * 2 + speed * time_T, rng.uniform(0.1, 0.16), 0.55, shapes=("ring",))


def steady(stage: Stage, first: bool) -> None:
    """One large object goes the same way evenly, or with two or three stops."""
    rng, time_T = stage.rng, np.linspace(0, 1, stage.size.frames)
    part_T = time_T
    if not first:
        legs = rng.integers(3, 5)
        part_T = time_T * legs
        rest = rng.uniform(0.55, 0.65)
        offset = rng.random()
        part_T = np.floor(part_T + offset) + np.clip(((part_T + offset) % 1 - rest) / (1 - rest), 0, 1)
        part_T = (part_T - part_T.min()) / (np.ptp(part_T) + 1e-6)
    _shuttle(stage, rng.uniform(0, 0.1) + 0.9 * part_T, rng.uniform(0.17, 0.22), 0.6)


def collide(stage: Stage, first: bool) -> None:
    """Two objects in neighbouring lanes come together and turn back, or go by each other."""
    rng = stage.rng
    middle, half_way = rng.uniform(0.45, 0.55), rng.uniform(0.28, 0.36)
    phase_T = np.linspace(-1, 1, stage.size.frames) + rng.uniform(-0.15, 0.15)
    along_T = -np.abs(phase_T) if first else phase_T
    along_T = along_T * half_way * rng.choice([-1, 1])
    size = rng.uniform(0.1, 0.13)
    angle = rng.uniform(0, 2 * np.pi)
    x, y = stage.size.wide * middle, stage.size.tall * rng.uniform(0.45, 0.55)
    for side in (-1, 1):
        ahead_T, aside = side * along_T, side * size
        across_T = x + ahead_T * np.cos(angle) - aside * np.sin(angle)
        down_T = y + ahead_T * np.sin(angle) + aside * np.cos(angle)
        look, name = random_look(rng, stage.behind, ("disc",)), f"object{1 if side < 0 else 2}"
        stage.paint(look, Pose(across_T, down_T, size), name)


def _shuttle(stage: Stage, phase_T: Array, size: float, length: float, shapes: tuple[str, ...] = tuple(SHAPES)) -> None:
    """Move an object along a straight path to and fro, as `bounce` says."""
    rng, angle = stage.rng, stage.rng.uniform(0, 2 * np.pi)
    across, down = length * np.cos(angle), length * np.sin(angle)
    edge_x, edge_y = (min(0.48, abs(run) / 2 + size * 0.6) for run in (across, down))
    x, y = rng.uniform(edge_x, stage.size.wide - edge_x), rng.uniform(edge_y, stage.size.tall - edge_y)
    along_T = bounce(phase_T) - 0.5
    pose = Pose(x + across * along_T, y + down * along_T, size, rng.uniform(0, 6.3))
    stage.paint(random_look(rng, stage.behind, shapes), pose, f"object{len(stage.masks) + 1}")


PAIRS: dict[tuple[str, str], Act] = {
    ("moves", "still"): moves,
    ("fast", "slow"): fast,
    ("steady", "stop_and_go"): steady,
    ("collide", "pass"): collide,
}
LABELS = tuple(name for pair in PAIRS for name in pair)


def draw(stage: Stage, label: str) -> Drawing:
    """Draw one clip of a class."""
    clutter(stage)
    pair, act = next((pair, act) for pair, act in PAIRS.items() if label in pair)
    act(stage, label == pair[0])
    drawing = stage.finish((Event(label, 0, stage.size.frames - 1),))
    return drawing.reversed(label) if stage.rng.random() < 0.5 else drawing
