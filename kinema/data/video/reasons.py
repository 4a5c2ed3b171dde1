"""Why FFmpeg could not open a file, as far as its first bytes tell."""

from pathlib import Path

from kinema.data.video.endings import boxes
from kinema.data.video.paths import shown


def reason(path: Path, error: Exception) -> str:
    """One line: the path, what is wrong with it and what to do."""
    name = shown(path)
    try:
        with path.open("rb") as file:
            head = file.read(1024)
            cut = head[4:8] == b"ftyp" and b"moov" not in dict(boxes(file, path.stat().st_size))
        if cut:
            return f"{name} is cut off: the index at its end (moov) is missing. Copy or record it again."
    except OSError as problem:
        return f"{name} cannot be read ({problem.strerror}). Check the disk and your permission."
    if head.lstrip()[:5].lower() in (b"<!doc", b"<html"):
        return f"{name} holds a web page, not video: a download that went wrong. Download it again."
    if _is_text(head):
        return f"{name} holds text, not video. Give a video file."
    if not any(head):
        return f"{name} begins with zeros, as a download that stopped does. Download or copy it again."
    return f"{name} is no video that FFmpeg can open ({words(error)}). Copy it again, or convert it to H.264 (.mp4)."


def words(error: Exception) -> str:
    """What an error of FFmpeg says, without its number and the name of a function."""
    return str(getattr(error, "strerror", None) or error)


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8", errors="ignore" if len(head) == 1024 else "strict")
    except UnicodeDecodeError:
        return False
    return len(text.encode()) > len(head) - 4 and all(c.isprintable() or c.isspace() for c in text)
