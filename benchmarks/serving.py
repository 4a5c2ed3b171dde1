"""The server under load: 64 clients upload clips of ten seconds for some minutes, beside the recogniser alone.

`python -m benchmarks.serving RUN --minutes 5` prints and writes what came: answers, errors, memory, and clips a second
of the server and of the recogniser alone, before and after. Keep the machine quiet.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np

from benchmarks.results import measured_by, put
from kinema import Recognizer
from kinema.data.synthetic.encode import write_mp4

CLIENTS, SECONDS, FPS, HEIGHT, WIDTH = 64, 10, 25, 240, 320
CLIPS = 16  # different ones
ALONE = 40.0  # seconds that the recogniser alone is measured for, before and after
QUEUE = 32
LOOK_SECONDS = 2.0


def make_clips(folder: Path) -> list[Path]:
    """Clips of ten seconds: a square that wanders over noise."""
    paths = []
    for number in range(CLIPS):
        random = np.random.default_rng(number)
        frames_THWC = np.repeat(random.integers(60, 120, (1, HEIGHT, WIDTH, 3), dtype=np.uint8), SECONDS * FPS, 0)
        for k, frame_HWC in enumerate(frames_THWC):
            top, left = (int(place) for place in (90 + 80 * np.sin(k / 20 + number), 130 + 120 * np.cos(k / 31)))
            frame_HWC[top : top + 40, left : left + 40] = (250, 200, 80)
        paths.append(folder / f"{number}.mp4")
        write_mp4(paths[-1], frames_THWC, FPS)
    return paths


def alone(recognizer: Recognizer, clips: list[Path]) -> float:
    """Clips a second of the recogniser alone."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < ALONE:
        recognizer(clips[count % CLIPS])
        count += 1
    return count / (time.perf_counter() - began)


def memory_megabytes(process: int) -> float:
    """What a process and its children hold (their proportional shares)."""
    children = [int(child) for told in Path(f"/proc/{process}/task").glob("*/children")
                for child in told.read_text().split()]
    total = 0.0
    for one in (process, *children):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
    return total


async def load(url: str, clips: list[Path], seconds: float, process: int) -> tuple[Counter[str], list[float], float]:
    """How requests ended, by status, memory over time, and done clips a second."""
    ended: Counter[str] = Counter()
    memory: list[float] = []
    bodies = [path.read_bytes() for path in clips]
    until = time.perf_counter() + seconds

    async def ask(number: int, client: Any) -> None:
        while time.perf_counter() < until:
            number += 1
            try:
                answer = await client.post(f"{url}/v1/recognize?wait=60", files={
                    "video": (f"{number}.mp4", bodies[number % CLIPS], "video/mp4")})
            except httpx.HTTPError as error:
                ended[type(error).__name__] += 1
                continue
            if answer.status_code == 429:
                ended["429 with Retry-After" if "retry-after" in answer.headers else "429 without"] += 1
                await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
            else:
                ended[str(answer.status_code)] += 1

    async def look() -> None:
        while time.perf_counter() < until:
            memory.append(memory_megabytes(process))
            await asyncio.sleep(LOOK_SECONDS)

    async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=CLIENTS)) as client:
        began = time.perf_counter()
        await asyncio.gather(look(), *(ask(1000 * number, client) for number in range(CLIENTS)))
        return ended, memory, ended["200"] / (time.perf_counter() - began)


def serve(run: str, data: str, engine: str) -> tuple[Any, str]:
    """A server as a process, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "kinema", "serve", run, "--data", data, "--port", str(port),
                                "--queue", str(QUEUE), "--engine", engine], env=dict(os.environ))
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz")
            return process, f"http://127.0.0.1:{port}"
        except httpx.TransportError:
            time.sleep(0.2)


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--engine", default="torch")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips = make_clips(Path(folder))
        recognizer = Recognizer(given.run, engine=given.engine)
        recognizer(clips[0])
        before = alone(recognizer, clips)
        process, url = serve(given.run, f"{folder}/data", given.engine)
        try:
            asyncio.run(load(url, clips, 10, process.pid))  # to warm up
            ended, memory, served = asyncio.run(load(url, clips, 60 * given.minutes, process.pid))
        finally:
            process.terminate()
            process.wait()
        after = alone(recognizer, clips)
    part = max(len(memory) // 5, 1)
    words = (
        f"{CLIENTS} clients that upload clips of {SECONDS} s ({WIDTH} x {HEIGHT}, {FPS} frames a second) for "
        f"{given.minutes:g} minutes to `{recognizer.network.name}` ({given.engine}), a queue of {QUEUE}: "
        + ", ".join(f"{count} x {how}" for how, count in ended.most_common())
        + f". Of the server {served:.2f} clips a second; of the recogniser alone {before:.2f} before and {after:.2f} "
        f"after: {2 * served / (before + after):.2f} of it. Memory of all processes together: "
        f"{median(memory[:part]):.0f} MB in the first fifth of the time, {median(memory[-part:]):.0f} MB in the "
        "last.\n\n"
        + measured_by("benchmarks.serving"))
    print(words)
    put("serving", words)


if __name__ == "__main__":
    main()
