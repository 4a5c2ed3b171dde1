"""A made-up timeline of a video that is really there."""

from pathlib import Path

import numpy as np

from kinema.timeline.segments import Segment, Timeline, Track
from tests.data.encode import How, encode

LABELS = ("walk", "sit down", "wave & <b>smile</b>", "a label that is a good deal too long for its place", "never")
TRUE = [(2.0, 5.0, 0), (8.0, 11.5, 1), (10.0, 14.0, 2), (15.0, 18.0, 0), (20.5, 23.0, 3), (25.0, 29.0, 1)]


def made_timeline(video: Path, lasts: float = 30.0, late: float = 0.0, times: int = 1) -> Timeline:
    """Six segments of four labels in every 30 seconds, with the scores they come from."""
    middles_N = np.arange(0.25, lasts * times, 0.5)
    scores_NK = np.zeros((len(middles_N), len(LABELS)), np.float32)
    segments = []
    for turn in range(times):
        for start, end, k in TRUE:
            middle, reach = (start + end) / 2 + turn * lasts, (end - start) / 2
            bell_N = 1 / (1 + np.exp(np.clip(3 * (np.abs(middles_N - middle) - reach), -50, 50)))
            scores_NK[:, k] = np.maximum(scores_NK[:, k], bell_N)
            segments.append(Segment(start + turn * lasts + late, end + turn * lasts + late, LABELS[k], 0.7 + 0.05 * k))
    scores_NK += 0.04 * np.random.default_rng(0).random(scores_NK.shape, np.float32)
    track = Track(middles_N - 0.25 + late, middles_N + 0.25 + late, scores_NK / scores_NK.max())
    return Timeline(str(video), LABELS, track, tuple(segments), np.array([0.5, 0.4, 0.6, 0.5, 2.0]))


def made_video(folder: Path, name: str = "a match & more.mp4", seconds: int = 30, how: How | None = None) -> Path:
    """A video of 25 frames a second with a key frame every second."""
    return encode(folder / name, 25 * seconds, how or How(options={"g": "25", "preset": "ultrafast"}))
