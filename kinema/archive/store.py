"""The files of an index: in a folder, or at an address that fsspec knows."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock

from kinema.errors import KinemaError, nearest
from kinema.files import write_atomic


def is_address(place: str) -> bool:
    """Whether this names something at an address, such as s3://bucket/videos, and not a path."""
    return "://" in place


def filesystem_of(address: str) -> Any:
    """What reads and writes at an address; KinemaError where fsspec does not know it, or lacks a package for it."""
    import fsspec

    protocol = address.partition("://")[0]
    try:
        found = fsspec.filesystem(protocol)
    except ValueError:
        near = nearest(protocol, fsspec.available_protocols())
        raise KinemaError(f"{address}: fsspec knows no {protocol}://.{near}") from None
    except ImportError as error:
        raise KinemaError(f"{address}: {error}.") from error
    found.invalidate_cache()
    return found


@contextmanager
def local_copy(address: str) -> Iterator[Path]:
    """A file at an address as one of this machine, for as long as it is looked at."""
    with tempfile.TemporaryDirectory(prefix="kinema-") as folder:
        path = Path(folder) / (PurePosixPath(address).name or "file")
        filesystem_of(address).get_file(address, str(path))
        yield path


class Store:
    """A folder or an address, and the files in it by their names ("windows/part-000001.parquet")."""

    def __init__(self, place: str | Path) -> None:
        self.place = str(place).rstrip("/")
        self.remote = filesystem_of(self.place) if is_address(self.place) else None

    def where(self, name: str) -> str:
        """The path or address of a file."""
        return f"{self.place}/{name}"

    def names(self, folder: str) -> list[str]:
        """The names of the Parquet files in a folder of the store, sorted."""
        if self.remote is None:
            found = [path.name for path in Path(self.where(folder)).glob("*.parquet") if path.name[0] != "."]
        elif self.remote.exists(self.where(folder)):
            found = [PurePosixPath(path).name for path in self.remote.ls(self.where(folder), detail=False)]
        else:
            found = []
        return sorted(f"{folder}/{name}" for name in found if name.endswith(".parquet"))

    def read(self, name: str) -> bytes | None:
        """What is in a file; None where there is none."""
        try:
            if self.remote is None:
                return Path(self.where(name)).read_bytes()
            return self.remote.cat_file(self.where(name))
        except FileNotFoundError:
            return None

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return self.remote.exists(self.where(name)) if self.remote else Path(self.where(name)).is_file()

    def write(self, name: str, write: Callable[[Path], object]) -> None:
        """Let `write` make a file, which is put into the store whole or not at all."""
        if self.remote is None:
            write_atomic(Path(self.where(name)), write)
            return
        with tempfile.TemporaryDirectory(prefix="kinema-") as folder:
            path = Path(folder) / "file"
            write(path)
            self.remote.makedirs(self.where(name).rpartition("/")[0], exist_ok=True)
            self.remote.put_file(str(path), self.where(name))

    def tidy(self, *names: str) -> None:
        """Delete what a process that was killed left unfinished of these files (* is any); nobody may be writing them.
        """
        for name in names if self.remote is None else ():
            folder, _, file = name.rpartition("/")
            for path in Path(self.where(folder)).glob(f".{file}.*.tmp"):
                path.unlink(missing_ok=True)

    def lock(self, name: str, wait_seconds: float) -> AbstractContextManager:
        """What one process at a time may hold in a folder, and anybody at an address; Timeout where another has it."""
        if self.remote is not None:
            return nullcontext()
        Path(self.place).mkdir(parents=True, exist_ok=True)
        return FileLock(self.where(name)).acquire(timeout=wait_seconds)

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is deleted already."""
        try:
            if self.remote is None:
                Path(self.where(name)).unlink(missing_ok=True)
            else:
                self.remote.rm_file(self.where(name))
        except FileNotFoundError:
            return
