"""Kinetics: a csv per split with label, youtube_id, time_start, time_end, split (the test list may lack labels)."""

from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table, split_name
from kinema.data.formats.place import Places, folder_of, lists_in, required_lists, split_of
from kinema.data.formats.table_csv import read_sheet
from kinema.data.formats.text import first_lines
from kinema.errors import DataError

COLUMNS = ("youtube_id", "time_start", "time_end")


def fits(path: Path) -> bool:
    """Whether the header has the columns that only Kinetics has."""
    header = {cell.strip(' "') for line in first_lines(path, 1) for cell in line.split(",")}
    return header.issuperset(COLUMNS)


def recognises(place: Path) -> bool:
    """Whether it is such a csv, or a folder with one."""
    return bool(lists_in(place, fits))


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read one csv or all those of a folder; the source is the YouTube video.

    Files are called youtubeid_000417_000427.mp4 and are looked for in split/label, label (spaces may be underscores) or
    split below the root, else right in it. The clips are cut already: rows have no times.
    """
    root = folder_of(root, place)
    places = Places(root)
    entries = []
    for path in required_lists(place, fits, f"a csv with the columns label,{','.join(COLUMNS)},split"):
        for number, cells in read_sheet(path, COLUMNS).records:
            where, name = f"{path} row {number}", cells.get("label", "")
            try:
                start, end = int(float(cells["time_start"])), int(float(cells["time_end"]))
            except ValueError:
                raise DataError(f"{where}: time_start and time_end are to be whole seconds.") from None
            split = split_name(cells.get("split")) or split_of(path)
            if not name and split != "test":
                raise DataError(f"{where}: the label of {cells['youtube_id']} is empty.")
            splits = [text for text in (cells.get("split"), split) if text]
            names = [text for text in (name, name.replace(" ", "_")) if text]
            folders = [f"{part}/{text}" for part in splits for text in names] + names + splits
            file = places.path(f"{cells['youtube_id']}_{start:06d}_{end:06d}.mp4", folders)
            row = ClipRow(file, split=split, source=cells["youtube_id"])
            entries.append(Entry(row, (name,) if name else (), where))
    return build_table(entries, labels, root)
