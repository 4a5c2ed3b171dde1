"""What is known of a row of the published table of costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Cost:
    """The row is kinema's network `model` with `options` and so many classes.

    `crop` is the one at which the published figure holds, where that is not the one listed; `frames` are those of a
    clip, where the row counts otherwise. `note` says, where ours and the published figure differ by more than half a
    percent, why.
    """

    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    classes: int = 400
    crop: int | None = None
    note: str = ""
    frames: int | None = None
