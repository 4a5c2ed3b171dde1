"""Finding things around a list: its sister lists, its class names, the folders its videos are in."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from kinema.data.formats.entries import SPLITS
from kinema.data.formats.text import first_lines
from kinema.errors import DataError

TEXTS = (".txt", ".csv", ".json", ".tsv", ".lst", ".list")


def lists_in(place: Path, fits: Callable[[Path], bool]) -> list[Path]:
    """The text file itself, or those right in the folder, in order of name, that `fits` finds to be of its format."""
    paths = sorted(path for path in place.iterdir() if path.is_file()) if place.is_dir() else [place]
    return [path for path in paths if path.suffix.lower() in TEXTS and not path.name.startswith(".") and fits(path)]


def required_lists(place: Path, fits: Callable[[Path], bool], expected: str) -> list[Path]:
    """As `lists_in`; DataError where there is none, which says what was `expected`."""
    paths = lists_in(place, fits)
    if not paths:
        raise DataError(f"{place}: holds no list of this format. Expected {expected}.")
    return paths


def lines_fit(path: Path, pattern: str) -> bool:
    """Whether each of the first lines has this form, and there is one."""
    lines = first_lines(path)
    return bool(lines) and all(re.fullmatch(pattern, line) for line in lines)


def beside(place: Path, pattern: str) -> Path | None:
    """The first file, in order of name, in the list's folder (or in the folder itself) whose name has this form."""
    folder = place if place.is_dir() else place.parent
    found = (path for path in sorted(folder.iterdir()) if re.fullmatch(pattern, path.name, re.IGNORECASE))
    return next((path for path in found if path.is_file()), None)


def split_of(path: Path) -> str | None:
    """The split that a list's name tells: "trainlist01.txt" is "train", "jester-v1-validation.csv" is "val"."""
    found = re.search(r"(?<![a-z])(training|train|validation|validate|valid|val|testing|test)", path.stem.casefold())
    return SPLITS[found[1]] if found else None


def folder_of(root: Path | None, place: Path) -> Path:
    """The folder that a list's paths are relative to: `root`, else that of the list."""
    return root or (place if place.is_dir() else place.parent)


class Places:
    """Under which sub-folder of the root a set keeps its files; copies of one set differ in that."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.known: dict[str, bool] = {}

    def path(self, name: str, folders: Iterable[str]) -> str:
        """`name` under the first of `folders` that exists below the root, else right below it."""
        for folder in folders:
            if folder not in self.known:
                self.known[folder] = (self.root / folder).is_dir()
            if self.known[folder]:
                return f"{folder}/{name}"
        return name


def numbered_name(number: str, labels: Sequence[str] | None, first: int, where: str) -> str:
    """The class with this number, where numbers count from `first`; without `labels` the number is the name."""
    if labels is None:
        return number
    index = int(number) - first
    if not 0 <= index < len(labels):
        raise DataError(f"{where}: class number {number}, but the classes are {first} to {len(labels) - 1 + first}.")
    return labels[index]
