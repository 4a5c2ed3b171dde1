"""Temporal mAP against a second writing of ActivityNet's rule, and against what can be counted by hand."""

import numpy as np
import pytest

from kinema.timeline.detection_map import temporal_map, tiou
from kinema.timeline.segments import Segment


def by_the_rule(truth: dict, found: dict, label: str, least: float) -> float:
    """ActivityNet's average precision, written out: one prediction after another."""
    ours = sorted(((each.score, video, each) for video, segments in found.items() for each in segments
                   if each.label == label), key=lambda one: -one[0])
    taken: set[tuple[str, int]] = set()
    right = []
    for _, video, each in ours:
        best, place = 0.0, -1
        for number, true in enumerate(truth.get(video, ())):
            if true.label != label or (video, number) in taken:
                continue
            both = min(each.end_seconds, true.end_seconds) - max(each.start_seconds, true.start_seconds)
            overlap = max(both, 0.0) / (each.seconds + true.seconds - max(both, 0.0))
            if overlap > best:
                best, place = overlap, number
        right.append(best >= least)
        if best >= least:
            taken.add((video, place))
    there = sum(each.label == label for segments in truth.values() for each in segments)
    precision = [sum(right[:k + 1]) / (k + 1) for k in range(len(right))]
    return sum(max(precision[k:]) for k in range(len(right)) if right[k]) / there


def test_it_is_activitynets_rule() -> None:
    rng = np.random.default_rng(3)
    truth, found = {}, {}
    for video in "abc":
        starts = np.sort(rng.uniform(0, 100, 12))
        truth[video] = [Segment(start, start + rng.uniform(2, 9), rng.choice(["run", "jump"])) for start in starts]
        found[video] = [Segment(each.start_seconds + rng.normal(), each.end_seconds + rng.normal() + 0.5,
                                rng.choice([each.label, "run"]), float(rng.random())) for each in truth[video] * 2]
    measured = temporal_map(truth, found, 300.0)
    assert len(measured.tious) == 5
    for label, _, each in measured.classes:
        expected = [by_the_rule(truth, found, label, least) for least in measured.tious]
        assert each == pytest.approx(expected, abs=1e-9)
    assert list(measured.means) == sorted(measured.means, reverse=True)


def test_hits_misses_and_false_alarms() -> None:
    truth = {"a": [Segment(0, 10, "run"), Segment(20, 30, "run"), Segment(50, 60, "jump")], "b": []}
    found = {"a": [Segment(1, 10, "run", 0.9), Segment(0, 9, "run", 0.8), Segment(20, 24, "run", 0.7)],
             "b": [Segment(5, 6, "jump", 0.6)]}
    measured = temporal_map(truth, found, 1800.0)
    assert (measured.hits, measured.found, measured.true) == (1, 4, 3)
    assert measured.recall == pytest.approx(1 / 3)
    assert measured.false_alarms_per_hour == pytest.approx(6)
    assert dict((label, each) for label, _, each in measured.classes)["jump"] == (0,) * 5
    perfect = temporal_map(truth, truth, 1800.0)
    assert perfect.means == (1,) * 5
    assert perfect.false_alarms_per_hour == 0


def test_nothing_found_is_nothing_and_where_nothing_happens_false_alarms_are_counted() -> None:
    assert temporal_map({"a": [Segment(0, 1, "run")]}, {}, 10).means == (0,) * 5
    quiet = temporal_map({"a": []}, {"a": [Segment(0, 1, "run", 0.5)]}, 1800)
    assert quiet.false_alarms_per_hour == 2
    facts = quiet.to_dict()
    assert (facts["recall"], facts["average_mAP"], facts["mAP"]["0.5"], facts["precision"]) == (None, None, None, 0)


def test_tiou() -> None:
    overlap = tiou(np.array([[0.0, 2.0], [5, 6]]), np.array([[1.0, 3.0]]))
    assert overlap[:, 0] == pytest.approx([1 / 3, 0])
