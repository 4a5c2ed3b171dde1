"""How often an engine of lower precision gives the answer that the network itself gives, on a run's own clips."""

from contextlib import suppress
from typing import NamedTuple

import numpy as np

from kinema.errors import RunError, counted
from kinema.evaluation.predict import predict
from kinema.files import read_kept, write_json
from kinema.inference.engines import Engine
from kinema.machine import Machine
from kinema.models import Network
from kinema.runs import Run

FILE = "agreement.json"  # in the run's folder
CLIPS = 200  # validation clips that are looked at, at most


class Agreement(NamedTuple):
    """The share of so many clips of which the best class is the same."""

    share: float
    clips: int

    def __str__(self) -> str:
        return f"{self.share:.1%} of {counted(self.clips, 'validation clip')} get the same label as in fp32"


def agreement(run: Run, network: Network, engine: Engine, name: str) -> Agreement | None:
    """How far an engine called `name` agrees with the network, measured once for the run's weights and then kept.

    None where the run has no validation clips.
    """
    path, stamp = run.path / FILE, weights_stamp(run)
    kept = read_kept(path)
    if kept.get("weights") != stamp:
        kept = {"weights": stamp}
    if name not in kept:
        table = run.split().validation
        table = table.subset(np.linspace(0, len(table) - 1, min(CLIPS, len(table))).round().astype(int).tolist())
        if not len(table):
            return None
        machine = Machine(accelerator=next(network.parameters()).device.type)
        cache = machine.cache(network.clip)
        answers = [predict(network, table, machine=machine, cache=cache, quiet=True, engine=each).predictions
                   for each in (None, engine)]
        best_N, other_N = (each.scores_NK().argmax(1) for each in answers)
        kept[name] = [float((best_N == other_N).mean()), len(best_N)]
        with suppress(RunError):  # where it cannot be kept it is measured again
            write_json(path, kept)
    return Agreement(*kept[name])


def weights_stamp(run: Run) -> int:
    """What tells a run's weights from those that it had before."""
    return (run.path / "best.safetensors").stat().st_mtime_ns
