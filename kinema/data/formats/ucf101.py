"""UCF101: classInd.txt, trainlist01.txt and testlist01.txt (and 02, 03: three official splits)."""

import re
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.place import beside, folder_of, lines_fit, lists_in, required_lists, split_of
from kinema.data.formats.text import local_path, read_lines
from kinema.errors import DataError

LINE = r"(\w+)[/\\]v_\w+_g(\d+)_c\d+(\.avi|\.mp4)?( \d+)?"


def fits(path: Path) -> bool:
    """Whether every line is Class/v_Class_g01_c01.avi, with or without a number."""
    return lines_fit(path, LINE)


def recognises(place: Path) -> bool:
    """Whether it is such a list, or a folder with one."""
    return bool(lists_in(place, fits))


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None, part: int = 1) -> ClipTable:
    """Read one list, or those of official split `part` of a folder; the source is a class's group of one long video."""
    root = folder_of(root, place)
    paths = required_lists(place, fits, "trainlist01.txt or testlist01.txt")
    chosen = [path for path in paths if place.is_file() or path.stem[-1] in (str(part), "t")]
    if not chosen:
        raise DataError(f"{place}: holds lists, but none of official split {part}.")
    entries = []
    for path in chosen:
        for number, line in read_lines(path):
            where = f"{path} row {number}"
            found = re.fullmatch(LINE, line)
            if not found:
                raise DataError(f"{where}: expected Class/v_Class_g01_c01.avi, found {line!r}.")
            file, source = local_path(line.split()[0], root), f"{found[1]}/g{found[2]}"
            entries.append(Entry(ClipRow(file, split=split_of(path), source=source), (found[1],), where))
    listed = beside(place, r"classInd\.txt|label_map\.txt|labels\.txt")
    passed = len(paths) - len(chosen)
    notes = [f"Official split {part}; {passed} lists of others were passed over."] if passed else []
    return build_table(entries, labels or (read_labels(listed) if listed else None), root, notes=notes)
