"""Frame mAP: worked out by hand, and by a second computation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve

from kinema.detection.ava import BoxRow, Key
from kinema.detection.frame_map import average_precision, frame_map
from kinema.errors import DataError

ONE, TWO, FAR = (0.0, 0.0, 0.4, 0.4), (0.5, 0.5, 0.9, 0.9), (0.0, 0.6, 0.2, 1.0)
NEAR = (0.0, 0.0, 0.4, 0.3)  # overlaps ONE by 0.75
CLASSES = {1: "sit", 2: "stand", 3: "walk"}


def true(box: tuple, action: int = 1, second: float = 902, person: float = 0) -> BoxRow:
    return BoxRow("film", second, box, action, person)


def found(box: tuple, score: float, action: int = 1, second: float = 902) -> BoxRow:
    return BoxRow("film", second, box, action, score)


@pytest.mark.parametrize(
    ("truth", "results", "expected"),
    [
        # right, wrong, right: precision 1 at recall 1/2, 2/3 at recall 1
        ([true(ONE), true(TWO)], [found(ONE, 0.9), found(FAR, 0.8), found(TWO, 0.7)], 1 / 2 + 1 / 2 * 2 / 3),
        # wrong, right, right: the precision of 1/2 is raised to the 2/3 that comes at a higher recall
        ([true(ONE), true(TWO)], [found(FAR, 0.9), found(ONE, 0.8), found(TWO, 0.7)], 2 / 3),
        # a second result on the same person is wrong
        ([true(ONE), true(TWO)], [found(ONE, 0.9), found(NEAR, 0.8), found(TWO, 0.7)], 1 / 2 + 1 / 2 * 2 / 3),
        # and takes the person where its score is higher, though it overlaps less
        ([true(ONE)], [found(ONE, 0.8), found(NEAR, 0.9)], 1.0),
        # of a result that comes twice the second is wrong and, its score being equal, comes first
        ([true(ONE)], [found(ONE, 0.9), found(ONE, 0.9)], 1 / 2),
        # a truth that comes twice is two people, of whom the second is never overlapped most
        ([true(ONE), true(ONE, person=1)], [found(ONE, 0.9), found(ONE, 0.8)], 1 / 2),
        # one of two is never found
        ([true(ONE), true(TWO)], [found(ONE, 0.9)], 1 / 2),
        # nobody is found
        ([true(ONE)], [found(FAR, 0.9)], 0.0),
        ([true(ONE)], [], 0.0),
        # an overlap of exactly one half is enough, less is not
        ([true((0.0, 0.0, 0.5, 0.5))], [found((0.0, 0.0, 0.25, 0.5), 0.9)], 1.0),
        ([true((0.0, 0.0, 0.5, 0.5))], [found((0.0, 0.0, 0.249, 0.5), 0.9)], 0.0),
        # a result does not turn to its second best person when the best is taken
        ([true((0, 0, 0.5, 0.5)), true((0, 0.1, 0.5, 0.6))],
         [found((0, 0, 0.5, 0.5), 0.9), found((0, 0.04, 0.5, 0.54), 0.8)], 1 / 2),
        # the same box at another second is another person
        ([true(ONE), true(ONE, second=903)], [found(ONE, 0.9), found(ONE, 0.8, second=904)], 1 / 2),
        # equal scores: the later result counts as the better, so a wrong one that comes last comes first
        ([true(ONE), true(TWO, second=903)],
         [found(ONE, 0.5), found(TWO, 0.5, second=903), found(FAR, 0.5, second=904)], 2 / 3),
        ([true(ONE, second=903), true(TWO, second=904)],
         [found(FAR, 0.5), found(ONE, 0.5, second=903), found(TWO, 0.5, second=904)], 1.0),
        # a box without area is no result, wrong or right
        ([true(ONE)], [found((0.4, 0.4, 0.4, 0.8), 0.9), found((0.3, 0.3, 0.1, 0.1), 0.85), found(ONE, 0.8)], 1.0),
    ],
)  # fmt: skip
def test_one_class_by_hand(truth: list[BoxRow], results: list[BoxRow], expected: float) -> None:
    assert frame_map(truth, results, CLASSES).mean == pytest.approx(expected, abs=1e-12)


def test_classes_that_nobody_shows_are_left_out_of_the_mean() -> None:
    truth = [true(ONE, 1), true(ONE, 2)]
    results = [found(ONE, 0.9, 1), found(ONE, 0.9, 3), found(ONE, 0.9, 7)]
    measure = frame_map(truth, results, CLASSES)
    assert [one.average_precision for one in measure.classes[:2]] == [1.0, 0.0]
    assert np.isnan(measure.classes[2].average_precision)
    assert measure.mean == 0.5
    assert measure.to_dict()["classes"][2]["average_precision"] is None


def test_actions_outside_the_label_map_do_not_count() -> None:
    truth, results = [true(ONE, 1), true(TWO, 9)], [found(ONE, 0.5, 1), found(FAR, 0.9, 9)]
    assert frame_map(truth, results, CLASSES).mean == 1.0


def test_excluded_key_frames_do_not_count_on_either_side() -> None:
    truth = [true(ONE), true(ONE, second=903), true(TWO, second=904)]
    results = [found(ONE, 0.9), found(FAR, 0.95, second=903)]
    whole = frame_map(truth, results, CLASSES)
    assert whole.mean == pytest.approx(1 / 3 * 1 / 2)
    some = frame_map(truth, results, CLASSES, frozenset({("film", 903.0), ("film", 904.0), ("other", 902.0)}))
    assert (some.mean, some.frames) == (1.0, 1)


def test_of_a_key_frame_the_fifty_best_results_count() -> None:
    wrong = [found(FAR, 0.9 - number / 1000, action=2) for number in range(50)]
    assert frame_map([true(ONE)], [found(ONE, 0.1), *wrong[1:]], CLASSES).mean == 1.0
    assert frame_map([true(ONE)], [found(ONE, 0.1), *wrong], CLASSES).mean == 0.0
    assert frame_map([true(ONE)], [found(ONE, 0.95), *wrong], CLASSES).mean == 1.0


def test_a_truth_without_any_class_is_told() -> None:
    with pytest.raises(DataError, match="No box of the truth shows any of the classes"):
        frame_map([true(ONE, 9)], [found(ONE, 0.5)], CLASSES)


def second_matching(truth: list[BoxRow], results: list[BoxRow], action: int) -> tuple[list[bool], list[float], int]:
    """Which results of an action are right, their scores, and how many boxes truly show it: no arrays, no sharing."""
    def overlap(a: tuple, b: tuple) -> float:
        wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        shared = max(wide, 0) * max(high, 0)
        return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)

    left = [row for row in truth if row.action == action]
    rights, taken = [], set()
    ordered = sorted((row for row in results if row.action == action), key=lambda row: -row.score)
    for row in ordered:
        there = [(overlap(row.box, one.box), -number) for number, one in enumerate(left) if one.key == row.key]
        best, number = max(there, default=(0.0, 0))
        rights.append(best >= 0.5 and -number not in taken)
        if rights[-1]:
            taken.add(-number)
    return rights, [row.score for row in ordered], len(left)


sides = st.floats(0.05, 0.5)
boxes = st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), sides, sides).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
keys = st.integers(902, 905)


@given(
    st.lists(st.tuples(boxes, st.sampled_from([1, 2, 3]), keys), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(0, 60), st.floats(-0.06, 0.06), st.sampled_from([1, 2, 3]), keys), max_size=30),
    st.randoms(use_true_random=False),
)
@settings(deadline=None, max_examples=60)
def test_random_boxes_agree_with_scikit_learn(people: list, calls: list, random: object) -> None:
    """Matched a second time, and with the curve of scikit-learn.

    Its own average precision does not raise precisions, so the raising (to the best at any higher recall) is applied to
    its curve; where precision only falls with recall, its average precision itself is compared too. It knows of no
    boxes that were never found: those scale the recall.
    """
    truth = [BoxRow("film", second, box, action, number) for number, (box, action, second) in enumerate(people)]
    scores = random.sample(range(1, 1000), len(calls))  # type: ignore[attr-defined] # all different: ties are by hand
    results = []
    for (which, shift, action, second), score in zip(calls, scores, strict=True):
        near = people[which % len(people)]
        moved = tuple(side + shift for side in near[0])
        results.append(BoxRow("film", near[2] if which % 2 else second, moved, action, score / 1000))
    measure = frame_map(truth, results, CLASSES)
    expected = []
    for one in measure.classes:
        rights, sure, count = second_matching(truth, results, one.action)
        if not count:
            assert np.isnan(one.average_precision)
            continue
        value = 0.0
        if any(rights):
            precision, recall, _ = precision_recall_curve(rights, sure)
            raised = np.maximum.accumulate(precision)  # scikit-learn's recall falls along its curve
            value = float(-np.sum(np.diff(recall) * raised[:-1])) * sum(rights) / count
            if (np.diff(precision[:-1]) >= 0).all():
                plain = average_precision_score(rights, sure) * sum(rights) / count
                assert one.average_precision == pytest.approx(plain, abs=1e-6)
        assert one.average_precision == pytest.approx(value, abs=1e-6)
        expected.append(value)
    assert measure.mean == pytest.approx(np.mean(expected), abs=1e-6)


@given(st.lists(st.tuples(st.floats(0.01, 1), st.booleans()), max_size=40), st.integers(0, 10))
def test_a_worse_wrong_result_changes_nothing_and_a_better_one_never_helps(results: list, more: int) -> None:
    scores, rights = np.array([s for s, _ in results]), np.array([r for _, r in results], dtype=bool)
    count = int(rights.sum()) + more
    if not count:
        return
    value = average_precision(scores, rights, count)
    assert 0 <= value <= rights.sum() / count + 1e-12
    assert average_precision(np.append(scores, 0.0), np.append(rights, False), count) == pytest.approx(value)
    assert average_precision(np.append(scores, 2.0), np.append(rights, False), count) <= value + 1e-12


def test_a_key_is_a_video_and_a_second() -> None:
    key: Key = true(ONE).key
    assert key == ("film", 902)
