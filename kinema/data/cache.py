"""A bounded cache of decoded clips on disk, so that small sets train at the speed of the network.

Axes in names: T frames, H rows, W columns, C channels.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing import Value
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kinema.data.clips import ClipRow
from kinema.data.transforms import storage_resize
from kinema.data.video import Video, open_video
from kinema.errors import VideoError
from kinema.models.clip import ClipSpec

LARGEST_CLIP_BYTES = 48 << 20  # a clip that is larger once shrunk (half a minute at 128 pixels) is read from its video


class Frames(Protocol):
    """What a clip's frames are drawn from: a part of a video, or its shrunk copy in the cache."""

    times_seconds: np.ndarray
    warnings: tuple[str, ...]

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames."""
        ...


@dataclass(frozen=True)
class StoredFrames:
    """Decoded frames as they lie in the cache; `frames_THWC` is mapped, not loaded."""

    frames_THWC: np.ndarray
    times_seconds: np.ndarray
    warnings: tuple[str, ...] = ()

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames."""
        return self.frames_THWC[np.asarray(indices, dtype=np.int64)]


class VideoPart:
    """The frames of a video between a row's start and end."""

    def __init__(self, video: Video, row: ClipRow) -> None:
        times = np.asarray(video.times_seconds)
        inside = np.ones(len(times), dtype=bool)
        if row.start_seconds is not None:
            inside &= times >= row.start_seconds
        if row.end_seconds is not None:
            inside &= times < row.end_seconds
        numbers = np.arange(len(times))
        if row.start_frame is not None:
            inside &= numbers >= row.start_frame
        if row.end_frame is not None:
            inside &= numbers < row.end_frame
        if not inside.any():
            raise VideoError(f"{video.path} has no frame in the part that its list names ({describe_part(row)}); it has "
                             f"{len(times)} frames up to {times[-1]:.2f} s. Mend the list or leave the row out.")
        self.video, self.indices = video, np.flatnonzero(inside)
        self.times_seconds, self.warnings = times[self.indices], tuple(video.warnings)

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames, counted from the part's first."""
        return self.video.read(self.indices[np.asarray(indices, dtype=np.int64)].tolist())


def describe_part(row: ClipRow) -> str:
    """The part of its video that a row names, in words."""
    if row.start_frame is not None or row.end_frame is not None:
        return f"frames {row.start_frame} to {row.end_frame}"
    return f"{row.start_seconds} to {row.end_seconds} s"


class ClipCache:
    """Opens the clips of a list; those that are small enough once shrunk are decoded one time only.

    Holds at most `limit_bytes` in `folder`, over all processes that share the object; what is oldest goes first when a
    new cache starts above that. A full disk only means that no more clips are stored.
    """

    def __init__(self, folder: Path | None, spec: ClipSpec, limit_bytes: int = 4 << 30) -> None:
        self.folder, self.spec, self.limit_bytes = folder, spec, limit_bytes
        self.used: Any = Value("q", 0)
        if folder is not None and limit_bytes > 0:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self.used.value = _prune(folder, limit_bytes)
            except OSError:
                self.folder = None

    def open(self, path: Path, row: ClipRow) -> Frames:
        """The frames of one row of a list; a `VideoError` says why there are none."""
        if self.folder is None or self.limit_bytes <= 0 or path.is_dir():
            return VideoPart(open_video(path, threads=1), row)
        stored = self.folder / self._name(path, row)
        found = _load(stored)
        if found is not None:
            return found
        with open_video(path, threads=1) as video:
            part = VideoPart(video, row)
            first = shrink(part.read([0]), self.spec)
            if first.nbytes * len(part.times_seconds) > LARGEST_CLIP_BYTES or self.used.value >= self.limit_bytes:
                return VideoPart(open_video(path, threads=1), row)
            steps = range(0, len(part.times_seconds), 32)  # 32 full frames at a time bound the memory, also for 4K
            frames = np.concatenate([
                shrink(part.read(range(start, min(start + 32, len(part.times_seconds)))), self.spec) for start in steps])
        self._store(stored, frames, part)
        return StoredFrames(frames, part.times_seconds, part.warnings)

    def _name(self, path: Path, row: ClipRow) -> str:
        try:
            state = path.stat()
        except OSError as error:
            raise VideoError(f"{path} cannot be read: {error.strerror}. Check the path in the list.") from error
        key = (str(path.absolute()), state.st_mtime_ns, state.st_size, row.start_seconds, row.end_seconds,
               row.start_frame, row.end_frame, self.spec.height, self.spec.width)
        return blake2b(repr(key).encode(), digest_size=16).hexdigest()

    def _store(self, stored: Path, frames: np.ndarray, part: VideoPart) -> None:
        if part.warnings:
            return  # a partly broken file is read, and reported, anew in every run
        with self.used.get_lock():
            self.used.value += frames.nbytes
        try:
            for suffix, values in ((".times.npy", part.times_seconds), (".npy", frames)):
                unfinished = stored.with_name(f"{stored.name}.{os.getpid()}.tmp")
                with unfinished.open("wb") as file:
                    np.save(file, values)
                unfinished.replace(stored.with_name(stored.name + suffix))
        except OSError:
            stored.with_name(f"{stored.name}.{os.getpid()}.tmp").unlink(missing_ok=True)
            with self.used.get_lock():
                self.used.value = self.limit_bytes


def shrink(frames_THWC: np.ndarray, spec: ClipSpec) -> np.ndarray:
    """Frames at the size at which they are kept: a little larger than the clip that is cut from them."""
    import torch
    return storage_resize(torch.from_numpy(frames_THWC), spec).numpy()


def _load(stored: Path) -> StoredFrames | None:
    try:
        frames = np.load(stored.with_name(stored.name + ".npy"), mmap_mode="r")
        return StoredFrames(frames, np.load(stored.with_name(stored.name + ".times.npy")))
    except (OSError, ValueError, EOFError):
        return None


def _prune(folder: Path, limit_bytes: int) -> int:
    """Delete the oldest clips until four fifths of the limit are left, if above it; return the bytes in use."""
    entries = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder)
                     if entry.name.endswith((".npy", ".tmp")))
    used = sum(size for _, size, _ in entries)
    if used > limit_bytes:
        for _, size, path in entries:
            if used <= limit_bytes * 4 // 5:
                break
            Path(path).unlink(missing_ok=True)
            used -= size
    return used


def default_folder() -> Path:
    """Where decoded clips are kept: $KINEMA_CACHE, else kinema/clips in the user's cache folder."""
    named = os.environ.get("KINEMA_CACHE")
    base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "kinema"
    return base / "clips"
