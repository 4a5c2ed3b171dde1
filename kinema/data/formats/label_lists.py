"""Lists of class names, in the forms that published sets have them."""

import json
import re
from pathlib import Path

from kinema.data.formats.text import read_lines, read_text
from kinema.errors import DataError

NUMBER_FIRST = re.compile(r"(\d+)\s*[\s,:;]\s*(\S.*)")  # "1 ApplyEyeMakeup"
NUMBER_LAST = re.compile(r"(.*\S)\s*[,;]\s*(\d+)")  # "clapping,0"
CODE_FIRST = re.compile(r"c(\d{3}) (\S.*)")  # "c000 Holding some clothes"


def read_labels(path: Path) -> tuple[str, ...]:
    """The class names in the order of their numbers.

    A line each, alone or with its number before or after it; or json: a list, or names with their numbers. Numbers
    count from 0 or from 1 without a gap. DataError: a gap, no name.
    """
    if path.suffix.lower() == ".json":
        return from_json(path)
    lines = [line for _, line in read_lines(path)]
    if not lines:
        raise DataError(f"{path}: holds no class name.")
    for pattern, number, name in ((CODE_FIRST, 1, 2), (NUMBER_FIRST, 1, 2), (NUMBER_LAST, 2, 1)):
        found = [match for line in lines if (match := pattern.fullmatch(line))]
        if len(found) == len(lines):
            return in_order({match[name]: int(match[number]) for match in found}, path)
    return tuple(lines)


def from_json(path: Path) -> tuple[str, ...]:
    """A json list of names, or an object of names and numbers (as text, too); quotes within names are dropped."""
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: is no json ({error}).") from error
    if isinstance(content, list) and all(isinstance(name, str) for name in content):
        return tuple(content)
    if isinstance(content, dict) and all(str(number).isdecimal() for number in content.values()):
        return in_order({name.strip('"'): int(number) for name, number in content.items()}, path)
    raise DataError(f"{path}: expected a list of class names, or an object of class names and their numbers.")


def in_order(numbers: dict[str, int], path: Path) -> tuple[str, ...]:
    """Names by number; DataError where the numbers are not 0, 1, 2 ... or 1, 2, 3 ..."""
    names = sorted(numbers, key=lambda name: numbers[name])
    first = numbers[names[0]] if names else 0
    if first not in (0, 1) or [numbers[name] for name in names] != list(range(first, first + len(names))):
        raise DataError(f"{path}: the class numbers leave gaps; expected 0, 1, 2 ... or 1, 2, 3 ..., each once.")
    return tuple(names)
