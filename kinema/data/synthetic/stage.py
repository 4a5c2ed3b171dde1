"""Where a clip is drawn: a backdrop, objects painted over it one after another, a camera that shakes, and noise.

Places and sizes are in short sides of the frame (x right, y down, the origin at its top left corner), so that a
drawing is the same at every size. Axes: T frames, H rows, W columns, C colours, 2 = (x, y).
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from kinema.data.synthetic.shapes import Array, Look
from kinema.data.synthetic.spec import Size

SHAKE = 0.035  # the camera's largest excursion in short sides, at difficulty 1: objects move 0.3 and more


@dataclass(frozen=True)
class Event:
    """What happens, from a frame to a frame (both belong to it)."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class Drawing:
    """A finished clip and its truth: what happens when, and where each acting object is (whole, also where hidden)."""

    frames_THWC: Array
    masks: dict[str, Array]
    events: tuple[Event, ...]
    points: dict[str, Array] = field(default_factory=dict)
    shake_pixels: float = 0.0

    def reversed(self, *names: str) -> "Drawing":
        """The same clip shown backwards, its events called `names` instead."""
        last = len(self.frames_THWC) - 1
        return replace(
            self,
            frames_THWC=self.frames_THWC[::-1],
            masks={name: mask_THW[::-1] for name, mask_THW in self.masks.items()},
            events=tuple(Event(n, last - e.last, last - e.first) for n, e in zip(names, self.events, strict=True)),
            points={name: point_T2[::-1] for name, point_T2 in self.points.items()},
        )

    def mirrored(self) -> "Drawing":
        """The same clip in a mirror: left is right."""
        width = self.frames_THWC.shape[2]
        return replace(
            self,
            frames_THWC=self.frames_THWC[:, :, ::-1],
            masks={name: mask_THW[:, :, ::-1] for name, mask_THW in self.masks.items()},
            points={name: np.stack([width - p[:, 0], p[:, 1]], axis=1) for name, p in self.points.items()},
        )


@dataclass(frozen=True)
class Pose:
    """Where an object is in each frame: numbers, or one per frame. Size is half its extent, angle turns clockwise."""

    x: float | Array
    y: float | Array
    size: float | Array
    angle: float | Array = 0.0
    opacity: float | Array = 1.0


class Stage:
    """A clip being drawn. Everything random about it comes from `rng`, in the order of the calls."""

    def __init__(self, size: Size, difficulty: float, rng: np.random.Generator) -> None:
        self.size, self.difficulty, self.rng = size, difficulty, rng
        self.shake_T2 = shake(size.frames, difficulty * SHAKE * size.side, rng)
        self.frames_THWC = np.zeros((size.frames, size.height, size.width, 3), np.float32)
        self.masks: dict[str, Array] = {}
        self.behind = np.zeros(3, np.float32)

    def backdrop(self, image_HWC: Array) -> None:
        """Hang an image, larger than the frame by `margin(size)` on every side, behind the stage."""
        edge, (height, width) = margin(self.size), self.frames_THWC.shape[1:3]
        for frame_HWC, (x, y) in zip(self.frames_THWC, edge - self.shake_T2, strict=True):
            left, top = int(x), int(y)
            right, below = x - left, y - top
            part = image_HWC[top:top + height + 1, left:left + width + 1]
            rows = part[:-1] * np.float32(1 - below) + part[1:] * np.float32(below)
            frame_HWC[:] = rows[:, :-1] * np.float32(1 - right) + rows[:, 1:] * np.float32(right)
        self.behind = image_HWC.mean(axis=(0, 1))

    def paint(self, look: Look, pose: Pose, name: str | None = None) -> None:
        """Paint an object over what is there; with a name, its masks join the truth."""
        x, y, size, angle, opacity = (self._per_frame(value) for value in vars(pose).values())
        x, y, size = x * self.size.side + self._shake_x, y * self.size.side + self._shake_y, size * self.size.side
        rows, columns = self._window(x, y, 1.45 * size)
        across, down = self._columns[:, :, columns] - x, self._rows[:, rows] - y
        cos, sin = np.cos(angle) / size, np.sin(angle) / size
        u, v = cos * across + sin * down, cos * down - sin * across
        cover = np.clip(0.5 - look.outline(u, v) * size, 0, 1)
        self._blend(rows, columns, cover * opacity, look.fill(u, v))
        self._note(name, rows, columns, (cover > 0.5) & (opacity > 0.1))

    def limb(self, ends: tuple[Array, Array], thick: tuple[float, float], colour: Array, name: str) -> None:
        """Paint a rounded stick from one place (T, 2) to another, with a half thickness at either end."""
        start, stop = (self._per_frame(end_T2) * self.size.side for end_T2 in ends)
        x, y, run, rise = start[..., 0], start[..., 1], (stop - start)[..., 0], (stop - start)[..., 1]
        x, y = x + self._shake_x, y + self._shake_y
        reach = np.float32(max(thick) * self.size.side + 1)
        rows, columns = self._window(np.stack([x, x + run]), np.stack([y, y + rise]), reach)
        across, down = self._columns[:, :, columns] - x, self._rows[:, rows] - y
        along = np.clip((across * run + down * rise) / (run**2 + rise**2 + 1e-6), 0, 1)
        half_pixels = (thick[0] + (thick[1] - thick[0]) * along) * self.size.side
        distance = np.hypot(across - along * run, down - along * rise) - half_pixels
        cover = np.clip(0.5 - distance, 0, 1)
        self._blend(rows, columns, cover, np.asarray(colour, np.float32))
        self._note(name, rows, columns, cover > 0.5)

    def finish(self, events: tuple[Event, ...], points: dict[str, Array] | None = None) -> Drawing:
        """Add the camera's noise and round to bytes; `points` are places in short sides, told in pixels."""
        sigma = np.float32(0.01 + 0.05 * self.difficulty)
        noise = self.rng.standard_normal((*self.frames_THWC.shape[:3], 1), np.float32) * sigma
        frames = (np.clip(self.frames_THWC + noise, 0, 1) * 255 + 0.5).astype(np.uint8)
        seen = {name: place_T2 * self.size.side + self.shake_T2 for name, place_T2 in (points or {}).items()}
        return Drawing(frames, self.masks, events, seen, float(np.ptp(self.shake_T2, axis=0).max()))

    def _per_frame(self, value: float | Array) -> Array:
        value = np.asarray(value, np.float32)
        return value.reshape(-1, 1, 1, *value.shape[1:])

    def _window(self, x: Array, y: Array, reach: Array | np.float32) -> tuple[slice, slice]:
        top, left = max(0, int((y - reach).min())), max(0, int((x - reach).min()))
        below, right = max(top, int((y + reach).max()) + 2), max(left, int((x + reach).max()) + 2)
        return slice(top, min(below, self.size.height)), slice(left, min(right, self.size.width))

    def _blend(self, rows: slice, columns: slice, cover: Array, colour: Array) -> None:
        part = self.frames_THWC[:, rows, columns]
        part += cover[..., None] * (colour - part)

    def _note(self, name: str | None, rows: slice, columns: slice, inside: Array) -> None:
        if name is not None:
            mask_THW = self.masks.setdefault(name, np.zeros(self.frames_THWC.shape[:3], bool))
            mask_THW[:, rows, columns] |= inside

    @cached_property
    def _rows(self) -> Array:
        return (np.arange(self.size.height, dtype=np.float32) + 0.5)[None, :, None]

    @cached_property
    def _columns(self) -> Array:
        return (np.arange(self.size.width, dtype=np.float32) + 0.5)[None, None, :]

    @property
    def _shake_x(self) -> Array:
        return self._per_frame(self.shake_T2[:, 0])

    @property
    def _shake_y(self) -> Array:
        return self._per_frame(self.shake_T2[:, 1])


def margin(size: Size) -> int:
    """How far, in pixels, a backdrop reaches beyond the frame: as far as any camera shakes, and one more."""
    return int(np.ceil(SHAKE * size.side)) + 1


def shake(frames: int, most: float, rng: np.random.Generator) -> Array:
    """A hand-held camera: offsets (T, 2) in pixels, of zero mean, at most `most`, alike in either direction of time."""
    steps = np.arange(frames)[:, None, None] / frames
    waves = np.sin(2 * np.pi * (steps * rng.uniform(0.5, 4, (2, 3)) + rng.random((2, 3)))).sum(axis=2)
    waves -= waves.mean(axis=0)
    return (waves * most * rng.uniform(0.5, 1) / np.abs(waves).max()).astype(np.float32)
