"""An open camera: its packets as they come, and the frames in them."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self

import av

from kinema.data.video.decoder import FAILURES
from kinema.data.video.reasons import words
from kinema.errors import KinemaError, VideoError
from kinema.live.camera import Camera
from kinema.live.patience import Patience

WAITED = 0.008  # second that a packet must be waited for to prove that nothing lies unread
BELIEVED = 10.0  # seconds after which a camera that is still late is believed to have another clock
BACK = 1.0  # second by which only a clock that was set anew goes back from a packet to the next
TRANSPORTS = ("tcp", "udp")


class Arrival(NamedTuple):
    """A packet, its second in the camera's clock (None: not known yet), and for how long it lay unread."""

    packet: Any
    seconds: float | None
    late_seconds: float


class Capture:
    """A camera that is open; VideoError says why it cannot be, or that it broke off.

    Frames are decoded by one thread, which holds none back. How late a packet is taken is seen from the camera's own
    clock: whenever one had to be waited for, all before it had been taken, and from there on clocks are compared.
    """

    def __init__(self, camera: Camera, patience: Patience, transport: str = "tcp") -> None:
        options = {} if camera.file else {"rtsp_transport": transport, "fpsprobesize": "0"}  # it need not tell its rate
        asked = time.monotonic()
        try:
            self.container: Any = av.open(
                camera.address, format=camera.device, options=options, metadata_errors="replace",
                timeout=None if camera.file else (patience.open_seconds, patience.read_seconds))
        except FAILURES as error:
            silent = not camera.file and time.monotonic() - asked >= patience.open_seconds
            raise VideoError(nothing(patience.open_seconds) if silent else words(error)) from None
        if not self.container.streams.video:
            self.container.close()
            raise VideoError("it sends no video")
        self.camera, self.patience, self.stream = camera, patience, self.container.streams.video[0]
        self.stream.codec_context.thread_count, self.stream.codec_context.thread_type = 1, "SLICE"
        self.broken = 0  # packets that could not be decoded

    @property
    def fps(self) -> float | None:
        """Frames per second, as the camera tells."""
        rate = self.stream.average_rate or self.stream.guessed_rate
        return float(rate) if rate else None

    @property
    def start_seconds(self) -> float:
        """When its first picture is shown, by its own clock."""
        start, base = self.stream.start_time, self.stream.time_base
        return 0.0 if start is None or base is None else float(start * base)

    def arrivals(self) -> Iterator[Arrival]:
        """The packets, of which the last, at the end of the stream, is empty; VideoError where it breaks off."""
        packets = self.container.demux(self.stream)
        newest, ahead, late_since = None, float("inf"), time.monotonic()
        while True:
            asked = time.monotonic()
            try:
                packet = next(packets, None)
            except FAILURES as error:
                raise VideoError(self.silence(asked) or words(error)) from None
            if packet is None:
                return
            now, stamp = time.monotonic(), packet.pts if packet.dts is None else packet.dts
            if silence := self.silence(asked):
                raise VideoError(silence)  # the packet is what FFmpeg had held back
            before, newest = newest, newest if stamp is None else float(stamp * packet.time_base)
            if newest is None:
                yield Arrival(packet, None, 0.0)
                continue
            waited = now - asked > WAITED
            set_back = before is not None and newest < before - BACK
            if waited or set_back or now - newest < ahead or now - late_since > BELIEVED:
                ahead, late_since = now - newest, now  # how far the clock here is ahead of the camera's
            yield Arrival(packet, newest, now - newest - ahead)

    def silence(self, asked: float) -> str | None:
        """That nothing came since it was asked for, if that is so."""
        seconds = self.patience.read_seconds
        return None if self.camera.file or time.monotonic() - asked < seconds else nothing(seconds)

    def frames(self, packet: Any) -> list[av.VideoFrame]:
        """The frames that a packet completes, and the empty one all that are left; a broken packet has none."""
        try:
            return packet.decode()
        except FAILURES:
            self.broken += 1
            return []

    def close(self) -> None:
        """Let go of the camera."""
        self.container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_files(cameras: Iterable[Camera]) -> None:
    """Raise KinemaError for a file that holds no video; addresses and devices may be there later."""
    for camera in cameras:
        if camera.file:
            try:
                Capture(camera, Patience()).close()
            except VideoError as error:
                raise KinemaError(f"{camera.name} cannot be watched: {error}.") from error


def check_transport(name: str) -> None:
    """Raise KinemaError for a way that RTSP does not go."""
    if name not in TRANSPORTS:
        raise KinemaError(f"--transport {name}: expected {' or '.join(TRANSPORTS)}.")


def nothing(seconds: float) -> str:
    """A camera is silent, in words."""
    return f"nothing came for {seconds:g} s"
