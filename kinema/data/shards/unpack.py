"""A video of a shard as a file of its own, in a bounded folder of the cache.

A path of such a video goes through the tar file: clips/shards-000003.tar/00000012-jump.mp4. What is read is its bytes
alone. The copy has the shard's time, so that the cache of decoded clips knows it again when it has gone and come back.
"""

import os
import time
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from threading import get_ident

from kinema.data.shards.index import Sample, read_shard
from kinema.errors import VideoError
from kinema.files import is_full

LIMIT_BYTES = 2 << 30  # of copies; those that were not wanted for longest go first
LOOK_BYTES = LIMIT_BYTES // 20  # after so many the folder is looked through
SPARED_SECONDS = 60.0  # a copy that was wanted since then is not deleted


_fresh = LOOK_BYTES  # bytes that this process has copied since it looked through the folder; the first copy looks


def shard_of(path: Path) -> Path | None:
    """The tar file that a path goes through."""
    return next((parent for parent in path.parents if parent.suffix == ".tar" and not parent.is_dir()), None)


def is_there(path: Path) -> bool:
    """Is there a file or folder, or the shard that a path goes through?"""
    return (shard_of(path) or path).exists()


def unpacked(path: Path) -> Path:
    """The file itself, or the copy of one in a shard. VideoError: no such shard or video, or no space for the copy."""
    tar = shard_of(path)
    if tar is None:
        return path
    name = path.relative_to(tar).as_posix()
    samples = read_shard(tar).by_name
    if name not in samples:
        raise VideoError(f"The shard {tar} holds no video {name}; it holds {len(samples)} others.")
    sample, state = samples[name], tar.stat()
    key = repr((str(tar.absolute()), state.st_mtime_ns, sample.offset, sample.size))
    copy = folder() / f"{blake2b(key.encode(), digest_size=16).hexdigest()}{path.suffix}"
    if not copy.is_file():
        _write(tar, sample, state.st_mtime_ns, copy)
    _date(copy, state.st_mtime_ns)
    return copy


def folder() -> Path:
    """Where copies are: beside the cache of decoded clips."""
    from kinema.data.cache import default_folder  # which opens clips of tables, whose paths come from here

    return default_folder().with_name("unpacked")


def _date(copy: Path, changed_ns: int) -> None:
    """Note that a copy was wanted now, and that its content is as old as the shard."""
    with suppress(OSError):
        os.utime(copy, ns=(time.time_ns(), changed_ns))


def _write(tar: Path, sample: Sample, changed_ns: int, copy: Path) -> None:
    global _fresh
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}-{get_ident()}.tmp")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tar.open("rb") as file:
            file.seek(sample.offset)
            content = file.read(sample.size)
        if len(content) < sample.size:
            raise VideoError(f"The shard {tar} is cut short: it has {len(content)} of a video's {sample.size} bytes.")
        unfinished.write_bytes(content)
        _date(unfinished, changed_ns)
        unfinished.replace(copy)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        said = "the disk is full" if is_full(error) else error.strerror
        raise VideoError(f"A video of the shard {tar} cannot be copied to {copy.parent}: {said}.") from error
    _fresh += sample.size
    if _fresh > LOOK_BYTES:
        _fresh = 0
        prune(copy.parent, LIMIT_BYTES, time.time() - SPARED_SECONDS)


def prune(place: Path, limit_bytes: int, before_seconds: float) -> None:
    """Delete the copies that were not wanted for longest, until four fifths of the limit are left, if above it.

    Those wanted since `before_seconds` (of the clock) stay: somebody may be about to open them.
    """
    found = []
    for entry in os.scandir(place):
        with suppress(OSError):  # another process may delete some meanwhile
            state = entry.stat()
            found.append((state.st_atime, state.st_size, entry.path))
    used = sum(size for _, size, _ in found)
    for wanted_seconds, size, path in sorted(found) if used > limit_bytes else ():
        if used <= limit_bytes * 4 // 5 or wanted_seconds > before_seconds:
            break
        Path(path).unlink(missing_ok=True)
        used -= size
