"""Errors that a user can act on: the command line shows their text alone, without a stack trace."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class KinemaError(Exception):
    """What the user gave cannot be used; the text says what came, what was expected and the nearest right thing."""


class VideoError(KinemaError):
    """A video cannot be read."""


class ShorterError(VideoError):
    """A video proved to be damaged, and shorter than it told; opened with `whole`, it tells the truth at once."""


class DataError(KinemaError):
    """A list of clips, its labels or its splits are wrong."""


class ModelError(KinemaError, ValueError):
    """A network's name, an option or a checkpoint does not fit."""


class RunError(KinemaError):
    """A run's folder or its recipe cannot be used."""


def counted(number: int, noun: str) -> str:
    """A number with its noun, as in a sentence: '1 clip', '3 clips', '2 classes'."""
    ending = "" if number == 1 else "es" if noun.endswith(("s", "x", "ch")) else "s"
    return f"{number} {noun}{ending}"


def some(names: Sequence[object], most: int = 8) -> str:
    """The first of some names, and ' ...' where there are more of them."""
    return ", ".join(map(str, names[:most])) + (" ..." if len(names) > most else "")


def nearest(name: str, names: Iterable[str], count: int = 3) -> str:
    """Say which of `names` look most like `name`: ' Nearest: a, b.' or, when none does, an empty text."""
    close = get_close_matches(name, list(names), n=count, cutoff=0.5)
    return f" Nearest: {', '.join(close)}." if close else ""
