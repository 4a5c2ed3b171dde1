"""Lists of the TSN family (TSN, TSM, mmaction): `folder frames number` for folders of frames, or `video.mp4 number`."""

import re
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.place import beside, folder_of, lines_fit, lists_in, numbered_name, required_lists, split_of
from kinema.data.formats.text import local_path, read_lines
from kinema.errors import DataError

FRAMES = re.compile(r"(.*\S)\s+(\d+)\s+(\d+)")
VIDEO = re.compile(r"(.*\.\w+)()\s+(\d+)")  # a video's name has an ending; the empty group stands for the frames
LABELS = r"(labels|label_map\w*|classInd|categories|category|classes|\w+_labels)\.(txt|csv|json)"


def fits(path: Path) -> bool:
    """Whether every line is `path frames number`, or `video.mp4 number`."""
    return lines_fit(path, rf"{VIDEO.pattern}|{FRAMES.pattern}") and not lines_fit(path, r"(.*\S)(\s+\d+){3}")


def recognises(place: Path) -> bool:
    """Whether it is such a list, or a folder with one."""
    return bool(lists_in(place, fits))


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read one list or all those of a folder; classes count from 0 in the list of classes beside it (or in `labels`).

    The number of frames is not used: it is counted anew when a clip is read. These lists know no source.
    """
    root = folder_of(root, place)
    listed = beside(place, LABELS)
    native = read_labels(listed) if listed else labels
    entries = []
    for path in required_lists(place, fits, "lines `path frames number`, or `video.mp4 number`"):
        for number, line in read_lines(path):
            where = f"{path} row {number}"
            found = VIDEO.fullmatch(line) or FRAMES.fullmatch(line)
            if not found:
                raise DataError(f"{where}: expected `path frames number` or `video.mp4 number`, found {line!r}.")
            name = numbered_name(found[3], native, 0, where)
            entries.append(Entry(ClipRow(local_path(found[1], root), split=split_of(path)), (name,), where))
    return build_table(entries, labels or native, root)
