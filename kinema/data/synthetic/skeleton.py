"""A person from the side: bones of a body, and where its joints are when hips, hands and feet go their ways.

The unit is the body's height. x runs forward (where the person looks), y down; the floor is y = 0 and the feet of
someone standing are at x = 0. Axes: T frames, 2 = (x, y).
"""

from dataclasses import dataclass

import numpy as np

from kinema.data.synthetic.shapes import Array

FLOOR_ANKLE = -0.035  # an ankle's height when the foot stands
SIDES = ("near", "far")


@dataclass(frozen=True)
class Bones:
    """Lengths; together with the ankle's height about 1."""

    head: float = 0.068  # half of it
    neck: float = 0.05
    torso: float = 0.29
    upper_arm: float = 0.165
    forearm: float = 0.155
    thigh: float = 0.245
    shin: float = 0.245

    @property
    def standing_hip(self) -> float:
        """The hip's y when the legs are all but straight."""
        return FLOOR_ANKLE - 0.985 * (self.thigh + self.shin)

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Bones":
        """Proportions as people have them: longer legs or longer trunks, shorter or longer arms."""
        legs, arms = rng.uniform(0.95, 1.03), rng.uniform(0.93, 1.07)
        return cls(0.068 * rng.uniform(0.9, 1.15), 0.05, 0.29 * (2.3 - 1.3 * legs), 0.165 * arms, 0.155 * arms,
                   0.245 * legs, 0.245 * legs)


@dataclass(frozen=True)
class Gesture:
    """What a person does with a body, over time. lean and nod (radians) turn trunk and head forward; hands and feet
    give where the near and the far one are wanted; they come as close as the bones allow."""

    hip_T2: Array
    lean_T: Array
    hands: tuple[Array, Array]
    feet: tuple[Array, Array]
    nod_T: Array | float = 0.0


def upwards(angle_T: Array) -> Array:
    """The direction (T, 2) of something upright that leans forward by an angle."""
    return np.stack([np.sin(angle_T), -np.cos(angle_T)], axis=1)


def shoulder(bones: Bones, hip_T2: Array, lean_T: Array) -> Array:
    """Where the shoulders are."""
    return hip_T2 + bones.torso * upwards(lean_T)


def bend(start_T2: Array, wanted_T2: Array, lengths: tuple[float, float], forward: bool) -> tuple[Array, Array]:
    """The middle and the end of two bones that start somewhere and reach for a place.

    A leg that hangs down bends forward at its middle, an arm backward.
    """
    first, second = lengths
    away_T2 = wanted_T2 - start_T2
    wanted_T1 = np.linalg.norm(away_T2, axis=1, keepdims=True) + 1e-9
    distance_T1 = np.clip(wanted_T1, abs(first - second) + 1e-3, (first + second) * 0.999)
    along_T2 = away_T2 / wanted_T1
    part_T1 = (first**2 - second**2 + distance_T1**2) / (2 * distance_T1)
    aside_T1 = np.sqrt(np.maximum(first**2 - part_T1**2, 0))
    across_T2 = np.stack([along_T2[:, 1], -along_T2[:, 0]], axis=1) * (1 if forward else -1)
    return start_T2 + part_T1 * along_T2 + aside_T1 * across_T2, start_T2 + distance_T1 * along_T2


def joints(bones: Bones, gesture: Gesture) -> dict[str, Array]:
    """Every joint's place (T, 2), by name."""
    top_T2 = shoulder(bones, gesture.hip_T2, gesture.lean_T)
    skyward_T2 = upwards(gesture.lean_T * 0.85 + gesture.nod_T)
    found = {"hip": gesture.hip_T2, "shoulder": top_T2, "neck": top_T2 + bones.neck * skyward_T2,
             "head": top_T2 + (bones.neck + bones.head * 0.9) * skyward_T2}
    for side, hand_T2, foot_T2 in zip(SIDES, gesture.hands, gesture.feet, strict=True):
        elbow, hand = bend(top_T2, hand_T2, (bones.upper_arm, bones.forearm), forward=False)
        knee, ankle = bend(gesture.hip_T2, foot_T2, (bones.thigh, bones.shin), forward=True)
        shin_T2 = (ankle - knee) / bones.shin
        down_T = np.clip(shin_T2[:, 1], 0, 1)  # a foot below its shin lies flat, others stand off at a right angle
        toe = ankle + 0.075 * np.stack([shin_T2[:, 1], -shin_T2[:, 0] * (1 - down_T)], axis=1)
        found |= {f"{side}_elbow": elbow, f"{side}_hand": hand, f"{side}_knee": knee, f"{side}_ankle": ankle,
                  f"{side}_toe": toe}
    return found
