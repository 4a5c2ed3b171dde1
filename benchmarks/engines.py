"""Engines beside eager PyTorch, batch 1; writes benchmarks/engines.csv and peaks.csv, the tables in
benchmarks/RESULTS.md and the figure docs/roofline.svg.

python -m benchmarks.engines [--only PATTERN] [--rounds 7] [--threads 2] [--peers PYTHON]

With --peers, the Python of an environment that has what people use today (`pip install torch==2.13.0
pytorchvideo==0.1.5 transformers`), its networks take their turn in each round, in a process of their own.

Each round times one clip with each engine in turn (A B A B ...): the second of two in a row, since the first finds the
caches full of the engine's before, and its threads not idle yet. A ratio is that of a round, and its median over the
rounds stands beside its range. Networks have random weights; clips are their own. OMP_WAIT_POLICY is PASSIVE.
"""

import argparse
import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from statistics import median

import torch

from benchmarks import machine, roofline
from benchmarks.peer import MAKE
from benchmarks.results import ROOT, begin, current_commit, put, today
from kinema.inference.engines.choose import made
from kinema.machine import keep_freed_memory
from kinema.models import Network, create_model

TABLE = ROOT / "benchmarks" / "engines.csv"
NAMES = {  # and the frames and pixels of a clip
    "x3d_s": (13, 182), "x3d_m": (16, 256), "tsm-resnet50": (8, 224), "r2plus1d_18": (16, 112),
    "slowfast_r50_8x8": (32, 256), "timesformer": (8, 224), "i3d_r50_8x8": (32, 224), "i3d-resnet50": (32, 224),
}
ENGINES = (("torch", "fp32"), ("onnx", "fp32"), ("openvino", "fp32"), ("torch", "bf16"), ("openvino", "bf16"))
COLUMNS = ("network", "clip", "engine", "precision", "milliseconds", "ratio", "low", "high", "error", "commit", "date")
BASE = ("peer", "fp32")


class Peer:
    """Another library's network, in a process of its own; one that it lacks is kinema's, as PyTorch runs it."""

    def __init__(self, python: str, name: str, frames: int, size: int, batch: int = 0) -> None:
        self.process = subprocess.Popen(
            [python if name in MAKE else sys.executable, str(ROOT / "benchmarks" / "peer.py")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "" if name in MAKE else str(ROOT)})
        told = f"{name} {frames} {size} {torch.get_num_threads()} {batch or ''}"
        if not self.ask(told).startswith("ready"):
            raise SystemExit(f"The peer's {name} cannot be had; see above.")

    def ask(self, line: str) -> str:
        """Its answer to a line."""
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: PT018
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def seconds(self) -> float:
        """How long a clip takes it that follows another."""
        self.ask("again")
        return float(self.ask("again"))

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def eager(network: Network) -> Callable[[torch.Tensor], torch.Tensor]:
    """The network as PyTorch runs it."""
    def answer(clips_NCTHW: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return network(clips_NCTHW)

    return answer


def seconds(engine: Callable[[torch.Tensor], torch.Tensor], clip_1CTHW: torch.Tensor) -> float:
    """How long a clip takes that follows another."""
    engine(clip_1CTHW)
    start = time.perf_counter()
    engine(clip_1CTHW)
    return time.perf_counter() - start


def rows_of(name: str, rounds: int, python: str | None) -> list[dict[str, str]]:
    """One network's rows."""
    frames, size = NAMES[name]
    torch.manual_seed(0)
    network = create_model(name, frames=frames).eval()
    network.clip = network.clip.__class__(**{**network.clip.to_dict(), "frames": frames, "height": size, "width": size})
    clip_1CTHW = torch.randn(1, *network.clip.shape_CTHW)
    engines = {("eager", "fp32"): eager(network)} | {(kind, precision): made(kind, network, precision)
                                                     for kind, precision in ENGINES}
    expected_1K = engines["eager", "fp32"](clip_1CTHW)
    errors = {key: float((engine(clip_1CTHW) - expected_1K).abs().max() / expected_1K.std())
              for key, engine in engines.items()}  # and warm
    peer = Peer(python, name, frames, size) if python else None
    times: dict[tuple[str, str], list[float]] = {key: [] for key in [*[BASE] * (peer is not None), *engines]}
    for _ in range(rounds):
        if peer:
            times[BASE].append(peer.seconds())
        for key, engine in engines.items():
            times[key].append(seconds(engine, clip_1CTHW))
    commit = current_commit()
    found = []
    for (kind, precision), each in times.items():
        base = times.get(BASE, times["eager", "fp32"])
        ratios = sorted(slow / quick for slow, quick in zip(base, each, strict=True))
        found.append(dict(zip(COLUMNS, (
            name, f"{frames}x{size}", kind, precision, f"{1000 * median(each):.1f}", f"{median(ratios):.2f}",
            f"{ratios[0]:.2f}", f"{ratios[-1]:.2f}", f"{errors.get((kind, precision), 0):.0e}", commit,
            today()), strict=True)))
        print(*found[-1].values(), flush=True)
    if peer:
        peer.close()
    return found


def page(rows: list[dict[str, str]], threads: int) -> str:
    """The table of ratios."""
    kinds = [("eager", "fp32"), *ENGINES]
    titles = " | ".join(f"{kind} {precision}" for kind, precision in kinds)
    lines = [f"Times faster than the peer, batch 1, {threads} threads: median of the rounds, least to most. The "
             "peer of a network marked * is kinema's own, as PyTorch runs it by itself.", "",
             f"| network | clip | peer, ms | {titles} |", "| --- " * (3 + len(kinds)) + "|"]
    for name in dict.fromkeys(row["network"] for row in rows):
        own = {(row["engine"], row["precision"]): row for row in rows if row["network"] == name}
        peer = own[BASE]["milliseconds"] if BASE in own else "-"
        cells = [f"**{own[key]['ratio']}** ({own[key]['low']} to {own[key]['high']})" for key in kinds]
        first = f"{name}{'' if name in MAKE else '*'}", own["eager", "fp32"]["clip"], peer
        lines.append(f"| {' | '.join([*first, *cells])} |")
    worst = max(float(row["error"]) for row in rows if row["precision"] == "fp32")
    return "\n".join([*lines, "", f"Logits in fp32 differ from eager's by {worst:.0e} of their spread at most. "
                      f"`python -m benchmarks.engines` at commit {rows[-1]['commit']}, {rows[-1]['date']}."])


def main() -> None:
    """Time the networks, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", metavar="PYTHON")
    options = parser.parse_args()
    begin(options.threads)
    keep_freed_memory()  # as a recogniser does
    peaks = machine.peaks(options.threads)
    names = [name for name in NAMES if fnmatchcase(name, options.only)]
    new = [row for name in names for row in rows_of(name, options.rounds, options.peers)]
    old = list(csv.DictReader(TABLE.open(encoding="utf-8"))) if TABLE.is_file() else []
    rows = [row for name in NAMES for row in (new if name in names else old) if row["network"] == name]
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    put("engines", "\n\n".join((page(rows, options.threads), roofline.table(rows, peaks, options.threads))))
    put("machine", machine.words(peaks))
    roofline.draw(rows, peaks, options.threads)


if __name__ == "__main__":
    main()
