"""Random backgrounds: textures for the kinds in which they say nothing."""

from collections.abc import Callable

import numpy as np

from kinema.data.synthetic.shapes import Array

Texture = Callable[[Array, Array, np.random.Generator], Array]


def resize(grid: Array, height: int, width: int) -> Array:
    """A small grid (h, w) stretched smoothly over an image."""
    rows, columns = (_hats(n, small) for n, small in ((height, grid.shape[0]), (width, grid.shape[1])))
    return (rows @ grid @ columns.T).astype(np.float32)


def _hats(length: int, small: int) -> Array:
    places = np.linspace(0, small - 1, length)[:, None]
    return np.clip(1 - np.abs(places - np.arange(small)), 0, 1)


def cloudy(height: int, width: int, rng: np.random.Generator, finest: int = 16) -> Array:
    """Noise of several sizes, (H, W), spread over 0 to 1."""
    image = np.zeros((height, width), np.float32)
    cells, weight = 2, 1.0
    while cells <= finest:
        image += weight * resize(rng.random((cells + 1, cells + 1)), height, width)
        cells, weight = cells * 2, weight * 0.6
    return (image - image.min()) / (np.ptp(image) + 1e-6)


def _clouds(x: Array, y: Array, rng: np.random.Generator) -> Array:
    return cloudy(x.shape[0], x.shape[1], rng)


def _gradient(x: Array, y: Array, rng: np.random.Generator) -> Array:
    angle = rng.uniform(0, 2 * np.pi)
    slope = x * np.cos(angle) + y * np.sin(angle)
    return (slope - slope.min()) / np.ptp(slope)


def _stripes(x: Array, y: Array, rng: np.random.Generator) -> Array:
    angle, count = rng.uniform(0, np.pi), rng.uniform(3, 9)
    return 0.5 + 0.5 * np.clip(3 * np.sin(2 * np.pi * count * (x * np.cos(angle) + y * np.sin(angle))), -1, 1)


def _checks(x: Array, y: Array, rng: np.random.Generator) -> Array:
    angle, count = rng.uniform(0, np.pi), rng.uniform(2, 5)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return 0.5 + 0.5 * np.clip(6 * np.sin(2 * np.pi * count * u) * np.sin(2 * np.pi * count * v), -1, 1)


def _spots(x: Array, y: Array, rng: np.random.Generator) -> Array:
    image = np.zeros_like(x)
    for across, down, reach in zip(rng.random(12), rng.random(12), rng.uniform(0.04, 0.15, 12), strict=True):
        image = np.maximum(image, np.clip(6 * (1 - np.hypot(x - across, y - down) / reach), 0, 1))
    return image


TEXTURES: dict[str, Texture] = {
    "clouds": _clouds, "gradient": _gradient, "stripes": _stripes, "checks": _checks, "spots": _spots,
}


def texture(height: int, width: int, rng: np.random.Generator) -> Array:
    """A random texture between two random colours not too far apart, with some cloudiness on it: (H, W, 3)."""
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    pattern = tuple(TEXTURES.values())[rng.integers(len(TEXTURES))](x, y, rng)
    base = rng.uniform(0.15, 0.85, 3)
    other = np.clip(base + rng.uniform(0.08, 0.2) * rng.choice([-1, 1], 3), 0, 1)
    image = base + (other - base) * pattern[..., None] + 0.1 * (cloudy(height, width, rng)[..., None] - 0.5)
    return np.clip(image, 0, 1).astype(np.float32)
