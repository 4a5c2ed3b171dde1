"""Lists of IBM's action recognition study: `path first last number`, separated by spaces or ; (frames from 1)."""

from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.mmaction import LABELS
from kinema.data.formats.place import beside, folder_of, lists_in, numbered_name, required_lists, split_of
from kinema.data.formats.text import first_lines, local_path, read_lines
from kinema.errors import DataError


def parts(line: str) -> tuple[str, int, int, list[str]] | None:
    """Path, first and last frame, class numbers (none in a test list); None where the line has another form."""
    separator = ";" if ";" in line else " "
    cells = [cell.strip() for cell in line.split(separator) if cell.strip()]
    begin = 1 + max((i for i, cell in enumerate(cells) if not cell.isdecimal()), default=0)
    if len(cells) - begin < 2:
        return None
    return separator.join(cells[:begin]), int(cells[begin]), int(cells[begin + 1]), cells[begin + 2 :]


def fits(path: Path) -> bool:
    """Whether every line is `path 1 last number`: a row begins at its video's first frame, unlike in other lists."""
    found = [parts(line) for line in first_lines(path)]
    return bool(found) and all(row and row[1] == 1 <= row[2] and len(row[3]) == 1 for row in found)


def recognises(place: Path) -> bool:
    """Whether it is such a list, or a folder with one."""
    return bool(lists_in(place, fits))


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read one list or all those of a folder; classes count from 0 in the list of classes beside it (or `labels`)."""
    root = folder_of(root, place)
    listed = beside(place, LABELS)
    native = read_labels(listed) if listed else labels
    entries, several = [], False
    for path in lists_in(place, lambda path: split_of(path) is not None) or required_lists(place, fits, "train.txt"):
        for number, line in read_lines(path):
            where, found = f"{path} row {number}", parts(line)
            if not found or not 0 < found[1] <= found[2]:
                raise DataError(f"{where}: expected `path first last number`, frames from 1, found {line!r}.")
            file, first, last, classes = found
            if not classes and split_of(path) != "test":
                raise DataError(f"{where}: the label of {file} is empty.")
            row = ClipRow(local_path(file, root), (), start_frame=first - 1, end_frame=last, split=split_of(path))
            entries.append(Entry(row, tuple(numbered_name(cell, native, 0, where) for cell in classes), where))
            several |= len(classes) > 1
    return build_table(entries, labels or native, root, several)
