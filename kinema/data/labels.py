"""Names of classes: their order, and the refusal of two classes that look like one."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from kinema.errors import DataError, nearest, some


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Order in which people count: "take 2" before "take 10", "b" after "A"."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts], name


@lru_cache(maxsize=10_000)
def label_key(name: str) -> str:
    """What two names of one class have in common: case, spaces and the way accents are encoded do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def check_distinct(names: Iterable[str]) -> None:
    """Refuse two classes with one name, such as 'Jump' and 'jump ': one of them would be the other's mistakes."""
    seen: dict[str, str] = {}
    for name in names:
        key = label_key(name)
        if not key:
            raise DataError("A class has an empty name.")
        if key in seen:
            twin = f"{seen[key]!r} twice" if seen[key] == name else f"both {seen[key]!r} and {name!r}"
            raise DataError(f"Two classes have one name: {twin}. Join them or rename one.")
        seen[key] = name


def label_numbers(names: Sequence[str]) -> dict[str, int]:
    """The number of each class by its key; refuses two classes with one name."""
    check_distinct(names)
    return {label_key(name): number for number, name in enumerate(names)}


def find_label(name: str, numbers: dict[str, int], labels: Sequence[str], where: str) -> int:
    """The number of a class by its name; `where` (file and row) begins the error where none is called so."""
    number = numbers.get(label_key(name))
    if number is None:
        hint = nearest(name, labels)
        raise DataError(f"{where}: no class is called {name!r}.{hint or f' Classes: {some(labels)}.'}")
    return number
