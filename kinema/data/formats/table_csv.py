"""A csv with a header: path, label, and where they are known start, end, split, source and fold."""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table, names_or_numbers, split_name
from kinema.data.formats.text import local_path, read_lines, read_text
from kinema.errors import DataError, counted, nearest

ALIASES = {"start_seconds": "start", "end_seconds": "end"}
DELIMITERS = ",;\t|"
MOST_LINES = 20  # that a quoted cell may go on for


@dataclass(frozen=True)
class Sheet:
    """A csv's columns, in small letters, and its records: each a row number and the cells by column."""

    columns: tuple[str, ...]
    records: tuple[tuple[int, dict[str, str]], ...]


def read_sheet(path: Path, required: Sequence[str]) -> Sheet:
    """Read a csv with a header, whichever of , ; tab | separates it. DataError: a column of `required` is missing.

    A row with more cells than the header has, or fewer, is an error where the surplus is not empty.
    """
    text = read_text(path)
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows = ((number, row) for number, row in numbered(reader, path) if any(row))
    _, columns = next(rows, (1, []))
    columns = [ALIASES.get(name.casefold(), name.casefold()) for name in columns]
    for name in required:
        if name not in columns:
            raise DataError(
                f"{path}: no column is called {name!r}. Found: {', '.join(columns) or 'an empty file'}."
                f"{nearest(name, columns)}"
            )
    return Sheet(tuple(columns), tuple(checked(rows, columns, path)))


def numbered(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row's cells and the line it begins in. DataError: a quote that is opened and never closed."""
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{path} row {line}: {error}. Is a double quote opened here and never closed?") from error
        if reader.line_num > line + MOST_LINES:
            raise DataError(f"{path} row {line}: a cell goes on for {reader.line_num - line} lines. Close its quote.")
        yield line, [cell.strip() for cell in row]


def checked(
    rows: Iterator[tuple[int, list[str]]], columns: list[str], path: Path
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's cells by column; more cells than columns are an error, missing ones at the end are empty."""
    for number, row in rows:
        if any(row[len(columns) :]):
            raise DataError(
                f"{path} row {number}: {len(row)} cells, but the header has {len(columns)}. "
                "Put a text that holds the separator in double quotes."
            )
        yield number, dict(zip(columns, row + [""] * (len(columns) - len(row)), strict=False))


def seconds(text: str, where: str) -> float | None:
    """A time in seconds, given as seconds or as h:mm:ss; None where the cell is empty."""
    if not text:
        return None
    try:
        value = 0.0
        for part in text.split(":"):
            value = value * 60 + float(part)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise DataError(f"{where}: {text!r} is no time. Expected seconds such as 12.5, or 0:01:12.5.")
    return value


def frame(text: str, where: str) -> int | None:
    """A frame's number, counted from 0; None where the cell is empty."""
    if text and not text.isdecimal():
        raise DataError(f"{where}: {text!r} is no frame number. Expected a whole number from 0.")
    return int(text) if text else None


def clip_row(cells: dict[str, str], root: Path, where: str) -> ClipRow:
    """The clip that a row describes, its classes aside. DataError: no path, or an end that is not after its start."""
    if not cells["path"]:
        raise DataError(f"{where}: the path is empty.")
    start, end = seconds(cells.get("start", ""), where), seconds(cells.get("end", ""), where)
    first, last = frame(cells.get("start_frame", ""), where), frame(cells.get("end_frame", ""), where)
    for begins, stops in ((start, end), (first, last)):
        if stops is not None and stops <= (begins or 0):
            raise DataError(f"{where}: the end {stops} is not after the start {begins or 0}.")
    return ClipRow(
        local_path(cells["path"], root),
        (),
        start,
        end,
        first,
        last,
        split_name(cells.get("split")),
        cells.get("source") or None,
        cells.get("fold") or None,
    )


def merge(entries: list[Entry]) -> tuple[list[Entry], int]:
    """Join rows that describe one clip into one with all its classes; also how many rows said nothing new."""
    merged: dict[ClipRow, Entry] = {}
    repeated = 0
    for entry in entries:
        known = merged.get(entry.row)
        if known is None:
            merged[entry.row] = entry
        elif set(entry.names) <= set(known.names):
            repeated += 1
        else:
            new = tuple(name for name in entry.names if name not in known.names)
            merged[entry.row] = replace(known, names=known.names + new)
    return list(merged.values()), repeated


def labels_beside(place: Path) -> tuple[str, ...] | None:
    """The classes in order, a line each, of NAME.labels.txt or labels.txt beside NAME.csv; None without either."""
    found = [path for path in (place.with_suffix(".labels.txt"), place.with_name("labels.txt")) if path.is_file()]
    return tuple(line for _, line in read_lines(found[0])) if found else None


def recognises(place: Path) -> bool:
    """Whether it is a folder with a clips.csv, or a file whose header has `path` and `label` or `labels`."""
    if place.is_dir():
        return (place / "clips.csv").is_file()
    lines = read_lines(place)[:1] if place.suffix.lower() in (".csv", ".tsv", ".txt") else []
    cells = {cell.strip(' "').casefold() for _, line in lines for cell in re.split(r"[,;\t|]", line)}
    return "path" in cells and bool(cells & {"label", "labels"})


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read a csv (or a folder's clips.csv); other columns are left out.

    Several classes a clip: a column `labels` with ; between them, or a row for each. Classes given as whole numbers
    count the classes of `labels` (or of a labels.txt beside the csv) from 0; without these the numbers are the names.
    DataError: names the row for an empty path, a time that is none, an unknown class, and for an empty label unless its
    split is test or the column is `labels`. A video without start, end and label, in which nothing
    happens by a timeline or a list of what truly happens, is left out.
    """
    place = place / "clips.csv" if place.is_dir() else place
    root = place.parent if root is None else root
    labels = labels_beside(place) if labels is None else labels
    sheet = read_sheet(place, ["path"])
    several = "labels" in sheet.columns
    column = "labels" if several else "label"
    if column not in sheet.columns:
        raise DataError(
            f"{place}: no column is called 'label' (or 'labels'). Found: {', '.join(sheet.columns)}."
            f"{nearest('label', sheet.columns)}"
        )
    entries: list[Entry] = []
    timed, still = {"start", "end"} <= set(sheet.columns), 0
    for number, cells in sheet.records:
        where = f"{place} row {number}"
        names = [name.strip() for name in (cells[column].split(";") if several else [cells[column]])]
        row = clip_row(cells, root, where)
        unlabelled = names == [""] and (several or row.split == "test")
        if timed and names == [""] and not unlabelled and row.start_seconds is row.end_seconds is None:
            still += 1
            continue
        if not all(names) and not unlabelled:
            raise DataError(f"{where}: the label of {row.path} is empty.")
        entries.append(Entry(row, () if unlabelled else tuple(names), where))
    entries, repeated = merge(entries)
    if not entries:
        raise DataError(f"{place}: has a header but no clip.")
    if labels is not None:
        entries = names_or_numbers(entries, labels)
    notes = [f"{counted(repeated, 'row')} left out: an earlier one says the same."] if repeated else []
    if still:
        notes.append(f"{counted(still, 'video')} left out: nothing happens there, by a row without times and label.")
    double = [] if several else [entry for entry in entries if len(entry.names) > 1]
    if double:
        notes.append(
            f"{len(double)} clips have several rows with different classes (the first is {double[0].row.path}: "
            f"{', '.join(double[0].names)}), so each class is learnt by itself. If a clip has one class, mend its rows."
        )
    several = several or bool(double)
    return build_table(entries, labels, root, several, notes)
