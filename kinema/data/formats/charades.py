"""Charades: a csv with id, subject and actions ("c092 11.90 21.20;c147 0.00 12.60"), and the list of 157 classes."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.place import Places, beside, folder_of, lists_in, required_lists, split_of
from kinema.data.formats.table_csv import read_sheet
from kinema.data.formats.text import first_lines
from kinema.errors import DataError

COLUMNS = ("id", "subject", "actions")
VIDEO_FOLDERS = ("Charades_v1_480", "Charades_v1", "videos")
Actions = list[tuple[str, float, float]]  # code, start and end in seconds
Part = tuple[float | None, float | None]  # start and end in seconds; (None, None) is the whole video
ClipsOf = Callable[[Actions], dict[Part, list[str]]]


def fits(path: Path) -> bool:
    """Whether the header has the columns that only Charades has."""
    return any(set(line.split(",")).issuperset(COLUMNS) for line in first_lines(path, 1))


def recognises(place: Path) -> bool:
    """Whether it is such a csv, or a folder with one."""
    return bool(lists_in(place, fits))


def actions_of(text: str, where: str) -> Actions:
    """(code, start, end in seconds) of each action."""
    try:
        cells = [action.split() for action in text.split(";") if action.strip()]
        return [(code, float(start), float(end)) for code, start, end in cells]
    except ValueError:
        raise DataError(f"{where}: expected actions as in 'c092 11.90 21.20;c147 0 12.6', found {text!r}.") from None


def whole_video(actions: Actions) -> dict[Part, list[str]]:
    """All actions of a video as the classes of one clip, as its recognition benchmark (mAP) has it."""
    return {(None, None): [code for code, _, _ in actions]}


def each_action(actions: Actions) -> dict[Part, list[str]]:
    """A clip for each stretch of time that is listed; actions with the same times share one, empty ones go."""
    parts: dict[Part, list[str]] = defaultdict(list)
    for code, start, end in actions:
        if end > start:
            parts[start, end].append(code)
    return dict(parts)


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None, clips_of: ClipsOf = whole_video) -> ClipTable:
    """Read one csv or all those of a folder; several classes a clip. `clips_of` cuts a video's actions into clips.

    The source is the person filmed (subject). Videos are id.mp4, in the root or its sub-folder Charades_v1_480.
    """
    root = folder_of(root, place)
    places = Places(root)
    listed = beside(place, r"Charades_v1_classes\.txt|labels\.txt|classes\.txt")
    native = read_labels(listed) if listed else None
    entries = []
    for path in required_lists(place, fits, f"Charades_v1_train.csv with the columns {', '.join(COLUMNS)}"):
        for number, cells in read_sheet(path, COLUMNS).records:
            where = f"{path} row {number}"
            file = places.path(f"{cells['id']}.mp4", VIDEO_FOLDERS)
            for (start, end), codes in clips_of(actions_of(cells["actions"], where)).items():
                row = ClipRow(file, (), start, end, split=split_of(path), source=cells["subject"] or None)
                entries.append(Entry(row, tuple(class_name(code, native, where) for code in codes), where))
    notes = [] if listed else [f"{place}: no Charades_v1_classes.txt is beside the list; classes are called by code."]
    return build_table(entries, labels or native, root, True, notes)


def class_name(code: str, native: tuple[str, ...] | None, where: str) -> str:
    """The class of a code such as c092; the code itself where no names are known."""
    if native is None:
        return code
    if not code[1:].isdecimal() or int(code[1:]) >= len(native):
        raise DataError(f"{where}: no class has the code {code!r}. Expected c000 to c{len(native) - 1:03d}.")
    return native[int(code[1:])]
