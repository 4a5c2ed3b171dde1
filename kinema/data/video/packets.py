"""The frames of a file as its packets promise them: how many, when, and what must be decoded to see one.

A file is believed where its structure is sound in every packet; each frame that is decoded is compared with what was
promised, so that a file which lied is found out and gone through from its start instead.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from kinema.data.video.bitstream import Told, reader_of
from kinema.data.video.decoder import FAILURES, Decoder
from kinema.data.video.problems import problems

CONTAINERS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
KEPT_BYTES = 8 << 20  # of packets, which then need not be read twice
FAR = 32  # packets: going to a place further off is quicker than reading what lies between


class BrokenPromiseError(Exception):
    """The decoder gave another frame than its packet said."""


@dataclass(frozen=True)
class Packets:
    """The packets of a video, in the order in which they lie in the file.

    Packet p is shown at `pts[p]`, in units of `tick_seconds`, and read after `dts[p]`. `entries` are the packets at
    which a decoder can begin: all before are shown earlier, and all behind later. `unneeded[p]`: no other frame refers
    to it.
    """

    pts: tuple[int, ...]
    dts: tuple[int, ...]
    entries: tuple[int, ...]
    unneeded: tuple[bool, ...]
    tick_seconds: float
    kept: tuple[Any, ...] = ()

    @cached_property
    def shown(self) -> tuple[int, ...]:
        """The time stamps of the frames, in the order in which they are shown."""
        return tuple(sorted(self.pts))

    @cached_property
    def times_seconds(self) -> NDArray[np.float64]:
        """When each frame is shown."""
        return np.array(self.shown, np.float64) * self.tick_seconds

    @cached_property
    def place(self) -> dict[int, int]:
        """Which packet has a time stamp."""
        return {stamp: place for place, stamp in enumerate(self.pts)}

    def needed(self, numbers: Sequence[int]) -> list[int]:
        """The packets that must be decoded to see some frames: from the entry before each, without the unneeded."""
        found: list[int] = []
        wanted = sorted(self.place[self.shown[number]] for number in numbers)
        behind = 0
        for place in wanted:
            entry = self.entries[bisect_right(self.entries, place) - 1]
            between = range(max(entry, behind), place)
            found += [other for other in between if not self.unneeded[other]]
            found.append(place)
            behind = place + 1
        return found


def promised(decoder: Decoder) -> Packets | None:
    """What the packets of a file promise, read without decoding; None where it is not sound, or cannot be told."""
    tell = reader_of(decoder.codec) if decoder.container in CONTAINERS else None
    if tell is None:
        return None
    seen: list[tuple[int, int, Told]] = []
    kept: list[Any] = []
    room = KEPT_BYTES
    for packet in decoder.undecoded():
        told = tell(bytes(packet))
        if told is None or packet.pts is None or packet.is_discard or packet.is_corrupt:
            return None
        if seen and told.parameters - seen[0][2].parameters:  # what follows may have another size
            return None
        seen.append((packet.pts, packet.pts if packet.dts is None else packet.dts, told))
        room -= packet.size
        if room >= 0:
            kept.append(packet)
    pts = np.array([stamp for stamp, _, _ in seen], np.int64)
    if len(set(pts.tolist())) < len(pts) or problems(decoder, sorted(pts.tolist()), 0):
        return None
    first = np.concatenate([[True], pts[1:] > np.maximum.accumulate(pts)[:-1]])  # all before are shown earlier
    last = np.concatenate([pts[:-1] < np.minimum.accumulate(pts[::-1])[::-1][1:], [True]])  # all behind, later
    entries = tuple(place for place, (_, _, told) in enumerate(seen) if told.entry and first[place] and last[place])
    if entries[:1] != (0,):
        return None
    return Packets(tuple(pts.tolist()), tuple(dts for _, dts, _ in seen), entries,
                   tuple(told.unneeded for _, _, told in seen), float(decoder.time_base),
                   tuple(kept) if room >= 0 else ())


def decoded(decoder: Decoder, packets: Packets, numbers: Sequence[int]) -> Iterator[tuple[int, av.VideoFrame]]:
    """(number, frame) of some frames, in rising order; BrokenPromiseError where the file gives others."""
    wanted = {packets.shown[number]: number for number in numbers}
    for stretch in stretches(packets.needed(numbers)):
        coming = iter(sorted(packets.pts[place] for place in stretch))
        for frame in frames_of(decoder, packets, stretch):
            if frame.pts != next(coming, None) or frame.is_corrupt:
                raise BrokenPromiseError
            if frame.pts in wanted:
                yield wanted[frame.pts], frame
        if next(coming, None) is not None:
            raise BrokenPromiseError


def stretches(places: Sequence[int]) -> list[list[int]]:
    """Rising places cut where the next is far off."""
    found: list[list[int]] = []
    for place in places:
        if not found or place > found[-1][-1] + FAR:
            found.append([])
        found[-1].append(place)
    return found


def frames_of(decoder: Decoder, packets: Packets, places: Sequence[int]) -> Iterator[av.VideoFrame]:
    """What the decoder makes of the packets at some places alone; BrokenPromiseError where they are not there."""
    try:
        for packet in packets_at(decoder, packets, places):
            yield from decoder.codec.decode(packet)  # kept ones may come from another decoder
        yield from decoder.codec.decode(None)
    except FAILURES as error:
        raise BrokenPromiseError from error


def packets_at(decoder: Decoder, packets: Packets, places: Sequence[int]) -> Iterator[Any]:
    """The packets at rising places of a file, for a decoder that has seen nothing yet."""
    if packets.kept:
        decoder.codec.flush_buffers()
        yield from (packets.kept[place] for place in places)
        return
    decoder.seek(packets.dts[places[0]])
    coming = iter(places)
    place = next(coming, None)
    for packet in decoder.undecoded():
        here = packets.place.get(packet.pts, len(packets.pts))
        if place is None or here > place:
            break
        if here == place:
            yield packet
            place = next(coming, None)
    if place is not None:
        raise BrokenPromiseError
