"""A stream beside the clip seen anew with each frame; writes the tables of benchmarks/RESULTS.md.

python -m benchmarks.streams [--rounds 7] [--threads 2] [--frames 100000] [--only speed|long]

Each round sees a clip with the network as PyTorch runs it, and then a frame with each kind of step, by turns; a ratio
is that of a round, over the median of ten frames, and its median over the rounds stands beside its range. Then a tiny
network is fed so many frames: the time of a frame and the memory of the process at the beginning and at the end.
OMP_WAIT_POLICY is PASSIVE, so that idle threads of one engine do not slow down the next.
"""

import argparse
import os
import time
from pathlib import Path
from statistics import median

import torch

from benchmarks.engines import eager, seconds
from benchmarks.results import begin, measured_by, put
from kinema.inference.engines.stepping import Compiled
from kinema.models import create_model
from kinema.models.streaming import State, Steps

NAMES = {"online_tsm-resnet50": (8, 224), "x3d_s": (13, 182)}  # and the frames and pixels of a clip
TINY, SIZE, PART = "tsm-resnet_tiny", 32, 10_000
FRAMES = 10  # of which the median is a round's


def frame_seconds(step: "Steps | Compiled", frame_1C1HW: torch.Tensor, state: State) -> tuple[float, State]:
    """How long a frame takes: the median of a few."""
    times = []
    with torch.inference_mode():
        for _ in range(FRAMES):
            start = time.perf_counter()
            _, state = step(frame_1C1HW, state)
            times.append(time.perf_counter() - start)
    return median(times), state


def speed(rounds: int) -> list[str]:
    """How many times faster a frame is than its clip."""
    lines = ["| network | clip | clip anew, ms | memory, torch fp32 | openvino fp32 | openvino bf16 |",
             "| --- | --- | --- | --- | --- | --- |"]
    for name, (frames, size) in NAMES.items():
        torch.manual_seed(0)
        network = create_model(name, frames=frames, causal=True).eval()
        network.clip = network.clip.__class__(**{**network.clip.to_dict(), "height": size, "width": size})
        clip_1CTHW = torch.randn(1, *network.clip.shape_CTHW)
        own = Steps(network)
        steps = {"torch": own, "fp32": Compiled(Steps(network), "fp32"), "bf16": Compiled(Steps(network), "bf16")}
        states = dict.fromkeys(steps, State())
        clips: list[float] = []
        ratios: dict[str, list[float]] = {key: [] for key in steps}
        for number in range(rounds + 1):  # the first one warms up
            clip = seconds(eager(network), clip_1CTHW)
            for key, step in steps.items():
                took, states[key] = frame_seconds(step, clip_1CTHW[:, :, :1], states[key])
                ratios[key] += [clip / took] if number else []
            clips += [clip] if number else []
        cells = [f"**{median(each):.1f}** ({min(each):.1f} to {max(each):.1f})" for each in ratios.values()]
        lines.append(f"| {name} | {frames}x{size} | {1000 * median(clips):.0f} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return lines


def megabytes() -> float:
    """The memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def long(frames: int) -> list[str]:
    """A tiny network over many frames."""
    network = create_model(TINY, 10, frames=8, causal=True).eval()
    steps, state = Steps(network), State()
    frame_1C1HW = torch.randn(1, 3, 1, SIZE, SIZE)
    parts = []
    with torch.inference_mode():
        for _ in range(frames // PART):
            times = []
            for _ in range(PART):
                start = time.perf_counter()
                _, state = steps(frame_1C1HW, state)
                times.append(time.perf_counter() - start)
            parts.append((1000 * median(times), megabytes()))
            print(*parts[-1], flush=True)
    (first, before), (last, after) = parts[0], parts[-1]
    return [f"{TINY} over {state.count:,} frames of {SIZE}x{SIZE} px: {first:.2f} ms a frame in the first {PART:,}; "
            f"{last:.2f} in the last; {before:.1f} MB of memory after the first, {after:.1f} at the end."]


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--only", choices=("speed", "long"))
    options = parser.parse_args()
    begin(options.threads)
    for what, find in (("speed", lambda: speed(options.rounds)), ("long", lambda: long(options.frames))):
        if options.only in (None, what):
            put(what, "\n".join([*find(), "", measured_by(f"benchmarks.streams --only {what}")]))


if __name__ == "__main__":
    main()
