"""The seconds around an alert, as a clip: packets are kept as they came, which costs next to nothing."""

import io
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

import av

from kinema.data.video.shape import stream_like
from kinema.errors import KinemaError
from kinema.live.remux import RAW, Encoder, suffix_of, write_packets

SLACK_SECONDS = 2.0  # kept longer than asked for: an alert is raised some time after its frame
MOST_BYTES = 128 << 20  # of packets kept of one camera


@dataclass(frozen=True)
class Clips:
    """Where clips of alerts go, and how many seconds before and after the alert they show."""

    folder: Path
    before_seconds: float = 5.0
    after_seconds: float = 5.0


def check_folder(folder: Path) -> None:
    """Raise KinemaError where clips cannot be written to a folder, which need not be there yet."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise KinemaError(f"--clips {folder}: {there} is a file; expected a folder for the clips of alerts.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise KinemaError(f"--clips {folder}: nothing may be written into {there}. Name another folder, or --no-save.")


class Kept(NamedTuple):
    """A packet, and its second in the camera's clock."""

    packet: Any
    seconds: float


@dataclass
class Wanted:
    """A clip that is not finished: it is written once its last second has come."""

    path: Path
    until_seconds: float
    packets: list[Kept]


class Recorder:
    """One camera's last seconds, which its reader keeps, and the clips that are asked of it (by another thread).

    `told(path, problem)` is called when a clip lies there, or could not be written. A camera whose pictures come as
    they are, not coded, is coded here.
    """

    def __init__(self, clips: Clips, writer: Executor, told: Callable[[Path, str | None], None]) -> None:
        self.clips, self.writer, self.told = clips, writer, told
        self.groups: deque[list[Kept]] = deque()  # each begins with a key frame
        self.bytes, self.alone = 0, RLock()
        self.wanted: list[Wanted] = []
        self.template: Any = None
        self.encoder: Encoder | None = None

    def begin(self, stream: Any) -> None:
        """A camera was opened: its packets have a clock and a head of their own."""
        with self.alone:
            self.groups.clear()
            self.bytes, self.template = 0, None
            coded = stream.codec_context.name not in RAW
            self.encoder = None if coded else Encoder(Fraction(stream.sample_aspect_ratio or 1))
            if not self.encoder:
                self.holder = av.open(io.BytesIO(), "w", format="matroska")  # outlives the camera's own container
                self.template = stream_like(stream, self.holder)

    def packet(self, packet: Any, seconds: float) -> None:
        """Keep a packet that a camera sent."""
        if not self.encoder and packet.size:
            self.keep(packet, seconds)

    def frame(self, frame: av.VideoFrame, seconds: float) -> None:
        """Code a picture of a camera that sends none coded, and keep it."""
        if self.encoder:
            for packet in self.encoder(frame, seconds):
                self.keep(packet, seconds)
            self.template = self.encoder.stream

    def keep(self, packet: Any, seconds: float) -> None:
        """Keep a packet; drop what lies before the key frame that a clip of now would begin with."""
        new = Kept(packet, seconds)
        with self.alone:
            if packet.is_keyframe:
                self.groups.append([])
            if not self.groups:
                return
            self.groups[-1].append(new)
            self.bytes += packet.size
            oldest = seconds - self.clips.before_seconds - SLACK_SECONDS
            while self.bytes > MOST_BYTES or (len(self.groups) > 1 and self.groups[1][0].seconds <= oldest):
                self.bytes -= sum(kept.packet.size for kept in self.groups.popleft())
            for wanted in [*self.wanted]:
                wanted.packets.append(new)
                if seconds >= wanted.until_seconds:
                    self.finish(wanted)

    def ask(self, name: str, seconds: float) -> Path | None:
        """Have a clip written of the seconds around this one; the path it will have, None where nothing is kept."""
        with self.alone:
            if not self.groups:
                return None
            starts = [number for number, group in enumerate(self.groups)
                      if group[0].seconds <= seconds - self.clips.before_seconds]
            packets = list(chain.from_iterable(islice(self.groups, starts[-1] if starts else 0, None)))
            path = self.clips.folder / f"{name}{suffix_of(self.template)}"
            self.wanted.append(Wanted(path, seconds + self.clips.after_seconds, packets))
            return path

    def end(self) -> None:
        """The camera is gone: what is wanted is written as far as it came."""
        with self.alone:
            for wanted in [*self.wanted]:
                self.finish(wanted)

    def finish(self, wanted: Wanted) -> None:
        """Hand a clip to the writer."""
        self.wanted.remove(wanted)
        packets = [one.packet for one in wanted.packets]
        job = self.writer.submit(write_packets, wanted.path, self.template, packets)
        job.add_done_callback(lambda done: self.told(wanted.path, problem_of(done.exception())))


def problem_of(error: BaseException | None) -> str | None:
    """What kept a clip from being written, in words."""
    return None if error is None else str(error) or type(error).__name__
