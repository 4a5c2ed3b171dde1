"""A bounded cache of decoded clips and their flow on disk, so that small sets train at the speed of the network.

Axes in names: T frames, H rows, W columns, C channels.
"""

import json
import os
from contextlib import suppress
from hashlib import blake2b
from mmap import ACCESS_READ, mmap
from multiprocessing import Value
from pathlib import Path
from typing import Any

import numpy as np

from kinema.clock import stage
from kinema.data.clips import ClipRow
from kinema.data.frames import Frames, StoredFrames, VideoPart, behind, empty_part, holds, shrink
from kinema.data.moving import FoundFlow, Moving, moving
from kinema.data.video import Video, open_video
from kinema.errors import VideoError
from kinema.files import cache_folder
from kinema.models.clip import ClipSpec

FULL_BYTES = 32 << 20  # full frames in memory at a time, also of a 4K video
SUFFIX = ".clip"
LARGEST_CLIP_BYTES = 48 << 20  # a clip that is larger once shrunk (half a minute at 128 pixels) is read from its video


class ClipCache:
    """Opens the clips of a list; those that are small enough once shrunk are decoded one time only.

    `folder` holds about `limit_bytes`: all workers count together, and look what other runs have put there each time
    they have stored a twentieth of it. What is oldest goes first when a new cache starts above the limit. A full disk
    only means that no more clips are stored. Frames are the same whether they were stored or not.
    """

    def __init__(self, folder: Path | None, spec: ClipSpec, limit_bytes: int = 4 << 30) -> None:
        self.folder, self.spec, self.limit_bytes = folder, spec, limit_bytes
        self.used: Any = Value("q", 0)  # bytes in the folder, as far as is known
        self.fresh: Any = Value("q", 0)  # bytes stored since the folder was looked through
        self.large: set[str] = set()  # clips that proved too large to be stored
        if folder is not None and limit_bytes > 0:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self.used.value = _prune(folder, limit_bytes)
            except OSError:
                self.folder = None

    def open(self, path: Path, row: ClipRow, step: int = 1, whole: bool = False) -> Frames:
        """The frames of one row of a list, with their flow where the clip has it; a `VideoError` says why not.

        step: 1, or that of a video that runs backwards or stands still (`FoundFlow`), whose flow is not kept. whole:
        see `open_video`; who gets a ShorterError opens the clip again so, and what is kept was decoded so.
        """
        if not self.spec.fields:
            return self._pictures(path, row, whole)
        if step != 1:
            return moving(self._pictures(path, row, whole), self.spec, step)
        if self.folder is None or self.limit_bytes <= 0 or path.is_dir():
            return moving(self._part(path, row, whole), self.spec)
        stored = self.folder / self._name(path, row, "flow", self.spec.flow, self.spec.flow_bound)
        flow = _load(stored)
        if flow is not None and not self.spec.pictured:
            return Moving(None, flow, self.spec.fields)
        pictures = self._pictures(path, row, whole)
        if flow is None:
            if not isinstance(pictures, StoredFrames) or self.used.value >= self.limit_bytes:
                return moving(pictures, self.spec)
            flow = FoundFlow(pictures, self.spec).whole()
            self._store(stored, flow)
        return Moving(pictures if self.spec.pictured else None, flow, self.spec.fields)

    def _pictures(self, path: Path, row: ClipRow, whole: bool) -> Frames:
        if self.folder is None or self.limit_bytes <= 0 or path.is_dir():
            return self._part(path, row, whole)
        name = self._name(path, row)
        if name in self.large:
            return self._part(path, row, whole)
        found = _load(self.folder / name)
        if found is not None:
            return found
        with open_video(path, threads=1) as video, stage("decode"):
            decoded = self._decode(video, row)
        if decoded is None:
            self.large.add(name)
            return self._part(path, row, whole)
        if self.used.value < self.limit_bytes:
            with stage("keep"):
                self._store(self.folder / name, decoded)
        return decoded

    def _part(self, path: Path, row: ClipRow, whole: bool) -> VideoPart:
        return VideoPart(open_video(path, threads=1, whole=whole), row, self.spec)

    def _decode(self, video: Video, row: ClipRow) -> StoredFrames | None:
        """All frames of a row, shrunk, in one pass over the video with few full frames at a time; None: too many.

        The pass stops after the row's part: damage behind it is none of the row's.
        """
        shrunk, times, full, stored_bytes, number = [], [], [], 0, -1
        warnings: tuple[str, ...] = ()
        for number, (time, frame_HWC) in enumerate(video.frames()):
            if holds(row, time, number):
                times.append(time)
                full.append(frame_HWC)
            elif times and behind(row, time, number):
                break
            if len(full) * frame_HWC.nbytes >= FULL_BYTES:
                shrunk.append(shrink(np.stack(full), self.spec))
                stored_bytes, full = stored_bytes + shrunk[-1].nbytes, []
                if stored_bytes > LARGEST_CLIP_BYTES:
                    return None
        else:
            warnings = tuple(video.warnings)
        if full:
            shrunk.append(shrink(np.stack(full), self.spec))
        if not shrunk:
            raise empty_part(video, row, number + 1)
        return StoredFrames(np.concatenate(shrunk), np.array(times), warnings)

    def _name(self, path: Path, row: ClipRow, *more: object) -> str:
        try:
            state = os.stat(path)
        except OSError as error:
            raise VideoError(f"{path} cannot be read: {error.strerror}. Check the path in the list.") from error
        key = (
            os.path.join(os.getcwd(), path),
            state.st_mtime_ns,
            state.st_size,
            row.start_seconds,
            row.end_seconds,
            row.start_frame,
            row.end_frame,
            self.spec.height,
            self.spec.width,
            *more,
        )
        return blake2b(repr(key).encode(), digest_size=16).hexdigest()

    def _store(self, stored: Path, decoded: StoredFrames) -> None:
        frames_THWC = np.ascontiguousarray(decoded.frames_THWC)
        facts = {"shape": frames_THWC.shape, "times_seconds": decoded.times_seconds.tolist(),
                 "warnings": decoded.warnings}
        about = json.dumps(facts).encode() + b"\n"
        self._count(frames_THWC.nbytes + len(about))
        unfinished = stored.with_name(f"{stored.name}.{os.getpid()}.tmp")
        try:
            with unfinished.open("wb") as file:
                file.write(about)
                file.write(frames_THWC.data)
            unfinished.replace(f"{stored}{SUFFIX}")
        except OSError:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            self.used.value = self.limit_bytes

    def _count(self, size: int) -> None:
        assert self.folder is not None
        with self.used.get_lock():
            self.used.value += size
            self.fresh.value += size
            if self.fresh.value > self.limit_bytes // 20:
                with suppress(OSError):
                    self.used.value = size + sum(entry[1] for entry in _entries(self.folder))
                self.fresh.value = 0


def _load(stored: Path) -> StoredFrames | None:
    """A stored clip: a line of facts in JSON, and behind it the bytes of its frames, mapped."""
    try:
        with open(f"{stored}{SUFFIX}", "rb") as file:
            about = json.loads(file.readline())
            mapped = mmap(file.fileno(), 0, access=ACCESS_READ)
            frames_THWC = np.frombuffer(mapped, np.uint8, offset=file.tell()).reshape(about["shape"])
        return StoredFrames(frames_THWC, np.array(about["times_seconds"]), tuple(about["warnings"]))
    except (OSError, ValueError, TypeError, KeyError):  # none there, one cut short, or another's
        return None


def _entries(folder: Path) -> list[tuple[float, int, str]]:
    """Time, bytes and path of each file of the cache, the oldest first; other runs may delete some meanwhile."""
    found = []
    for entry in os.scandir(folder):
        if entry.name.endswith((SUFFIX, ".npy", ".json", ".tmp")):  # .npy and .json: of earlier versions
            with suppress(OSError):
                state = entry.stat()
                found.append((state.st_mtime, state.st_size, entry.path))
    return sorted(found)


def _prune(folder: Path, limit_bytes: int) -> int:
    """Delete the oldest clips until four fifths of the limit are left, if above it; return the bytes in use."""
    entries = _entries(folder)
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
    return cache_folder() / "clips"
