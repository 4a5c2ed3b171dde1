"""A video that is a folder of pictures."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinema.data.video.decoder import Decoder
from kinema.data.video.paths import shown
from kinema.data.video.pixels import Pixels
from kinema.data.video.rates import check_fps
from kinema.data.video.video import Picture, Video
from kinema.errors import VideoError, counted, some

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


class VideoFolder(Video):
    """A folder of pictures (jpg, png, bmp, webp), in the natural order of their names: frame2 before frame10.

    They are shown at `fps` frames per second and read one by one as asked for. Pictures of another size than the first
    are scaled to it; one that cannot be decoded is replaced by one beside it (`warnings` says both once met).
    """

    path: Path

    def __init__(self, path: Path, fps: float = 25.0) -> None:
        self.path, self._fps = path, check_fps(fps)
        names = [entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES and entry.name[0] != "."]
        self._files = sorted((entry for entry in names if entry.stat().st_size), key=lambda entry: natural(entry.name))
        self._warnings: dict[str, None] = {}  # a set that keeps its order
        if len(self._files) < len(names):
            self._warn(f"{counted(len(names) - len(self._files), 'empty file')} left out")
        if not self._files:
            raise VideoError(f"{shown(path)} is a folder without pictures ({', '.join(SUFFIXES)}). {_held(path)}")
        first = next((frame for file in self._files if (frame := _decode(file)) is not None), None)
        if first is None:
            raise VideoError(f"{shown(path)} holds {len(self._files)} pictures, all broken. Copy them again.")
        self._pixels = Pixels(first, threads=1)
        self.height, self.width = self._pixels.height, self._pixels.width

    @property
    def times_seconds(self) -> NDArray[np.float64]:
        """Frame k is shown at k / fps."""
        return np.arange(len(self._files)) / self._fps

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was wrong with the pictures that were read so far."""
        return tuple(self._warnings)

    def frames(self) -> Iterator[tuple[float, Picture]]:
        """Every (time in seconds, H W 3 uint8)."""
        for number, picture in self.pictures(range(len(self._files))):
            yield number / self._fps, picture

    def pictures(self, indices: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        """(index, picture) of each index."""
        return ((number, self._picture(number)) for number in indices)

    def _picture(self, number: int) -> Picture:
        for other in (*range(number, -1, -1), *range(number + 1, len(self._files))):
            frame = _decode(self._files[other])
            if frame is None:
                self._warn(f"damaged: {self._files[other].name} cannot be decoded; a neighbour stands in for it")
                continue
            if not self._pixels.fits(frame):
                self._warn(f"{self._files[other].name} has another size than the first and was scaled to it")
            return self._pixels(frame)
        raise VideoError(f"The pictures in {shown(self.path)} can no longer be decoded. Has the folder changed?")

    def _warn(self, said: str) -> None:
        self._warnings[said] = None

    def close(self) -> None:
        """Nothing stays open between readings."""

    def __reduce__(self) -> Any:
        return VideoFolder, (self.path, self._fps)


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts numbers in names by their value: frame2 before frame10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", name)]


def _decode(file: Path) -> Any:
    try:
        with Decoder(file, threads=1) as decoder:
            return decoder.peek()
    except VideoError:
        return None


def _held(path: Path) -> str:
    held = sorted(entry.name for entry in path.iterdir())
    return f"It holds {some(held, 3)}." if held else "It is empty."
