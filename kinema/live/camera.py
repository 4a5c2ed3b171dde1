"""What a person names, as a camera."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISCHR

from kinema.data.video.paths import check_path
from kinema.errors import VideoError, nearest

SCHEMES = ("rtsp", "rtsps", "rtmp", "http", "https", "udp", "rtp", "srt", "tcp")
DEVICES = ("v4l2", "avfoundation", "dshow", "x11grab", "lavfi")  # FFmpeg's names of what is asked for frames


@dataclass(frozen=True)
class Camera:
    """Where frames come from: `name` is how it is told, without passwords; `device`: FFmpeg's name of its kind, if it
    is no file or address. A `file` ends; all else is opened again when it does.
    """

    name: str
    address: str
    device: str | None = None
    file: bool = False


def camera_of(text: str) -> Camera:
    """The camera of `rtsp://...`, `/dev/video0`, `avfoundation:0`, a file's path, or any of these after `name=`."""
    named = re.match(r"([\w .-]+)=(.+)", text)
    if named and not Path(text).exists():
        return replace(camera_of(named[2]), name=named[1])
    scheme, found, rest = text.partition("://")
    if found:
        if scheme.lower() not in SCHEMES:
            raise VideoError(f"{scheme}:// is no address of a camera; expected {', '.join(SCHEMES)}."
                             f"{nearest(scheme, SCHEMES)}")
        return Camera(without_secrets(text), text)
    device, colon, rest = text.partition(":")
    if colon and device in DEVICES:
        return Camera(rest if device == "v4l2" else text, rest, device)
    path = Path(text)
    if text.startswith("/dev/") or (path.exists() and S_ISCHR(path.stat().st_mode)):
        return Camera(text, text, "v4l2")
    if check_path(text).is_dir():
        raise VideoError(f"{text} is a folder; expected a video file, or a camera such as rtsp://... or /dev/video0.")
    return Camera(text, f"file:{text}", file=True)


def cameras_of(texts: Sequence[str]) -> list[Camera]:
    """Several cameras, each with a name of its own."""
    found: list[Camera] = []
    for camera in map(camera_of, texts):
        same = sum(other.name.partition("#")[0] == camera.name for other in found)
        found.append(replace(camera, name=f"{camera.name}#{same + 1}") if same else camera)
    return found


def without_secrets(address: str) -> str:
    """An address as it may be shown: without its user, password and query."""
    return re.sub(r"//[^/]*@", "//", address).partition("?")[0]
