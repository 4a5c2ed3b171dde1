"""What a prediction costs as its clips grow longer, and more; writes a table into benchmarks/RESULTS.md and linear.png.

python -m benchmarks.linear [--only PATTERN] [--rounds 7] [--threads 2]

Each round times a video's clips with each number of frames (one clip) and each number of clips (of 8 frames), by turns,
as the Recognizer's torch engine answers them; reading is not timed. A round's times give a straight line, with R², and
the exponent p of time ~ x^p: the slope of the logarithms. Networks have random weights. OMP_WAIT_POLICY is PASSIVE, so
that idle threads do not slow down the rest.
"""

import argparse
import time
from dataclasses import replace
from fnmatch import fnmatchcase
from statistics import median
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.results import ROOT, begin, measured_by, put
from kinema.evaluation.profile import profile
from kinema.inference.recognizer import Recognizer
from kinema.inference.windows import Window
from kinema.models import create_model
from kinema.study.plots import OTHERS, panels

NAMES = {"tsm-resnet50": 112, "i3d-resnet50": 112, "x3d_s": 182, "timesformer": 112}  # and the pixels of a clip
FRAMES, CLIPS, USUAL = (4, 8, 16, 32, 64), (1, 2, 4, 8, 16), 8  # USUAL frames, where clips are counted
PICTURE = ROOT / "benchmarks" / "linear.png"


class Growth(NamedTuple):
    """What a network's answer takes as something grows: rounds x numbers of seconds, and GMACs."""

    numbers: tuple[int, ...]
    seconds_RX: np.ndarray
    gmacs_X: np.ndarray


def recognizer_of(name: str, frames: int, size: int) -> Recognizer:
    """A network that sees clips of so many frames and pixels, by the torch engine."""
    network = create_model(name, frames=frames).eval()
    network.clip = replace(network.clip, frames=frames, height=size, width=size)
    return Recognizer(network, device="cpu", engine="torch")


def seconds(recognizer: Recognizer, clips_NCTHW: torch.Tensor) -> float:
    """How long the clips of a video take, each of a window of its own."""
    windows = [Window(0.0, 1.0, clip_1CTHW) for clip_1CTHW in clips_NCTHW.split(1)]
    start = time.perf_counter()
    list(recognizer.run_over(windows, recognizer.engine.answer))
    return time.perf_counter() - start


def grown(name: str, rounds: int) -> tuple[Growth, Growth]:
    """A network's times over frames, and over clips."""
    torch.manual_seed(0)
    size = NAMES[name]
    by_frames = {frames: recognizer_of(name, frames, size) for frames in FRAMES}
    shapes = [(frames, 1) for frames in FRAMES] + [(USUAL, clips) for clips in CLIPS]
    videos = [torch.randn(clips, *by_frames[frames].network.clip.shape_CTHW) for frames, clips in shapes]
    taken = []
    for number in range(rounds + 1):  # the first one warms up
        row = [seconds(by_frames[frames], video) for (frames, _), video in zip(shapes, videos, strict=True)]
        taken += [row] if number else []
        print(name, *(f"{1000 * each:.0f}" for each in row), flush=True)
    seconds_RX = np.array(taken)
    gmacs = {frames: profile(name, frames, size).gmacs for frames in FRAMES}
    return (Growth(FRAMES, seconds_RX[:, : len(FRAMES)], np.array([gmacs[frames] for frames in FRAMES])),
            Growth(CLIPS, seconds_RX[:, len(FRAMES) :], gmacs[USUAL] * np.array(CLIPS)))


def exponent(numbers: tuple[int, ...], values_X: np.ndarray) -> float:
    """p of values ~ numbers^p, by least squares of the logarithms."""
    return float(np.polyfit(np.log(numbers), np.log(values_X), 1)[0])


def straight(numbers: tuple[int, ...], values_X: np.ndarray) -> tuple[float, float, float]:
    """The line of least squares, its slope and its value at 0, and R²."""
    slope, base = np.polyfit(numbers, values_X, 1)
    left_X = values_X - (slope * np.array(numbers) + base)
    return float(slope), float(base), float(1 - (left_X**2).sum() / ((values_X - values_X.mean()) ** 2).sum())


def spread(values: list[float], digits: int) -> str:
    """The middle value, with the least and the most."""
    return f"**{median(values):.{digits}f}** ({min(values):.{digits}f} to {max(values):.{digits}f})"


def row(name: str, what: str, growth: Growth) -> str:
    """A row of the table."""
    numbers, ms_RX = growth.numbers, 1000 * growth.seconds_RX
    middle_X, gmacs_X = np.median(ms_RX, 0), growth.gmacs_X
    slope, base, _ = straight(numbers, middle_X)
    return " | ".join([
        f"| {name}", f"{what}, {numbers[0]} to {numbers[-1]}", f"{gmacs_X[0]:.2f} to {gmacs_X[-1]:.2f}",
        f"{exponent(numbers, gmacs_X):.3f}", f"{middle_X[0]:.1f} to {middle_X[-1]:.1f}", f"{base:.1f} + {slope:.2f} x",
        spread([straight(numbers, ms_X)[2] for ms_X in ms_RX], 4),
        spread([exponent(numbers, ms_X) for ms_X in ms_RX], 3), spread((ms_RX[:, -1] / ms_RX[:, -2]).tolist(), 2),
    ]) + " |"


def draw(found: dict[str, tuple[Growth, Growth]]) -> None:
    """The figure: time over frames and over clips, both axes logarithmic, beside what would be exactly linear."""
    figure, ((left, right),) = panels(1, 2)
    axes = ((left, "frames of a clip"), (right, f"clips of a video, {USUAL} frames each"))
    for place, (axis, label) in enumerate(axes):
        for name, colour in zip(found, OTHERS, strict=False):
            growth = found[name][place]
            ms_RX, numbers = 1000 * growth.seconds_RX, np.array(growth.numbers)
            middle_X = np.median(ms_RX, 0)
            ends_2X = np.abs(np.array([ms_RX.min(0), ms_RX.max(0)]) - middle_X)
            axis.errorbar(numbers, middle_X, ends_2X, marker="o", markersize=4, linewidth=1.4, color=colour,
                          label=f"{name}, {NAMES[name]} px")
            axis.plot(numbers, middle_X[-1] * numbers / numbers[-1], color=colour, linewidth=0.8, linestyle=":")
        axis.set_xscale("log", base=2)
        axis.set_yscale("log")
        axis.set_xticks(growth.numbers, [str(number) for number in growth.numbers])
        axis.set_xlabel(label)
        axis.set_ylabel("ms a video")
    right.plot([], [], color="#4c5a6b", linewidth=0.8, linestyle=":", label="linear")
    right.legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(PICTURE, dpi=130)


def main() -> None:
    """Measure, draw and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    begin(options.threads)
    names = [name for name in NAMES if fnmatchcase(name, options.only)]
    found = {name: grown(name, options.rounds) for name in names}
    draw(found)
    lines = ["| network | x | GMACs | their exponent | ms | line, ms | R² | exponent of ms | last doubling |",
             "| --- " * 9 + "|"]
    lines += [row(name, what, growth) for name in names
              for what, growth in zip(("frames", "clips"), found[name], strict=True)]
    lines += ["", "![time over frames and over clips](linear.png)", "",
              f"Of {', '.join(f'{name} {NAMES[name]}' for name in names)} px, {USUAL} frames where clips are counted; "
              f"{options.rounds} rounds, {options.threads} threads. {measured_by('benchmarks.linear')}"]
    put("linear", "\n".join(lines))


if __name__ == "__main__":
    main()
