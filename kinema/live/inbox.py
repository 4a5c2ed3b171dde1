"""Frames on their way from the cameras to the network: few, and the newest."""

from collections import deque
from dataclasses import dataclass
from threading import Condition
from typing import NamedTuple

from kinema.data.video.video import Picture

WAIT_SECONDS = 0.08  # that so many frames wait at most as come in it, but one may always


class Frame(NamedTuple):
    """A picture (H W 3), its second in the camera's clock, and when it arrived by `time.monotonic`."""

    picture_HWC: Picture
    seconds: float
    arrived: float


@dataclass
class Box:
    """One camera's frames that wait, how many came, and how many were dropped because the network was too slow."""

    waiting: deque[Frame]
    open: bool = False
    came: int = 0
    dropped: int = 0


class Inbox:
    """A queue of `room` frames for each camera.

    A full one drops its oldest frame; `patient`: whoever puts a frame waits instead.
    """

    def __init__(self, cameras: int, room: int, patient: bool = False) -> None:
        self.boxes = [Box(deque(), open=patient) for _ in range(cameras)]  # a file that is not open yet will be
        self.patient, self.room, self.changed = patient, room, Condition()
        self.closed = self.woken = False

    def put(self, camera: int, frame: Frame) -> None:
        """Add a camera's newest frame."""
        box = self.boxes[camera]
        with self.changed:
            if self.patient:
                self.changed.wait_for(lambda: len(box.waiting) < self.room or self.closed)
            elif len(box.waiting) == self.room:
                box.waiting.popleft()
                box.dropped += 1
            box.waiting.append(frame)
            box.came += 1
            self.changed.notify_all()

    def set_open(self, camera: int, is_open: bool) -> None:
        """Tell whether a camera is there: only those that are, are waited for."""
        with self.changed:
            self.boxes[camera].open = is_open
            self.changed.notify_all()

    def take(self, within_seconds: float, together_seconds: float) -> dict[int, Frame]:
        """The oldest waiting frame of each camera, by its number; nothing if none comes `within_seconds`, or on `wake`.

        Once there is one, the other open cameras' are waited for `together_seconds`; if the inbox is patient, until
        they come.
        """
        with self.changed:
            self.changed.wait_for(lambda: self.some() or self.woken, within_seconds)
            self.woken = False
            if self.some():
                self.changed.wait_for(self.all, None if self.patient else together_seconds)
            found = {camera: box.waiting.popleft() for camera, box in enumerate(self.boxes) if box.waiting}
            self.changed.notify_all()
            return found

    def some(self) -> bool:
        """Is there a frame?"""
        return self.closed or any(box.waiting for box in self.boxes)

    def all(self) -> bool:
        """Is there a frame of each camera that is open?"""
        return self.closed or all(box.waiting for box in self.boxes if box.open)

    def clear(self, camera: int) -> None:
        """Drop what waits of a camera that is gone: it is old by the time it is back."""
        with self.changed:
            self.boxes[camera].waiting.clear()

    def wake(self) -> None:
        """Let whoever takes frames look at something else for a moment."""
        with self.changed:
            self.woken = True
            self.changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()


def room_for(every_seconds: float) -> int:
    """How many frames that come so far apart may wait."""
    return max(1, round(WAIT_SECONDS / every_seconds))
