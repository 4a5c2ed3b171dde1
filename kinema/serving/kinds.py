"""What may be asked about a video: its labels, or what happens when. Both come window by window.

Axes: N windows, V views, K classes, D features.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from kinema.inference.recognizer import Recognizer, Result
from kinema.timeline.localizer import Localizer
from kinema.timeline.played import WHOLE, Seen
from kinema.timeline.written import to_dict

KEPT = 20  # classes whose scores over time are kept: those of segments, and those that score best anywhere


class Asked(Protocol):
    """A video that is being asked about."""

    def add(self, start_seconds: float, end_seconds: float, made_VD: torch.Tensor) -> None:
        """Take in what the network made of the next window."""

    def answer(self, warnings: tuple[str, ...]) -> dict[str, Any]:
        """What a caller gets, at the video's end."""


class Kind(Protocol):
    """A kind of question: the windows that it wants (see `kinema.inference.windows`), and what is made of them."""

    windows: dict[str, Any]

    def ask(self, clips_NCTHW: torch.Tensor) -> torch.Tensor:
        """What the network makes of clips."""

    def begin(self, options: dict[str, Any]) -> Asked:
        """Begin with a video."""


@dataclass
class Recognizing:
    """Labels from the best down."""

    recognizer: Recognizer

    def __post_init__(self) -> None:
        self.windows = {"overlap": 2, "whole": 2.0, "views": self.recognizer.views}

    def ask(self, clips_NCTHW: torch.Tensor) -> torch.Tensor:
        """Logits, by the chosen engine."""
        return self.recognizer.engine.answer(clips_NCTHW)

    def begin(self, options: dict[str, Any]) -> Asked:
        """A video without any window yet."""
        return Recognized(self.recognizer, options, [])


@dataclass
class Recognized:
    """The windows of a video that is recognised."""

    recognizer: Recognizer
    options: dict[str, Any]
    found: list[tuple[float, float, np.ndarray]]

    def add(self, start_seconds: float, end_seconds: float, made_VD: torch.Tensor) -> None:
        """Its scores."""
        self.found.append((start_seconds, end_seconds, self.recognizer.scores(made_VD)))

    def answer(self, warnings: tuple[str, ...]) -> dict[str, Any]:
        """What `Recognizer` says."""
        answer = named(self.recognizer.result(self.found, warnings), self.options["top"])
        starts_N, ends_N, scores_NK = (np.array(each) for each in zip(*self.found, strict=True))
        return answer | over_time(self.recognizer.labels, starts_N, ends_N, scores_NK)


@dataclass
class Localizing:
    """What happens when, as `kinema timeline` says it."""

    localizer: Localizer

    def __post_init__(self) -> None:
        self.windows = {"overlap": self.localizer.overlap, "whole": WHOLE, "views": 1}

    def ask(self, clips_NCTHW: torch.Tensor) -> torch.Tensor:
        """Features."""
        return self.localizer.recognizer.network.features(clips_NCTHW)

    def begin(self, options: dict[str, Any]) -> Asked:
        """A video of which nothing was seen yet."""
        return Localized(self.localizer, options, Seen(self.localizer.recognizer))


@dataclass
class Localized:
    """A video whose timeline is wanted."""

    localizer: Localizer
    options: dict[str, Any]
    seen: Seen

    def add(self, start_seconds: float, end_seconds: float, made_VD: torch.Tensor) -> None:
        """Its features, and the network's own scores."""
        self.seen.add(start_seconds, end_seconds, made_VD)

    def answer(self, warnings: tuple[str, ...]) -> dict[str, Any]:
        """What `Localizer` says."""
        localizer, played = self.localizer, self.seen.played(warnings)
        timeline = localizer.timeline(played, "", self.options["threshold"])
        own = [(*times, scores_K) for times, scores_K in zip(self.seen.times, played.scores_NK, strict=True)]
        facts, track = to_dict(timeline, scores=False), timeline.track
        segments = facts["segments"]
        return named(localizer.recognizer.result(own, warnings), self.options["top"]) | over_time(
            localizer.labels, track.starts_N, track.ends_N, track.scores_NK, facts["thresholds"],
            {segment["label"] for segment in segments}) | {"segments": segments, "method": localizer.method}


def named(result: Result, most: int) -> dict[str, Any]:
    """The best labels of a whole video."""
    top = [{"label": label, "score": round(score, 6)} for label, score in result.top[:most]]
    return {"top": top, "unknown": result.unknown, "warnings": list(result.warnings)}


def over_time(
    labels: tuple[str, ...], starts_N: np.ndarray, ends_N: np.ndarray, scores_NK: np.ndarray,
    thresholds: list[float | None] | None = None, wanted: set[str] | frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The scores of some labels at each window: of those that are `wanted`, and of the best."""
    peaks_K = scores_NK.max(0) + np.isin(labels, list(wanted))
    order = np.argsort(-peaks_K, kind="stable")[:max(KEPT, len(wanted))].tolist()
    windows = [{"start_seconds": round(start, 4), "end_seconds": round(end, 4),
                "scores": [round(score, 4) for score in scores_K]}
               for start, end, scores_K in zip(starts_N.tolist(), ends_N.tolist(), scores_NK[:, order].tolist(),
                                               strict=True)]
    return {"labels": [labels[k] for k in order], "windows": windows,
            "thresholds": thresholds and [thresholds[k] for k in order]}
