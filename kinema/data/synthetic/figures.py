"""`figures`: people in a room, seen from the side, who do everyday things. Sit down and stand up, pick up and put down
are each other's reversal; lie down and collapse end alike and differ in their speed."""

import numpy as np

from kinema.data.synthetic import actions
from kinema.data.synthetic.actions import Action, Play
from kinema.data.synthetic.backdrop import cloudy
from kinema.data.synthetic.shapes import SHAPES, Array, Look, box, contrasting, flat, random_look
from kinema.data.synthetic.skeleton import Bones, joints
from kinema.data.synthetic.stage import Drawing, Event, Pose, Stage

ACTIONS: dict[str, Action] = {
    "stand": actions.stand,
    "sit_down": actions.sit_down,
    "pick_up": actions.pick_up,
    "wave": actions.wave,
    "walk": actions.walk,
    "lie_down": actions.lie_down,
    "collapse": actions.collapse,
}
REVERSED = {"stand_up": "sit_down", "put_down": "pick_up"}  # drawn as the other and shown backwards
LABELS = (*ACTIONS, *REVERSED)
FLOOR = 0.74  # where the wall meets the floor, in heights of the frame
SKIN = np.array([[0.95, 0.8, 0.69], [0.87, 0.68, 0.53], [0.7, 0.49, 0.35], [0.46, 0.31, 0.22]], np.float32)
HAIR = np.array([[0.1, 0.08, 0.07], [0.3, 0.19, 0.11], [0.6, 0.45, 0.22], [0.55, 0.55, 0.55]], np.float32)


def room(height: int, width: int, rng: np.random.Generator) -> Array:
    """A wall with a window or a picture, a skirting board, and a floor: an image (H, W, 3)."""
    y, x = np.mgrid[:height, :width].astype(np.float32) / np.asarray([height, width], np.float32)[:, None, None]
    wall = rng.uniform(0.45, 0.85) + rng.uniform(-0.08, 0.08, 3)
    floor = rng.uniform(0.25, 0.5) * np.array([1.1, 0.95, 0.8])
    image = np.where((y < FLOOR)[..., None], wall, floor * (0.75 + 0.5 * (y - FLOOR)[..., None] / (1 - FLOOR)))
    if rng.random() < 0.5:  # wallpaper
        image = np.where(((y < FLOOR) & (np.sin(x * rng.uniform(40, 90)) > 0.3))[..., None], image * 0.95, image)
    else:  # boards
        image = np.where(((y > FLOOR) & (np.sin((x - 0.5) * 60 / (0.4 + y)) > 0.93))[..., None], image * 0.85, image)
    image = np.where((np.abs(y - FLOOR) < 0.012)[..., None], np.clip(wall * 1.15, 0, 1), image)
    for _ in range(rng.integers(0, 3)):
        half_wide, half_tall = rng.uniform(0.06, 0.15), rng.uniform(0.08, 0.15)
        middle, height_up = rng.uniform(0.1, 0.9), rng.uniform(0.2, 0.4)
        inside = np.maximum(np.abs(x - middle) - half_wide, np.abs(y - height_up) - half_tall)
        image = np.where((inside < 0.0)[..., None], rng.uniform(0.15, 0.95, 3), image)
        view = rng.uniform(0.3, 0.95, 3) - 0.2 * (y - height_up)[..., None]
        image = np.where((inside < -0.02)[..., None], view, image)
    return np.clip(image + 0.06 * (cloudy(height, width, rng)[..., None] - 0.5), 0, 1).astype(np.float32)


class Dresser:
    """Draws a person and the things around at one place and scale of a stage."""

    def __init__(self, stage: Stage, play: Play, bones: Bones) -> None:
        rng, self.stage, self.play = stage.rng, stage, play
        self.tall = rng.uniform(0.56, 0.68) * stage.size.tall
        body = joints(bones, play.gesture)
        across = np.concatenate([place.reshape(-1, 2)[:, 0] for place in (*body.values(), *play.things.values())])
        left, right = 0.08 - across.min() * self.tall, stage.size.wide - 0.08 - across.max() * self.tall
        middle = rng.uniform(left, right) if left < right else (left + right) / 2
        self.origin = np.array([middle, stage.size.tall * rng.uniform(FLOOR + 0.07, 0.93)])
        self.body = {name: self.at(place) for name, place in body.items()}
        self.head = bones.head * self.tall
        self.skin, self.hair = SKIN[rng.integers(len(SKIN))], HAIR[rng.integers(len(HAIR))]
        self.shirt, self.trousers = (contrasting(rng, stage.behind, 0.22) for _ in range(2))
        self.shoes, self.build = rng.uniform(0.05, 0.3, 3), rng.uniform(0.85, 1.2)
        self.sleeves = rng.random() < 0.6

    def at(self, place: Array) -> Array:
        """A place in body heights as one on the stage."""
        return (self.origin + self.tall * place).astype(np.float32)

    def limb(self, start: str, stop: str, thick: tuple[float, float], colour: Array) -> None:
        """Draw a part of the person from joint to joint, its half thicknesses in body heights."""
        ends = (self.body[start], self.body[stop])
        scale = self.tall * self.build
        self.stage.limb(ends, (thick[0] * scale, thick[1] * scale), colour, "person")

    def leg(self, side: str, shade: float) -> None:
        self.limb("hip", f"{side}_knee", (0.052, 0.04), self.trousers * shade)
        self.limb(f"{side}_knee", f"{side}_ankle", (0.04, 0.028), self.trousers * shade)
        self.limb(f"{side}_ankle", f"{side}_toe", (0.03, 0.02), self.shoes * shade)

    def arm(self, side: str, shade: float) -> None:
        self.limb(f"{side}_elbow", f"{side}_hand", (0.026, 0.022), (self.shirt if self.sleeves else self.skin) * shade)
        self.limb("shoulder", f"{side}_elbow", (0.036, 0.028), self.shirt * shade)
        self.limb(f"{side}_hand", f"{side}_hand", (0.028, 0.028), self.skin * shade)

    def trunk(self) -> None:
        self.limb("shoulder", "neck", (0.03, 0.028), self.skin)
        self.limb("hip", "shoulder", (0.062, 0.068), self.shirt)
        upward = self.body["head"] - self.body["neck"]
        upward /= np.linalg.norm(upward, axis=1, keepdims=True)
        backward = np.stack([upward[:, 1], -upward[:, 0]], axis=1)
        head, crown = self.body["head"], self.body["head"] + self.head * (0.25 * upward + 0.28 * backward)
        nose = head - self.head * backward * 1.0 - self.head * 0.1 * upward
        self.stage.limb((crown, crown), (self.head * 0.98, self.head * 0.98), self.hair, "person")
        self.stage.limb((head - 0.12 * self.head * backward, head - 0.3 * self.head * upward),
                        (self.head * 0.82, self.head * 0.8), self.skin, "person")
        self.stage.limb((nose, nose), (self.head * 0.16, self.head * 0.16), self.skin, "person")

    def slab(self, middle: Array, half: tuple[float, float], colour: Array, name: str) -> None:
        """Draw an upright rectangle, given half its sides in body heights."""
        x, y = np.moveaxis(self.at(middle), -1, 0)
        reach = max(half)
        self.stage.paint(Look(box(half[0] / reach, half[1] / reach), flat(colour)), Pose(x, y, reach * self.tall), name)

    def furniture(self) -> None:
        """Draw what stands around the person."""
        colour = contrasting(self.stage.rng, self.stage.behind, 0.15)
        if "chair" in self.play.things:
            x, y = self.play.things["chair"]
            for leg in (-0.11, 0.11):
                self.slab(np.array([x + leg, y / 2]), (0.014, -y / 2), colour * 0.8, "chair")
            self.slab(np.array([x - 0.125, y - 0.15]), (0.016, 0.17), colour * 0.9, "chair")
            self.slab(np.array([x, y + 0.012]), (0.14, 0.022), colour, "chair")
        if "table" in self.play.things:
            x, y = self.play.things["table"]
            for leg in (-0.14, 0.14):
                self.slab(np.array([x + leg, y / 2]), (0.014, -y / 2), colour * 0.8, "table")
            self.slab(np.array([x, y + 0.012]), (0.18, 0.02), colour, "table")

    def draw(self) -> None:
        """Draw everything, what is farther away first."""
        self.furniture()
        parcel = contrasting(self.stage.rng, self.stage.behind, 0.2)
        self.arm("far", 0.75)
        self.leg("far", 0.75)
        self.trunk()
        self.leg("near", 1.0)
        if "parcel" in self.play.things:
            self.slab(self.play.things["parcel"], (0.065, 0.055), parcel, "parcel")
            self.slab(self.play.things["parcel"], (0.012, 0.055), parcel * 0.6, "parcel")
        self.arm("near", 1.0)


def clutter(stage: Stage) -> None:
    """Up to five things that stand about at difficulty 1."""
    rng = stage.rng
    for _ in range(round(5 * stage.difficulty * rng.random())):
        size, look = rng.uniform(0.03, 0.08), random_look(rng, stage.behind, tuple(SHAPES))
        x, y = rng.uniform(0, stage.size.wide), stage.size.tall * (FLOOR + 0.06) - size
        stage.paint(look, Pose(x, y, size, rng.uniform(0, 6.3)))


def draw(stage: Stage, label: str) -> Drawing:
    """Draw one clip of a class."""
    clutter(stage)
    drawn = REVERSED.get(label, label)
    bones, frames = Bones.random(stage.rng), stage.size.frames
    play = ACTIONS[drawn](bones, np.linspace(0, 1, frames), stage.rng)
    for thing, height in {"chair": actions.SEAT, "table": 0.38}.items():  # they must not tell the class
        if thing not in play.things and stage.rng.random() < 0.35:
            play.things[thing] = np.array([stage.rng.uniform(-0.5, 0.5), -height])
    dresser = Dresser(stage, play, bones)
    dresser.draw()
    event = Event(drawn, round(play.begin * (frames - 1)), round(play.end * (frames - 1)))
    drawing = stage.finish((event,), dresser.body)
    drawing = drawing if drawn == label else drawing.reversed(label)
    return drawing.mirrored() if stage.rng.random() < 0.5 else drawing


