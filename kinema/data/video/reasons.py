"""Why FFmpeg could not open a file, as far as its first bytes tell."""

import os
from pathlib import Path
from typing import BinaryIO


def reason(path: Path, error: Exception) -> str:
    """One line: the path, what is wrong with it and what to do."""
    try:
        with path.open("rb") as file:
            head = file.read(1024)
            if head[4:8] == b"ftyp" and not _has_moov(file, os.fstat(file.fileno()).st_size):
                return f"{path} is cut off: the index at its end (moov) is missing. Copy or record it again."
    except OSError as problem:
        return f"{path} cannot be read: {problem.strerror}."
    if head.lstrip()[:5].lower() in (b"<!doc", b"<html"):
        return f"{path} holds a web page, not video: a download that went wrong. Download it again."
    if _is_text(head):
        return f"{path} holds text, not video, whatever its name says. Give a video file."
    if not any(head):
        return f"{path} begins with zeros, as a download that stopped does. Download or copy it again."
    return f"{path} is no video that FFmpeg can open ({words(error)}). Copy it again, or convert it to H.264 (.mp4)."


def words(error: Exception) -> str:
    """What an error of FFmpeg says, without its number and the name of a function."""
    return str(getattr(error, "strerror", None) or error)


def _is_text(head: bytes) -> bool:
    try:
        text = head[:1000].decode("utf-8", errors="ignore" if len(head) >= 1000 else "strict")
    except UnicodeDecodeError:
        return False
    return len(text.encode()) > len(head[:1000]) - 4 and all(c.isprintable() or c.isspace() for c in text)


def _has_moov(file: BinaryIO, size: int) -> bool:
    """Whether the boxes of an MP4 or MOV file include its index (ISO 14496-12, 4.2)."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if name == b"moov":
            return position + length <= size
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8:
            break
        position += length
    return False
