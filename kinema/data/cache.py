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

FULL_BYTES = 32 << 20  # full frames in memory at a time, also of a 4K video
LARGEST_CLIP_BYTES = 48 << 20  # a clip that is larger once shrunk (half a minute at 128 pixels) is read from its video


class Frames(Protocol):
    """What a clip's frames are drawn from: a part of a video, or its shrunk copy in the cache."""

    @property
    def times_seconds(self) -> np.ndarray:
        """When each frame is shown."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the video, in words."""
        ...

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
    """The frames of a video that belong to a row of a list, read from the video when they are asked for."""

    def __init__(self, video: Video, row: ClipRow) -> None:
        times = np.asarray(video.times_seconds)
        self.indices = np.array(
            [number for number, time in enumerate(times) if holds(row, time, number)], dtype=np.int64
        )
        if not len(self.indices):
            raise empty_part(video, row, len(times))
        self.video, self.times_seconds, self.warnings = video, times[self.indices], tuple(video.warnings)

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames, counted from the part's first."""
        return self.video.read(self.indices[np.asarray(indices, dtype=np.int64)].tolist())


def holds(row: ClipRow, time_seconds: float, frame: int) -> bool:
    """Whether a frame of the video belongs to the row's part of it."""
    return (
        (row.start_seconds is None or time_seconds >= row.start_seconds)
        and (row.end_seconds is None or time_seconds < row.end_seconds)
        and (row.start_frame is None or frame >= row.start_frame)
        and (row.end_frame is None or frame < row.end_frame)
    )


def empty_part(video: Video, row: ClipRow, frames: int) -> VideoError:
    """What to say of a row whose part of the video holds no frame."""
    return VideoError(
        f"{video.path} has no frame in the part that its list names ({describe_part(row)}); it has {frames} "
        f"frames in all. Mend the list or leave the row out."
    )


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
            decoded = self._decode(video, row)
        if decoded is None or self.used.value >= self.limit_bytes:
            return decoded or VideoPart(open_video(path, threads=1), row)
        self._store(stored, decoded)
        return decoded

    def _decode(self, video: Video, row: ClipRow) -> StoredFrames | None:
        """All frames of a row, shrunk, in one pass over the video with few full frames at a time; None: too many."""
        shrunk, times, full, stored_bytes, number = [], [], [], 0, -1
        for number, (time, frame_HWC) in enumerate(video.frames()):
            if holds(row, time, number):
                times.append(time)
                full.append(frame_HWC)
            if len(full) * frame_HWC.nbytes >= FULL_BYTES:
                shrunk.append(shrink(np.stack(full), self.spec))
                stored_bytes, full = stored_bytes + shrunk[-1].nbytes, []
                if stored_bytes > LARGEST_CLIP_BYTES:
                    return None
        if full:
            shrunk.append(shrink(np.stack(full), self.spec))
        if not shrunk:
            raise empty_part(video, row, number + 1)
        return StoredFrames(np.concatenate(shrunk), np.array(times), tuple(video.warnings))

    def _name(self, path: Path, row: ClipRow) -> str:
        try:
            state = path.stat()
        except OSError as error:
            raise VideoError(f"{path} cannot be read: {error.strerror}. Check the path in the list.") from error
        key = (
            str(path.absolute()),
            state.st_mtime_ns,
            state.st_size,
            row.start_seconds,
            row.end_seconds,
            row.start_frame,
            row.end_frame,
            self.spec.height,
            self.spec.width,
        )
        return blake2b(repr(key).encode(), digest_size=16).hexdigest()

    def _store(self, stored: Path, decoded: StoredFrames) -> None:
        if decoded.warnings:
            return  # a partly broken file is read, and reported, anew in every run
        with self.used.get_lock():
            self.used.value += decoded.frames_THWC.nbytes
        try:
            for suffix, values in ((".times.npy", decoded.times_seconds), (".npy", decoded.frames_THWC)):
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
    entries = sorted(
        (entry.stat().st_mtime, entry.stat().st_size, entry.path)
        for entry in os.scandir(folder)
        if entry.name.endswith((".npy", ".tmp"))
    )
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
