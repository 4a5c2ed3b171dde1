"""What is wrong with a path, in words."""

import os
import stat
from pathlib import Path

from kinema.errors import VideoError, nearest

_KINDS = {
    stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}


def check_path(path: Path) -> Path:
    """The path itself if it names a folder or a file with something in it that may be read; else VideoError."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise VideoError(_missing(path)) from None
    except PermissionError:
        raise VideoError(f"{path}: a folder on the way to it may not be entered. Ask for permission to it.") from None
    except (OSError, ValueError) as error:
        raise VideoError(f"{str(path)!r} is no path of a file: {getattr(error, 'strerror', None) or error}.") from None
    kind = stat.S_IFMT(status.st_mode)
    if kind in _KINDS:
        raise VideoError(f"{path} is {_KINDS[kind]}, not a file. Save what it carries as a file and open that.")
    if kind == stat.S_IFREG and status.st_size == 0:
        raise VideoError(f"{path} is empty (0 bytes). Download or copy it again.")
    if not os.access(path, os.R_OK):
        raise VideoError(f"{path} may not be read. Ask for permission to it (chmod +r).")
    return path


def _missing(path: Path) -> str:
    if path.is_symlink():
        return f"{path} is a link to {os.readlink(path)}, which does not exist."
    if "://" in str(path) or str(path).split(":/", 1)[0] in {"http", "https", "rtsp", "rtmp", "udp", "tcp"}:
        return f"{path} is an address, not a file. Save what it carries as a file and open that."
    if path.parent.is_dir():
        names = sorted(os.listdir(path.parent))
        close = nearest(path.name, names)
        return f"There is no file {path}. {close or f'Its folder holds {len(names)} other names.'}"
    known = next(parent for parent in path.absolute().parents if parent.is_dir())
    return f"There is no file {path}: its folder is missing too. The nearest that exists is {known}."
