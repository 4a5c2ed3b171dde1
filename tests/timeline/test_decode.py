"""From scores to segments: each rule by itself."""

import numpy as np
import pytest

from kinema.timeline.decode import Rule, segments, smoothed
from kinema.timeline.segments import Track

PLAIN = Rule(0, 0.5, 0, 0)


def track(*columns: list[float], step: float = 1.0, edges: np.ndarray | None = None) -> Track:
    """Scores of each class at windows of four steps."""
    scores_NK = np.array(columns, float).T
    starts_N = np.arange(len(scores_NK)) * step
    return Track(starts_N, starts_N + 4 * step, scores_NK, edges)


def found(given: Track, threshold: float = 0.6, rule: Rule = PLAIN) -> list[tuple[str, float, float]]:
    """Label, start and end of each segment."""
    labels = "abc"[:given.scores_NK.shape[1]]
    made = segments(given, labels, np.full(len(labels), threshold), rule)
    return [(each.label, round(each.start_seconds, 3), round(each.end_seconds, 3)) for each in made]


def test_a_segment_begins_at_the_threshold_and_lasts_above_the_lower_one() -> None:
    # middles are 2, 3, 4 ...; 0.3 is crossed half way from 0.2 to 0.4, and from 0.4 to 0.2
    assert found(track([0, 0.2, 0.4, 0.7, 0.5, 0.4, 0.2, 0])) == [("a", 3.5, 7.5)]
    assert found(track([0, 0.2, 0.4, 0.59, 0.5, 0.4, 0.2, 0])) == []


def test_several_labels_at_once() -> None:
    both = track([0, 0, 1, 1, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 0])
    assert [label for label, _, _ in found(both)] == ["a", "b"]
    (_, start, end), (_, other, _) = found(both)
    assert start < other < end


def test_at_the_ends_a_segment_reaches_the_ends_of_the_video() -> None:
    assert found(track([0.9, 0.9, 0.9])) == [("a", 0, 6)]


def test_short_gaps_close_and_short_segments_go() -> None:
    scores = [0, 1, 1, 1, 0.1, 1, 1, 0, 0, 0, 0, 1, 0, 0]
    assert len(found(track(scores))) == 3
    assert len(found(track(scores), rule=Rule(0, 0.5, 2.0, 0))) == 2
    assert len(found(track(scores), rule=Rule(0, 0.5, 2.0, 2.0))) == 1


def test_smoothing_is_a_mean_that_keeps_what_is_constant() -> None:
    assert smoothed(track([0.4] * 9), 2.0) == pytest.approx(np.full((9, 1), 0.4))
    spike = smoothed(track([0, 0, 0, 0, 1, 0, 0, 0, 0]), 2.0)[:, 0]
    assert spike.sum() == pytest.approx(1)
    assert spike[4] == spike.max() < 0.6
    assert smoothed(track([0, 1, 0]), 0.2)[:, 0].tolist() == [0, 1, 0]


def test_a_jump_of_the_clock_ends_a_segment() -> None:
    given = track([1] * 6)
    starts_N = given.starts_N + np.array([0, 0, 0, 100, 100, 100])
    jumped = Track(starts_N, starts_N + 4, given.scores_NK)
    assert found(jumped) == [("a", 0, 6), ("a", 103, 109)]


def test_a_sure_edge_cuts_in_two_and_moves_the_ends() -> None:
    scores = [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
    edges = np.zeros((10, 2))
    edges[1, 0] = edges[8, 1] = 0.8
    assert found(track(scores, edges=edges), rule=Rule(0, 0.5, 1, 0)) == [("a", 3, 10)]
    edges[5] = 0.9
    cut = found(track(scores, edges=edges), rule=Rule(0, 0.5, 1, 0))
    assert cut == [("a", 3, 7), ("a", 7, 10)]


def test_a_video_shorter_than_any_segment_shows_what_happens_in_it() -> None:
    short = Track(np.array([5.0]), np.array([5.2]), np.array([[0.9]]))
    assert found(short, rule=Rule.usual(2.0)) == [("a", 5, 5.2)]


def test_an_edge_that_is_likeliest_for_both_ends_takes_nothing_away() -> None:
    edges = np.zeros((7, 2))
    edges[3] = 0.4
    scores = [0, 0, 0.9, 0.9, 0.9, 0, 0]
    assert found(track(scores, edges=edges)) == found(track(scores)) != []


def test_a_threshold_above_one_is_never_reached() -> None:
    assert found(track([1.0] * 5), threshold=2.0) == []
