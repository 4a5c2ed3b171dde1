"""`scene`: the place tells the class, and what moves in it, and how, says nothing."""

from collections.abc import Callable

import numpy as np

from kinema.data.synthetic import motion
from kinema.data.synthetic.backdrop import cloudy
from kinema.data.synthetic.shapes import Array
from kinema.data.synthetic.stage import Drawing, Event, Stage

LIGHT, HAZE = 0.8, 0.8  # at difficulty 1: the spread of each colour's brightness (of its log), and the densest haze

Place = Callable[[Array, Array, np.random.Generator], Array]  # x, y in (0, 1) and randomness to colours (H, W, 3)


def _tint(rng: np.random.Generator, *colour: float) -> Array:
    return np.clip(np.asarray(colour, np.float32) + rng.uniform(-0.07, 0.07, 3), 0, 1).astype(np.float32)


def _mix(first: Array, second: Array, part: Array) -> Array:
    return first + (second - first) * np.clip(part, 0, 1)[..., None]


def _land(sky: Array, ground: Array, y: Array, horizon: Array | float) -> Array:
    return np.where((y > horizon)[..., None], ground, sky)


def _cloudy(x: Array, rng: np.random.Generator, finest: int = 16) -> Array:
    return cloudy(x.shape[0], x.shape[1], rng, finest)


def sea(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Waves under a pale sky."""
    horizon = rng.uniform(0.25, 0.45)
    depth = (y - horizon) / (1 - horizon)
    crests = np.sin(40 * np.sqrt(np.clip(depth, 0, 1)) + 3 * _cloudy(x, rng))
    water = _mix(_tint(rng, 0.1, 0.35, 0.6), _tint(rng, 0.3, 0.6, 0.75), 0.5 + 0.6 * crests)
    return _land(_mix(_tint(rng, 0.55, 0.75, 0.9), _tint(rng, 0.85, 0.9, 0.95), y / horizon), water, y, horizon)


def forest(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Trunks before dark leaves."""
    image = _mix(_tint(rng, 0.08, 0.22, 0.1), _tint(rng, 0.25, 0.45, 0.2), _cloudy(x, rng, 32))
    for middle, reach in zip(rng.random(7), rng.uniform(0.015, 0.045, 7), strict=True):
        bark = _tint(rng, 0.33, 0.22, 0.14) * (0.8 + 0.4 * rng.random())
        image = np.where((np.abs(x - middle + 0.03 * (y - 0.5)) < reach)[..., None], bark, image)
    return image


def desert(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Dunes under a hot sky."""
    image = _mix(_tint(rng, 0.45, 0.65, 0.85), _tint(rng, 0.9, 0.85, 0.7), y / 0.5)
    for ridge in np.linspace(0.35, 0.8, 4):
        dune = ridge + 0.08 * np.sin(2 * np.pi * (x * rng.uniform(0.6, 1.6) + rng.random()))
        sand = _tint(rng, 0.82, 0.66, 0.4) * np.float32(1.1 - 0.35 * ridge)
        image = _land(image, _mix(sand, sand * 0.85, 0.5 + 0.5 * np.sin(60 * (y - dune))), y, dune)
    return image


def city(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Blocks of houses with windows."""
    image = _mix(_tint(rng, 0.6, 0.65, 0.72), _tint(rng, 0.78, 0.78, 0.78), y)
    for left, top in zip(np.linspace(-0.05, 0.85, 5), rng.uniform(0.05, 0.4, 5), strict=True):
        wall, glass, cells = _tint(rng, 0.42, 0.4, 0.4), _tint(rng, 0.8, 0.75, 0.5), rng.uniform(11, 16)
        window = (np.sin(2 * np.pi * cells * x) > 0.2) & (np.sin(2 * np.pi * cells * y) > 0.2)
        house = (x > left) & (x < left + rng.uniform(0.16, 0.24)) & (y > top)
        image = np.where(house[..., None], np.where(window[..., None], glass, wall), image)
    return image


def night(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Stars and a moon."""
    image = _mix(_tint(rng, 0.07, 0.07, 0.16), _tint(rng, 0.12, 0.12, 0.3), y)
    for across, down in rng.random((40, 2)):
        image = np.where((np.hypot(x - across, y - down) < 0.012)[..., None], _tint(rng, 0.85, 0.85, 0.75), image)
    moon = np.hypot(x - rng.uniform(0.2, 0.8), y - rng.uniform(0.15, 0.4)) < rng.uniform(0.07, 0.12)
    return np.where(moon[..., None], _tint(rng, 0.9, 0.88, 0.75), image)


def meadow(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Flowers in bright grass."""
    image = _mix(_tint(rng, 0.3, 0.55, 0.2), _tint(rng, 0.5, 0.75, 0.3), _cloudy(x, rng, 32))
    for across, down in rng.random((30, 2)):
        petals = _tint(rng, *((0.9, 0.85, 0.3), (0.9, 0.4, 0.5), (0.92, 0.92, 0.92))[rng.integers(3)])
        image = np.where((np.hypot(x - across, y - down) < 0.022)[..., None], petals, image)
    return image


def snow(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Firs on white hills."""
    hill = rng.uniform(0.4, 0.55) + 0.06 * np.sin(2 * np.pi * (x + rng.random()))
    sky = _mix(_tint(rng, 0.6, 0.7, 0.82), _tint(rng, 0.8, 0.85, 0.9), y)
    image = _land(sky, _tint(rng, 0.92, 0.93, 0.95), y, hill)
    for across, foot in zip(rng.random(6), rng.uniform(0.45, 0.95, 6), strict=True):
        tall = 0.16 + 0.12 * foot
        fir = (y < foot) & (y > foot - tall) & (np.abs(x - across) < 0.35 * (y - foot + tall))
        image = np.where(fir[..., None], _tint(rng, 0.15, 0.3, 0.25), image)
    return image


def bricks(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """A wall of bricks and its joints."""
    cells = rng.uniform(5, 8)
    row = np.floor(y * cells * 1.5)
    u, v = (x * cells + 0.5 * (row % 2)) % 1, (y * cells * 1.5) % 1
    tone = rng.random((64, 64))[row.astype(int) % 64, np.floor(x * cells + 0.5 * (row % 2)).astype(int) % 64]
    image = _mix(_tint(rng, 0.6, 0.3, 0.24), _tint(rng, 0.72, 0.45, 0.36), tone)
    return np.where(((u < 0.07) | (v < 0.1))[..., None], _tint(rng, 0.8, 0.78, 0.74), image)


PLACES: dict[str, Place] = {
    "sea": sea, "forest": forest, "desert": desert, "city": city,
    "night": night, "meadow": meadow, "snow": snow, "bricks": bricks,
}
LABELS = tuple(PLACES)


def place(label: str, height: int, width: int, difficulty: float, rng: np.random.Generator) -> Array:
    """A place of a class as an image (H, W, 3), in a light and a haze whose colours difficulty makes stronger."""
    y, x = np.mgrid[:height, :width].astype(np.float32) / np.asarray([height, width], np.float32)[:, None, None]
    grain = 0.08 * (cloudy(height, width, rng, 32)[..., None] - 0.5)
    image = PLACES[label](x, y, rng) + grain
    light, haze = np.exp(LIGHT * difficulty * rng.standard_normal(3)), rng.random(3)
    return np.clip(_mix(image * light, haze, HAZE * difficulty * rng.random((1, 1))), 0, 1).astype(np.float32)


def draw(stage: Stage, label: str) -> Drawing:
    """Draw one clip of a class: any motion of any object in its place."""
    motion.clutter(stage)
    acts = tuple(motion.PAIRS.values())
    part_T = motion.progress(stage.size.frames, stage.rng)
    acts[stage.rng.integers(len(acts))](stage, part_T)
    drawing = stage.finish((Event(label, 0, stage.size.frames - 1),))
    return drawing.reversed(label) if stage.rng.random() < 0.5 else drawing
