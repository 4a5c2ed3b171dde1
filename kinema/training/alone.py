"""A run's folder is one training's at a time, and does not hold what it starts from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kinema.errors import RunError

LOCK = ".lock"


def check_apart(name: str, source: str | None, folder: Path) -> None:
    """Refuse what a training starts from, or is taught by, where it lies in the folder that is begun anew."""
    if source and Path(source).resolve().is_relative_to(folder.resolve()):
        raise RunError(f"{name} is {source}, which --restart would delete. Choose another --out.")


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
