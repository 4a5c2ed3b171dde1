"""How much a network uses time: its accuracy when the frames of its clips are changed.

Clips of flow change as if the video did: where it runs backwards, a field leads from a frame to the one before, and
where it stands still, nothing moves. Shuffled frames, and those at other rates, are moments of the same video: each
keeps its own field.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from kinema.errors import ModelError
from kinema.evaluation.compare import Difference, difference
from kinema.evaluation.intervals import Estimate
from kinema.evaluation.metrics import metrics
from kinema.evaluation.predict import UNCHANGED, Probe, predict
from kinema.evaluation.protocols import Protocol
from kinema.keyed import keyed_generator
from kinema.machine import Machine
from kinema.models import sized_by
from kinema.runs import Run

AS_THEY_ARE = "as they are"


def shuffled(indices_VT: torch.Tensor, video_frames: int, name: str) -> torch.Tensor:
    """The frames in another order, which depends on the video's name alone."""
    order = torch.randperm(indices_VT.shape[1], generator=keyed_generator("shuffled", name))
    return indices_VT[:, order]


def reversed_(indices_VT: torch.Tensor, video_frames: int, name: str) -> torch.Tensor:
    """The frames from the last to the first."""
    return indices_VT.flip(1)


def frozen(indices_VT: torch.Tensor, video_frames: int, name: str) -> torch.Tensor:
    """The middle frame in the place of each."""
    middle = indices_VT.shape[1] // 2
    return indices_VT[:, middle : middle + 1].expand_as(indices_VT)


def faster(indices_VT: torch.Tensor, video_frames: int, name: str, rate: float) -> torch.Tensor:
    """Frames `rate` times as far from the view's middle; what lies beyond the video is its first or last frame."""
    middle = indices_VT.double().mean(1, keepdim=True)
    return (middle + (indices_VT - middle) * rate).round().long().clamp(0, video_frames - 1)


PROBES = {
    AS_THEY_ARE: UNCHANGED, "shuffled": Probe(shuffled), "reversed": Probe(reversed_, step=-1),
    "frozen": Probe(frozen, step=0), "half the rate": Probe(partial(faster, rate=0.5)),
    "twice the rate": Probe(partial(faster, rate=2.0)),
}
SINGLE = "a single frame"


@dataclass(frozen=True)
class Probed:
    """Top-1 under one probe, and how much higher it is than with the frames as they are, on the same clips."""

    name: str
    top1: Estimate
    gain: Difference


def temporal_probes(
    run: Run, split: str | None = None, which: str = "best", machine: Machine | None = None,
    data: str | Path | None = None, format: str | None = None, root: str | Path | None = None,
) -> list[Probed]:
    """A run's accuracy on clips, named as in `evaluate`, when frames are shuffled, reversed, frozen, at other rates.

    Also on one frame alone, where the network takes clips of any length. A network that looks at nothing but single
    frames loses nothing by the first two; one that looks at single fields of flow, nothing by the first.
    """
    from kinema.evaluation.evaluate import clips_of

    machine = machine or Machine()
    table, _, _ = clips_of(run, data, split, format, root)
    network = run.model(which).to(machine.device())
    cache = machine.cache(run.recipe.clip)
    answers = {name: predict(network, table, None, machine, cache, probe=probe).predictions
               for name, probe in PROBES.items()}
    if "frames" not in sized_by(network.name) and run.recipe.neighbours == 1:
        with suppress(ModelError, RuntimeError):  # of a network that cannot take so few
            answers[SINGLE] = predict(network, table, Protocol(frames=1), machine, cache,
                                      probe=Probe(step=0)).predictions
    base = answers[AS_THEY_ARE]
    return [Probed(name, metrics(found).top1, difference(found, base)) for name, found in answers.items()]
