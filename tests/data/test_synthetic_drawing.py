"""What is drawn: which classes order alone tells, and that the truth is where the pixels are."""

import numpy as np
import pytest

from kinema.data.sampling import uniform
from kinema.data.synthetic import DEFAULTS, KINDS, change, figures, motion, scene, synthetic_spec
from kinema.data.synthetic.backdrop import texture
from kinema.data.synthetic.make import draw, plan
from kinema.data.synthetic.spec import Size
from kinema.data.synthetic.stage import SHAKE, Drawing, Stage, margin, shake

SIZE = Size(12, 64, 64)


def drawn(module: object, label: str, seed: int, difficulty: float = 0.3, size: Size = SIZE) -> Drawing:
    stage = Stage(size, difficulty, np.random.default_rng(seed))
    edge = 2 * margin(size) + 1
    stage.backdrop(texture(size.height + edge, size.width + edge, np.random.default_rng(7)))
    return module.draw(stage, label)  # type: ignore[attr-defined]


@pytest.mark.parametrize("pair", motion.PAIRS, ids="-".join)
@pytest.mark.parametrize("seed", range(3))
def test_partners_are_each_others_reversal(pair: tuple[str, str], seed: int) -> None:
    one, other = (drawn(motion, label, seed) for label in pair)
    assert np.array_equal(one.frames_THWC, other.frames_THWC[::-1])
    assert not np.array_equal(one.frames_THWC, other.frames_THWC)
    assert np.array_equal(one.masks["object"], other.masks["object"][::-1])
    assert (one.events[0].name, other.events[0].name) == pair
    assert one.events[0].first == SIZE.frames - 1 - other.events[0].last


@pytest.mark.parametrize("kind", DEFAULTS)
def test_sampling_eight_frames_shows_partners_the_same_frames(kind: str) -> None:
    frames = DEFAULTS[kind]["frames"]
    chosen = uniform(frames, 8).tolist()
    assert chosen == [frames - 1 - index for index in reversed(chosen)]


@pytest.mark.parametrize("label", motion.LABELS)
def test_what_moves_lies_under_its_mask(label: str) -> None:
    for seed in range(5):
        drawing = drawn(motion, label, seed, difficulty=0.0)
        mask_THW, frames = drawing.masks["object"], drawing.frames_THWC.astype(int)
        changed = np.abs(np.diff(frames, axis=0)).max(axis=3) > 22  # five times the noise's spread
        near = np.zeros_like(mask_THW)
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                near |= np.roll(mask_THW, (down, across), axis=(1, 2))
        stray = changed & ~(near[1:] | near[:-1])  # the very tip of a corner may cover less than half a pixel
        assert stray.sum() <= 0.02 * changed.sum() > 0


def test_an_event_is_when_something_changes() -> None:
    drawing = drawn(motion, "appear", 3, difficulty=0.0)
    event, seen_HW = drawing.events[0], drawing.masks["object"].any(axis=0)
    change_T = np.abs(np.diff(drawing.frames_THWC[:, seen_HW].astype(float), axis=0)).mean(axis=(1, 2))
    assert 0 < event.first < event.last
    assert change_T[event.first : event.last].min() > 1.5 * change_T[: event.first].max()


@pytest.mark.parametrize("label", ["left", "right", "up", "down"])
def test_the_camera_shakes_by_less_than_a_quarter_of_the_motion(label: str) -> None:
    axis = 2 if label in ("left", "right") else 1
    for seed in range(20):
        drawing = drawn(motion, label, seed, difficulty=1.0)
        where_T = [np.argwhere(mask).mean(axis=0)[axis - 1] for mask in drawing.masks["object"]]
        assert drawing.shake_pixels < (np.ptp(where_T) + drawing.shake_pixels) / 4
        assert np.sign(where_T[-1] - where_T[0]) == (1 if label in ("right", "down") else -1)


def test_the_camera_comes_back() -> None:
    for seed in range(20):
        offsets_T2 = shake(16, 5.0, np.random.default_rng(seed))
        assert np.abs(offsets_T2.mean(axis=0)).max() < 1e-5
        assert np.abs(offsets_T2).max() <= 5
    assert not shake(16, 0.0, np.random.default_rng(0)).any()
    assert 2 * SHAKE < 0.35 / 4  # the shortest way that something moves


@pytest.mark.parametrize("difficulty", [0.0, 1.0])
def test_difficulty_is_noise(difficulty: float) -> None:
    frames = drawn(change, "still", 1, difficulty).frames_THWC.astype(float)
    assert (np.abs(np.diff(frames, axis=0)).mean() > 8) == (difficulty == 1)


def test_still_is_still_and_moves_moves() -> None:
    for label, expected in (("still", False), ("moves", True)):
        masks = drawn(change, label, 2, difficulty=0.0).masks
        assert len(masks) == 3
        assert any((mask[0] != mask[-1]).any() for mask in masks.values()) is expected


def test_fast_goes_farther_than_slow_and_stops_are_stops() -> None:
    def steps(label: str, seed: int) -> np.ndarray:
        mask_THW = drawn(change, label, seed, 0.0, Size(24, 96, 96)).masks["object1"]
        return np.linalg.norm(np.diff([np.argwhere(mask).mean(axis=0) for mask in mask_THW], axis=0), axis=1)

    for seed in range(5):
        assert steps("fast", seed).sum() > 2 * steps("slow", seed).sum()
        assert (steps("stop_and_go", seed) < 0.3).sum() >= 5 > (steps("steady", seed) < 0.3).sum()


def test_a_place_is_the_class_of_a_scene() -> None:
    spec = synthetic_spec("scene", clips=64)
    clips = plan(spec)
    means = {label: np.mean([draw(spec, c).frames_THWC.mean((0, 1, 2)) for c in clips if c.label == label], axis=0)
             for label in scene.LABELS}
    gaps = [np.abs(means[a] - means[b]).max() for a in means for b in means if a < b]
    assert min(gaps) > 5


@pytest.mark.parametrize("label", figures.LABELS)
def test_a_figures_joints_lie_on_it(label: str) -> None:
    size = Size(16, 96, 96)
    for seed in range(3):
        drawing = drawn(figures, label, seed, size=size)
        found = []
        for name in ("hip", "shoulder", "head", "near_knee", "near_hand"):
            x, y = np.floor(drawing.points[name]).astype(int).T
            inside = (x >= 0) & (x < size.width) & (y >= 0) & (y < size.height)
            found += drawing.masks["person"][np.arange(size.frames)[inside], y[inside], x[inside]].tolist()
        assert np.mean(found) > 0.97


@pytest.mark.slow
def test_who_collapses_falls_faster_than_who_lies_down_and_both_end_low() -> None:
    def fall(label: str, seed: int) -> tuple[float, float]:
        down_T = drawn(figures, label, seed, size=Size(36, 96, 96)).points["head"][:, 1]
        return float(np.diff(down_T).max()), float(down_T[-1])

    for seed in range(5):
        (slow, low), (fast, end) = fall("lie_down", seed), fall("collapse", seed)
        assert fast > 1.5 * slow
        assert min(low, end) > 0.65 * 96


def test_sitting_down_backwards_is_standing_up() -> None:
    for one, other in (("sit_down", "stand_up"), ("pick_up", "put_down")):
        there, back = (drawn(figures, label, 4, size=Size(12, 64, 64)) for label in (one, other))
        assert np.array_equal(there.frames_THWC, back.frames_THWC[::-1])


def test_every_class_has_a_kind() -> None:
    assert [len(kind.labels) for kind in KINDS.values()] == [12, 8, 8, 9]
    assert all(len(set(kind.labels)) == len(kind.labels) for kind in KINDS.values())
