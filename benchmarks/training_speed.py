"""What slows a training down, each against its absence, alternating, medians of the rounds; prints a table.

python benchmarks/training_speed.py [--rounds 5]

Broken files: `kinema train` on a folder in which one file in twenty is truncated, empty, text or without pictures,
against the same folder whole; nothing is cached before. Kept memory: forward and backward passes in a process that
keeps what it frees (as every training on a CPU does), against one that does not.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from kinema.data.synthetic import make, synthetic_spec

STEPS = """
import sys, time, torch
from kinema import create_model
from kinema.machine import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
network = create_model("tam-resnet_tiny", classes=12).to(memory_format=torch.channels_last_3d)
clips_NCTHW = torch.randn(16, 3, 8, 48, 48).to(memory_format=torch.channels_last_3d)
started = 0.0
for step in range(60):
    started = time.perf_counter() if step == 10 else started
    network(clips_NCTHW).square().mean().backward()
print(time.perf_counter() - started)
"""


def only_sound(path: Path) -> None:
    """Write a second of silence as an mp4 file without pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux([*stream.encode(frame), *stream.encode(None)])


def break_one_in_twenty(folder: Path) -> int:
    """Break every twentieth video, in four ways in turn; how many."""
    chosen = sorted(folder.glob("*/*.mp4"))[::20]
    for number, path in enumerate(chosen):
        whole = path.read_bytes()
        if number % 4 == 3:
            only_sound(path)
        else:
            path.write_bytes((whole[: len(whole) // 2], b"", b"this is no video\n" * 99)[number % 4])
    return len(chosen)


def seconds_to_train(data: Path, folder: Path) -> float:
    """How long `kinema train` takes on a folder that no cache knows."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "kinema", "train", str(data), "--out", str(folder / "run"), "--epochs", "4"]
    options = ["--model", "tam-resnet_tiny", "--size", "48", "--batch", "16", "--accelerator", "cpu"]
    started = time.monotonic()
    subprocess.run(
        [*command, *options], check=True, capture_output=True, env={**os.environ, "KINEMA_CACHE": str(folder / "cache")}
    )
    return time.monotonic() - started


def seconds_of_steps(how: str) -> float:
    """How long 50 forward and backward passes take in a process of their own."""
    found = subprocess.run([sys.executable, "-c", STEPS, how], check=True, capture_output=True, text=True)
    return float(found.stdout)


def alternate(one: Callable[[], float], other: Callable[[], float], rounds: int) -> str:
    """Columns of the table: both medians and their ratio."""
    times = [(one(), other()) for _ in range(rounds)]
    first, second = (statistics.median(column) for column in zip(*times, strict=True))
    return f"{first:.1f} s | {second:.1f} s | {first / second:.2f}"


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = make(synthetic_spec("motion", clips=600, height=64, width=64), folder / "whole", workers=2)
        broken = Path(shutil.copytree(whole, folder / "broken"))
        count = break_one_in_twenty(broken)
        lines = [
            "| what | with | without | ratio |",
            "| --- | --- | --- | --- |",
            f"| {count} of 600 files broken | "
            + alternate(
                lambda: seconds_to_train(broken, folder / "a"), lambda: seconds_to_train(whole, folder / "b"), rounds
            )
            + " |",
            "| freed memory kept, 50 passes | "
            + alternate(lambda: seconds_of_steps("kept"), lambda: seconds_of_steps("returned"), rounds)
            + " |",
        ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
