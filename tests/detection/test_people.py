"""Where boxes come from, and the same person in the next key frame."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from kinema.data.video import open_video
from kinema.detection.ava import KeyFrame
from kinema.detection.boxes import iou, mirrored, seen_in, visible
from kinema.detection.follow import follow
from kinema.detection.moving import Moving, components, regions
from kinema.detection.named import people_of
from kinema.detection.people import Called, Listed
from kinema.errors import DataError, KinemaError


def walkers(frames: int = 30, noise: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Two bars that go to and fro over a noisy texture (T H W 3), and their boxes in pixels (T 2 4)."""
    rng = np.random.default_rng(0)
    still = rng.uniform(60, 120, (90, 160, 3))
    video, boxes = np.repeat(still[None], frames, 0), np.zeros((frames, 2, 4))
    for t in range(frames):
        for number, (start, step) in enumerate(((8, 2), (140, -2))):
            left, top = start + step * t, 20 + 30 * number
            video[t, top : top + 30, left : left + 10] = (230, 200, 30) if number else (20, 30, 220)
            boxes[t, number] = left, top, left + 10, top + 30
    return (video + rng.normal(0, noise, video.shape)).clip(0, 255).astype(np.uint8), boxes


def test_moving_regions_are_the_things_that_move() -> None:
    frames_THWC, boxes = walkers()
    video = open_video(frames_THWC, fps=10)
    seconds = Moving().seconds(video, 1.0)
    assert seconds == [0.5, 1.5, 2.5]
    for second, (found_M4, share_M) in zip(seconds, Moving().find(video, seconds), strict=True):
        wanted = boxes[round(second * 10)] / [160, 90, 160, 90]
        assert len(found_M4) == 2
        assert (iou(wanted, found_M4).max(axis=1) > 0.7).all()
        assert (share_M > 0.7).all()


def test_nothing_moves_in_a_still_video_with_noise() -> None:
    noise = np.random.default_rng(1).normal(0, 8, (20, 60, 80, 3))
    video = open_video((128 + noise).clip(0, 255).astype(np.uint8))
    assert [len(boxes) for boxes, _ in Moving().find(video, [0.0, 0.4])] == [0, 0]


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.7), st.tuples(st.integers(1, 12), st.integers(1, 12)))
@settings(deadline=None, max_examples=40)
def test_components_are_those_of_scipy(seed: int, share: float, size: tuple[int, int]) -> None:
    mask = np.random.default_rng(seed).random(size) < share
    expected, count = ndimage.label(mask, structure=np.ones((3, 3)))
    found = components(torch.from_numpy(mask)).numpy()
    assert len({*found[mask].tolist()}) == count
    assert not found[~mask].any()
    for label in range(1, count + 1):
        assert len({*found[expected == label].tolist()}) == 1


def test_parts_that_are_near_are_one_region_and_specks_are_none() -> None:
    mask = torch.zeros(100, 100, dtype=torch.bool)
    mask[10:30, 10:20] = mask[33:50, 10:20] = True  # three rows apart
    mask[10:30, 60:70] = True
    mask[90, 90] = True
    boxes, shares = regions(mask)
    np.testing.assert_allclose(boxes, [[0.1, 0.1, 0.2, 0.5], [0.6, 0.1, 0.7, 0.3]])
    np.testing.assert_allclose(shares, [37 / 40, 1.0])


class Film:
    """A video of nine pictures of 40 x 80 pixels, which count themselves in red."""

    def __new__(cls) -> Any:
        frames = np.zeros((9, 40, 80, 3), np.uint8)
        frames[..., 0] = np.arange(9)[:, None, None]
        return open_video(frames, fps=3)


def test_a_detector_that_is_called_sees_the_key_frames() -> None:
    shown: list[int] = []

    def detector(frames_THWC: np.ndarray) -> list[tuple[Any, Any]]:
        shown.extend(frames_THWC[:, 0, 0, 0].tolist())
        assert frames_THWC.shape[1:] == (40, 80, 3)
        nobody, one = ([], []), (torch.tensor([[0.0, 10, 40, 30]]), [0.9])
        return [nobody if picture[0, 0, 0] == 4 else one for picture in frames_THWC]

    people, video = Called(detector), Film()
    seconds = people.seconds(video, 1.0)
    found = list(people.find(video, seconds))
    assert (seconds, shown) == ([0.5, 1.5, 2.5], [1, 4, 7])
    np.testing.assert_allclose(found[0][0], [[0, 0.25, 0.5, 0.75]])
    assert [len(boxes) for boxes, _ in found] == [1, 0, 1]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([], "0 answers to 1 pictures"),
        ([(np.zeros((2, 4)), [0.5])], "2 boxes with 1 scores"),
        ([np.zeros((1, 5))], "no pair of boxes"),
        ([([[0, 0, float("nan"), 1]], [0.5])], "all finite"),
    ],
)
def test_a_detector_that_answers_wrongly_is_told(answer: Sequence[Any], told: str) -> None:
    with pytest.raises(KinemaError, match=told):
        list(Called(lambda _: answer).find(Film(), [0.0]))


def test_listed_boxes_bring_their_key_frames() -> None:
    frames = [KeyFrame("film", 901.5, ((0.1, 0.1, 0.5, 0.9),), ((),), (0.9,)), KeyFrame("film", 900.5, (), (), ())]
    people = Listed(frames, offset_seconds=900)
    assert people.seconds(Film(), 1.0) == [0.5, 1.5]
    assert [len(boxes) for boxes, _ in people.find(Film(), [0.5, 1.5])] == [0, 1]
    with pytest.raises(DataError, match="The list of boxes has no video"):
        Listed([*frames, KeyFrame("other", 0.0, (), (), ())]).seconds(Film(), 1.0)


def test_a_short_video_has_one_key_frame_in_its_middle() -> None:
    assert Moving().seconds(Film(), 10.0) == [1.5]


def test_a_source_is_a_word_a_list_or_a_function(tmp_path: Path) -> None:
    assert isinstance(people_of("moving"), Moving)
    (tmp_path / "boxes.csv").write_text("film,1,0.1,0.1,0.5,0.9\n")
    assert isinstance(people_of(str(tmp_path / "boxes.csv")), Listed)
    (tmp_path / "mine.py").write_text("def people(frames):\n    return [([], []) for _ in frames]\n")
    called = people_of(f"{tmp_path / 'mine.py'}:people")
    assert [len(boxes) for boxes, _ in called.find(Film(), [0.0])] == [0]
    for source, told in (
        ("nowhere.csv", "there is no such file"), (f"{tmp_path / 'mine.py'}:men", "nothing called men"),
        ("no_such_package:people", "cannot be imported"), (f"{tmp_path / 'none.py'}:people", "cannot be imported"),
    ):
        with pytest.raises(KinemaError, match=told):
            people_of(source)


def test_people_keep_their_numbers() -> None:
    left, right = np.array([0.1, 0.1, 0.3, 0.9]), np.array([0.6, 0.1, 0.8, 0.9])
    step = np.array([0.05, 0, 0.05, 0])
    seen = [np.stack([left, right]), np.stack([right + step, left + step]), np.stack([left + 2 * step]),
            np.stack([left + 3 * step, right]), np.zeros((0, 4)), np.stack([left])]
    assert follow(seen) == [(1, 2), (2, 1), (1,), (1, 3), (), (4,)]


def test_boxes_in_what_is_cut_out() -> None:
    from kinema.data.transforms.boxes import Box

    boxes = np.array([[0.25, 0.25, 0.75, 0.75], [0.0, 0.0, 0.1, 0.1], [0.4, 0.0, 1.0, 1.0]])
    seen = seen_in(boxes, (80, 40), Box(top=20, left=10, height=40, width=20))
    np.testing.assert_allclose(seen, [[0, 0, 1, 1], [0, 0, 0, 0], [0.3, 0, 1, 1]])
    assert visible(seen).tolist() == [True, False, True]
    np.testing.assert_allclose(mirrored(seen[2:]), [[0, 0, 0.7, 1]])
