"""`make soak`: kills at random moments, and memory over 10,000 clips; writes docs/soak.md.

python -m benchmarks.soak [--kills 20] [--clips 10000]
"""

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from benchmarks.results import ROOT, measured_by, put
from kinema.data.synthetic import make, synthetic_spec

TRAIN = [sys.executable, "-m", "kinema", "train"]
OPTIONS = [
    "--model",
    "tam-resnet_tiny",
    "--frames",
    "4",
    "--size",
    "32",
    "--batch",
    "4",
    "--ema",
    "0.99",
    "--mixup",
    "0.2",
    "--accelerator",
    "cpu",
]


def kills(folder: Path, wanted: int, epochs: int = 40) -> str:
    """Kill trainings at `wanted` random moments, resuming after each; compare the weights of each that ends with those
    of one that was never killed."""
    data = make(synthetic_spec("motion", clips=120, frames=8, height=32, width=32), folder / "motion", workers=2)
    often = ["--save-every", "5", "--workers", "1", "--epochs", str(epochs)]
    command = [*TRAIN, str(data), *OPTIONS, *often, "--out"]
    started = time.monotonic()
    subprocess.run([*command, str(folder / "whole")], check=True, capture_output=True)
    seconds = time.monotonic() - started
    draw, moments, equal = random.Random(0), [], []
    while len(moments) < wanted:
        run, before = folder / f"killed{len(equal)}", len(moments)
        while len(moments) < wanted and killed(command, run, draw.uniform(0.1, 0.4) * seconds):
            saved = run / "last.pt"
            moments.append(torch.load(saved, weights_only=True)["step"] if saved.exists() else 0)
            print(f"kill {len(moments)}: last checkpoint at step {moments[-1]}", flush=True)
        subprocess.run([*command, str(run)], check=True, capture_output=True)
        if len(moments) > before:
            equal.append(same(weights(folder / "whole"), weights(run)))
        else:
            shutil.rmtree(run)  # it ended before it was killed and shows nothing
    return (
        f"| SIGKILL | {len(moments)} kills of {len(equal)} trainings, checkpoints found at steps "
        f"{', '.join(map(str, moments))} | final weights {'bit-identical' if all(equal) else 'DIFFER'} |"
    )


def killed(command: list[str], run: Path, after_seconds: float) -> bool:
    """Train into a folder; whether the training was killed, or ended before."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([*command, str(run)], start_new_session=True, stdout=quiet, stderr=quiet)
    try:
        if process.wait(after_seconds):
            raise SystemExit(f"a training failed with {process.returncode}: {' '.join(command)} {run}")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait() == -signal.SIGKILL
    return False


def weights(run: Path) -> dict[str, torch.Tensor]:
    """The last weights of a run."""
    return load_file(run / "last.safetensors")


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of weights are equal to the bit."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def family_megabytes(pid: int) -> float:
    """Memory of a process and its children that is theirs alone or shared among them (PSS), in MB."""
    total = 0.0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for member in [pid, *map(int, children)]:
        lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return total


def memory(folder: Path, clips: int, warm_up: int = 500) -> str:
    """Read clips through the training loader, without the cache, so that every clip is opened and decoded anew."""
    from kinema import Recipe
    from kinema.data.cache import ClipCache
    from kinema.data.clips import read_table
    from kinema.data.dataset import ProblemLog, Steps, TrainingClips, make_loader
    from kinema.data.transforms import train_transform

    data = make(synthetic_spec("motion", clips=120, frames=8, height=32, width=32), folder / "motion", workers=2)
    table, recipe = read_table(data), Recipe(str(data), frames=4, size=32)
    dataset = TrainingClips(
        table,
        recipe.clip,
        train_transform(recipe.clip, recipe.augment),
        ClipCache(None, recipe.clip, 0),
        0,
        ProblemLog(folder / "problems.jsonl"),
    )
    batch, start = 20, 0.0
    loader = make_loader(dataset, Steps(len(table), batch, (warm_up + clips) // batch, 0), workers=2)
    for number, _ in enumerate(loader):
        read = (number + 1) * batch
        if read == warm_up:
            start = family_megabytes(os.getpid())
        if read % 2500 == 0:
            print(f"{read} clips: {family_megabytes(os.getpid()):.0f} MB", flush=True)
        end = family_megabytes(os.getpid()) if read == warm_up + clips else 0.0
    return f"| memory | {clips} clips after {warm_up} to warm up, 2 workers included | {end - start:+.1f} MB |"


def main() -> None:
    """Run both and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--clips", type=int, default=10_000)
    chosen = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KINEMA_CACHE"] = str(Path(folder) / "cache")
        rows = [memory(Path(folder), chosen.clips), kills(Path(folder), chosen.kills)]
    lines = [measured_by("benchmarks.soak"), "", "| what | how much | result |", "| --- | --- | --- |", *rows]
    print("\n".join(lines))
    put("runs", "\n".join(lines), ROOT / "docs" / "soak.md")


if __name__ == "__main__":
    main()
