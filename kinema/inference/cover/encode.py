"""Pictures as a GIF, an animated WebP or an MP4 that takes no more than so many bytes.

Axes: T pictures, H rows, W columns, C colours.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import av
import numpy as np

from kinema.errors import KinemaError

Pictures = Sequence[np.ndarray]  # T of H W C, uint8
LEAST_SIDE = 48  # pixels: less shows nothing


class Setting(NamedTuple):
    """How pictures are written: their size beside the largest possible, each `every`-th, and the codec's own quality.

    weight: about how many bytes that takes, beside other settings of its kind.
    """

    scale: float
    every: int
    quality: int
    weight: float


class Kind(NamedTuple):
    """What a cover may be: its longer side in pixels and pictures a second, at most, how it is tried, from the best
    down, and what writes it."""

    side: int
    fps: float
    settings: tuple[Setting, ...]
    write: Callable[[Pictures, float, int], bytes]
    codecs: tuple[str, ...]


class Encoded(NamedTuple):
    """A cover's bytes, and how large and how smooth it is."""

    data: bytes
    width: int
    height: int
    fps: float


def encode(pictures: Pictures, fps: float, kind: Kind, most_bytes: int) -> Encoded:
    """Write pictures, `fps` of which are a second, as well as fits into `most_bytes`.

    After each try the next is the best setting that should fit, by what the last one took, until none between what fits
    and what does not is left. KinemaError where even the poorest does not.
    """
    best: Encoded | None = None
    too_good, fits, place = -1, len(kind.settings), FIRST
    while True:
        made = one_by(pictures, fps, kind, kind.settings[place])
        if len(made.data) <= most_bytes:
            best, fits = made, place
        else:
            too_good = place
        aim = 0.97 * kind.settings[place].weight * most_bytes / len(made.data)
        left = range(too_good + 1, fits)
        likely = [number for number in left if kind.settings[number].weight <= aim]
        if likely or (left and best is None):
            place = likely[0] if likely else left[-1]
        elif best is not None:
            return best
        else:
            raise KinemaError(
                f"{len(pictures) / fps:.1f} s take {-(-len(made.data) // 1000)} KB at least ({made.width} x "
                f"{made.height} pixels, {made.fps:.3g} a second), and {most_bytes / 1000:g} KB were asked for. "
                "Nearest: fewer --seconds, more --max-kb, or .mp4, which takes least.")


def one_by(pictures: Pictures, fps: float, kind: Kind, setting: Setting) -> Encoded:
    """The pictures by one setting."""
    side = max(round(setting.scale * min(kind.side, max(pictures[0].shape[:2]))), LEAST_SIDE)
    few = [resized(picture_HWC, side) for picture_HWC in pictures[:: setting.every]]
    height, width = few[0].shape[:2]
    return Encoded(kind.write(few, fps / setting.every, setting.quality), width, height, fps / setting.every)


def resized(picture_HWC: np.ndarray, side: int) -> np.ndarray:
    """A picture whose longer side has at most so many pixels; both are even, as video wants them."""
    scale = min(1.0, side / max(picture_HWC.shape[:2]))
    height, width = (max(round(scale * length / 2) * 2, 2) for length in picture_HWC.shape[:2])
    if (height, width) == picture_HWC.shape[:2]:
        return picture_HWC
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture_HWC), format="rgb24")
    return frame.reformat(width, height, interpolation="AREA" if scale < 1 else "BICUBIC").to_ndarray()


def write_mp4(pictures: Pictures, fps: float, quality: int) -> bytes:
    """H.264, or MPEG-4 where FFmpeg has it alone; quality: x264's constant rate factor, the lower the better."""
    name, options = ("libx264", {"preset": "fast", "crf": str(quality)}) if "libx264" in av.codecs_available else (
        "mpeg4", {"qmin": str(quality - 20), "qmax": str(quality - 18)})
    return muxed(pictures, fps, "mp4", name, "yuv420p", options, {"movflags": "faststart"})


def write_webp(pictures: Pictures, fps: float, quality: int) -> bytes:
    """An animated WebP that begins again at its end; quality: 0 to 100."""
    options = {"quality": str(quality), "compression_level": "3"}
    return muxed(pictures, fps, "webp", "libwebp_anim", "yuv420p", options, {"loop": "0"})


def write_gif(pictures: Pictures, fps: float, quality: int) -> bytes:
    """A GIF that begins again at its end; quality: how many colours, chosen for what moves in these pictures."""
    return muxed(with_palette(pictures, fps, quality), fps, "gif", "gif", "pal8", {}, {"loop": "0"})


def with_palette(pictures: Pictures, fps: float, colours: int) -> list[av.VideoFrame]:
    """Pictures in so many colours, which are the same in all of them (FFmpeg's palettegen and paletteuse)."""
    height, width = pictures[0].shape[:2]
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("rgb24"), time_base=base_of(fps))
    split, made = graph.add("split"), graph.add("palettegen", f"max_colors={colours}:stats_mode=diff")
    used = graph.add("paletteuse", "dither=bayer:bayer_scale=3:diff_mode=rectangle")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(made, 0, 0)
    split.link_to(used, 1, 0)
    made.link_to(used, 0, 1)
    used.link_to(sink)
    graph.configure()
    for number, picture_HWC in enumerate(pictures):
        source.push(stamped(picture_HWC, number, fps))
    source.push(None)
    found: list[av.VideoFrame] = []
    while True:
        try:
            found.append(sink.pull())  # type: ignore[arg-type]
        except (av.BlockingIOError, av.EOFError):
            return found


def muxed(
    pictures: Sequence[Any], fps: float, container: str, codec: str, pixels: str, options: dict[str, str],
    more: dict[str, str],
) -> bytes:
    """Pictures, or frames of PyAV's, as a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"cover.{container}"  # a file, so that an MP4's index can be moved to its front
        write(path, pictures, fps, codec, pixels, options, more)
        return path.read_bytes()


def write(
    path: Path, pictures: Sequence[Any], fps: float, codec: str, pixels: str, options: dict[str, str],
    more: dict[str, str],
) -> None:
    """Pictures, or frames of PyAV's, into a file."""
    with av.open(str(path), "w", options=more) as file:
        stream: Any = file.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=options)
        first = pictures[0]
        stream.height, stream.width = first.shape[:2] if isinstance(first, np.ndarray) else (first.height, first.width)
        stream.pix_fmt = pixels
        stream.codec_context.time_base = base_of(fps)
        for number, picture in enumerate(pictures):
            frame = stamped(picture, number, fps) if isinstance(picture, np.ndarray) else picture
            file.mux(stream.encode(frame))
        file.mux(stream.encode())


def stamped(picture_HWC: np.ndarray, number: int, fps: float) -> av.VideoFrame:
    """A picture as a frame with its time."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture_HWC), format="rgb24")
    frame.pts, frame.time_base = number, base_of(fps)
    return frame


def base_of(fps: float) -> Fraction:
    """The time that a picture is shown."""
    return 1 / Fraction(fps).limit_denominator(1001)


def ladder(good: Sequence[int], poor: Sequence[int], grows: Callable[[int], float]) -> tuple[Setting, ...]:
    """Settings from the best down: each size with good qualities, then half as many pictures, then poor qualities."""
    return tuple(Setting(scale, every, quality, scale**1.8 / every * grows(quality))
                 for scale in SCALES for every in (1 if scale > HALF_RATE else 2,)
                 for quality in (good if scale > POOR else poor))


SCALES = (1, 0.875, 0.75, 0.66, 0.57, 0.5, 0.44, 0.38, 0.32, 0.26, 0.21, 0.17, 0.14, 0.1)
HALF_RATE, POOR = 0.35, 0.2
FIRST = 4  # of the settings that is tried: quick, and near what fits as a rule
KINDS = {
    ".webp": Kind(480, 12.5, ladder((75, 55), (40, 20, 5), lambda quality: 0.4 + quality / 100), write_webp,
                  ("libwebp_anim",)),
    ".gif": Kind(480, 12.5, ladder((256, 96), (64, 32, 16), lambda colours: colours**0.35), write_gif, ("gif",)),
    ".mp4": Kind(640, 25.0, ladder((23, 27, 31), (31, 38, 45), lambda crf: 2 ** (-crf / 6)), write_mp4,
                 ("libx264", "mpeg4")),
}


def kind_of(path: Path) -> Kind:
    """The kind of cover by a file's ending; KinemaError for others, and where FFmpeg was built without it."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise KinemaError(f"A cover is written as {', '.join(KINDS)}; {path.name} ends otherwise.")
    if not any(codec in av.codecs_available for codec in kind.codecs):
        raise KinemaError(f"PyAV's FFmpeg here has no {kind.codecs[0]} to write {path.suffix} with. Nearest: .gif.")
    return kind
