"""What is in a shard, and where: known from the index beside it or, without one, from the tar file's own headers.

A shard is a plain tar file in which the files of one sample stand together and have one name up to the first dot:
KEY.mp4, KEY.json, KEY.cls (https://github.com/webdataset/webdataset). SHARD.tar has its index in SHARD.index.json.
"""

import json
import tarfile
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from kinema.errors import DataError
from kinema.files import read_kept, write_json

VERSION = 1


@dataclass(frozen=True)
class Sample:
    """A video in a shard: its name there, where its bytes are, and what is told of it.

    about: the values of KEY.json. label: the text of KEY.cls, which is a class's number or name.
    """

    video: str
    offset: int
    size: int
    about: dict[str, Any] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Shard:
    """The samples of a tar file; of how many shards it is one, and the `digest` of what was to be in it, if known."""

    samples: tuple[Sample, ...]
    of: int | None = None
    digest: str = ""

    @cached_property
    def by_name(self) -> dict[str, Sample]:
        """The samples by their videos' names."""
        return {sample.video: sample for sample in self.samples}


def index_path(tar: Path) -> Path:
    """Where a shard's index is."""
    return tar.with_suffix(".index.json")


def write_index(tar: Path, of: int, digest: str) -> None:
    """Write the index of a shard beside it."""
    values = {"version": VERSION, "bytes": tar.stat().st_size, "of": of, "digest": digest,
              "samples": [asdict(sample) for sample in scanned(tar)]}
    write_json(index_path(tar), values)


def read_shard(tar: Path) -> Shard:
    """A shard's samples, in the order of their names. DataError: no such file, or no tar file."""
    try:
        state = tar.stat()
    except OSError as error:
        raise DataError(f"The shard {tar} cannot be read: {error.strerror}.") from error
    return _read(tar, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4096)
def _read(tar: Path, size: int, _: int) -> Shard:
    values = read_kept(index_path(tar))
    if values.get("version") == VERSION and size < values.get("bytes", 0):
        raise DataError(f"The shard {tar} is cut short: {size} of {values['bytes']} bytes. Copy or write it again.")
    if values.get("version") != VERSION or values.get("bytes") != size:  # of another file
        return Shard(scanned(tar))
    return Shard(tuple(Sample(**sample) for sample in values["samples"]), values["of"], values["digest"])


def scanned(tar: Path) -> tuple[Sample, ...]:
    """The samples of a tar file, from its headers."""
    from kinema.data.formats.folder import VIDEOS  # formats read shards too

    found: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(tar, "r:") as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                key, _, kind = path.name.partition(".")
                sample = found.setdefault(str(path.with_name(key)) if key else "", {})
                if not member.isfile() or not key:
                    continue
                if f".{kind.lower()}" in VIDEOS:
                    sample.update(video=member.name, offset=member.offset_data, size=member.size)
                elif kind.lower() in ("json", "cls"):
                    file = archive.extractfile(member)
                    assert file is not None
                    sample["about" if kind.lower() == "json" else "label"] = file.read().decode("utf-8")
    except (tarfile.TarError, OSError, UnicodeDecodeError) as error:
        raise DataError(f"The shard {tar} is no whole tar file: {error}. Copy or write it again.") from error
    return tuple(_sample(tar, found[key]) for key in sorted(found) if "video" in found[key])


def _sample(tar: Path, facts: dict[str, Any]) -> Sample:
    try:
        about = json.loads(facts.pop("about", "{}"))
    except ValueError as error:
        raise DataError(f"{tar}: the json file beside {facts['video']} is none: {error}.") from error
    if not isinstance(about, dict):
        raise DataError(f"{tar}: the json file beside {facts['video']} holds no values by name.")
    return Sample(**facts, about=about)
