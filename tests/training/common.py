"""What tests of training share, in part with the soak."""

from benchmarks.soak import OPTIONS as SOAKED
from benchmarks.soak import TRAIN as COMMAND
from benchmarks.soak import same, weights
from kinema.machine import Machine

__all__ = ["COMMAND", "HERE", "OPTIONS", "same", "weights"]

HERE = Machine(accelerator="cpu", workers=0)
OPTIONS = [*SOAKED, "--epochs", "4"]
