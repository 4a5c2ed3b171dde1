"""The videos of an archive: those below folders, and those that lists name."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from kinema.archive.store import filesystem_of, is_address, local_copy
from kinema.data.footage import SHEETS, is_sheet
from kinema.data.formats.folder import VIDEOS, clips_below
from kinema.data.formats.table_csv import read_sheet
from kinema.data.formats.text import local_path, read_lines
from kinema.errors import DataError, nearest


def videos_of(places: Iterable[str]) -> list[str]:
    """Each video of some places once: absolute paths, or addresses.

    A place is a folder (videos and folders of frames at any depth), a video, a list (.txt: one a line; .csv with a
    column `path`; relative to its own folder), or the address of one of these (s3://bucket/videos). DataError: there is
    no such place, or no video in it. What a list names is not looked for: what is missing shows when it is indexed.
    """
    found: dict[str, None] = {}
    for place in places:
        there = at_address(place) if is_address(place) else at_path(Path(place))
        if not there:
            raise DataError(f"{place}: no video is {'below' if Path(place).is_dir() else 'in'} it.")
        found |= dict.fromkeys(there)
    return list(found)


def at_path(place: Path) -> list[str]:
    """The videos of a folder, of a list or of a path that is one."""
    if not place.exists():
        there = [path.name for path in place.parent.iterdir()] if place.parent.is_dir() else []
        raise DataError(f"{place}: there is no such folder, list or video.{nearest(place.name, there)}")
    if place.is_dir():
        return [os.path.abspath(path) for path in clips_below(place, Counter())]
    if place.suffix.lower() in SHEETS:
        return listed(place, os.path.abspath(place.parent))
    return [os.path.abspath(place)]


def at_address(address: str) -> list[str]:
    """The videos at an address: of a list, of a folder, or itself."""
    kind = PurePosixPath(address).suffix.lower()
    if kind in VIDEOS:
        return [address]
    files = filesystem_of(address)
    if kind in SHEETS:
        with local_copy(address) as path:
            return listed(path, address.rpartition("/")[0])
    return [files.unstrip_protocol(path) for path in sorted(files.find(address))
            if PurePosixPath(path).suffix.lower() in VIDEOS]


def listed(path: Path, base: str) -> list[str]:
    """The videos that a list names, relative to a folder or an address."""
    names = ([cells["path"] for _, cells in read_sheet(path, ["path"]).records] if is_sheet(path)
             else [line for _, line in read_lines(path)])
    return [name if is_address(name) else f"{base}/{name}" if is_address(base)
            else os.path.join(base, local_path(name, Path(base))) for name in names]
