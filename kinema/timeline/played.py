"""A video as a row of features and of scores for each of its windows, made once and kept.

Axes: N windows, D features, K classes.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch

from kinema.data.video import Video
from kinema.errors import VideoError
from kinema.files import cache_folder, write_atomic
from kinema.inference.recognizer import Recognizer
from kinema.inference.windows import windows
from kinema.progress import Progress
from kinema.timeline.segments import Track

WHOLE = 1.0  # windows that a video lasts at least, to be more than one
MOST_FILES = 200  # of features that are kept
ARRAYS = ("starts_N", "ends_N", "features_ND", "scores_NK")


@dataclass(frozen=True)
class Played:
    """What a network sees in each window of a video: features (float16, to keep long ones small) and its scores."""

    starts_N: np.ndarray
    ends_N: np.ndarray
    features_ND: np.ndarray
    scores_NK: np.ndarray
    warnings: tuple[str, ...] = ()

    @property
    def track(self) -> Track:
        """The network's own scores."""
        return Track(self.starts_N, self.ends_N, self.scores_NK)

    def part(self, first: int, last: int | None) -> "Played":
        """Some of the windows."""
        every = slice(first, last)
        return Played(self.starts_N[every], self.ends_N[every], self.features_ND[every], self.scores_NK[every])


class Seen:
    """What a network sees in a video, while its windows come."""

    def __init__(self, recognizer: Recognizer) -> None:
        self.recognizer, classifier = recognizer, recognizer.network.classifier
        self.weight_KD, self.bias_K = (value.detach().float().cpu() for value in (classifier.weight, classifier.bias))
        self.times: list[tuple[float, float]] = []
        self.features: list[np.ndarray] = []
        self.scores: list[np.ndarray] = []

    def add(self, start_seconds: float, end_seconds: float, features_1D: torch.Tensor) -> None:
        """Take the next window in."""
        self.times.append((start_seconds, end_seconds))
        self.features.append(features_1D[0].numpy().astype(np.float16))
        logits_1K = features_1D @ self.weight_KD.T + self.bias_K
        self.scores.append(self.recognizer.scores(logits_1K).astype(np.float32))

    @property
    def seconds(self) -> float:
        """How much of the video was seen."""
        return self.times[-1][1] - self.times[0][0]

    def played(self, warnings: tuple[str, ...]) -> Played:
        """All of it, at the end."""
        starts_N, ends_N = np.array(self.times).T
        return Played(starts_N, ends_N, np.stack(self.features), np.stack(self.scores), warnings)


def play(recognizer: Recognizer, video: Video, overlap: int) -> Played:
    """Run the network over a video, `overlap` windows for each moment; it is read once, with bounded memory."""
    network, seen = recognizer.network, Seen(recognizer)
    parts = windows(video, network.clip, recognizer.window_seconds, 1, overlap, WHOLE)
    lasts = int(video.duration_seconds) if video.known and len(video) else 0
    with Progress(video.path.name if video.path else "video", lasts, quiet=not lasts) as bar:
        for window, features_1D in recognizer.run_over(parts, network.features):
            seen.add(window.start_seconds, window.end_seconds, features_1D)
            bar.advance(max(min(int(seen.seconds), lasts) - bar.done, 0), "seconds of video")
    if not seen.times:
        raise VideoError(f"{video} holds no frame that can be decoded.")
    return seen.played(tuple(video.noticed))


def file_key(path: str | Path) -> tuple[object, ...] | None:
    """What tells a file's content, without reading it; None for what is no file."""
    if not os.path.isfile(path):
        return None
    state = os.stat(path)
    return os.path.abspath(path), state.st_mtime_ns, state.st_size


def kept(key: tuple[object, ...], make: Callable[[], Played]) -> Played:
    """What was made for a key before, else what is made now; it is kept in the cache's folder."""
    folder = cache_folder() / "timeline"
    path = folder / f"{blake2b(repr(key).encode(), digest_size=16).hexdigest()}.npz"
    with suppress(OSError, ValueError, KeyError), np.load(path, allow_pickle=False) as saved:
        found = Played(**{name: saved[name] for name in ARRAYS}, warnings=tuple(saved["warnings"].tolist()))
        os.utime(path)
        return found
    made = make()

    def write(unfinished: Path) -> None:
        with unfinished.open("wb") as file:
            np.savez(file, **{name: getattr(made, name) for name in ARRAYS},
                     warnings=np.array(made.warnings, dtype=np.str_))

    with suppress(Exception):  # a full disk only means that nothing is kept
        write_atomic(path, write)
        oldest = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime)[:-MOST_FILES]
        for file in oldest:
            file.unlink(missing_ok=True)
    return made
