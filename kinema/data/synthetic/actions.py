"""What figures do: each action moves hips, trunk, hands and feet of a body from the part of the clip it starts in.

Units as in `skeleton`: body heights, x forward, y down, the floor at 0. Time is `part_T`, 0 to 1 over the clip.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kinema.data.synthetic.shapes import Array
from kinema.data.synthetic.skeleton import FLOOR_ANKLE, Bones, Gesture, shoulder

SEAT = 0.27  # a chair's height


@dataclass(frozen=True)
class Play:
    """A gesture, when it happens (parts of the clip), and the things it is done with: name to middle (T, 2) or (2,)."""

    gesture: Gesture
    begin: float
    end: float
    things: dict[str, Array] = field(default_factory=dict)


Action = Callable[[Bones, Array, np.random.Generator], Play]


def at(x: float, y: float) -> Array:
    return np.array([x, y])


def glide(part_T: Array, *keys: tuple[float, object]) -> Array:
    """Go from key to key (a part of the clip, a value), starting and stopping softly."""
    values = [np.asarray(value, float) for _, value in keys]
    track = np.broadcast_to(values[0], (len(part_T), *values[0].shape))
    for (start, _), (stop, _), before, after in zip(keys, keys[1:], values, values[1:], strict=False):
        way_T = np.clip((part_T - start) / max(stop - start, 1e-6), 0, 1)
        way_T = way_T**2 * (3 - 2 * way_T)
        track = track + way_T.reshape(-1, *([1] * before.ndim)) * (after - before)
    return track


def sway(part_T: Array, rng: np.random.Generator, much: float = 1.0) -> Array:
    """The slight unrest of someone who stands."""
    return much * 0.02 * np.sin(2 * np.pi * (rng.uniform(1, 2) * part_T + rng.random()))


def _feet(part_T: Array, *keys: tuple[float, tuple[float, float]]) -> tuple[Array, Array]:
    track = glide(part_T, *keys)
    return track + at(0.035, 0.0), track - at(0.035, 0.0)


def _arms(bones: Bones, top_T2: Array, forward: float = 0.03) -> Array:
    return top_T2 + at(forward, 0.97 * (bones.upper_arm + bones.forearm))


def _blend(part_T: Array, start: float, stop: float, before: Array, after: Array) -> Array:
    return before + glide(part_T, (start, [0.0]), (stop, [1.0])) * (after - before)


def _both(hand_T2: Array) -> tuple[Array, Array]:
    return hand_T2 + at(0.01, 0.0), hand_T2 - at(0.02, 0.0)


def stand(bones: Bones, part_T: Array, rng: np.random.Generator) -> Play:
    lean_T = 0.02 + sway(part_T, rng)
    hip_T2 = glide(part_T, (0, (0.0, bones.standing_hip))) + sway(part_T, rng, 0.4)[:, None] * [1, 0]
    hands = _both(_arms(bones, shoulder(bones, hip_T2, lean_T)))
    return Play(Gesture(hip_T2, lean_T, hands, _feet(part_T, (0, (0, FLOOR_ANKLE)))), 0, 1)


def sit_down(bones: Bones, part_T: Array, rng: np.random.Generator) -> Play:
    begin, lasts = rng.uniform(0.1, 0.3), rng.uniform(0.33, 0.5)
    half, end = begin + 0.45 * lasts, begin + lasts
    lean_T = glide(part_T, (begin, 0.02), (half, rng.uniform(0.5, 0.75)), (end, rng.uniform(-0.1, 0.05)))
    lean_T = lean_T + sway(part_T, rng, 0.5)
    hip_T2 = glide(part_T, (begin, (0, bones.standing_hip)), (half, (-0.14, -0.43)), (end, (-0.26, -SEAT - 0.055)))
    hanging_T2 = _arms(bones, shoulder(bones, hip_T2, lean_T))
    hands = _both(_blend(part_T, begin, end, hanging_T2, hip_T2 + at(0.21, -0.05)))
    things = {"chair": np.array([-0.29, -SEAT])}
    return Play(Gesture(hip_T2, lean_T, hands, _feet(part_T, (0, (0, FLOOR_ANKLE)))), begin, end, things)


def pick_up(bones: Bones, part_T: Array, rng: np.random.Generator) -> Play:
    begin, lasts = rng.uniform(0.08, 0.25), rng.uniform(0.45, 0.65)
    grasp, end = begin + 0.48 * lasts, begin + lasts
    if rng.random() < 0.5:  # from the floor
        place, low_hip, low_lean, things = (0.25, -0.065), (-0.19, -0.29), 1.2, {}
    else:
        height = rng.uniform(0.34, 0.42)
        place, low_hip, low_lean = (0.3, -height - 0.055), (-0.07, -0.5), 1.55 - 1.9 * height
        things = {"table": np.array([0.38, -height])}
    lean_T = glide(part_T, (begin, 0.02), (grasp, low_lean), (end, -0.04)) + sway(part_T, rng, 0.5)
    upright = (0.0, bones.standing_hip)
    hip_T2 = glide(part_T, (begin, upright), (grasp, low_hip), (end, upright))
    top_T2 = shoulder(bones, hip_T2, lean_T)
    reach_T2 = _blend(part_T, begin, grasp, _arms(bones, top_T2), np.asarray(place) + at(-0.04, -0.02))
    held_T2 = _blend(part_T, grasp, end, np.asarray(place) + at(-0.04, -0.02), top_T2 + at(0.2, 0.2))
    hand_T2 = np.where(part_T[:, None] < grasp, reach_T2, held_T2)
    things["parcel"] = np.where(part_T[:, None] < grasp, place, held_T2 + at(0.04, 0.02))
    gesture = Gesture(hip_T2, lean_T, _both(hand_T2), _feet(part_T, (0, (0, FLOOR_ANKLE))))
    return Play(gesture, begin, end, things)


def wave(bones: Bones, part_T: Array, rng: np.random.Generator) -> Play:
    begin, end = rng.uniform(0.05, 0.25), rng.uniform(0.75, 0.95)
    lean_T = 0.0 + sway(part_T, rng)
    hip_T2 = glide(part_T, (0, (0.0, bones.standing_hip)))
    top_T2 = shoulder(bones, hip_T2, lean_T)
    swing_T = np.sin(2 * np.pi * rng.uniform(4, 7) * (part_T - begin))
    up_T2 = top_T2 + np.stack([0.13 + 0.1 * swing_T, -0.24 + 0.03 * np.abs(swing_T)], axis=1)
    rest_T2 = _arms(bones, top_T2)
    raised_T1 = glide(part_T, (begin, [0.0]), (begin + 0.12, [1.0]), (end - 0.12, [1.0]), (end, [0.0]))
    out_T2 = np.array([0.12, 0.0]) * raised_T1 * (1 - raised_T1) * 4  # on its way the hand swings out
    hand_T2 = rest_T2 + raised_T1 * (up_T2 - rest_T2) + out_T2
    feet = _feet(part_T, (0, (0, FLOOR_ANKLE)))
    return Play(Gesture(hip_T2, lean_T, (hand_T2, rest_T2), feet), begin, end)


def walk(bones: Bones, part_T: Array, rng: np.random.Generator) -> Play:
    step, cycles = rng.uniform(0.13, 0.165), rng.uniform(1.7, 2.6)
    phase_T = cycles * part_T + rng.random()
    bob_T = 0.02 - 0.008 * np.cos(4 * np.pi * phase_T)
    hip_T2 = np.stack([4 * step * cycles * (part_T - 0.5), bones.standing_hip + bob_T], axis=1)
    lean_T = 0.06 + sway(part_T, rng, 0.5)
    top_T2 = shoulder(bones, hip_T2, lean_T)
    feet, hands = [], []
    for side in (0.0, 0.5):
        turn_T = (phase_T + side) % 1
        swing_T = np.clip(turn_T * 2 - 1, 0, 1)  # the second half of a turn, when the foot is in the air
        ahead_T = np.where(turn_T < 0.5, step * (1 - 4 * turn_T), step * (2 * swing_T**2 * (3 - 2 * swing_T) - 1))
        lift_T = 0.07 * np.sin(np.pi * swing_T)
        feet.append(np.stack([hip_T2[:, 0] + ahead_T, FLOOR_ANKLE - lift_T], axis=1))
        hands.append(_arms(bones, top_T2) + np.stack([-0.9 * ahead_T, -0.15 * np.abs(ahead_T)], axis=1))
    return Play(Gesture(hip_T2, lean_T, (hands[0], hands[1]), (feet[0], feet[1])), 0, 1)


def lie_down(bones: Bones, part_T: Array, rng: np.random.Generator) -> Play:
    begin, lasts = rng.uniform(0.04, 0.15), rng.uniform(0.62, 0.8)
    squat, sit, end = begin + 0.35 * lasts, begin + 0.6 * lasts, begin + lasts
    lean_T = glide(part_T, (begin, 0.02), (squat, 0.7), (sit, -0.3), (end, -1.5)) + sway(part_T, rng, 0.3)
    down = (-0.25, -0.075)
    hip_T2 = glide(part_T, (begin, (0, bones.standing_hip)), (squat, (-0.16, -0.25)), (sit, down), (end, down))
    feet = _feet(part_T, (squat, (0, FLOOR_ANKLE)), (sit, (0.06, FLOOR_ANKLE)), (end, (0.22, -0.04)))
    top_T2 = shoulder(bones, hip_T2, lean_T)
    hand_T2 = _blend(part_T, begin, squat, _arms(bones, top_T2), hip_T2 + at(0.2, -0.08))
    hand_T2 = _blend(part_T, squat, sit, hand_T2, hip_T2 + at(-0.14, 0.04))
    hand_T2 = _blend(part_T, sit, end, hand_T2, hip_T2 + at(0.03, 0.0))
    nod_T = glide(part_T, (sit, 0.0), (end, 0.1))
    return Play(Gesture(hip_T2, lean_T, _both(hand_T2), feet, nod_T), begin, end)


def collapse(bones: Bones, part_T: Array, rng: np.random.Generator) -> Play:
    begin, lasts = rng.uniform(0.15, 0.5), rng.uniform(0.14, 0.22)
    forward = 1.0 if rng.random() < 0.5 else -1.0
    way_T = np.clip((part_T - begin) / lasts, 0, 1)
    sink_T1 = np.clip(way_T / 0.75, 0, 1)[:, None] ** 2  # falling gathers speed until the floor; the knees give first
    tip_T = np.clip((way_T - 0.2) / 0.8, 0, 1) ** 2
    hip_T2 = np.array([0.0, bones.standing_hip]) + sink_T1 * [0.14 * forward, -0.08 - bones.standing_hip]
    lean_T = sway(part_T, rng, 2.0) * (1 - tip_T) + forward * rng.uniform(1.42, 1.55) * tip_T
    slide = rng.uniform(0.12, 0.2) if forward < 0 else -0.34
    foot_T2 = np.array([0.0, FLOOR_ANKLE]) + tip_T[:, None] * [slide, -0.005]
    top_T2 = shoulder(bones, hip_T2, lean_T)
    flung_T2 = top_T2 + np.stack([0.2 * forward + 0.06 * tip_T, -0.12 + 0 * tip_T], axis=1)
    flung_T2 = flung_T2 + tip_T[:, None] * (np.stack([flung_T2[:, 0], np.full_like(tip_T, -0.035)], axis=1) - flung_T2)
    hand_T2 = _blend(part_T, begin, begin + 0.6 * lasts, _arms(bones, top_T2), flung_T2)
    feet = (foot_T2 + at(0.035, 0.0), foot_T2 - at(0.035, 0.0))
    return Play(Gesture(hip_T2, lean_T, (hand_T2, hand_T2 - at(0.08 * forward, 0.0)), feet), begin, begin + lasts)
