"""What is kept of videos. Nothing here needs the network, so that searching an index does not wait for PyTorch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kinema.inference.recognizer import Recognizer

Opener = Callable[[], "Recognizer"]  # opens the network, in the process that looks


@dataclass(frozen=True)
class Kept:
    """What is kept of each window: the `top` labels of those whose score is `floor` or more (0: all of them), and its
    embedding where `embeddings` are wanted."""

    top: int = 5
    floor: float = 0.01
    embeddings: bool = False


@dataclass
class Looked:
    """A video's windows, or the reason why it has none."""

    video: str
    times: list[tuple[float, float]] = field(default_factory=list)
    labels: list[list[str]] = field(default_factory=list)
    scores: list[np.ndarray] = field(default_factory=list)
    embeddings: list[np.ndarray] = field(default_factory=list)
    reason: str | None = None
