"""Broken video files: each a small video with a mutation of a kind, drawn by its number, the same every time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.data.encode import How, encode

SEED = 6
MOST_BYTES = 120_000  # of a file that is broken: small ones are quick, and are mostly header
FRAMES = 24
HOW: dict[str, How] = {
    "h264.mp4": How(), "parts.mp4": How(muxer_options={"movflags": "frag_keyframe+empty_moov"}, options={"g": "6"}),
    "mpeg4.mp4": How("mpeg4"), "jpeg.mov": How("mjpeg", "yuvj420p"), "mpeg4.avi": How("mpeg4"), "h264.mkv": How(),
    "vp8.webm": How("libvpx"), "vp9.webm": How("libvpx-vp9"), "mpeg2.ts": How("mpeg2video"), "flv1.flv": How("flv"),
    "hevc.mp4": How("libx265"), "palette.gif": How("gif", "rgb8"), "mpeg1.mpg": How("mpeg1video"),
    "wmv2.wmv": How("wmv2"), "raw.avi": How("rawvideo", height=24, width=32), "turned.mp4": How(turn=90),
    "late.ts": How("mpeg2video", stamps=[90_000 + 3600 * k for k in range(FRAMES)]),
}
ENDINGS = tuple(sorted({Path(name).suffix for name in HOW}))
EXTREMES = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\x01")
Draw = np.random.Generator


@dataclass(frozen=True)
class Mutant:
    """A broken file: what it is called, its kind of mutation, the video that it was, and its bytes."""

    name: str
    kind: str
    source: str
    content: bytes


def sources(folder: Path, shared: Path | None) -> dict[str, bytes]:
    """Small videos by their names: made here, as far as their encoders are there, and those of a folder beside."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, how in HOW.items():
        try:
            found[name] = encode(folder / name, FRAMES, how).read_bytes()
        except ValueError:  # no such encoder
            continue
    for path in sorted(shared.rglob("*")) if shared is not None else ():
        if path.is_file() and path.suffix in (*ENDINGS, ".m4v", ".ogv") and 0 < path.stat().st_size <= MOST_BYTES:
            found[f"{path.parent.name}/{path.name}"] = path.read_bytes()
    return found


def stretch(content: bytes, draw: Draw, most: int) -> slice:
    """A stretch of a file, of any length up to `most`: short ones are as likely as long ones."""
    length = int(min(len(content), most) ** draw.random())
    start = int(draw.integers(len(content) - length + 1))
    return slice(start, start + length)


def bits(content: bytes, other: bytes, draw: Draw) -> bytes:
    """Some bits are flipped, one to a thousand."""
    values = np.frombuffer(content, np.uint8).copy()
    places = draw.integers(len(values), size=int(1000 ** draw.random()))
    np.bitwise_xor.at(values, places, (1 << draw.integers(8, size=len(places))).astype(np.uint8))
    return values.tobytes()


def noise(content: bytes, other: bytes, draw: Draw) -> bytes:
    """A stretch is noise."""
    part = stretch(content, draw, 8192)
    return content[:part.start] + draw.bytes(part.stop - part.start) + content[part.stop:]


def short(content: bytes, other: bytes, draw: Draw) -> bytes:
    """The end is missing, or all."""
    return content[:int(draw.integers(len(content)))]


def hole(content: bytes, other: bytes, draw: Draw) -> bytes:
    """A stretch is missing."""
    part = stretch(content, draw, len(content))
    return content[:part.start] + content[part.stop:]


def splice(content: bytes, other: bytes, draw: Draw) -> bytes:
    """The beginning of one file, the end of another."""
    return content[:int(draw.integers(1, len(content)))] + other[int(draw.integers(len(other))):]


def shuffle(content: bytes, other: bytes, draw: Draw) -> bytes:
    """Pieces in another order, mostly behind the first."""
    cuts = np.sort(draw.integers(len(content), size=int(draw.integers(2, 30)))).tolist()
    pieces = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    first = pieces[:1] if draw.random() < 0.7 else []
    rest = pieces[len(first):]
    return b"".join([*first, *(rest[k] for k in draw.permutation(len(rest)))])


def fields(content: bytes, other: bytes, draw: Draw) -> bytes:
    """Fields of a header are forged: sizes, counts and times become 0, the largest there is, negative, or anything."""
    made = bytearray(content)
    tags = [found.start() for found in re.finditer(rb"[a-zA-Z][a-zA-Z0-9 ]{3}", content[:4096] + content[-4096:])]
    for _ in range(int(draw.integers(1, 9))):
        size = int(draw.choice([1, 2, 4, 8]))
        base = int(draw.choice(tags)) if tags and draw.random() < 0.8 else int(draw.integers(4096))
        place = base + int(draw.integers(-8, 64))
        place = max(place + (len(content) - 8192 if place > 4096 and len(content) > 8192 else 0), 0)
        value = draw.bytes(size) if draw.random() < 0.3 else EXTREMES[int(draw.integers(5))] + EXTREMES[
            int(draw.integers(2))] * (size - 1)
        made[place:place + size] = value[:max(len(made) - place, 0)]
    return bytes(made)


def head(content: bytes, other: bytes, draw: Draw) -> bytes:
    """It begins as another kind of file does."""
    length = int(draw.choice([4, 8, 12, 32, 64, 256, 1024]))
    return other[:length] + content[length if draw.random() < 0.7 else 0:]


KINDS: dict[str, Callable[[bytes, bytes, Draw], bytes]] = {
    "bits flipped": bits, "noise inside": noise, "cut short": short, "a hole": hole, "spliced with another": splice,
    "shuffled": shuffle, "header fields forged": fields, "head of another": head,
}


def mutant(number: int, videos: dict[str, bytes]) -> Mutant:
    """The broken file of a number; kinds take turns."""
    draw = np.random.default_rng([SEED, number])
    kind = [*KINDS][number % len(KINDS)]
    names = [*videos]
    source, other = (names[int(draw.integers(len(names)))] for _ in range(2))
    content = KINDS[kind](videos[source], videos[other], draw)
    ending = ENDINGS[int(draw.integers(len(ENDINGS)))] if draw.random() < 0.2 else Path(source).suffix
    return Mutant(f"{number}{ending}", kind, source, content)
