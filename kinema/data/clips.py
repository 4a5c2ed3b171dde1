"""A list of labelled clips: what every way of bringing data (folder, csv, official list) turns into."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kinema.data.labels import label_key, label_numbers, natural_key
from kinema.data.shards.unpack import unpacked
from kinema.errors import DataError


@dataclass(frozen=True, slots=True)
class ClipRow:
    """One clip: a whole video (no times), or a part of one given in seconds or in frames.

    path: relative to the table's root, or absolute. labels: class numbers; none in a test list whose labels are secret.
    start_seconds, end_seconds: presentation times. start_frame, end_frame: counted from 0, the end left out.
    split: "train", "val" or "test" (or a name of the table's own). source: what must never be split: a camera, a
    person, the long video that clips were cut from. fold: name of the fold, as text.
    """

    path: str
    labels: tuple[int, ...] = ()
    start_seconds: float | None = None
    end_seconds: float | None = None
    start_frame: int | None = None
    end_frame: int | None = None
    split: str | None = None
    source: str | None = None
    fold: str | None = None

    @property
    def group(self) -> str:
        """What keeps together in a split: the source, or, where none is known, the file itself."""
        return f"path:{self.path}" if self.source is None else f"source:{self.source}"


@dataclass(frozen=True)
class ClipTable:
    """Labelled clips, the names of their classes, and the folder that their paths are relative to.

    notes: what a reader left out or found odd, a sentence each, for people to read.
    """

    rows: tuple[ClipRow, ...]
    labels: tuple[str, ...]
    root: Path
    multi_label: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, row: ClipRow) -> Path:
        """Where the row's file is: its path under the root (an absolute path stays as it is), also through a shard."""
        return self.root / row.path

    def path(self, row: ClipRow) -> Path:
        """What the row's file is opened from: its place or, of one in a shard, a copy that is made when asked for."""
        return unpacked(self.place(row)) if ".tar/" in row.path else self.place(row)

    def subset(self, indices: Iterable[int]) -> "ClipTable":
        """The rows of these numbers, in this order; the classes stay as they are."""
        return replace(self, rows=tuple(self.rows[int(index)] for index in indices))

    def select(self, split: str) -> "ClipTable":
        """The rows of one split; a split that no row has is an error that names those there are."""
        rows = tuple(row for row in self.rows if row.split == split)
        if not rows:
            there = sorted({row.split for row in self.rows if row.split is not None})
            raise DataError(f"No clip is in split {split!r}. Splits here: {', '.join(there) or 'none'}.")
        return replace(self, rows=rows)

    def counts(self) -> dict[str, int]:
        """How many clips each class has, in the order of the classes; a clip of several classes counts in each."""
        numbers = np.zeros(len(self.labels), dtype=np.int64)
        for row in self.rows:
            for label in row.labels:
                numbers[label] += 1
        return {name: int(number) for name, number in zip(self.labels, numbers, strict=True)}

    def targets(self) -> np.ndarray:
        """What a network should answer: class numbers N (int64); with several labels zeros and ones N K (float32)."""
        if not self.multi_label:
            missing = next((row.path for row in self.rows if len(row.labels) != 1), None)
            if missing is not None:
                raise DataError(f"{missing} has no label, so it can be recognised but not trained on or judged.")
            return np.array([row.labels[0] for row in self.rows], dtype=np.int64)
        targets_NK = np.zeros((len(self.rows), len(self.labels)), dtype=np.float32)
        for number, row in enumerate(self.rows):
            targets_NK[number, list(row.labels)] = 1
        return targets_NK

    def relabel(self, labels: Sequence[str]) -> "ClipTable":
        """The clips of these classes alone, numbered in this order; a clip that is left without a class goes.

        Case and spaces in names do not count; a class that the table does not have is one without clips.
        """
        numbers = label_numbers(labels)
        new = [numbers.get(label_key(name)) for name in self.labels]
        rows = []
        for row in self.rows:
            kept = sorted(number for label in row.labels if (number := new[label]) is not None)
            if kept:
                rows.append(replace(row, labels=tuple(kept)))
        return replace(self, rows=tuple(rows), labels=tuple(labels))

    def rebase(self, root: str | Path) -> "ClipTable":
        """The same clips with paths relative to another folder; those of files outside it become absolute."""
        root = Path(root)
        base = root.absolute()
        rows = []
        for row in self.rows:
            file = self.place(row).absolute()
            rows.append(replace(row, path=(file.relative_to(base) if file.is_relative_to(base) else file).as_posix()))
        return replace(self, rows=tuple(rows), root=root)

    def to_csv(self, path: str | Path) -> Path:
        """Write the table as a csv that `read_table` reads back; empty columns are left out. Returns the path.

        Paths stay relative to the table's root; `save` writes a list that finds its files by itself.
        """
        label = "labels" if self.multi_label else "label"
        columns: dict[str, Sequence[object]] = {
            "path": [row.path for row in self.rows],
            label: [";".join(self.labels[number] for number in row.labels) for row in self.rows],
            "start": [row.start_seconds for row in self.rows],
            "end": [row.end_seconds for row in self.rows],
            "start_frame": [row.start_frame for row in self.rows],
            "end_frame": [row.end_frame for row in self.rows],
            "split": [row.split for row in self.rows],
            "source": [row.source for row in self.rows],
            "fold": [row.fold for row in self.rows],
        }
        kept = {
            name: values
            for name, values in columns.items()
            if name in ("path", label) or any(value is not None for value in values)
        }
        path = Path(path)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(kept)
            writer.writerows(zip(*kept.values(), strict=True))
        return path

    def save(self, path: str | Path) -> Path:
        """Write a list that stands by itself: a csv with paths from its own folder, and, where the clips alone do not
        tell the classes and their order, NAME.labels.txt beside it. Returns the csv's path.
        """
        path = Path(path)
        names = path.with_suffix(".labels.txt")
        occurring = {self.labels[label] for row in self.rows for label in row.labels}
        if names.exists() or list(self.labels) != sorted(occurring, key=natural_key):
            names.write_text("".join(f"{name}\n" for name in self.labels), encoding="utf-8")
        return self.rebase(path.parent).to_csv(path)


def read_table(
    data: str | Path, format: str | None = None, labels: Sequence[str] | None = None, root: str | Path | None = None
) -> ClipTable:
    """Read a folder with a class per sub-folder, a csv or an official list into one table.

    data: a folder or a file. format: a name of `kinema.data.formats.FORMATS`; None recognises it by names and content.
    labels: class names in the order of their numbers; None takes those of the data. root: the folder that paths are
    relative to; None takes the folder of the list. DataError: what is wrong, in which row, and what to do.
    """
    from kinema.data.formats import read  # the readers build tables, so they come after this module

    return read(Path(data), format, None if labels is None else tuple(labels), None if root is None else Path(root))


def check_root(root: str | Path | None) -> None:
    """Refuse a folder that is not there to find a list's files in; a list alone can be read without it."""
    if root is not None and not Path(root).is_dir():
        raise DataError(f"{root}: there is no such folder (root) to find the list's files in.")
