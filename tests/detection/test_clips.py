"""Clips around key frames, and where their boxes are."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.data.cache import ClipCache
from kinema.data.dataset import ProblemLog
from kinema.data.synthetic.encode import write_mp4
from kinema.data.transforms import Augment, Flips
from kinema.data.transforms.flips import NO_FLIPS
from kinema.data.video import open_video
from kinema.detection.ava import KeyFrame
from kinema.detection.centred import around, centred, centred_at_fps, on_show
from kinema.detection.clips import JudgedBoxes, TrainingBoxes, crop, join
from kinema.detection.films import Films
from kinema.errors import DataError, VideoError
from kinema.models.clip import ClipSpec

SPEC = ClipSpec(4, 32, 32, "dense", 2, mean=(0.0,) * 3, std=(1.0,) * 3)
LEFT, RIGHT = (0.1, 0.2, 0.4, 0.9), (0.6, 0.2, 0.9, 0.9)


def test_the_key_frame_is_in_the_middle() -> None:
    assert centred(100, 50, 4, 3).tolist() == [44, 47, 50, 53]
    assert centred(100, 50, 5, 1).tolist() == [48, 49, 50, 51, 52]
    assert centred(10, 1, 4, 2).tolist() == [0, 0, 1, 3]
    assert centred(10, 9, 4, 2).tolist() == [5, 7, 9, 9]


@given(st.integers(1, 60), st.integers(1, 32), st.integers(1, 8), st.data())
def test_clips_stay_in_the_video_around_the_key_frame(
    frames: int, clip: int, stride: int, data: st.DataObject
) -> None:
    centre = data.draw(st.integers(0, frames - 1))
    found = centred(frames, centre, clip, stride)
    assert int(found[clip // 2]) == centre
    assert found.min() >= 0
    assert found.max() < frames
    times = np.arange(frames) / 12.0
    assert centred_at_fps(times, centre, clip, stride, 12.0).tolist() == found.tolist()


def test_clips_by_the_clock_look_alike_at_any_rate() -> None:
    times = np.arange(60) / 30
    assert around(replace(SPEC, fps=10.0), times, 30).tolist() == [18, 24, 30, 36]
    assert around(SPEC, times, 30).tolist() == [26, 28, 30, 32]


def test_the_frame_on_show() -> None:
    times = np.array([0.0, 0.033, 0.067, 0.1])
    assert [on_show(times, second) for second in (-0.4, 0, 1 / 30, 0.05, 0.0999, 0.6)] == [0, 0, 1, 1, 3, 3]
    for second in (-0.6, 0.7, 902.0):
        with pytest.raises(VideoError, match=r"that shows 0.00 to 0.10 s.*--offset"):
            on_show(times, second)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 12 frames of 48 x 64 pixels with a red left and a green right figure, and a broken one."""
    place = tmp_path_factory.mktemp("films")
    frames = np.full((12, 48, 64, 3), 40, np.uint8)
    for box, colour in ((LEFT, 0), (RIGHT, 1)):
        x1, y1, x2, y2 = (round(side * size) for side, size in zip(box, (64, 48, 64, 48), strict=True))
        frames[:, y1:y2, x1:x2, colour] = 220
    write_mp4(place / "film.one.mp4", frames, 12.0)
    (place / "bad.mp4").write_text("no video")
    return place


def films(folder: Path, **options: float) -> Films:
    return Films(folder, ClipCache(None, SPEC), **options)


FRAME = KeyFrame("film.one", 0.5, (LEFT, RIGHT), ((1,), (2, 9)), (1.0, 1.0))
COLUMNS = {1: 0, 2: 1}


def boxes_of(folder: Path, frames: list[KeyFrame], augment: Augment, flips: Flips = NO_FLIPS) -> TrainingBoxes:
    return TrainingBoxes(frames, COLUMNS, films(folder), SPEC, augment, flips, 0, ProblemLog(folder / "problems.jsonl"))


def colour_in(clip_CTHW: torch.Tensor, box_4: torch.Tensor) -> int:
    """Which colour fills the middle of a box."""
    _, _, height, width = clip_CTHW.shape
    x, y = (box_4[0] + box_4[2]) / 2 * width, (box_4[1] + box_4[3]) / 2 * height
    return int(clip_CTHW[:, 2, int(y), int(x)].argmax())


@given(epoch=st.integers(0, 10_000))
@settings(deadline=None, max_examples=40)
def test_boxes_and_actions_stay_on_their_people_through_crops_and_mirrors(epoch: int, folder: Path) -> None:
    data = boxes_of(folder, [FRAME], Augment(scale=(0.15, 1.0)))
    clip, boxes, targets = data[epoch, 0]
    assert clip.shape == (3, 4, 32, 32)
    assert len(boxes) == len(targets) >= 1
    assert boxes.min() >= 0
    assert boxes.max() <= 1
    for box, target in zip(boxes, targets, strict=True):
        assert int(target.argmax()) == colour_in(clip, box)
    again = data[epoch, 0]
    assert all(torch.equal(one, other) for one, other in zip((clip, boxes, targets), again, strict=True))


def test_mirrored_people_swap_actions_that_mind_sides(folder: Path) -> None:
    data = boxes_of(folder, [FRAME], Augment(crop="stretch"), Flips({0: 1, 1: 0}, frozenset()))
    seen = set()
    for epoch in range(12):
        clip, boxes, targets = data[epoch, 0]
        flipped = colour_in(clip, torch.tensor(LEFT)) == 1
        seen.add(flipped)
        for box, target in zip(boxes, targets, strict=True):
            assert int(target.argmax()) == (1 - colour_in(clip, box) if flipped else colour_in(clip, box))
    assert seen == {True, False}
    stays = boxes_of(folder, [FRAME], Augment(crop="stretch"), Flips({}, frozenset({1})))
    assert {colour_in(stays[epoch, 0][0], torch.tensor(LEFT)) for epoch in range(12)} == {0}


def test_a_crop_without_people_is_drawn_again() -> None:
    corner = np.array([[0.9, 0.9, 0.95, 0.95]])
    for number in range(20):
        generator = torch.Generator().manual_seed(number)
        _, seen = crop(corner, (100, 100), SPEC, Augment(scale=(0.02, 0.03)), generator)
        assert seen[0, 2] > seen[0, 0]


def test_a_video_that_cannot_be_read_is_replaced_and_written_down(folder: Path) -> None:
    data = boxes_of(folder, [replace(FRAME, video="bad"), FRAME], Augment())
    clip, boxes, _ = data[0, 0]
    assert (clip.shape[1], len(boxes)) == (4, 2)
    assert [entry["path"] for entry in data.problems.read()] == ["bad"]
    index, nothing, _, problem = JudgedBoxes(data.frames, films(folder), SPEC)[0]
    assert (index, nothing) == (0, None)
    assert "bad.mp4" in problem


def test_an_unknown_video_gets_the_nearest(folder: Path) -> None:
    with pytest.raises(VideoError, match=r"no video 'film.two'.*Nearest: film.one"):
        films(folder).path("film.two")
    with pytest.raises(DataError, match="no folder"):
        films(folder / "nowhere").path("film")


def test_the_whole_picture_is_judged_in_its_own_shape(folder: Path) -> None:
    _, clip, boxes, _ = JudgedBoxes([FRAME], films(folder), SPEC)[0]
    assert clip is not None
    assert clip.shape == (3, 4, 32, 48)  # of 48 x 64, in steps of 16
    assert [colour_in(clip, box) for box in boxes] == [0, 1]
    _, squeezed, _, _ = JudgedBoxes([FRAME], films(folder), replace(SPEC, crop="stretch"))[0]
    assert squeezed is not None
    assert squeezed.shape == (3, 4, 32, 32)


def test_timestamps_count_from_the_offset(folder: Path) -> None:
    opened = films(folder, offset_seconds=900.0)
    assert opened.seconds_in(opened.open("film.one"), 900.5) == 0.5


def test_pictures_are_films_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "film").mkdir()
    for number, picture in open_video(folder / "film.one.mp4").pictures(range(12)):
        with av.open(str(tmp_path / "film" / f"{number:04d}.png"), "w", format="image2") as out:
            stream: Any = out.add_stream("png", rate=1)
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "rgb24"
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            out.mux(stream.encode())
    found = films(tmp_path, fps=24.0).open("film")
    assert found.times_seconds.tolist() == (np.arange(12) / 24).tolist()
    assert films(tmp_path).open("film").times_seconds[1] == pytest.approx(1 / 30)


def test_batches_number_the_clips_of_boxes() -> None:
    clip = torch.zeros(3, 4, 8, 8)
    samples = [(clip, torch.rand(2, 4), torch.ones(2, 5)), (clip, torch.zeros(0, 4), torch.zeros(0, 5)),
               (clip, torch.rand(1, 4), torch.ones(1, 5))]
    clips, rois, targets = join(samples)
    assert clips.shape == (3, 3, 4, 8, 8)
    assert rois[:, 0].tolist() == [0, 0, 2]
    assert targets.shape == (3, 5)
