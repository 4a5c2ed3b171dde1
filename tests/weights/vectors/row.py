"""What is known of a set of figures beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """The figures are those of kinema's network `model`.

    `told` are the options of `from_checkpoint` that the weights cannot decide. `gmacs` is by how much of themselves our
    multiply-adds may differ, and `parameters` how many more our network has; `gradient` is how near the
    gradient must come. `why` says why.
    """

    model: str
    told: Mapping[str, Any] = field(default_factory=dict)
    gmacs: float = 1e-9
    parameters: int = 0
    gradient: float = 1e-3
    why: str = ""
    quick: bool = False
