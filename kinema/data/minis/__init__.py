"""Parts of large sets: published class lists by name, and random halves of the classes.

The lists are those of Chen et al., "Deep Analysis of CNN-based Spatio-temporal Representations for Action Recognition",
CVPR 2021: half of the classes of Something-Something V2 (87) and of Kinetics-400 (200), each with all its clips.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

import numpy as np

from kinema.data.clips import ClipTable
from kinema.errors import DataError, nearest

MINIS = {"mini-ssv2": "mini_ssv2.txt", "mini-kinetics": "mini_kinetics400.txt"}
ALIASES = {"mini-kinetics400": "mini-kinetics", "mini-kinetics-400": "mini-kinetics", "mini-sthv2": "mini-ssv2"}


def mini_labels(name: str) -> tuple[str, ...]:
    """The classes of a published mini version, in the order of their numbers there (that of the alphabet)."""
    name = ALIASES.get(name, name)
    if name not in MINIS:
        raise DataError(f"No mini version is called {name!r}.{nearest(name, MINIS)} Known: {', '.join(MINIS)}.")
    text = (files(__package__) / MINIS[name]).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line)


def mini(table: ClipTable, name: str) -> ClipTable:
    """The clips of a published mini version's classes, numbered as there; a class without clips stays, and is noted.

    Case and spaces in names do not count. DataError: no class is in the list, so the clips are not of that set.
    """
    wanted = mini_labels(name)
    small = table.relabel(wanted)
    empty = [label for label, number in small.counts().items() if not number]
    if len(empty) == len(wanted):
        here = ", ".join(table.labels[:5])
        raise DataError(f"No clip has a class of {name}, such as {wanted[0]!r}. Classes here: {here} ...")
    note = f"{len(empty)} of the {len(wanted)} classes of {name} have no clip, such as {empty[0]!r}." if empty else ""
    return replace(small, notes=(*small.notes, note)) if note else small


def random_half(labels: Sequence[str], seed: int) -> tuple[str, ...]:
    """Half of the classes (one fewer where their number is odd), drawn by `seed`; in their given order."""
    chosen = np.random.default_rng(seed).permutation(len(labels))[: len(labels) // 2]
    return tuple(labels[index] for index in sorted(chosen))
