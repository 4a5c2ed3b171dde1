"""What one file turns out to be once all of it is decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from statistics import median

from kinema.data.clips import ClipRow
from kinema.errors import KinemaError

Part = tuple[float | None, float | None, int | None, int | None]  # start and end: in seconds, then in frames


@dataclass(frozen=True)
class FileHealth:
    """What decoding a file has shown.

    error: why it cannot be read; None for a file that can. warnings: what is wrong with one that could be read.
    content: the same for two files whose decoded frames are equal (told by every fourth row of each), whatever their
    containers, names and time stamps are. part_frames: how many frames each part that was asked for has.
    """

    bytes: int = 0
    frames: int = 0
    height: int = 0
    width: int = 0
    fps: float = 0.0
    duration_seconds: float = 0.0
    content: str = ""
    part_frames: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str | None = None


def part_of(row: ClipRow) -> Part:
    """The part of its file that a row is; four times None is the whole file."""
    return row.start_seconds, row.end_seconds, row.start_frame, row.end_frame


def inside(part: Part, time_seconds: float, frame: int) -> bool:
    """Whether a frame belongs to a part; ends are left out."""
    start, end, first, last = part
    return (
        (start is None or time_seconds >= start)
        and (end is None or time_seconds < end)
        and (first is None or frame >= first)
        and (last is None or frame < last)
    )


def file_bytes(path: Path) -> int:
    """The size of a file, or of all files right in a folder of frames."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    return path.stat().st_size


def inspect(path: Path, parts: Sequence[Part]) -> FileHealth:
    """Decode a file from start to end, one frame at a time, and say what it is; whatever goes wrong is in `error`."""
    from kinema.data.shards.unpack import unpacked
    from kinema.data.video import open_video

    digest, counts = blake2b(digest_size=16), [0] * len(parts)
    times: list[float] = []
    try:
        path = unpacked(path)
        with open_video(path, threads=1) as video:
            for time_seconds, picture_HWC in video.frames():
                digest.update(picture_HWC[::4].tobytes())
                for number, part in enumerate(parts):
                    counts[number] += inside(part, time_seconds, len(times))
                times.append(time_seconds)
            height, width, warnings = video.height, video.width, tuple(video.warnings)
        if not times:
            return FileHealth(error=f"{path} has no frame.")
        steps = [after - before for before, after in pairwise(times) if after > before]
        step = median(steps) if steps else 0.0
        return FileHealth(
            file_bytes(path),
            len(times),
            height,
            width,
            1 / step if step else 0.0,
            max(times) - min(times) + step,
            f"{height}x{width}:{digest.hexdigest()}",
            tuple(counts),
            warnings,
        )
    except KinemaError as error:
        return FileHealth(error=str(error))
    except MemoryError:
        return FileHealth(error=f"{path} needs more memory than one file may take here.")
    except Exception as error:  # the other files are still to be looked at
        what = f"{type(error).__name__}: {error}"
        return FileHealth(error=f"{path}: kinema failed on it, which may not be the file's fault ({what}).")
