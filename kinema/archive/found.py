"""What is kept of videos. Nothing here needs the network, so that searching an index does not wait for PyTorch."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kinema.errors import KinemaError

if TYPE_CHECKING:
    from kinema.inference.recognizer import Recognizer

STILL_AT_IT = "still at it"  # what is told after each window


@dataclass(frozen=True)
class Opener:
    """How the network is opened, in whichever process: `source` and the others are those of `kinema.Recognizer`.

    labels: of an encoder of pictures or videos and text, which has none of its own (`kinema.inference.text`).
    """

    source: str
    device: str | None = None
    views: int = 1
    window: float | None = None
    engine: str = "torch"
    precision: str = "fp32"
    labels: tuple[str, ...] = ()

    def __call__(self) -> "Recognizer":
        """Open it."""
        from kinema.inference.recognizer import Recognizer
        from kinema.inference.text import is_encoder, zero_shot

        if self.labels and not is_encoder(self.source):
            raise KinemaError(f"{self.source} has labels of its own; only transformers:ENCODER takes others.")
        source = zero_shot(self.source, self.labels) if is_encoder(self.source) else self.source
        return Recognizer(source, self.device, self.views, self.window, self.engine, self.precision)


@dataclass(frozen=True)
class Kept:
    """What is kept of each window: the `top` labels of those whose score is `floor` or more (0: all of them), and its
    embedding where `embeddings` are wanted."""

    top: int = 5
    floor: float = 0.01
    embeddings: bool = False


@dataclass(frozen=True)
class Patience:
    """How long a video may hold a process; what takes longer is a failure.

    stall_seconds: without a further window, in which a copy from an address counts. video_seconds: of footage.
    """

    stall_seconds: float = 600.0
    video_seconds: float = 86_400.0


@dataclass
class Looked:
    """A video's windows, or the reason why it has none; `stamp` tells the file from a later one in its place."""

    video: str
    times: list[tuple[float, float]] = field(default_factory=list)
    labels: list[list[str]] = field(default_factory=list)
    scores: list[np.ndarray] = field(default_factory=list)
    embeddings: list[np.ndarray] = field(default_factory=list)
    reason: str | None = None
    stamp: str = ""


def written(name: str) -> str:
    """A name as Parquet can hold it, for not every file's is text: bytes that are no UTF-8 stand in it as \\xe9."""
    return os.fsencode(name).decode(errors="backslashreplace")
