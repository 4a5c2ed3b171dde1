"""Text files as people have them: with a byte order mark, in old encodings, written on Windows."""

import os
import re
from pathlib import Path

from kinema.errors import DataError

MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_text(path: Path) -> str:
    """The file's text, by its byte order mark, else UTF-8, else Windows' western code page; DataError if it is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error
    marked = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    if marked is None and b"\0" in data[:4096]:
        raise DataError(f"{path}: is no text. A list of clips (csv, txt or json) or a folder was expected.")
    for encoding in [marked] if marked else ["utf-8", "cp1252", "latin-1"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path}: is not text in {marked}, as its first bytes say. Save it as UTF-8.")


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not empty, stripped, each with its number from 1."""
    lines = enumerate(read_text(path).splitlines(), start=1)
    return [(number, line.strip()) for number, line in lines if line.strip()]


def local_path(text: str, root: Path) -> str:
    """A path as this system writes it, each file in one way: backslashes of a list made on Windows become slashes, `./`
    and `x/../` go, and a path under the root is relative to it.
    """
    if "\\" in text and not (root / text).exists():
        text = re.sub(r"\\+", "/", text)
    path = Path(os.path.normpath(text))
    base = os.path.abspath(root)
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def first_lines(path: Path, count: int = 200) -> list[str]:
    """The first lines that are not empty, stripped, of at most 64 KiB; none for a file that is no text."""
    with path.open("rb") as file:
        data = file.read(1 << 16)
    marked = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    if marked is None and b"\0" in data:
        return []
    lines = data.decode(marked or "utf-8", errors="replace").splitlines()
    whole = lines[:-1] if len(data) == 1 << 16 else lines
    return [line.strip() for line in whole if line.strip()][:count]
