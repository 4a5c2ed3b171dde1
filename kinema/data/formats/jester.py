"""Jester: csv lists `id;label` and a csv of labels; or lists `id number` with a numbered list of classes."""

import re
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.place import Places, beside, folder_of, lists_in, numbered_name, required_lists, split_of
from kinema.data.formats.text import first_lines, read_lines
from kinema.errors import DataError

VIDEO_FOLDERS = ("20bn-jester-v1", "videos", "frames")
LABELS = r"(jester-v1-)?(labels|classind|categories|label_map)\.(csv|txt)"


def fits(path: Path) -> bool:
    """Whether lines are `id;label` and the file is called jester, or `id number` with Jester's classes beside it."""
    lines = first_lines(path)
    named = "jester" in path.name.casefold() and split_of(path) is not None
    if lines and named and all(re.match(r"\d+(;|$)", line) for line in lines):
        return True
    return bool(lines) and all(re.fullmatch(r"\d+ \d+", line) for line in lines) and "Thumb Up" in (classes(path) or ())


def classes(place: Path) -> tuple[str, ...] | None:
    """The classes of the list beside it, underscores written as spaces, so that all lists have the same names."""
    listed = beside(place, LABELS)
    return tuple(name.replace("_", " ") for name in read_labels(listed)) if listed else None


def recognises(place: Path) -> bool:
    """Whether it is such a list, or a folder with one."""
    return bool(lists_in(place, fits))


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read one list or all those of a folder; `id number` counts classes from 1.

    A clip is a folder of frames called by its id, in the root or its sub-folder 20bn-jester-v1. Who performs is not
    published: no source.
    """
    root = folder_of(root, place)
    places, native = Places(root), classes(place)
    entries = []
    for path in required_lists(place, fits, "jester-v1-train.csv (id;label), or `id number` beside classInd.txt"):
        for number, line in read_lines(path):
            where, split = f"{path} row {number}", split_of(path)
            clip, label = [*re.split(r"\s*;\s*|\s+", line, maxsplit=1), ""][:2]
            name = numbered_name(label, native, 1, where) if label.isdecimal() else label.replace("_", " ")
            if not name and split != "test":
                raise DataError(f"{where}: the label of {clip} is empty.")
            row = ClipRow(places.path(clip, VIDEO_FOLDERS), split=split)
            entries.append(Entry(row, (name,) if name else (), where))
    return build_table(entries, labels or native, root)
