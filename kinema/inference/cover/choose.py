"""Which seconds of a video tell most. Axes: S moments looked at, K classes."""

from dataclasses import dataclass

import numpy as np

from kinema.inference.cover.moments import Moments
from kinema.inference.cover.shots import shots

SHORTEST = 0.5  # of the seconds asked for, or where no shot lasts so long, of the longest: a shorter one is left out
SHORTEST_ASKED = 0.2  # likewise, where a label is asked for, which may be seen in no other shot


@dataclass(frozen=True)
class Choice:
    """A stretch of a video in its own clock, and what speaks for it, each from 0 to 1.

    motion: the share of the picture that moves, most of all in the middle; clear: sharpness and contrast; label_score:
    the network's, where one was asked. score: all of it together, beside the video's other stretches.
    """

    start_seconds: float
    end_seconds: float
    motion: float
    clear: float
    label_score: float | None
    score: float


def choose(
    seen: Moments, seconds: float, frame_seconds: float, scores_S: np.ndarray | None = None, labelled: bool = False
) -> Choice:
    """The best stretch of so many seconds that holds no cut; of a shot that is shorter, all of it.

    frame_seconds: how long the last frame is shown. scores_S: a network's score of each moment; `labelled`: of a label
    that somebody wants to see, which then counts most, rather than of whatever it recognises.
    """
    until_S = np.append(seen.times_S[1:], seen.times_S[-1] + frame_seconds)
    found = shots(seen.tiles_SHWC)
    for _, behind in found:  # what comes after a shot's last moment may show the next one already
        until_S[behind - 1] = min(until_S[behind - 1], seen.times_S[behind - 1] + frame_seconds)
    stretches = [stretch for shot in found for stretch in within(shot, seen.times_S, until_S, seconds)]
    if not stretches:  # all of it dissolves
        stretches = within((0, len(seen.times_S)), seen.times_S, until_S, seconds)
    lasting = np.array([until_S[last] - seen.times_S[first] for first, last in stretches])
    shortest = SHORTEST_ASKED if labelled else SHORTEST
    least = shortest * (seconds if lasting.max() >= shortest * seconds else lasting.max())
    long_enough = lasting >= least - 1e-6
    stretches = [stretch for stretch, good in zip(stretches, long_enough, strict=True) if good]
    lasting = lasting[long_enough]
    moving = np.array([moved(seen.motion_S[first : last + 1]) for first, last in stretches])
    clear = np.array([np.median(seen.clear_S[first : last + 1]) for first, last in stretches])
    scored = None if scores_S is None else np.array([scores_S[first : last + 1].mean() for first, last in stretches])
    value = joined(moving / (moving.max() or 1.0), clear, scored, labelled) * np.sqrt(np.minimum(lasting / seconds, 1))
    best = int(value.argmax()) if value.max() > 0 else len(value) // 2
    first, last = stretches[best]
    start = float(seen.times_S[first])
    end = min(float(until_S[last]), start + seconds)
    return Choice(start, end, float(moving[best]), float(clear[best]),
                  None if scored is None else float(scored[best]), float(value[best]))


def within(shot: tuple[int, int], times_S: np.ndarray, until_S: np.ndarray, seconds: float) -> list[tuple[int, int]]:
    """The (first, last) moments of each stretch of so many seconds in a shot (first, last + 1), or of all of it."""
    first, behind = shot
    found = []
    for start in range(first, behind):
        last = int(np.searchsorted(until_S[:behind], times_S[start] + seconds - 1e-6))
        if last >= behind:
            break
        found.append((start, max(last, start)))
    return found or [(first, behind - 1)]


def moved(motion: np.ndarray) -> float:
    """How much moves in a stretch: strong motion counts more than as much of it spread out, most in the middle.

    The first moment's change is not counted: it began before the stretch.
    """
    inner = motion[1:]
    if not len(inner):
        return 0.0
    weights = 1.5 - np.cos(2 * np.pi * (np.arange(len(inner)) + 0.5) / len(inner))
    return float(np.sqrt((weights * inner**2).sum() / weights.sum()))


def joined(moving: np.ndarray, clear: np.ndarray, scored: np.ndarray | None, labelled: bool) -> np.ndarray:
    """What speaks for each stretch, as one number: a product, so that nothing makes up for what is missing."""
    if scored is None:
        return moving * np.sqrt(clear)
    if labelled:
        return scored * (0.5 + 0.5 * moving) * np.sqrt(clear)
    return moving * (0.5 + 0.5 * scored) * np.sqrt(clear)
