"""What the first bytes of a packet tell of the frame in it, without decoding it (H.264 and H.265 in MP4 or Matroska).

There a packet is a row of units, each behind its length (ISO 14496-15). The first byte of a unit says what it holds.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple


class Told(NamedTuple):
    """Of one packet: can a decoder begin here, does no other frame need it, and what does it tell the decoder."""

    entry: bool
    unneeded: bool
    parameters: frozenset[bytes]


class Codec(NamedTuple):
    """What the first bytes of a codec's units mean; `length_at` is where its configuration has the size of lengths.

    entries: slices of a picture behind which nothing refers to anything before. others: slices of other pictures;
    unneeded: those that no other picture refers to.
    """

    length_at: int
    entries: frozenset[int]
    others: frozenset[int]
    unneeded: frozenset[int]
    parameters: frozenset[int]


def first_bytes(kinds: tuple[int, ...], shift: int, importances: tuple[int, ...] = (0,)) -> frozenset[int]:
    """The first byte of units of some kinds."""
    return frozenset(kind << shift | importance << 5 for kind in kinds for importance in importances)


CODECS = {  # ISO 14496-10, 7.4.1 (nal_ref_idc 0: no reference); ISO 23008-2, 7.4.2.2 (even kinds below 16: none)
    "h264": Codec(4, first_bytes((5,), 0, (1, 2, 3)), first_bytes((1,), 0, (0, 1, 2, 3)), first_bytes((1,), 0),
                  first_bytes((7, 8), 0, (0, 1, 2, 3))),
    "hevc": Codec(21, first_bytes((19, 20), 1), first_bytes((*range(10), 16, 17, 18, 21), 1),
                  first_bytes((0, 2, 4, 6, 8), 1), first_bytes((32, 33, 34), 1)),
}
NOTHING: frozenset[bytes] = frozenset()
FORBIDDEN = re.compile(rb"\0\0[\0-\2]")  # nowhere in a unit (7.4.1 of both): what was overwritten has it


def reader_of(context: Any) -> Callable[[bytes], Told | None] | None:
    """What tells of a stream's packets, by its PyAV codec context: None of one that is damaged, or not to be trusted.

    None itself where the packets of the stream tell nothing.
    """
    codec, setup = CODECS.get(context.name), context.extradata
    if codec is None or not setup or len(setup) <= codec.length_at or setup[0] != 1:  # 0: units without lengths
        return None
    length_bytes = (setup[codec.length_at] & 3) + 1
    return lambda packet: told(packet, codec, length_bytes)


def told(packet: bytes, codec: Codec, length_bytes: int) -> Told | None:
    """What a packet tells of its frame; None where it is damaged, holds no picture, or holds one of several layers."""
    entries = others = referred = start = 0
    parameters, size = NOTHING, len(packet)
    while start < size:
        first = start + length_bytes
        start = first + int.from_bytes(packet[start:first], "big")
        if start > size or start < first + 2 or (codec.length_at == 21 and packet[first + 1] != 1):
            return None
        zeros = packet.find(b"\0\0", first, start)
        if zeros >= 0 and FORBIDDEN.search(packet, zeros, start):
            return None
        byte = packet[first]
        if byte in codec.entries:
            entries += 1
        elif byte in codec.others:
            others += 1
            referred += byte not in codec.unneeded
        elif byte in codec.parameters:
            parameters |= {packet[first:start]}
        elif byte & 0x80:  # this bit is always 0
            return None
    if not entries and not others:
        return None
    return Told(not others, not entries and not referred, parameters)
