"""Frames per second: what may be given, and what a clock shows."""

import numpy as np
from numpy.typing import NDArray

from kinema.errors import VideoError


def check_fps(fps: float) -> float:
    """`fps` itself, if it is a rate."""
    if not (np.isfinite(fps) and fps > 0):
        raise VideoError(f"A rate of {fps} frames per second came; it must be above 0.")
    return float(fps)


def typical_fps(times_seconds: NDArray[np.float64], otherwise: float = 25.0) -> float:
    """The mean rate over the steps that last about as long as the median step; `otherwise` if there is none."""
    steps = np.diff(times_seconds)
    steps = steps[steps > 0]
    if not steps.size:
        return otherwise
    middle = np.quantile(steps, 0.5, method="lower")  # one of the steps, so that some last about as long
    return float(1 / steps[(steps > middle / 2) & (steps < middle * 1.5)].mean())
