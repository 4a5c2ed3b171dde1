"""A network that weights may be of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]  # of weights, under kinema's names


@dataclass(frozen=True)
class Candidate:
    """A network's name and options.

    `open` are options that weights do not show although the answer depends on them; what `options` says of those is
    the usual value.
    """

    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    open: tuple[str, ...] = ()
