"""What each of several people does in a video.

Axes in names: M boxes, K classes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinema.data.frames import shrink
from kinema.data.video import Video, open_video
from kinema.detection.ava import BoxRow
from kinema.detection.boxes import Boxes, visible
from kinema.detection.centred import around, on_show
from kinema.detection.clips import whole_clip
from kinema.detection.detector import Detector
from kinema.detection.evaluate import SURE
from kinema.detection.follow import follow
from kinema.detection.people import Called, Listed, People
from kinema.detection.predict import scores
from kinema.detection.runs import DetectorRun
from kinema.evaluation.predict import at_once
from kinema.machine import Machine

EVERY = 1.0  # second: how far AVA's key frames are apart


@dataclass(frozen=True)
class Seen:
    """A key frame: its second in the video's clock, the boxes in it, who they are, and the scores of their actions.

    boxes_M4 are parts of the picture; sure_M is how sure a box is, people_M the number of the person, which follows a
    person from key frame to key frame.
    """

    seconds: float
    boxes_M4: Boxes
    sure_M: np.ndarray
    scores_MK: np.ndarray
    people_M: tuple[int, ...]


class ActionFinder:
    """A trained detector that is asked about videos: `ActionFinder("runs/ava")("match.mp4", Moving())`.

    source: a detector's folder or a `DetectorRun`. device: "cpu", "cuda", "mps"; None is the best there is. sure: boxes
    of which a list or a detector that is called was less sure are left out.
    """

    def __init__(self, source: str | Path | DetectorRun, device: str | None = None, sure: float = SURE) -> None:
        run = source if isinstance(source, DetectorRun) else DetectorRun.open(source)
        self.classes, self.sure = run.classes, sure
        self.detector: Detector = run.detector().to(Machine(accelerator=device or "auto").device())

    def __call__(self, video: str | Path | Video, people: People, every: float = EVERY) -> list[Seen]:
        """The people and their actions at the key frames of a video, which are `every` seconds apart unless listed."""
        if isinstance(video, Video):
            return list(self.run_over(video, people, every))
        with open_video(video) as opened:
            return list(self.run_over(opened, people, every))

    def run_over(self, video: Video, people: People, every: float) -> Iterator[Seen]:
        """Each key frame; a few go through the network together."""
        spec, times = self.detector.network.clip, video.times_seconds
        seconds = people.seconds(video, every)
        least = self.sure if isinstance(people, Called | Listed) else 0.0
        found = []
        for boxes_M4, sure_M in people.find(video, seconds):
            kept_M = visible(boxes_M4) & (sure_M >= least)
            found.append((boxes_M4[kept_M], sure_M[kept_M]))
        names = follow([boxes_M4 for boxes_M4, _ in found])
        few = at_once(spec)
        for first in range(0, len(seconds), few):
            part = range(first, min(first + few, len(seconds)))
            clips = []
            for number in part:
                indices = around(spec, times, on_show(times, seconds[number])).tolist()
                pictures_THWC = np.concatenate([shrink(video.read([index]), spec) for index in indices])
                clips.append((whole_clip(torch.from_numpy(pictures_THWC), spec),
                              torch.from_numpy(found[number][0]).float()))
            for number, scores_MK in zip(part, scores(self.detector, clips), strict=True):
                yield Seen(seconds[number], *found[number], scores_MK.numpy(), names[number])

    def rows(self, name: str, seen: list[Seen], zero_seconds: float = 0.0) -> list[BoxRow]:
        """What was seen as results, in the form that the evaluation reads.

        zero_seconds: when, in the video's clock, that of the results is at 0.
        """
        return [BoxRow(name, one.seconds - zero_seconds, tuple(box.tolist()), action, float(score))
                for one in seen for box, scores_K in zip(one.boxes_M4, one.scores_MK, strict=True)
                for action, score in zip(self.classes, scores_K, strict=True)]

    def facts(self, seen: list[Seen], top: int) -> list[dict[str, Any]]:
        """What was seen as plain values: of each person the `top` best actions."""
        labels = tuple(self.classes.values())
        return [{"seconds": round(one.seconds, 3), "people": [
            {"person": person, "box": [round(float(side), 4) for side in box], "sure": round(float(sure), 4),
             "actions": [{"label": labels[k], "score": float(scores_K[k])} for k in np.argsort(-scores_K)[:top]]}
            for person, box, sure, scores_K in zip(one.people_M, one.boxes_M4, one.sure_M, one.scores_MK, strict=True)
        ]} for one in seen]
