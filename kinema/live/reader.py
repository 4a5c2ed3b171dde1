"""One camera, read by a thread of its own for as long as is wanted."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import av

from kinema.data.video.pixels import Pixels, upright_size
from kinema.errors import VideoError
from kinema.live.camera import Camera
from kinema.live.capture import Arrival, Capture
from kinema.live.inbox import Frame, Inbox
from kinema.live.pace import Pace
from kinema.live.patience import Patience
from kinema.live.recorder import Recorder
from kinema.live.remux import RAW

LATE_SECONDS = 0.5  # a packet that lay unread for longer is not decoded, nor any until the next key frame
DRIFT = 1e-3  # a packet: how quickly a camera's clock is corrected that goes faster or slower than the one here
JUMP_SECONDS = 10.0  # a camera's clock that is further off was set anew, and is corrected at once
MOST_STAMPS = 256  # packets whose frames have not come yet

Tell = Callable[..., None]  # what became of a camera, and facts by name


@dataclass(frozen=True)
class Reading:
    """How cameras are read: seconds between the frames that the network sees; how long they are waited for; RTSP over
    "tcp" or "udp"; `fast`: files not at their own speed but as fast as they are looked at.
    """

    every_seconds: float
    patience: Patience = field(default_factory=Patience)
    transport: str = "tcp"
    fast: bool = False


class Reader(Thread):
    """Reads a camera and opens it again whenever it breaks off, until it is stopped; a file ends by itself.

    Frames go to box `number` of the inbox. told: called with "open", "lost", "resized", "ended", "given up" or
    "failed", and facts.
    """

    def __init__(
        self, number: int, camera: Camera, reading: Reading, inbox: Inbox, recorder: Recorder | None, told: Tell
    ) -> None:
        super().__init__(name=f"camera {number}", daemon=True)
        self.number, self.camera, self.reading = number, camera, reading
        self.inbox, self.recorder, self.told = inbox, recorder, told
        self.stopping, self.began = Event(), time.monotonic()
        self.last_frame = self.began  # when there was one
        self.frames = self.skipped = self.opened = 0  # frames decoded, packets not decoded for being late
        self.passing_over = False

    def run(self) -> None:
        """Read until told to stop."""
        try:
            self.read()
        except Exception as error:  # what ends a thread must not do so in silence
            self.leave()
            self.told("failed", reason=f"{type(error).__name__}: {error}")

    def read(self) -> None:
        """Open the camera, again and again."""
        patience, failures, said = self.reading.patience, 0, ("", 0.0)
        while not self.stopping.is_set():
            seen = self.frames
            state, reason = self.follow()
            self.leave()
            if self.stopping.is_set():
                return
            if self.camera.file:
                self.told("failed" if reason else "ended", reason=reason or None)
                return
            if state == "resized":
                self.told(state, reason=reason)
                continue
            failures, said = (1, ("", 0.0)) if self.frames > seen else (failures + 1, said)
            away = time.monotonic() - self.last_frame
            if patience.give_up_seconds is not None and away > patience.give_up_seconds:
                self.told("given up", reason=reason, away_seconds=round(away, 1))
                return
            wait, reason = patience.wait_seconds(failures), reason or "the stream ended"
            if (reason, wait) != said:  # a camera that is gone for days fills no disk
                self.told("lost", reason=reason, again_in_seconds=wait)
            said = reason, wait
            self.stopping.wait(wait)

    def follow(self) -> tuple[str, str]:
        """Read the camera once, until it breaks off; what became of it, and why."""
        try:
            with Capture(self.camera, self.reading.patience, self.reading.transport) as capture:
                if self.recorder:
                    self.recorder.begin(capture.stream)
                return self.packets(capture)
        except VideoError as error:
            return "lost", str(error)
        except Exception as error:  # whatever a camera sends, it is asked again
            return "lost", f"{type(error).__name__}: {error}"

    def packets(self, capture: Capture) -> tuple[str, str]:
        """Go through the packets; as `follow`."""
        pace, stamps, pixels = Pace(self.reading.every_seconds), dict[int | None, tuple[float, float | None]](), None
        shift = -capture.start_seconds if self.camera.file else None  # to a clock that goes on when it is opened again
        opened_at, raw = time.monotonic(), capture.stream.codec_context.name in RAW
        for arrival in capture.arrivals():
            if self.stopping.is_set():
                break
            seconds, late = time.monotonic() - self.began, arrival.late_seconds
            if arrival.seconds is not None:
                shift = seconds - arrival.seconds if shift is None else shift
                seconds = arrival.seconds + shift
                off = 0.0 if self.camera.file else time.monotonic() - self.began - late - seconds
                jump = off if abs(off) > JUMP_SECONDS else 0.0
                shift, seconds = shift + (jump or DRIFT * off), seconds + jump
            if self.camera.file:
                late = 0.0 if self.reading.fast else self.keep_time(seconds)
            if self.recorder:
                self.recorder.packet(arrival.packet, seconds)
            if self.is_late(arrival, late, raw):
                continue
            stamps = {} if len(stamps) > MOST_STAMPS else stamps
            stamps[arrival.packet.pts] = time.monotonic() - late, shift
            for frame in capture.frames(arrival.packet):
                arrived, then = stamps.pop(frame.pts, (time.monotonic(), shift))
                at = seconds if frame.time is None or then is None else frame.time + then
                if pixels is None:
                    pixels = Pixels(frame, 1)
                    self.enter(capture, pixels)
                elif not pixels.fits(frame) and not self.camera.file:
                    height, width = upright_size(frame)
                    return "resized", f"from {pixels.width}x{pixels.height} to {width}x{height}"
                self.show(frame, at, arrived, pixels if pace(at) else None)
            patience = self.reading.patience.open_seconds + self.reading.patience.read_seconds
            if time.monotonic() - max(self.last_frame, opened_at) > patience and not self.camera.file:
                raise VideoError(f"no picture could be decoded for {patience:g} s")
        return "ended", ""

    def show(self, frame: av.VideoFrame, seconds: float, arrived: float, pixels: Pixels | None) -> None:
        """Count a frame, and put its picture into the inbox if the network is to see it."""
        self.frames, self.last_frame = self.frames + 1, time.monotonic()
        if self.recorder:
            self.recorder.frame(frame, seconds)
        if pixels:
            self.inbox.put(self.number, Frame(pixels(frame), seconds, arrived))

    def keep_time(self, seconds: float) -> float:
        """Wait until it is time for a packet of a file; how late it is."""
        ahead = self.began + seconds - time.monotonic()
        if ahead > 0:
            self.stopping.wait(ahead)
        return max(-ahead, 0.0)

    def is_late(self, arrival: Arrival, late_seconds: float, raw: bool) -> bool:
        """Is a packet passed over, so that what comes after it is seen in time?"""
        self.passing_over |= late_seconds > LATE_SECONDS
        if late_seconds < LATE_SECONDS / 2 and (arrival.packet.is_keyframe or raw):
            self.passing_over = False
        self.skipped += self.passing_over
        return self.passing_over

    def enter(self, capture: Capture, pixels: Pixels) -> None:
        """Tell that the camera is there."""
        self.opened += 1
        facts: dict[str, Any] = {"width": pixels.width, "height": pixels.height, "fps": capture.fps}
        if self.opened > 1:
            facts["away_seconds"] = round(time.monotonic() - self.last_frame, 1)
        self.inbox.set_open(self.number, True)
        self.told("open", **facts)

    def leave(self) -> None:
        """The camera is not there."""
        self.inbox.set_open(self.number, False)
        if not self.camera.file:
            self.inbox.clear(self.number)
        if self.recorder:
            self.recorder.end()

    def stop(self) -> None:
        """Read no more; whoever waits for a packet still does for a while."""
        self.stopping.set()
