"""Whether a table of results bears a claim out: numbers of repeated runs, their intervals, and a verdict.

A number is measured once a seed, on runs of that seed alone, so that what a seed does to all of them cancels out. Its
95 % interval has two parts, whose half-widths add up as the sides of a right angle: Student's over the seeds' numbers
(what another training would change), and, where the answers are kept, the bootstrap by source of their mean (what other
videos would change). Axes: S seeds, R the number itself and then its resamples.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, isnan, sqrt

import numpy as np

from kinema.evaluation.intervals import percentiles

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
LEAST_SEEDS = 3
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)  # 0.975, from 1 degree of freedom


class MissingError(Exception):
    """The table has not the rows that a claim is about."""


@dataclass(frozen=True)
class Number:
    """A measured number with its 95 % interval, from so many seeds; of one seed it has none."""

    value: float
    low: float
    high: float
    seeds: int

    @property
    def text(self) -> str:
        """In words."""
        if isnan(self.low):
            return f"{self.value:+.1f} ({self.seeds} seed{'s' * (self.seeds > 1)})"
        return f"{self.value:+.1f} [{self.low:+.1f}, {self.high:+.1f}] ({self.seeds} seeds)"


def reach(values: Sequence[float] | np.ndarray) -> float:
    """How far the 95 % interval of a mean goes each way, by Student's t; without end from one value."""
    count = len(values)
    if count < 2:
        return inf
    return STUDENT[min(count - 2, len(STUDENT) - 1)] * float(np.std(values, ddof=1)) / sqrt(count)


class Measured:
    """A number by seed, each beside what it is in resamples of the videos; adds, subtracts and scales like a number."""

    def __init__(self, by_seed: Mapping[int, np.ndarray]) -> None:
        self.by_seed = dict(by_seed)

    def join(self, other: "Measured | float", how: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> "Measured":
        """Both together, at the seeds that both have; resampled as far as both are."""
        if not isinstance(other, Measured):
            return Measured({seed: how(one_R, np.asarray(other, np.float64)) for seed, one_R in self.by_seed.items()})
        shared = self.by_seed.keys() & other.by_seed.keys()
        if not shared:
            raise MissingError("no seed has both")
        found = {}
        for seed in sorted(shared):
            one_R, other_R = self.by_seed[seed], other.by_seed[seed]
            length = min(len(one_R), len(other_R))
            found[seed] = how(one_R[:length], other_R[:length])
        return Measured(found)

    def __add__(self, other: "Measured | float") -> "Measured":
        return self.join(other, np.add)

    def __sub__(self, other: "Measured | float") -> "Measured":
        return self.join(other, np.subtract)

    def __mul__(self, other: "Measured | float") -> "Measured":
        return self.join(other, np.multiply)

    def __truediv__(self, other: "Measured | float") -> "Measured":
        with np.errstate(invalid="ignore", divide="ignore"):  # of two networks that are never right: not a number
            return self.join(other, np.divide)

    def greater(self, other: "Measured | float") -> "Measured":
        """The greater of both."""
        return self.join(other, np.maximum)

    def number(self) -> Number:
        """The mean over the seeds, and its interval."""
        rows = list(self.by_seed.values())
        length = min(map(len, rows))
        values_SR = np.stack([row[:length] for row in rows])
        value, seeds = float(values_SR[:, 0].mean()), len(rows)
        if seeds < 2:
            return Number(value, float("nan"), float("nan"), seeds)
        by_seed = reach(values_SR[:, 0])
        below = above = 0.0
        if length > 1:
            low, high = percentiles(values_SR[:, 1:].mean(0))
            below, above = max(value - low, 0.0), max(high - value, 0.0)
        return Number(value, value - hypot(by_seed, below), value + hypot(by_seed, above), seeds)


def mean(parts: Sequence[Measured]) -> Measured:
    """The mean of several, at the seeds that all have."""
    if not parts:
        raise MissingError("there are no networks to average")
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total / float(len(parts))


@dataclass(frozen=True)
class Claim:
    """That a number lies in an interval, both ends told before it is measured.

    It holds if the number's interval lies inside, does not hold if it lies outside altogether, and is else undecided;
    so it is with fewer than three seeds.
    """

    least: float = float("-inf")
    most: float = float("inf")

    def verdict(self, number: Number | None) -> str:
        """What a number says of the claim."""
        if number is None or number.seeds < LEAST_SEEDS or isnan(number.low):
            return UNDECIDED
        if number.low > self.least and number.high < self.most:
            return HOLDS
        return FAILS if number.high < self.least or number.low > self.most else UNDECIDED

    @property
    def text(self) -> str:
        """In words."""
        if self.least == -self.most:
            return f"within {self.most:g} of 0"
        if self.most == float("inf"):
            return f"above {self.least:g}"
        return f"below {self.most:g}" if self.least == float("-inf") else f"{self.least:g} to {self.most:g}"


def above(least: float = 0.0) -> Claim:
    """More than so much; more than a little less than nothing is "at least as good"."""
    return Claim(least=least)


def below(most: float = 0.0) -> Claim:
    """Less than so much."""
    return Claim(most=most)


def near(margin: float) -> Claim:
    """No further from 0 than that."""
    return Claim(-margin, margin)


@dataclass(frozen=True)
class Part:
    """One number that a finding says something of: what it is, what is claimed, and how it is measured."""

    what: str
    claim: Claim
    measure: Callable[[], Measured]


@dataclass(frozen=True)
class Judged:
    """A part and what was measured; `number` is None where the table has no such rows: `why` says which."""

    what: str
    claim: Claim
    number: Number | None
    why: str = ""

    @property
    def verdict(self) -> str:
        """Of this part alone."""
        return self.claim.verdict(self.number)

    @property
    def text(self) -> str:
        """In words."""
        measured = self.number.text if self.number else f"not measured: {self.why}"
        return f"{self.what}: {measured}; claimed {self.claim.text}: {self.verdict}"


def judge(part: Part) -> Judged:
    """Measure a part."""
    try:
        return Judged(part.what, part.claim, part.measure().number())
    except MissingError as error:
        return Judged(part.what, part.claim, None, str(error))


def together(parts: Sequence[Judged]) -> str:
    """The verdict of a finding: it holds if all of its parts do, and does not if one of them does not."""
    verdicts = {part.verdict for part in parts}
    return FAILS if FAILS in verdicts else HOLDS if verdicts == {HOLDS} else UNDECIDED
