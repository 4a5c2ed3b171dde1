"""Something-Something: version 2 (json lists and labels) and version 1 (csv lists `id;label` and labels)."""

import json
import re
from pathlib import Path
from typing import Any

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.formats.place import Places, beside, folder_of, lists_in, required_lists, split_of
from kinema.data.formats.text import first_lines, read_lines, read_text
from kinema.errors import DataError

VIDEO_FOLDERS = ("20bn-something-something-v2", "20bn-something-something-v1", "videos", "frames")
LABELS = r"(20bn-)?(something-something-v[12]-)?labels\.(json|csv|txt)"


def is_json_list(path: Path) -> bool:
    """Whether a json list of clips begins here: an object with an id, and, if it has more than that, a template."""
    start = "".join(first_lines(path, 30)) if path.suffix.lower() == ".json" else ""
    return bool(re.match(r'\[\s*\{\s*"id"\s*:\s*"?\d+"?\s*[,}]', start)) and ("template" in start or '","' not in start)


def is_csv_list(path: Path) -> bool:
    """Whether it is a version 1 list; `id;label` alone could also be Jester's, so the file's name must tell."""
    named = "something" in path.name.casefold() and split_of(path) is not None
    return named and path.suffix.lower() == ".csv" and all(re.match(r"\d+(;|$)", line) for line in first_lines(path))


def fits(path: Path) -> bool:
    """Whether it is a list of either version."""
    return is_json_list(path) or is_csv_list(path)


def recognises(place: Path) -> bool:
    """Whether it is such a list, or a folder with one."""
    return bool(lists_in(place, fits))


def without_brackets(template: str) -> str:
    """The class that a template names: "Pushing [something] so that it falls" without the brackets."""
    return " ".join(template.replace("[", "").replace("]", "").split())


def from_json(path: Path) -> list[tuple[str, str, str]]:
    """(id, class or nothing, where) of each clip of a version 2 list."""
    try:
        clips: list[dict[str, Any]] = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: is no json ({error}).") from error
    for number, clip in enumerate(clips):
        if "id" not in clip or ("template" not in clip and len(clip) > 1):
            raise DataError(f"{path} clip {number}: expected id and template, found {', '.join(clip)}.")
    return [
        (str(clip["id"]), without_brackets(clip.get("template", "")), f"{path} clip {number}")
        for number, clip in enumerate(clips)
    ]


def from_csv(path: Path) -> list[tuple[str, str, str]]:
    """(id, class or nothing, where) of each clip of a list `id;label`; a test list has the id alone."""
    rows = []
    for number, line in read_lines(path):
        clip, _, label = line.partition(";")
        rows.append((clip.strip(), without_brackets(label), f"{path} row {number}"))
    return rows


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read one list or all those of a folder, the classes from the labels file beside it.

    A video is id.webm (version 2) or a folder of frames called id (version 1), in the root or in its sub-folder videos,
    frames or 20bn-something-something-v2. Who filmed it is not published: no source.
    """
    root = folder_of(root, place)
    places = Places(root)
    entries = []
    for path in required_lists(place, fits, "something-something-v2-train.json or something-something-v1-train.csv"):
        second = path.suffix.lower() == ".json"
        split = split_of(path)
        for clip, label, where in from_json(path) if second else from_csv(path):
            if not label and split != "test":
                raise DataError(f"{where}: the label of {clip} is empty.")
            file = places.path(f"{clip}.webm" if second else clip, VIDEO_FOLDERS)
            entries.append(Entry(ClipRow(file, split=split), (label,) if label else (), where))
    listed = beside(place, LABELS)
    native = tuple(without_brackets(name) for name in read_labels(listed)) if listed else None
    notes = [] if listed or labels else [f"{place}: no labels file is beside the list; classes are numbered by name."]
    return build_table(entries, labels or native, root, notes=notes)
