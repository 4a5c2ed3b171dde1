"""A file's answers held against those of the network it was made of.

Axes: N clips or cameras, C channels, T frames, H rows, W columns, K classes.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from kinema.data.transforms import test_transform
from kinema.errors import KinemaError, counted
from kinema.evaluation.by_clips import spread
from kinema.evaluation.predict import EvaluationClips
from kinema.inference.export.formats import Runner
from kinema.machine import Machine
from kinema.models import Network
from kinema.progress import Progress
from kinema.runs import Run

CLOSE = 1e-4  # of the logits' spread, by which a file in float32 may differ from its network
AGREES = 0.75  # of the clips must get the same label in int8; how many do is told
FRAMES = 4  # of a stream, on which it is held against its network
CLIPS = 200  # validation clips that are looked at, at most


class Agreement(NamedTuple):
    """On so many validation clips: the greatest difference of a logit over the spread of all, and the share of clips
    whose best class is the same."""

    clips: int
    difference: float
    top1: float

    def __str__(self) -> str:
        return (f"the same label on {self.top1:.1%} of {counted(self.clips, 'validation clip')}, logits within "
                f"{self.difference:.1e} of their spread")


def on_noise(layer: nn.Module, inputs: list[torch.Tensor], run: Runner) -> float:
    """The greatest difference of a logit over their spread, on noise; of a stream's file, frame after frame."""
    generator = torch.Generator().manual_seed(0)
    own, others, differences = inputs[1:], [tensor.numpy() for tensor in inputs[1:]], [0.0]
    for number in range(FRAMES if own else 1):
        noise = torch.randn(inputs[0].shape, generator=generator)
        with torch.inference_mode():
            expected = layer(noise, *own)
        expected_NK, *after = expected if isinstance(expected, tuple) else (expected,)
        found_NK, *others_after = run([noise.numpy(), *others])
        differences.append(apart(found_NK, expected_NK.numpy()))
        own, others = [torch.tensor(float(number + 1)), *after], [np.array(number + 1, np.float32), *others_after]
    return max(differences, key=lambda value: (np.isnan(value), value))


def apart(found_NK: np.ndarray, expected_NK: np.ndarray) -> float:
    """The greatest difference of a logit over the spread of all, or over the size of one that is alone."""
    spread = float(expected_NK.std() if expected_NK.size > 1 else np.abs(expected_NK).max())
    return float(np.abs(found_NK - expected_NK).max()) / (spread or 1.0)


def on_clips(run: Run, network: Network, answer: Runner) -> Agreement | None:
    """How a file answers to a run's validation clips, beside the run's network; None where it has none to read."""
    table = run.split().validation
    table = table.subset(spread(len(table), min(CLIPS, len(table))).tolist()) if len(table) else table
    clips = EvaluationClips(table, network.clip, (1, 1), Machine(accelerator="cpu").cache(network.clip),
                            test_transform(network.clip, 1))
    expected, found = [], []
    with Progress("checking", len(clips)) as bar:
        for number in range(len(clips)):
            _, clip_1CTHW, _ = clips[number]
            if clip_1CTHW is not None:
                with torch.inference_mode():
                    expected.append(network(clip_1CTHW).numpy()[0])
                found.append(answer([clip_1CTHW.contiguous().numpy()])[0][0])
            bar.advance()
    if not expected:
        return None
    expected_NK, found_NK = np.stack(expected), np.stack(found)
    same = found_NK.argmax(1) == expected_NK.argmax(1)
    return Agreement(len(expected), apart(found_NK, expected_NK), float(same.mean()))


def must_agree(noise: float | None, clips: Agreement | None, int8: bool) -> None:
    """KinemaError where a file does not give the network's answers (in int8: mostly the same labels)."""
    off = [f"logits differ by {value:.1e} of their spread on {what}"
           for what, value in (("noise", noise), ("validation clips", clips.difference if clips else None))
           if not int8 and value is not None and not value <= CLOSE]
    if clips and int8 and clips.top1 < AGREES:
        off.append(f"only {clips.top1:.0%} of {clips.clips} validation clips get the network's label in int8, "
                   f"{AGREES:.0%} are asked for")
    if off:
        raise KinemaError(f"Nothing was written, for the file would not give the network's answers: {'; '.join(off)}.")
