"""Flow is what moved: found, kept, cut, resized and mirrored as vectors are; the same in file, cache and window."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.data.cache import ClipCache
from kinema.data.clips import ClipRow, read_table
from kinema.data.flow import find_flow, longest, pack, unpack
from kinema.data.frames import StoredFrames, VideoPart
from kinema.data.moving import FoundFlow, moving
from kinema.data.sampling import sample_views
from kinema.data.transforms import Augment, train_transform
from kinema.data.transforms import test_transform as judged
from kinema.data.transforms.boxes import Box
from kinema.data.transforms.pipeline import shown
from kinema.data.video import open_video
from kinema.errors import DataError, KinemaError, ModelError
from kinema.inference.windows import windows
from kinema.models.clip import CHANNELS, ClipSpec

FLOW = ClipSpec(frames=4, height=64, width=64, input="flow", flow_bound=40.0)
KINDS = [kind for kind in CHANNELS if "flow" in kind]


def scene(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth random picture."""
    import cv2

    noise_HWC = np.random.default_rng(seed).standard_normal((height, width, 3)).astype(np.float32)
    smooth_HWC = cv2.GaussianBlur(noise_HWC, (0, 0), 2.0)
    return cv2.normalize(smooth_HWC, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def gliding(steps: list[tuple[int, int]], height: int = 64, width: int = 64) -> np.ndarray:
    """Frames T H W 3 of a scene that moves by (right, down) pixels from each frame to the next."""
    large, places = scene(height + 80, width + 80), np.cumsum([(0, 0), *steps], axis=0) + 40
    return np.stack([large[80 - y : 80 - y + height, 80 - x : 80 - x + width] for x, y in places])


def stored(frames_THWC: np.ndarray) -> StoredFrames:
    """Frames in memory, 10 a second."""
    return StoredFrames(frames_THWC, np.arange(len(frames_THWC)) / 10)


def middle(flow_HW2: np.ndarray) -> np.ndarray:
    """The mean flow away from the borders."""
    return flow_HW2[12:-12, 12:-12].mean((0, 1))


@pytest.mark.parametrize("method", ["dis", "farneback", "tvl1"])
@pytest.mark.parametrize("step", [(3, 0), (0, -2), (-4, 1)])
def test_a_scene_that_moves_has_the_flow_of_its_motion(method: str, step: tuple[int, int]) -> None:
    if method == "tvl1":
        pytest.importorskip("cv2.optflow", reason="OpenCV's contrib build is not installed")
    first, second = gliding([step])
    assert middle(find_flow([(first, second)], method)[0]) == pytest.approx(step, abs=0.15)


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["dis", "farneback"]))
def test_pictures_of_any_size_have_flow_and_what_stands_still_has_none(height: int, width: int, method: str) -> None:
    first, second = (scene(max(height, 4), max(width, 4), seed)[:height, :width] for seed in (0, 1))
    moved, still = find_flow([(first, second), (np.full_like(first, 9), np.full_like(first, 9))], method)
    assert np.isfinite(moved).all()
    assert moved.shape == (height, width, 2)
    assert not still.any()


@pytest.mark.slow
@given(st.floats(-60, 60), st.floats(0.5, 40))
def test_8_bits_keep_flow_to_half_a_step_and_rest_at_rest(pixels: float, bound: float) -> None:
    packed = pack(np.array([[pixels, 0.0]]), bound)
    kept, rest = unpack(torch.from_numpy(packed), bound)[0].tolist()
    assert abs(kept - np.clip(pixels, -bound, bound)) <= bound / 254 * 1.001
    assert rest == 0


def test_each_frame_has_the_flow_to_its_next_and_a_stack_those_after_it() -> None:
    steps = [(1, 0), (2, 0), (3, 0), (0, 3), (0, 2)]
    frames = stored(gliding(steps))
    bound = longest(FLOW, 64, 64)
    found = unpack(torch.from_numpy(moving(frames, FLOW).read([4, 0, 2, 5])), bound).numpy()
    wanted = [steps[4], steps[0], steps[2], steps[4]]  # the last frame repeats the flow of the one before
    assert [middle(field) for field in found] == [pytest.approx(step, abs=0.25) for step in wanted]
    stack = unpack(torch.from_numpy(moving(frames, replace(FLOW, input="flow_stack5")).read([2])), bound).numpy()
    assert stack.shape == (1, 64, 64, 10)
    fields = np.split(stack[0], 5, axis=2)
    assert [middle(field) for field in fields] == [pytest.approx(steps[at], abs=0.25) for at in (2, 3, 4, 4, 4)]
    both = moving(frames, replace(FLOW, input="rgb+flow")).read([1])
    assert np.array_equal(both[..., :3], frames.read([1]))
    assert np.array_equal(both[..., 3:], moving(frames, FLOW).read([1]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_video_that_runs_backwards_has_the_flow_of_its_frames_in_that_order(kind: str) -> None:
    spec, frames_THWC = replace(FLOW, input=kind), gliding([(1, 0), (2, 0), (3, 0), (0, 3), (0, 2)])
    backwards = moving(stored(frames_THWC[::-1].copy()), spec).read([0, 3, 5, 1])
    assert np.array_equal(moving(stored(frames_THWC), spec, step=-1).read([5, 2, 0, 4]), backwards)
    still = moving(stored(frames_THWC), spec, step=0).read([5, 2, 0, 4])
    assert (still[..., -2 * spec.fields :] == 128).all()


def test_a_single_frame_rests() -> None:
    for step in (1, 0, -1):
        clip = moving(stored(gliding([])), replace(FLOW, input="flow_stack"), step).read([0, 0])
        assert clip.shape == (2, 64, 64, 20)
        assert not judged(replace(FLOW, input="flow_stack"))(torch.from_numpy(clip)).any()


def packed(right: float, down: float, height: int = 60, width: int = 80, spec: ClipSpec = FLOW) -> torch.Tensor:
    """A field in 8 bits whose left half rests and whose right half moves."""
    flow_THW2 = np.zeros((1, height, width, 2))
    flow_THW2[:, :, width // 2 :] = right, down
    return torch.from_numpy(pack(flow_THW2, longest(spec, height, width)))


def test_vectors_grow_with_the_picture_and_go_the_other_way_in_a_mirror() -> None:
    spec = replace(FLOW, height=48, width=64)
    pixels = spec.flow_bound * 48 / 224  # of the clip, that become 1
    field = packed(2, 2)
    whole = shown(field, spec, Box(0, 0, 60, 80)) * pixels
    assert whole[:, 0, 24, -1].tolist() == pytest.approx([2 * 64 / 80, 2 * 48 / 60], abs=0.1)
    assert not whole[:, 0, :, :30].any()
    part = shown(field, spec, Box(15, 40, 30, 20)) * pixels  # 20 x 30 pixels become 64 x 48
    assert part[:, 0].mean((1, 2)).tolist() == pytest.approx([2 * 64 / 20, 2 * 48 / 30], abs=0.3)
    mirrored = shown(field, spec, Box(0, 0, 60, 80), mirrored=True)
    there = shown(field, spec, Box(0, 0, 60, 80)).flip(3) * torch.tensor([-1.0, 1])[:, None, None, None]
    assert torch.equal(mirrored, there)


def test_the_mirrors_flow_is_the_flow_of_the_mirrored_video() -> None:
    frames_THWC = gliding([(3, 1), (2, -2)])
    spec = replace(FLOW, input="flow_stack5", height=48, width=48)
    ways = [(frames_THWC, True), (frames_THWC[:, :, ::-1].copy(), False)]
    box = Box(8, 8, 48, 48)
    one, other = (shown(torch.from_numpy(moving(stored(frames), spec).read([0, 1])), spec, box, mirrored)
                  for frames, mirrored in ways)
    pixels = spec.flow_bound * 48 / 224
    assert (one - other).abs().mean() * pixels < 0.05
    assert float(one[0, 0].mean()) * pixels == pytest.approx(-3, abs=0.2)


def test_a_larger_clip_of_the_same_video_has_the_same_values() -> None:
    small, large = (judged(replace(FLOW, height=side, width=side))(packed(2, -1)) for side in (32, 96))
    assert small[..., -1].mean() == pytest.approx(float(large[..., -1].mean()), abs=1e-5)


def test_flow_is_cut_off_centred_and_scaled_as_the_clip_says() -> None:
    spec = replace(FLOW, height=224, width=224, flow_bound=20.0)
    whole = Box(0, 0, 224, 224)
    plain = shown(packed(30, -5, 224, 224, spec), spec, whole)[:, 0, 0, -1]
    assert plain.tolist() == pytest.approx([1, -0.25], abs=0.01)
    tsm = replace(spec, flow_unit=(9.04, 4.52))
    clip = shown(packed(30, -5, 224, 224, spec), tsm, whole)[:, 0, 0, -1]
    assert clip.tolist() == pytest.approx([20 / 9.04, -5 / 4.52], abs=0.02)
    centred = shown(packed(10, 0, 224, 224, spec), replace(spec, flow_centred=True), whole)
    assert centred.mean((2, 3)).abs().max() < 1e-5
    assert centred[0, 0, 0, [0, -1]].tolist() == pytest.approx([-0.25, 0.25], abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_every_input_of_flow_has_the_channels_that_networks_are_built_for(kind: str) -> None:
    spec = ClipSpec(frames=3, height=24, width=32, input=kind)
    frames = torch.from_numpy(moving(stored(gliding([(1, 1), (2, 0)], 40, 50)), spec).read([0, 1, 2]))
    augment = Augment(brightness=0.3, contrast=0.2, saturation=0.1)
    clip_CTHW, label = train_transform(spec, augment)(frames, 4, torch.Generator().manual_seed(3))
    assert clip_CTHW.shape == spec.shape_CTHW
    assert clip_CTHW.is_contiguous()
    assert label == 4
    views = judged(spec, 10)(frames)
    assert views.shape == (10, *spec.shape_CTHW)
    assert views[:, -2 * spec.fields :].abs().max() <= 1


@pytest.mark.parametrize("kind", ["flow", "rgb+flow_stack"])
def test_the_cache_keeps_the_flow_that_is_found_without_it(motion: Path, tmp_path: Path, kind: str) -> None:
    spec = ClipSpec(frames=4, height=24, width=24, input=kind)
    row = read_table(motion).rows[0]
    plain = ClipCache(None, spec).open(motion / row.path, row)
    first, second = (ClipCache(tmp_path, spec).open(motion / row.path, row) for _ in range(2))
    assert not second.flow.frames_THWC.flags.writeable  # but mapped
    assert second.flow.frames_THWC.shape == (8, 28, 28, 2)
    for frames in (first, second):
        assert np.array_equal(frames.read([7, 0, 3]), plain.read([7, 0, 3]))
        assert np.array_equal(frames.times_seconds, plain.times_seconds)
    other = ClipCache(tmp_path, replace(spec, flow="farneback")).open(motion / row.path, row)
    assert not np.array_equal(other.read([0]), plain.read([0]))


def test_a_full_cache_changes_nothing(motion: Path, tmp_path: Path) -> None:
    row = read_table(motion).rows[0]
    cache = ClipCache(tmp_path, FLOW, limit_bytes=100)
    cache.used.value = 100
    frames = cache.open(motion / row.path, row)
    assert isinstance(frames.flow, FoundFlow)
    assert np.array_equal(frames.read([2]), ClipCache(None, FLOW).open(motion / row.path, row).read([2]))


def test_windows_have_the_flow_of_an_evaluation() -> None:
    video = open_video(gliding([(2, 1)] * 12, 40, 56))
    for spec in (replace(FLOW, height=24, width=24), replace(FLOW, height=16, width=24, input="rgb+flow_stack")):
        (window,) = windows(video, spec, seconds=10.0, views=2)
        frames = moving(VideoPart(video, ClipRow("."), spec), spec)
        clips = [judged(spec)(torch.from_numpy(frames.read(indices.tolist())))[0]
                 for indices in sample_views(spec, video.times_seconds, 2)]
        assert torch.equal(window.clips_VCTHW, torch.stack(clips))


def test_a_thinned_window_has_the_flow_to_the_next_frame_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinema.inference.kept.MOST_FRAMES", 20)
    spec = replace(FLOW, height=64, width=64)
    steps = [(1, 0) if at % 4 < 2 else (-1, 0) for at in range(60)]
    (window,) = windows(open_video(gliding(steps)), spec, seconds=10.0)
    speeds = window.clips_VCTHW[0, 0, :, 16:-16, 16:-16].mean((1, 2)) * spec.flow_bound * 64 / 224
    assert speeds.abs().tolist() == pytest.approx([1] * 4, abs=0.3)  # and not what eight frames come to


def test_what_cannot_be_had_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="Nearest: farneback"):
        ClipSpec(input="flow", flow="farnebak")
    with pytest.raises(ModelError, match="flow_bound is 0"):
        ClipSpec(input="flow", flow_bound=0)
    monkeypatch.setitem(sys.modules, "cv2", None)
    for make in (lambda: train_transform(FLOW, Augment()), lambda: judged(FLOW)):
        with pytest.raises(KinemaError, match=r"pip install 'kinema\[flow\]'"):
            make()
    with pytest.raises(DataError, match="4 came"):
        judged(replace(FLOW, input="rgb"), 4)


def test_tvl1_asks_for_the_build_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    monkeypatch.delattr(cv2, "optflow", raising=False)
    with pytest.raises(KinemaError, match="opencv-contrib-python-headless"):
        judged(replace(FLOW, flow="tvl1"))
