"""From scores over time to segments: smoothing, hysteresis, edges.

Axes: N steps in time, K classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kinema.timeline.segments import Segment, Track

SURE_EDGE = 0.5  # of a head: a segment is cut in two where one surely ends and another surely begins
SNAP_EDGE = 0.2  # a segment's end moves to the likeliest place nearby that is at least as sure


@dataclass(frozen=True)
class Rule:
    """How scores become segments.

    smooth_seconds: scores are averaged under a bell that wide at half its height; 0 leaves them. low: a segment is
    there where a score reaches its threshold, and lasts as long as it stays above this share of it (hysteresis).
    join_seconds: shorter gaps in a label are closed. least_seconds: shorter segments are left out.
    """

    smooth_seconds: float
    low: float
    join_seconds: float
    least_seconds: float

    @classmethod
    def usual(cls, window_seconds: float) -> "Rule":
        """What suits windows of so many seconds."""
        return cls(window_seconds / 4, 0.5, window_seconds / 4, window_seconds / 4)


def smoothed(track: Track, seconds: float) -> np.ndarray:
    """Scores (N K) averaged over time under a bell (Hann) that is `seconds` wide at half its height."""
    reach = round(seconds / max(track.step_seconds, 1e-9))
    if reach < 1 or len(track.scores_NK) < 2:
        return track.scores_NK
    bell = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(track.scores_NK.astype(np.float64), ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, bell / bell.sum(), "valid") for column in padded.T], axis=1)


def segments(
    track: Track, labels: Sequence[str], thresholds_K: np.ndarray, rule: Rule
) -> tuple[Segment, ...]:
    """Every segment in which a class reaches its threshold, by start; a threshold above 1 is never reached."""
    scores_NK = smoothed(track, rule.smooth_seconds)
    found = [
        Segment(start, end, labels[k], score)
        for k in np.flatnonzero(scores_NK.max(0) >= thresholds_K).tolist()
        for start, end, score in of_class(track, scores_NK[:, k], float(thresholds_K[k]), rule)
    ]
    return tuple(sorted(found, key=lambda segment: (segment.start_seconds, segment.end_seconds, segment.label)))


def of_class(track: Track, scores_N: np.ndarray, threshold: float, rule: Rule) -> list[tuple[float, float, float]]:
    """Start, end and mean score of each segment of one class, from its smoothed scores."""
    low = threshold * rule.low
    middles_N = track.middles_N
    runs: list[tuple[float, float, float]] = []
    for first, last in parts(track, scores_N >= low):
        if scores_N[first:last].max() < threshold:
            continue
        start = crossing(track, scores_N, low, first, -1)
        end = crossing(track, scores_N, low, last - 1, 1)
        if track.edges_N2 is not None:
            edges = (snapped(middles_N, track.edges_N2[:, 0], start, track.step_seconds),
                     snapped(middles_N, track.edges_N2[:, 1], end, track.step_seconds))
            start, end = edges if edges[0] < edges[1] else (start, end)  # else both are the same edge
        score = float(scores_N[first:last].mean())
        if runs and start - runs[-1][1] < rule.join_seconds:
            if cut_between(track, runs[-1][1], start):
                start = max(start, runs[-1][1])
            else:
                start, earlier, other = runs.pop()
                end, score = max(end, earlier), max(score, other)
        if end > start:
            runs.append((start, end, score))
    least = min(rule.least_seconds, track.lasts_seconds)  # a video may be shorter
    return [run for run in runs if run[1] - run[0] >= least]


def parts(track: Track, above_N: np.ndarray) -> Iterator[tuple[int, int]]:
    """First step, and the step after the last, of each stretch above; cut where the clock jumps, or at sure edges."""
    cuts_N = np.zeros(len(above_N), bool)  # before these steps
    cuts_N[1:] = track.starts_N[1:] >= track.ends_N[:-1]
    if track.edges_N2 is not None:
        sure_N = track.edges_N2.min(1)
        around_N = np.pad(sure_N, 1)
        cuts_N |= (sure_N >= SURE_EDGE) & (sure_N >= around_N[:-2]) & (sure_N > around_N[2:])
    borders = np.flatnonzero(np.diff(above_N.astype(np.int8), prepend=0, append=0) | np.append(cuts_N, False))
    for first, last in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        if above_N[first]:
            yield first, last


def crossing(track: Track, scores_N: np.ndarray, low: float, step: int, way: int) -> float:
    """When the score crosses `low`, going from a step that is above it to the next one backwards (-1) or forwards (1).

    At the ends of the video, and where its clock jumps, it is where the step's window ends.
    """
    other = step + way
    apart = 0 <= other < len(scores_N) and (
        track.starts_N[max(step, other)] < track.ends_N[min(step, other)])
    if not apart:
        return float(track.starts_N[step] if way < 0 else track.ends_N[step])
    middle, beyond = track.middles_N[step], track.middles_N[other]
    if scores_N[other] >= low:  # cut at a sure edge
        return float((middle + beyond) / 2)
    return float(middle + (beyond - middle) * (scores_N[step] - low) / max(scores_N[step] - scores_N[other], 1e-12))


def snapped(middles_N: np.ndarray, sure_N: np.ndarray, time: float, step_seconds: float) -> float:
    """The likeliest edge within two steps of a time, between steps weighted by how sure they are; else the time."""
    near = np.flatnonzero(np.abs(middles_N - time) <= 2 * step_seconds)
    if not len(near) or sure_N[near].max() < SNAP_EDGE:
        return time
    best = int(near[sure_N[near].argmax()])
    around = slice(max(best - 1, 0), best + 2)
    return float((middles_N[around] * sure_N[around]).sum() / sure_N[around].sum())


def cut_between(track: Track, end: float, start: float) -> bool:
    """Whether a sure edge, or a jump of the clock, lies between the end of a segment and the start of the next."""
    if track.edges_N2 is None:
        return False
    step = track.step_seconds
    inside = (track.middles_N >= min(end, start) - step) & (track.middles_N <= max(end, start) + step)
    return bool((track.edges_N2[inside].min(1) >= SURE_EDGE).any())
