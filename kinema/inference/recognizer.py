"""Saying what happens in a video.

Axes: N windows, V views, K classes.
"""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
import torch

from kinema.data.video import Video, open_video
from kinema.errors import VideoError
from kinema.evaluation.calibration import Calibration
from kinema.evaluation.predict import at_once
from kinema.inference.engines.agreement import agreement
from kinema.inference.engines.choose import Chosen, check_engine, engine_of
from kinema.inference.source import Source, clip_seconds_of, opened, several_labels
from kinema.inference.windows import Answer, Grouped, Window, ahead, window_seconds, windows

WINDOWS_AT_ONCE = 8


@dataclass(frozen=True)
class Result:
    """What was recognised: `top`, every (label, score) from the best down; scores are probabilities.

    windows: (start_seconds, end_seconds, scores of shape K in the order of the network's labels), in the video's own
    clock; a long video has several, and `top` is their mean. unknown: whether the best score is below what 95 % of
    right answers reach. warnings: what was wrong with the video, in words.
    """

    top: list[tuple[str, float]]
    windows: list[tuple[float, float, np.ndarray]]
    unknown: bool
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The best label."""
        return self.top[0][0]


class Recognizer:
    """A trained network that is asked about videos: `Recognizer("runs/first")("match.mp4").top`.

    source: a run's folder, a `Run`, a `Network`, an official checkpoint's id or a file of weights. device: "cpu",
    "cuda", "mps"; None is the best there is. views: clips in time drawn from each window and averaged. window: seconds
    of a window; None is as long as the training's clips. A video shorter than two windows is one; a longer one is read
    once, in overlapping windows, with bounded memory. engine: what computes the answers, "torch", "compile",
    "openvino", "onnx" or "auto", the quickest here of those installed; precision: "fp32", or on request "bf16" or
    "int8" (of a run, by openvino), whose `agreement` with it is measured on the run's validation clips.
    """

    def __init__(
        self, source: Source, device: str | None = None, views: int = 1, window: float | None = None,
        engine: str = "torch", precision: str = "fp32",
    ) -> None:
        self.views, self.calibration = views, Calibration()
        self.network, self.run = opened(source, device)
        self.multi_label = several_labels(source, self.run)
        if self.run is not None:
            self.calibration = Calibration.of(self.run.path)
        check_engine(engine, precision, self.network, self.run)
        self.asked = engine, precision, self.run
        self.agreement = None if self.run is None or precision == "fp32" else agreement(
            self.run, self.network, self.engine.answer, f"{self.engine.name} {precision}")
        self.labels = self.network.labels or tuple(f"class {k}" for k in range(self.network.classes))
        seconds = clip_seconds_of(source, self.run) if window is None else window
        self.window_seconds = window_seconds(self.network.clip, seconds)

    @cached_property
    def engine(self) -> Chosen:
        """What computes the answers, made ready when it is first wanted: who asks for features alone needs none."""
        return engine_of(self.network, *self.asked)

    def __call__(self, video: str | PathLike[str] | Video | Any) -> Result:
        """Recognise a path, an open `Video` or an array of frames (T H W 3, uint8); `VideoError` says why not."""
        with nullcontext(video) if isinstance(video, Video) else open_video(video) as frames:
            found = [(window.start_seconds, window.end_seconds, self.scores(logits_VK))
                     for window, logits_VK in self.answers(frames)]
            if not found:
                raise VideoError(f"{frames} holds no frame that can be decoded.")
            return self.result(found, tuple(frames.noticed))

    def result(self, found: list[tuple[float, float, np.ndarray]], warnings: tuple[str, ...] = ()) -> Result:
        """What the windows of a video say together."""
        mean_K = np.mean([scores_K for _, _, scores_K in found], axis=0)
        top = [(self.labels[k], float(mean_K[k])) for k in np.argsort(-mean_K, kind="stable")]
        return Result(top, found, top[0][1] < (self.calibration.unknown_below or 0), warnings)

    def answers(self, video: Video) -> Iterator[Answer]:
        """Each window and the logits of its views (V K)."""
        return self.run_over(windows(video, self.network.clip, self.window_seconds, self.views), self.engine.answer)

    def features(self, video: Video) -> Iterator[Answer]:
        """Each window and the features of its views (V D): what the classifier sees."""
        return self.run_over(windows(video, self.network.clip, self.window_seconds, self.views), self.network.features)

    @torch.inference_mode()
    def run_over(self, parts: Iterable[Window], function: Any, grouped: Grouped = ahead) -> Iterator[Answer]:
        """Each window and what `function` makes of its clips, on the CPU in float32; a few windows at a time."""
        like = next(self.network.parameters())
        for few in grouped(parts, max(1, min(WINDOWS_AT_ONCE, at_once(self.network.clip) // self.views))):
            made = function(torch.cat([window.clips_VCTHW for window in few]).to(like)).float().cpu()
            yield from zip(few, made.split(self.views), strict=True)

    def scores(self, logits_VK: torch.Tensor) -> np.ndarray:
        """Probabilities (K): tempered, and averaged over views."""
        tempered = logits_VK.double() / self.calibration.temperature
        return (tempered.sigmoid() if self.multi_label else tempered.softmax(1)).mean(0).numpy()
