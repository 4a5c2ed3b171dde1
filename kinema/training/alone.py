"""One training at a time in a run's folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kinema.errors import RunError

LOCK = ".lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a folder from other trainings; RunError where one is at it. A killed one keeps it no longer."""
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(f"Another process is training in {folder}. Wait for it, or choose another folder with "
                       "--out.") from None
    try:
        yield
    finally:
        lock.release()
        (folder / LOCK).unlink(missing_ok=True)
