"""Every switch of training: does a killed run go on to the bit, and do two processes learn what one learns?

python -m benchmarks.switches [--out docs/switches.csv]

Each switch trains a small network on made-up clips: whole; until it is killed after a checkpoint, and on from there;
and in two processes. Weights and logs are compared; `holds` says whether the resumed run is bit-identical and two
processes are within BOUND of one (wider where rounding itself is coarse). Rows that the table has already are left as
they are, so that the same command goes on where it stopped.
"""

import argparse
import csv
import datetime
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.soak import ROOT, TRAIN, same, weights
from kinema.data.clips import read_table
from kinema.data.synthetic import make, synthetic_spec

USUAL = [
    "--model=tam-resnet_tiny", "--frames=4", "--size=32", "--batch=8", "--epochs=4", "--optimizer=sgd", "--lr=0.01",
    "--dropout=0", "--precision=64-true", "--accelerator=cpu", "--workers=0", "--save-every=3",
]
SWITCHES = {
    "none": [],
    "mixup": ["--mixup=0.4"],
    "cutmix": ["--cutmix=1"],
    "mixup and cutmix, pairs across processes": ["--mixup=0.4", "--cutmix=1", "--batch=6"],
    "dropout": ["--dropout=0.5"],
    "drop path": ["--drop-path=0.3"],
    "RandAugment": ["--randaugment=2"],
    "random erasing": ["--erase=0.5", "--erase-span=0.5"],
    "colours": ["--brightness=0.3", "--contrast=0.3", "--saturation=0.3"],
    "repeats": ["--repeats=2"],
    "precise batch norm": ["--precise-norm=16"],
    "moving average": ["--ema=0.9"],
    "moving average, precise batch norm": ["--ema=0.9", "--precise-norm=16"],
    "label smoothing": ["--label-smoothing=0.1"],
    "gradient clipping": ["--clip-gradient=0.5"],
    "accumulation": ["--accumulate=2"],
    "class weights": ["--balance=weights"],
    "balanced sampling": ["--balance=sampling"],
    "adamw": ["--optimizer=adamw", "--lr=0.001"],
    "steps": ["--schedule=steps"],
    "frame differences": ["--input=difference"],
    "bf16": ["--precision=bf16-mixed", "--lr=0.001"],  # at 0.01 the training itself makes 0.3 of what is rounded
    "gradient checkpointing": ["--gradient-checkpointing", "--drop-path=0.3", "--dropout=0.5"],
    "multigrid": ["--multigrid=both", "--epochs=8"],
    "multigrid, distillation": ["--multigrid=both", "--epochs=8", "--distil={teacher}"],
    "loss by sigmoid": ["--loss=sigmoid"],
    "rates by layer, a new classifier's rate": ["--layer-decay=0.7", "--head-lr=5"],
    "frozen stages": ["--frozen=2"],
    "start": ["--start={teacher}"],
    "distillation": ["--distil={teacher}", "--distil-weight=0.7", "--temperature=3"],
    "optical flow": ["--input=flow"],
    "channels last": ["--channels-last"],
    "all at once": [
        "--mixup=0.4", "--cutmix=1", "--dropout=0.5", "--drop-path=0.3", "--randaugment=2", "--erase=0.5",
        "--repeats=2", "--precise-norm=16", "--ema=0.9", "--label-smoothing=0.1", "--clip-gradient=0.5",
        "--balance=sampling", "--multigrid=both", "--epochs=8", "--batch=12", "--accumulate=2",
        "--gradient-checkpointing",
    ],
}  # fmt: skip
COLUMNS = ("switch", "options", "steps", "killed_after", "resumed", "two_processes", "holds", "commit", "date")
BOUND, COARSE = 1e-9, {"bf16": 0.1, "adamw": 1e-6}  # of any weight


def measure(switch: str, command: list[str], folder: Path) -> dict[str, str | int]:
    """What a switch's four trainings show."""
    whole, killed, two = (folder / name for name in ("whole", "killed", "two"))
    run([*command, "--out", str(whole)])
    at = kill_after_a_checkpoint([*command, "--out", str(killed)], killed / "last.pt")
    run([*command, "--out", str(killed)])
    run([*command, "--out", str(two), "--devices=2"])
    equal = same(weights(whole), weights(killed)) and all(
        (whole / name).read_text() == (killed / name).read_text() for name in ("log.csv", "epochs.csv"))
    one, other = weights(whole), weights(two)
    apart = max(float((one[name].double() - other[name].double()).abs().max()) for name in one)
    steps = len((whole / "log.csv").read_text().splitlines()) - 1
    return {"steps": steps, "killed_after": at, "resumed": "bit-identical" if equal else "DIFFERS",
            "two_processes": f"{apart:.1e}", "holds": "yes" if equal and apart <= COARSE.get(switch, BOUND) else "NO"}


def run(command: list[str]) -> None:
    """Train; what goes wrong stops the benchmark."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def kill_after_a_checkpoint(command: list[str], saved: Path) -> int:
    """Start a training and kill it once it has saved a state; the step of that."""
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not saved.exists():
        if process.poll() is not None:
            raise SystemExit(f"a training ended with {process.returncode} before it saved: {' '.join(command)}")
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    if process.wait() != -signal.SIGKILL:
        raise SystemExit("a training ended before it was killed; more epochs are needed")
    return int(torch.load(saved, weights_only=True)["step"])


def uneven(folder: Path) -> list[str]:
    """A list of made-up clips in which half of the classes have more of them than the others, as `kinema train` takes
    it."""
    data = make(synthetic_spec("motion", clips=60, frames=8, height=32, width=32), folder / "motion", workers=1)
    table = read_table(data)
    table.subset(i for i in range(len(table)) if i // 12 % 2 or i % 12 < 6).to_csv(folder / "list.csv")
    return [str(folder / "list.csv"), "--root", str(data)]


def main() -> None:
    """Measure the switches that the table lacks, and write each row as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "switches.csv")
    out = parser.parse_args().out
    known = list(csv.DictReader(out.open(encoding="utf-8"))) if out.exists() else []
    rows = {row["switch"]: row for row in known if row["options"] == " ".join(SWITCHES.get(row["switch"], ["gone"]))}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        data, teacher = uneven(Path(folder)), Path(folder) / "teacher"
        run([*TRAIN, *data, *USUAL, "--epochs=1", "--out", str(teacher)])
        for number, (switch, options) in enumerate(SWITCHES.items()):
            if switch not in rows:
                told = [option.format(teacher=teacher) for option in options]
                found = measure(switch, [*TRAIN, *data, *USUAL, *told], Path(folder) / str(number))
                facts = {"switch": switch, "options": " ".join(options), "commit": commit.strip(),
                         "date": datetime.date.today().isoformat()}
                rows[switch] = {name: str(value) for name, value in {**facts, **found}.items()}
            print(rows[switch], flush=True)
            with out.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows[name] for name in SWITCHES if name in rows)


if __name__ == "__main__":
    main()
