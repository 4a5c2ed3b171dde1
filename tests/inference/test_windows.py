"""A video's windows cover it from its first frame to the end of its last, and keep few frames."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from kinema.data.frames import shrink
from kinema.data.sampling import sample_views
from kinema.data.transforms import test_transform as transform_of
from kinema.data.video import open_video
from kinema.data.video.video import Video
from kinema.inference.kept import Kept
from kinema.inference.windows import window_seconds, windows
from kinema.models.clip import ClipSpec
from tests.data.encode import damaged, decoded

SPEC = ClipSpec(frames=4, height=16, width=16)


class Counter(Video):
    """A video without a length whose frame k is filled with the number k."""

    warnings = ()
    known = False

    def __init__(self, frames: int, first_seconds: float = 0.0, pause: tuple[int, float] = (-1, 0.0)) -> None:
        self.count, self.rate, self.first, self.pause = frames, 10, first_seconds, pause
        self.height = self.width = 16

    @property
    def times_seconds(self) -> np.ndarray:
        raise AssertionError("reading the whole video beforehand was not necessary")

    def frames(self):
        for k in range(self.count):
            late = self.pause[1] if k >= self.pause[0] >= 0 else 0.0
            yield self.first + k / self.rate + late, np.full((16, 16, 3), k % 256, np.uint8)

    def pictures(self, indices):
        raise AssertionError("frames come in one pass")

    def close(self) -> None:
        pass


def numbers(window) -> list[int]:
    """Which frames a window's first clip holds."""
    mean, std = (torch.tensor(values)[:, None] for values in (SPEC.mean, SPEC.std))
    return ((window.clips_VCTHW[0].mean((2, 3)) * std + mean) * 255).round().int()[0].tolist()


@pytest.mark.parametrize("frames", [1, 2, 7, 39])
def test_a_short_video_is_one_window(frames: int) -> None:
    found = list(windows(Counter(frames), SPEC, seconds=2.0))
    assert len(found) == 1
    lasts = frames / 10 if frames > 1 else 0.04  # of a single frame nothing tells how long it is shown
    assert (found[0].start_seconds, found[0].end_seconds) == pytest.approx((0, lasts))
    assert numbers(found[0]) == sample_views(SPEC, np.arange(frames) / 10, 1)[0].tolist()


@pytest.mark.parametrize("frames", [40, 41, 47, 59, 60, 200])
@pytest.mark.parametrize("first", [0.0, 7.5])
def test_windows_cover_a_long_video(frames: int, first: float) -> None:
    found = list(windows(Counter(frames, first_seconds=first), SPEC, seconds=2.0))
    assert found[0].start_seconds == first
    assert found[-1].end_seconds == pytest.approx(first + frames / 10)
    for one, following in pairwise(found):
        assert one.start_seconds < following.start_seconds < one.end_seconds
        assert following.start_seconds - one.start_seconds <= 1.0 + 1e-9
    assert all(window.end_seconds - window.start_seconds == pytest.approx(2.0) for window in found)


@pytest.mark.parametrize("overlap", [1, 3, 4])
@pytest.mark.parametrize("frames", [20, 21, 33, 200])
def test_windows_may_overlap_more_or_less(frames: int, overlap: int) -> None:
    found = list(windows(Counter(frames), SPEC, seconds=2.0, overlap=overlap, whole=1.0))
    assert found[0].start_seconds == 0
    assert found[-1].end_seconds == pytest.approx(frames / 10)
    steps = np.diff([window.start_seconds for window in found])
    assert steps[:-1] == pytest.approx(np.full(len(steps[:-1]), 2.0 / overlap))
    assert all(0 < step <= 2.0 / overlap + 1e-6 for step in steps)
    assert all(window.end_seconds - window.start_seconds == pytest.approx(2.0) for window in found)


def test_a_window_holds_the_frames_of_its_time() -> None:
    for window in windows(Counter(100), SPEC, seconds=2.0):
        first = round(window.start_seconds * 10)
        assert numbers(window) == (first + sample_views(SPEC, np.arange(20) / 10, 1)[0]).tolist()


def test_a_pause_gives_no_windows() -> None:
    found = list(windows(Counter(60, pause=(30, 10.0)), SPEC, seconds=2.0))
    assert [round(window.start_seconds, 6) for window in found] == [0, 1, 12, 13, 14]
    assert numbers(found[1])[-1] <= 29
    assert numbers(found[2])[0] >= 30
    assert found[-1].end_seconds == pytest.approx(16.0)


@pytest.mark.parametrize("jump", [95_443.7, 1e9])
def test_a_jump_of_the_clock_gives_no_windows(jump: float) -> None:
    found = list(windows(Counter(60, pause=(31, jump)), SPEC, seconds=2.0))
    assert 4 <= len(found) <= 8
    seen = [number for window in found for number in numbers(window)]
    assert min(seen) <= 2
    assert max(seen) >= 56
    for one, following in pairwise(found):
        assert numbers(one) != numbers(following)


class Jumping(Counter):
    """A video whose clock jumps ahead for one frame, near its end, and stands still after that."""

    def frames(self):
        for time, picture_HWC in super().frames():
            yield (16.6 if round(time * 10) == 24 else time), picture_HWC


@pytest.mark.parametrize(("overlap", "whole"), [(2, 2.0), (4, 1.0)])
def test_a_clock_that_is_wrong_for_one_frame(overlap: int, whole: float) -> None:
    found = list(windows(Jumping(34), SPEC, 1.0, overlap=overlap, whole=whole))
    assert numbers(found[0])[0] <= 2
    assert numbers(found[-1])[-1] >= 30
    assert found[-1].end_seconds <= 17.7


@pytest.mark.parametrize("frames", [1, 4, 16])
def test_a_window_lasts_a_few_frames(frames: int) -> None:
    spec = ClipSpec(frames=frames, height=16, width=16)
    found = list(windows(Counter(200), spec, window_seconds(spec, 0.0)))
    assert len(found) <= 200 / max(frames, 4) * 2
    assert found[0].end_seconds == pytest.approx(max(frames, 4) / 10)
    assert found[-1].end_seconds == pytest.approx(20)


def test_few_frames_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    add = Kept.add

    def watch(self: Kept, *arguments) -> None:
        nonlocal most
        add(self, *arguments)
        most = max(most, len(self.times))

    monkeypatch.setattr(Kept, "add", watch)
    assert sum(1 for _ in windows(Counter(1500), SPEC, seconds=2.0)) == 149
    assert most <= 41


def test_a_long_window_is_thinned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinema.inference.kept.MOST_FRAMES", 50)
    found = list(windows(Counter(250), SPEC, seconds=20.0))
    assert len(found) == 1
    assert numbers(found[0]) == pytest.approx([31, 93, 156, 218], abs=8)


def test_clips_equal_those_of_an_evaluation() -> None:
    video = open_video(np.random.default_rng(0).integers(0, 256, (13, 40, 50, 3), dtype=np.uint8))
    for spec in (
        SPEC,
        ClipSpec(frames=4, height=16, width=12, input="difference"),
        ClipSpec(frames=4, height=16, width=12, input="normalised_difference", crop="stretch"),
    ):
        (window,) = windows(video, spec, seconds=10.0, views=3)
        indices_VT = sample_views(spec, video.times_seconds, 3)
        stored = [shrink(video.read(indices), spec) for indices in indices_VT]
        expected = torch.cat([transform_of(spec)(torch.from_numpy(frames_THWC)) for frames_THWC in stored])
        assert torch.equal(window.clips_VCTHW, expected)


@pytest.mark.parametrize("frames", [1, 7, 39, 40, 61, 200])
@pytest.mark.parametrize("views", [1, 3])
def test_a_video_whose_times_are_known_has_the_same_windows(frames: int, views: int) -> None:
    one_pass = list(windows(Counter(frames), SPEC, seconds=2.0, views=views))
    known = list(windows(open_video(np.stack([picture for _, picture in Counter(frames).frames()]), fps=10), SPEC,
                         seconds=2.0, views=views))
    assert len(one_pass) == len(known)
    for one, other in zip(one_pass, known, strict=True):
        assert (one.start_seconds, one.end_seconds) == pytest.approx((other.start_seconds, other.end_seconds))
        assert torch.equal(one.clips_VCTHW, other.clips_VCTHW)


def test_windows_before_the_damage_are_seen(tmp_path: Path) -> None:
    """A file that proves to be shorter than it said gives the windows of the frames that it has."""
    expected = list(windows(open_video(np.array(decoded(damaged(tmp_path, 29, b"\xff"))), fps=25), SPEC, seconds=0.4))
    with open_video(tmp_path / "a.mp4", threads=1) as video:
        assert len(video) == 60
        found = list(windows(video, SPEC, seconds=0.4))
        assert len(video) == 29
        assert "stops after 29 frames" in video.noticed[0]
    assert len(found) == len(expected) == 5
    for one, other in zip(found[:-1], expected[:-1], strict=True):
        assert one.start_seconds == pytest.approx(other.start_seconds)
        assert torch.equal(one.clips_VCTHW, other.clips_VCTHW)
    assert found[-1].start_seconds == pytest.approx(expected[-1].start_seconds, abs=0.05)  # 28 or 29 frames in


def test_how_long_a_window_is() -> None:
    assert window_seconds(SPEC, 2.5) == 2.5
    assert window_seconds(SPEC) == 10
    assert window_seconds(ClipSpec(frames=8, sampling="dense", stride=3, fps=12)) == 2
