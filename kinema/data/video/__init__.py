"""Reading frames from anything that holds them: a file, a folder of pictures, an array."""

from os import PathLike
from typing import Any

from kinema.data.video.array import VideoArray
from kinema.data.video.file import VideoFile
from kinema.data.video.images import VideoFolder
from kinema.data.video.on_device import VideoOnDevice
from kinema.data.video.paths import check_path
from kinema.data.video.video import Video
from kinema.errors import VideoError

__all__ = ["Video", "VideoArray", "VideoFile", "VideoFolder", "open_video"]


def open_video(
    source: str | PathLike[str] | Any, *, threads: int = 0, fps: float = 25.0, device: str | None = None,
    whole: bool = False, largest: int | None = None,
) -> Video:
    """Open a video file, a folder of pictures or an array of frames (T H W 3, uint8; numpy or torch).

    `threads` is how many threads decode a file: 0 leaves FFmpeg its own choice, 1 suits the workers of a loader. `fps`
    is the rate of a folder or an array, which carry no time stamps; a file keeps its own. `device`: where a file is
    decoded, by torchcodec ("cuda"); None is the CPU, by PyAV. `whole`: decode all of a file before its length is told,
    where else it is believed until a frame proves to be damaged. `largest`: pixels that the longer side of a file's
    pictures may have, for who looks at small ones: larger pictures shrink as they are decoded, at little cost. Raises
    VideoError.
    """
    if isinstance(source, str | PathLike):
        path = check_path(source)
        if path.is_dir():
            return VideoFolder(path, fps=fps)
        return VideoFile(path, threads, whole, largest) if device is None else VideoOnDevice(path, device)
    if hasattr(source, "__array__"):
        return VideoArray(source, fps=fps)
    came = type(source).__name__
    raise VideoError(f"A video is opened from a path or an array of frames (T H W 3, uint8); {came!r} came.")
