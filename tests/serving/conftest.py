"""A real server on localhost, in this process or in one of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the serve extra is not installed")
httpx = pytest.importorskip("httpx", reason="httpx is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="the serve extra is not installed")

from kinema import Recognizer  # noqa: E402 (after what may be absent)
from kinema.data.synthetic.encode import write_mp4  # noqa: E402
from kinema.serving.app import application  # noqa: E402
from kinema.serving.limits import Limits  # noqa: E402
from kinema.serving.service import Service, Settings  # noqa: E402
from kinema.timeline import train_timeline  # noqa: E402


@dataclass
class Served:
    """A server that runs, and a client for it."""

    url: str
    client: Any
    service: Service

    def upload(self, path: Path, kind: str = "timeline", **query: Any) -> Any:
        """Upload a file."""
        with path.open("rb") as file:
            return self.client.post(f"/v1/{kind}", params=query, files={"video": (path.name, file)})


@contextmanager
def serving(run: Path, data: Path, **settings: Any) -> Iterator[Served]:
    """A server in this process."""
    service = Service(Settings(str(run), data, decoders=1, **settings), Recognizer(run, device="cpu"))
    config = uvicorn.Config(application(service), port=0, log_level="warning")
    sock = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    while not server.started:
        time.sleep(0.02)
    with httpx.Client(base_url=url, timeout=60) as client:
        yield Served(url, client, service)
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of a bright square that moves right, then down; 64 x 96 pixels, 10 frames a second."""
    frames_THWC = np.full((40, 64, 96, 3), 40, np.uint8)
    for k, frame_HWC in enumerate(frames_THWC):
        top, left = (8, 2 * k) if k < 20 else (2 * k - 32, 40)
        frame_HWC[top : top + 14, left : left + 14] = (250, 200, 80)
    path = tmp_path_factory.mktemp("film") / "square.mp4"
    write_mp4(path, frames_THWC, 10.0)
    return path


@pytest.fixture(scope="session")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run, beside which a timeline was learnt."""
    folder = copytree(tiny_run, tmp_path_factory.mktemp("serving") / "run")
    train_timeline(folder, per_class=4, device="cpu")
    return folder


@pytest.fixture(scope="session")
def served(run: Path, film: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the tiny run, whose library is the film's folder."""
    limits = Limits(upload_bytes=2_000_000, duration_seconds=20, queue=8)
    with serving(run, tmp_path_factory.mktemp("served"), library=film.parent, limits=limits) as one:
        yield one


@pytest.fixture
def start_server(run: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[Any, str]]]:
    """Starts `kinema serve` as a process, in the same folder each time; gives it and its address."""
    started: list[Any] = []

    def start(*options: str) -> tuple[Any, str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = (tmp_path / "log").open("a")
        process = subprocess.Popen(
            [sys.executable, "-m", "kinema", "serve", str(run), "--data", str(tmp_path / "data"), "--port",
             str(port), "--decoders", "1", "--device", "cpu", *options],
            stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                httpx.get(f"{url}/healthz")
                return process, url
            except httpx.TransportError:
                assert process.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    yield start
    for process in started:
        told = Path(f"/proc/{process.pid}/task").glob("*/children")
        left = [int(child) for one in told for child in one.read_text().split()]
        process.kill()
        process.wait()
        for child in left:  # one that a test has stopped would stay for ever
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
