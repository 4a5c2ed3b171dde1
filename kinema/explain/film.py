"""Pictures that move, written as a video or as an animated picture."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from kinema.errors import KinemaError
from kinema.files import write_atomic

ENDINGS = (".mp4", ".gif", ".webp")


def check_ending(path: Path) -> None:
    """Raise KinemaError for a file that is none that pictures are written as."""
    if path.suffix.lower() not in ENDINGS:
        raise KinemaError(f"Moving pictures are written as {', '.join(ENDINGS)}; {path.name} ends otherwise.")


def write_film(path: Path, pictures: Iterable[np.ndarray], fps: float) -> None:
    """Write pictures (H W 3, uint8, all of one size) as .mp4, or as .gif or .webp, which begin again at their end."""
    check_ending(path)
    write = write_video if path.suffix.lower() == ".mp4" else write_animation
    write_atomic(path, lambda out: write(out, iter(pictures), fps, path.suffix.lower()[1:]))


def write_video(path: Path, pictures: Iterator[np.ndarray], fps: float, container: str) -> None:
    """Encode as H.264, or as MPEG-4 where FFmpeg has it alone; odd sides grow by a row of their last pixels."""
    import av

    name, options = ("libx264", {"preset": "veryfast", "crf": "18"}) if "libx264" in av.codecs_available else (
        "mpeg4", {"qmin": "2", "qmax": "4"})
    first = even(next(pictures))
    with av.open(str(path), "w", format=container) as file:
        stream: Any = file.add_stream(name, rate=Fraction(fps).limit_denominator(1001), options=options)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture_HWC in chain([first], map(even, pictures)):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture_HWC, format="rgb24")))
        file.mux(stream.encode())


def even(picture_HWC: np.ndarray) -> np.ndarray:
    """A picture of an even height and width."""
    height, width = picture_HWC.shape[:2]
    padded = np.pad(picture_HWC, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(padded)


def write_animation(path: Path, pictures: Iterator[np.ndarray], fps: float, kind: str) -> None:
    """Write with Pillow, which keeps times in whole milliseconds (GIF: hundredths of a second)."""
    image = pillow()
    frames = [image.fromarray(picture_HWC) for picture_HWC in pictures]
    frames[0].save(path, format=kind, save_all=True, append_images=frames[1:], duration=round(1000 / fps), loop=0)


def pillow() -> Any:
    """Pillow's module of images."""
    try:
        from PIL import Image
    except ImportError as error:
        raise KinemaError("Drawing needs Pillow and matplotlib: pip install 'kinema[explain]'.") from error
    return Image
