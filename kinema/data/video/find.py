"""Frames found again by the index of their file."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

import av

from kinema.data.video.decoder import FAILURES, Decoder
from kinema.data.video.index import Index, checksum


def find(
    numbers: Sequence[int], index: Index, opened: Callable[[], Decoder]
) -> Iterator[tuple[int, av.VideoFrame | None]]:
    """(number, frame) of rising numbers, each from the nearest key frame that leads to it, else from the file's start.

    `opened` gives the file at its beginning. The first frame that is gone is None, and the last.
    """
    for run in runs(numbers, index):
        left = list(run)
        for key in starts(run[0], index):
            with opened() as decoder:
                for number, frame in decode_at(decoder, index, key):
                    if not left or number > left[0]:
                        break
                    if number == left[0]:
                        if key is not None and checksum(frame) != index.checksums[number]:
                            break
                        yield number, frame
                        del left[0]
            if not left:
                break
        if left:
            yield left[0], None
            return


def decode_at(decoder: Decoder, index: Index, key: int | None) -> Iterator[tuple[int, av.VideoFrame]]:
    """(index, frame) from where the file can be entered at key frame `key`; None: from its start."""
    if key is None:
        yield from enumerate(decoder)
        return
    try:
        decoder.seek(index.pts[key])  # type: ignore[arg-type]  # an index that can be entered has all time stamps
    except FAILURES:
        return
    for frame in decoder:
        if frame.pts in index.number_of:
            yield index.number_of[frame.pts], frame


def runs(indices: Sequence[int], index: Index, skip_frames: int = 32) -> list[list[int]]:
    """Cut rising indices where going to a key frame saves decoding more than `skip_frames` frames."""
    found: list[list[int]] = []
    for number in indices:
        if not found or key_before(number, index) > found[-1][-1] + skip_frames:
            found.append([])
        found[-1].append(number)
    return found


def key_before(number: int, index: Index) -> int:
    """The index of the last key frame at or before frame `number`."""
    place = bisect_right(index.keys, number) - 1
    return index.keys[place] if place >= 0 else 0


def starts(number: int, index: Index) -> Iterator[int | None]:
    """Where to try to decode frame `number` from: the key frame before it, the one before that, the start of the file.

    Only files whose frames have different time stamps can be entered in the middle.
    """
    if index.enterable:
        near = key_before(number, index)
        yield from dict.fromkeys(key for key in (near, key_before(near - 1, index)) if key > 0)
    yield None
