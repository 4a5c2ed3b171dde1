"""Mirrored clips of classes that mind left and right."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

_PAIRS = (("left", "right"), ("leftward", "rightward"), ("leftwards", "rightwards"), ("clockwise", "counterclockwise"))
_OPPOSITE = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
_ADVERB = re.compile(r"\bright (?=(?:out|away|now|after|before)\b)")  # "pulling it right out" has no direction
_COUNTER = re.compile(r"\b(?:counter|anti) ?clockwise\b")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


class Flips(NamedTuple):
    """What becomes of a class when its clip is mirrored: `swap` names its partner, the `forbidden` have none."""

    swap: dict[int, int]
    forbidden: frozenset[int]


NO_FLIPS = Flips({}, frozenset())


def flip_label_map(labels: Sequence[str]) -> Flips:
    """Find the classes that mind direction by the words left, right, clockwise and counterclockwise in their names.

    Each is paired with the class whose name has every such word exchanged ("Swiping Left" with "Swiping Right"); one
    whose partner is not in the list must not be mirrored. A list without such words gives a Flips that is empty.
    """
    names = [_words(label) for label in labels]
    number = {name: index for index, name in enumerate(names)}
    minding = [index for index, name in enumerate(names) if not _OPPOSITE.keys().isdisjoint(name.split())]
    partner = {index: number.get(_mirrored(names[index])) for index in minding}
    swap = {index: other for index, other in partner.items() if other is not None}
    return Flips(swap, frozenset(minding) - swap.keys())


def _words(label: str) -> str:
    words = " ".join(_WORD.findall(label)).lower()
    return _COUNTER.sub("counterclockwise", _ADVERB.sub("", words))


def _mirrored(name: str) -> str:
    return " ".join(_OPPOSITE.get(word, word) for word in name.split())


def swap_label(label: Any, flips: Flips) -> Any:
    """The label of a mirrored clip: a number, several of them, or a row of zeros and ones (a tensor of K, or ... K)."""
    if isinstance(label, Tensor) and label.ndim >= 1:
        order = torch.arange(label.shape[-1])
        for old, new in flips.swap.items():
            order[new] = old
        return label[..., order]
    if isinstance(label, Sequence):
        return type(label)(flips.swap.get(int(one), int(one)) for one in label)  # type: ignore[call-arg]
    return flips.swap.get(int(label), label)


def may_flip(label: Any, flips: Flips) -> bool:
    """Whether a clip with this label may be mirrored."""
    if isinstance(label, Tensor) and label.ndim == 1:
        return not any(label[index] > 0 for index in flips.forbidden)
    return flips.forbidden.isdisjoint(map(int, label) if isinstance(label, Sequence) else [int(label)])
