"""A long video, answered about once a second; writes a table of benchmarks/RESULTS.md.

python -m benchmarks.hour [--videos ../shared/videos] [--minutes 60] [--threads 2] [--only PATTERN]

A real video, encoded at 640 x 360 and 25 frames per second, is repeated until it lasts that long (its packets are
written again and again). x3d_s with random weights answers once a second of it; what counts is the time by the clock
from opening the file to the last answer, and the memory of the process after the first twentieth and at the end.
OMP_WAIT_POLICY is PASSIVE, so that idle threads of one engine do not slow down the other.
"""

import argparse
import tempfile
import time
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path

import av
import torch

from benchmarks.reading import SOURCE
from benchmarks.results import ROOT, begin, measured_by, put
from benchmarks.streams import megabytes
from kinema import Recognizer
from kinema.data.video import open_video
from kinema.models import create_model

NAME, WIDTH, HEIGHT, FPS = "x3d_s", 640, 360, 25
WINDOW_SECONDS = 2.0  # windows overlap by half: one a second
ENGINES = (("torch", "fp32"), ("openvino", "fp32"), ("openvino", "bf16"))


def make(source: Path, path: Path, seconds: int) -> Path:
    """A video that lasts so long, in which one of ten seconds comes again and again."""
    with av.open(str(source)) as given, av.open(str(path), "w") as made:
        stream = made.add_stream("libx264", rate=FPS, options={"g": "50", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        packets = []
        for number, frame in enumerate(given.decode(video=0)):
            scaled = frame.reformat(WIDTH, HEIGHT, format="yuv420p")
            scaled.pts, scaled.time_base, scaled.pict_type = number, Fraction(1, FPS), 0
            packets += stream.encode(scaled)
        packets += stream.encode(None)
        step = len(packets)
        for start in range(0, seconds * FPS, step):
            for packet in packets:
                copy = av.Packet(bytes(packet))
                copy.pts, copy.dts = packet.pts + start, packet.dts + start
                copy.time_base, copy.stream, copy.is_keyframe = Fraction(1, FPS), stream, packet.is_keyframe
                made.mux(copy)
    return path


def row_of(path: Path, engine: str, precision: str) -> str:
    """What one engine takes."""
    torch.manual_seed(0)
    recognizer = Recognizer(create_model(NAME), device="cpu", window=WINDOW_SECONDS, engine=engine, precision=precision)
    recognizer.engine.answer(torch.zeros(1, *recognizer.network.clip.shape_CTHW))
    start, early = time.perf_counter(), 0.0
    with open_video(path) as video:
        expected = int(len(video) / FPS)
        for number, _ in enumerate(recognizer.answers(video)):
            if number == expected // 20:
                early = megabytes()
        lasts = video.duration_seconds
    took = time.perf_counter() - start
    print(engine, precision, number + 1, "answers", f"{took:.1f} s", f"{lasts / took:.1f} x", flush=True)
    return (f"| {engine} {precision} | {number + 1} | {took:.0f} | **{lasts / took:.1f}** | {early:.0f} | "
            f"{megabytes():.0f} |")


def main() -> None:
    """Make the video, go through it, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, default=ROOT.parent / "shared" / "videos")
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="*", metavar="PATTERN")
    options = parser.parse_args()
    begin(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        path = make(options.videos / SOURCE, Path(folder) / "long.mp4", 60 * options.minutes)
        rows = [row_of(path, *key) for key in ENGINES if fnmatchcase(" ".join(key), options.only)]
    lines = [f"{NAME} answers about {options.minutes} minutes of {WIDTH}x{HEIGHT} at {FPS} frames per second, once a "
             f"second, {options.threads} threads.", "",
             "| engine | answers | seconds | times real time | MB after a twentieth | MB at the end |",
             "| --- | --- | --- | --- | --- | --- |", *rows, "",
             measured_by("benchmarks.hour")]
    put("hour", "\n".join(lines))


if __name__ == "__main__":
    main()
