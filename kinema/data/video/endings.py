"""Whether a file ends before its own structure says that it does."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO


def ends_early(path: Path, container: str) -> bool:
    """Whether a file was cut off; `container` is FFmpeg's name of its format. False where the format cannot tell."""
    check = ENDINGS.get(container)
    try:
        with path.open("rb") as file:
            return check is not None and check(file, path.stat().st_size)
    except OSError:  # gone since it was opened
        return False


def boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Name and end of each top box of an MP4 or MOV file; the last may end behind the file (ISO 14496-12, 4.2)."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        length = int.from_bytes(head[8:16], "big") if length == 1 else length or size - position
        if length < 8:
            return
        position += length
        yield head[4:8], position


def _mp4(file: BinaryIO, size: int) -> bool:
    return any(end > size for _, end in boxes(file, size))


def _matroska(file: BinaryIO, size: int) -> bool:
    """The header is followed by one segment that is all the rest, unless its length is unknown (RFC 8794, RFC 9559)."""
    head = file.read(256)
    start, length = _element(head, 4)
    start, length = _element(head, start + length + 4)
    return length >= 0 and start + length > size


def _element(head: bytes, position: int) -> tuple[int, int]:
    """Where an element's content begins, and its length (-1: unknown), from the position of its length field."""
    field = head[position:position + 8]
    if not field or not field[0]:
        return position, -1
    count = 9 - field[0].bit_length()
    value = int.from_bytes(field[:count], "big") & (1 << 7 * count) - 1
    return position + count, -1 if value == (1 << 7 * count) - 1 else value


def _flv(file: BinaryIO, size: int) -> bool:
    """The last four bytes count the tag before them, whose own head counts eleven less (Adobe FLV 10.1, E.3)."""
    file.seek(size - 4)
    tag = int.from_bytes(file.read(4), "big")
    file.seek(max(size - 4 - tag + 1, 0))
    return tag < 11 or tag > size - 13 or int.from_bytes(file.read(3), "big") != tag - 11


def _gif(file: BinaryIO, size: int) -> bool:
    file.seek(size - 1)
    return file.read(1) != b";"


def _ts(file: BinaryIO, size: int) -> bool:
    return file.read(1) == b"G" and size % 188 != 0  # every packet has 188 bytes (ISO 13818-1, 2.4.3)


ENDINGS: dict[str, Callable[[BinaryIO, int], bool]] = {
    "mov,mp4,m4a,3gp,3g2,mj2": _mp4, "matroska,webm": _matroska, "flv": _flv, "gif": _gif, "mpegts": _ts,
}
