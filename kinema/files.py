"""Where files are kept, and writing them so that a crash, a kill or a full disk never leaves half of one."""

import errno
import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from kinema.errors import RunError


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file under another name beside `path`, then put it in the place of `path` in one move.

    Whatever stood there stays whole if anything fails; a full disk is a `RunError` in words.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(unfinished)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except Exception as error:
        with suppress(OSError):  # where there is no folder, there is no file
            unfinished.unlink()
        if is_full(error):
            raise RunError(
                f"The disk is full: {path} could not be written. What was saved before is whole; free some "
                f"space and run the same command again to go on from there."
            ) from error
        if isinstance(error, OSError):
            raise RunError(f"{path} could not be written: {error.strerror or error}.") from error
        if number := told_number(error):
            raise RunError(f"{path} could not be written: {os.strerror(number)}.") from error
        raise


def is_full(error: BaseException) -> bool:
    """Whether an error means that the disk, or the user's share of it, is full (torch hides it in a RuntimeError)."""
    if {getattr(error, "errno", None), told_number(error)} & {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return True
    text = str(error)
    return any(words in text for words in ("No space left", "unexpected pos", "file write failed"))


def told_number(error: BaseException) -> int | None:
    """The system's number of an error that has it in its text alone, as those of safetensors do."""
    found = re.search(r"os error (\d+)", str(error))
    return int(found[1]) if found else None


def write_json(path: Path, values: Any) -> None:
    """Write plain values as JSON, atomically."""
    write_atomic(path, lambda out: out.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", "utf-8"))


def read_kept(path: Path) -> dict[str, Any]:
    """Values by name that were kept as JSON; none where there is no such file, or another one: they are made anew."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def cache_folder() -> Path:
    """Where kinema keeps what it can make or fetch anew: $KINEMA_CACHE, else kinema in the user's cache folder."""
    named = os.environ.get("KINEMA_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "kinema"
