"""What is wrong with a path, in words."""

import os
import stat
from os import PathLike
from pathlib import Path

from kinema.errors import VideoError, nearest

_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def check_path(source: str | PathLike[str]) -> Path:
    """The path of a folder, or of a file with something in it, that may be read; else VideoError."""
    path = Path(source)
    try:
        status = os.stat(source)
    except (FileNotFoundError, NotADirectoryError):
        raise VideoError(_missing(str(source), path)) from None
    except PermissionError:
        raise VideoError(f"{shown(path)} lies in a folder that you may not enter. Ask for permission to it.") from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise VideoError(f"{str(source)[:200]!r} is no path of a file ({said}). Give one that is.") from None
    kind = stat.S_IFMT(status.st_mode)
    if kind in _KINDS:
        raise VideoError(f"{shown(path)} is {_KINDS[kind]}, not a file. Save what it carries as a file and open that.")
    if kind == stat.S_IFREG and status.st_size == 0:
        raise VideoError(f"{shown(path)} is empty (0 bytes). Download or copy it again.")
    if not os.access(path, os.R_OK):
        raise VideoError(f"{shown(path)} may not be read. Ask for permission to it (chmod +r).")
    return path


def shown(path: Path) -> str:
    """A path as text that any terminal can print, on one line."""
    text = os.fsencode(path).decode(errors="replace")
    return text if text.isprintable() else repr(text)


def _missing(source: str, path: Path) -> str:
    if not source:
        return "The path of a video is empty. Give that of a file or of a folder of pictures."
    if "://" in source:
        return f"{source} is an address, not a file. Save what it carries as a file and open that."
    if path.is_symlink():
        return f"{shown(path)} is a link to {shown(path.readlink())}, which does not exist. Mend or remove it."
    if path.parent.is_dir():
        names = sorted(os.listdir(path.parent))
        close = nearest(path.name, names) or f" Its folder holds {len(names)} other names."
        return f"There is no file {shown(path)}.{close}"
    known = next(parent for parent in path.absolute().parents if parent.exists())
    return f"There is no file {shown(path)}; of its path there is only {shown(known)}. Check how it is spelled."


def state(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one in its place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size
