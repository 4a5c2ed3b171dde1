"""What a rule says of a checkpoint."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Found:
    """A network of kinema's, or the `reason` why there is none.

    `frames` are those of the published clip, `rate` how many times as many the fast pathway of a network takes. What is
    not said is as the table says it.
    """

    model: str = ""
    reason: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    classifier: bool = True
    frames: int = 0
    rate: int = 1
    stride: int = 0
    size: int = 0
    sampling: str = ""
    input: str = "rgb"
    bgr: bool = False
    title: str = ""
