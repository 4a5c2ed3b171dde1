"""Outlines as signed distances and fills as colours, both functions of a place (u, v) in the object's own units.

An outline is negative inside, positive outside, and reaches about 1 from its middle. u runs right and v down while
the object is not turned. Arrays of any shape go in, and come out the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Outline = Callable[[Array, Array], Array]
Fill = Callable[[Array, Array], Array]


def disc(u: Array, v: Array) -> Array:
    return np.hypot(u, v) - 0.9


def ring(u: Array, v: Array) -> Array:
    return np.abs(np.hypot(u, v) - 0.65) - 0.25


def box(half_u: float, half_v: float, at_u: float = 0.0, at_v: float = 0.0) -> Outline:
    """A rectangle, given half its sides and its middle."""
    return lambda u, v: np.maximum(np.abs(u - at_u) - half_u, np.abs(v - at_v) - half_v)


def polygon(corners: int) -> Outline:
    """A regular polygon, one corner up."""
    angles = np.pi / 2 + np.pi / corners + 2 * np.pi * np.arange(corners) / corners
    sides = [(float(np.cos(a)), float(np.sin(a))) for a in angles]

    def outline(u: Array, v: Array) -> Array:
        distance = sides[0][0] * u + sides[0][1] * v
        for across, down in sides[1:]:
            distance = np.maximum(distance, across * u + down * v)
        return distance - np.cos(np.pi / corners)

    return outline


def union(*outlines: Outline) -> Outline:
    def outline(u: Array, v: Array) -> Array:
        distance = outlines[0](u, v)
        for other in outlines[1:]:
            distance = np.minimum(distance, other(u, v))
        return distance

    return outline


def half(outline: Outline, left: bool) -> Outline:
    """What of an outline lies left (or right) of its middle."""
    return lambda u, v: np.maximum(outline(u, v), u if left else -u)


SHAPES: dict[str, Outline] = {
    "disc": disc,
    "ring": ring,
    "square": box(0.75, 0.75),
    "bar": box(0.95, 0.4),
    "triangle": polygon(3),
    "pentagon": polygon(5),
    "hexagon": polygon(6),
    "cross": union(box(0.9, 0.28), box(0.28, 0.9)),
    "corner": union(box(0.28, 0.85, -0.5), box(0.8, 0.28, 0.0, 0.55)),
    "arrow": union(lambda u, v: polygon(3)(u, v * 1.3 + 0.35) / 1.3, box(0.28, 0.5, 0.0, 0.4)),
    "flag": union(box(0.13, 0.95, -0.6), box(0.6, 0.4, 0.1, -0.5)),
}
LOPSIDED = ("corner", "arrow", "flag")  # look different after any turn: a spin shows on them
WHOLE = ("disc", "square", "bar", "hexagon", "cross", "pentagon")  # have a middle that both halves share

PATTERNS: dict[str, Outline] = {  # which of two colours a place has: 0 or 1
    "plain": lambda u, v: np.zeros_like(u),
    "halves": lambda u, v: (u > 0).astype(u.dtype),
    "stripes": lambda u, v: (np.sin(5 * u) > 0).astype(u.dtype),
    "checks": lambda u, v: (np.sin(4 * u) * np.sin(4 * v) > 0).astype(u.dtype),
    "core": lambda u, v: (np.hypot(u, v) < 0.45).astype(u.dtype),
}


def flat(colour: Array) -> Fill:
    """One colour everywhere."""
    return lambda u, v: np.asarray(colour, np.float32)


def patterned(pattern: str, first: Array, second: Array) -> Fill:
    """Two colours in a pattern of `PATTERNS`."""
    return lambda u, v: np.where(PATTERNS[pattern](u, v)[..., None] > 0.5, second, first).astype(np.float32)


@dataclass(frozen=True)
class Look:
    """How an object looks: its outline and its colours."""

    outline: Outline
    fill: Fill


def contrasting(rng: np.random.Generator, colour: Array, least: float = 0.3) -> Array:
    """A random colour at least `least` brighter or darker than another (of up to 50 tries the best)."""
    tries = rng.random((50, 3), dtype=np.float32)
    gaps = np.abs((tries - colour).mean(axis=1))
    return tries[int(np.argmax(gaps > least)) if gaps.max() > least else int(gaps.argmax())]


def random_look(rng: np.random.Generator, behind: Array, shapes: tuple[str, ...] = tuple(SHAPES)) -> Look:
    """A random shape, colour and texture that stand out from the mean colour `behind` them."""
    first = contrasting(rng, behind)
    second = contrasting(rng, behind, 0.2)
    outline = SHAPES[shapes[rng.integers(len(shapes))]]
    pattern = tuple(PATTERNS)[rng.integers(len(PATTERNS))]
    return Look(outline, patterned(pattern, first, second))
