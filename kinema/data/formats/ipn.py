"""IPN Hand: lists `./frames/VIDEO class first last` (frames from 1), or Annot_List.txt with a header."""

import re
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.place import beside, folder_of, lists_in, numbered_name, required_lists, split_of
from kinema.data.formats.text import first_lines, local_path, read_lines
from kinema.errors import DataError

HEADER = "video,label,id,t_start,t_end"
LINE = re.compile(r"(.*\S)\s+(\d+)\s+(\d+)\s+(\d+)")
VIDEO = re.compile(r"\d\w+?_\d+_[LR]_#\d+")  # person (two parts), hand, number of the recording


def fits(path: Path) -> bool:
    """Whether the header is that of the official list, or every line has an IPN video, a class and rising frames."""
    lines = first_lines(path)
    if lines and lines[0].replace(" ", "").startswith(HEADER):
        return True
    found = [LINE.fullmatch(line) for line in lines]
    return bool(found) and all(
        match and VIDEO.fullmatch(Path(match[1]).name) and int(match[3]) <= int(match[4]) for match in found
    )


def recognises(place: Path) -> bool:
    """Whether it is such a list, or a folder with one."""
    return bool(lists_in(place, fits))


def parse(path: Path, native: tuple[str, ...] | None) -> list[tuple[str, str, int, int, str]]:
    """(video, class, first and last frame from 1, where) of each row."""
    rows = []
    lines = read_lines(path)
    if lines and lines[0][1].replace(" ", "").startswith(HEADER):
        for number, line in lines[1:]:
            cells = [cell.strip() for cell in line.split(",")]
            if len(cells) < 5 or not (cells[3] + cells[4]).isdecimal():
                raise DataError(f"{path} row {number}: expected {HEADER}, found {line!r}.")
            rows.append((f"frames/{cells[0]}", cells[1], int(cells[3]), int(cells[4]), f"{path} row {number}"))
        return rows
    for number, line in lines:
        where, found = f"{path} row {number}", LINE.fullmatch(line)
        if not found:
            raise DataError(f"{where}: expected `frames/VIDEO class first last`, found {line!r}.")
        rows.append((found[1], numbered_name(found[2], native, 1, where), int(found[3]), int(found[4]), where))
    return rows


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read one list or all those of a folder; the source is the person, the first two parts of a video's name."""
    root = folder_of(root, place)
    listed = beside(place, r"classInd(All)?\.txt|classIdx\.txt|labels\.txt")
    native = read_labels(listed) if listed else None
    entries = []
    for path in required_lists(place, fits, "vallistall.txt (`frames/VIDEO class first last`) or Annot_List.txt"):
        for video, name, first, last, where in parse(path, native):
            if not 1 <= first <= last:
                raise DataError(f"{where}: frames {first} to {last}; they count from 1, the last not before the first.")
            file = local_path(video, root)
            person = "_".join(Path(file).name.split("_")[:2])
            row = ClipRow(file, (), start_frame=first - 1, end_frame=last, split=split_of(path), source=person)
            entries.append(Entry(row, (name,), where))
    return build_table(entries, labels or native, root)
