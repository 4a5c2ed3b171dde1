"""Cameras watched over RTSP on this machine; writes a table of benchmarks/RESULTS.md.

OMP_WAIT_POLICY=PASSIVE python -m benchmarks.live [--threads 2] [--seconds 40] [--hour 3600] [--only PART ...]

GStreamer's server plays a film of 640 x 360 pixels, 25 frames per second (H.264), that turns dark or bright every
second, on the same cores. The networks have random weights; the alert is of the class whose score changes most with
that, at the middle of both scores, so that one is raised every two seconds. Latency counts from when the packet of a
frame was there to when its alert was told. Parts: latency; cameras (four at once); cut (the server killed for 30
seconds, and stopped for 30 seconds with its connections open); hour (as many frames from a file, as fast as they are
looked at).
"""

import argparse
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.hour import make
from benchmarks.live_film import FPS, Log, flicker, free_port, judge_of, rtsp, watched
from benchmarks.results import begin, measured_by, put
from benchmarks.streams import megabytes
from kinema.live.camera import cameras_of
from kinema.live.reader import Reading
from kinema.live.recorder import Clips
from kinema.live.watcher import Watcher
from kinema.models import ClipSpec
from tests.live.cameras import serving

NETWORKS = (("tsm-resnet18", {"frames": 8, "causal": True}, 25.0), ("x3d_s", {}, 5.0), ("x3d_s", {}, 25.0))
ENGINES = (("torch", "fp32"), ("openvino", "bf16"))
CUT_SECONDS = 30.0


def row_of(name: str, options: dict[str, Any], fps: float, engine: str, precision: str, cameras: int, folder: Path,
           seconds: float) -> str:
    """What some cameras take; the film is dark, and bright, for longer than a clip of the network."""
    judge, alert = judge_of(name, options, cameras, engine, precision)
    clip_seconds = judge.stream.network.clip.frames / fps
    path = flicker(folder, seconds + 40, max(2.0, round(2.4 * clip_seconds)))
    with rtsp(path, free_port()) as address, watched(judge, alert, [address] * cameras, Reading(1 / fps)) as log:
        while len(log.of("camera")) < cameras:
            time.sleep(0.1)
        time.sleep(2)
        before, start = len(log.answered), time.monotonic()
        time.sleep(seconds)
        rate = (len(log.answered) - before) / (time.monotonic() - start) / cameras
    summary, took = log.events[-1], [event["latency_ms"] for event in log.of("alert")]
    dropped = np.mean([one["drop_rate"] for one in summary["cameras"]])
    median, p99 = np.percentile(took, (50, 99)) if took else (np.nan, np.nan)
    every = summary["latency_ms"]
    row = (f"| {name} | {engine} {precision} | {cameras} | {fps:g} | {rate:.1f} | {dropped:.1%} | {len(took)} | "
           f"**{median:.0f}** | **{p99:.0f}** | {every['median']:.0f} | {every['p99']:.0f} |")
    print(row, flush=True)
    return row


HEAD = ["| network | engine | cameras | frames a second asked for | answers a second, each | dropped | alerts | "
        "to alert, ms | p99 | to any answer, ms | p99 |", f"|{' --- |' * 11}"]


def latency(folder: Path, options: argparse.Namespace) -> list[str]:
    """One camera."""
    return [*HEAD, *(row_of(*network, *engine, 1, folder, options.seconds) for network in NETWORKS
                     for engine in ENGINES if engine[0] in options.engines)]


def cameras(folder: Path, options: argparse.Namespace) -> list[str]:
    """Four cameras."""
    return [*HEAD, *(row_of(*network, *engine, 4, folder, options.seconds) for network in NETWORKS[:2]
                     for engine in ENGINES if engine[0] in options.engines)]


def cut(folder: Path, options: argparse.Namespace) -> list[str]:
    """A stream that is gone for a while."""
    path = flicker(folder, 120)
    judge, alert = judge_of("tsm-resnet18", {"frames": 8, "causal": True}, 1, "torch", "fp32")
    lines = ["| the stream is | for s | noticed after s | answers again after s |", "| --- | --- | --- | --- |"]
    port = free_port()
    with watched(judge, alert, [f"rtsp://127.0.0.1:{port}/camera"], Reading(1 / FPS)) as log:
        with serving(path, port):
            wait(lambda: len(log.answered) > 50)
            gone, lost = time.monotonic(), states(log, "lost")
        wait(lambda: states(log, "lost") > lost)
        lines.append(back(log, "cut", gone, lambda: serving(path, port)))
        with serving(path, port) as server:
            seen = len(log.answered)
            wait(lambda: len(log.answered) > seen + 50)
            server.send_signal(signal.SIGSTOP)
            gone, lost = time.monotonic(), states(log, "lost")
            wait(lambda: states(log, "lost") > lost)
            noticed = time.monotonic() - gone
            time.sleep(CUT_SECONDS - noticed)
            server.send_signal(signal.SIGCONT)
            again, seen = time.monotonic(), len(log.answered)
            wait(lambda: len(log.answered) > seen)
            lines.append(f"| silent | {CUT_SECONDS:g} | {noticed:.1f} | {log.answered[seen] - again:.1f} |")
    print(*lines[2:], sep="\n", flush=True)
    return lines


def back(log: Log, what: str, gone: float, serve: Callable[[], Any]) -> str:
    """A row: the stream is served again after a while."""
    noticed, seen = time.monotonic() - gone, len(log.answered)
    time.sleep(CUT_SECONDS - noticed)
    again = time.monotonic()
    with serve():
        wait(lambda: len(log.answered) > seen)
        return f"| {what} | {CUT_SECONDS:g} | {noticed:.1f} | {log.answered[seen] - again:.1f} |"


def states(log: Log, name: str) -> int:
    """How many times a camera was in a state."""
    return sum(event["state"] == name for event in log.of("camera"))


def wait(done: Callable[[], bool], seconds: float = 60) -> None:
    """Until something is so."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise SystemExit("It did not come.")
        time.sleep(0.01)


def hour(folder: Path, options: argparse.Namespace) -> list[str]:
    """Memory over as many frames as an hour has."""
    path = make(flicker(folder, 10), folder / "hour.mp4", options.hour)
    judge, alert = judge_of("tsm-resnet_tiny", {"clip": ClipSpec(8, 64, 64), "causal": True}, 1, "torch", "fp32")
    counts, early = Counter[str](), [0.0]

    def told(event: dict[str, Any]) -> None:
        counts[event["event"]] += 1
        if counts["answer"] == options.hour * FPS // 20:
            early[0] = megabytes()

    start = time.monotonic()
    alerts = [alert, replace(alert, label="inactivity", threshold=600.0)]
    Watcher(judge, cameras_of([str(path)]), alerts, Reading(1 / FPS, fast=True), Clips(folder / "clips"), told).run()
    saved = len(list((folder / "clips").glob("*.mp4")))
    line = (f"tsm-resnet_tiny sees {counts['answer']:,} frames of a film of {options.hour} s in "
            f"{time.monotonic() - start:.0f} s, with {counts['alert']} alerts and {saved} clips saved: "
            f"{early[0]:.0f} MB of memory after a twentieth, {megabytes():.0f} at the end.")
    print(line, flush=True)
    return [line]


PARTS: dict[str, Callable[[Path, argparse.Namespace], list[str]]] = {
    "latency": latency, "cameras": cameras, "cut": cut, "hour": hour}


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--hour", type=int, default=3600, help="seconds of the long film")
    parser.add_argument("--engines", nargs="*", default=["torch", "openvino"])
    parser.add_argument("--only", nargs="*", choices=PARTS, default=[*PARTS])
    options = parser.parse_args()
    begin(options.threads)
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder:
            lines = PARTS[name](Path(folder), options)
        beside = f"Load of the machine meanwhile: {os.getloadavg()[1]:.0f} (2 is that of two busy cores)."
        put(f"live-{name}", "\n".join([*lines, "", f"{beside} {measured_by(f'benchmarks.live --only {name}')}"]))


if __name__ == "__main__":
    main()
