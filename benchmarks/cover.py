"""Covers of made-up minutes whose moment of highest action is known; writes a table of benchmarks/RESULTS.md.

python -m benchmarks.cover [--minutes 4] [--only PATTERN] [--shared]

Each minute is 20 clips of `figures`, three seconds each, in rooms of their own, so that it is cut 19 times. Either one
of them shows an action and the others somebody who stands, or all are drawn from all actions. What a figure does is
known by its joints: their mean speed, in picture heights a second. `kinema cover` runs as a process of its own, whose
time by the clock counts.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any, NamedTuple

import av
import numpy as np

from benchmarks.results import measured_by, put
from kinema.data.synthetic import synthetic_spec
from kinema.data.synthetic.make import draw, plan

CLIPS, FRAMES, FPS = 20, 36, 12
KINDS = ("walk", "collapse", "wave", "pick_up", "mixed")
SIZES = {"112 x 112": (112, 112), "640 x 360": (360, 640)}  # rows, columns
FORMATS = ("webp", "gif", "mp4")
KB = 500


class Minute(NamedTuple):
    """A video, what each of its clips shows, and how fast the joints of its figures move in each frame."""

    path: Path
    labels: list[str]
    speeds: np.ndarray

    def shares(self, start_seconds: float, end_seconds: float) -> tuple[float, float]:
        """The mean speed in a part of the video over that of the fastest clip; of their fastest half seconds too."""
        times = np.arange(len(self.speeds)) / FPS
        inside = (times > start_seconds - 0.5 / FPS) & (times < end_seconds - 0.5 / FPS)
        found, all_of_it = self.speeds[inside], self.speeds.reshape(-1, FRAMES)
        return (float(found.mean() / all_of_it.mean(1).max()),
                float(burst(found) / max(burst(clip_T) for clip_T in all_of_it)))


def burst(speeds_T: np.ndarray) -> float:
    """The mean speed of the fastest half second."""
    return float(np.convolve(speeds_T, np.ones(FPS // 2) / (FPS // 2), "valid").max())


def minute(path: Path, kind: str, seed: int = 0, size: tuple[int, int] = (112, 112), clips: int = CLIPS) -> Minute:
    """Write such a video: one clip of an action among people who stand, or "mixed"."""
    spec = synthetic_spec("figures", clips=9 * CLIPS, height=size[0], width=size[1], seed=seed)
    every, rng = plan(spec), np.random.default_rng(seed)
    chosen = [each for each in every if each.label == "stand"][:clips]
    if kind == "mixed":
        chosen = [every[number] for number in rng.permutation(len(every))[:clips]]
    else:
        chosen[int(rng.integers(1, clips - 1))] = next(each for each in every if each.label == kind)
    speeds: list[np.ndarray] = []
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        (stream.height, stream.width), stream.pix_fmt = size, "yuv420p"
        for number, each in enumerate(chosen):
            drawing = draw(spec, each)
            places_TJ2 = np.stack([*drawing.points.values()], axis=1) / min(size)
            steps_T = np.linalg.norm(np.diff(places_TJ2, axis=0), axis=2).mean(1) * FPS
            speeds.append(np.append(steps_T[:1], steps_T))
            for place, picture_HWC in enumerate(drawing.frames_THWC):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture_HWC), format="rgb24")
                frame.pts, frame.time_base = number * FRAMES + place, Fraction(1, FPS)
                file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return Minute(path, [each.label for each in chosen], np.concatenate(speeds))


def row_of(made: Minute, kind: str, seed: int, size: str, ending: str) -> str:
    """A cover, and how it did."""
    out = made.path.with_name(f"{made.path.stem}-cover.{ending}")
    start, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    told = subprocess.run([sys.executable, "-m", "kinema", "cover", str(made.path), "--out", str(out), "--max-kb",
                           str(KB), "--json"], capture_output=True, text=True, check=True)
    took, after, facts = time.perf_counter() - start, getrusage(RUSAGE_CHILDREN), json.loads(told.stdout)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    middle = (facts["start_seconds"] + facts["end_seconds"]) / 2
    shows = made.labels[int(middle * FPS / FRAMES)]
    whole, half = made.shares(facts["start_seconds"], facts["end_seconds"])
    row = (f"| {kind}, {seed} | {size} | {ending} | {shows} | {whole:.2f} | {half:.2f} | {took:.1f} | {busy:.1f} | "
           f"{facts['bytes'] / 1000:.0f} | {facts['width']} x {facts['height']}, {facts['fps']:.3g} |")
    print(row, flush=True)
    return row


def main() -> None:
    """Make the minutes and their covers, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=4, help="of each kind and size")
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--shared", action="store_true", help="say that other work used the machine meanwhile")
    options = parser.parse_args()
    aside = " Other work used both processors meanwhile, so that seconds by the clock are too many." * options.shared
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size, pixels in SIZES.items():
            for number, kind in enumerate(kind for kind in KINDS if fnmatchcase(kind, options.only)):
                for seed in range(options.minutes):
                    made = minute(Path(folder) / f"{kind}-{seed}-{pixels[1]}.mp4", kind, seed, pixels)
                    rows.append(row_of(made, kind, seed, size, FORMATS[(number + seed) % len(FORMATS)]))
                    made.path.unlink()
    put("cover", "\n".join([
        f"`kinema cover --max-kb {KB}` of minutes of {CLIPS} clips at {FPS} pictures a second, cut {CLIPS - 1} times: "
        "one with an action among people who stand, or all mixed. How fast the figure's joints move in the cover, over "
        "the fastest clip (mean), and the same of the fastest half second of each.", "",
        "| action, seed | video | cover | shows | mean | half second | seconds | of processors | KB | pixels, rate |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |", *rows, "",
        measured_by("benchmarks.cover") + aside]))


if __name__ == "__main__":
    main()
