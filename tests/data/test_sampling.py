"""Frames of clips are in the video, in order, as many as asked for, and the same for the same draws."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kinema.data.sampling import (
    dense,
    dense_at_fps,
    dense_views,
    dense_views_at_fps,
    sample,
    sample_views,
    uniform,
    uniform_views,
)
from kinema.errors import DataError, ModelError
from kinema.models.clip import ClipSpec

COUNTS = st.integers(1, 200)
SEEDS = st.one_of(st.none(), st.integers(0, 2**31))
SPECS = st.builds(
    ClipSpec, frames=st.integers(1, 70), sampling=st.sampled_from(["uniform", "dense"]), stride=st.integers(1, 9),
    fps=st.sampled_from([None, 1.0, 12.5, 30.0, 240.0]),
)
STEPS = st.lists(st.floats(0, 2), max_size=80)  # seconds between frames: any clock, also one that stands still


def draws(seed: int | None) -> torch.Generator | None:
    """A generator, or none."""
    return None if seed is None else torch.Generator().manual_seed(seed)


@given(SPECS, STEPS, st.floats(-100, 1e5), SEEDS, st.integers(1, 11))
def test_every_clip_is_sound(spec: ClipSpec, steps: list[float], start: float, seed: int | None, clips: int) -> None:
    times_seconds = start + np.cumsum([0.0, *steps])
    clip = sample(spec, times_seconds, draws(seed))
    views = sample_views(spec, times_seconds, clips)
    assert clip.shape == (spec.frames,)
    assert views.shape == (clips, spec.frames)
    for indices in (clip, views):
        assert indices.dtype == torch.int64
        assert indices.min() >= 0
        assert indices.max() < len(times_seconds)
        assert (indices.diff(dim=-1) >= 0).all()
    assert torch.equal(clip, sample(spec, times_seconds, draws(seed)))
    assert torch.equal(sample_views(spec, times_seconds, 1)[0], sample(spec, times_seconds))


@given(COUNTS, COUNTS, SEEDS, st.sampled_from(["each", "shared"]))
def test_uniform_takes_one_frame_from_each_part(video: int, clip: int, seed: int | None, offset: str) -> None:
    indices = uniform(video, clip, draws(seed), offset)
    part = torch.arange(clip, dtype=torch.float64) * video / clip
    assert (indices >= part.floor()).all()
    assert (indices <= (part + video / clip).ceil() - 1).all()


def test_uniform_takes_the_middle() -> None:
    assert uniform(80, 8).tolist() == [5, 15, 25, 35, 45, 55, 65, 75]
    assert uniform(3, 6).tolist() == [0, 0, 1, 1, 2, 2]
    assert uniform(1, 4).tolist() == [0] * 4


def test_a_shared_offset_keeps_frames_equally_far_apart() -> None:
    steps = {tuple(uniform(80, 8, draws(seed), "shared").diff().tolist()) for seed in range(20)}
    assert steps == {(10,) * 7}
    assert len({tuple(uniform(80, 8, draws(seed)).diff().tolist()) for seed in range(20)}) > 10


@given(COUNTS, st.integers(1, 12), st.integers(1, 6), SEEDS, st.integers(1, 4))
def test_neighbours_follow_each_other(video: int, parts: int, neighbours: int, seed: int | None, clips: int) -> None:
    clip = uniform(video, parts * neighbours, draws(seed), neighbours=neighbours)
    for indices in (clip, *uniform_views(video, parts * neighbours, clips, neighbours)):
        rows = indices.reshape(parts, neighbours)
        last = torch.tensor(video - 1)
        assert torch.equal(rows, torch.minimum(rows[:, :1] + torch.arange(neighbours), last))
        assert rows.min() >= 0
        assert (rows[:, 0].diff() >= 0).all()
        assert video < neighbours or rows[-1, -1] - rows[-1, 0] == neighbours - 1


def test_five_neighbours_of_each_part() -> None:
    spec = ClipSpec(frames=10, neighbours=5)
    assert sample(spec, range(44)).tolist() == [10, 11, 12, 13, 14, 30, 31, 32, 33, 34]
    assert torch.equal(sample_views(spec, range(44), 1)[0], sample(spec, range(44)))
    with pytest.raises(ModelError, match="12 frames cannot be made of rows of 5"):
        ClipSpec(frames=12, neighbours=5)
    with pytest.raises(ModelError, match="only a uniform clip"):
        ClipSpec(frames=10, neighbours=5, sampling="dense")


def test_uniform_reaches_every_frame() -> None:
    seen = {index for seed in range(300) for index in uniform(20, 4, draws(seed)).tolist()}
    assert seen == set(range(20))


def test_uniform_views_take_different_frames() -> None:
    views = uniform_views(80, 8, 5)
    assert views.unique().numel() == 40
    assert views[2].tolist() == uniform(80, 8).tolist()


@given(COUNTS, COUNTS, st.integers(1, 9), SEEDS)
def test_dense_strides_and_repeats_the_last_frame(video: int, clip: int, stride: int, seed: int | None) -> None:
    indices = dense(video, clip, stride, draws(seed))
    assert all(later - one == stride or later == video - 1 for one, later in pairwise(indices.tolist()))
    if video <= (clip - 1) * stride:
        assert indices[0] == 0
    elif clip > 1:
        assert (indices.diff() == stride).all()


def test_dense_starts_anywhere_and_in_the_middle() -> None:
    assert dense(10, 4, 2).tolist() == [1, 3, 5, 7]
    assert {int(dense(10, 4, 2, draws(seed))[0]) for seed in range(100)} == {0, 1, 2, 3}


def test_dense_views_reach_both_ends() -> None:
    assert dense_views(100, 8, 4, 3)[:, 0].tolist() == [0, 36, 71]
    assert dense_views(100, 8, 4, 10)[[0, -1], [0, -1]].tolist() == [0, 99]
    assert dense_views(5, 8, 4, 3).tolist() == [[0, 4, 4, 4, 4, 4, 4, 4]] * 3


@given(st.integers(1, 150), st.integers(1, 40), st.integers(1, 5), st.sampled_from([24.0, 25.0, 29.97, 30.0, 60.0]))
def test_at_the_videos_own_rate_time_and_count_agree(video: int, clip: int, stride: int, fps: float) -> None:
    exact = np.arange(video) / fps
    ticking = np.floor(exact * 1000) / 1000  # as Matroska stores them
    for times_seconds in (exact, exact + 1e4, ticking):
        by_time, by_count = dense_at_fps(times_seconds, clip, stride, fps), dense(video, clip, stride)
        assert (by_time - by_count).abs().max() <= 1
        assert torch.equal(by_time.diff(), by_count.diff())


def test_a_target_rate_is_kept_whatever_the_videos() -> None:
    for rate in (15, 25, 50, 60, 120):
        times_seconds = np.arange(10 * rate) / rate
        for generator in (None, draws(3)):
            clip_seconds = times_seconds[dense_at_fps(times_seconds, 16, 2, 30, generator)]
            assert np.allclose(np.diff(clip_seconds), 2 / 30, atol=0.5001 / rate * 2)
            assert clip_seconds[-1] - clip_seconds[0] == pytest.approx(1.0, abs=1 / rate)


def test_a_varying_rate_is_honoured() -> None:
    times_seconds = np.concatenate([np.arange(0, 2, 1 / 60), np.arange(2, 12, 1 / 5)])
    views_seconds = times_seconds[dense_views_at_fps(times_seconds, 8, 6, 30, 6)]
    assert np.allclose(np.diff(views_seconds, axis=1), 0.2, atol=0.1001)
    assert views_seconds[0, 0] == 0
    assert views_seconds[-1, -1] == pytest.approx(times_seconds[-1], abs=0.2)


def test_what_cannot_be_drawn_is_said() -> None:
    for wrong in (lambda: uniform(0, 8), lambda: dense(0, 8, 2), lambda: dense_at_fps([], 8, 2, 30.0)):
        with pytest.raises(DataError, match="1 frame or more"):
            wrong()
    with pytest.raises(DataError, match="each, shared"):
        uniform(9, 3, offset="both")
