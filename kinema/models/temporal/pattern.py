"""Blocks picked by patterns of 1s and 0s, one a stage, each repeated through the blocks of its stage."""

from collections.abc import Sequence

from kinema.errors import ModelError
from kinema.models.plan import Place

STAGES = 4


def check_patterns(option: str, patterns: tuple[str, ...]) -> None:
    """Raise ModelError where an option is no such list."""
    if len(patterns) != STAGES or not all(isinstance(p, str) and p and not set(p) - {"0", "1"} for p in patterns):
        raise ModelError(f"{option}={patterns!r}: expected a pattern of 1s and 0s for each of the {STAGES} stages, "
                         "repeated through its blocks: ('0', '10', '1', '0') is every second block of the second "
                         "stage and every block of the third.")


def picks(patterns: tuple[str, ...], place: Place) -> bool:
    """Is the block at this place picked? None of the stem is."""
    if place.stage == 0:
        return False
    pattern = patterns[place.stage - 1]
    return pattern[place.index % len(pattern)] == "1"


def pattern_of(picked: Sequence[bool]) -> str:
    """The shortest pattern that picks these of a stage's blocks."""
    marks = "".join("01"[one] for one in picked)
    return next(marks[:n] for n in range(1, len(marks) + 1) if (marks[:n] * len(marks))[: len(marks)] == marks)
