"""Footage that nobody has labelled, as a list of clips without classes."""

import re
from collections import Counter
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable, read_table
from kinema.data.formats.folder import clips_below
from kinema.data.formats.table_csv import DELIMITERS, clip_row, read_sheet
from kinema.data.formats.text import first_lines
from kinema.errors import DataError, counted

ASIDE = ("val", "test")  # sides of a list that are kept for judging
SHEETS = (".csv", ".tsv", ".txt")


def read_footage(data: str | Path, format: str | None = None, root: str | Path | None = None) -> ClipTable:
    """All videos (and folders of frames) below a folder, or those of a list; labels, where there are any, are left out.

    A list is a csv with a column `path` (a folder's clips.csv too), or any other that `read_table` reads. Clips that it
    puts on a val or test side are left out. DataError: no such place, no video, or what is wrong with the list.
    """
    place = Path(data)
    sheet = place / "clips.csv" if place.is_dir() else place
    if format is None and is_sheet(sheet):
        folder = sheet.parent if root is None else Path(root)
        records = read_sheet(sheet, ["path"]).records
        rows = tuple(clip_row(cells, folder, f"{sheet} row {number}") for number, cells in records)
        return unlabelled(ClipTable(rows, (), folder), place)
    if format is None and place.is_dir():
        ignored: Counter[str] = Counter()
        rows = tuple(ClipRow(path.relative_to(place).as_posix()) for path in clips_below(place, ignored))
        notes = tuple(f"Passed over: {number} x {kind}." for kind, number in sorted(ignored.items()))
        return unlabelled(ClipTable(rows, (), place, notes=notes), place)
    return unlabelled(read_table(place, format=format, root=root), place)


def is_sheet(path: Path) -> bool:
    """Is this a table whose header names a column `path`?"""
    header = first_lines(path, 1) if path.is_file() and path.suffix.lower() in SHEETS else []
    return any("path" in re.split(f"[{re.escape(DELIMITERS)}]", line.replace('"', "").replace(" ", "").casefold())
               for line in header)


def unlabelled(table: ClipTable, place: Path) -> ClipTable:
    """The clips that are not kept for judging, each once and without its labels."""
    there = [row for row in table.rows if row.split not in ASIDE]
    if not there:
        raise DataError(f"{place}: no video and no folder of frames is {'below it' if place.is_dir() else 'in it'}, or "
                        f"all are on its {' or '.join(ASIDE)} side.")
    clips = dict.fromkeys(ClipRow(row.path, (), row.start_seconds, row.end_seconds, row.start_frame, row.end_frame,
                                  source=row.source) for row in there)
    aside = len(table.rows) - len(there)
    notes = (f"{counted(aside, 'clip')} of its {' and '.join(ASIDE)} sides left out.",) if aside else ()
    return ClipTable(tuple(clips), (), table.root, multi_label=True, notes=(*table.notes, *notes))
