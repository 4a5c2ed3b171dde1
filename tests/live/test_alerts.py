"""When alerts are raised and over."""

from typing import Any

import numpy as np
import pytest

from kinema.errors import KinemaError
from kinema.live.alarms import Alarms
from kinema.live.alerts import Alert, Trigger, alerts_of
from kinema.live.camera import Camera
from kinema.live.inbox import Frame
from kinema.live.judge import Answer
from kinema.live.pace import Pace
from kinema.live.patience import Patience
from kinema.live.stillness import Stillness

LABELS = ("fall", "walk: slow", "rest")


def changes(alert: Alert, scores: list[float]) -> list[tuple[int, str]]:
    """What a trigger tells of a score a second."""
    trigger = Trigger(alert)
    found = [(second, trigger(float(second), score)) for second, score in enumerate(scores)]
    return [(second, change) for second, change in found if change]


def test_an_alert_begins_at_its_threshold_and_ends_below_its_margin() -> None:
    alert = Alert("fall", 0.5, margin=0.1, hold_off_seconds=0)
    assert changes(alert, [0.1, 0.49, 0.5, 0.9, 0.45, 0.41, 0.39, 0.1]) == [(2, "begin"), (6, "end")]


def test_an_alert_of_a_low_threshold_ends_too() -> None:
    assert changes(Alert("fall", 0.1, margin=0.1, hold_off_seconds=0), [0.2, 0.06, 0.04, 0.0, 0.2]) == [
        (0, "begin"), (2, "end"), (4, "begin")]


def test_what_flickers_raises_no_alert() -> None:
    alert = Alert("fall", 0.5, lasts_seconds=2, hold_off_seconds=0)
    assert changes(alert, [0.6, 0.6, 0.1, 0.6, 0.6, 0.6, 0.1]) == [(5, "begin"), (6, "end")]


def test_the_same_alert_waits_for_its_hold_off() -> None:
    alert = Alert("fall", 0.5, hold_off_seconds=3)
    assert changes(alert, [0.9, 0.1, 0.9, 0.9, 0.9, 0.9]) == [(0, "begin"), (1, "end"), (4, "begin")]


def test_alerts_as_they_are_written() -> None:
    texts = ["fall", "fall:0.8", "walk: slow", "walk: slow:0.7", "inactivity:10m", "offline:90"]
    found = alerts_of(texts, LABELS, Alert("", 0.6, margin=0.2, lasts_seconds=1))
    assert [(one.label, one.threshold) for one in found] == [
        ("fall", 0.6), ("fall", 0.8), ("walk: slow", 0.6), ("walk: slow", 0.7), ("inactivity", 600), ("offline", 90)]
    assert found[0].margin == 0.2
    assert found[4].lasts_seconds == 0


@pytest.mark.parametrize(("text", "words"), [
    ("fal", "Nearest: fall"), ("fal:0.8", "does not know 'fal'"), ("fall:8", "at most 1"), ("fall:high", "fall:high"),
    ("inactivity", "how long"), ("inactivity:0m", "how long"), ("inactivity:soon", "such as 90s, 10m or 2h"),
])
def test_alerts_that_are_none_are_told_in_words(text: str, words: str) -> None:
    with pytest.raises(KinemaError, match=words):
        alerts_of([text], LABELS, Alert(""))


def test_frames_are_picked_at_the_rate_of_the_training() -> None:
    times = np.arange(0, 10, 0.04)
    for every in (0.04, 0.05, 0.1, 1.25):
        picked = [time for time, due in zip(times, map(Pace(every), times), strict=True) if due]
        assert len(picked) == pytest.approx(10 / every, abs=1)
    assert sum(map(Pace(0.01), times)) == len(times)  # a camera slower than that


def test_a_clock_that_jumps_stops_no_frames() -> None:
    pace = Pace(0.1)
    times = [start + step / 25 for start in (5, 0, 9) for step in range(26)]
    picked = [time for time, due in zip(times, map(pace, times), strict=True) if due]
    assert [sum(start <= time <= start + 1 for time in picked) for start in (5, 0, 9)] == [11, 11, 11]


def test_cameras_that_begin_at_other_moments_show_what_belongs_together() -> None:
    late = np.array([0.0, 0.013, 0.027, 0.17])
    times = np.arange(0, 20, 0.04)[:, None] + late
    picked = [[time for time, due in zip(own, map(Pace(0.2), own), strict=True) if due] for own in times.T]
    for own in picked:
        assert len(own) == pytest.approx(100, abs=1)
        assert all(time % 0.2 < 0.041 or time % 0.2 > 0.199 for time in own[1:])


def test_a_camera_whose_frames_are_uneven_is_seen_whole_at_its_own_rate() -> None:
    times = np.arange(500) * 0.04 + np.random.default_rng(0).uniform(-0.012, 0.012, 500)
    assert sum(map(Pace(0.04), times)) > 495


def test_each_wait_is_twice_the_last_up_to_a_cap() -> None:
    patience = Patience(first_wait_seconds=0.5, longest_wait_seconds=10)
    assert [patience.wait_seconds(failures) for failures in (1, 2, 3, 4, 5, 6, 1000)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_stillness_is_counted_from_the_last_motion_and_anew_after_a_gap() -> None:
    rng, still = np.random.default_rng(0), Stillness()
    room = rng.integers(80, 120, (90, 160, 3))

    def picture(left: int | None = None, light: float = 0.0) -> np.ndarray:
        shown = room + rng.normal(light, 4, room.shape)
        if left is not None:
            shown[30:60, left : left + 12] = 240
        return shown.clip(0, 255).astype(np.uint8)

    assert [still(second, picture()) for second in np.arange(0, 5, 0.5)][-1] == 4.5
    assert still(5.0, picture(light=15)) == 5.0  # a cloud is no motion
    assert still(6.0, picture(20)) == 0
    assert [still(7.0 + second, picture(20)) for second in range(3)] == [1, 2, 3]
    for step in range(10):  # one who walks slowly is never still
        assert still(10.0 + step / 2, picture(24 + 4 * step)) < 1.5
    assert still(30.0, picture()) == 0  # nobody knows what was meanwhile
    seldom = Stillness(every_seconds=10)
    assert [seldom(second, picture()) for second in (0, 10, 20, 30)] == [0, 10, 20, 30]


def test_a_score_lasts_anew_after_its_camera_was_away() -> None:
    told: list[dict[str, Any]] = []
    alarms = Alarms([Alert("fall", 0.5, lasts_seconds=5)], ["fall"], [Camera("hall", "rtsp://hall")], [None],
                    told.append, 1.0)
    for second in (0, 1, 40, 42, 46):
        if second == 40:
            alarms.back(0)
        frame = Frame(np.zeros((8, 8, 3), np.uint8), second, 0.0)
        alarms.answers(frame, [Answer(0, np.array([0.9]))])
    assert [event["seconds"] for event in told] == [46]
