"""Moments in Time (label/video.mp4,label,votes,votes) and Multi-Moments (video.mp4,number,number,...)."""

import re
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.place import Places, beside, folder_of, lists_in, numbered_name, required_lists, split_of
from kinema.data.formats.text import first_lines, read_lines
from kinema.errors import DataError

ONE = r"[^,;]+/[^,;/]+\.\w+,[^,;]*[A-Za-z][^,;]*(,\s*\d+)*"
SEVERAL = r"[^,;]+\.\w+(,\s*\d+)+"
LABELS = r"(moments_categories|category_(multi_)?moments\w*|labels|label_map)\.(txt|csv)"
VIDEO_FOLDERS = {"train": ("training", "train"), "val": ("validation", "val"), "test": ("testing", "test")}


def fits(path: Path) -> bool:
    """Whether every line is label/video.mp4,label,...; or video.mp4,number,... with the numbers' classes beside it."""
    lines = first_lines(path)
    if not lines or split_of(path) is None:
        return False
    if all(re.fullmatch(ONE, line) for line in lines):
        return True
    return all(re.fullmatch(SEVERAL, line) for line in lines) and beside(path, LABELS) is not None


def recognises(place: Path) -> bool:
    """Whether it is such a list, or a folder with one."""
    return bool(lists_in(place, fits))


def source_of(file: str) -> str:
    """The long video that a moment was cut from: its file name without the second it starts at ("yt-ID_27.mp4")."""
    return re.sub(r"_\d+$", "", Path(file).stem)


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read one list or all those of a folder; class numbers count from 0 in the label map beside it.

    Videos are below the root or its sub-folder training, validation (of the list's split) or videos.
    """
    root = folder_of(root, place)
    places = Places(root)
    listed = beside(place, LABELS)
    native = read_labels(listed) if listed else None
    entries, several = [], False
    for path in required_lists(place, fits, "trainingSet.csv with label/video.mp4,label in each line"):
        split = split_of(path)
        folders = VIDEO_FOLDERS.get(split or "", ())
        for number, line in read_lines(path):
            where = f"{path} row {number}"
            file, *cells = (cell.strip() for cell in line.split(","))
            numbered = bool(cells) and all(cell.isdecimal() for cell in cells)
            if not cells or not cells[0]:
                raise DataError(f"{where}: the label of {file} is empty.")
            names = [numbered_name(cell, native, 0, where) for cell in cells] if numbered else cells[:1]
            several |= numbered
            row = ClipRow(places.path(file, (*folders, "videos")), split=split, source=source_of(file))
            entries.append(Entry(row, tuple(names), where))
    return build_table(entries, labels or native, root, several)
