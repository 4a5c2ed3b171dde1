"""Thresholds do in validation what was asked of them."""

import numpy as np
import pytest

from kinema.errors import DataError
from kinema.timeline.decode import Rule
from kinema.timeline.segments import Segment, Track
from kinema.timeline.thresholds import NEVER, Goal, choose_thresholds

RULE = Rule(0, 0.5, 0, 0)


def videos(peaks: dict[str, list[float]], alarms: dict[str, list[float]]) -> list[tuple[Track, list[Segment]]]:
    """One video: each class has true segments with these peak scores, and peaks where nothing happens."""
    labels, spots = list(peaks), [(label, peak, True) for label, each in peaks.items() for peak in each]
    spots += [(label, peak, False) for label, each in alarms.items() for peak in each]
    scores_NK = np.zeros((10 * len(spots) + 10, len(labels)))
    truth = []
    for number, (label, peak, true) in enumerate(spots):
        first = 10 * number + 5
        scores_NK[first:first + 4, labels.index(label)] = peak
        if true:
            truth.append(Segment(first, first + 4, label))
    starts_N = np.arange(len(scores_NK)) - 0.5
    return [(Track(starts_N, starts_N + 2, scores_NK), [Segment(each.start_seconds, each.end_seconds, each.label)
                                                       for each in truth])]


GIVEN = videos({"run": [0.9, 0.8, 0.7, 0.4, 0.35], "jump": [0.95, 0.9, 0.85, 0.8]},
               {"run": [0.6, 0.3, 0.2], "jump": [0.5]})


def test_the_best_balance_finds_what_can_be_told_apart() -> None:
    chosen = choose_thresholds(GIVEN, ("run", "jump"), RULE, Goal())
    run, jump = chosen.classes
    assert (jump.recall, jump.precision) == (1, 1)
    assert 0.5 < jump.threshold <= 0.8
    assert run.recall in (0.6, 1)
    assert chosen.false_alarms_per_hour == pytest.approx(
        run.false_alarms_per_hour + jump.false_alarms_per_hour)


@pytest.mark.parametrize("precision", [0.7, 0.9, 1.0])
def test_a_precision_is_reached_by_the_lowest_threshold_that_does(precision: float) -> None:
    run = choose_thresholds(GIVEN, ("run", "jump"), RULE, Goal(precision=precision)).classes[0]
    assert run.precision >= precision
    assert run.recall == {0.7: 1, 0.9: 0.6, 1.0: 0.6}[precision]


@pytest.mark.parametrize("recall", [0.6, 0.8, 1.0])
def test_a_recall_is_reached_by_the_highest_threshold_that_does(recall: float) -> None:
    run = choose_thresholds(GIVEN, ("run", "jump"), RULE, Goal(recall=recall)).classes[0]
    assert run.recall >= recall
    assert run.precision == pytest.approx({0.6: 1, 0.8: 0.8, 1.0: 5 / 6}[recall])


def test_a_goal_that_no_threshold_reaches_is_told() -> None:
    given = videos({"run": [0.3] * 4 + [0.0], "jump": [0.9] * 5}, {"run": [0.9] * 3, "jump": []})
    for goal in (Goal(precision=0.9), Goal(recall=0.99)):
        chosen = choose_thresholds(given, ("run", "jump"), RULE, goal)
        assert chosen.missed == ("run",)
        assert f"No threshold reaches {goal.words} for run" in chosen.words
    assert "No threshold" not in choose_thresholds(given, ("run", "jump"), RULE, Goal(recall=0.8)).words


def test_a_rare_class_shares_the_threshold_of_all() -> None:
    given = videos({"run": [0.9] * 6, "rare": [0.8]}, {"run": [0.3]})
    run, rare = choose_thresholds(given, ("run", "rare"), RULE, Goal()).classes
    assert rare.shared
    assert not run.shared


def test_a_class_that_is_never_right_and_a_quiet_one_are_never_found() -> None:
    given = videos({"run": [0.9] * 5, "wrong": [0.0] * 5, "quiet": []}, {"wrong": [0.9], "quiet": [0.9]})
    chosen = choose_thresholds(given, ("run", "wrong", "quiet"), RULE, Goal(), quiet=("quiet",))
    assert [each.threshold == NEVER for each in chosen.classes] == [False, True, True]
    assert chosen.precision == 1


def test_goals_that_make_no_sense() -> None:
    with pytest.raises(DataError, match="precision or for a recall"):
        Goal(0.9, 0.9)
    with pytest.raises(DataError, match=r"recall of 1.5"):
        Goal(recall=1.5)
    with pytest.raises(DataError, match="no video"):
        choose_thresholds([], ("run",), RULE, Goal())
    with pytest.raises(DataError, match="Nothing happens in the videos"):
        choose_thresholds([(GIVEN[0][0], [])], ("run", "jump"), RULE, Goal())


def test_a_class_that_never_happens_has_no_share() -> None:
    still = [(track, [each for each in truth if each.label == "run"]) for track, truth in GIVEN]
    run, jump = choose_thresholds(still, ("run", "jump"), RULE, Goal(), quiet=("jump",)).classes
    assert run.precision is not None
    assert (jump.precision, jump.recall, jump.true) == (None, None, 0)
