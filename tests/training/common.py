"""What tests of training share, in part with the soak."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.soak import OPTIONS as SOAKED
from benchmarks.soak import TRAIN as COMMAND
from benchmarks.soak import same, weights
from kinema.data.transforms import Augment
from kinema.machine import Machine
from kinema.training.log import read_csv

__all__ = ["COMMAND", "EVERY_OPTION", "EVERY_SWITCH", "HERE", "OPTIONS", "logs_agree", "same", "weights"]

HERE = Machine(accelerator="cpu", workers=0)
OPTIONS = [*SOAKED, "--epochs", "4"]
EVERY_SWITCH: dict[str, Any] = {  # that draws, keeps a state or looks at other clips, all at once
    "mixup": 0.4, "cutmix": 1.0, "drop_path": 0.3, "repeats": 2, "precise_norm": 16, "label_smoothing": 0.1,
    "clip_gradient": 1.0, "balance": "sampling", "ema": 0.9,
    "augment": Augment(randaugment=2, erase=0.5, brightness=0.2),
}
EVERY_OPTION = [
    "--mixup=0.4", "--cutmix=1", "--drop-path=0.3", "--repeats=2", "--precise-norm=16", "--label-smoothing=0.1",
    "--clip-gradient=1", "--balance=sampling", "--randaugment=2", "--erase=0.5", "--brightness=0.2", "--ema=0.9",
]


def logs_agree(one: Path, other: Path) -> bool:
    """Did two runs write the same down, but for rounding?"""
    pair = [[{name: float(value) for name, value in row.items()} for row in read_csv(run / "log.csv")]
            for run in (one, other)]
    return len(pair[0]) == len(pair[1]) and all(
        row == pytest.approx(same, rel=1e-4, abs=2e-4) for row, same in zip(*pair, strict=True))
