"""Ways in which people and published sets list labelled clips, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kinema.data.clips import ClipTable
from kinema.data.formats import (
    charades,
    folder,
    hmdb51,
    ibm,
    ipn,
    jester,
    kinetics,
    mmaction,
    moments,
    shards,
    something,
    table_csv,
    ucf101,
)
from kinema.data.formats.folder import VIDEOS
from kinema.data.formats.text import first_lines
from kinema.errors import DataError, nearest


def by_name_only(place: Path) -> bool:
    """A variant that nothing but its name asks for."""
    return False


@dataclass(frozen=True)
class Format:
    """`read(place, labels, root)` makes a table; `recognises(place)` looks at names and first lines only."""

    read: Callable[[Path, tuple[str, ...] | None, Path | None], ClipTable]
    recognises: Callable[[Path], bool] = by_name_only


FORMATS = {
    "csv": Format(table_csv.read, table_csv.recognises),
    "folder": Format(folder.read, folder.recognises),
    "shards": Format(shards.read, shards.recognises),
    "kinetics": Format(kinetics.read, kinetics.recognises),
    "something": Format(something.read, something.recognises),
    "jester": Format(jester.read, jester.recognises),
    "ucf101": Format(ucf101.read, ucf101.recognises),
    "ucf101/2": Format(partial(ucf101.read, part=2)),
    "ucf101/3": Format(partial(ucf101.read, part=3)),
    "hmdb51": Format(hmdb51.read, hmdb51.recognises),
    "hmdb51/2": Format(partial(hmdb51.read, part=2)),
    "hmdb51/3": Format(partial(hmdb51.read, part=3)),
    "moments": Format(moments.read, moments.recognises),
    "charades": Format(charades.read, charades.recognises),
    "charades/actions": Format(partial(charades.read, clips_of=charades.each_action)),
    "ipn": Format(ipn.read, ipn.recognises),
    "mmaction": Format(mmaction.read, mmaction.recognises),
    "ibm": Format(ibm.read, ibm.recognises),
}
GENERAL = ("folder", "shards", "mmaction", "ibm")  # these also fit the folders and lists of published sets


def recognise(place: Path) -> str:
    """The one format whose names and first lines the folder or file has. DataError: none has, or several have.

    A clips.csv says what its folders do not; the list of a published set is believed before folders and general lists.
    """
    if shards.is_named(place):
        return "shards"
    found = [name for name, form in FORMATS.items() if form.recognises(place)]
    found = found[:1] if "csv" in found else [name for name in found if name not in GENERAL] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(f"{place}: could be {' or '.join(found)}. Say which: format={found[0]!r}.")
    if place.is_dir():
        return "folder"  # whose reader says best what is missing
    if place.suffix.lower() in VIDEOS:
        raise DataError(f"{place}: is one video. Expected a folder with a class per sub-folder, or a list of clips.")
    first = next(iter(first_lines(place, 1)), "")[:80]
    raise DataError(
        f"{place}: is no list that is known by its content; it begins with {first!r}. Expected a csv with the columns "
        f"path,label, or say which format it is: {', '.join(FORMATS)}."
    )


def read(place: Path, format: str | None, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read `place` with the format of that name, or with the one that it is recognised as."""
    if not place.exists() and not shards.is_pattern(place):
        there = [path.name for path in place.parent.iterdir()] if place.parent.is_dir() else []
        raise DataError(f"{place}: there is no such file or folder.{nearest(place.name, there)}")
    name = format or recognise(place)
    if name not in FORMATS:
        raise DataError(f"No format is called {name!r}.{nearest(name, FORMATS)} Formats: {', '.join(FORMATS)}.")
    return FORMATS[name].read(place, labels, root)
