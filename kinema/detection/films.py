"""The videos that annotations name, and the frames around their key frames."""

from dataclasses import dataclass, field
from pathlib import Path

from kinema.data.cache import ClipCache
from kinema.data.clips import ClipRow
from kinema.data.formats.folder import VIDEOS
from kinema.data.frames import Frames, VideoPart
from kinema.data.video import open_video
from kinema.errors import DataError, VideoError, nearest

AVA_FPS = 30.0  # at which AVA's films are unpacked


@dataclass
class Films:
    """A folder of videos, each a file or a folder of pictures, that are named with or without their ending.

    `offset_seconds`: the timestamp that a video's first frame has (900 where AVA's films were cut to their annotated
    quarter of an hour). `fps`: the rate of folders of pictures. Files that are small once shrunk are decoded once; long
    films are best unpacked into pictures, of which only those of a clip are read.
    """

    root: Path
    cache: ClipCache
    offset_seconds: float = 0.0
    fps: float = AVA_FPS
    found: dict[str, Path] = field(default_factory=dict, repr=False)
    last: tuple[str, Frames] | None = field(default=None, repr=False)

    def path(self, video: str) -> Path:
        """Where a video is; VideoError names the nearest."""
        if video not in self.found:
            self.found[video] = find(self.root, video)
        return self.found[video]

    def open(self, video: str) -> Frames:
        """All frames of a video; the last that was asked for is kept open."""
        if self.last is None or self.last[0] != video:
            path = self.path(video)
            row = ClipRow(video)
            if path.is_dir():
                frames: Frames = VideoPart(open_video(path, threads=1, fps=self.fps), row, self.cache.spec)
            else:
                frames = self.cache.open(path, row)
            self.last = video, frames
        return self.last[1]

    def seconds_in(self, frames: Frames, seconds: float) -> float:
        """A timestamp in the video's own clock."""
        return float(frames.times_seconds[0]) + seconds - self.offset_seconds


def find(root: Path, video: str) -> Path:
    """The file or folder of a video's name, its ending left out or not."""
    named = root / video
    if named.exists():
        return named
    if not root.is_dir():
        raise DataError(f"There is no folder {root} to find the videos in; name it with --root.")
    there = sorted(path for path in named.parent.glob("*") if path.is_dir() or path.suffix.lower() in VIDEOS)
    for path in there:
        if path.stem == named.name:
            return path
    near = nearest(named.name, [path.stem for path in there])
    raise VideoError(f"There is no video {video!r} in {root}.{near}")
