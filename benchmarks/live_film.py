"""What is measured of cameras has in common: a film, its server, networks with random weights, and what they told."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import torch

from kinema.live.alerts import Alert
from kinema.live.camera import cameras_of
from kinema.live.inbox import Frame
from kinema.live.judge import WholePicture
from kinema.live.reader import Reading
from kinema.live.recorder import Clips
from kinema.live.watcher import Watcher
from kinema.models import create_model
from tests.live.cameras import BRIGHT, DARK, film, serving

WIDTH, HEIGHT, FPS = 640, 360, 25


@dataclass
class Log:
    """The events of a watch, but for answers, which are counted."""

    events: list[dict[str, Any]] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def __call__(self, event: dict[str, Any]) -> None:
        if event["event"] == "answer":
            self.answered.append(time.monotonic())
        else:
            self.events.append(event)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All events of a kind."""
        return [event for event in self.events if event["event"] == kind]


def judge_of(
    name: str, options: dict[str, Any], cameras: int, engine: str, precision: str
) -> tuple[WholePicture, Alert]:
    """A network with random weights, and the alert that tells dark from bright."""
    torch.manual_seed(0)
    judge = WholePicture(create_model(name, **options), cameras, "cpu", engine, precision)
    scores = []
    for level in (DARK, BRIGHT):
        picture = np.full((HEIGHT, WIDTH, 3), level, np.uint8)
        frames = {camera: Frame(picture, 0.0, 0.0) for camera in range(cameras)}
        for _ in range(2 * judge.stream.network.clip.frames):
            answers = judge(frames)
        scores.append(answers[0].scores_K)
    k = int((scores[1] - scores[0]).argmax())
    judge.stream.reset()
    middle = float(scores[0][k] + scores[1][k]) / 2
    return judge, Alert(judge.labels[k], middle, margin=0.0, hold_off_seconds=0.0)


@contextmanager
def watched(
    judge: WholePicture, alert: Alert, sources: list[str], reading: Reading, clips: Clips | None = None
) -> Iterator[Log]:
    """Watch cameras in another thread, until the block ends; the summary is then the last event."""
    log = Log()
    watcher = Watcher(judge, cameras_of(sources), [alert], reading, clips, log)
    thread = Thread(target=watcher.run)
    thread.start()
    try:
        yield log
    finally:
        for reader in watcher.readers:
            reader.stop()
        thread.join()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def rtsp(path: Path, port: int) -> Iterator[str]:
    """The address of a film that is served."""
    with serving(path, port):
        yield f"rtsp://127.0.0.1:{port}/camera"


def flicker(folder: Path, seconds: float, every: float = 2.0) -> Path:
    """A film that is dark and bright by turns, `every` seconds from dark to dark."""
    path = folder / f"film-{seconds:g}-{every:g}.mp4"
    return path if path.exists() else film(path, seconds, size=(WIDTH, HEIGHT), every=every)
