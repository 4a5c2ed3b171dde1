"""Saying what happens when in a long video."""

from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kinema.data.video import Video, open_video
from kinema.errors import DataError, KinemaError, VideoError
from kinema.evaluation.calibration import digest
from kinema.inference.recognizer import Recognizer
from kinema.inference.source import Source
from kinema.models.options import choose
from kinema.runs import Run
from kinema.timeline.decode import Rule, segments
from kinema.timeline.learnt import METHODS, Learnt
from kinema.timeline.played import Played, file_key, kept, play
from kinema.timeline.segments import Timeline
from kinema.timeline.thresholds import NEVER, Goal, Thresholds
from kinema.timeline.train import OVERLAP, train_timeline

USUAL = 0.5  # the threshold of a network about which nothing was learnt


class Localizer:
    """A trained network that is asked what happens when: `Localizer("runs/first")("match.mp4").segments`.

    source: as for `Recognizer`, or a `Recognizer`. Beside a run it keeps a temporal head and thresholds
    (`train_timeline`), which are learnt from the run's own clips where they are not there yet; a network that is no run
    answers by its windows, from a score of 0.5 on. method: the trained "head", or the "windows" alone; None is what
    served better in validation. precision, recall: what the thresholds are to reach in validation; `threshold`: one for
    all classes, in their place.
    """

    def __init__(
        self, source: Source | Recognizer, device: str | None = None, method: str | None = None,
        precision: float | None = None, recall: float | None = None, threshold: float | None = None,
    ) -> None:
        goal = Goal(precision, recall)
        if method is not None:
            choose("method", method, METHODS)
        if threshold is not None and not 0 < threshold <= 1:
            raise KinemaError(f"A threshold of {threshold:g} was asked for; expected a score above 0, up to 1.")
        self.recognizer = source if isinstance(source, Recognizer) else Recognizer(source, device)
        run = self.recognizer.run
        self.note = ""
        self.learnt: Learnt | None = None
        self.thresholds: Thresholds | None = None
        self.key: tuple[object, ...] = ()
        if run is not None:
            here = next(self.recognizer.network.parameters()).device.type
            self.learnt = Learnt.of(run.path) or self.learn(run, here, method == "head" or goal != Goal())
            self.key = ("timeline", digest(run.path / "best.safetensors"), self.recognizer.calibration.temperature)
        elif method == "head" or precision is not None or recall is not None:
            raise KinemaError("Only a run has a temporal head and validation videos to choose thresholds on; of other "
                              "networks name a threshold.")
        self.method = "windows" if self.learnt is None else method or self.learnt.method
        self.labels = self.recognizer.labels
        self.thresholds_K = self.alike(USUAL if threshold is None else threshold)
        if self.learnt is not None and threshold is None:
            self.thresholds = self.learnt.thresholds(self.method, goal)
            self.thresholds_K = self.thresholds.values_K
        self.overlap = OVERLAP if self.learnt is None else self.learnt.overlap
        self.rule = Rule.usual(self.recognizer.window_seconds)

    def alike(self, threshold: float) -> np.ndarray:
        """One threshold for all classes (K), but for quiet ones."""
        return np.where(np.isin(self.labels, self.learnt.quiet if self.learnt else ()), NEVER, threshold)

    def learn(self, run: Run, device: str | None, must: bool) -> Learnt | None:
        """What the run's own clips teach; where they are gone None and a note, unless it `must` be known."""
        try:
            return train_timeline(run, device=device)
        except (DataError, VideoError) as error:
            if must:
                raise
            self.note = str(error)
            return None

    def __call__(self, video: str | PathLike[str] | Video | Any) -> Timeline:
        """What happens when in a path, an open `Video` or an array of frames; `VideoError` says why not.

        What the network sees in a file is kept in the cache, so that other thresholds ask it no second time.
        """
        def make() -> Played:
            with nullcontext(video) if isinstance(video, Video) else open_video(video) as frames:
                return play(self.recognizer, frames, self.overlap)

        named = video.path if isinstance(video, Video) else video if isinstance(video, str | PathLike) else None
        path = None if named is None else Path(named)
        file = None if path is None or not self.key else file_key(path)
        played = make() if file is None else kept((*self.key, self.recognizer.window_seconds, self.overlap, file), make)
        return self.timeline(played, "" if path is None else str(path))

    def timeline(self, played: Played, name: str, threshold: float | None = None) -> Timeline:
        """What happens when in a video that was played; threshold: one for all classes, in place of the chosen ones."""
        track = self.learnt.head.track(played) if self.learnt and self.method == "head" else played.track
        thresholds_K = self.thresholds_K if threshold is None else self.alike(threshold)
        found = segments(track, self.labels, thresholds_K, self.rule)
        return Timeline(name, self.labels, track, found, thresholds_K, played.warnings)
