"""HMDB51: per class CLASS_test_split1.txt with `file 1|2|0`, or one list a side with `file class`."""

import re
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.place import beside, folder_of, lines_fit, lists_in, required_lists, split_of
from kinema.data.formats.text import read_lines
from kinema.errors import DataError, counted

FILE = r"\S+_np\d+_(?:ba|fr|le|ri)_(?:bad|goo|med)_\d+(?:\.avi|\.mp4)?"  # people, side of the camera, quality, number
CLASS_LIST = re.compile(r"(\w+)_test_split(\d)")
SIDES = {"1": "train", "2": "test"}  # 0: in neither side of this split


def fits(path: Path) -> bool:
    """Whether every line is a file name of HMDB51 and then its class, or its side in a class's own list."""
    return lines_fit(path, rf"{FILE}\s+" + (r"[012]" if CLASS_LIST.fullmatch(path.stem) else r"[a-z]\w*"))


def recognises(place: Path) -> bool:
    """Whether it is such a list, or a folder with one."""
    return bool(lists_in(place, fits))


def source_of(file: str, name: str) -> str:
    """What a clip was cut from: the start of its file name, up to the class; films are told apart by class.

    The official splits keep a film on one side within a class only: of 156 films in a part of the first split's train
    list, 50 are in its test list, too. So the source is a film's clips of one class.
    """
    return f"{name}/{file.rpartition(f'_{name}_')[0] or file}"


def part_of(path: Path) -> str:
    """The number of the official split that a list's name tells; nothing where it tells none."""
    found = re.search(r"split_?(\d)", path.stem.casefold())
    return found[1] if found else ""


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None, part: int = 1) -> ClipTable:
    """Read the lists of official split `part` of a folder, or one list; clips that are in neither side are left out.

    Videos are CLASS/file.avi below the root.
    """
    root = folder_of(root, place)
    paths = required_lists(place, fits, "CLASS_test_split1.txt files, or lists with `file class` in each line")
    chosen = [path for path in paths if place.is_file() or part_of(path) in (str(part), "")]
    if not chosen:
        raise DataError(f"{place}: holds lists, but none of official split {part}.")
    entries, unused = [], 0
    for path in chosen:
        owner = CLASS_LIST.fullmatch(path.stem)
        for number, line in read_lines(path):
            where = f"{path} row {number}"
            found = re.fullmatch(rf"({FILE})\s+(\w+)", line)
            if not found:
                expected = "side" if owner else "class"
                raise DataError(f"{where}: expected a file of HMDB51 and its {expected}, found {line!r}.")
            name = owner[1] if owner else found[2]
            split = SIDES.get(found[2]) if owner else split_of(path)
            if owner and split is None:
                unused += 1
                continue
            row = ClipRow(f"{name}/{found[1]}", split=split, source=source_of(found[1], name))
            entries.append(Entry(row, (name,), where))
    listed = beside(place, r"label_map\.txt|classInd\.txt|labels\.txt")
    notes = [
        "Films are told apart by class: the official splits share films between classes, so the two sides are not "
        "wholly independent."
    ]
    notes += [f"Official split {part}: {counted(unused, 'clip')} on neither side."] if unused else []
    return build_table(entries, labels or (read_labels(listed) if listed else None), root, notes=notes)
