"""A process that turns videos into clips for a server: `python -m kinema.serving.decoder SETTINGS`.

It is one of its own because a broken file may crash a decoder, or let it take all the memory there is. A line of JSON
in, with "path" and "overlap", "whole" and "views" of windows, or "start_seconds" and "end_seconds" of one part;
messages out (see `pipe`): "video" first, "window" or "part" with float32 clips, then "end" or "problem". Axes: V views,
C T H W of a clip.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from kinema.data.clips import ClipRow
from kinema.data.frames import VideoPart
from kinema.data.transforms.boxes import of_test
from kinema.data.video import Video, open_video
from kinema.errors import KinemaError, VideoError
from kinema.explain.parts import part_between
from kinema.inference.windows import windows
from kinema.models.clip import ClipSpec
from kinema.serving.pipe import send

PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<MPD", b"<?xml", b"v=0", b"<Smooth", b"[playlist]")  # they name other files
HEAD = 64  # bytes
CPU_SHARE = 4.0  # of the seconds that decoding may be waited for: the server, if it is there, is quicker


class TooLongError(Exception):
    """A video is longer than the server takes."""


def main() -> None:
    """Answer line after line, until there is none."""
    settings = json.loads(sys.argv[1])
    limit_memory(int(settings["bytes"]))
    torch.set_num_threads(1)
    out = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)  # what a library prints must not mix with answers
    spec = ClipSpec.from_dict(settings["clip"])
    for line in sys.stdin:
        task = json.loads(line)
        limit_time(float(settings["seconds"]))
        try:
            answer(out, task, spec, settings)
        except TooLongError:
            send(out, {"kind": "problem", "code": "too_long",
                       "message": f"The video is longer than {settings['duration_seconds']:g} s."})
        except MemoryError:
            send(out, {"kind": "problem", "code": "too_large",
                       "message": "Decoding this video takes more memory than the server allows."})
        except (KinemaError, OSError, RuntimeError, ValueError) as error:
            text = str(error).replace(task["path"], task["name"])
            send(out, {"kind": "problem", "code": "unreadable", "message": text})


def limit_memory(most_bytes: int) -> None:
    """Let this process take so much address space at most, where the system can do that."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > most_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, hard))


def limit_time(most_seconds: float) -> None:
    """Let this process take so much more processor time at most, should nobody be there any more who ends it."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    seconds = int(used.ru_utime + used.ru_stime + CPU_SHARE * most_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if hard == resource.RLIM_INFINITY else min(seconds, hard), hard))


def answer(out: BinaryIO, task: dict[str, Any], spec: ClipSpec, settings: dict[str, Any]) -> None:
    """All messages about one video."""
    with Path(task["path"]).open("rb") as file:
        if file.read(HEAD).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(PLAYLISTS):
            raise VideoError(f"{task['name']} is a list of other files, not a video. Give the video itself.")
    with open_video(task["path"], threads=1) as video:
        send(out, {"kind": "video", **facts(video, settings["duration_seconds"])})
        if "start_seconds" in task:
            send_part(out, video, spec, task["start_seconds"], task["end_seconds"])
        else:
            send_windows(out, video, spec, settings, task)
        send(out, {"kind": "end", "warnings": list(video.noticed)})


def facts(video: Video, most_seconds: float) -> dict[str, Any]:
    """What is known of a video before it is read; TooLongError as soon as it is known to be."""
    known = video.known and len(video)
    seconds = video.duration_seconds if known else None
    if seconds is not None and seconds > most_seconds:
        raise TooLongError
    return {"duration_seconds": seconds, "fps": video.fps if known else None}


def send_windows(
    out: BinaryIO, video: Video, spec: ClipSpec, settings: dict[str, Any], task: dict[str, Any]
) -> None:
    """Each window's times and clips (V C T H W)."""
    first: float | None = None
    parts = windows(video, spec, settings["window_seconds"], task["views"], task["overlap"], task["whole"])
    for window in parts:
        first = window.start_seconds if first is None else first
        if window.end_seconds - first > settings["duration_seconds"]:
            raise TooLongError
        clips_VCTHW = np.ascontiguousarray(window.clips_VCTHW.float().numpy())
        send(out, {"kind": "window", "start_seconds": window.start_seconds, "end_seconds": window.end_seconds,
                   "shape": clips_VCTHW.shape}, clips_VCTHW.data.cast("B"))
    if first is None:
        raise VideoError(f"{video} holds no frame that can be decoded.")


def send_part(out: BinaryIO, video: Video, spec: ClipSpec, start: float, end: float) -> None:
    """The clip (1 C T H W) of a part of a video, the times of its frames, and where in the picture it was cut out."""
    whole = VideoPart(video, ClipRow("."), spec)
    times_F = np.maximum.accumulate(whole.times_seconds)
    first, last = np.searchsorted(times_F + 1e-6, (start, end)).tolist()
    if first == last:
        raise VideoError(f"No frame of the video lies between {start:g} and {end:g} s.")
    part = part_between(whole, spec, first, last)
    clip_1CTHW = np.ascontiguousarray(part.clip_CTHW.float().numpy())[None]
    send(out, {"kind": "part", "times_seconds": part.clip_times.tolist(), "box": part_box(video, spec),
               "shape": clip_1CTHW.shape}, clip_1CTHW.data.cast("B"))


def part_box(video: Video, spec: ClipSpec) -> list[float]:
    """Left, top, width and height of what the network sees, as shares of the picture."""
    box = of_test((video.height, video.width), spec)
    return [box.left / video.width, box.top / video.height, box.width / video.width, box.height / video.height]


if __name__ == "__main__":
    main()
