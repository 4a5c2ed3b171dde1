"""A video with the places over it that a network's answers come from.

Axes: N clips (one here), T frames, K classes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np
import torch

from kinema.data.video import Video, open_video
from kinema.explain.film import check_ending, write_film
from kinema.explain.heat import Heat
from kinema.explain.overlay import Overlay, percent
from kinema.explain.parts import MOST_FPS, Part, pictures, video_parts
from kinema.inference.recognizer import Recognizer
from kinema.models import Network

Explain = Callable[[Network, torch.Tensor], Heat]  # a network and a clip N C T H W


@dataclass(frozen=True)
class Explained:
    """A part of a video: its seconds, what is explained and its probability, and what was looked at."""

    start_seconds: float
    end_seconds: float
    label: str
    score: float
    layers: tuple[str, ...]


@dataclass
class Film:
    """A video being explained, part by part. `method` is how, in words."""

    recognizer: Recognizer
    explain: Explain
    method: str
    found: list[Explained] = field(default_factory=list)

    def write(self, video: str | PathLike[str], out: Path) -> list[Explained]:
        """Write the explained video (.mp4, .gif or .webp) and say what each of its parts shows."""
        check_ending(out)
        with open_video(video) as frames:
            every = max(int(np.ceil(frames.fps / MOST_FPS - 1e-6)), 1)
            write_film(out, self.pages(frames), frames.fps / every)
        return self.found

    def pages(self, video: Video) -> Iterator[np.ndarray]:
        """The pictures of the explained video."""
        spec = self.recognizer.network.clip
        seconds = self.recognizer.window_seconds
        if spec.sampling == "dense":
            seconds = spec.frames * spec.stride / (spec.fps or video.fps)
        for part in video_parts(video, spec, seconds):
            drawing = self.overlay(part)
            span = float(part.times[0]), float(part.times[-1])
            for picture_HWC, time in zip(pictures(video, spec, part), part.times, strict=True):
                yield drawing.draw(picture_HWC, float(time), span)

    def overlay(self, part: Part) -> Overlay:
        """What is drawn over a part."""
        network = self.recognizer.network
        like = next(network.parameters())
        heat = self.explain(network, part.clip_CTHW[None].to(like))
        label = self.recognizer.labels[heat.classes[0]]
        score = float(self.recognizer.scores(heat.logits_NK.float().cpu())[heat.classes[0]])
        self.found.append(Explained(float(part.times[0]), float(part.times[-1]), label, score, heat.layers))
        detail = f"{self.method}: {network.name}, {', '.join(heat.layers)}"
        return Overlay(heat.heat_NTHW[0].float().cpu().numpy(), part.clip_times, percent(label, score), detail)
