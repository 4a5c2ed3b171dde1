"""What became of videos since they were indexed: they may have changed, or be there no more."""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kinema.archive.engine import database, parquet
from kinema.archive.found import written
from kinema.archive.store import Store, filesystem_of, is_address
from kinema.archive.tables import (
    FAILURES,
    FOREVER,
    ORDERS,
    SEGMENTS,
    SEGMENTS_LOCK,
    WINDOWS,
    files_of,
    merge,
    write_sorted,
)

AT_ONCE = 32  # files that are asked about together, for each may be far away
ABSENT, UNKNOWN = "", "?"  # in place of a stamp


def stamp_of(video: str) -> str:
    """What tells a video from another in its place, by its size and the time it was written; `ABSENT`: there is none.

    `UNKNOWN`: its disk or its server does not say, which is no sign of a change.
    """
    try:
        if is_address(video):
            return address_stamp(video)
        here = os.stat(video)
        if not Path(video).is_dir():
            return f"{here.st_size}-{here.st_mtime_ns}"
        with os.scandir(video) as entries:
            pictures = [entry.stat() for entry in entries if entry.is_file()]
        newest = max((each.st_mtime_ns for each in pictures), default=0)
        return f"{len(pictures)}-{sum(each.st_size for each in pictures)}-{newest}"
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except Exception:  # each kind of server has errors of its own
        return UNKNOWN


def address_stamp(address: str) -> str:
    """The stamp of a file at an address; the size alone where nothing tells when it was written."""
    files = filesystem_of(address)
    size = files.size(address)
    try:
        return f"{size}-{files.modified(address).timestamp()}"
    except NotImplementedError:
        return f"{size}"


def stamps_of(videos: Sequence[str]) -> dict[str, str]:
    """The stamps of some videos, by their names as an index has them."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(map(written, videos), pool.map(stamp_of, videos), strict=True))


def indexed(store: Store, table: str) -> dict[str, str]:
    """The videos that have rows in a table, and their stamps when they were looked at."""
    if not (names := files_of(store, table)):
        return {}
    with database(store) as connection:
        return dict(connection.execute(f"SELECT DISTINCT video, stamp FROM {parquet(store, names)}").fetchall())


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    """The videos that are there, and are others than they were."""
    return {video for video, stamp in now.items()
            if stamp not in (ABSENT, UNKNOWN) and before.get(video, stamp) != stamp}


def removed(before: Iterable[str], given: Mapping[str, str]) -> list[str]:
    """The videos of an index that are there no more, sorted; `given` has the stamps of those already asked about."""
    others = [video for video in before if video not in given]
    # a name that is no text stands in the index with \xe9 for its bytes, so that its file cannot be asked about
    now = {**given, **stamps_of([video for video in others if "\\x" not in video])}
    return sorted(video for video in before if now.get(video) == ABSENT)


def drop(store: Store, videos: Iterable[str]) -> None:
    """Take the rows of some videos out of an index; killed at any moment, each has all of its rows, or none."""
    if not (gone := sorted(videos)):
        return
    merge(store)  # a video then lies in one file, which is put in its place as a whole
    with store.lock(SEGMENTS_LOCK, FOREVER):  # segments made meanwhile would not show that the files are others
        store.delete(SEGMENTS)
        for table in (WINDOWS, FAILURES):
            for name in files_of(store, table):
                drop_from(store, table, name, gone)


def drop_from(store: Store, table: str, name: str, videos: Sequence[str]) -> None:
    """Take the rows of some videos out of one file; a file without other rows goes."""
    rows, here = parquet(store, [name]), "video IN (SELECT unnest(?))"
    with database(store) as connection:
        found, held = connection.execute(f"SELECT count(*), sum(({here})::INT) FROM {rows}", [videos]).fetchall()[0]
    if held == found:
        store.delete(name)
    elif held:
        write_sorted(store, table, name, f"SELECT * FROM {rows} WHERE NOT {here} ORDER BY {ORDERS[table]}",
                     values=[videos])
