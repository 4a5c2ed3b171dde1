"""The step that all readers share: clips with class names become a table with class numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.labels import check_distinct, find_label, label_key, label_numbers, natural_key
from kinema.errors import DataError, counted

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validate": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}


def split_name(text: str | None) -> str | None:
    """A split's usual name: 'Validation' is 'val'; a name of the data's own stays as it is; an empty one is None."""
    text = (text or "").strip()
    return SPLITS.get(text.casefold(), text) or None


@dataclass(frozen=True, slots=True)
class Entry:
    """A clip whose classes are still names; `where` says file and row, for errors."""

    row: ClipRow
    names: tuple[str, ...]
    where: str


def distinct_names(entries: Iterable[Entry]) -> tuple[str, ...]:
    """All class names in natural order; two spellings of one name are an error."""
    names = tuple(sorted({name for entry in entries for name in entry.names}, key=natural_key))
    check_distinct(names)
    return names


def names_or_numbers(entries: Sequence[Entry], labels: Sequence[str]) -> list[Entry]:
    """Where the classes are whole numbers and none is a class's own name, they count the classes of `labels` from 0."""
    known = {label_key(name) for name in labels}
    texts = {name for entry in entries for name in entry.names}
    if not texts or not all(text.isdecimal() for text in texts) or any(label_key(text) in known for text in texts):
        return list(entries)
    for entry in entries:
        for name in entry.names:
            if int(name) >= len(labels):
                raise DataError(f"{entry.where}: class number {name}, but the classes are 0 to {len(labels) - 1}.")
    return [replace(entry, names=tuple(labels[int(name)] for name in entry.names)) for entry in entries]


def build_table(
    entries: Sequence[Entry],
    labels: Sequence[str] | None,
    root: Path,
    multi_label: bool = False,
    notes: Sequence[str] = (),
) -> ClipTable:
    """Number the classes and make the table; entries of one clip with several classes are joined beforehand.

    labels: the classes in order; None takes the names that occur, in natural order.
    """
    single = list({(entry.row, entry.names): entry for entry in reversed(entries)}.values())[::-1]
    if len(single) < len(entries):
        notes = [*notes, f"{counted(len(entries) - len(single), 'row')} left out: another one says the same."]
    if labels is None:
        labels = distinct_names(single)
    numbers = label_numbers(labels)
    rows = []
    for entry in single:
        found = {find_label(name, numbers, labels, entry.where) for name in entry.names}
        rows.append(replace(entry.row, labels=tuple(sorted(found))))
    return ClipTable(tuple(rows), tuple(labels), root, multi_label, tuple(notes))
