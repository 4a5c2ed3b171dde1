"""Splits by group: clips of one source are always on one side."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinema.data.clips import ClipTable
from kinema.data.labels import natural_key
from kinema.errors import DataError, nearest


@dataclass(frozen=True)
class Split:
    """What a run learns from, what it may be chosen on, and what it is judged on; the middle one may be empty."""

    train: ClipTable
    validation: ClipTable
    test: ClipTable


def partition(table: ClipTable, shares: Sequence[float], seed: int) -> np.ndarray:
    """Deal groups of clips into parts of about these shares, each class spread as evenly as whole groups allow.

    The largest groups are dealt first, each to the part that is furthest from its share of the group's classes; equal
    ones in an order drawn from `seed`. Returns each row's part (int64); the order of the rows does not matter.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(table.rows):
        members[row.group].append(number)
    if len(members) < len(shares):
        fewer = f" Ask for fewer: --split fold=0/{len(members)}." if len(members) > 1 else " More are needed."
        raise DataError(f"{len(members)} sources (files, where none is given) do not make {len(shares)} parts.{fewer}")
    clips = len(table.labels)  # the number after the last class counts clips, so that parts are also of fair size
    weight = [1 / max(number, 1) ** 2 for number in (*table.counts().values(), len(table))]
    filled = [[0] * len(weight) for _ in shares]
    names = sorted(members)
    names = [names[index] for index in np.random.default_rng(seed).permutation(len(names))]
    part_N = np.zeros(len(table), dtype=np.int64)
    for name in sorted(names, key=lambda name: -len(members[name])):
        counted = Counter(label for number in members[name] for label in table.rows[number].labels)
        amounts = [*sorted(counted.items()), (clips, len(members[name]))]
        # How much each part's sum(weight * filled^2) / share grows: their sum is least where all have their shares.
        growth = [
            sum((2 * held[label] + number) * number * weight[label] for label, number in amounts) / share
            for held, share in zip(filled, shares, strict=True)
        ]
        part = growth.index(min(growth))
        for label, number in amounts:
            filled[part][label] += number
        part_N[members[name]] = part
    return part_N


def grouped_folds(table: ClipTable, folds: int = 5, seed: int = 0) -> np.ndarray:
    """The fold (0 to folds-1) of each row: folds of about equal size and classes that never split a source."""
    if folds < 2:
        raise DataError(f"{folds} folds were asked for; a split needs at least 2.")
    return partition(table, [1 / folds] * folds, seed)


def check_apart(test: ClipTable, train: ClipTable) -> None:
    """Refuse a split that has one source on both sides."""
    ours = {row.group for row in test.rows}
    shared = Counter(row.group for row in train.rows if row.group in ours)
    if shared:
        shown = ", ".join(name.partition(":")[2] for name in sorted(shared, key=natural_key)[:5])
        raise DataError(
            f"{len(shared)} sources are on both sides of the split ({shown}), with {sum(shared.values())} of the "
            f"{len(train)} clips to train on. Take these clips out (the doctor writes a list without them), split by "
            "source (fold=0/5), or, if the sources mean nothing, empty their column."
        )


def sides(table: ClipTable, spec: str | None, seed: int) -> tuple[ClipTable, ClipTable, ClipTable]:
    """Train, validation and test side by `spec`, as `split_table` explains."""
    none = table.subset([])
    names = Counter(row.split for row in table.rows if row.split is not None)
    fold = re.fullmatch(r"fold=([^/]+)(?:/(\d+))?", spec or "")
    if fold:
        own = fold[2] is None and any(row.fold is not None for row in table.rows)
        ours = (
            [row.fold for row in table.rows]
            if own
            else [str(number) for number in grouped_folds(table, int(fold[2] or 5), seed)]
        )
        if fold[1] not in ours:
            there = sorted({name for name in ours if name is not None}, key=natural_key)
            raise DataError(f"No clip is in fold {fold[1]!r}. Folds: {', '.join(there)}.")
        return (
            table.subset(i for i, name in enumerate(ours) if name != fold[1]),
            none,
            table.subset(i for i, name in enumerate(ours) if name == fold[1]),
        )
    if spec is not None and not spec.startswith("split="):
        raise DataError(f"{spec!r} is no split. Expected fold=0, fold=0/5 or split=val.")
    if not names:
        if spec is not None:
            raise DataError(f"{spec!r}: the clips have no splits. Split by source instead: fold=0.")
        return sides(table, "fold=0/5", seed)
    test = spec.removeprefix("split=") if spec else next((name for name in ("test", "val") if names[name]), None)
    if test is None or not names[test]:
        raise DataError(
            f"No labelled clip is in split {test or 'test'!r}. Splits: {', '.join(sorted(names))}."
            f"{nearest(test or 'test', names)} Or split by source: fold=0."
        )
    validation = table.select("val") if test != "val" and names["val"] else none
    train = table.subset(i for i, row in enumerate(table.rows) if row.split not in (test, "val", "test"))
    return train, validation, table.select(test)


def split_table(table: ClipTable, spec: str | None = None, seed: int = 0, validation: float = 0.0) -> Split:
    """Split clips into sides that share no source; a clip whose source is unknown is a source of its own.

    spec: "fold=K" takes fold K of the table's own folds as the test side, or of 5 folds by source where it has none;
    "fold=K/N" makes N folds. "split=NAME" takes the rows of that split. None: the table's own test rows (or val, where
    no test row has a label), or one of 5 folds by source. The table's own `val` rows are the validation side unless
    they are the test side; where there are none, `validation` is the share that is cut off the train side, by source.
    Never trained on: clips without a label, other rows called test. DataError: an unknown split, a source on both
    sides, an empty side.
    """
    labelled = table if table.multi_label else table.subset(i for i, row in enumerate(table.rows) if row.labels)
    train, middle, test = sides(labelled, spec, seed)
    if not 0 <= validation < 1:
        raise DataError(f"validation={validation} is no share of the train side. Expected 0 up to, but not 1.")
    if validation and not len(middle) and len({row.group for row in train.rows}) > 1:
        part_N = partition(train, [1 - validation, validation], seed)
        train, middle = train.subset(np.flatnonzero(part_N == 0)), train.subset(np.flatnonzero(part_N == 1))
    for side, name in ((train, "train on"), (test, "test on")):
        if not len(side):
            raise DataError(f"The split leaves no clip to {name}: of {len(table)} clips {len(labelled)} have a label.")
    check_apart(test, train)
    check_apart(middle, train)
    check_apart(test, middle)
    unseen = [name for name, number in train.counts().items() if not number and test.counts()[name]]
    if unseen:
        train = replace(train, notes=(*train.notes, f"No clip to train on: {', '.join(unseen)}."))
    return Split(train, middle, test)
